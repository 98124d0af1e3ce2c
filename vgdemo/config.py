"""The settings of a run: one validated, hashable record of strings and numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from vgdemo.activations import ACTIVATIONS
from vgdemo.cost import check_cost
from vgdemo.initializers import INITIALIZERS
from vgdemo.model import Kernel, Layer, Model
from vgdemo.optimizers import GRADIENT_CLIPS, OPTIMIZERS
from vgdemo.setting import Setting, json_object, parsed_settings, unknown_setting
from vgdemo.wording import counted

# Raise it whenever the same settings would give other numbers, or a default changes: stored runs are then trained anew.
ENGINE_VERSION = 5

DATASETS = ("circles", "moons", "xor", "spirals", "gaussians")
OUTPUT_INITIALIZERS = tuple(name for name, one in INITIALIZERS.items() if not one.looks_at_data)
NORMALIZATIONS = ("none", "batch", "layer")

MAX_SEED = 2**32 - 1  # What NumPy's and scikit-learn's generators take.
_ACTIVATION_WORDS = {name: one.label for name, one in ACTIVATIONS.items()}
_INITIALIZER_WORDS = {name: one.label for name, one in INITIALIZERS.items()}
_OPTIMIZER_WORDS = {name: one.keras_class for name, one in OPTIMIZERS.items()}
_CLIP_WORDS = {"global_norm": "global norm"}

NUM_INPUTS = 2  # Every data set is a point in the plane, so that the decision surface can be drawn.


def _setting(group: str, label: str, default: Any, help: str, **bounds: Any) -> Any:
    return field(default=default, metadata={"group": group, "label": label, "help": help, "default": default} | bounds)


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """One training: data, network, training and repeats. The defaults are the article's failing deep tanh network.

    Example:
        >>> config = RunConfig(activation="relu", kernel_initializer="he_uniform", epochs=100)
        >>> config.to_query()
        {'activation': 'relu', 'kernel_initializer': 'he_uniform', 'epochs': '100'}
        >>> config.sentence
        '5 layers of 5 ReLU units · He uniform · SGD, rate 0.01, momentum 0.9 · circles · 100 epochs · 10 replicates'
        >>> config.with_changes(epochs=0)
        Traceback (most recent call last):
        ...
        ValueError: Expected `epochs` to be a whole number between 1 and 2000. Received: epochs=0

    Raises:
        ValueError: If a setting is out of its bounds, or the run as a whole would cost too much.
    """

    dataset: str = _setting(
        "data", "Data set", "circles", "Two classes of points in the plane; the article uses circles.", choices=DATASETS
    )
    n_samples: int = _setting(
        "data", "Points", 1000, "Half of the points train, half validate.", minimum=100, maximum=10_000
    )
    noise: float = _setting(
        "data", "Noise", 0.1, "Standard deviation of the noise, before the points are scaled to [-1, 1].", maximum=1
    )
    data_seed: int = _setting(
        "data", "Data seed", 1, "Draws the points; every replicate sees the same ones.", maximum=MAX_SEED
    )
    num_hidden_layers: int = _setting(
        "network", "Hidden layers", 5, "Depth: layers between the inputs and the output.", minimum=1, maximum=50
    )
    units: int = _setting("network", "Units per layer", 5, "Width of every hidden layer.", minimum=1, maximum=256)
    activation: str = _setting(
        "network",
        "Activation",
        "tanh",
        "Of the hidden layers; the output is a sigmoid.",
        choices=tuple(ACTIVATIONS),
        words=_ACTIVATION_WORDS,
    )
    kernel_initializer: str = _setting(
        "network",
        "Initialiser",
        "uniform_0_1",
        "Draws the hidden layers' first weights; uniform(0, 1) is the article's.",
        choices=tuple(INITIALIZERS),
        words=_INITIALIZER_WORDS,
    )
    output_initializer: str = _setting(
        "network",
        "Output initialiser",
        "uniform_0_1",
        "Draws the output layer's first weights.",
        choices=OUTPUT_INITIALIZERS,
        words=_INITIALIZER_WORDS,
        short_label="output",
    )
    gain: float = _setting(
        "network", "Gain", 1.0, "Multiplies the hidden layers' first weights; above 1 they may explode.", maximum=10
    )
    shared_draw: bool = _setting(
        "network",
        "Shared draw",
        False,
        "Hidden kernels of one shape start identical, as when Keras 3 reuses one initialiser object for all layers.",
    )
    normalization: str = _setting(
        "network",
        "Normalisation",
        "none",
        "Centres and scales what enters each activation: over the batch, or over the layer's units.",
        choices=NORMALIZATIONS,
    )
    residual: bool = _setting(
        "network", "Residual", False, "Adds each hidden layer's input to its output, where their shapes allow it."
    )
    optimizer: str = _setting(
        "training",
        "Optimiser",
        "sgd",
        "How gradients become updates; Keras's defaults otherwise.",
        choices=tuple(OPTIMIZERS),
        words=_OPTIMIZER_WORDS,
    )
    learning_rate: float = _setting(
        "training",
        "Learning rate",
        0.01,
        "Size of a step; the article uses 0.01.",
        minimum=1e-6,
        maximum=10,
        short_label="rate",
    )
    momentum: float = _setting("training", "Momentum", 0.9, "Share of the last step that is repeated.", maximum=0.999)
    nesterov: bool = _setting("training", "Nesterov", False, "Look ahead along the momentum.")
    weight_decay: float = _setting(
        "training",
        "Weight decay",
        0.0,
        "Share of every weight, times the learning rate, that each update takes away.",
        maximum=1,
    )
    gradient_clip: str = _setting(
        "training",
        "Gradient clipping",
        "none",
        "Bounds the gradient of all weights together, or each entry; what is measured is the gradient before it.",
        choices=("none", *GRADIENT_CLIPS),
        words=_CLIP_WORDS,
    )
    clip_limit: float = _setting(
        "training", "Clip limit", 1.0, "Largest norm or entry of a clipped gradient.", minimum=1e-6, maximum=1000
    )
    batch_size: int = _setting(
        "training", "Batch size", 32, "Points per weight update; at most the training half.", minimum=1, maximum=5000
    )
    epochs: int = _setting("training", "Epochs", 500, "Passes over the training half.", minimum=1, maximum=2000)
    replicates: int = _setting(
        "repeats", "Replicates", 10, "Independent repetitions: own weights, own batch order.", minimum=1, maximum=32
    )
    seed: int = _setting(
        "repeats", "Seed", 0, "Draws the weights and batch orders of all replicates.", maximum=MAX_SEED
    )

    def __post_init__(self) -> None:
        """Validate every setting, then the run as a whole."""
        for setting in SETTINGS.values():
            object.__setattr__(self, setting.name, setting.validated(getattr(self, setting.name)))
        if self.batch_size > self.n_train:
            raise ValueError(
                f"Expected `batch_size` to be between 1 and {self.n_train}, half of n_samples={self.n_samples}. "
                f"Received: batch_size={self.batch_size}"
            )
        check_cost(self.kernel_shapes, self.n_train, self.n_samples - self.n_train, self.epochs, self.replicates)

    @property
    def n_train(self) -> int:
        """Points in the training half."""
        return self.n_samples // 2

    @property
    def num_layers(self) -> int:
        """Layers with a kernel: the hidden ones and the output."""
        return self.num_hidden_layers + 1

    @property
    def kernel_shapes(self) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of each layer's kernel, layers 1 to H + 1."""
        widths = (NUM_INPUTS, *(self.units,) * self.num_hidden_layers, 1)
        return tuple(zip(widths[:-1], widths[1:], strict=True))

    @property
    def model(self) -> Model:
        """The network that the settings describe: hidden layers "1" to "H", then "output"."""
        names = (*map(str, range(1, self.num_layers)), "output")
        kernels = tuple(
            Kernel(name, shape, is_output=name == names[-1])
            for name, shape in zip(names, self.kernel_shapes, strict=True)
        )
        return Model(
            kernels=kernels,
            layers=tuple(Layer(name, activation=self.activation) for name in names[:-1]),
            normalization=self.normalization,
            residual=self.residual,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            momentum=self.momentum if self.optimizer == "sgd" else None,
            weight_decay=self.weight_decay,
            gradient_clip=self.gradient_clip,
            batch_size=self.batch_size,
            epoch_updates=-(-self.n_train // self.batch_size),
        )

    @cached_property
    def run_key(self) -> str:
        """Content hash of the engine's version and the settings that differ from their defaults: 64 hexadecimal digits.

        So a setting that comes later, with the old behaviour as its default, leaves the keys of stored runs alone.
        """
        content = json.dumps({"engine": ENGINE_VERSION, **self._changed()}, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def _changed(self) -> dict[str, Any]:
        """The settings that differ from their default."""
        values = {name: getattr(self, name) for name in SETTINGS}
        return {name: value for name, value in values.items() if value != SETTINGS[name].default}

    @property
    def network(self) -> str:
        """Depth, width and activation in words."""
        units = counted(self.units, f"{ACTIVATIONS[self.activation].label} unit")
        return f"{counted(self.num_hidden_layers, 'layer')} of {units}"

    @property
    def sentence(self) -> str:
        """The run in one line of words."""
        initializer = INITIALIZERS[self.kernel_initializer].label
        clipped = SETTINGS["gradient_clip"].in_words(self.gradient_clip)
        parts = [
            self.network,
            initializer + ("" if self.gain == 1 else f", gain {self.gain:g}"),
            "one draw for all layers" if self.shared_draw else "",
            "" if self.normalization == "none" else f"{self.normalization} normalisation",
            "residual" if self.residual else "",
            self._optimizer_in_words(),
            f"weight decay {self.weight_decay:g}" if self.weight_decay else "",
            "" if self.gradient_clip == "none" else f"gradient clipped by {clipped} at {self.clip_limit:g}",
            self.dataset,
            counted(self.epochs, "epoch"),
            counted(self.replicates, "replicate"),
            *self._unusual(),
        ]
        return " · ".join(part for part in parts if part)

    def _optimizer_in_words(self) -> str:
        words = f"{OPTIMIZERS[self.optimizer].keras_class}, rate {self.learning_rate:g}"
        if self.optimizer != "sgd":
            return words
        return f"{words}, {'Nesterov ' if self.nesterov else ''}momentum {self.momentum:g}"

    def _unusual(self) -> list[str]:
        """Settings that the sentence names only if they are not the usual ones."""
        names = ("output_initializer", "batch_size", "n_samples", "noise", "data_seed", "seed")
        shown = [name for name in names if getattr(self, name) != SETTINGS[name].default]
        return [f"{SETTINGS[name].label.lower()} {SETTINGS[name].in_words(getattr(self, name))}" for name in shown]

    def to_dict(self) -> dict[str, Any]:
        """All settings by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """The settings by name; those that are left out take their default.

        Raises:
            ValueError: If one is unknown or not valid.
        """
        for name in values:
            if name not in SETTINGS:
                raise ValueError(unknown_setting(name))
        return cls(**values)

    def to_json(self) -> str:
        """All settings as a JSON object."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """The settings that `to_json` wrote; settings that are left out take their default.

        Raises:
            ValueError: If the text is not a JSON object of valid settings.
        """
        return cls.from_dict(json_object(text))

    def to_query(self) -> dict[str, str]:
        """The settings that differ from their default, as query parameters of a URL."""
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in self._changed().items()}

    @classmethod
    def from_query(cls, parameters: Mapping[str, str]) -> tuple[RunConfig, tuple[str, ...]]:
        """The run that a URL asks for, and a sentence for each parameter that could not be taken.

        A URL lies now and then, and a page must open all the same: a parameter that is unknown or out of bounds
        leaves its setting at the default.
        """
        return cls._within_limits(*parsed_settings(parameters, SETTINGS))

    @classmethod
    def _within_limits(cls, values: dict[str, Any], notices: list[str]) -> tuple[RunConfig, tuple[str, ...]]:
        """Valid settings may still clash: give up the ones that make a run large, until it fits."""
        for name in ("batch_size", "replicates", "epochs", "units", "num_hidden_layers", "n_samples"):
            try:
                return cls(**values), tuple(notices)
            except ValueError as error:
                fewer = cls._with_fewer_replicates(values) if name == "replicates" else None
                if fewer is not None:
                    return fewer, (*notices, f"{error}. As many `replicates` as fit, {fewer.replicates}, are used.")
                if values.pop(name, None) is not None:
                    notices.append(f"{error}. The default `{name}`, {SETTINGS[name].default}, is used.")
        return cls(**values), tuple(notices)

    @classmethod
    def _with_fewer_replicates(cls, values: dict[str, Any]) -> RunConfig | None:
        """With as many as fit; None if even one is too large."""
        for replicates in range(values.get("replicates", cls.replicates) - 1, 0, -1):
            with suppress(ValueError):
                return cls(**values | {"replicates": replicates})
        return None

    def with_changes(self, **changes: Any) -> RunConfig:
        """The same run with some settings changed, validated again."""
        return replace(self, **changes)


SETTINGS: dict[str, Setting] = {row.name: Setting(name=row.name, **row.metadata) for row in fields(RunConfig)}
