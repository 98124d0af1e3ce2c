"""The queue of runs: whoever asks for a run gets a `Job`; the same run is trained once however many ask."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from vgdemo.config import RunConfig
from vgdemo.jobs.cluster import SCHEDULER_VARIABLE, SchedulerError
from vgdemo.jobs.executor import Executor
from vgdemo.jobs.records import Records
from vgdemo.jobs.tracked_run import JobState, Progress, TrackedRun, tick
from vgdemo.jobs.worker import Outcome
from vgdemo.record import RunRecord, RunStatus
from vgdemo.store import RunStore

TRAINER = "vgdemo.engine:train"
WAITING = "Waiting for the workers to start."
OTHER_STORE = "The run is not kept: the workers have written it to a store that is not this one."


class Stopped(NamedTuple):
    """What a job shows from when its watcher has stopped it, whatever comes of the run for others."""

    version: int
    progress: Progress
    record: RunRecord | None


class Job:
    """One watcher's hold on a run. Safe to use from any thread.

    A run that the store holds is done as soon as it is asked for. Its record is read when somebody looks: a person at
    anything of the job, a study at its record. If it turns out to be damaged, the job joins the queue.
    """

    def __init__(self, jobs: Jobs, run: TrackedRun) -> None:
        self._jobs = jobs
        self._run = run
        self._is_unread = run.state is JobState.DONE
        self._stopped: Stopped | None = None

    @property
    def config(self) -> RunConfig:
        """The settings of the run."""
        return self._run.config

    @property
    def run_key(self) -> str:
        """What identifies the run."""
        return self._run.run_key

    @property
    def version(self) -> int:
        """Rises whenever `progress` or `record` changes, so a poller knows whether to draw again."""
        return self._stopped.version if self._stopped else self._jobs.version_of(self._looked_at())

    @property
    def progress(self) -> Progress:
        """Where the job stands."""
        return self._stopped.progress if self._stopped else self._jobs.progress_of(self._looked_at())

    @property
    def record(self) -> RunRecord | None:
        """The epochs that have come so far, the whole run once it is done; None before the first ones."""
        if self._stopped:
            return self._stopped.record
        record = self._jobs.record_of(self._run)
        if self._is_unread:
            self._is_unread = False
            if record is None:
                self._run = self._jobs.train_anew(self, self._run)
        return record

    def release(self) -> None:
        """Want the run no more: when nobody does, it leaves the queue, or stops within one chunk."""
        self._is_unread = False  # Damaged or not, it need not be trained.
        self._jobs.leave(self, self._run)

    def stop(self) -> None:
        """Keep what was trained so far, marked as stopped, and want no more; others who want the run still get it."""
        progress = self.progress
        if not progress.state.is_over:
            record = self.record
            epoch = int(record.epochs[-1]) if record else 0
            progress = replace(progress, state=JobState.STOPPED, epoch=epoch, position=None, seconds_left=None)
            self._stopped = Stopped(tick(), progress, record and replace(record, status=RunStatus.STOPPED))
        self.release()

    def _looked_at(self) -> TrackedRun:
        if self._is_unread and self._run.interactive:
            _ = self.record
        return self._run


class Jobs:
    """All runs that this process has asked for. One per web process, safe to use from all its threads.

    It is made at once: the cluster starts in the background, and runs that are submitted meanwhile wait as queued. If
    it cannot start, they fail with the reason, and `submit` raises `SchedulerError`; to try again, make a new `Jobs`.

    Args:
        store: Where finished runs are kept and found.
        scheduler: Address of an existing Dask scheduler; otherwise the environment's `VGDEMO_SCHEDULER`, otherwise a
            local cluster is started.
        trainer: Where the workers find `train`, as "module:name".
    """

    def __init__(self, store: RunStore, scheduler: str | None = None, *, trainer: str = TRAINER) -> None:
        self._lock = threading.RLock()
        self._runs: dict[str, TrackedRun] = {}  # Those that are not over, in order of submission.
        self._places: dict[TrackedRun, int] | None = None  # In the queue, 1 is next; None when it has changed.
        self._records = Records(store)
        self._queue_version = tick()
        self._workers_are_up = False
        self._executor = Executor(scheduler or os.environ.get(SCHEDULER_VARIABLE), trainer, store, self)
        self._executor.start()

    def submit(self, config: RunConfig, *, interactive: bool = True) -> Job:
        """A hold on the run: it is found in the store, or joined if somebody trains it, or queued.

        Args:
            config: What to train.
            interactive: Whether a person waits for it; such runs go before those of a study.

        Raises:
            SchedulerError: If there is no cluster to train on.
        """
        if config.run_key in self._records:
            return Job(self, TrackedRun(config, interactive=interactive, state=JobState.DONE))
        with self._lock:
            run = self._track(config, interactive)
            job = Job(self, run)
            run.watchers.add(job)
        return job

    def check(self) -> None:
        """See whether runs can be trained.

        Raises:
            SchedulerError: If there is no cluster to train on.
        """
        self._executor.check()

    def close(self) -> None:
        """Stop all that runs and leave the cluster; a local one ends."""
        self._executor.close()
        with self._lock:
            self._runs.clear()
            self._queue_changed()

    def version_of(self, run: TrackedRun) -> int:
        """The tick of the last change of a run or, while it waits, of the queue."""
        with self._lock:
            is_queued = run.state is JobState.QUEUED
            return max(run.version, self._queue_version) if is_queued else run.version

    def progress_of(self, run: TrackedRun) -> Progress:
        """Where a run stands, its place in the queue included."""
        with self._lock:
            if run.state is not JobState.QUEUED:
                return run.progress
            notices = () if self._workers_are_up else (WAITING,)
            return replace(run.progress, position=self._place(run), notices=run.notices + notices)

    def record_of(self, run: TrackedRun) -> RunRecord | None:
        """What there is of a run's record."""
        if run.state is not JobState.DONE:
            return run.live_record
        return run.unkept or self._records.get(run.run_key)

    def train_anew(self, job: Job, run: TrackedRun) -> TrackedRun:
        """Queue a stored run that is damaged, for a job that found it; without a cluster it fails with the reason."""
        with self._lock:
            try:
                tracked = self._track(run.config, run.interactive)
            except SchedulerError as error:
                run.end(str(error))
                return run
            tracked.watchers.add(job)
            tracked.version = tick()  # It may have changed last before the job was made.
        return tracked

    def leave(self, job: Job, run: TrackedRun) -> None:
        """Count a watcher out; the last one takes the run along."""
        with self._lock:
            run.watchers.discard(job)
            if not run.watchers and self._forget(run) and run.sent is not None:
                self._executor.withdraw(run.sent)

    def hear_worker(self) -> None:
        """A worker is up."""
        with self._lock:
            if not self._workers_are_up:
                self._workers_are_up = True
                self._queue_changed()

    def hear_start(self, run_key: str) -> None:
        """A worker has taken up a run."""
        with self._lock:
            if run := self._runs.get(run_key):
                run.begin()
                self._queue_changed()

    def hear_chunk(self, run_key: str, chunk: Mapping[str, bytes]) -> None:
        """A worker has trained some epochs of a run, perhaps for another web process."""
        if run_key not in self._runs:
            return
        record = RunRecord.from_message(chunk)
        with self._lock:
            if run := self._runs.get(run_key):
                was_queued = run.state is JobState.QUEUED
                run.grow(record)
                if was_queued:  # Nobody here has heard that it began.
                    self._queue_changed()

    def hear_deaths(self, run_keys: Collection[str]) -> None:
        """A worker died; what it was at waits for another one."""
        with self._lock:
            for run in (self._runs[run_key] for run_key in run_keys if run_key in self._runs):
                if run.state is not JobState.QUEUED:
                    run.lose_worker()
            self._queue_changed()

    def _track(self, config: RunConfig, interactive: bool) -> TrackedRun:
        """The run that is trained: somebody's, which a person moves up, or one that is sent now."""
        self._executor.check()
        run = self._runs.get(config.run_key)
        if run is None:
            run = self._runs[config.run_key] = TrackedRun(config, interactive=interactive)
            run.sent = self._executor.send(config, int(interactive), partial(self._settle, run))
        elif interactive and not run.interactive:
            run.interactive = True
            if run.state is JobState.QUEUED and run.sent is not None:
                self._executor.hurry(run.sent, int(interactive))
        self._queue_changed()
        return run

    def _settle(self, run: TrackedRun, outcome: Outcome) -> None:
        """Called in a thread of the executor's when a run is over."""
        unkept = None
        if outcome.reason is None and not self._records.hold(run.run_key, run.whole_record):
            unkept = RunRecord.from_message(outcome.record) if outcome.record else run.whole_record
            outcome = replace(outcome, notice=outcome.notice or OTHER_STORE, reason=None if unkept else OTHER_STORE)
        with self._lock:
            run.end(outcome.reason, outcome.notice, unkept)
            self._forget(run)

    def _forget(self, run: TrackedRun) -> bool:
        """Track a run no more; whether it was tracked."""
        if self._runs.get(run.run_key) is not run:
            return False
        del self._runs[run.run_key]
        self._queue_changed()
        return True

    def _queue_changed(self) -> None:
        self._places = None
        self._queue_version = tick()

    def _place(self, run: TrackedRun) -> int | None:
        """Where a run stands in the queue: people go before studies, else who came first."""
        if self._places is None:
            waiting = [one for one in self._runs.values() if one.state is JobState.QUEUED]
            waiting.sort(key=lambda one: not one.interactive)
            self._places = {one: place for place, one in enumerate(waiting, start=1)}
        return self._places.get(run)
