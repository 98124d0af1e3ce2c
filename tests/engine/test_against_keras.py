"""The engine trains as `keras.Model.fit` does."""

from __future__ import annotations

import numpy as np
import pytest
from engine.reference import SMALL, fit

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
    """Compare the last replicate: the first is where a mix-up of replicates would not show."""
    replicate = config.replicates - 1
    training = Training(config)
    record = RunRecord.joined(list(training.chunks()))
    reference = fit(config, replicate)
    curves = np.stack([record.curve_arrays[name][:, replicate] for name in CURVES], axis=1)
    np.testing.assert_allclose(curves, reference.curves, rtol=1e-4)
    for ours, kernel in zip(training.kernels, reference.kernels, strict=True):
        np.testing.assert_allclose(ours[replicate], kernel, rtol=1e-4, atol=1e-4 * np.abs(kernel).mean())


@pytest.mark.parametrize("update", UPDATES)
def test_every_optimizer_updates_as_keras_does(update: str) -> None:
    assert_trains_as_keras(SMALL.with_changes(**UPDATES[update]))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_trains_as_in_keras(activation: str) -> None:
    assert_trains_as_keras(SMALL.with_changes(activation=activation))


@pytest.mark.parametrize("shape", [{"num_hidden_layers": 1}, {"units": 24}], ids=str)
def test_every_shape_trains_as_in_keras(shape: dict[str, int]) -> None:
    """One hidden layer has none between; wide layers multiply in another way than narrow ones."""
    assert_trains_as_keras(SMALL.with_changes(**shape))
