"""The gradients of recurrent networks through time, from some of them drawn at random.

Each step multiplies with the same kernel, so that no limit of many units holds for long: powers of one kernel go as its
largest eigenvalue does. Drawn networks have that, the start from h_0 = 0 and every kind of cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from vgdemo.activations import ACTIVATIONS, Array
from vgdemo.config import RunConfig
from vgdemo.draws import drawn
from vgdemo.initializers import INITIALIZERS
from vgdemo.theory.recurrent_cells import CELLS, Arrays, Cell

FEWEST_NETWORKS, MOST_NETWORKS = 16, 200
FEWEST_POINTS, MOST_POINTS = 4, 32  # Wide networks do much the same at all points.
MOST_POINT_UNITS = 1024  # Of one network.
COST_OF_UNIT = 16  # What no product of kernels takes, in multiplications for each row of a kernel.
MOST_PRODUCTS = 4e8  # Multiplications with kernels, forward: about a fifth of a second on one core.
TOO_MANY_PRODUCTS = 2e9  # Of the fewest networks: about a second.
MOST_AT_ONCE = 4e6  # Numbers that are kept of all steps at once, 32 MB.
SMALLEST_RESIDUAL = 1e-100  # An answer that is sure and right has none; of the way back it says nothing.
LARGEST_STATE = 1e100  # States that explode are followed this far; their gradients go as they did before.


class DrawnThroughTime(NamedTuple):
    """What networks drawn at random make of the gradient.

    Attributes:
        log_sizes: (networks, L, T) log10 of the root mean square of ∂L/∂h_t over points and units, layers 1 to L, over
            that of the last step of layer L; minus infinity where it is exactly 0.
        log_gates: (networks, L) mean log10 of the gate that lets a state pass to the next step; NaN without one.
    """

    log_sizes: Array
    log_gates: Array


class Kernels(NamedTuple):
    """Of networks that are drawn.

    Attributes:
        layers: Of each layer its kernel (R, inputs, gates · units) and its recurrent kernel (R, units, gates · units).
        output: (R, units, 1).
    """

    layers: tuple[tuple[Array, Array], ...]
    output: Array


def drawn_through_time(config: RunConfig, sequences: Array, classes: Array) -> DrawnThroughTime:
    """What recurrent networks of a run's settings make of the gradient before any training, always the same ones.

    Args:
        config: The settings of the run.
        sequences: (n, T, inputs), of which the first are taken.
        classes: (n,) 0 or 1.
    """
    points = _num_points(config)
    x, y = np.asarray(sequences[:points], np.float64), np.asarray(classes[:points], np.float64)
    parts = [through_time_of_kernels(config, kernels, x, y) for kernels in _kernels(config, *x.shape)]
    return DrawnThroughTime(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _kernels(config: RunConfig, points: int, time_steps: int, inputs: int) -> Iterator[Kernels]:
    """Networks, as many at a time as there is room for."""
    count = int(np.clip(MOST_PRODUCTS / _products(config), FEWEST_NETWORKS, MOST_NETWORKS))
    kept = points * time_steps * config.num_hidden_layers * config.units * CELLS[config.network].num_derivatives
    at_once = max(1, int(MOST_AT_ONCE / kept))
    for start in range(0, count, at_once):
        yield _drawn_kernels(config, inputs, min(at_once, count - start), seed=start)


def _products(config: RunConfig) -> float:
    """What one network costs: multiplications, and as many again as the rest takes the time of."""
    *hidden, _ = config.kernel_shapes
    rows = sum(inputs + COST_OF_UNIT for inputs, _ in hidden)
    return float(_num_points(config) * config.time_steps * config.architecture.gates * config.units * rows)


def _num_points(config: RunConfig) -> int:
    return int(np.clip(MOST_POINT_UNITS // config.units, FEWEST_POINTS, MOST_POINTS))


def _drawn_kernels(config: RunConfig, inputs: int, count: int, seed: int) -> Kernels:
    generator, units = np.random.default_rng(seed), config.units
    columns = config.architecture.gates * units

    def kernels(initializer: str, *shape: int) -> Array:
        return drawn(INITIALIZERS[initializer], generator.random((count, *shape)))

    layers = tuple(
        (
            kernels(config.kernel_initializer, inputs if layer == 0 else units, columns),
            config.recurrent_gain * kernels(config.recurrent_initializer, units, columns),
        )
        for layer in range(config.num_hidden_layers)
    )
    return Kernels(layers, kernels(config.output_initializer, units, 1))


def through_time_of_kernels(config: RunConfig, kernels: Kernels, x: Array, y: Array) -> DrawnThroughTime:
    """What given networks make of the gradient, by backpropagation through time.

    Args:
        config: Which cell, which activation, and which bias the forget gates start with; other biases are 0.
        kernels: Of R networks.
        x: (n, T, inputs) sequences.
        y: (n,) classes, 0 or 1.
    """
    cell = CELLS[config.network]
    signal, kept = _forward(config, kernels, x)
    residuals = np.maximum(np.abs(expit(signal @ kernels.output) - y[:, None]), SMALLEST_RESIDUAL)
    log_sizes = _backward(cell, kernels, kept, residuals @ np.swapaxes(kernels.output, 1, 2))
    return DrawnThroughTime(log_sizes, _log_gates(cell, kept))


def _forward(config: RunConfig, kernels: Kernels, x: Array) -> tuple[Array, list[list[Arrays]]]:
    """The last output of the last layer, and what each step leaves in each layer."""
    cell, activation = CELLS[config.network], ACTIVATIONS[config.activation]
    bias, zeros = _first_bias(config), np.zeros((len(kernels.output), len(x), config.units))
    states: list[Arrays] = [(zeros,) * cell.num_states for _ in kernels.layers]
    kept: list[list[Arrays]] = []
    for signal in np.moveaxis(x, 1, 0)[:, None]:
        kept.append([])
        for layer, (kernel, recurrent_kernel) in enumerate(kernels.layers):
            from_state = states[layer][0] @ recurrent_kernel
            new, derivatives = cell.forward(activation, signal @ kernel + bias, from_state, states[layer])
            states[layer] = tuple(np.clip(state, -LARGEST_STATE, LARGEST_STATE) for state in new)
            signal = states[layer][0]
            kept[-1].append(derivatives)
    return signal, kept


def _first_bias(config: RunConfig) -> Array:
    """(gates · units,) zeros, but for what an LSTM's forget gates may start with."""
    bias = np.zeros(config.architecture.gates * config.units)
    if config.network == "lstm" and config.unit_forget_bias:
        bias[config.units : 2 * config.units] = 1
    return bias


def _backward(cell: Cell, kernels: Kernels, kept: list[list[Arrays]], to_last: Array) -> Array:
    """(R, L, T) log10 of sizes, given the gradient by the last output of the last layer.

    All gradients of a step are brought back to about 1, and what that takes is counted, so that none is lost.
    """
    zeros, layers = np.zeros_like(to_last), range(len(kernels.layers))
    gradients: list[Arrays] = [(zeros,) * cell.num_states for _ in layers]
    gradients[-1] = (to_last, *gradients[-1][1:])
    log_sizes, log_scale = np.empty((len(to_last), len(layers), len(kept))), np.zeros(len(to_last))
    for time in reversed(range(len(kept))):
        for layer in reversed(layers):
            kernel, recurrent_kernel = kernels.layers[layer]
            log_sizes[:, layer, time] = _log_size(gradients[layer][0]) + log_scale
            back = cell.backward(kept[time][layer], gradients[layer])
            earlier = back.states[0] + back.from_state @ np.swapaxes(recurrent_kernel, 1, 2)
            gradients[layer] = (earlier, *back.states[1:])
            if layer:
                below, *others = gradients[layer - 1]
                gradients[layer - 1] = (below + back.from_inputs @ np.swapaxes(kernel, 1, 2), *others)
        largest = np.max([np.abs(one).max(axis=(1, 2)) for of_layer in gradients for one in of_layer], axis=0)
        scale = np.where(largest > 0, largest, 1)
        gradients = [tuple(one / scale[:, None, None] for one in of_layer) for of_layer in gradients]
        log_scale += np.log10(scale)
    return log_sizes - log_sizes[:, -1:, -1:]


def _log_size(values: Array) -> Array:
    """(R,) log10 of the root mean square of (R, n, units)."""
    with np.errstate(divide="ignore"):  # Of an exact 0 it is minus infinity.
        return np.asarray(np.log10(np.square(values).mean(axis=(1, 2))) / 2)


def _log_gates(cell: Cell, kept: list[list[Arrays]]) -> Array:
    """(R, L) mean log10 of the gates from the second step on: they are what stands between two states."""
    if not cell.gate:
        return np.full((len(kept[0][0][0]), len(kept[0])), np.nan)
    with np.errstate(divide="ignore"):
        logs = [[np.log10(derivatives[0]).mean(axis=(1, 2)) for derivatives in of_step] for of_step in kept[1:]]
    return np.asarray(np.mean(logs, axis=0).T)


def takes_too_long(config: RunConfig) -> bool:
    """Whether even a few networks are too many to be drawn while somebody waits."""
    return FEWEST_NETWORKS * _products(config) > TOO_MANY_PRODUCTS
