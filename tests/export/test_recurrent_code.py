"""Exported code of recurrent networks: it runs by itself, and measures what a probe and a loop of its own measure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from export.test_keras_code import opened

from vgdemo.activations import ACTIVATIONS, SATURATED_SLOPE
from vgdemo.architectures import RECURRENT
from vgdemo.config import RunConfig
from vgdemo.export import script
from vgdemo.probe import Probe, batch_of
from vgdemo.record import ACTIVATION_STATISTICS, CURVES, KERNEL_STATISTICS, UPDATE_STATISTICS
from vgdemo.sequences import TASKS, make_sequences

STATISTICS = (*KERNEL_STATISTICS, *UPDATE_STATISTICS, *ACTIVATION_STATISTICS)
SIZES = ("state_gradient_mean_abs", "state_gradient_rms")
TINY = {"n_samples": 100, "units": 3, "time_steps": 6, "noise": 0.3, "epochs": 2, "replicates": 2}
STACKED = RunConfig(**TINY, network="lstm", num_hidden_layers=2, recurrent_gain=1.5, optimizer="adam")


class Output(NamedTuple):
    """What a script left behind."""

    printed: str
    files: dict[str, Path]

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.files[f"run-{name}.csv"], dtype={"layer": str})


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Output:
    folder = tmp_path_factory.mktemp("script")
    (folder / "train.py").write_text(script(STACKED, "run"), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "train.py"], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "UserWarning" not in done.stderr
    return Output(done.stdout, {path.name: path for path in folder.iterdir()})


def test_the_script_leaves_a_row_for_every_kernel_and_layer_and_for_every_time_step(output: Output) -> None:
    curves, layers, steps = (output.table(name) for name in ("curves", "layers", "time_steps"))
    measured = 2 * 3  # Replicates, and epochs from 0 on.
    assert [*curves] == ["epoch", "replicate", *CURVES] and len(curves) == measured
    assert [*layers] == ["epoch", "replicate", "layer", *STATISTICS]
    assert [*steps] == ["epoch", "replicate", "layer", "time_step", *SIZES]
    labels = [*STACKED.model.kernel_labels, *STACKED.model.layer_labels]
    assert labels == ["1/kernel", "1/recurrent_kernel", "2/kernel", "2/recurrent_kernel", "output", "1", "2"]
    assert layers.layer.tolist() == labels * measured
    assert steps.layer.tolist() == (["1"] * 6 + ["2"] * 6) * measured
    assert steps.time_step.tolist() == [*range(1, 7)] * 2 * measured
    assert steps.groupby("replicate")[SIZES[0]].sum().nunique() == 2  # Replicates are independent.
    assert len(output.printed.splitlines()) == 2


def test_the_scripts_figures_are_there(output: Output) -> None:
    names = ("accuracy", "gradients", "time_steps", "statistics")
    texts = {name: output.files[f"run-{name}.html"].read_text(encoding="utf-8") for name in names}
    assert all("Plotly.newPlot" in text for text in texts.values())
    assert "time step" in texts["time_steps"] and "recurrent_kernel" in texts["gradients"]


@pytest.mark.parametrize("time_steps", [2, 9, 50])
@pytest.mark.parametrize("task", TASKS)
def test_the_script_draws_the_sequences_of_the_task(task: str, time_steps: int, tmp_path: Path) -> None:
    config = RunConfig(network="gru", dataset=task, time_steps=time_steps, n_samples=101, noise=0.2, data_seed=7)
    module = opened(config, tmp_path)
    x, y = make_sequences(task, 101, time_steps, 0.2, 7)
    np.testing.assert_array_equal(np.concatenate([module.x_train, module.x_val]), x)
    np.testing.assert_array_equal(np.concatenate([module.y_train, module.y_val])[:, 0], y)
    assert module.x_train.dtype == np.float32 and len(module.x_train) == 50


def started(config: RunConfig, folder: Path, larger: float = 2) -> tuple[Any, Any]:
    """The script as a module, and its measurements of a network with larger weights, whose biases are not 0."""
    module = opened(config, folder)
    model = module.make_model(range(len(module.KERNELS)))
    model.compile(loss="binary_crossentropy")
    draw = np.random.default_rng(5)
    model.set_weights([larger * weight + draw.normal(0, 0.3, weight.shape) for weight in model.get_weights()])
    measurements = module.Measurements(replicate=1)
    measurements.set_model(model)
    measurements.on_train_begin()
    return module, measurements


@pytest.fixture
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing is said on standard error, where TensorFlow reports what it cannot make faster."""
    yield
    assert "failed" not in capfd.readouterr().err
    tf.config.optimizer.set_experimental_options({"remapping": True})


def with_layers(network: str, activation: str = "tanh") -> RunConfig:
    return RunConfig(**TINY, network=network, activation=activation, num_hidden_layers=2, dataset="marked_sum")


@pytest.mark.parametrize("network", RECURRENT)
def test_the_script_measures_what_a_probe_measures(network: str, tmp_path: Path) -> None:
    module, measurements = started(with_layers(network), tmp_path)
    expected = Probe(measurements.model, batch_of(module.x_train, module.y_train)).measure()
    assert measurements.curves[0]["train_loss"] == pytest.approx(expected.loss, rel=1e-5)
    *of_kernels, first, _ = measurements.layers  # Of the second layer, Keras gives the last state alone.
    for row, theirs in zip([*of_kernels, first], [*expected.kernels, expected.layers[0]], strict=True):
        common = row.keys() & theirs.keys()
        assert len(common) >= 2
        assert {name: row[name] for name in common} == pytest.approx({name: theirs[name] for name in common}, rel=1e-4)
    steps = pd.DataFrame(measurements.time_steps)
    found = [sizes[SIZES[0]].tolist() for _, sizes in steps.groupby("layer")]
    assert found == [pytest.approx(sizes, rel=1e-4) for sizes in expected.steps.values()]


def unrolled(module: Any, model: keras.Model) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """By a loop: the loss's gradient by the states of each layer, (T, N, units), and what entered what made them."""
    *recurrent, answer = model.layers
    sequence, states, entered = [*np.swapaxes(module.x_train, 0, 1)], [], []
    with tf.GradientTape() as tape:
        for layer in recurrent:
            seen: list[tf.Tensor] = []
            layer.cell.activation = lambda values, seen=seen: (seen.append(values), module.activation(values))[1]
            before, outputs, last = layer.cell.get_initial_state(len(module.x_train)), [], []
            for inputs in sequence:
                output, before = layer.cell(inputs, before)
                outputs.append(output)
                last.append(seen[-1])
            sequence = outputs
            states.append(outputs)
            entered.append(np.array(last))
        loss = model.compute_loss(y=module.y_train, y_pred=answer(outputs[-1]))
    return [np.array(one, np.float64) for one in tape.gradient(loss, states)], entered


@pytest.mark.parametrize("network", RECURRENT)
def test_states_and_slopes_are_those_of_a_loop(network: str, tmp_path: Path) -> None:
    module, measurements = started(with_layers(network), tmp_path, larger=4)
    gradients, entered = unrolled(module, measurements.model)
    steps = pd.DataFrame(measurements.time_steps)
    for layer, (gradient, values) in enumerate(zip(gradients, entered, strict=True), start=1):
        sizes = steps[steps.layer == layer]
        np.testing.assert_allclose(sizes[SIZES[0]], np.abs(gradient).mean((1, 2)), rtol=1e-5)
        np.testing.assert_allclose(sizes[SIZES[1]], np.sqrt(np.square(gradient).mean((1, 2))), rtol=1e-5)
        flat = ACTIVATIONS["tanh"].slope(values.astype(np.float64)) < SATURATED_SLOPE
        (row,) = (row for row in measurements.layers if row["layer"] == str(layer))
        assert 0.01 < row["saturated_share"] < 0.99
        assert row["saturated_share"] == pytest.approx(flat.mean(), abs=1e-6)


@pytest.mark.usefixtures("quiet")
def test_a_unit_is_dead_that_is_zero_at_all_steps_on_all_points(tmp_path: Path) -> None:
    module, measurements = started(with_layers("simple_rnn", "relu"), tmp_path)
    cell = measurements.model.layers[0].cell
    often_zero = [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], np.zeros((3, 3)), [-1.0, -0.9, 1.0]
    for weight, values in zip(cell.weights, often_zero, strict=True):
        weight.assign(values)
    assert 0 < (module.x_train[..., 0] > 0.9).any(axis=1).mean() < 1  # Of some points it is zero at all steps.
    measurements.measure(1)
    assert measurements.layers[-2]["dead_share"] == pytest.approx(1 / 3)


def test_measuring_leaves_the_network_as_it_is(tmp_path: Path) -> None:
    _, measurements = started(with_layers("gru"), tmp_path)
    measurements.on_epoch_end(0)
    first, second = (
        [row for row in rows if row["epoch"] == epoch]
        for epoch in (0, 1)
        for rows in [measurements.curves + measurements.time_steps]
    )
    assert [row | {"epoch": 1} for row in first] == second
    ratios = [row["update_ratio"] for row in measurements.layers if "update_ratio" in row]
    assert ratios == pytest.approx([np.nan] * 5 + [0] * 5, nan_ok=True)


def first_weights(folder: Path, **settings: Any) -> list[np.ndarray]:
    """Of the script's network, before training."""
    module = opened(RunConfig(**TINY, num_hidden_layers=2, **settings), folder)
    model = module.make_model(range(5))
    if hasattr(module, "scale_kernels"):
        module.scale_kernels(model)
    return model.get_weights()  # type: ignore[no-any-return]


def test_first_weights_are_drawn_as_the_settings_say(tmp_path: Path) -> None:
    plain, larger = (first_weights(tmp_path, network="gru", recurrent_gain=gain) for gain in (1, 3))
    for place, (one, other) in enumerate(zip(plain, larger, strict=True)):
        np.testing.assert_allclose(other, (3 if place in (1, 4) else 1) * one, rtol=1e-6)
    np.testing.assert_allclose(plain[1] @ plain[1].T, np.eye(3), atol=1e-6)  # Orthogonal by default.
    assert np.abs(plain[1] - plain[4]).max() > 0.01  # Each layer is drawn for itself.
    identity = first_weights(tmp_path, network="simple_rnn", recurrent_initializer="identity")
    np.testing.assert_array_equal(identity[1], np.eye(3))
    for unit_forget_bias in (True, False):
        bias = first_weights(tmp_path, network="lstm", unit_forget_bias=unit_forget_bias)[2]
        np.testing.assert_array_equal(bias, [0] * 3 + [unit_forget_bias] * 3 + [0] * 6)


@pytest.mark.usefixtures("quiet")
def test_an_exploding_run_is_measured_to_its_end(tmp_path: Path) -> None:
    config = with_layers("simple_rnn", "relu").with_changes(recurrent_gain=10)
    _, measurements = started(config, tmp_path)
    kernel = measurements.model.layers[0].cell.recurrent_kernel
    kernel.assign(1e30 * np.eye(3))
    measurements.measure(1)
    sizes = [row[SIZES[0]] for row in measurements.time_steps if row["epoch"] == 1]
    assert not np.isfinite(sizes).all()
