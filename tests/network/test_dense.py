"""A dense network answers and learns as `keras.Model.fit` trains it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from engine.oracle import Replicate
from engine.twin import SMALL, assert_trains_as_keras

from vgdemo.activations import ACTIVATIONS
from vgdemo.network.activations import NUMBERS
from vgdemo.network.dense import DenseNetwork
from vgdemo.network.initializers import initial_kernels
from vgdemo.network.interface import Batch, Variant

POINTS = np.random.default_rng(0).uniform(-1, 1, (7, 2)).astype(np.float32)


def points(num_hidden_layers: int, activation: str = "tanh") -> Batch:
    """The points, for a network of this depth and activation."""
    variant = Variant(tf.constant(num_hidden_layers), tf.constant(NUMBERS[activation]))
    return Batch(tf.constant(POINTS.T[None]), tf.fill([len(POINTS)], 1 / len(POINTS)), variant)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_trains_as_in_keras(activation: str) -> None:
    assert_trains_as_keras(SMALL.with_changes(activation=activation))


@pytest.mark.parametrize("shape", [{"num_hidden_layers": 1}, {"units": 24}], ids=str)
def test_every_shape_trains_as_in_keras(shape: dict[str, int]) -> None:
    """One hidden layer has none between; wide layers multiply in another way than narrow ones."""
    assert_trains_as_keras(SMALL.with_changes(**shape))


@pytest.mark.parametrize(
    "remedy",
    [
        {"normalization": "batch"},
        {"normalization": "layer"},
        {"residual": True},
        {"residual": True, "units": 2},
        # Not with adam: a bias before batch normalisation has a gradient of rounding errors, which adam makes steps of.
        {"weight_decay": 0.1, "normalization": "batch", "residual": True, "activation": "relu"},
    ],
    ids=str,
)
def test_every_remedy_of_a_network_trains_as_in_keras(remedy: dict[str, Any]) -> None:
    assert_trains_as_keras(SMALL.with_changes(**remedy))


@pytest.mark.parametrize("depth", [1, 3])
def test_a_forward_pass_answers_and_leaves_the_signals_of_every_layer(depth: int) -> None:
    config = SMALL.with_changes(num_hidden_layers=depth)
    kernels, network = initial_kernels(config), DenseNetwork(depth)
    batch = points(depth)
    signals = network.forward(network.initial_parameters(kernels), batch)
    ours = signals.pre_activations
    for replicate in range(config.replicates):
        oracle = Replicate.untrained("tanh", [kernel[replicate] for kernel in kernels])
        *pre_activations, logits = oracle.signals(POINTS.astype(float))[0]
        np.testing.assert_allclose(signals.logits[replicate], logits[:, 0], rtol=1e-4, atol=1e-6)
        for layer, expected in zip(ours, pre_activations, strict=True):
            np.testing.assert_allclose(layer[replicate], expected.T, rtol=1e-4, atol=1e-6)


def test_the_kernels_come_back_in_the_order_of_the_layers() -> None:
    kernels, network = initial_kernels(SMALL), DenseNetwork(SMALL.num_hidden_layers, "layer")
    groups = network.kernels(network.initial_parameters(kernels))
    for ours, kernel in zip((layer for group in groups for layer in group), kernels, strict=True):
        np.testing.assert_array_equal(ours, kernel)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_of_a_unit_whose_input_is_not_a_number_no_share_is_known(activation: str) -> None:
    network = DenseNetwork(2)
    kernels = initial_kernels(SMALL.with_changes(num_hidden_layers=2, activation=activation))
    kernels[1][0, 0, 0] = np.nan  # Of the second layer, in the first replicate.
    batch = points(2, activation)
    parameters = network.initial_parameters(kernels)
    statistics = network.activation_statistics(parameters, batch, network.forward(parameters, batch)).numpy()
    is_known = np.ones(statistics.shape, bool)
    is_known[1, 0] = False
    np.testing.assert_array_equal(np.isfinite(statistics), is_known)
