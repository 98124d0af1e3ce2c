"""What stays wrong once a remedy is made: then it shows nothing, however right it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from vgdemo.activations import ACTIVATIONS
from vgdemo.diagnosis.anatomy import hidden_widths, prevailing_activation
from vgdemo.diagnosis.case import Case
from vgdemo.diagnosis.remedies import SHALLOW, USUAL_MOMENTUM, USUAL_RATE_FACTOR, Remedy
from vgdemo.optimizers import OPTIMIZERS
from vgdemo.theory import born_dead

FEW_UNITS = 4  # Of three lines that enclose a class one is often drawn elsewhere.
MANY_LAYERS = 4 * SHALLOW
FEW_UPDATES = 500  # Usual steps make a tenth of a weight in each ten of them.
SHORT = 1e-6  # What is left of 1 without a momentum, which in a training of somebody's own may be 1 itself.
OFTEN = 0.25  # A probability: settings that fail every fourth time are worth changing.


def leaves_something(case: Case, remedy: Remedy) -> bool:
    """Whether a network with this remedy is known to have something else that keeps it from learning.

    Args:
        case: What the network has.
        remedy: One of those against its cause.
    """
    known = {field.name for field in fields(Remedied)}
    changes = {name: value for name, value in remedy.changes.items() if name in known}
    if {"kernel_initializer", "gain"} & remedy.changes.keys():
        changes["has_far_weights"] = False
    remedied = replace(_as_it_is(case), **changes)
    return any(stays(remedied) for stays in LEFTOVERS)


@dataclass(frozen=True)
class Remedied:
    """What is known of a network with a remedy, by the names of `RunConfig`.

    Attributes:
        units: Of the narrowest hidden layer.
        num_hidden_layers: Those with a kernel.
        activation: Of most hidden layers.
        has_far_weights: Whether the first weights have a mean, or a size that does not suit the activation.
        points: Of the training half; 0 if their number is not known.
    """

    units: int
    num_hidden_layers: int
    activation: str | None
    has_far_weights: bool
    points: int
    epochs: int
    normalization: str
    residual: bool
    optimizer: str | None
    learning_rate: float | None
    momentum: float | None
    weight_decay: float | None
    gradient_clip: str | None
    batch_size: int | None

    def is_narrow(self) -> bool:
        """Whether hardly anything fits through a layer."""
        return self.units <= FEW_UNITS

    def is_very_deep(self) -> bool:
        """Whether there are many more layers than any classes here need."""
        return self.num_hidden_layers > MANY_LAYERS

    def is_held_back(self) -> bool:
        """Whether something pulls the weights, or cuts the steps."""
        return bool(self.weight_decay) or self.gradient_clip not in (None, "none")

    def takes_unusual_steps(self) -> bool:
        """Whether steps are far from their usual length, as those of Adagrad, which become ever shorter.

        With momentum each goes on for 1 / (1 - momentum) times its length.
        """
        optimizer = OPTIMIZERS.get((self.optimizer or "").lower())
        if optimizer is None or self.learning_rate is None:
            return False
        goes_on = 1.0 if self.momentum is None else (1 - USUAL_MOMENTUM) / max(1 - self.momentum, SHORT)
        length = self.learning_rate * goes_on / optimizer.usual_learning_rate
        return optimizer is OPTIMIZERS["adagrad"] or not 1 / USUAL_RATE_FACTOR <= length <= USUAL_RATE_FACTOR

    def has_few_updates(self) -> bool:
        """Whether training ends soon."""
        return self.points * self.epochs < FEW_UPDATES * (self.batch_size or 0)

    def is_born_dead(self) -> bool:
        """Whether theory expects that often a point reaches no unit of the last layer."""
        is_mortal = self.activation is not None and ACTIVATIONS[self.activation].can_die
        is_plain = self.normalization == "none" and not self.residual
        return is_mortal and is_plain and born_dead(self.num_hidden_layers, self.units) >= OFTEN

    def has_poor_activation(self) -> bool:
        """Whether the activation has no bend, or shrinks the gradient."""
        if self.activation is None:
            return False
        return self.activation == "linear" or ACTIVATIONS[self.activation].has_small_slope


LEFTOVERS: tuple[Callable[[Remedied], bool], ...] = (
    lambda remedied: remedied.has_far_weights,
    Remedied.is_narrow,
    Remedied.is_very_deep,
    Remedied.is_held_back,
    Remedied.takes_unusual_steps,
    Remedied.has_few_updates,
    Remedied.is_born_dead,
    Remedied.has_poor_activation,
)


def _as_it_is(case: Case) -> Remedied:
    model, widths = case.symptoms.record.model, hidden_widths(case.symptoms.record.model)
    activation = prevailing_activation(model)
    return Remedied(
        units=min(widths),
        num_hidden_layers=len(widths),
        activation=None if activation is None else activation.name,
        has_far_weights=case.has_far_weights(),
        points=(model.epoch_updates or 0) * (model.batch_size or 0),
        epochs=case.symptoms.record.last_epoch,
        normalization=model.normalization,
        residual=model.residual,
        optimizer=model.optimizer,
        learning_rate=model.learning_rate,
        momentum=model.momentum,
        weight_decay=model.weight_decay,
        gradient_clip=model.gradient_clip,
        batch_size=model.batch_size,
    )
