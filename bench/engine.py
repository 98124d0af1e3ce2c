"""The engine by itself, and against Keras, on the article's deep ReLU network."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence

import numpy as np

from bench.result import Result, repeated, seconds
from vgdemo.config import RunConfig
from vgdemo.presets import DEEP_RELU

KERAS_EPOCHS = 20  # Of which the first, which compiles, is not scaled.
SIZES = {
    "epochs": (100, 200, 500),
    "replicates": (1, 10, 20, 30),
    "num_hidden_layers": (2, 5, 10, 20),
}


def fresh_processes() -> Iterator[Result]:
    """A process that must compile, then one that finds its programs kept."""
    for kept in ("none", "all"):
        command = [sys.executable, "-m", "bench.fresh"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        stages = json.loads(output)
        yield Result(f"new process, {kept} of its programs kept: import TensorFlow", [stages["import"]])
        yield Result(f"new process, {kept} of its programs kept: epoch 0 after that", [stages["first"]])
        yield Result(f"new process, {kept} of its programs kept: all 500 epochs after that", [stages["whole"]])


def against_keras() -> Iterator[Result]:
    """Compiled, for some numbers of replicates, and how many times faster one replicate is than in Keras."""
    keras = keras_seconds()
    yield Result(f"keras.Model.fit that records the same ({KERAS_EPOCHS} epochs, scaled to 500)", [keras])
    for replicates, budget in ((1, None), (10, 1.5), (30, None)):
        times = compiled_seconds(DEEP_RELU.with_changes(replicates=replicates))
        yield Result(f"this engine, compiled, replicates: {replicates}", times, budget)
        speedups = [keras * replicates / time for time in times]
        yield Result("    faster than Keras for each replicate", speedups, budget and 500, "times")


def keras_seconds() -> float:
    """Of a run of 500 epochs; `KERAS_EPOCHS` are trained."""
    from bench.keras_fit import fit

    first, some = (seconds(lambda n=n: fit(DEEP_RELU.with_changes(epochs=n))) for n in (1, KERAS_EPOCHS))
    return first + (some - first) / (KERAS_EPOCHS - 1) * (DEEP_RELU.epochs - 1)


def compiled_seconds(config: RunConfig, times: int = 5) -> list[float]:
    """Of runs whose program was compiled before."""
    from vgdemo.engine import train

    train(config.with_changes(epochs=1))
    return repeated(lambda: train(config), times)


def costs() -> Iterator[str]:
    """What a run costs against its size: a line through the medians of three, and how far they lie off it."""
    for name, sizes in SIZES.items():
        medians = [statistics.median(compiled_seconds(DEEP_RELU.with_changes(**{name: n}), 3)) for n in sizes]
        yield _line(name, sizes, medians)


def _line(name: str, sizes: Sequence[int], medians: Sequence[float]) -> str:
    slope, intercept = np.polyfit(sizes, medians, 1)
    points = ", ".join(f"{size}: {time:.2f}" for size, time in zip(sizes, medians, strict=True))
    growth = np.polyfit(np.log(sizes), np.log(medians), 1)[0]
    return f"{name:<18} {intercept:.3f} s + {slope:.2g} s × {name}; grows with its power {growth:.2f} ({points})"
