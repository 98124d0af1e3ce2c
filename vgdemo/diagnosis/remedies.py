"""What may cure a run: each remedy is the same run with some settings changed, on the same seed and data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.diagnosis.suited import suited_initializer

USUAL_LEARNING_RATES = {"sgd": 0.01, "rmsprop": 0.001, "adagrad": 0.01, "adam": 0.001}


@dataclass(frozen=True)
class Remedy:
    """A change that may cure a run.

    Attributes:
        label: A few words, for a button.
        explanation: Why it may help, in one sentence.
        config: The run with the change made.
    """

    label: str
    explanation: str
    config: RunConfig


Recipe = Callable[[RunConfig], tuple[str, str, dict[str, Any]]]  # To label, explanation and changed settings.


def _own_initializer(config: RunConfig) -> tuple[str, str, dict[str, Any]]:
    suited = suited_initializer(config.activation)
    explanation = f"Mean 0, and the variance that suits {config.activation}: the signal keeps its size through layers."
    return f"{suited.author} initialiser", explanation, _initializer(config, suited.name)


def _other_activation(activation: str, label: str, explanation: str) -> Recipe:
    name = suited_initializer(activation).name
    return lambda config: (label, explanation, {"activation": activation} | _initializer(config, name))


def _initializer(config: RunConfig, name: str) -> dict[str, Any]:
    """Changed first weights; the family is what counts, so a normal of it need not become a uniform."""
    family = name.split("_")[0]
    kept = config.kernel_initializer if config.kernel_initializer.startswith(family) else name
    output = "glorot_uniform" if config.output_initializer == "uniform_0_1" else config.output_initializer
    return {"kernel_initializer": kept, "output_initializer": output, "gain": 1.0}


def _fixed(label: str, explanation: str, **changes: Any) -> Recipe:
    return lambda config: (label, explanation, changes)


def _orthogonal(config: RunConfig) -> tuple[str, str, dict[str, Any]]:
    explanation = "Rotations keep every length, so narrow layers neither shrink nor stretch the gradient by chance."
    return "Orthogonal initialiser", explanation, _initializer(config, "orthogonal")


def _lsuv(config: RunConfig) -> tuple[str, str, dict[str, Any]]:
    explanation = (
        "Scales each first kernel until its layer's signal has variance 1 on the data, whatever the activation."
    )
    return "LSUV initialiser", explanation, _initializer(config, "lsuv")


def _scaled(name: str, factor: float, label: str, explanation: str) -> Recipe:
    setting = SETTINGS[name]

    def recipe(config: RunConfig) -> tuple[str, str, dict[str, Any]]:
        value = min(max(getattr(config, name) * factor, setting.minimum), setting.maximum)
        value = round(value) if isinstance(setting.default, int) else float(f"{value:.6g}")
        return label.format(value=f"{value:g}"), explanation, {name: value}

    return recipe


def _usual_steps(config: RunConfig) -> tuple[str, str, dict[str, Any]]:
    rate = USUAL_LEARNING_RATES[config.optimizer]
    return f"Learning rate: {rate:g}", f"What {config.optimizer} usually takes.", {"learning_rate": rate}


RECIPES: dict[str, Recipe] = {
    "own initializer": _own_initializer,
    "relu": _other_activation("relu", "ReLU + He", "A slope of 1 wherever a unit is active, and weights sized for it."),
    "leaky relu": _other_activation(
        "leaky_relu", "Leaky ReLU + He", "The negative side keeps a slope of 0.2, so no unit can die."
    ),
    "selu": _other_activation(
        "selu", "SELU + LeCun", "It draws the signal back to mean 0 and variance 1 in each layer."
    ),
    "tanh": _other_activation("tanh", "Tanh + Glorot", "Centred on 0 with slope 1 there, four times a sigmoid's."),
    "orthogonal": _orthogonal,
    "lsuv": _lsuv,
    "batch normalization": _fixed(
        "Batch normalisation",
        "Every unit is centred and scaled over the batch, whatever the weights.",
        normalization="batch",
    ),
    "layer normalization": _fixed(
        "Layer normalisation", "Each point's signal is centred and scaled over the units.", normalization="layer"
    ),
    "residual": _fixed("Residual connections", "The gradient gets a way around every layer.", residual=True),
    "clip": _fixed(
        "Gradient clipping",
        "No step is longer than a gradient of norm 1 allows.",
        gradient_clip="global_norm",
        clip_limit=1.0,
    ),
    "unit gain": _fixed("Gain 1", "The initialiser's own variance, which is made to keep the signal's size.", gain=1.0),
    "adam": _fixed(
        "Adam", "Each weight's step is scaled by its own gradient's size.", optimizer="adam", learning_rate=0.001
    ),
    "smaller steps": _scaled("learning_rate", 0.1, "Learning rate: {value}", "Steps a tenth as long."),
    "larger steps": _scaled("learning_rate", 10, "Learning rate: {value}", "Steps ten times as long."),
    "usual steps": _usual_steps,
    "wider": _scaled("units", 4, "Units: {value}", "More units average out the luck of the draw."),
    "shallower": _scaled("num_hidden_layers", 0.25, "Hidden layers: {value}", "Fewer factors on the gradient's way."),
    "longer": _scaled("epochs", 4, "Epochs: {value}", "More passes over the points."),
}


def remedies(config: RunConfig, names: Iterable[str]) -> tuple[Remedy, ...]:
    """The named remedies in this order, without those that change nothing, cost too much, or repeat an earlier one."""
    unique: dict[RunConfig, Remedy] = {}
    for remedy in _possible(config, names):
        unique.setdefault(remedy.config, remedy)
    return tuple(unique.values())


def _possible(config: RunConfig, names: Iterable[str]) -> Iterator[Remedy]:
    for name in names:
        label, explanation, changes = RECIPES[name](config)
        try:
            changed = config.with_changes(**changes)
        except ValueError:  # Too costly as a whole.
            continue
        if changed != config:
            yield Remedy(label, explanation, changed)
