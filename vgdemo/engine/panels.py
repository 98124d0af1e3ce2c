"""What a program measured, as the panels of a record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vgdemo.config import RunConfig
from vgdemo.engine.recipe import Measurement
from vgdemo.record import ACTIVATION_STATISTICS, STEP_STATISTICS, Panel
from vgdemo.statistics import gradient_histograms, gradient_statistics, kernel_statistics, update_statistics

Number = TypeVar("Number", bound=np.generic)
Array = NDArray[np.float64]
Kernels = NDArray[np.float32]  # Of one shape: (epochs, layers, R, inputs, units).


def panels(
    config: RunConfig, epochs: NDArray[np.int32], measured: Measurement, before: Sequence[Kernels]
) -> dict[str, Panel]:
    """The panels of some consecutive epochs.

    Args:
        config: The run.
        epochs: (E,) their numbers.
        measured: NumPy arrays of E epochs.
        before: The kernels, in groups of one shape, of the epoch before the first; of none if that is epoch 0.
    """
    model = config.model
    gradients, kernels = _entries(measured.gradients), _entries(measured.kernels)
    tracks = [np.concatenate(pair) for pair in zip(_entries(before), kernels, strict=True)]
    sizes = [gradient_statistics(g) | kernel_statistics(k) for g, k in zip(gradients, kernels, strict=True)]
    updates = [update_statistics(track[1:], track[:-1]) for track in tracks]
    activations = measured.activations.transpose(3, 0, 2, 1).astype(np.float64)  # Statistics first.
    histograms = _in_order([gradient_histograms(group) for group in gradients])
    return {
        "kernels": Panel.of_kernels(model, epochs, _by_name(sizes), histograms),
        "updates": Panel.of_kernels(model, epochs[epochs > 0], _by_name(updates)),
        "activations": Panel.of_layers(model, epochs, dict(zip(ACTIVATION_STATISTICS, activations, strict=True))),
        **_over_time(config, epochs, measured.steps),
    }


def _over_time(config: RunConfig, epochs: NDArray[np.int32], measured: Sequence[Array]) -> dict[str, Panel]:
    """A panel for each recurrent layer, of statistics (E, H, T, R)."""
    panels = {}
    for place, (layer, steps) in enumerate(config.states.items()):
        of_layer = [np.swapaxes(statistic[:, place], 1, 2) for statistic in measured]
        statistics = dict(zip(STEP_STATISTICS, of_layer, strict=True))
        panels[f"steps/{layer}"] = Panel.of_time_steps(steps, epochs, statistics)
    return panels


def _entries(groups: Sequence[Kernels]) -> list[Array]:
    """Each kernel of (epochs, layers, R, inputs, units) as one row of entries."""
    return [group.reshape(*group.shape[:3], math.prod(group.shape[3:])).astype(np.float64) for group in groups]


def _by_name(groups: list[dict[str, Array]]) -> dict[str, Array]:
    return {name: _in_order([group[name] for group in groups]) for name in groups[0]}


def _in_order(groups: list[NDArray[Number]]) -> NDArray[Number]:
    """Groups (epochs, layers of the group, R, ...) as one array (epochs, R, layers, ...)."""
    return np.swapaxes(np.concatenate(groups, axis=1), 1, 2)
