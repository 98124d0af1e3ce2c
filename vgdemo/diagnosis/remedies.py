"""What may cure a run: each remedy changes some settings, and keeps the seed and the data."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vgdemo.activations import ACTIVATIONS
from vgdemo.architectures import RECURRENT
from vgdemo.config import NUM_INPUTS, SETTINGS, SETTINGS_OF, RunConfig, takes
from vgdemo.diagnosis.anatomy import (
    activated_layers,
    hidden_widths,
    is_dense,
    network_of,
    prevailing_activation,
    recurrent_kernels,
)
from vgdemo.diagnosis.prescription import NAMELESS, written
from vgdemo.initializers import INITIALIZERS
from vgdemo.model import Model
from vgdemo.optimizers import OPTIMIZERS
from vgdemo.setting import Setting
from vgdemo.wording import uncapitalized

USUAL_MOMENTUM, USUAL_BATCH = 0.9, 32  # What Keras's guides, and its `fit`, take.
FEWEST_EPOCHS, USUAL_EPOCHS = 20, 200  # What the rules ask for; what nearly every network that learns needs at most.
USUAL_UPDATES = 3000  # That many epochs of 500 points make a few more.
GROWTH = 100  # Of a gradient through all layers: from there on the rules call it exploding.
SHALLOW = 3  # Hidden layers; any classes here are drawn by so many.
USUAL_UNITS, MOST_UNITS = 32, 100  # Wide enough for any classes here, and quick to train.
USUAL_RATE_FACTOR = 3  # A rate so near its usual one stays.
REWRITING = {"units", "num_hidden_layers", "normalization", "residual"}  # Whose code makes layers of one kind anew.


@dataclass(frozen=True)
class Remedy:
    """A change that may cure a run.

    Attributes:
        label: A few words, for a button.
        explanation: Why it may help, in one sentence.
        changes: Setting of `RunConfig` to the value that it gets.
        model: The network that it is for, whose layers the code names.
        code: Lines of Keras for what no setting changes; empty if the changes say it.

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
    model: Model = field(default=NAMELESS, repr=False)
    code: str = ""

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
        return self.code or written(self.changes, self.model)


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


_ROTATION = {"recurrent_initializer": "orthogonal", "recurrent_gain": 1.0}  # Of the state, which keeps its length.
_CLIPPED = {"gradient_clip": "global_norm", "clip_limit": 1.0}

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
    given = [remedy for recipe in recipes if (remedy := recipe(model, epochs)) is not None]
    remedies = [replace(remedy, changes=_without_foreign(model, remedy.changes)) for remedy in given]
    offered = (remedy for remedy in remedies if _fits(model, remedy.changes) and not _is_in_place(model, remedy))
    return tuple(replace(remedy, model=model) for remedy in offered)


def _without_foreign(model: Model, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes but for those that would leave a setting as it is in all networks that lack it."""
    network = changes.get("network", network_of(model))
    settings = SETTINGS_OF.get(network, SETTINGS)
    return {name: value for name, value in changes.items() if name in settings or value != SETTINGS[name].default}


def _fits(model: Model, changes: Mapping[str, Any]) -> bool:
    """Whether the network has the settings that are changed, and the layers that the code speaks of."""
    network = changes.get("network", network_of(model))
    if network is not None:
        is_possible = all(takes(network, name, value) for name, value in changes.items())
        return is_possible and ("network" in changes or "activation" not in changes or bool(activated_layers(model)))
    initializer = INITIALIZERS.get(changes.get("kernel_initializer", ""))
    if changes.keys() & REWRITING or (initializer is not None and initializer.looks_at_data):
        return False
    if "activation" in changes:
        return bool(activated_layers(model))
    return initializer is None or bool(model.hidden)


def _is_in_place(model: Model, remedy: Remedy) -> bool:
    return not remedy.code and all(getattr(model, name, None) == value for name, value in remedy.changes.items())


def _fixed(label: str, explanation: str, **changes: Any) -> Recipe:
    return lambda model, epochs: Remedy(label, explanation, changes)


def _first_weights(initializer: str) -> dict[str, Any]:
    return {"kernel_initializer": initializer, "output_initializer": "glorot_uniform", "gain": 1.0, **_ROTATION}


def _activation(name: str, label: str, explanation: str) -> Recipe:
    return _fixed(label, explanation, activation=name, **_first_weights(ACTIVATIONS[name].suited))


def _own_initializer(model: Model, epochs: int) -> Remedy:
    activation = prevailing_activation(model)
    suited = INITIALIZERS["glorot_uniform" if activation is None else activation.suited]
    served = "most activations" if activation is None else activation.label
    explanation = f"Mean 0, and of the usual variances the one that suits {served}."
    return Remedy(f"{suited.author} initialiser", explanation, _first_weights(suited.name))


def _optimizer(model: Model) -> str:
    return (model.optimizer or "").lower()  # Keras has "SGD" and "adam".


def _usual_steps(turns: Callable[[float, float], bool]) -> Recipe:
    """The optimiser's usual learning rate, where it turns the present one the right way, or that is not known."""

    def recipe(model: Model, epochs: int) -> Remedy | None:
        optimizer = OPTIMIZERS.get(_optimizer(model))
        if optimizer is None:
            return None
        rate, now = optimizer.usual_learning_rate, model.learning_rate
        explanation = f"What {optimizer.keras_class} usually takes."
        if now is not None and not turns(rate, now):
            return None
        return Remedy(f"Learning rate: {rate:g}", explanation, {"learning_rate": rate})

    return recipe


def _usual_momentum(model: Model, epochs: int) -> Remedy | None:
    if model.momentum is None or model.momentum <= USUAL_MOMENTUM:
        return None
    explanation = f"A step then goes on for about {1 / (1 - USUAL_MOMENTUM):.0f} times its length, not for far more."
    return Remedy(f"Momentum: {USUAL_MOMENTUM:g}", explanation, {"momentum": USUAL_MOMENTUM})


def _adam(model: Model, epochs: int) -> Remedy | None:
    if _optimizer(model) == "adam":
        return None
    rate = OPTIMIZERS["adam"].usual_learning_rate
    explanation = "Each weight's step is scaled by its own gradient's size."
    return Remedy("Adam", explanation, {"optimizer": "adam", "learning_rate": rate})


def _lifted(setting: str, label: str, explanation: str, nothing: Any) -> Recipe:
    """What is known to be in the way is taken out of it."""

    def recipe(model: Model, epochs: int) -> Remedy | None:
        present = getattr(model, setting)
        return None if present in (None, nothing) else Remedy(label, explanation, {setting: nothing})

    return recipe


def _smaller_batches(model: Model, epochs: int) -> Remedy | None:
    if model.batch_size is None or model.batch_size <= USUAL_BATCH:
        return None
    return Remedy(f"Batch size: {USUAL_BATCH}", "More updates in each epoch.", {"batch_size": USUAL_BATCH})


def _larger_batches(model: Model, epochs: int) -> Remedy | None:
    if model.batch_size is None or model.batch_size >= USUAL_BATCH:
        return None
    explanation = "Each update follows the average gradient of more points."
    return Remedy(f"Batch size: {USUAL_BATCH}", explanation, {"batch_size": USUAL_BATCH})


def _residual(model: Model, epochs: int) -> Remedy | None:
    """Skip connections, where they do not make another illness.

    A branch that keeps the size of the signal doubles, with the signal around it, the mean square of the sum; so does
    the gradient on its way down.
    """
    if _depth(model, epochs) is None or 2 ** (len(hidden_widths(model)) - 1) > GROWTH**2:
        return None
    return Remedy("Residual connections", "The gradient gets a way around every layer.", {"residual": True})


def _together(first: Recipe, second: Recipe) -> Recipe:
    """Both changes, where either alone does not help; nothing where one of them has nothing to give."""

    def recipe(model: Model, epochs: int) -> Remedy | None:
        one, other = first(model, epochs), second(model, epochs)
        if one is None or other is None:
            return None
        label = f"{one.label}, {uncapitalized(other.label)}"
        return Remedy(label, f"{one.explanation} {other.explanation}", {**one.changes, **other.changes})

    return recipe


def _with_adam(recipe: Recipe) -> Recipe:
    """With Adam besides, unless the network has it: through many time steps SGD's steps seldom find the way."""

    def both(model: Model, epochs: int) -> Remedy | None:
        given, adam = recipe(model, epochs), _adam(model, epochs)
        if given is None or adam is None:
            return given
        explanation = f"{given.explanation} {adam.explanation}"
        return Remedy(f"{given.label} with Adam", explanation, {**given.changes, **adam.changes})

    return both


def _scaled(
    name: str, factor: float, present: Callable[[Model, int], float | None], label: str, explanation: str
) -> Recipe:
    """A setting times a factor, within its bounds."""

    def recipe(model: Model, epochs: int) -> Remedy | None:
        now, setting = present(model, epochs), _setting(model, name)
        if now is None:
            return None
        value = min(max(now * factor, setting.minimum), setting.maximum)
        value = round(value) if isinstance(setting.default, int) else float(f"{value:.6g}")
        moves = value > now if factor > 1 else value < now
        return Remedy(label.format(value=f"{value:g}"), explanation, {name: value}) if moves else None

    return recipe


def _setting(model: Model, name: str) -> Setting:
    """The setting as the network has it."""
    return SETTINGS_OF[network_of(model) or "dense"].get(name, SETTINGS[name])


def _longer(model: Model, epochs: int) -> Remedy | None:
    value = min(max(4 * epochs, FEWEST_EPOCHS), SETTINGS["epochs"].maximum)
    return Remedy(f"Epochs: {value}", "More passes over the points.", {"epochs": value}) if value > epochs else None


def _everything_usual(model: Model, epochs: int) -> Remedy | None:
    """All at once that is far from what usually learns points of the plane, where several things are wrong."""
    if not is_dense(model) or model.kernels[0].shape[0] != NUM_INPUTS:
        return None
    changes = {**_usual_first_weights(model, epochs), **_usual_size(model), **_usual_training(model)}
    if model.batch_size is not None and model.batch_size != USUAL_BATCH:
        changes["batch_size"] = USUAL_BATCH
    if epochs < (usual := _usual_epochs(model)):
        changes["epochs"] = usual
    explanation = (
        "Where several things are wrong, to change one of them shows nothing; here all are as they usually work."
    )
    return Remedy("Everything as usual", explanation, changes)


def _usual_epochs(model: Model) -> int:
    """Few points make few updates of an epoch."""
    updates = (model.epoch_updates or 0) * (model.batch_size or 0) / USUAL_BATCH
    wanted = math.ceil(USUAL_UPDATES / updates) if updates else USUAL_EPOCHS
    return int(min(max(wanted, USUAL_EPOCHS), SETTINGS["epochs"].maximum))


def _usual_first_weights(model: Model, epochs: int) -> dict[str, Any]:
    activation = prevailing_activation(model)
    if activation is None or not (activation.has_small_slope or activation.name == "linear"):
        return dict(OWN_INITIALIZER(model, epochs).changes)
    return {"activation": "relu", **_first_weights(ACTIVATIONS["relu"].suited)}


def _usual_size(model: Model) -> dict[str, Any]:
    widths = hidden_widths(model)
    units, layers = min(max(min(widths), USUAL_UNITS), MOST_UNITS), min(max(len(widths), SHALLOW - 1), SHALLOW)
    return {"units": units, "num_hidden_layers": layers}


def _usual_training(model: Model) -> dict[str, Any]:
    """Nothing that pulls or cuts, and an optimiser's usual steps; Adagrad's become ever shorter, so Adam stands in."""
    changes: dict[str, Any] = {}
    if model.weight_decay:
        changes["weight_decay"] = 0.0
    if model.gradient_clip not in (None, "none"):
        changes["gradient_clip"] = "none"
    if model.momentum is not None:
        changes["momentum"] = USUAL_MOMENTUM
    name = "adam" if _optimizer(model) == "adagrad" else _optimizer(model)
    if name in OPTIMIZERS and name != _optimizer(model):
        changes["optimizer"] = name
    rate = OPTIMIZERS[name].usual_learning_rate if name in OPTIMIZERS else None
    now = model.learning_rate
    if rate and now and not rate / USUAL_RATE_FACTOR <= now <= rate * USUAL_RATE_FACTOR:
        changes["learning_rate"] = rate
    return changes


def _gated(network: str, label: str, explanation: str) -> Recipe:
    """Cells of another kind, as Keras makes them by default."""
    changes = {"network": network, "activation": "tanh", "unit_forget_bias": True, **_ROTATION}

    def recipe(model: Model, epochs: int) -> Remedy | None:
        present = network_of(model)
        return Remedy(label, explanation, changes) if present in RECURRENT and present != network else None

    return recipe


def _orthogonal_recurrence(model: Model, epochs: int) -> Remedy | None:
    if all(kernel.initializer == INITIALIZERS["orthogonal"].keras_class for kernel in recurrent_kernels(model)):
        return None
    explanation = "A rotation keeps the length of the state, and of its gradient, in every step."
    return Remedy("Orthogonal recurrent start", explanation, _ROTATION)


def _identity(model: Model, epochs: int) -> Remedy | None:
    """Recurrent weights that hand each state on as it is, in cells without gates."""
    if network_of(model) != "simple_rnn":
        return None
    explanation = "Every state passes on as it is, and clipped steps leave it so (Le, Jaitly & Hinton 2015)."
    changes = {"activation": "relu", "recurrent_initializer": "identity", "recurrent_gain": 1.0, **_CLIPPED}
    return Remedy("Identity start + ReLU, clipped", explanation, changes)


def _time_steps(model: Model, epochs: int) -> int | None:
    return model.time_steps


def _learning_rate(model: Model, epochs: int) -> float | None:
    return model.learning_rate


def _narrowest(model: Model, epochs: int) -> int | None:
    return min(hidden_widths(model), default=None)


def _depth(model: Model, epochs: int) -> int | None:
    return len(hidden_widths(model)) or None


def _small_depth(model: Model, epochs: int) -> int | None:
    """The depth of a network to which layers may be missing."""
    depth = _depth(model, epochs)
    return depth if depth is not None and depth <= SHALLOW else None


OWN_INITIALIZER: Callable[[Model, int], Remedy] = _own_initializer
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
UNIT_RECURRENT_GAIN = _fixed(
    "Recurrent gain 1",
    "The recurrent initialiser's own variance, which is made to keep the state's size.",
    recurrent_gain=1.0,
)
ORTHOGONAL_RECURRENCE = _with_adam(_orthogonal_recurrence)
IDENTITY: Recipe = _identity
FORGET_BIAS = _with_adam(
    _fixed(
        "Forget bias 1",
        "The forget gates start at 0.73 rather than at 1/2: a cell loses less in each step.",
        unit_forget_bias=True,
    )
)
LSTM = _with_adam(
    _gated("lstm", "LSTM", "Its cell hands on what it holds by a gate, not through weights and an activation.")
)
GRU = _with_adam(_gated("gru", "GRU", "Its update gate hands the state on as it is, as far as the gate is open."))
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
RESIDUAL: Recipe = _residual
CLIPPING = _fixed("Gradient clipping", "No step is longer than a gradient of norm 1 allows.", **_CLIPPED)
NO_NORMALIZATION = _lifted(
    "normalization", "No normalisation", "Training then sees the network that is evaluated.", "none"
)
NO_CLIPPING = _lifted("gradient_clip", "No clipping", "Steps are as long as the gradient makes them.", "none")
NO_DECAY = _lifted("weight_decay", "No weight decay", "Nothing then pulls the weights to 0.", 0.0)
ADAM: Recipe = _adam
LARGER_BATCHES: Recipe = _larger_batches
SMALLER_BATCHES: Recipe = _smaller_batches
LONGER_USUAL_STEPS = _usual_steps(operator.gt)
SHORTER_USUAL_STEPS = _usual_steps(operator.lt)
LESS_MOMENTUM: Recipe = _usual_momentum
SMALLER_STEPS = _scaled("learning_rate", 0.1, _learning_rate, "Learning rate: {value}", "Steps a tenth as long.")
LARGER_STEPS = _scaled("learning_rate", 10, _learning_rate, "Learning rate: {value}", "Steps ten times as long.")
WIDER = _scaled("units", 4, _narrowest, "Units: {value}", "More units average out the luck of the draw.")
SHALLOWER = _scaled("num_hidden_layers", 0.25, _depth, "Hidden layers: {value}", "Fewer factors on the gradient's way.")
FEWER_STEPS = _scaled(
    "time_steps", 0.25, _time_steps, "Time steps: {value}", "Fewer factors on the gradient's way, and less to remember."
)
FEWER_STEPS_WITH_ADAM = _with_adam(FEWER_STEPS)
DEEPER = _scaled(
    "num_hidden_layers", 3, _small_depth, "Hidden layers: {value}", "Each layer bends what the one before has bent."
)
WIDER_AND_SHALLOWER = _together(WIDER, SHALLOWER)
WIDER_RELU, WIDER_TANH = _together(RELU, WIDER), _together(TANH, WIDER)
LONGER: Recipe = _longer
EVERYTHING_USUAL: Recipe = _everything_usual
LARGER_STEPS_FOR_LONGER = _together(LARGER_STEPS, LONGER)
USUAL_STEPS_FOR_LONGER = _together(LONGER_USUAL_STEPS, LONGER)
USUAL_STEPS_OWN_INITIALIZER = _together(OWN_INITIALIZER, LONGER_USUAL_STEPS)
USUAL_STEPS_DEEPER = _together(LONGER_USUAL_STEPS, DEEPER)
SHORTER_STEPS_RELU, SHORTER_STEPS_TANH = _together(RELU, SHORTER_USUAL_STEPS), _together(TANH, SHORTER_USUAL_STEPS)
WIDER_FOR_LONGER, WIDER_OWN_INITIALIZER = _together(WIDER, LONGER), _together(OWN_INITIALIZER, WIDER)
SHALLOWER_OWN_INITIALIZER = _together(OWN_INITIALIZER, SHALLOWER)
WIDER_SHALLOWER_OWN_INITIALIZER = _together(OWN_INITIALIZER, WIDER_AND_SHALLOWER)
