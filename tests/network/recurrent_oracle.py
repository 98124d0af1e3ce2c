"""Recurrent networks in float64 NumPy, from Keras's definitions, one step after the other.

It only runs forwards. Derivatives are central differences: of the loss by a state that is nudged at one step alone, by
a weight, or by a recurrent kernel that is another at one step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from engine.oracle import ACTIVATIONS, Array
from scipy.special import expit

WIDTH = 1e-5  # Of a difference.


@dataclass
class Layer:
    """Weights as Keras has them; a bias of a GRU is (2, 3 · units)."""

    cell: str
    activation: str
    kernel: Array
    recurrent_kernel: Array
    bias: Array

    @property
    def units(self) -> int:
        return len(self.recurrent_kernel)

    def step(self, x: Array, states: list[Array], recurrent_kernel: Array) -> list[Array]:
        """The states after a step, the output first, from inputs (N, features) and states (N, units)."""
        return getattr(self, f"_{self.cell}")(x, states, recurrent_kernel)

    def _activate(self, values: Array) -> Array:
        return ACTIVATIONS[self.activation][0](values)

    def _simple_rnn(self, x: Array, states: list[Array], recurrent_kernel: Array) -> list[Array]:
        return [self._activate(x @ self.kernel + self.bias + states[0] @ recurrent_kernel)]

    def _lstm(self, x: Array, states: list[Array], recurrent_kernel: Array) -> list[Array]:
        h, c = states
        gates = np.split(x @ self.kernel + h @ recurrent_kernel + self.bias, 4, axis=1)
        c = expit(gates[1]) * c + expit(gates[0]) * self._activate(gates[2])
        return [expit(gates[3]) * self._activate(c), c]

    def _gru(self, x: Array, states: list[Array], recurrent_kernel: Array) -> list[Array]:
        (h,) = states
        of_x = np.split(x @ self.kernel + self.bias[0], 3, axis=1)
        of_h = np.split(h @ recurrent_kernel + self.bias[1], 3, axis=1)
        update, reset = expit(of_x[0] + of_h[0]), expit(of_x[1] + of_h[1])
        return [update * h + (1 - update) * self._activate(of_x[2] + reset * of_h[2])]


@dataclass
class Recurrent:
    """One replicate: recurrent layers, then a sigmoid."""

    layers: list[Layer]
    output: Array
    output_bias: Array
    nudged_states: dict[tuple[int, int], Array] = field(default_factory=dict)  # By layer and step, added to the output.
    nudged_kernels: dict[tuple[int, int], Array] = field(default_factory=dict)  # The same of the recurrent kernel.

    @property
    def weights(self) -> Iterator[Array]:
        """All of them, of which entries may be changed."""
        for layer in self.layers:
            yield from (layer.kernel, layer.recurrent_kernel, layer.bias)
        yield from (self.output, self.output_bias)

    def outputs(self, x: Array) -> list[Array]:
        """Of each layer (N, T, units), from inputs (N, T, features)."""
        found = []
        for place, layer in enumerate(self.layers):
            states = [np.zeros((len(x), layer.units)) for _ in range(2 if layer.cell == "lstm" else 1)]
            outputs = []
            for time in range(x.shape[1]):
                kernel = layer.recurrent_kernel + self.nudged_kernels.get((place, time), 0)
                states = layer.step(x[:, time], states, kernel)
                states[0] = states[0] + self.nudged_states.get((place, time), 0)
                outputs.append(states[0])
            x = np.stack(outputs, axis=1)
            found.append(x)
        return found

    def logits(self, x: Array) -> Array:
        return (self.outputs(x)[-1][:, -1] @ self.output + self.output_bias)[:, 0]

    def losses(self, x: Array, y: Array) -> Array:
        """Binary cross-entropy of each point, in nats."""
        logits = self.logits(x)
        return np.logaddexp(0, logits) - y * logits

    def gradient(self, weight: Array, x: Array, y: Array) -> Array:
        """Of the mean loss, by one of its own weights."""
        return self._slopes(weight, x, y).mean(-1)

    def state_gradient(self, layer: int, time: int, x: Array, y: Array) -> Array:
        """(units, N) of the mean loss by a layer's output at a step, of each point."""
        nudge = self.nudged_states[layer, time] = np.zeros(self.layers[layer].units)
        return self._slopes(nudge, x, y) / len(x)

    def recurrent_gradient(self, layer: int, time: int, x: Array, y: Array) -> Array:
        """(units, gates · units) of the mean loss by the recurrent kernel of a step."""
        nudge = self.nudged_kernels[layer, time] = np.zeros_like(self.layers[layer].recurrent_kernel)
        return self.gradient(nudge, x, y)

    def _slopes(self, numbers: Array, x: Array, y: Array) -> Array:
        """(..., N) of each point's loss by each of the numbers, which are left as they were."""
        slopes = np.zeros((*numbers.shape, len(x)))
        for place in np.ndindex(numbers.shape):
            middle, losses = numbers[place], []
            for numbers[place] in (middle - WIDTH, middle + WIDTH):
                losses.append(self.losses(x, y))
            numbers[place] = middle
            slopes[place] = (losses[1] - losses[0]) / (2 * WIDTH)
        return slopes
