"""The remedies are measured as the settings say."""

from __future__ import annotations

import numpy as np
import pytest
from engine.twin import SMALL

from vgdemo.data import make_dataset
from vgdemo.engine.training import Training
from vgdemo.record import RunRecord


def test_the_gradient_is_measured_before_it_is_clipped() -> None:
    plain, clipped = (
        RunRecord.joined(list(Training(SMALL.with_changes(gradient_clip=clip, clip_limit=1e-6)).chunks()))
        for clip in ("none", "value")
    )
    first = plain.layer_arrays["gradient_max_abs"][0]
    assert first.min() > 1e-6
    np.testing.assert_allclose(clipped.layer_arrays["gradient_max_abs"][0], first, rtol=1e-5)
    assert clipped.layer_arrays["update_ratio"][1].max() < plain.layer_arrays["update_ratio"][1].min()


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_lsuv_gives_every_layer_the_same_deviation_on_the_data(activation: str) -> None:
    config = SMALL.with_changes(kernel_initializer="lsuv", gain=1.5, activation=activation)
    function = {"tanh": np.tanh, "relu": lambda values: np.maximum(values, 0)}[activation]
    values = make_dataset(config).x_train.astype(np.float64)[None]
    *hidden, output = Training(config).kernels
    for kernel in hidden:
        pre_activations = values @ kernel
        np.testing.assert_allclose(pre_activations.std(axis=(1, 2)), 1.5, rtol=1e-5)
        values = function(pre_activations)
    np.testing.assert_array_equal(output, Training(config.with_changes(kernel_initializer="he_normal")).kernels[-1])


def test_a_shared_draw_makes_equal_shapes_identical_and_nothing_else() -> None:
    shared, own = (Training(SMALL.with_changes(shared_draw=draw)).kernels for draw in (True, False))
    np.testing.assert_array_equal(shared[1], shared[2])
    assert not np.array_equal(own[1], own[2])
    assert not np.array_equal(shared[1][0], shared[1][1])  # Replicates differ.
    np.testing.assert_array_equal(shared[0], own[0])
    np.testing.assert_array_equal(shared[3], own[3])
