"""Records made by hand: one that learns, to be made ill in one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import random_record

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord

EPOCHS, REPLICATES = 100, 4
SETTINGS = {"epochs": EPOCHS, "replicates": REPLICATES, "n_samples": 100, "kernel_initializer": "glorot_uniform"}
LEARNING = {"train_loss": (0.7, 0.4), "val_loss": (0.7, 0.4), "train_accuracy": (0.5, 0.9), "val_accuracy": (0.5, 0.9)}
PLATEAU = {"train_loss": (0.69, 0.69), "val_accuracy": (0.5, 0.5)}
NORMAL = {
    "gradient_rms": 0.01,
    "kernel_rms": np.sqrt(0.2),  # Glorot's for 5 units.
    "update_ratio": 0.01,
    "activation_std": 0.5,
    "saturated_share": 0.1,
    "dead_share": 0.0,
}


def record_of(curves: dict[str, tuple[float, float]] | None = None, **settings: Any) -> RunRecord:
    """Straight curves from start to end and the same ordinary statistics in all layers at all epochs."""
    record = random_record(RunConfig(**SETTINGS | settings))
    size = (record.config.epochs + 1, record.config.replicates)
    ends = LEARNING | (curves or {})
    curve_arrays = {
        name: np.linspace(np.full(size[1], a), np.full(size[1], b), size[0]) for name, (a, b) in ends.items()
    }
    layers = (*size, record.config.num_layers)
    layer_arrays = dict(record.layer_arrays) | {name: np.full(layers, value) for name, value in NORMAL.items()}
    return replace(record, curve_arrays=curve_arrays, layer_arrays=layer_arrays)


def changed(record: RunRecord, name: str, change: Callable[[np.ndarray], Any]) -> RunRecord:
    """The record with one of its arrays changed in place by a function."""
    curves, layers = (
        {key: array.copy() for key, array in of.items()} for of in (record.curve_arrays, record.layer_arrays)
    )
    change((curves | layers)[name])
    return replace(record, curve_arrays=curves, layer_arrays=layers)


@pytest.fixture
def learning() -> RunRecord:
    return record_of()


@pytest.fixture
def failing() -> RunRecord:
    """Guesses to the end, with nothing else to see."""
    return record_of(PLATEAU)
