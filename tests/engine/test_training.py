from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from engine.oracle import Network, size_statistics
from engine.twin import SMALL

from vgdemo.config import ACTIVATIONS, RunConfig
from vgdemo.data import make_dataset
from vgdemo.engine import kept_programs, train, training
from vgdemo.engine.program import Recipe, program_for
from vgdemo.engine.training import NO_COMPILER, Training, surface_epochs
from vgdemo.network.initializers import initial_kernels
from vgdemo.record import (
    CURVES,
    LAYER_STATISTICS,
    SURFACE_AXIS,
    RunRecord,
    RunStatus,
)

ACTIVATION_STATISTICS = ("activation_mean", "activation_std", "saturated_share", "dead_share")


def untrained(config: RunConfig) -> list[Network]:
    """Each replicate before any update."""
    kernels = initial_kernels(config)
    return [Network.untrained(config.activation, [k[i] for k in kernels]) for i in range(config.replicates)]


def arrays(record: RunRecord) -> Iterator[np.ndarray]:
    """All numbers of a record."""
    yield from (record.epochs, *record.curve_arrays.values(), *record.layer_arrays.values())
    yield from (record.histograms, record.surface_epochs, record.surfaces)


def assert_same_numbers(record: RunRecord, other: RunRecord) -> None:
    for array, expected in zip(arrays(record), arrays(other), strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.fixture(scope="module")
def small() -> RunRecord:
    return train(SMALL)


# What is measured, against the float64 oracle.


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
        measured = record.layer_arrays[name][0, replicate, layer]
        np.testing.assert_allclose(measured, value, rtol=2e-4, atol=1e-7, err_msg=f"{name} of layer {layer + 1}")


def test_the_oracles_gradient_is_the_slope_of_its_loss() -> None:
    data = make_dataset(SMALL)
    for activation in ACTIVATIONS:
        network = untrained(SMALL.with_changes(activation=activation))[0]
        for kernel, gradient in zip(network.kernels, network.gradients(data.x_train, data.y_train), strict=True):
            np.testing.assert_allclose(gradient[0, 0], slope_of_loss(network, kernel), rtol=1e-5, atol=1e-9)


def slope_of_loss(network: Network, kernel: np.ndarray, width: float = 1e-6) -> float:
    """By the kernel's first entry, from two losses."""
    data, middle = make_dataset(SMALL), kernel[0, 0]
    losses = []
    for kernel[0, 0] in (middle - width, middle + width):
        losses.append(network.loss(data.x_train, data.y_train))
    kernel[0, 0] = middle
    return (losses[1] - losses[0]) / (2 * width)


def test_kernels_are_measured_before_and_after_updates() -> None:
    running = Training(SMALL)
    kernels, chunks = [running.kernels], []
    for chunk in running.chunks():
        chunks.append(chunk)
        kernels.append(running.kernels)
    record = RunRecord.joined(chunks)
    assert np.isnan(record.layer_arrays["update_ratio"][0]).all()
    first, last = kernels[1], kernels[-1]
    for layer in range(SMALL.num_layers):
        for epoch, kernel in ((0, first[layer][1]), (-1, last[layer][1])):
            entries = kernel.astype(float).ravel()
            assert math.isclose(record.layer_arrays["kernel_l1"][epoch, 1, layer], sum(abs(entries)))
            assert math.isclose(record.layer_arrays["kernel_rms"][epoch, 1, layer], math.sqrt(np.mean(entries**2)))


def test_the_update_ratio_is_the_change_of_one_epoch() -> None:
    """Two runs of different length are the same up to the shorter one's end."""
    before, after = (final_kernels(SMALL.with_changes(epochs=epochs)) for epochs in (2, 3))
    record = train(SMALL)
    for layer, (kernel, changed) in enumerate(zip(before, after, strict=True)):
        ratio = np.linalg.norm(changed[1] - kernel[1]) / np.linalg.norm(kernel[1])
        assert math.isclose(record.layer_arrays["update_ratio"][-1, 1, layer], ratio, rel_tol=1e-4)


def final_kernels(config: RunConfig) -> list[np.ndarray]:
    running = Training(config)
    list(running.chunks())
    return running.kernels


def test_a_dead_layer_stops_all_gradients_before_it() -> None:
    """Without weights no unit fires, and only the output's bias could learn."""
    record = train(SMALL.with_changes(activation="relu", gain=0.0))
    assert (record.layer_arrays["dead_share"][..., :-1] == 1).all()
    assert (record.layer_arrays["gradient_zero_share"] == 1).all()
    assert (record.histograms[..., 0] == [8, 16, 16, 4]).all()


def test_activation_statistics_have_no_meaning_for_the_output_layer(small: RunRecord) -> None:
    for name in LAYER_STATISTICS:
        is_missing = np.isnan(small.layer_arrays[name][1:])
        assert is_missing[..., -1].all() == (name in ACTIVATION_STATISTICS)
        assert not is_missing[..., :-1].any()


def test_histograms_count_every_entry_of_each_gradient_once(small: RunRecord) -> None:
    entries = [inputs * outputs for inputs, outputs in SMALL.kernel_shapes]
    assert (small.histograms.sum(axis=-1) == entries).all()


# What a run promises.


def test_a_run_measures_every_epoch_and_is_complete(small: RunRecord) -> None:
    np.testing.assert_array_equal(small.epochs, [0, 1, 2, 3])
    assert small.status is RunStatus.COMPLETE
    assert small.config == SMALL
    assert set(small.seconds) == {"compile", "train"}
    assert set(small.versions) == {"engine", "tensorflow", "keras"}
    assert small.notices == ()


def test_the_chunks_add_up_to_the_record() -> None:
    chunks: list[RunRecord] = []
    record = train(SMALL, on_chunk=chunks.append)
    assert [chunk.epochs[0] for chunk in chunks][:2] == [0, 1]
    assert_same_numbers(RunRecord.joined(chunks), record)


def test_the_numbers_do_not_depend_on_the_chunks(small: RunRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "CHUNK_SECONDS", 0)
    chunks: list[RunRecord] = []
    assert_same_numbers(train(SMALL, on_chunk=chunks.append), small)
    assert len(chunks) == 4


def test_a_run_that_should_stop_ends_with_its_chunk() -> None:
    chunks: list[RunRecord] = []
    record = train(SMALL, on_chunk=chunks.append, should_stop=lambda: len(chunks) == 2)
    assert record.status is RunStatus.STOPPED
    assert record.epochs[-1] == chunks[1].epochs[-1] < SMALL.epochs
    assert_same_numbers(RunRecord.joined(chunks), record)


def test_adding_replicates_extends_a_run(small: RunRecord) -> None:
    more = train(SMALL.with_changes(replicates=5))
    for name in CURVES:
        np.testing.assert_allclose(more.curve_arrays[name][:, :2], small.curve_arrays[name], rtol=1e-5)
    for name in LAYER_STATISTICS:
        expected = small.layer_arrays[name]
        np.testing.assert_allclose(more.layer_arrays[name][:, :2], expected, rtol=1e-3, atol=1e-6)


def test_surfaces_are_the_networks_answer_at_the_documented_epochs(small: RunRecord) -> None:
    np.testing.assert_array_equal(small.surface_epochs, surface_epochs(SMALL.epochs))
    network = untrained(SMALL)[1]
    for row, column in ((0, 0), (3, 20), (31, 10)):
        point = np.array([[SURFACE_AXIS[column], SURFACE_AXIS[row]]])
        expected = 1 / (1 + np.exp(-network.logits(point)[0]))
        assert math.isclose(small.surfaces[0, 1, row, column], expected, rel_tol=1e-5)


@pytest.mark.parametrize("epochs", [1, 7, 500, 2000])
def test_surfaces_are_a_few_tens_the_first_and_the_last_epoch_among_them(epochs: int) -> None:
    chosen = surface_epochs(epochs)
    assert (chosen[0], chosen[-1]) == (0, epochs)
    assert len(chosen) <= min(epochs + 1, 33)
    assert (np.diff(chosen) > 0).all()


def test_a_diverging_run_is_recorded_to_its_end() -> None:
    """Any warning would fail this test."""
    record = train(SMALL.with_changes(activation="linear", gain=10.0, learning_rate=10.0, momentum=0.99))
    assert (record.status, record.epochs[-1]) == (RunStatus.COMPLETE, SMALL.epochs)
    assert not np.isfinite(record.curve_arrays["train_loss"][-1]).any()
    assert not np.isfinite(record.layer_arrays["gradient_rms"][-1]).any()
    assert (record.histograms[-1, ..., -1] > 0).all()


def unable_to(error: type[tf.errors.OpError], *, compile_only: bool) -> Callable[..., object]:
    """A `program_for` of a platform whose programs fail, all or those that XLA would compile."""

    def refuse(*_: object) -> None:
        raise error(None, None, "Expected a platform that can do this. Received: this one.")

    @functools.cache
    def program(recipe: Recipe, compiled: bool) -> Callable[..., object]:
        return refuse if compiled or not compile_only else program_for(recipe, compiled=False)

    return program


def test_a_run_without_a_compiler_gives_the_same_numbers_and_a_notice(
    small: RunRecord, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kept_programs, "FOLDER", tmp_path)
    monkeypatch.setattr(training, "program_for", unable_to(tf.errors.UnimplementedError, compile_only=True))
    record = train(SMALL)
    assert record.notices == (NO_COMPILER,)
    for name in CURVES:
        np.testing.assert_allclose(record.curve_arrays[name], small.curve_arrays[name], rtol=1e-5)


def test_an_error_that_no_other_program_avoids_is_raised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kept_programs, "FOLDER", tmp_path)
    monkeypatch.setattr(training, "program_for", unable_to(tf.errors.ResourceExhaustedError, compile_only=False))
    with pytest.raises(tf.errors.ResourceExhaustedError):
        train(SMALL)
