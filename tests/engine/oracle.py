"""The network, its gradients and what is measured of them, in float64 NumPy and written from the definitions alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017.
SATURATED = 0.05  # Share of the activation's largest slope.


def _density(x: Array) -> Array:
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def _normal_cdf(x: Array) -> Array:
    return (1 + erf(x / np.sqrt(2))) / 2


ACTIVATIONS: dict[str, tuple[Function, Function]] = {  # The function and its derivative.
    "linear": (lambda x: x, np.ones_like),
    "sigmoid": (expit, lambda x: expit(x) * expit(-x)),
    "tanh": (np.tanh, lambda x: np.cosh(x) ** -2.0),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: (1 + abs(x)) ** -2.0),
    "relu": (lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0)),
    "leaky_relu": (lambda x: np.where(x > 0, x, 0.2 * x), lambda x: np.where(x > 0, 1.0, 0.2)),
    "elu": (lambda x: np.where(x > 0, x, np.expm1(x)), lambda x: np.where(x > 0, 1.0, np.exp(x))),
    "selu": (
        lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x)),
        lambda x: SELU_SCALE * np.where(x > 0, 1.0, SELU_ALPHA * np.exp(x)),
    ),
    "gelu": (lambda x: x * _normal_cdf(x), lambda x: _normal_cdf(x) + x * _density(x)),
    "silu": (lambda x: x * expit(x), lambda x: expit(x) * (1 + x * expit(-x))),
    "softplus": (lambda x: np.logaddexp(0, x), expit),
    "mish": (
        lambda x: x * np.tanh(np.log1p(np.exp(x))),  # Misra 2020.
        lambda x: np.tanh(np.log1p(np.exp(x))) + x * expit(x) / np.cosh(np.log1p(np.exp(x))) ** 2,
    ),
}


@dataclass
class Replicate:
    """One replicate: a kernel and a bias for each layer, hidden layers first, then a sigmoid."""

    activation: str
    kernels: list[Array]
    biases: list[Array]

    @classmethod
    def untrained(cls, activation: str, kernels: list[NDArray[np.float32]]) -> Replicate:
        return cls(activation, [kernel.astype(float) for kernel in kernels], [np.zeros(k.shape[1]) for k in kernels])

    def signals(self, x: Array) -> tuple[list[Array], list[Array]]:
        """Pre-activations of all layers, and the inputs of all layers."""
        activate, _ = ACTIVATIONS[self.activation]
        inputs, pre_activations = [x], []
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            pre_activations.append(inputs[-1] @ kernel + bias)
            inputs.append(activate(pre_activations[-1]))
        return pre_activations, inputs[:-1]

    def logits(self, x: Array) -> Array:
        return self.signals(x)[0][-1][:, 0]

    def loss(self, x: Array, y: Array) -> float:
        """Mean binary cross-entropy in nats."""
        logits = self.logits(x)
        return float(np.mean(np.logaddexp(0, logits) - y * logits))

    def accuracy(self, x: Array, y: Array) -> float:
        return float(np.mean((self.logits(x) > 0) == (y == 1)))

    def gradients(self, x: Array, y: Array) -> list[Array]:
        """Of the mean loss, by every kernel: the chain rule, layer by layer from the output."""
        _, slope = ACTIVATIONS[self.activation]
        pre_activations, inputs = self.signals(x)
        upstream = ((expit(pre_activations[-1][:, 0]) - y) / len(y))[:, None]
        gradients = [inputs[-1].T @ upstream]
        for layer in reversed(range(len(self.kernels) - 1)):
            upstream = upstream @ self.kernels[layer + 1].T * slope(pre_activations[layer])
            gradients.insert(0, inputs[layer].T @ upstream)
        return gradients

    def activation_statistics(self, x: Array, layer: int) -> dict[str, float]:
        """Of one hidden layer, counted from 0."""
        activate, slope = ACTIVATIONS[self.activation]
        pre_activations = self.signals(x)[0][layer]
        activations = activate(pre_activations)
        largest = slope(np.linspace(-10, 10, 200_001)).max()
        return {
            "activation_mean": activations.mean(),
            "activation_std": activations.std(),
            "saturated_share": np.mean(abs(slope(pre_activations)) < SATURATED * largest),
            "dead_share": np.mean([all(unit == 0) for unit in activations.T]),
        }


def size_statistics(gradient: Array) -> dict[str, float]:
    sizes = [abs(entry) for entry in gradient.ravel()]
    return {
        "gradient_mean_abs": sum(sizes) / len(sizes),
        "gradient_rms": (sum(size**2 for size in sizes) / len(sizes)) ** 0.5,
        "gradient_max_abs": max(sizes),
        "gradient_zero_share": sizes.count(0) / len(sizes),
    }
