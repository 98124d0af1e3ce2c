"""What may cure a run: each remedy changes some settings, and keeps the seed and the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vgdemo.activations import ACTIVATIONS
from vgdemo.config import SETTINGS, RunConfig
from vgdemo.diagnosis.anatomy import activated_layers, hidden_widths, is_dense, prevailing_activation
from vgdemo.diagnosis.prescription import NAMELESS, written
from vgdemo.initializers import INITIALIZERS
from vgdemo.model import Model
from vgdemo.optimizers import OPTIMIZERS

REWRITING = {"units", "num_hidden_layers", "normalization", "residual"}  # Whose code makes Dense layers anew.


@dataclass(frozen=True)
class Remedy:
    """A change that may cure a run.

    Attributes:
        label: A few words, for a button.
        explanation: Why it may help, in one sentence.
        changes: Setting of `RunConfig` to the value that it gets.
        model: The network that it is for, whose layers the code names.

    Example:
        >>> remedy = Remedy("Adam", "Scales each step.", {"optimizer": "adam", "learning_rate": 0.001})
        >>> remedy.applied(RunConfig(learning_rate=0.5)).to_query()
        {'optimizer': 'adam', 'learning_rate': '0.001'}
        >>> print(remedy.as_keras())
        optimizer = keras.optimizers.Adam(learning_rate=0.001)  # For model.compile.
    """

    label: str
    explanation: str
    changes: Mapping[str, Any]
    model: Model = NAMELESS

    def applied(self, config: RunConfig) -> RunConfig:
        """The run with the change made.

        What an initialiser's family does is what counts, so a normal of it need not become a uniform; and an output
        initialiser need not change if its mean is 0.

        Raises:
            ValueError: If the changed run would cost too much.
        """
        changes = {name: value for name, value in self.changes.items() if not _does_already(config, name, value)}
        return config.with_changes(**changes)

    def as_keras(self) -> str:
        """The change as lines of Keras code to paste; empty if Keras has no word for it."""
        return written(self.changes, self.model)


def _does_already(config: RunConfig, name: str, value: Any) -> bool:
    if name == "kernel_initializer":
        return INITIALIZERS[config.kernel_initializer].family == INITIALIZERS[value].family
    return name == "output_initializer" and INITIALIZERS[config.output_initializer].mean == 0


def possible(remedies: Iterable[Remedy], config: RunConfig | None) -> tuple[Remedy, ...]:
    """The remedies that can be tried, in the same order, none of which repeats an earlier one.

    Args:
        remedies: Most promising first.
        config: The settings of the run: remedies that change nothing of it, or make it cost too much, are left out.
            None for a training of somebody's own: those that Keras has no word for are left out.

    Example:
        >>> remedies = [Remedy("Gain 1", "", {"gain": 1.0}), Remedy("Skips", "", {"residual": True})]
        >>> [remedy.label for remedy in possible(remedies, RunConfig(gain=3, residual=True))]
        ['Gain 1']
        >>> [remedy.label for remedy in possible(remedies, None)]
        ['Skips']
    """
    unique: dict[RunConfig | str, Remedy] = {}
    for remedy in remedies:
        outcome = remedy.as_keras() if config is None else _changed(config, remedy)
        if outcome:
            unique.setdefault(outcome, remedy)
    return tuple(unique.values())


def _changed(config: RunConfig, remedy: Remedy) -> RunConfig | None:
    try:
        changed = remedy.applied(config)
    except ValueError:  # Too costly as a whole.
        return None
    return None if changed == config else changed


Recipe = Callable[
    [Model, int], Remedy | None
]  # Of a network and the last of its epochs; None if it has nothing to give.


def prepared(recipes: Iterable[Recipe], model: Model, epochs: int) -> tuple[Remedy, ...]:
    """The remedies for one network, in this order, without those that it is known to have or that do not fit it.

    Args:
        recipes: Constants of this module.
        model: The network.
        epochs: The last epoch of its training.
    """
    remedies = [remedy for recipe in recipes if (remedy := recipe(model, epochs)) is not None]
    offered = (remedy for remedy in remedies if _fits(model, remedy.changes) and not _is_in_place(model, remedy))
    return tuple(replace(remedy, model=model) for remedy in offered)


def _fits(model: Model, changes: Mapping[str, Any]) -> bool:
    """Whether the network has the layers that the code speaks of."""
    initializer = INITIALIZERS.get(changes.get("kernel_initializer", ""))
    if changes.keys() & REWRITING or (initializer is not None and initializer.looks_at_data):
        return is_dense(model)
    if "activation" in changes:
        return bool(activated_layers(model))
    return initializer is None or bool(model.hidden)


def _is_in_place(model: Model, remedy: Remedy) -> bool:
    known = {
        "normalization": model.normalization,
        "residual": model.residual,
        "optimizer": model.optimizer,
        "learning_rate": model.learning_rate,
    }
    return all(name in known and known[name] == value for name, value in remedy.changes.items())


def _fixed(label: str, explanation: str, **changes: Any) -> Recipe:
    return lambda model, epochs: Remedy(label, explanation, changes)


def _first_weights(initializer: str) -> dict[str, Any]:
    return {"kernel_initializer": initializer, "output_initializer": "glorot_uniform", "gain": 1.0}


def _activation(name: str, label: str, explanation: str) -> Recipe:
    return _fixed(label, explanation, activation=name, **_first_weights(ACTIVATIONS[name].suited))


def _own_initializer(model: Model, epochs: int) -> Remedy:
    activation = prevailing_activation(model)
    suited = INITIALIZERS["glorot_uniform" if activation is None else activation.suited]
    served = "most activations" if activation is None else activation.label
    explanation = f"Mean 0, and the variance that suits {served}: the signal keeps its size through layers."
    return Remedy(f"{suited.author} initialiser", explanation, _first_weights(suited.name))


def _usual_steps(model: Model, epochs: int) -> Remedy | None:
    optimizer = OPTIMIZERS.get((model.optimizer or "").lower())  # Keras has "SGD" and "adam".
    if optimizer is None:
        return None
    rate = optimizer.usual_learning_rate
    return Remedy(f"Learning rate: {rate:g}", f"What {optimizer.keras_class} usually takes.", {"learning_rate": rate})


def _scaled(
    name: str, factor: float, present: Callable[[Model, int], float | None], label: str, explanation: str
) -> Recipe:
    """A setting times a factor, within its bounds."""
    setting = SETTINGS[name]

    def recipe(model: Model, epochs: int) -> Remedy | None:
        now = present(model, epochs)
        if now is None:
            return None
        value = min(max(now * factor, setting.minimum), setting.maximum)
        value = round(value) if isinstance(setting.default, int) else float(f"{value:.6g}")
        moves = value > now if factor > 1 else value < now
        return Remedy(label.format(value=f"{value:g}"), explanation, {name: value}) if moves else None

    return recipe


def _learning_rate(model: Model, epochs: int) -> float | None:
    return model.learning_rate


def _narrowest(model: Model, epochs: int) -> int | None:
    return min(hidden_widths(model), default=None)


def _depth(model: Model, epochs: int) -> int | None:
    return len(hidden_widths(model)) or None


OWN_INITIALIZER: Recipe = _own_initializer
UNIT_GAIN = _fixed("Gain 1", "The initialiser's own variance, which is made to keep the signal's size.", gain=1.0)
ORTHOGONAL = _fixed(
    "Orthogonal initialiser",
    "Rotations keep every length, so narrow layers neither shrink nor stretch the gradient by chance.",
    **_first_weights("orthogonal"),
)
LSUV = _fixed(
    "LSUV initialiser",
    "Scales each first kernel until its layer's signal has variance 1 on the data, whatever the activation.",
    **_first_weights("lsuv"),
)
RELU = _activation("relu", "ReLU + He", "A slope of 1 wherever a unit is active, and weights sized for it.")
LEAKY_RELU = _activation("leaky_relu", "Leaky ReLU + He", "The negative side keeps a slope of 0.2, so no unit can die.")
SELU = _activation("selu", "SELU + LeCun", "It draws the signal back to mean 0 and variance 1 in each layer.")
TANH = _activation("tanh", "Tanh + Glorot", "Centred on 0 with slope 1 there, four times a sigmoid's.")
BATCH_NORMALIZATION = _fixed(
    "Batch normalisation",
    "Every unit is centred and scaled over the batch, whatever the weights.",
    normalization="batch",
)
LAYER_NORMALIZATION = _fixed(
    "Layer normalisation", "Each point's signal is centred and scaled over the units.", normalization="layer"
)
RESIDUAL = _fixed("Residual connections", "The gradient gets a way around every layer.", residual=True)
CLIPPING = _fixed(
    "Gradient clipping",
    "No step is longer than a gradient of norm 1 allows.",
    gradient_clip="global_norm",
    clip_limit=1.0,
)
ADAM = _fixed(
    "Adam",
    "Each weight's step is scaled by its own gradient's size.",
    optimizer="adam",
    learning_rate=OPTIMIZERS["adam"].usual_learning_rate,
)
USUAL_STEPS: Recipe = _usual_steps
SMALLER_STEPS = _scaled("learning_rate", 0.1, _learning_rate, "Learning rate: {value}", "Steps a tenth as long.")
LARGER_STEPS = _scaled("learning_rate", 10, _learning_rate, "Learning rate: {value}", "Steps ten times as long.")
WIDER = _scaled("units", 4, _narrowest, "Units: {value}", "More units average out the luck of the draw.")
SHALLOWER = _scaled("num_hidden_layers", 0.25, _depth, "Hidden layers: {value}", "Fewer factors on the gradient's way.")
LONGER = _scaled("epochs", 4, lambda model, epochs: epochs, "Epochs: {value}", "More passes over the points.")
