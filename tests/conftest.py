"""Records without training and a browser, for every test that needs one."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from browser.dashboard import chromium
from hypothesis import settings
from playwright.sync_api import Browser

from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.figures import Figure
from vgdemo.model import Kernel, Layer, Model
from vgdemo.record import (
    ACTIVATION_STATISTICS,
    CURVES,
    HISTOGRAM_BINS,
    KERNEL_STATISTICS,
    STEP_STATISTICS,
    SURFACE_SIDE,
    UPDATE_STATISTICS,
    Log,
    Panel,
    RunRecord,
    Surface,
)
from vgdemo.study import Grid, Study
from vgdemo.summary import summarize

os.environ.setdefault("VGDEMO_TRUST_VISITORS", "on")  # Tests of who is not trusted say so.
os.environ.setdefault("VGDEMO_TRIALS", "off")  # Tests train what they ask for; those of trials turn them on.

settings.register_profile("shared machine", deadline=None)  # Its neighbours decide how long an example takes.
settings.load_profile("shared machine")

TINY = {"num_hidden_layers": 2, "epochs": 3, "replicates": 2, "n_samples": 100}

LSTM = Model(
    kernels=(
        Kernel("lstm", (3, 32), kind="LSTM"),
        Kernel("lstm", (8, 32), "recurrent_kernel", "LSTM"),
        Kernel("dense", (8, 6)),
        Kernel("answer", (6, 4), is_output=True),
    ),
    layers=(Layer("lstm", "LSTM", "tanh"), Layer("dense", activation="relu")),
    optimizer="adam",
    learning_rate=0.001,
    loss="sparse_categorical_crossentropy",
    num_classes=4,
)


class Noise:
    """Random numbers in the shapes of a record's parts."""

    def __init__(self, draw: int, epochs: np.ndarray, replicates: int) -> None:
        self.generator = np.random.default_rng(draw)
        self.epochs, self.replicates = epochs, replicates

    def curves(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        return {name: self.generator.random((len(self.epochs), self.replicates)) for name in names}

    def statistics(self, names: Sequence[str], places: int, epochs: int | None = None) -> dict[str, np.ndarray]:
        shape = (len(self.epochs) if epochs is None else epochs, self.replicates, places)
        return {name: self.generator.random(shape) for name in names}

    def counts(self, places: int) -> np.ndarray:
        shape = (len(self.epochs), self.replicates, places, HISTOGRAM_BINS)
        return self.generator.integers(0, 9, shape, dtype=np.uint32)

    def panels(self, model: Model) -> dict[str, Panel]:
        kernels, layers, later = len(model.kernels), len(model.layers), self.epochs[self.epochs > 0]
        return {
            "kernels": Panel.of_kernels(
                model, self.epochs, self.statistics(KERNEL_STATISTICS, kernels), self.counts(kernels)
            ),
            "updates": Panel.of_kernels(model, later, self.statistics(UPDATE_STATISTICS, kernels, len(later))),
            "activations": Panel.of_layers(model, self.epochs, self.statistics(ACTIVATION_STATISTICS, layers)),
        }

    def steps(self, states: Mapping[str, Sequence[str]]) -> dict[str, Panel]:
        return {
            f"steps/{layer}": Panel.of_time_steps(labels, self.epochs, self.statistics(STEP_STATISTICS, len(labels)))
            for layer, labels in states.items()
        }

    def surface(self, epochs: np.ndarray) -> Surface:
        shape = (len(epochs), self.replicates, SURFACE_SIDE, SURFACE_SIDE)
        return Surface(epochs, self.generator.random(shape, dtype=np.float32))


def random_record(config: RunConfig, draw: int = 0, **changes: Any) -> RunRecord:
    """A record of noise in the form of the config's; another draw gives other numbers throughout."""
    epochs = np.arange(config.epochs + 1, dtype=np.int32)
    noise = Noise(draw, epochs, config.replicates)
    values = {
        "source": config,
        "model": config.model,
        "replicates": config.replicates,
        "epochs": epochs,
        "curve_arrays": noise.curves(CURVES),
        "panels": noise.panels(config.model) | noise.steps(config.states),
        "planned_epochs": config.epochs,
        "majority_share": make_dataset(config).majority_share,
        "surface": None
        if config.architecture.is_recurrent
        else noise.surface(np.unique(np.linspace(0, config.epochs, 5).astype(np.int32))),
        "seconds": {"compile": 1.0, "train": float(draw)},
    }
    return RunRecord(**values | changes)


def foreign_record(draw: int = 0, **changes: Any) -> RunRecord:
    """A record that no `RunConfig` could make: an LSTM and two Dense layers, one replicate, no surface, a time axis."""
    epochs = np.array([0, 2, 4, 6], np.int32)  # Every second epoch was measured, and how many come is not known.
    noise = Noise(draw, epochs, 1)
    labels = tuple(map(str, range(1, 6)))
    steps = Panel(
        "time step",
        labels,
        tuple(f"time step {label}" for label in labels),
        epochs,
        noise.statistics(("state_gradient_rms",), len(labels)),
    )
    values = {
        "source": Log("my_model", "f" * 64),
        "model": LSTM,
        "replicates": 1,
        "epochs": epochs,
        "curve_arrays": noise.curves(("train_loss", "train_accuracy")),
        "panels": noise.panels(LSTM) | {"steps": steps},
    }
    return RunRecord(**values | changes)


def changed(record: RunRecord, **arrays: float | np.ndarray | Callable[[np.ndarray], Any]) -> RunRecord:
    """The record with some of its curves and statistics replaced, or changed in place by a function."""

    def new(name: str, values: np.ndarray) -> np.ndarray:
        change = arrays.get(name, values)
        if not callable(change):
            return np.broadcast_to(change, values.shape).astype(float)
        copy = values.copy()
        change(copy)
        return copy

    def all_new(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: new(name, array) for name, array in values.items()}

    known = {*record.curve_arrays, *(name for panel in record.panels.values() for name in panel.statistics)}
    assert arrays.keys() <= known, f"no such curve or statistic: {arrays.keys() - known}"
    panels = {name: replace(panel, statistics=all_new(panel.statistics)) for name, panel in record.panels.items()}
    return replace(record, curve_arrays=all_new(record.curve_arrays), panels=panels)


def cut(record: RunRecord, count: int) -> RunRecord:
    """The record after so many of its measured epochs."""
    last = [-1, *record.epochs][count]
    panels = {}
    for name, panel in record.panels.items():
        kept = panel.epochs <= last
        statistics = {statistic: values[kept] for statistic, values in panel.statistics.items()}
        histograms = None if panel.histograms is None else panel.histograms[kept]
        panels[name] = replace(panel, epochs=panel.epochs[kept], statistics=statistics, histograms=histograms)
    arrays = {name: values[:count] for name, values in record.curve_arrays.items()}
    return replace(record, epochs=record.epochs[:count], curve_arrays=arrays, panels=panels)


def with_counts(record: RunRecord, counts: Mapping[int, Any]) -> RunRecord:
    """The record with no other counts of gradient entries than these, by bin; an array has one for each layer."""
    panel = record.panels["kernels"]
    assert panel.histograms is not None
    histograms = np.zeros_like(panel.histograms)
    for place, count in counts.items():
        histograms[..., place] = count
    return replace(record, panels={**record.panels, "kernels": replace(panel, histograms=histograms)})


def over_depths(records: Mapping[int, RunRecord]) -> Study:
    """A study of depths in which these runs, and not the next depth, are over."""
    grid = Grid.of(RunConfig(**TINY), {"num_hidden_layers": [*records, max(records) + 1]})
    return Study(grid, {config: summarize(one) for config, one in zip(grid.configs, records.values(), strict=False)})


def named(figure: Figure, name: str) -> Any:
    """The one trace of this name."""
    (trace,) = (trace for trace in figure.data if trace.name == name)
    return trace


def with_accuracy(record: RunRecord, values: Any) -> RunRecord:
    """The record with these validation accuracies, (E, R), over two equally large classes."""
    return replace(changed(record, val_accuracy=np.asarray(values, float)), majority_share=0.5)


def ended(make_record: Callable[..., RunRecord], *accuracies: float, **settings: Any) -> RunRecord:
    """A run whose replicates end at these validation accuracies, and whose training loss falls."""
    record = make_record(replicates=len(accuracies), **settings)
    record = changed(record, train_loss=np.linspace(0.7, 0.3, len(record.epochs))[:, None])
    return with_accuracy(record, np.tile(accuracies, (len(record.epochs), 1)))


def pytest_collection_finish() -> None:
    """What has been imported stays: the collector, which Keras calls often, need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def make_record() -> Callable[..., RunRecord]:
    """Makes a small record; keyword arguments are settings."""
    return lambda **settings: random_record(RunConfig(**TINY | settings))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium that all tests share, as Playwright runs once in a thread."""
    with chromium() as opened:
        yield opened
