"""A network as its measurements know it: which kernels and layers it has, in the order of data flow.

A `RunConfig` has such a model, and so has a network of somebody's own that a log was written of.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from functools import cached_property
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

LARGEST = 2**53  # Entries of a kernel, and whatever is counted: up to here a float counts them one by one.
MAX_DIMENSIONS = 32  # Of a kernel.


@dataclass(frozen=True)
class Kernel:
    """A matrix, or tensor, of weights whose gradient is measured. A layer may have several.

    Attributes:
        layer: The layer's name.
        shape: Of the kernel, inputs before outputs as in Keras.
        name: Keras's name of the weight, such as "recurrent_kernel".
        kind: Keras's class of the layer.
        is_output: Whether its layer gives the network's answer.
        trainable: Whether it learns; a frozen one has no gradient.
        is_reached: Whether the loss depends on it; otherwise it has no gradient either.
        initializer: Keras's class of what drew its first weights; None if it is not known.
        go_backwards: Whether its layer reads a sequence from its end, so that what it answers stands at the first step.
    """

    layer: str
    shape: tuple[int, ...]
    name: str = "kernel"
    kind: str = "Dense"
    is_output: bool = False
    trainable: bool = True
    is_reached: bool = True
    initializer: str | None = None
    go_backwards: bool = False

    @property
    def fan_in(self) -> int:
        """Inputs of a unit, as Keras's initialisers count them: times the receptive field of a convolution."""
        return math.prod(self.shape[:-1])

    @property
    def fan_out(self) -> int:
        """Outputs of an input, as Keras's initialisers count them."""
        return math.prod(self.shape[:-2]) * self.shape[-1]


@dataclass(frozen=True)
class Layer:
    """A layer whose output is measured.

    Attributes:
        name: The layer's name. A layer that is called twice stands twice, its later calls as "name:2".
        kind: Keras's class of the layer.
        activation: Keras's name of its activation; None if it has none.
        shape: Of its output, with None for what differs from batch to batch; None if it is not known.
    """

    name: str
    kind: str = "Dense"
    activation: str | None = None
    shape: tuple[int | None, ...] | None = None


_LATER_FIELDS = {  # With their defaults.
    "trainable": True,
    "is_reached": True,
    "initializer": None,
    "go_backwards": False,
    "shape": None,
    "epoch_updates": None,
    "compute_dtype": None,
    "time_steps": None,
}
AVERAGE_MOMENTUM = 0.99  # Share of a moving average that an update leaves, as Keras's batch normalisation has it.


@dataclass(frozen=True)
class Model:
    """What Keras would call a compiled model.

    Attributes:
        kernels: The measured kernels, in the order of data flow.
        layers: The layers whose outputs are measured, in the order of data flow.
        normalization: "none", "batch" or "layer": what stands before the activations.
        residual: Whether layers have skip connections around them.
        optimizer: Keras's name; None if it is not known.
        learning_rate: At the start; None if it is not known.
        momentum: Of the optimiser; None if it has none, or it is not known.
        weight_decay: Share of the weights that each update takes away, times the learning rate; None if not known.
        gradient_clip: What bounds the gradient, "none" if nothing does; None if it is not known.
        batch_size: Points for each update; None if it is not known.
        epoch_updates: Updates in an epoch; None if it is not known.
        loss: Keras's name.
        num_classes: How many answers there are to choose from; None for a network that does not classify.
        compute_dtype: Shortest numbers that its layers compute with, such as "float16"; None if it is not known.
        time_steps: Of the sequences that it reads; None if it reads none, or that is not known.

    Example:
        >>> model = Model(
        ...     kernels=(
        ...         Kernel("lstm", (1, 128), kind="LSTM"),
        ...         Kernel("lstm", (32, 128), "recurrent_kernel", "LSTM"),
        ...         Kernel("dense", (32, 1), is_output=True),
        ...     ),
        ...     layers=(Layer("lstm", "LSTM", "tanh"),),
        ... )
        >>> model.kernel_labels
        ('lstm/kernel', 'lstm/recurrent_kernel', 'dense')
        >>> model.kernel_phrases[-1]
        'the output'
    """

    kernels: tuple[Kernel, ...]
    layers: tuple[Layer, ...] = ()
    normalization: str = "none"
    residual: bool = False
    optimizer: str | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    gradient_clip: str | None = None
    batch_size: int | None = None
    epoch_updates: int | None = None
    loss: str = "binary_crossentropy"
    num_classes: int | None = 2
    compute_dtype: str | None = None
    time_steps: int | None = None

    @cached_property
    def kernel_labels(self) -> tuple[str, ...]:
        """What an axis calls the kernels: the layer's name, and the weight's where a layer has several."""
        count = Counter(kernel.layer for kernel in self.kernels)
        return tuple(
            kernel.layer if count[kernel.layer] == 1 else f"{kernel.layer}/{kernel.name}" for kernel in self.kernels
        )

    @cached_property
    def kernel_phrases(self) -> tuple[str, ...]:
        """What a sentence calls the kernels; the only one that gives the answer is "the output"."""
        has_one_output = sum(kernel.is_output for kernel in self.kernels) == 1
        return tuple(
            "the output" if kernel.is_output and has_one_output else f"layer {label}"
            for kernel, label in zip(self.kernels, self.kernel_labels, strict=True)
        )

    @property
    def layer_labels(self) -> tuple[str, ...]:
        """What an axis calls the layers."""
        return tuple(layer.name for layer in self.layers)

    @property
    def layer_phrases(self) -> tuple[str, ...]:
        """What a sentence calls the layers."""
        return tuple(f"layer {layer.name}" for layer in self.layers)

    @cached_property
    def hidden(self) -> tuple[int, ...]:
        """Which of the kernels are not the output's, from 0."""
        return tuple(place for place, kernel in enumerate(self.kernels) if not kernel.is_output)

    @property
    def hidden_kernels(self) -> tuple[Kernel, ...]:
        """The kernels that are not the output's."""
        return tuple(self.kernels[place] for place in self.hidden)

    @property
    def guessing_loss(self) -> float | None:
        """Cross-entropy, in nats, of giving all classes the same probability; None for other losses."""
        return math.log(self.num_classes) if self.num_classes and "crossentropy" in self.loss else None

    def to_dict(self) -> dict[str, Any]:
        """The model for a JSON document. What fields that came later say by default is left out, as in older files."""
        return asdict(self, dict_factory=_without_later_defaults)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Model:
        """The model that `to_dict` wrote; what it says beyond what this program knows is left out.

        Raises:
            KeyError, TypeError, ValueError: If it is not one.
        """
        described = {**content, "kernels": content["kernels"], "layers": content["layers"]}
        model: Model = _read(cls, described, "a model")
        for kernel in model.kernels:
            if not _has_entries(kernel):
                expected = f"1 to {MAX_DIMENSIONS} sizes from 1 on, of no more than {LARGEST} entries,"
                raise ValueError(f"shape {[*kernel.shape]!s:.40} of a kernel, where {expected} are expected")
        return model


def _without_later_defaults(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in items if name not in _LATER_FIELDS or value != _LATER_FIELDS[name]}


def _has_entries(kernel: Kernel) -> bool:
    is_tensor = 0 < len(kernel.shape) <= MAX_DIMENSIONS and all(size > 0 for size in kernel.shape)
    return is_tensor and math.prod(kernel.shape) <= LARGEST


def _read(hint: Any, value: Any, what: str) -> Any:
    """What a JSON document says where a field is annotated so.

    Raises:
        TypeError, ValueError: If it is something else, or a number that is negative where something is counted, not
            finite or huge. The message names the field.
    """
    if get_origin(hint) is UnionType:
        optional, _ = get_args(hint)
        return None if value is None else _read(optional, value, what)
    if get_origin(hint) is tuple and isinstance(value, list | tuple):
        return tuple(_read(get_args(hint)[0], one, what) for one in value)
    if is_dataclass(hint) and isinstance(value, Mapping):
        hints = get_type_hints(hint)
        return hint(**{name: _read(hints[name], said, name) for name, said in value.items() if name in hints})  # type: ignore[operator]
    if type(value) is not hint and not (hint is float and type(value) is int):
        raise TypeError(f"{what} {value!r:.40}, where {getattr(hint, '__name__', hint)} is expected")
    least, expected = (0, "a whole number from 0 on") if hint is int else (-LARGEST, "a finite number")
    if isinstance(value, int | float) and not least <= value <= LARGEST:
        raise ValueError(f"{what} {value!r:.40}, where {expected} is expected")
    return value
