"""The settings of a run: one validated, hashable record of strings and numbers."""

from __future__ import annotations

import hashlib
import json
import reprlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from vgdemo.activations import ACTIVATIONS
from vgdemo.architectures import ARCHITECTURES, RECURRENT, Architecture
from vgdemo.cost import check_cost
from vgdemo.initializers import INITIALIZERS
from vgdemo.model import Kernel, Layer, Model
from vgdemo.optimizers import GRADIENT_CLIPS, OPTIMIZERS
from vgdemo.sequences import TASKS
from vgdemo.setting import Setting, json_object, parsed_settings, unknown_setting
from vgdemo.wording import counted

# Raise it whenever the same settings would give other numbers, or a default changes: stored runs are then trained anew.
ENGINE_VERSION = 5

DATASETS = ("circles", "moons", "xor", "spirals", "gaussians")
# What looks at the data needs pre-activations before any step; the identity is a start of the state's own kernel.
OUTPUT_INITIALIZERS = tuple(name for name, one in INITIALIZERS.items() if not one.looks_at_data and name != "identity")
KERNEL_INITIALIZERS = tuple(name for name in INITIALIZERS if name != "identity")
RECURRENT_INITIALIZERS = tuple(name for name, one in INITIALIZERS.items() if not one.looks_at_data)
NORMALIZATIONS = ("none", "batch", "layer")
POINTS = ("dataset", "time_steps", "n_samples", "noise", "data_seed")  # The settings that the points depend on.

MAX_SEED = 2**32 - 1  # What NumPy's and scikit-learn's generators take.
_ACTIVATION_WORDS = {name: one.label for name, one in ACTIVATIONS.items()}
_INITIALIZER_WORDS = {name: one.label for name, one in INITIALIZERS.items()}
_OPTIMIZER_WORDS = {name: one.keras_class for name, one in OPTIMIZERS.items()}
_CLIP_WORDS = {"global_norm": "global norm"}

_NETWORK_WORDS = {name: one.keras_class for name, one in ARCHITECTURES.items()}
_TASK_WORDS = {name: one.label for name, one in TASKS.items()}

NUM_INPUTS = 2  # Of a point, so that the decision surface can be drawn, or of a time step.


def _setting(
    group: str,
    label: str,
    default: Any,
    help: str,
    *,
    networks: tuple[str, ...] = tuple(ARCHITECTURES),
    dense: Mapping[str, Any] | None = None,
    recurrent: Mapping[str, Any] | None = None,
    **bounds: Any,
) -> Any:
    """A row of the table: what a `Setting` says, which networks have it, and what it says else of some of them."""
    row = {"group": group, "label": label, "help": help, "default": default} | bounds
    special = {"dense": dense or {}} | dict.fromkeys(RECURRENT, recurrent or {})
    return field(default=..., metadata={"row": row, "of": {name: special[name] for name in networks}})


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
        "data",
        "Data set",
        "circles",
        "Two classes of points in the plane; the article uses circles.",
        choices=(*DATASETS, *TASKS),
        words=_TASK_WORDS,
        dense={"choices": DATASETS},
        recurrent={
            "default": "first_symbol",
            "help": "Two classes of sequences; all but the waves need the memory of a step long ago.",
            "choices": tuple(TASKS),
        },
    )
    n_samples: int = _setting(
        "data", "Points", 1000, "Half of the points train, half validate.", minimum=100, maximum=10_000
    )
    noise: float = _setting(
        "data",
        "Noise",
        0.1,
        "Standard deviation of the noise, before the points are scaled to [-1, 1].",
        maximum=1,
        recurrent={"help": "Standard deviation of the noise in every time step."},
    )
    data_seed: int = _setting(
        "data", "Data seed", 1, "Draws the points; every replicate sees the same ones.", maximum=MAX_SEED
    )
    network: str = _setting(
        "network",
        "Network",
        "dense",
        "What hidden layers are: dense ones read a point, recurrent ones a sequence, step by step.",
        choices=tuple(ARCHITECTURES),
        words=_NETWORK_WORDS,
    )
    time_steps: int = _setting(
        "network",
        "Time steps",
        1,
        "Length of every sequence; in training the gradient passes through as many steps.",
        minimum=1,
        maximum=400,
        networks=RECURRENT,
        recurrent={"default": 100, "minimum": 2},
    )
    num_hidden_layers: int = _setting(
        "network",
        "Hidden layers",
        5,
        "Depth: layers between the inputs and the output.",
        minimum=1,
        maximum=50,
        recurrent={"default": 1, "maximum": 4},
    )
    units: int = _setting(
        "network",
        "Units per layer",
        5,
        "Width of every hidden layer.",
        minimum=1,
        maximum=256,
        recurrent={"default": 16},
    )
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
        choices=KERNEL_INITIALIZERS,
        words=_INITIALIZER_WORDS,
        recurrent={
            "default": "glorot_uniform",
            "help": "Draws the first weights by which hidden layers read their inputs.",
            "choices": OUTPUT_INITIALIZERS,
        },
    )
    recurrent_initializer: str = _setting(
        "network",
        "Recurrent initialiser",
        "orthogonal",
        "Draws the first weights by which hidden layers read their own state of the step before.",
        choices=RECURRENT_INITIALIZERS,
        words=_INITIALIZER_WORDS,
        short_label="recurrent",
        networks=RECURRENT,
    )
    recurrent_gain: float = _setting(
        "network",
        "Recurrent gain",
        1.0,
        "Multiplies the first recurrent weights; above 1 they may explode.",
        maximum=10,
        networks=RECURRENT,
    )
    unit_forget_bias: bool = _setting(
        "network",
        "Forget bias 1",
        True,
        "The forget gates' biases start at 1, so that a cell keeps most of what it holds; at 0 it keeps half.",
        networks=("lstm",),
    )
    output_initializer: str = _setting(
        "network",
        "Output initialiser",
        "uniform_0_1",
        "Draws the output layer's first weights.",
        choices=OUTPUT_INITIALIZERS,
        words=_INITIALIZER_WORDS,
        short_label="output",
        recurrent={"default": "glorot_uniform"},
    )
    gain: float = _setting(
        "network",
        "Gain",
        1.0,
        "Multiplies the hidden layers' first weights; above 1 they may explode.",
        maximum=10,
        networks=("dense",),
    )
    shared_draw: bool = _setting(
        "network",
        "Shared draw",
        False,
        "Hidden kernels of one shape start identical, as when Keras 3 reuses one initialiser object for all layers.",
        networks=("dense",),
    )
    normalization: str = _setting(
        "network",
        "Normalisation",
        "none",
        "Centres and scales what enters each activation: over the batch, or over the layer's units.",
        choices=NORMALIZATIONS,
        networks=("dense",),
    )
    residual: bool = _setting(
        "network",
        "Residual",
        False,
        "Adds each hidden layer's input to its output, where their shapes allow it.",
        networks=("dense",),
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
    epochs: int = _setting(
        "training",
        "Epochs",
        500,
        "Passes over the training half.",
        minimum=1,
        maximum=2000,
        recurrent={"default": 40},
    )
    replicates: int = _setting(
        "repeats",
        "Replicates",
        10,
        "Independent repetitions: own weights, own batch order.",
        minimum=1,
        maximum=32,
        recurrent={"default": 5},
    )
    seed: int = _setting(
        "repeats", "Seed", 0, "Draws the weights and batch orders of all replicates.", maximum=MAX_SEED
    )

    def __post_init__(self) -> None:
        """Give settings that were left out their defaults, validate each, then the run as a whole."""
        self._take(SETTINGS["network"])
        settings = SETTINGS_OF[self.network]
        for name, setting in SETTINGS.items():
            if name in settings:
                self._take(settings[name])
            else:
                self._take_nothing_but_the_default(setting)
        if self.batch_size > self.n_train:
            raise ValueError(
                f"Expected `batch_size` to be between 1 and {self.n_train}, half of n_samples={self.n_samples}. "
                f"Received: batch_size={self.batch_size}"
            )
        check_cost(self)

    def _take(self, setting: Setting) -> None:
        value = getattr(self, setting.name)
        object.__setattr__(self, setting.name, setting.default if value is ... else setting.validated(value))

    def _take_nothing_but_the_default(self, setting: Setting) -> None:
        """Of a setting that the network does not have."""
        value = getattr(self, setting.name)
        if value is not ... and value != setting.default:
            layers, received = self.architecture.keras_class, reprlib.repr(value)
            raise ValueError(f"Expected no `{setting.name}` with {layers} layers. Received: {setting.name}={received}")
        object.__setattr__(self, setting.name, setting.default)

    @property
    def architecture(self) -> Architecture:
        """What the hidden layers are."""
        return ARCHITECTURES[self.network]

    @property
    def n_train(self) -> int:
        """Points in the training half."""
        return self.n_samples // 2

    @property
    def n_validation(self) -> int:
        """Points in the validation half."""
        return self.n_samples - self.n_train

    @property
    def num_layers(self) -> int:
        """The hidden layers and the output."""
        return self.num_hidden_layers + 1

    @property
    def states(self) -> dict[str, tuple[str, ...]]:
        """Name of each recurrent layer to what its time steps are called, from "1" on."""
        layers = range(1, self.num_layers) if self.architecture.is_recurrent else ()
        steps = tuple(map(str, range(1, self.time_steps + 1)))
        return {str(layer): steps for layer in layers}

    @property
    def num_states(self) -> int:
        """States whose gradient is measured, one for each time step of each recurrent layer."""
        return sum(map(len, self.states.values()))

    @property
    def kernel_shapes(self) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of each kernel, in the order of data flow, the output's last."""
        return self.architecture.kernel_shapes(NUM_INPUTS, self.num_hidden_layers, self.units)

    @property
    def model(self) -> Model:
        """The network that the settings describe: hidden layers "1" to "H", then "output"."""
        kind, layers = self.architecture.keras_class, [*map(str, range(1, self.num_layers))]
        named = [(layer, name) for layer in layers for name in self.architecture.hidden_kernels(1, 1)]
        *hidden, output = self.kernel_shapes
        kernels = [Kernel(layer, shape, name, kind) for (layer, name), shape in zip(named, hidden, strict=True)]
        return Model(
            kernels=(*kernels, Kernel("output", output, is_output=True)),
            layers=tuple(Layer(layer, kind, self.activation) for layer in layers),
            normalization=self.normalization,
            residual=self.residual,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            momentum=self.momentum if self.optimizer == "sgd" else None,
            weight_decay=self.weight_decay,
            gradient_clip=self.gradient_clip,
            batch_size=self.batch_size,
            epoch_updates=-(-self.n_train // self.batch_size),
            time_steps=self.time_steps if self.architecture.is_recurrent else None,
        )

    @cached_property
    def run_key(self) -> str:
        """Content hash of the engine's version and the settings that differ from their defaults: 64 hexadecimal digits.

        So a setting that comes later, with the old behaviour as its default, leaves the keys of stored runs alone.
        """
        content = json.dumps({"engine": ENGINE_VERSION, **self._changed()}, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: the settings alone, for where they arrive the engine, and so the key, may be another."""
        return {name: getattr(self, name) for name in SETTINGS}

    def _changed(self) -> dict[str, Any]:
        """The settings that differ from their default, which is the network's."""
        values = {name: getattr(self, name) for name in SETTINGS}
        defaults = SETTINGS | SETTINGS_OF[self.network]
        return {name: value for name, value in values.items() if value != defaults[name].default}

    @property
    def network_in_words(self) -> str:
        """Depth, width and activation in words, of a recurrent network its layers and time steps too."""
        units = counted(self.units, f"{ACTIVATIONS[self.activation].label} unit")
        if not self.architecture.is_recurrent:
            return f"{counted(self.num_hidden_layers, 'layer')} of {units}"
        layers = counted(self.num_hidden_layers, f"{self.architecture.keras_class} layer")
        return f"{layers} of {units} over {self.time_steps} time steps"

    @property
    def sentence(self) -> str:
        """The run in one line of words."""
        clipped = SETTINGS["gradient_clip"].in_words(self.gradient_clip)
        parts = [
            self.network_in_words,
            _drawn_in_words(self.kernel_initializer, self.gain),
            self._recurrence_in_words(),
            "one draw for all layers" if self.shared_draw else "",
            "" if self.normalization == "none" else f"{self.normalization} normalisation",
            "residual" if self.residual else "",
            self._optimizer_in_words(),
            f"weight decay {self.weight_decay:g}" if self.weight_decay else "",
            "" if self.gradient_clip == "none" else f"gradient clipped by {clipped} at {self.clip_limit:g}",
            SETTINGS["dataset"].in_words(self.dataset),
            counted(self.epochs, "epoch"),
            counted(self.replicates, "replicate"),
            *self._unusual(),
        ]
        return " · ".join(part for part in parts if part)

    def _recurrence_in_words(self) -> str:
        if not self.architecture.is_recurrent:
            return ""
        words = f"recurrent {_drawn_in_words(self.recurrent_initializer, self.recurrent_gain)}"
        return words if self.unit_forget_bias else f"{words}, forget bias 0"

    def _optimizer_in_words(self) -> str:
        words = f"{OPTIMIZERS[self.optimizer].keras_class}, rate {self.learning_rate:g}"
        if self.optimizer != "sgd":
            return words
        return f"{words}, {'Nesterov ' if self.nesterov else ''}momentum {self.momentum:g}"

    def _unusual(self) -> list[str]:
        """Settings that the sentence names only if they are not the usual ones."""
        names = ("output_initializer", "batch_size", "n_samples", "noise", "data_seed", "seed")
        shown = [name for name in names if name in self._changed()]
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
        of_kind = {name: text for name, text in parameters.items() if name == "network"}
        asked, of_network = parsed_settings(of_kind, SETTINGS)
        network = asked.get("network", SETTINGS["network"].default)
        settings = SETTINGS_OF[network]
        strange = [name for name in parameters if name in SETTINGS and name not in settings]
        others = {name: text for name, text in parameters.items() if name not in ("network", *strange)}
        values, of_others = parsed_settings(others, settings)
        layers = ARCHITECTURES[network].keras_class
        of_strange = [f"The link sets `{name}`, which {layers} layers do not have; it is ignored." for name in strange]
        return cls._within_limits({"network": network} | values, [*of_network, *of_strange, *of_others])

    @classmethod
    def _within_limits(cls, values: dict[str, Any], notices: list[str]) -> tuple[RunConfig, tuple[str, ...]]:
        """Valid settings may still clash: give up the ones that make a run large, until it fits."""
        settings = SETTINGS_OF[values["network"]]
        for name in ("batch_size", "replicates", "epochs", "units", "num_hidden_layers", "time_steps", "n_samples"):
            try:
                return cls(**values), tuple(notices)
            except ValueError as error:
                most = values.get("replicates", settings["replicates"].default)
                fewer = cls._with_fewer_replicates(values, most) if name == "replicates" else None
                if fewer is not None:
                    return fewer, (*notices, f"{error}. As many `replicates` as fit, {fewer.replicates}, are used.")
                if values.pop(name, None) is not None:
                    notices.append(f"{error}. The default `{name}`, {settings[name].default}, is used.")
        return cls(**values), tuple(notices)

    @classmethod
    def _with_fewer_replicates(cls, values: dict[str, Any], most: int) -> RunConfig | None:
        """With as many as fit; None if even one is too large."""
        for replicates in range(most - 1, 0, -1):
            with suppress(ValueError):
                return cls(**values | {"replicates": replicates})
        return None

    def with_changes(self, **changes: Any) -> RunConfig:
        """The same run with some settings changed, validated again.

        Where the network becomes another one, it begins with that one's defaults, and keeps of what was changed before
        all that it has too.

        Example:
            >>> RunConfig(optimizer="adam", dataset="moons").with_changes(network="lstm").to_query()
            {'network': 'lstm', 'optimizer': 'adam'}
        """
        network = changes.get("network", self.network)
        if network == self.network or network not in ARCHITECTURES:
            return replace(self, **changes)
        return RunConfig(**carried_over(self.to_dict(), network) | changes)


def carried_over(values: Mapping[str, Any], network: str) -> dict[str, Any]:
    """Settings as another network has them: its defaults, and of what was changed before all that it takes.

    Args:
        values: All settings by name, whether they fit together or not.
        network: The other one.

    Example:
        >>> carried = carried_over(RunConfig(units=8, noise=0.3, dataset="moons").to_dict(), "gru")
        >>> carried["units"], carried["noise"], carried["dataset"], carried["epochs"]
        (8, 0.3, 'first_symbol', 40)
    """
    before, after = (SETTINGS | SETTINGS_OF[name] for name in (values["network"], network))
    changed = {name: value for name, value in values.items() if value != before[name].default}
    kept = {name: value for name, value in changed.items() if takes(network, name, value)}
    return {name: setting.default for name, setting in after.items()} | kept | {"network": network}


def takes(network: str, name: str, value: Any) -> bool:
    """Whether a network has a setting, and may have it at this value.

    Example:
        >>> takes("lstm", "units", 8), takes("lstm", "num_hidden_layers", 5), takes("lstm", "residual", False)
        (True, False, False)
    """
    try:
        SETTINGS_OF[network][name].validated(value)
    except (KeyError, ValueError):
        return False
    return True


def _drawn_in_words(initializer: str, gain: float) -> str:
    return INITIALIZERS[initializer].label + ("" if gain == 1 else f", gain {gain:g}")


def _settings_of(network: str) -> dict[str, Setting]:
    """The settings that a network has, with its defaults and bounds."""
    said = {row.name: row.metadata["of"][network] for row in fields(RunConfig) if network in row.metadata["of"]}
    return {name: _with_own(SETTINGS[name], of, network) for name, of in said.items()}


def _with_own(setting: Setting, said: Mapping[str, Any], network: str) -> Setting:
    own_bounds = network in RECURRENT and said.keys() & {"choices", "minimum", "maximum"}
    return replace(setting, beside="with a recurrent network" if own_bounds else "", **said)


SETTINGS: dict[str, Setting] = {row.name: Setting(name=row.name, **row.metadata["row"]) for row in fields(RunConfig)}
SETTINGS_OF: dict[str, dict[str, Setting]] = {network: _settings_of(network) for network in ARCHITECTURES}
