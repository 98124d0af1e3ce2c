"""A network as its measurements know it: which kernels and layers it has, in the order of data flow.

A `RunConfig` has such a model, and so has a network of somebody's own that a log was written of.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Kernel:
    """A trainable matrix, or tensor, whose gradient is measured. A layer may have several.

    Attributes:
        layer: The layer's name.
        shape: Of the kernel, inputs before outputs as in Keras.
        name: Keras's name of the weight, such as "recurrent_kernel".
        kind: Keras's class of the layer.
        is_output: Whether its layer gives the network's answer.
    """

    layer: str
    shape: tuple[int, ...]
    name: str = "kernel"
    kind: str = "Dense"
    is_output: bool = False

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
        name: The layer's name.
        kind: Keras's class of the layer.
        activation: Keras's name of its activation; None if it has none.
    """

    name: str
    kind: str = "Dense"
    activation: str | None = None


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
        loss: Keras's name.
        num_classes: How many answers there are to choose from; None for a network that does not classify.

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
    loss: str = "binary_crossentropy"
    num_classes: int | None = 2

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
        """The model for a JSON document."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Model:
        """The model that `to_dict` wrote.

        Raises:
            KeyError, TypeError: If it is not one.
        """
        kernels = tuple(Kernel(**kernel | {"shape": tuple(kernel["shape"])}) for kernel in content["kernels"])
        layers = tuple(Layer(**layer) for layer in content["layers"])
        return cls(**{**content, "kernels": kernels, "layers": layers})
