"""The gradients of narrow networks, from a few hundred of them drawn at random: no limit of many units holds there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from vgdemo.activations import ACTIVATIONS, Array
from vgdemo.config import RunConfig
from vgdemo.draws import drawn
from vgdemo.initializers import INITIALIZERS

NARROW = 12  # Units; the first order in 1/width tells wider networks better than a few points do.
FEWEST_NETWORKS, MOST_NETWORKS, MOST_UNITS = 64, 400, 20_000  # Fewer networks of more units.
SPLITS = 5  # Of each class's points: 32 cells stand for any number of points.


def drawn_gradients(config: RunConfig, inputs: Array, labels: Array) -> Array:
    """Root mean square of the kernels' gradients of networks drawn as the engine draws them, always the same ones.

    Args:
        config: The settings of the run; neither normalisation nor residual connections.
        inputs: (n, 2) points.
        labels: (n,) their classes, 0 or 1.

    Returns:
        (networks, H + 1) of the mean loss over the points, layers 1 to H and the output.

    Example:
        >>> config = RunConfig(activation="relu", kernel_initializer="he_normal", num_hidden_layers=3)
        >>> drawn_gradients(config, np.array([[-0.5, 0.5], [0.5, 0.2]]), np.array([0.0, 1.0])).shape
        (400, 4)
    """
    points, kernels = _cells(inputs, labels), _kernels(config)
    activation = ACTIVATIONS[config.activation]
    signals, pre_activations = [points.centres[None]], []
    for kernel in kernels[:-1]:
        pre_activations.append(signals[-1] @ kernel)
        signals.append(activation.function(pre_activations[-1]))
    backward = (expit(signals[-1] @ kernels[-1]) - points.labels[:, None]) * points.shares[:, None]
    sizes = [_size(signals[-1], backward)]
    for layer in reversed(range(config.num_hidden_layers)):
        backward = backward @ np.swapaxes(kernels[layer + 1], 1, 2) * activation.slope(pre_activations[layer])
        sizes.append(_size(signals[layer], backward))
    return np.stack(sizes[::-1], axis=1)


def _size(signals: Array, backward: Array) -> Array:
    """(R,) root mean square of a kernel's gradient, from what enters the layer and the gradient of what it computes."""
    return np.asarray(np.sqrt(np.square(np.swapaxes(signals, 1, 2) @ backward).mean(axis=(1, 2))))


def _kernels(config: RunConfig) -> list[Array]:
    """(R, inputs, outputs) of layers 1 to H + 1."""
    units = config.num_hidden_layers * config.units
    count = int(np.clip(MOST_UNITS // units, FEWEST_NETWORKS, MOST_NETWORKS))
    hidden, output = INITIALIZERS[config.kernel_initializer], INITIALIZERS[config.output_initializer]
    *hidden_shapes, output_shape = config.kernel_shapes
    kernels = [
        config.gain * drawn(hidden, _draws(count, shape, seed=1 if config.shared_draw else layer))
        for layer, shape in enumerate(hidden_shapes, start=1)
    ]
    return [*kernels, drawn(output, _draws(count, output_shape, seed=0))]


def _draws(count: int, shape: tuple[int, int], seed: int) -> Array:
    """(count, inputs, outputs) uniform numbers; a smaller kernel has the first of a larger one's, as in the engine."""
    return np.moveaxis(np.random.default_rng(seed).random((*shape, count)), -1, 0)


@dataclass(frozen=True)
class _Cells:
    """Some points that stand for all.

    Attributes:
        centres: (C, 2) of neighbours of one class.
        labels: (C,) their class.
        shares: (C,) of all points.
    """

    centres: Array
    labels: Array
    shares: Array


def _cells(inputs: Array, labels: Array) -> _Cells:
    cells = [
        (cell.mean(axis=0), label, len(cell) / len(inputs))
        for label in np.unique(labels)
        for cell in _halved(inputs[labels == label], SPLITS)
    ]
    return _Cells(*(np.array(column) for column in zip(*cells, strict=True)))


def _halved(points: Array, times: int) -> list[Array]:
    """Neighbours: the points cut in two across their longer side, and each half again."""
    if times == 0 or len(points) == 1:
        return [points]
    longer = np.ptp(points, axis=0).argmax()
    halves = np.array_split(points[np.argsort(points[:, longer])], 2)
    return [cell for half in halves for cell in _halved(half, times - 1)]
