"""What a study will take, from runs like its cheapest and its dearest one that were tried for some epochs here."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from cachetools import LRUCache

from vgdemo.config import RunConfig
from vgdemo.cost import flops
from vgdemo.jobs.executor import Executor
from vgdemo.jobs.worker import Measured
from vgdemo.room import program_key

TRIED_EPOCHS = 100  # Of a run that is measured: a fraction of a second, once compiled.
PATIENCE = 30.0  # Seconds after which what was asked for, and did not come, is asked for again.
MOST_MEASURED = 1000  # Runs of which the figures stay in memory.
MANY_RUNS, MANY_SECONDS, MANY_BYTES = 300, 600.0, 1e9  # Beyond one of them a person is asked first.


@dataclass(frozen=True)
class Estimate:
    """What training takes, to the order of magnitude.

    Attributes:
        runs: How many runs are to be trained.
        seconds: How long all workers together take, compiling included.
        num_bytes: What the store will hold of them.
    """

    runs: int
    seconds: float
    num_bytes: float

    @property
    def is_large(self) -> bool:
        """Whether a person is asked before it begins."""
        return self.runs > MANY_RUNS or self.seconds > MANY_SECONDS or self.num_bytes > MANY_BYTES


class Estimates:
    """Has runs measured on the cluster, behind all that is trained there; each once. Safe to use from any thread.

    Args:
        executor: What trains.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._lock = threading.Lock()
        self._measured: LRUCache[str, Measured] = LRUCache(MOST_MEASURED)
        self._asked: dict[str, float] = {}  # When; what failed is asked again, but not at every look.

    def of(self, configs: Sequence[RunConfig]) -> Estimate | None:
        """What these runs take; None until something like them was measured, which is begun here."""
        if not configs:
            return Estimate(0, 0.0, 0.0)
        ends = dict.fromkeys((min(configs, key=flops_of_epoch), max(configs, key=flops_of_epoch)))
        measured = [one for config in ends if (one := self._look(tried(config))) is not None]
        return estimate(configs, measured, self._executor.num_workers) if len(measured) == len(ends) else None

    def _look(self, config: RunConfig) -> Measured | None:
        key = config.run_key
        with self._lock:
            measured, now = self._measured.get(key), time.monotonic()
            is_asked = now - self._asked.get(key, -math.inf) < PATIENCE
            if measured is None and not is_asked:
                self._asked[key] = now
        if measured is None and not is_asked and not self._executor.measure(config, partial(self._note, key)):
            self._asked.pop(key, None)  # There is no cluster yet.
        return measured

    def _note(self, key: str, measured: Measured | None) -> None:
        """Called in a thread of Dask's when a run was measured, or could not be."""
        with self._lock:
            if measured is not None:
                self._asked.pop(key, None)
                self._measured[key] = measured


def tried(config: RunConfig) -> RunConfig:
    """The run that is measured in a run's place: its first epochs.

    Example:
        >>> tried(RunConfig()).epochs
        100
    """
    return config.with_changes(epochs=min(config.epochs, TRIED_EPOCHS))


def flops_of_epoch(config: RunConfig) -> float:
    """Floating-point operations of all replicates in one epoch."""
    return flops(config) / config.epochs


def estimate(configs: Sequence[RunConfig], measured: Sequence[Measured], num_workers: int) -> Estimate:
    """What runs take, between those that were measured.

    Each worker loads or compiles, of the programs that these runs need, those that it comes to.

    Args:
        configs: The runs.
        measured: Of some of them, in the order of `flops_of_epoch`.
        num_workers: How many are trained at the same time.

    Example:
        >>> run = RunConfig(epochs=100)
        >>> measured = Measured(run, compiling=2, beside=1, epoch=0.1, num_bytes=1000, epoch_bytes=10)
        >>> estimate([run, run.with_changes(seed=1)], [measured], num_workers=2)  # 2 + 2 · (1 + 100 · 0.1) seconds.
        Estimate(runs=2, seconds=12.0, num_bytes=4000.0)
    """
    known = [flops_of_epoch(one.config) for one in measured]
    costs = [flops_of_epoch(config) for config in configs]
    epochs = np.array([config.epochs for config in configs])

    def of_all(beside: list[float], epoch: list[float]) -> float:
        return float(np.sum(np.interp(costs, known, beside) + epochs * np.interp(costs, known, epoch)))

    training = of_all([one.beside for one in measured], [one.epoch for one in measured])
    num_bytes = of_all([one.num_bytes for one in measured], [one.epoch_bytes for one in measured])
    compiling = len({*map(program_key, configs)}) * float(np.mean([one.compiling for one in measured]))
    return Estimate(len(configs), (training + compiling) / num_workers, num_bytes)
