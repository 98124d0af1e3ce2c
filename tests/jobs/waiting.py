"""Runs of the stand-in for the engine, and patience."""

from __future__ import annotations

import time
from collections.abc import Callable

from distributed import Client

from vgdemo.config import RunConfig
from vgdemo.jobs import Job, JobState, Progress

TRAINER = "trainers:train"
SLOW = 0.1  # Seconds for each chunk of the stand-in.
LONG = 1000  # Epochs; at `SLOW`, 20 s.


def config(seed: int, *, seconds: float = SLOW, epochs: int = LONG) -> RunConfig:
    """A run of its own for each seed."""
    return RunConfig(seed=seed, noise=seconds, epochs=epochs, replicates=1, num_hidden_layers=1)


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def wait_for_workers(client: Client, count: int) -> None:
    """Wait until so many are there.

    Where one is replaced meanwhile, `Client.wait_for_workers` has a cluster of this machine forget it too early, which
    then fails when it is closed.
    """
    until(lambda: len(client.nthreads()) >= count)


def finished(job: Job) -> Progress:
    """How a job ends."""
    until(lambda: job.progress.state.is_over)
    return job.progress


def is_training(job: Job) -> bool:
    """Whether chunks have come."""
    return job.progress.state is JobState.TRAINING
