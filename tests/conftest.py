"""Records without training, for every test that needs one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from vgdemo.config import RunConfig
from vgdemo.record import CURVES, HISTOGRAM_BINS, LAYER_STATISTICS, SURFACE_SIDE, RunRecord

settings.register_profile("shared machine", deadline=None)  # Its neighbours decide how long an example takes.
settings.load_profile("shared machine")

TINY = {"num_hidden_layers": 2, "epochs": 3, "replicates": 2, "n_samples": 100}


def random_record(config: RunConfig, draw: int = 0, **changes: Any) -> RunRecord:
    """A record of noise in the form of the config's; another draw gives other numbers throughout."""
    generator = np.random.default_rng(draw)
    epochs = np.arange(config.epochs + 1, dtype=np.int32)
    curves = (len(epochs), config.replicates)
    layers = (*curves, config.num_layers)
    surface_epochs = np.unique(np.linspace(0, config.epochs, 5).astype(np.int32))
    surfaces = (len(surface_epochs), config.replicates, SURFACE_SIDE, SURFACE_SIDE)
    values = {
        "config": config,
        "epochs": epochs,
        "curve_arrays": {name: generator.random(curves) for name in CURVES},
        "layer_arrays": {name: generator.random(layers) for name in LAYER_STATISTICS},
        "histograms": generator.integers(0, 9, (*layers, HISTOGRAM_BINS), dtype=np.uint32),
        "surface_epochs": surface_epochs,
        "surfaces": generator.random(surfaces, dtype=np.float32),
        "seconds": {"compile": 1.0, "train": float(draw)},
    }
    return RunRecord(**values | changes)


@pytest.fixture
def make_record() -> Callable[..., RunRecord]:
    """Makes a small record; keyword arguments are settings."""
    return lambda **settings: random_record(RunConfig(**TINY | settings))
