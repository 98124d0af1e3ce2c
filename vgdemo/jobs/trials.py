"""Remedies that are tried while people read, on workers that nobody needs."""

from __future__ import annotations

import enum
import logging
import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from cachetools import LRUCache

from vgdemo.config import RunConfig
from vgdemo.jobs.cluster import SchedulerError
from vgdemo.jobs.executor import Executor, SentRun
from vgdemo.jobs.tracked_run import Progress
from vgdemo.jobs.turns import Rank
from vgdemo.jobs.worker import Outcome
from vgdemo.learning import Share
from vgdemo.store import RunStore

VARIABLE = "VGDEMO_TRIALS"  # "off", and nothing is trained unasked.
READS_AFTER_SECONDS = 2  # Whoever changes the run sooner is still choosing, and gets the whole machine.
READING_SECONDS = 5  # Whoever has not looked for so long reads something else.
MOST_WANTED = 40  # Trials of all readers together; those of one run are shared.
MOST_KNOWN = 10_000  # Of each no more is kept than two numbers.

_log = logging.getLogger(__name__)


def _are_on() -> bool:
    """Whether remedies are tried unasked on this server: unless the environment says `VGDEMO_TRIALS=off`."""
    said = os.environ.get(VARIABLE, "on").lower()
    if said not in ("on", "off"):
        _log.warning("Expected %s to be on or off. Received: %r. No remedy is tried.", VARIABLE, said)
    return said == "on"


class TrialState(enum.Enum):
    """Where a trial stands."""

    WAITING = "waiting"  # Until a worker is idle and somebody reads.
    AT_WORK = "at work"  # Or pausing, while somebody needs its worker.
    DONE = "done"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self in (TrialState.DONE, TrialState.FAILED)


@dataclass(frozen=True)
class Trial:
    """What a reader is told of a trial.

    Attributes:
        state: Where it stands.
        learned: The replicates that learn, once it is done.
    """

    state: TrialState
    learned: Share | None = None


@dataclass(eq=False)
class Wanted:
    """A trial whose result somebody waits for."""

    config: RunConfig
    wanted_at: float
    looked_at: float
    sent: SentRun | None = None
    has_failed: bool = False


class Queue(Protocol):
    """The runs that go before trials."""

    @property
    def num_workers(self) -> int:
        """Runs that can be trained at the same time."""

    @property
    def num_idle_workers(self) -> int:
        """Workers that none of these runs needs."""

    def progress(self, run_key: str) -> Progress | None:
        """Where a run stands; None if nobody waits for it."""


class Trials:
    """Tries remedies for whoever looks at them, as long as somebody does; all who look at one share it.

    A trial begins once somebody has looked for a while, on an idle worker, and half of the workers at most are at
    trials, so that the next person mostly finds an idle one. Where a person's or a study's run is at work beside it, it
    pauses within a chunk. What a trial trains is kept in the store, as every run is. Safe to use from any thread.

    Args:
        queue: The runs that go before trials.
        executor: What trains.
        store: Where finished runs are found.

    Attributes:
        is_on: Whether this server tries anything unasked; pages that are told not to do not look.
    """

    def __init__(self, queue: Queue, executor: Executor, store: RunStore) -> None:
        self.is_on = _are_on()
        self._queue = queue
        self._executor = executor
        self._store = store
        self._lock = threading.Lock()
        self._learned: LRUCache[str, Share] = LRUCache(MOST_KNOWN)
        self._wanted: dict[str, Wanted] = {}  # By the run's key, in order.

    def look(self, configs: Sequence[RunConfig]) -> list[Trial]:
        """What came of trials so far; what was not tried yet waits for an idle worker, if somebody looks again.

        Args:
            configs: Few: they are of what one person reads.
        """
        with self._lock:
            unheard = [one for one in configs if one.run_key not in self._learned and one.run_key not in self._wanted]
        self._look_up(unheard)
        with self._lock:
            for config in configs:
                self._want(config)
            self._forget_unread()
            self._send_next()
            return [self._trial(config.run_key) for config in configs]

    def give_way(self, run_key: str) -> None:
        """Somebody wants to watch this run: a trial of it stops, for it would tell of its end alone."""
        with self._lock:
            wanted = self._wanted.get(run_key)
            if wanted is not None and wanted.sent is not None:
                self._drop(run_key)

    def _look_up(self, configs: Iterable[RunConfig]) -> None:
        """Note what the store knows; it may be far away, so nobody else waits for it."""
        for config in configs:
            stored = self._store.look_up(config.run_key)
            if stored is not None and stored.summary.learned is not None:
                with self._lock:
                    self._learned[config.run_key] = stored.summary.learned

    def _want(self, config: RunConfig) -> None:
        wanted, now = self._wanted.get(config.run_key), time.monotonic()
        if wanted is not None:
            wanted.looked_at = now
        elif config.run_key not in self._learned and len(self._wanted) < MOST_WANTED:
            self._wanted[config.run_key] = Wanted(config, now, now)

    def _forget_unread(self) -> None:
        oldest = time.monotonic() - READING_SECONDS
        for run_key in [run_key for run_key, wanted in self._wanted.items() if wanted.looked_at < oldest]:
            self._drop(run_key)

    def _drop(self, run_key: str) -> None:
        """A trial that waits is not begun, one that a worker is at stops within a chunk."""
        wanted = self._wanted.pop(run_key)
        if wanted.sent is not None:
            self._executor.withdraw(wanted.sent)

    def _send_next(self) -> None:
        """Send as many as there are idle workers that trials may have."""
        at_work = sum(wanted.sent is not None for wanted in self._wanted.values())
        free = min(self._queue.num_idle_workers, max(1, self._queue.num_workers // 2)) - at_work
        latest = time.monotonic() - READS_AFTER_SECONDS
        read = [one for one in self._wanted.values() if one.wanted_at <= latest]
        waiting = [one for one in read if one.sent is None and not one.has_failed]
        untrained = [one for one in waiting if self._queue.progress(one.config.run_key) is None]
        try:
            self._executor.check()
        except SchedulerError:
            return  # The page says so wherever a run is asked for.
        for wanted in untrained[: max(free, 0)]:
            settle = partial(self._settle, wanted)
            wanted.sent = self._executor.send(wanted.config, Rank.TRIAL, settle, is_watched=False)

    def _settle(self, wanted: Wanted, outcome: Outcome) -> None:
        """Called in a thread of the executor's when a trial is over."""
        with self._lock:
            wanted.sent = None
            learned = outcome.summary.learned if outcome.summary is not None else None
            wanted.has_failed = learned is None
            if learned is not None:
                self._learned[wanted.config.run_key] = learned
                self._wanted.pop(wanted.config.run_key, None)
            self._forget_unread()
            self._send_next()

    def _trial(self, run_key: str) -> Trial:
        learned, wanted = self._learned.get(run_key), self._wanted.get(run_key)
        if learned is not None:
            return Trial(TrialState.DONE, learned)
        if wanted is None:
            return Trial(TrialState.WAITING)
        if wanted.has_failed:
            return Trial(TrialState.FAILED)
        return Trial(TrialState.WAITING if wanted.sent is None else TrialState.AT_WORK)
