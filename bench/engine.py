"""The engine by itself, against Keras and against C, on the article's deep ReLU network."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator

import numpy as np

from bench import limit
from bench.result import REPEATS, Result, repeated, seconds
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
        yield Result("    faster than Keras for each replicate", speedups, budget and 1000, "times")


def against_c() -> Iterator[Result]:
    """One of 10 replicates, all measured, against a C program that trains one and records nothing."""
    if not limit.COMPILER:
        print(limit.NO_COMPILER)
        return
    pairs = [(min(compiled_seconds(DEEP_RELU, 2)), limit.seconds_of_c()) for _ in range(REPEATS)]
    yield Result("hand-vectorised C that records nothing, one replicate", [c for _, c in pairs])
    yield Result("this engine, 10 replicates, all measured", [ours for ours, _ in pairs])
    ratios = [ours / DEEP_RELU.replicates / c for ours, c in pairs]
    yield Result("    each of them", ratios, 3, "× C")


def keras_seconds() -> float:
    """Of a run of 500 epochs; `KERAS_EPOCHS` are trained."""
    from bench.keras_fit import fit

    first, some = (seconds(lambda n=n: fit(DEEP_RELU.with_changes(epochs=n))) for n in (1, KERAS_EPOCHS))
    return first + (some - first) / (KERAS_EPOCHS - 1) * (DEEP_RELU.epochs - 1)


def compiled_seconds(config: RunConfig, times: int = REPEATS) -> list[float]:
    """Of runs whose program was compiled before."""
    from vgdemo.engine import train

    train(config.with_changes(epochs=1))
    return repeated(lambda: train(config), times)


def costs() -> Iterator[Result]:
    """What a run costs against its size: the power with which it grows, and what remains of the smallest run of all."""
    for name, sizes in SIZES.items():
        medians = [statistics.median(compiled_seconds(DEEP_RELU.with_changes(**{name: n}), 3)) for n in sizes]
        points = ", ".join(f"{size}: {time:.2f} s" for size, time in zip(sizes, medians, strict=True))
        power = np.polyfit(np.log(sizes), np.log(medians), 1)[0]
        yield Result(f"grows with this power of {name} ({points})", [float(power)], 1, "")
        yield Result("    a straight line through them begins at", [float(np.polyfit(sizes, medians, 1)[1])])
