"""How a network is built, as far as a diagnosis asks: its hidden layers, their widths and their activations."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

from vgdemo.activations import ACTIVATIONS, Activation
from vgdemo.architectures import ARCHITECTURES
from vgdemo.model import Kernel, Layer, Model


def hidden_widths(model: Model) -> tuple[int, ...]:
    """Units of each hidden layer that has a kernel, in the order of data flow."""
    widths: dict[str, int] = {}
    for kernel in model.hidden_kernels:
        widths[kernel.layer] = min(_width(kernel), widths.get(kernel.layer, _width(kernel)))
    return tuple(widths.values())


def _width(kernel: Kernel) -> int:
    # A recurrent kernel reads its own layer's units; its last axis holds those of several gates.
    return kernel.shape[0] if kernel.name == "recurrent_kernel" else kernel.shape[-1]


def learning_places(model: Model) -> tuple[int, ...]:
    """Which of the kernels learn, from 0: neither frozen nor left out by the loss."""
    return tuple(place for place, kernel in enumerate(model.kernels) if kernel.trainable and kernel.is_reached)


def learning_part(model: Model) -> Model:
    """The network as far as it learns: without the kernels that are frozen or not reached by the loss."""
    kernels = tuple(model.kernels[place] for place in learning_places(model))
    return model if kernels == model.kernels else replace(model, kernels=kernels)


def frozen_layers(model: Model) -> tuple[str, ...]:
    """Names of the layers whose kernels are all frozen."""
    thawed = {kernel.layer for kernel in model.kernels if kernel.trainable}
    return tuple(dict.fromkeys(kernel.layer for kernel in model.kernels if kernel.layer not in thawed))


def layers_out_of_reach(model: Model) -> tuple[str, ...]:
    """Names of the layers that could learn, but on which the loss does not depend."""
    reached = {kernel.layer for kernel in model.kernels if kernel.is_reached}
    return tuple(dict.fromkeys(kernel.layer for kernel in model.kernels if kernel.layer not in reached))


def answers(model: Model) -> tuple[int, ...]:
    """Which of the measured layers give the network's answer, from 0."""
    outputs = {kernel.layer for kernel in model.kernels if kernel.is_output}
    return tuple(place for place, layer in enumerate(model.layers) if layer.name in outputs)


def answers_by_one_softmax(model: Model) -> bool:
    """Whether the answer is the softmax of a single number, which is 1 whatever that number is."""
    last = [model.layers[place] for place in answers(model)] + list(model.layers[-1:])
    return any(layer.activation == "softmax" and (layer.shape or (None,))[-1] == 1 for layer in last)


def flow(model: Model) -> tuple[int, ...]:
    """Which of the measured layers lie on the gradient's way, from the first that learns to the last hidden one."""
    learning = {model.kernels[place].layer for place in learning_places(model)}
    outputs = answers(model)
    end = outputs[-1] if outputs else len(model.layers)
    first = next((place for place, layer in enumerate(model.layers) if layer.name in learning), end)
    return tuple(place for place in range(first, end) if place not in outputs)


def entries(layer: Layer) -> int:
    """Numbers in a layer's output for one example, as far as its shape is known."""
    return math.prod(size for size in (layer.shape or ())[1:] if size is not None)


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


def network_of(model: Model) -> str | None:
    """The row of `ARCHITECTURES` that all hidden kernels are of; None if there is no such row."""
    kinds = {kernel.kind for kernel in model.hidden_kernels}
    return next((name for name, one in ARCHITECTURES.items() if {one.keras_class} == kinds), None)


def is_dense(model: Model) -> bool:
    """Whether there are hidden kernels, and all of them are of Dense layers."""
    return network_of(model) == "dense"


def recurrent_kernels(model: Model) -> tuple[Kernel, ...]:
    """The kernels by which layers read their own output of the time step before."""
    return tuple(kernel for kernel in model.kernels if kernel.name == "recurrent_kernel")


def gated_layers(model: Model) -> set[str]:
    """Names of the recurrent layers that are not known to have no gates."""
    return {kernel.layer for kernel in recurrent_kernels(model) if kernel.kind != "SimpleRNN"}


def activated_layers(model: Model) -> tuple[str, ...]:
    """Names of the hidden layers that may get another activation: the bent ones, or the linear ones if there are none.

    A layer with gates is none of them: these are made for the activation that it has. Where no layer was measured, they
    are those with a kernel.
    """
    gated = gated_layers(model)
    if not model.layers:
        layers = dict.fromkeys(kernel.layer for kernel in model.hidden_kernels)
        return tuple(layer for layer in layers if layer not in gated)
    known = {
        model.layers[place].name: activation
        for place, activation in zip(hidden_layers(model), hidden_activations(model), strict=True)
        if activation is not None and model.layers[place].name not in gated
    }
    bent = tuple(name for name, activation in known.items() if activation is not ACTIVATIONS["linear"])
    return bent or tuple(known)


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
