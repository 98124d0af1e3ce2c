"""Stand-ins for the engine, quick and without TensorFlow; worker processes import them by name."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from distributed import get_worker

from vgdemo.config import RunConfig
from vgdemo.record import (
    ACTIVATION_STATISTICS,
    CURVES,
    HISTOGRAM_BINS,
    KERNEL_STATISTICS,
    UPDATE_STATISTICS,
    Panel,
    RunRecord,
    RunStatus,
)

CHUNK = 5  # Epochs.
ENDING = 0.6  # Seconds.


def epochs_of(config: RunConfig, first: int, last: int, status: RunStatus = RunStatus.COMPLETE) -> RunRecord:
    """A record whose loss is the epoch's number; it names the process that made it."""
    epochs = np.arange(first, last + 1, dtype=np.int32)
    curve = np.repeat(epochs[:, None].astype(float), config.replicates, axis=1)
    return RunRecord(
        source=config,
        model=config.model,
        replicates=config.replicates,
        epochs=epochs,
        curve_arrays=dict.fromkeys(CURVES, curve),
        panels=panels_of(config, epochs),
        planned_epochs=config.epochs,
        majority_share=0.5,
        surface=RunRecord.empty(config).surface,
        status=status,
        versions={"process": str(os.getpid())},
    )


def panels_of(config: RunConfig, epochs: np.ndarray) -> dict[str, Panel]:
    """Statistics that are all zero."""
    model, later = config.model, epochs[epochs > 0]
    kernels = (len(epochs), config.replicates, len(model.kernels))
    updates = np.zeros((len(later), *kernels[1:]))
    outputs = np.zeros((*kernels[:2], len(model.layers)))
    counts = np.zeros((*kernels, HISTOGRAM_BINS), np.uint32)
    return {
        "kernels": Panel.of_kernels(model, epochs, dict.fromkeys(KERNEL_STATISTICS, np.zeros(kernels)), counts),
        "updates": Panel.of_kernels(model, later, dict.fromkeys(UPDATE_STATISTICS, updates)),
        "activations": Panel.of_layers(model, epochs, dict.fromkeys(ACTIVATION_STATISTICS, outputs)),
    }


def chunks(config: RunConfig) -> Iterator[tuple[int, int]]:
    """First and last epochs: 0 alone, then five at a time."""
    yield 0, 0
    for first in range(1, config.epochs + 1, CHUNK):
        yield first, min(first + CHUNK - 1, config.epochs)


def train(
    config: RunConfig,
    *,
    on_chunk: Callable[[RunRecord], None] = lambda chunk: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> RunRecord:
    """Take `noise` seconds for every chunk."""
    for first, last in chunks(config):
        time.sleep(config.noise)
        on_chunk(epochs_of(config, first, last))
        if should_stop():
            return epochs_of(config, 0, last, RunStatus.STOPPED)
    return epochs_of(config, 0, config.epochs)


def train_and_end_slowly(config: RunConfig, **callbacks: Callable[..., Any]) -> RunRecord:
    """Take `ENDING` seconds between the last chunk and the return."""
    record = train(config, **callbacks)
    time.sleep(ENDING)
    return record


CHUNKS = "chunks of the stand-in"  # A topic of Dask's.


def train_and_tell(config: RunConfig, *, on_chunk: Callable[[RunRecord], None], **callbacks: Any) -> RunRecord:
    """Tell, of every chunk, which epoch it ended with and when."""

    def tell(chunk: RunRecord) -> None:
        event = {"run_key": config.run_key, "epoch": int(chunk.epochs[-1]), "ended": time.time()}
        get_worker().log_event(CHUNKS, event)
        on_chunk(chunk)

    return train(config, on_chunk=tell, **callbacks)


class ForeignError(Exception):
    """Stands for an exception of TensorFlow's."""


def fail(config: RunConfig, **_: object) -> RunRecord:
    """Fail at once."""
    raise ForeignError("Expected room for 3 matrices. Received: none.")


def die(config: RunConfig, **_: object) -> RunRecord:
    """Take the worker along, whenever tried; spare it while it warms up."""
    if config.epochs > 1:
        os._exit(1)
    return epochs_of(config, 0, 1)
