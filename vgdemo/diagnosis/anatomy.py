"""How a network is built, as far as a diagnosis asks: its hidden layers, their widths and their activations."""

from __future__ import annotations

from collections import Counter

from vgdemo.activations import ACTIVATIONS, Activation
from vgdemo.model import Kernel, Model


def hidden_widths(model: Model) -> tuple[int, ...]:
    """Units of each hidden layer that has a kernel, in the order of data flow."""
    widths: dict[str, int] = {}
    for kernel in model.hidden_kernels:
        widths[kernel.layer] = min(_width(kernel), widths.get(kernel.layer, _width(kernel)))
    return tuple(widths.values())


def _width(kernel: Kernel) -> int:
    # A recurrent kernel reads its own layer's units; its last axis holds those of several gates.
    return kernel.shape[0] if kernel.name == "recurrent_kernel" else kernel.shape[-1]


def output_kernels(model: Model) -> tuple[int, ...]:
    """Which of the kernels give the network's answer, from 0."""
    return tuple(place for place, kernel in enumerate(model.kernels) if kernel.is_output)


def hidden_layers(model: Model) -> tuple[int, ...]:
    """Which of the measured layers do not give the network's answer, from 0."""
    outputs = {kernel.layer for kernel in model.kernels if kernel.is_output}
    return tuple(place for place, layer in enumerate(model.layers) if layer.name not in outputs)


def hidden_activations(model: Model) -> tuple[Activation | None, ...]:
    """The activation of each of `hidden_layers`; None where it has none, or one that `ACTIVATIONS` does not know."""
    return tuple(ACTIVATIONS.get(model.layers[place].activation or "") for place in hidden_layers(model))


def kernel_activations(model: Model) -> tuple[Activation | None, ...]:
    """The activation that the layer of each hidden kernel has; None where it is not known."""
    of_layer = {layer.name: ACTIVATIONS.get(layer.activation or "") for layer in model.layers}
    return tuple(of_layer.get(kernel.layer) for kernel in model.hidden_kernels)


def prevailing_activation(model: Model) -> Activation | None:
    """The activation of most hidden layers, a bent one before the linear; None if none is known."""
    known = Counter(activation.name for activation in hidden_activations(model) if activation is not None)
    bent = known.copy()
    del bent["linear"]
    frequent = (bent or known).most_common(1)
    return ACTIVATIONS[frequent[0][0]] if frequent else None


def is_linear(model: Model) -> bool:
    """Whether every hidden layer is known to have no bend in its activation."""
    activations = hidden_activations(model)
    return bool(activations) and all(activation is ACTIVATIONS["linear"] for activation in activations)
