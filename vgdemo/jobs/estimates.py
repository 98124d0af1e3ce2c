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
from vgdemo.cost import flops, measurements
from vgdemo.jobs.executor import Executor
from vgdemo.jobs.worker import Measured
from vgdemo.room import program_key

TRIED_EPOCHS = 12  # Of a run that is measured: a fraction of a second, once compiled.
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
        12
    """
    return config.with_changes(epochs=min(config.epochs, TRIED_EPOCHS))


def flops_of_epoch(config: RunConfig) -> float:
    """Floating-point operations of all replicates in one epoch."""
    return flops(config) / config.epochs


def estimate(configs: Sequence[RunConfig], measured: Sequence[Measured], num_workers: int) -> Estimate:
    """What runs take, between those that were measured: in proportion to their epochs and to what is kept of them.

    Each worker loads or compiles, of the programs that these runs need, those that it comes to.

    Args:
        configs: The runs.
        measured: Of some of them, in the order of `flops_of_epoch`.
        num_workers: How many are trained at the same time.

    Example:
        >>> run = RunConfig(epochs=100, replicates=1, num_hidden_layers=1)
        >>> measured = Measured(run.with_changes(epochs=9), compiling=2.0, training=0.5, num_bytes=2000)
        >>> estimate([run, run.with_changes(seed=1)], [measured], num_workers=2)  # 101 epochs of 0.05 s, 2 kernels.
        Estimate(runs=2, seconds=6.05, num_bytes=40400.0)
    """
    known = [flops_of_epoch(one.config) for one in measured]
    of_epoch = [one.training / (one.config.epochs + 1) for one in measured]
    of_row = [one.num_bytes / measurements(one.config) for one in measured]
    costs = [flops_of_epoch(config) for config in configs]
    epochs = np.array([config.epochs + 1 for config in configs])
    rows = np.array([measurements(config) for config in configs])
    training = float(epochs @ np.interp(costs, known, of_epoch))
    compiling = len({*map(program_key, configs)}) * float(np.mean([one.compiling for one in measured]))
    return Estimate(len(configs), (training + compiling) / num_workers, float(rows @ np.interp(costs, known, of_row)))
