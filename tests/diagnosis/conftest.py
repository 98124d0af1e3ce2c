"""Records made by hand: one that learns, to be made ill in one way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import changed, foreign_record, random_record

from vgdemo.config import RunConfig
from vgdemo.diagnosis import remedies, repairs
from vgdemo.initializers import INITIALIZERS
from vgdemo.record import STEP_STATISTICS, Panel, RunRecord

EPOCHS, REPLICATES = 100, 4
SETTINGS = {"epochs": EPOCHS, "replicates": REPLICATES, "n_samples": 100, "kernel_initializer": "glorot_uniform"}
LEARNING = {"train_loss": (0.7, 0.4), "val_loss": (0.7, 0.4), "train_accuracy": (0.5, 0.9), "val_accuracy": (0.5, 0.9)}
PLATEAU = {"train_loss": (0.69, 0.69), "val_accuracy": (0.5, 0.5)}
RECIPES, REPAIRS = (
    {name: value for name, value in vars(module).items() if name.isupper() and callable(value)}
    for module in (remedies, repairs)
)
NORMAL = {
    "gradient_rms": 0.01,
    "kernel_mean": 0.0,
    "kernel_rms": np.sqrt(0.2),  # Glorot's for 5 units.
    "update_ratio": 0.01,
    "activation_std": 0.5,
    "saturated_share": 0.1,
    "dead_share": 0.0,
}


def record_of(curves: dict[str, tuple[float, float]] | None = None, **settings: Any) -> RunRecord:
    """Straight curves from start to end and the same ordinary statistics in all layers at all epochs."""
    record = random_record(RunConfig(**SETTINGS | settings))
    ends = LEARNING | (curves or {})
    lines = {
        name: np.linspace(np.full(record.replicates, a), np.full(record.replicates, b), len(record.epochs))
        for name, (a, b) in ends.items()
    }
    return changed(replace(record, majority_share=0.5), **lines, **NORMAL | _weights(record.source))


def over_time(factor: float, curves: dict[str, tuple[float, float]] = PLATEAU, **settings: Any) -> RunRecord:
    """A recurrent run whose derivative by the state changes by this factor per step away from the answer."""
    network = {"network": "simple_rnn", "num_hidden_layers": 1, "units": 5, "time_steps": 100}
    record = record_of(curves, **network | settings)
    sizes = 0.001 * factor ** np.arange(record.source.time_steps)[::-1]
    return changed(record, **dict.fromkeys(STEP_STATISTICS, sizes))


def _weights(config: RunConfig) -> dict[str, float]:
    initializer, units = INITIALIZERS[config.kernel_initializer], config.units
    square = initializer.mean**2 + initializer.variance(units, units)
    return {"kernel_mean": config.gain * initializer.mean, "kernel_rms": config.gain * np.sqrt(square)}


def filled(record: RunRecord, name: str, values: Any, where: Any = np.s_[:]) -> RunRecord:
    """The record with part of one of its arrays set."""
    return changed(record, **{name: lambda array: array.__setitem__(where, values)})


def without(record: RunRecord, *names: str) -> RunRecord:
    """The record as if these panels, curves and statistics had not been measured."""

    def left(parts: Any) -> dict[str, Any]:
        return {name: part for name, part in parts.items() if name not in names}

    panels: dict[str, Panel] = {
        name: replace(panel, statistics=left(panel.statistics)) for name, panel in left(record.panels).items()
    }
    return replace(record, curve_arrays=left(record.curve_arrays), panels=panels)


def foreign(**values: Any) -> RunRecord:
    """An LSTM's record in which nothing is out of the ordinary, but for these curves and statistics."""
    return changed(foreign_record(), **NORMAL | {"train_loss": 1.3} | values)


@pytest.fixture
def learning() -> RunRecord:
    return record_of()


@pytest.fixture
def failing() -> RunRecord:
    """Guesses to the end, with nothing else to see."""
    return record_of(PLATEAU)
