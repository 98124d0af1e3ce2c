"""The engine trains as `keras.Model.fit` does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engine.twin import SMALL, dense_layers, fit_as, keras_twin

from vgdemo.config import ACTIVATIONS, RunConfig
from vgdemo.engine.training import Training
from vgdemo.record import CURVES, RunRecord

UPDATES = {
    "sgd": {"momentum": 0.0},
    "sgd with momentum": {},
    "sgd with nesterov": {"nesterov": True},
    "rmsprop": {"optimizer": "rmsprop", "learning_rate": 0.01},
    "adagrad": {"optimizer": "adagrad"},
    "adam": {"optimizer": "adam", "learning_rate": 0.01},
}


def assert_trains_as_keras(config: RunConfig) -> None:
    """Compare the last replicate: in the first a mix-up of replicates would not show."""
    replicate = config.replicates - 1
    training = Training(config)
    twin = keras_twin(config, [kernel[replicate] for kernel in training.kernels])
    record = RunRecord.joined(list(training.chunks()))
    curves = np.stack([record.curve_arrays[name][:, replicate] for name in CURVES], axis=1)
    np.testing.assert_allclose(curves, fit_as(config, replicate, twin), rtol=1e-4)
    for ours, layer in zip(training.kernels, dense_layers(twin), strict=True):
        kernel = layer.kernel.numpy()
        np.testing.assert_allclose(ours[replicate], kernel, rtol=1e-4, atol=1e-4 * np.abs(kernel).mean())


@pytest.mark.parametrize("update", UPDATES)
def test_every_optimizer_updates_as_in_keras(update: str) -> None:
    assert_trains_as_keras(SMALL.with_changes(**UPDATES[update]))


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
        {"gradient_clip": "global_norm", "clip_limit": 0.05},
        {"gradient_clip": "value", "clip_limit": 0.01},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "optimizer": "adam", "learning_rate": 0.01},
        # Not with adam: a bias before batch normalisation has a gradient of rounding errors, which adam makes steps of.
        {"weight_decay": 0.1, "normalization": "batch", "residual": True, "activation": "relu"},
    ],
    ids=str,
)
def test_every_remedy_trains_as_in_keras(remedy: dict[str, Any]) -> None:
    assert_trains_as_keras(SMALL.with_changes(**remedy))
