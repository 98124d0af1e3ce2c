from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from engine.oracle import Replicate
from engine.twin import SMALL

from vgdemo.activations import ACTIVATIONS
from vgdemo.ceiling import ceiling
from vgdemo.config import KERNEL_INITIALIZERS, RunConfig
from vgdemo.data import make_dataset
from vgdemo.engine import compile_cache, program, train, training
from vgdemo.engine.program import program_for
from vgdemo.engine.traced import Traced
from vgdemo.engine.training import NO_COMPILER, Training, surface_epochs
from vgdemo.network.initializers import initial_kernels
from vgdemo.record import (
    ACTIVATION_STATISTICS,
    CURVES,
    KERNEL_STATISTICS,
    SURFACE_AXIS,
    UPDATE_STATISTICS,
    RunRecord,
    RunStatus,
)

STATISTICS = (*KERNEL_STATISTICS, *UPDATE_STATISTICS, *ACTIVATION_STATISTICS)


def arrays(record: RunRecord) -> Iterator[np.ndarray]:
    """All numbers of a record."""
    yield from (record.epochs, *record.curve_arrays.values(), record.surface.epochs, record.surface.probabilities)
    for panel in record.panels.values():
        yield from (panel.epochs, *panel.statistics.values())
    yield record.panels["kernels"].histograms


def assert_same_numbers(record: RunRecord, other: RunRecord) -> None:
    for array, expected in zip(arrays(record), arrays(other), strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.fixture(scope="module")
def small() -> RunRecord:
    return train(SMALL)


def test_kernels_are_measured_before_and_after_updates() -> None:
    running = Training(SMALL)
    kernels, chunks = [running.kernels], []
    for chunk in running.chunks():
        chunks.append(chunk)
        kernels.append(running.kernels)
    record = RunRecord.joined(chunks)
    assert record.panel_of("update_ratio").epochs.tolist() == [1, 2, 3]
    first, last = kernels[1], kernels[-1]
    for layer in range(SMALL.num_layers):
        for epoch, kernel in ((0, first[layer][1]), (-1, last[layer][1])):
            entries = kernel.astype(float).ravel()
            assert math.isclose(record.values("kernel_l1")[epoch, 1, layer], sum(abs(entries)))
            assert math.isclose(record.values("kernel_rms")[epoch, 1, layer], math.sqrt(np.mean(entries**2)))
            assert math.isclose(record.values("kernel_mean")[epoch, 1, layer], math.fsum(entries) / len(entries))


def test_the_update_ratio_is_the_change_of_one_epoch() -> None:
    """Two runs of different length are the same up to the shorter one's end."""
    before, after = (final_kernels(SMALL.with_changes(epochs=epochs)) for epochs in (2, 3))
    record = train(SMALL)
    for layer, (kernel, changed) in enumerate(zip(before, after, strict=True)):
        ratio = np.linalg.norm(changed[1] - kernel[1]) / np.linalg.norm(kernel[1])
        assert math.isclose(record.values("update_ratio")[-1, 1, layer], ratio, rel_tol=1e-4)


def final_kernels(config: RunConfig) -> list[np.ndarray]:
    running = Training(config)
    list(running.chunks())
    return running.kernels


def test_activation_statistics_are_those_of_the_hidden_layers(small: RunRecord) -> None:
    for name in ACTIVATION_STATISTICS:
        assert small.panel_of(name).labels == ("1", "2", "3")
    for panel in small.panels.values():
        for values in panel.statistics.values():
            assert not np.isnan(values).any()


def test_histograms_count_every_entry_of_each_gradient_once(small: RunRecord) -> None:
    entries = [inputs * outputs for inputs, outputs in SMALL.kernel_shapes]
    assert (small.panels["kernels"].histograms.sum(axis=-1) == entries).all()


# How a network starts.


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


DEGENERATE = [
    {"units": 1, "num_hidden_layers": 15},
    {"units": 2, "num_hidden_layers": 8},
    {"gain": 0.0},
    {"gain": 1e-30},
]


@pytest.mark.parametrize("shape", DEGENERATE, ids=lambda shape: " ".join(shape))
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_first_weights_are_finite_however_little_of_the_signal_is_left(activation: str, shape: dict[str, Any]) -> None:
    config = SMALL.with_changes(activation=activation, replicates=20, **shape)
    for initializer in KERNEL_INITIALIZERS:
        kernels = Training(config.with_changes(kernel_initializer=initializer)).kernels
        assert all(np.isfinite(kernel).all() for kernel in kernels), initializer


def test_a_shared_draw_makes_equal_shapes_identical_and_nothing_else() -> None:
    shared, own = (Training(SMALL.with_changes(shared_draw=draw)).kernels for draw in (True, False))
    np.testing.assert_array_equal(shared[1], shared[2])
    assert not np.array_equal(own[1], own[2])
    assert not np.array_equal(shared[1][0], shared[1][1])  # Replicates differ.
    np.testing.assert_array_equal(shared[0], own[0])
    np.testing.assert_array_equal(shared[3], own[3])


# What a run promises.


def test_a_run_measures_every_epoch_and_is_complete(small: RunRecord) -> None:
    np.testing.assert_array_equal(small.epochs, [0, 1, 2, 3])
    assert small.status is RunStatus.COMPLETE
    assert small.config == SMALL
    assert (small.model, small.replicates, small.planned_epochs) == (SMALL.model, 2, 3)
    assert small.majority_share == make_dataset(SMALL).majority_share
    assert small.ceiling == ceiling(SMALL)
    assert set(small.seconds) == {"compile", "train"}
    assert set(small.versions) == {"engine", "tensorflow", "keras"}
    assert small.notices == ()


def test_the_chunks_add_up_to_the_record() -> None:
    chunks: list[RunRecord] = []
    record = train(SMALL, on_chunk=chunks.append)
    assert [chunk.epochs[0] for chunk in chunks][:2] == [0, 1]
    assert_same_numbers(RunRecord.joined(chunks), record)


def test_the_numbers_do_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty epochs: a chunk ends where a surface is kept, and a short run keeps one at every epoch."""
    config, records, counts = SMALL.with_changes(epochs=60), [], []
    for seconds in (0, math.inf):
        monkeypatch.setattr(training, "CHUNK_SECONDS", seconds)
        chunks: list[RunRecord] = []
        records.append(train(config, on_chunk=chunks.append))
        counts.append(len(chunks))
    assert counts == [61, len(surface_epochs(60))]
    assert_same_numbers(*records)


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
    for name in STATISTICS:
        np.testing.assert_allclose(more.values(name)[:, :2], small.values(name), rtol=1e-3, atol=1e-6)


def test_surfaces_are_the_networks_answer_at_the_documented_epochs(small: RunRecord) -> None:
    np.testing.assert_array_equal(small.surface.epochs, surface_epochs(SMALL.epochs))
    network = Replicate.untrained(SMALL.activation, [kernel[1] for kernel in initial_kernels(SMALL)])
    for row, column in ((0, 0), (3, 20), (31, 10)):
        point = np.array([[SURFACE_AXIS[column], SURFACE_AXIS[row]]])
        expected = 1 / (1 + np.exp(-network.logits(point)[0]))
        assert math.isclose(small.surface.probabilities[0, 1, row, column], expected, rel_tol=1e-5)


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
    assert not np.isfinite(record.values("gradient_rms")[-1]).any()
    assert (record.panels["kernels"].histograms[-1, ..., -1] > 0).all()


def unable_to(error: type[tf.errors.OpError], *, compile_only: bool) -> Callable[..., object]:
    """A `Traced` of a platform whose programs fail, all or those that XLA would compile."""

    def refuse(*_: object) -> None:
        raise error(None, None, "Expected a platform that can do this. Received: this one.")

    def traced(*arguments: Any, jit_compile: bool, **how: bool) -> Callable[..., object]:
        return Traced(*arguments, jit_compile=False, **how) if compile_only and not jit_compile else refuse

    return traced


@pytest.fixture
def new_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A process that has built no program, and keeps those it builds apart; what they learned here is forgotten."""
    monkeypatch.setattr(compile_cache, "FOLDER", tmp_path)
    program_for.cache_clear()
    yield
    program_for.cache_clear()


@pytest.mark.usefixtures("new_programs")
def test_a_run_without_a_compiler_gives_the_same_numbers_and_a_notice(
    small: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "Traced", unable_to(tf.errors.UnimplementedError, compile_only=True))
    record = train(SMALL)
    assert record.notices == (NO_COMPILER,)
    for name in CURVES:
        np.testing.assert_allclose(record.curve_arrays[name], small.curve_arrays[name], rtol=1e-5)


@pytest.mark.usefixtures("new_programs")
def test_a_process_that_found_no_compiler_looks_for_none_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(program, "Traced", unable_to(tf.errors.UnimplementedError, compile_only=True))
    train(SMALL.with_changes(epochs=1))
    (tmp_path / "kept by another run").touch()  # Looking again begins with a clean folder.
    assert train(SMALL.with_changes(epochs=1)).notices == (NO_COMPILER,)
    assert (tmp_path / "kept by another run").exists()


@pytest.mark.usefixtures("new_programs")
def test_an_error_that_no_other_program_avoids_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "Traced", unable_to(tf.errors.ResourceExhaustedError, compile_only=False))
    with pytest.raises(tf.errors.ResourceExhaustedError):
        train(SMALL)


IMPORTS = """
import gc, sys
for begin in (gc.disable, gc.enable):
    begin()
    sys.modules.pop("vgdemo.engine", None)
    import vgdemo.engine
    print(gc.isenabled())
"""


def test_importing_the_engine_leaves_garbage_collection_as_it_was_and_deletes_no_programs(tmp_path: Path) -> None:
    programs = tmp_path / "vgdemo" / "programs"
    programs.mkdir(parents=True)
    for number in range(compile_cache.LIMIT + 1):
        (programs / str(number)).touch()
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", IMPORTS], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    assert result.stdout.split() == ["False", "True"]
    assert len(list(programs.iterdir())) == compile_cache.LIMIT + 1
