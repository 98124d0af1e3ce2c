"""The article's results, as many repeats of them show them: claims wide enough to hold for any seed."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from vgdemo.config import RunConfig
from vgdemo.engine import train
from vgdemo.presets import DEEP_RELU, DEEP_TANH
from vgdemo.record import RunRecord

GLOROT = {"kernel_initializer": "glorot_uniform", "output_initializer": "glorot_uniform"}
LEARNS = 0.7  # Validation accuracy; the larger class alone gives about 0.5.


@functools.cache
def trained(config: RunConfig) -> RunRecord:
    return train(config)


def final_accuracies(config: RunConfig) -> np.ndarray:
    return trained(config).curve_arrays["val_accuracy"][-1]


def share_that_learns(config: RunConfig) -> float:
    return float(np.mean(final_accuracies(config) > LEARNS))


def gradients(config: RunConfig, epoch: int) -> np.ndarray:
    """Median over replicates of each layer's mean |g|."""
    return np.median(trained(config).values("gradient_mean_abs")[epoch], axis=0)


@pytest.mark.parametrize(
    ("config", "median"),
    [
        (DEEP_TANH.with_changes(num_hidden_layers=1), 0.82),
        (DEEP_RELU, 0.82),
        (DEEP_TANH.with_changes(**GLOROT), 0.83),
    ],
    ids=["shallow tanh", "deep ReLU", "deep tanh, Glorot"],
)
def test_a_network_that_learns_reaches_the_median_of_the_repeats(config: RunConfig, median: float) -> None:
    assert share_that_learns(config) >= 0.8
    assert abs(np.median(final_accuracies(config)) - median) < 0.03


def test_deep_tanh_seldom_learns() -> None:
    assert share_that_learns(DEEP_TANH) <= 0.5
    assert np.median(final_accuracies(DEEP_TANH)) < 0.65


def test_twenty_layers_of_relu_seldom_learn() -> None:
    config = DEEP_RELU.with_changes(num_hidden_layers=20)
    assert share_that_learns(config) <= 0.5
    assert np.median(final_accuracies(config)) == pytest.approx(0.5, abs=0.03)


def test_the_first_gradients_of_deep_tanh_are_u_shaped_over_layers() -> None:
    config = DEEP_TANH.with_changes(epochs=1, replicates=32)
    expected = [2.7e-2, 4.1e-3, 2.5e-3, 3.1e-3, 1.2e-2, 4.0e-1]  # Medians of Keras's draws.
    factors = gradients(config, epoch=0) / expected
    assert (factors > 0.5).all() and (factors < 2).all()


def test_training_turns_the_order_of_the_first_layers_gradients() -> None:
    """At first it is larger in deep tanh than in deep ReLU, at the end far smaller."""
    assert gradients(DEEP_TANH, 0)[0] > gradients(DEEP_RELU, 0)[0]
    assert gradients(DEEP_TANH, -1)[0] < gradients(DEEP_RELU, -1)[0] / 5
