"""What a program measures, against the float64 oracle."""

from __future__ import annotations

import numpy as np
import pytest
from engine.oracle import Replicate, size_statistics
from engine.twin import SMALL

from vgdemo.activations import ACTIVATIONS
from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.engine import train
from vgdemo.engine.dense_recipe import DenseRecipe
from vgdemo.engine.program import program_for
from vgdemo.engine.training import Training
from vgdemo.network.dense import DenseNetwork
from vgdemo.network.initializers import initial_kernels
from vgdemo.record import CURVES, RunRecord
from vgdemo.room import Room


def untrained(config: RunConfig) -> list[Replicate]:
    """Each replicate before any update."""
    kernels = initial_kernels(config)
    return [Replicate.untrained(config.activation, [k[i] for k in kernels]) for i in range(config.replicates)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_epoch_0_is_measured_as_the_oracle_does(activation: str) -> None:
    config = SMALL.with_changes(activation=activation, gain=4.0)  # So that some units saturate.
    record = next(Training(config).chunks())
    data = make_dataset(config)
    x, y = data.x_train.astype(float), data.y_train.astype(float)
    for replicate, network in enumerate(untrained(config)):
        curves = [network.loss(x, y), network.accuracy(x, y), network.loss(data.x_val, data.y_val)]
        np.testing.assert_allclose([record.curve_arrays[n][0, replicate] for n in CURVES[:3]], curves, rtol=1e-5)
        for layer, gradient in enumerate(network.gradients(x, y)):
            assert_measured(record, replicate, layer, size_statistics(gradient))
            if layer < config.num_hidden_layers:
                assert_measured(record, replicate, layer, network.activation_statistics(x, layer))


def assert_measured(record: RunRecord, replicate: int, layer: int, expected: dict[str, float]) -> None:
    for name, value in expected.items():
        measured = record.values(name)[0, replicate, layer]
        np.testing.assert_allclose(measured, value, rtol=2e-4, atol=1e-7, err_msg=f"{name} of layer {layer + 1}")


def test_the_oracles_gradient_is_the_slope_of_its_loss() -> None:
    data = make_dataset(SMALL)
    for activation in ACTIVATIONS:
        network = untrained(SMALL.with_changes(activation=activation))[0]
        for kernel, gradient in zip(network.kernels, network.gradients(data.x_train, data.y_train), strict=True):
            np.testing.assert_allclose(gradient[0, 0], slope_of_loss(network, kernel), rtol=1e-5, atol=1e-9)


def slope_of_loss(network: Replicate, kernel: np.ndarray, width: float = 1e-6) -> float:
    """By the kernel's first entry, from two losses."""
    data, middle = make_dataset(SMALL), kernel[0, 0]
    losses = []
    for kernel[0, 0] in (middle - width, middle + width):
        losses.append(network.loss(data.x_train, data.y_train))
    kernel[0, 0] = middle
    return (losses[1] - losses[0]) / (2 * width)


def test_a_dead_layer_stops_all_gradients_before_it() -> None:
    """Without weights no unit fires, and only the output's bias could learn."""
    record = train(SMALL.with_changes(activation="relu", gain=0.0))
    assert (record.values("dead_share") == 1).all()
    assert (record.values("gradient_zero_share") == 1).all()
    assert (record.panels["kernels"].histograms[..., 0] == [8, 16, 16, 4]).all()


def test_the_gradient_is_measured_before_it_is_clipped() -> None:
    plain, clipped = (
        RunRecord.joined(list(Training(SMALL.with_changes(gradient_clip=clip, clip_limit=1e-6)).chunks()))
        for clip in ("none", "value")
    )
    first = plain.values("gradient_max_abs")[0]
    assert first.min() > 1e-6
    np.testing.assert_allclose(clipped.values("gradient_max_abs")[0], first, rtol=1e-5)
    assert clipped.values("update_ratio")[0].max() < plain.values("update_ratio")[0].min()


def test_equal_settings_share_a_program_and_others_do_not() -> None:
    room = Room.of(SMALL)
    program = program_for(DenseRecipe(DenseNetwork(3)), room)
    assert program_for(DenseRecipe(DenseNetwork(3)), room) is program
    assert program_for(DenseRecipe(DenseNetwork(3, "layer")), room) is not program
    assert program_for(DenseRecipe(DenseNetwork(3)), Room.of(SMALL.with_changes(units=9))) is not program
