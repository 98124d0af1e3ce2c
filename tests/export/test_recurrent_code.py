"""Exported code of recurrent networks: it runs by itself, and measures what a probe and a loop of its own measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from export.test_keras_code import assert_same_mean, measured, opened

from vgdemo.activations import ACTIVATIONS, SATURATED_SLOPE
from vgdemo.architectures import RECURRENT
from vgdemo.config import RunConfig
from vgdemo.engine import train
from vgdemo.engine.training import Training
from vgdemo.probe import Probe, batch_of
from vgdemo.record import ACTIVATION_STATISTICS, CURVES, KERNEL_STATISTICS, UPDATE_STATISTICS
from vgdemo.sequences import TASKS, make_sequences

from .conftest import NAME, STACKED, Ran

STATISTICS = (*KERNEL_STATISTICS, *UPDATE_STATISTICS, *ACTIVATION_STATISTICS)
SIZES = ("state_gradient_mean_abs", "state_gradient_rms")
TINY = {"n_samples": 100, "units": 3, "time_steps": 6, "noise": 0.3, "epochs": 2, "replicates": 2}
ENGINE_REPLICATES = 24


@pytest.fixture
def output(ran: Mapping[RunConfig, Ran]) -> Ran:
    return ran[STACKED]


def table(output: Ran, name: str) -> pd.DataFrame:
    return pd.read_csv(output.folder / f"{NAME}-2-{name}.csv", dtype={"layer": str})


def test_the_script_leaves_a_row_for_every_kernel_and_layer_and_for_every_time_step(output: Ran) -> None:
    curves, layers, steps = (table(output, name) for name in ("curves", "layers", "time_steps"))
    count = 4 * 3  # Replicates, and epochs from 0 on.
    assert [*curves] == ["epoch", "replicate", *CURVES] and len(curves) == count
    assert [*layers] == ["epoch", "replicate", "layer", *STATISTICS]
    assert [*steps] == ["epoch", "replicate", "layer", "time_step", *SIZES]
    labels = [*STACKED.model.kernel_labels, *STACKED.model.layer_labels]
    assert labels == ["1/kernel", "1/recurrent_kernel", "2/kernel", "2/recurrent_kernel", "output", "1", "2"]
    assert layers.layer.tolist() == labels * count
    assert steps.layer.tolist() == (["1"] * 6 + ["2"] * 6) * count
    assert steps.time_step.tolist() == [*range(1, 7)] * 2 * count
    assert steps.groupby("replicate")[SIZES[0]].sum().nunique() == 4  # Replicates are independent.
    assert len(output.printed.splitlines()) == 4


def test_the_script_trains_and_measures_as_the_engine_does(output: Ran) -> None:
    record = train(STACKED.with_changes(replicates=ENGINE_REPLICATES))
    curves, layers, steps = (table(output, name) for name in ("curves", "layers", "time_steps"))
    for epoch in (0, STACKED.epochs):
        for name in CURVES:
            assert_same_mean(curves[curves.epoch == epoch][name].to_numpy(), record.curve_arrays[name][epoch], name)
        for label, name in product(layers.layer.unique(), STATISTICS):
            ours = layers[(layers.epoch == epoch) & (layers.layer == label)][name]
            theirs = measured(record, name, epoch, label)
            assert ours.isna().all() == (theirs is None), f"{name} of {label}"
            if theirs is not None:
                assert_same_mean(ours.to_numpy(), theirs, f"{name} of {label}, epoch {epoch}")
        for layer, step, name in product(("1", "2"), (1, 6), SIZES):
            ours = steps[(steps.epoch == epoch) & (steps.layer == layer) & (steps.time_step == step)][name]
            theirs = record.panels[f"steps/{layer}"].statistics[name][epoch, :, step - 1]
            assert_same_mean(ours.to_numpy(), theirs, f"{name} of {layer} at step {step}, epoch {epoch}")


def test_the_scripts_figures_are_there(output: Ran) -> None:
    names = ("accuracy", "gradients", "time_steps", "statistics")
    texts = {name: (output.folder / f"{NAME}-2-{name}.html").read_text(encoding="utf-8") for name in names}
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


def with_layers(network: str, **settings: Any) -> RunConfig:
    """Two layers, of the size of those in tests of the engine, with which they share a compiled program."""
    size = {"units": 9, "num_hidden_layers": 2, "batch_size": 16}
    return RunConfig(**TINY | size | settings, network=network, dataset="marked_sum")


class Network(NamedTuple):
    """The script's module, and its measurements of a network."""

    name: str
    module: Any
    measurements: Any

    @classmethod
    def of(cls, config: RunConfig, folder: Path) -> Network:
        module = opened(config, folder)
        model = module.make_model(range(len(module.KERNELS)))
        model.compile(loss="binary_crossentropy")
        measurements = module.Measurements(replicate=1)
        measurements.set_model(model)
        measurements.on_train_begin()
        return cls(config.network, module, measurements)

    @property
    def model(self) -> keras.Model:
        return self.measurements.model  # type: ignore[no-any-return]

    def measured(self) -> tuple[dict[str, float], dict[str, dict[str, float]], list[list[dict[str, float]]]]:
        """Curves, statistics by the label of what they are of, and those of the time steps of each layer."""
        for rows in (self.measurements.curves, self.measurements.layers, self.measurements.time_steps):
            rows.clear()
        self.measurements.measure(epoch=1)
        steps = [[row for row in self.measurements.time_steps if row["layer"] == layer] for layer in (1, 2)]
        return self.measurements.curves[0], {row["layer"]: row for row in self.measurements.layers}, steps

    def enlarge(self) -> None:
        """Weights that saturate, with biases that are not 0."""
        draw = np.random.default_rng(5)
        self.model.set_weights(
            [2.5 * weight + draw.normal(0, 0.3, weight.shape) for weight in self.model.get_weights()]
        )


@pytest.fixture(scope="module", params=RECURRENT)
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    """With two layers; a test gives it the weights that it needs."""
    return Network.of(with_layers(request.param), tmp_path_factory.mktemp("network"))


@pytest.fixture
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing is said on standard error, where TensorFlow reports what it cannot make faster."""
    yield
    assert "failed" not in capfd.readouterr().err
    tf.config.optimizer.set_experimental_options({"remapping": True})


def test_from_the_same_kernels_the_script_measures_what_the_engine_measures(network: Network) -> None:
    config = with_layers(network.name)
    record = next(Training(config).chunks())
    for kernel, values in zip(network.module.kernels_of(network.model), Training(config).kernels, strict=True):
        kernel.assign(values[1])
    curves, statistics, steps = network.measured()
    for name in CURVES:
        assert curves[name] == pytest.approx(record.curve_arrays[name][0, 1], rel=1e-4)
    for label, name in product(statistics, (*KERNEL_STATISTICS, *ACTIVATION_STATISTICS)):
        theirs = measured(record, name, 0, label)
        expected = np.nan if theirs is None else theirs[1]
        found = statistics[label].get(name, np.nan)
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-9, nan_ok=True), f"{name} of {label}"
    for layer, name in product((1, 2), SIZES):
        theirs = record.panels[f"steps/{layer}"].statistics[name][0, 1]
        np.testing.assert_allclose([row[name] for row in steps[layer - 1]], theirs, rtol=1e-4)


def test_the_script_measures_what_a_probe_measures(network: Network) -> None:
    network.enlarge()
    found = Probe(network.model, batch_of(network.module.x_train, network.module.y_train)).measure()
    curves, statistics, steps = network.measured()
    assert curves["train_loss"] == pytest.approx(found.loss, rel=1e-5)
    for label, theirs in zip(network.module.KERNELS, found.kernels, strict=True):
        assert {name: statistics[label][name] for name in theirs} == pytest.approx(theirs, rel=1e-4)
    for name in ("activation_mean", "activation_std"):  # Of the second layer, Keras gives the last state alone.
        assert statistics["1"][name] == pytest.approx(found.layers[0][name], rel=1e-4)
    for ours, sizes in zip(steps, found.steps.values(), strict=True):
        assert [row[SIZES[0]] for row in ours] == pytest.approx(sizes, rel=1e-4)


def unrolled(network: Network) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """By a loop: the loss's gradient by the states of each layer, (T, N, units), and what entered what made them."""
    *recurrent, answer = network.model.layers
    module, seen = network.module, []

    def activation(values: tf.Tensor) -> tf.Tensor:
        seen.append(values)
        return module.activation(values)

    sequence, states, entered = [*np.swapaxes(module.x_train, 0, 1)], [], []
    with tf.GradientTape() as tape:
        for layer in recurrent:
            layer.cell.activation = activation
            before, outputs, last = layer.cell.get_initial_state(len(module.x_train)), [], []
            for inputs in sequence:
                output, before = layer.cell(inputs, before)
                outputs.append(output)
                last.append(seen[-1])
            layer.cell.activation, sequence = module.activation, outputs
            states.append(outputs)
            entered.append(np.array(last))
        loss = network.model.compute_loss(y=module.y_train, y_pred=answer(outputs[-1]))
    return [np.array(one, np.float64) for one in tape.gradient(loss, states)], entered


def test_states_and_slopes_are_those_of_a_loop(network: Network) -> None:
    network.enlarge()
    gradients, entered = unrolled(network)
    _, statistics, steps = network.measured()
    for layer, gradient, values in zip(("1", "2"), gradients, entered, strict=True):
        sizes = steps[int(layer) - 1]
        expected = np.abs(gradient).mean((1, 2)), np.sqrt(np.square(gradient).mean((1, 2)))
        for name, values_of in zip(SIZES, expected, strict=True):
            np.testing.assert_allclose([row[name] for row in sizes], values_of, rtol=1e-4)
        flat = ACTIVATIONS["tanh"].slope(values.astype(np.float64)) < SATURATED_SLOPE
        assert 0.01 < statistics[layer]["saturated_share"] < 0.99
        assert statistics[layer]["saturated_share"] == pytest.approx(flat.mean(), abs=1e-6)


@pytest.mark.usefixtures("quiet")
def test_a_unit_is_dead_that_is_zero_at_all_steps_on_all_points_and_of_no_numbers_nothing_is_known(
    tmp_path: Path,
) -> None:
    network = Network.of(with_layers("simple_rnn", activation="relu", units=3), tmp_path)
    cell = network.model.layers[0].cell
    often_zero = [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], 1e-20 * np.eye(3), [-1.0, -0.9, 1.0]
    for weight, values in zip(cell.weights, often_zero, strict=True):
        weight.assign(values)
    assert 0 < (network.module.x_train[..., 0] > 0.9).any(axis=1).mean() < 1  # Of some points it is zero at all steps.
    assert network.measured()[1]["1"]["dead_share"] == pytest.approx(1 / 3)
    cell.recurrent_kernel.assign(np.full((3, 3), np.nan))
    _, statistics, steps = network.measured()
    assert np.isnan([row[SIZES[0]] for row in steps[0]]).all()
    assert np.isnan([statistics["1"][name] for name in ACTIVATION_STATISTICS]).all()


def test_measuring_leaves_the_network_as_it_is(network: Network) -> None:
    assert network.measured()[0::2] == network.measured()[0::2]
    ratios = [network.measured()[1][kernel]["update_ratio"] for kernel in network.module.KERNELS]
    assert ratios == [0] * 5
    output = network.model.layers[-1].kernel
    output.assign(1.5 * output)
    assert network.measured()[1]["output"]["update_ratio"] == pytest.approx(0.5)


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
