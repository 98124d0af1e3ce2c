"""A recurrent run trains as `keras.Model.fit` does, and what it measures does not depend on its batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engine.twin import RECURRENT, SMALL_RECURRENT, assert_trains_as_keras, keras_twin

from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.engine import train
from vgdemo.engine.training import Training
from vgdemo.probe import Probe, batch_of
from vgdemo.record import ACTIVATION_STATISTICS, CURVES, KERNEL_STATISTICS, STEP_STATISTICS, RunRecord

WIDE = {"units": 9, "num_hidden_layers": 2}  # Has more room than units, as it has for every length.


@pytest.mark.parametrize("network", RECURRENT)
@pytest.mark.parametrize("shape", [{}, WIDE], ids=str)
def test_every_cell_trains_as_in_keras_stacked_too(network: str, shape: dict[str, int]) -> None:
    assert_trains_as_keras(SMALL_RECURRENT.with_changes(network=network, **shape))


@pytest.mark.parametrize(
    "changes",
    [
        {"time_steps": 2},
        {"activation": "relu", "recurrent_initializer": "identity", "optimizer": "adam"},
        {"recurrent_initializer": "random_normal", "recurrent_gain": 3.0, "gradient_clip": "global_norm"},
        {"network": "lstm", "unit_forget_bias": False, "recurrent_initializer": "identity"},
        {"dataset": "waves", "batch_size": 15, "optimizer": "rmsprop", "learning_rate": 0.001},
    ],
    ids=str,
)
def test_every_setting_of_recurrence_trains_as_in_keras(changes: dict[str, Any]) -> None:
    assert_trains_as_keras(SMALL_RECURRENT.with_changes(**changes))


@pytest.mark.parametrize("network", RECURRENT)
def test_epoch_0_is_measured_as_a_log_measures_the_same_network(network: str) -> None:
    config = SMALL_RECURRENT.with_changes(network=network, **WIDE)
    record, data = next(Training(config).chunks()), make_dataset(config)
    model = keras_twin(config, [kernel[1] for kernel in Training(config).kernels])
    found = Probe(model, batch_of(data.x_train, data.y_train[:, None])).measure()
    assert record.curve_arrays["train_loss"][0, 1] == pytest.approx(found.loss, rel=1e-5)
    for kernel, statistics in enumerate(found.kernels):
        for name in KERNEL_STATISTICS:
            assert record.values(name)[0, 1, kernel] == pytest.approx(statistics[name], rel=1e-4, abs=1e-9)
    for layer, sizes in zip("12", found.steps.values(), strict=True):
        ours = record.panels[f"steps/{layer}"].statistics["state_gradient_mean_abs"]
        np.testing.assert_allclose(ours[0, 1], sizes, rtol=1e-4)
    signals = found.layers[0]  # Of the last recurrent layer a log sees the last state alone.
    for name in ("activation_mean", "activation_std"):
        assert record.values(name)[0, 1, 0] == pytest.approx(signals[name], rel=1e-4)


def test_a_record_has_every_panel_of_a_recurrent_network() -> None:
    config = SMALL_RECURRENT.with_changes(**WIDE)
    record, empty = train(config), RunRecord.empty(config)
    assert record.surface is None
    assert record.panels.keys() == empty.panels.keys() == {"kernels", "updates", "activations", "steps/1", "steps/2"}
    assert record.panels["kernels"].labels == (
        "1/kernel",
        "1/recurrent_kernel",
        "2/kernel",
        "2/recurrent_kernel",
        "output",
    )
    for name, panel in record.panels.items():
        assert panel.labels == empty.panels[name].labels
        assert panel.statistics.keys() == empty.panels[name].statistics.keys()
        for values in panel.statistics.values():
            assert values.shape == (len(panel.epochs), 2, len(panel.labels))
    steps = record.panels["steps/1"]
    assert (steps.axis, steps.labels[-1], len(steps.epochs)) == ("time step", "6", 4)
    np.testing.assert_allclose(steps.statistics["recurrent_gradient_share"].sum(-1), 1)


def measured_at_the_start(config: RunConfig) -> dict[str, np.ndarray]:
    record = next(Training(config).chunks())
    found = {name: record.curve_arrays[name] for name in CURVES}
    found |= {name: record.values(name) for name in (*KERNEL_STATISTICS, *ACTIVATION_STATISTICS)}
    return found | {name: record.panels["steps/2"].statistics[name] for name in STEP_STATISTICS}


@pytest.mark.parametrize("batch_size", [1, 50])
def test_what_is_measured_does_not_depend_on_the_batches(batch_size: int) -> None:
    config = SMALL_RECURRENT.with_changes(network="gru", **WIDE)
    expected = measured_at_the_start(config)
    for name, values in measured_at_the_start(config.with_changes(batch_size=batch_size)).items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-4, atol=1e-7, err_msg=name)


def test_an_exploding_run_is_recorded_to_its_end() -> None:
    """Any warning would fail this test."""
    config = SMALL_RECURRENT.with_changes(
        activation="relu", recurrent_gain=10.0, time_steps=60, learning_rate=10.0, recurrent_initializer="uniform_0_1"
    )
    record = train(config)
    assert record.epochs[-1] == config.epochs
    assert np.isnan(record.curve_arrays["train_loss"][-1]).all()
    assert np.isnan(record.values("state_gradient_rms")[-1]).all()


def test_without_weights_the_past_gets_exactly_nothing() -> None:
    record = next(Training(SMALL_RECURRENT.with_changes(recurrent_gain=0.0)).chunks())
    sizes = record.values("state_gradient_rms")[0]
    assert not sizes[:, :-1].any() and sizes[:, -1].all()


def test_an_accuracy_is_a_count_of_points_over_all_of_them() -> None:
    """A sum of parts may be 1.0000001, which is no share."""
    record = train(
        SMALL_RECURRENT.with_changes(time_steps=2, epochs=20, learning_rate=0.5, n_samples=301, batch_size=7)
    )
    for half, points in (("train", 150), ("val", 151)):
        accuracy = record.curve_arrays[f"{half}_accuracy"].astype(np.float32)
        np.testing.assert_array_equal(accuracy, np.round(points * accuracy).astype(np.float32) / np.float32(points))
    assert record.curve_arrays["val_accuracy"].max() == 1
