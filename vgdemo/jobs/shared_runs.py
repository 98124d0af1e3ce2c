"""Runs that are trained for everybody, behind those that people wait for."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from vgdemo.config import RunConfig
from vgdemo.jobs.job import Job
from vgdemo.jobs.tracked_run import JobState


class Queue(Protocol):
    """Where the runs wait."""

    def submit(self, config: RunConfig, *, interactive: bool = True) -> Job:
        """A hold on a run."""

    def prefer(self, run_keys: Collection[str]) -> None:
        """Put runs before the others that people do not wait for."""


class SharedRuns:
    """Holds runs for all who come, so that whoever reloads a page or opens it elsewhere finds them in training.

    A page that closes does not end it; `stop` does, for everybody. Safe to use from any thread.

    Args:
        queue: Where the runs wait.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._lock = threading.Lock()
        self._held: dict[RunConfig, Job] = {}

    def train(self, configs: Iterable[RunConfig]) -> None:
        """Queue runs that are not held yet; what failed, was stopped or was deleted begins again.

        Raises:
            SchedulerError: If there is no cluster to train on.
        """
        with self._lock:
            for config in configs:
                job = self._held.get(config)
                if job is None or _is_lost(job):
                    self._held[config] = self._queue.submit(config, interactive=False)

    def train_first(self, configs: Sequence[RunConfig]) -> None:
        """Queue runs before all others of these.

        Raises:
            SchedulerError: If there is no cluster to train on.
        """
        self.train(configs)
        self._queue.prefer([config.run_key for config in configs])

    def stop(self) -> None:
        """Leave the queue and stop what trains; a run that a person follows goes on for that person."""
        with self._lock:
            for job in self._held.values():
                job.stop()

    def job(self, config: RunConfig) -> Job | None:
        """The hold on a run; None if it was never asked for."""
        return self._held.get(config)

    def jobs(self, configs: Collection[RunConfig]) -> list[Job]:
        """The holds on these runs, as far as there are any."""
        return [job for config in configs if (job := self._held.get(config)) is not None]


def _is_lost(job: Job) -> bool:
    """Whether nothing came of it, or nothing is left."""
    state = job.progress.state
    return state in (JobState.FAILED, JobState.STOPPED) or (state is JobState.DONE and job.record is None)
