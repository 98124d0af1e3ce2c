"""The remedies mean what Keras means by them, and are measured as the settings say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engine.twin import dense_layers, fit_as, keras_twin

from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.engine.training import Training
from vgdemo.record import RunRecord

SETTINGS: dict[str, Any] = {
    "n_samples": 140,  # 70 points train: two batches of 32 and a smaller one of 6.
    "num_hidden_layers": 3,
    "replicates": 2,
    "epochs": 3,
    "kernel_initializer": "glorot_uniform",
    "output_initializer": "glorot_uniform",
}


@pytest.mark.parametrize(
    "remedy",
    [
        {"normalization": "batch"},
        {"normalization": "layer"},
        {"residual": True},
        {"residual": True, "units": 2},
        {"gradient_clip": "global_norm", "clip_limit": 0.05},
        {"gradient_clip": "value", "clip_limit": 0.01},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "optimizer": "adam", "normalization": "batch", "residual": True, "activation": "relu"},
    ],
    ids=str,
)
def test_a_remedy_trains_as_in_keras(remedy: dict[str, Any]) -> None:
    config = RunConfig(**SETTINGS | remedy)
    training = Training(config)
    twins = [keras_twin(config, [kernel[i] for kernel in training.kernels]) for i in range(config.replicates)]
    record = RunRecord.joined(list(training.chunks()))
    for replicate, twin in enumerate(twins):
        loss, accuracy = fit_as(config, replicate, twin).T
        np.testing.assert_allclose(record.curve_arrays["val_loss"][1:, replicate], loss, rtol=1e-4)
        np.testing.assert_allclose(record.curve_arrays["val_accuracy"][1:, replicate], accuracy, atol=1e-6)
        for layer, kernel in zip(dense_layers(twin), training.kernels, strict=True):
            np.testing.assert_allclose(kernel[replicate], layer.kernel.numpy(), rtol=1e-4, atol=1e-6)


def test_the_gradient_is_measured_before_it_is_clipped() -> None:
    plain, clipped = (
        RunRecord.joined(list(Training(RunConfig(**SETTINGS | {"gradient_clip": clip, "clip_limit": 1e-6})).chunks()))
        for clip in ("none", "value")
    )
    first = plain.layer_arrays["gradient_max_abs"][0]
    assert first.min() > 1e-6
    np.testing.assert_allclose(clipped.layer_arrays["gradient_max_abs"][0], first, rtol=1e-5)
    assert clipped.layer_arrays["update_ratio"][1].max() < plain.layer_arrays["update_ratio"][1].min()


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_lsuv_gives_every_layer_the_same_deviation_on_the_data(activation: str) -> None:
    config = RunConfig(**SETTINGS | {"kernel_initializer": "lsuv", "gain": 1.5, "activation": activation})
    function = {"tanh": np.tanh, "relu": lambda values: np.maximum(values, 0)}[activation]
    values = make_dataset(config).x_train.astype(np.float64)[None]
    *hidden, output = Training(config).kernels
    for kernel in hidden:
        pre_activations = values @ kernel
        np.testing.assert_allclose(pre_activations.std(axis=(1, 2)), 1.5, rtol=1e-5)
        values = function(pre_activations)
    np.testing.assert_array_equal(output, Training(config.with_changes(kernel_initializer="he_normal")).kernels[-1])


def test_a_shared_draw_makes_equal_shapes_identical_and_nothing_else() -> None:
    shared, own = (Training(RunConfig(**SETTINGS | {"shared_draw": draw})).kernels for draw in (True, False))
    np.testing.assert_array_equal(shared[1], shared[2])
    assert not np.array_equal(own[1], own[2])
    assert not np.array_equal(shared[1][0], shared[1][1])  # Replicates differ.
    np.testing.assert_array_equal(shared[0], own[0])
    np.testing.assert_array_equal(shared[3], own[3])
