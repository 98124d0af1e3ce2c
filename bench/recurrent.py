"""Recurrent networks: how soon their gradient over time is there, and what a run takes beside Keras."""

from __future__ import annotations

from collections.abc import Iterator

import keras

import vgdemo
from bench.keras_fit import train
from bench.result import REPEATS, Result, repeated, seconds
from vgdemo.architectures import RECURRENT
from vgdemo.config import RunConfig
from vgdemo.data import make_dataset

KERAS_EPOCHS = 3  # Of which the first, which compiles, is not scaled.
LONGEST = 400  # Time steps.


def costs() -> Iterator[Result]:
    """Of the default run of each network: its first profile, never compiled and compiled, then all of it."""
    for network in RECURRENT:
        config = RunConfig(network=network)
        name = config.architecture.keras_class
        yield Result(f"{name}, never compiled: first profile over time", [_first_profile(config)], 3)
        yield Result(f"{name}, compiled: first profile over time", _first_profiles(config), 1)
        yield from _against_keras(name, config)
        long = config.with_changes(time_steps=LONGEST)
        _first_profile(long)
        yield Result(f"{name}, compiled, {LONGEST} steps: first profile over time", _first_profiles(long), 1)


def _against_keras(name: str, config: RunConfig) -> Iterator[Result]:
    times = repeated(lambda: vgdemo.train(config), 3)
    yield Result(f"{name}, compiled: {config.epochs} epochs, {config.replicates} replicates", times)
    first, some = (seconds(lambda n=n: fit(config.with_changes(epochs=n))) for n in (1, KERAS_EPOCHS))
    per_epoch = (some - first) / (KERAS_EPOCHS - 1)
    whole = first + per_epoch * (config.epochs - 1)
    yield Result(f"    keras.Model.fit that records the same ({KERAS_EPOCHS} epochs, scaled)", [whole])
    yield Result(
        "    faster than Keras for each replicate", [whole * config.replicates / time for time in times], 100, "times"
    )


def _first_profiles(config: RunConfig) -> list[float]:
    return [_first_profile(config) for _ in range(REPEATS)]


def _first_profile(config: RunConfig) -> float:
    """Seconds until epoch 0 is measured, data and first weights included."""
    from vgdemo.engine.training import Training

    return seconds(lambda: next(iter(Training(config).chunks())))


def fit(config: RunConfig) -> None:
    """Train one replicate of a recurrent run with Keras, recording."""
    data, layer = make_dataset(config), getattr(keras.layers, config.architecture.keras_class)
    model = keras.Sequential([keras.Input((config.time_steps, 2))])
    for number in range(1, config.num_hidden_layers + 1):
        model.add(layer(config.units, return_sequences=number < config.num_hidden_layers))
    model.add(keras.layers.Dense(1, "sigmoid"))
    train(model, config, data, vgdemo.GradientMonitor(data.x_train, data.y_train))
