"""The queue of runs: whoever asks for a run gets a `Job`; the same run is trained once however many ask."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from vgdemo.config import RunConfig
from vgdemo.environment import SCHEDULER
from vgdemo.jobs.cluster import SchedulerError
from vgdemo.jobs.estimates import Estimates
from vgdemo.jobs.executor import TRAINER, Executor
from vgdemo.jobs.fairness import check_room, num_watched, turns
from vgdemo.jobs.job import Job
from vgdemo.jobs.records import Records
from vgdemo.jobs.shared_runs import SharedRuns
from vgdemo.jobs.studies import Studies
from vgdemo.jobs.tracked_run import JobState, Progress, TrackedRun, tick
from vgdemo.jobs.trials import Trials
from vgdemo.jobs.turns import Rank
from vgdemo.jobs.warming import Warming
from vgdemo.jobs.worker import Outcome
from vgdemo.record import RunRecord
from vgdemo.store import RunStore

WAITING = "Waiting for the workers to start."


class Jobs:
    """All runs that this process has asked for. One per web process, safe to use from all its threads.

    It is made at once: the cluster starts in the background, and runs that are submitted meanwhile wait as queued. If
    it cannot start, they fail with the reason, and `submit` raises `SchedulerError` until `connect_anew` has found it.

    Args:
        store: Where finished runs are kept and found.
        scheduler: Address of an existing Dask scheduler; otherwise the environment's `VGDEMO_SCHEDULER`, otherwise a
            local cluster is started.
        trainer: Where the workers find `train`, as "module:name".

    Attributes:
        shared: Runs that are trained for everybody, behind those that people wait for.
        studies: Grids of runs, as many as thousands, behind those too.
        estimates: What studies will take, measured on the cluster.
        trials: Remedies that are tried while people read, behind all others.
    """

    def __init__(self, store: RunStore, scheduler: str | None = None, *, trainer: str = TRAINER) -> None:
        self._lock = threading.RLock()
        self._grown = threading.Condition(self._lock)  # Some run has, or is over.
        self._runs: dict[str, TrackedRun] = {}  # Those that are not over, in order of submission.
        self._places: dict[TrackedRun, int] | None = None  # In the queue, 1 is next; None when it has changed.
        self._records = Records(store)
        self._queue_version = tick()
        self.shared = SharedRuns(self)
        self._workers_are_up = False
        self._trouble: tuple[str, ...] = ()  # Of the cluster, as a person is told it.
        self._silent: Mapping[str, str] = {}  # Key of a run to what is said of its worker, which does not answer.
        self._executor = Executor(scheduler or os.environ.get(SCHEDULER), trainer, store, self)
        self.studies = Studies(self, self._executor, store)
        self.estimates = Estimates(self._executor)
        self.trials = Trials(self, self._executor, store)
        self._warming = Warming(self._is_idle, self._executor.prepare)
        if self.trials.is_on and self._executor.is_local and trainer == TRAINER:
            self._warming.start()
        self._executor.start()

    def submit(self, config: RunConfig, *, interactive: bool = True, visitor: str = "") -> Job:
        """A hold on the run: it is found in the store, or joined if somebody trains it, or queued.

        Args:
            config: What to train.
            interactive: Whether a person waits for it; such runs go before those of a study.
            visitor: Who asks, among several people; empty for the owner of the server, who may ask for any number.

        Raises:
            SchedulerError: If there is no cluster to train on.
            QueueFullError: If so many runs wait already, of this visitor or of all.
        """
        if interactive:
            self._warming.look(config)
        watcher = visitor if interactive else None
        if config.run_key in self._records:
            return Job(self, TrackedRun(config, interactive=interactive, state=JobState.DONE), watcher)
        with self._lock:
            if interactive and config.run_key not in self._runs:
                check_room(self._of_people(), visitor)
            run = self._track(config, interactive, visitor)
            job = Job(self, run, watcher)
            run.watchers.add(job)
        self.studies.give_way(config.run_key)
        self.trials.give_way(config.run_key)
        return job

    @property
    def num_idle_workers(self) -> int:
        """Workers that no run of a person or a study needs, nor waits for."""
        return max(0, self.num_workers - len(self._runs) - self.studies.num_at_work)

    def _is_idle(self) -> bool:
        return self._workers_are_up and not self._runs and not self.studies.num_at_work

    @property
    def num_workers(self) -> int:
        """Runs that can be trained at the same time."""
        return self._executor.num_workers

    def prefer(self, run_keys: Collection[str]) -> None:
        """Put runs before the others that no person waits for, as far as they are not with a worker yet."""
        with self._lock:
            chosen = {key: self._runs[key] for key in run_keys if key in self._runs}
            self._runs = chosen | {key: run for key, run in self._runs.items() if key not in chosen}
            self._queue_changed()

    def progress(self, run_key: str) -> Progress | None:
        """Where a run stands, whoever has asked for it; None if nobody waits for it."""
        with self._lock:
            run = self._runs.get(run_key)
            return self.progress_of(run) if run else None

    def check(self) -> None:
        """See whether runs can be trained.

        Raises:
            SchedulerError: If there is no cluster to train on.
        """
        self._executor.check()

    def connect_anew(self) -> None:
        """Look for the cluster again, in the background, where it was lost or not found."""
        if self._executor.start_anew():
            self._workers_are_up = False

    @property
    def are_connected(self) -> bool:
        """Whether there is a cluster to leave."""
        return self._executor.is_connected

    def close(self) -> None:
        """Stop all that runs and leave the cluster; a local one ends."""
        self._warming.close()
        self.studies.close()
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
            if run.state.is_over:
                return run.progress
            if run.state is not JobState.QUEUED and (silent := self._silent.get(run.run_key)):
                return replace(run.progress, notices=(*run.notices, silent), seconds_left=None)
            notices = run.notices + self._trouble
            if run.state is not JobState.QUEUED:
                return replace(run.progress, notices=notices)
            waiting = () if self._workers_are_up else (WAITING,)
            return replace(run.progress, position=self._place(run), notices=notices + waiting)

    def wait_for(self, run: TrackedRun, epoch: int, seconds: float) -> bool:
        """Whether so many epochs of a run were heard of, or the run is over, within so many seconds."""
        with self._grown:
            return self._grown.wait_for(lambda: run.progress.epoch >= epoch or run.state.is_over, seconds)

    def record_of(self, run: TrackedRun) -> RunRecord | None:
        """What there is of a run's record."""
        if run.state is not JobState.DONE:
            return run.live_record
        return run.unkept or self._records.get(run.run_key)

    def train_anew(self, job: Job, run: TrackedRun) -> TrackedRun:
        """Queue a stored run that is damaged, for a job that found it; without a cluster it fails with the reason."""
        with self._lock:
            try:
                tracked = self._track(run.config, run.interactive, job.visitor or "")
            except SchedulerError as error:
                run.end(str(error))
                return run
            tracked.watchers.add(job)
            tracked.version = tick()  # It may have changed last before the job was made.
        return tracked

    def stop(self, job: Job, run: TrackedRun) -> None:
        """Count out all watchers who are this one's visitor: in other tabs, or on the page of before a reload."""
        with self._lock:
            same = {one for one in run.watchers if one.visitor == job.visitor}
            goes_on = same < run.watchers
            for one in same:
                one.show_stopped(goes_on=goes_on)
                self.leave(one, run)

    def leave(self, job: Job, run: TrackedRun) -> None:
        """Count a watcher out; the last one takes the run along."""
        with self._lock:
            run.watchers.discard(job)
            if not run.watchers and self._forget(run) and run.sent is not None:
                self._executor.withdraw(run.sent)
            self._take_turns()
            self._send_next()

    def hear_worker(self) -> None:
        """A worker is up."""
        with self._lock:
            if not self._workers_are_up:
                self._workers_are_up = True
                self._queue_changed()
                self._send_next()

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
                self._grown.notify_all()
                if was_queued:  # Nobody here has heard that it began.
                    self._queue_changed()

    def hear_deaths(self, run_keys: Collection[str]) -> None:
        """A worker died; what it was at waits for another one."""
        with self._lock:
            for run in (self._runs[run_key] for run_key in run_keys if run_key in self._runs):
                if run.state is not JobState.QUEUED:
                    run.lose_worker()
            self._queue_changed()
        self.studies.hear_deaths(run_keys)

    def hear_workers(self) -> None:
        """Others are workers now."""
        self.studies.hear_workers()

    def hear_trouble(self, trouble: Sequence[str], silent: Mapping[str, str]) -> None:
        """Something else is wrong with the cluster than before."""
        with self._lock:
            self._trouble, self._silent = tuple(trouble), silent
            for run in self._runs.values():
                run.version = tick()
            self._queue_changed()

    def _track(self, config: RunConfig, interactive: bool, visitor: str) -> TrackedRun:
        """The run that is trained: somebody's, which a person moves up, or one that is sent now."""
        self._executor.check()
        run = self._runs.get(config.run_key)
        if run is None:
            run = self._runs[config.run_key] = TrackedRun(config, interactive=interactive)
        elif interactive and not run.interactive:
            run.interactive = True
            if run.state is JobState.QUEUED and run.sent is not None:
                self._executor.hurry(run.sent, Rank.PERSON, num_watched(self._of_people(), visitor))
        if interactive and run.sent is None:
            turn = num_watched(self._of_people(), visitor)
            run.sent = self._executor.send(config, Rank.PERSON, partial(self._settle, run), turn=turn, visitor=visitor)
        self._queue_changed()
        self._send_next()
        return run

    def _of_people(self) -> list[TrackedRun]:
        """The runs that people wait for, in order of arrival."""
        return [run for run in self._runs.values() if run.interactive]

    def _take_turns(self) -> None:
        """Have nobody's second run go before somebody's first one; those that move up go behind those of their turn."""
        for run, turn in turns(self._of_people()).items():
            if run.sent is not None and run.sent.turn != turn:
                self._executor.hurry(run.sent, Rank.PERSON, turn)
                self._queue_changed()

    def _send_next(self) -> None:
        """Send the next runs of studies, one for each worker; the others wait here, where their order may change."""
        studies = [run for run in self._runs.values() if not run.interactive]
        waiting = [run for run in studies if run.sent is None]
        free = self._executor.num_workers - (len(studies) - len(waiting))
        try:
            self._executor.check()
        except SchedulerError as error:
            self._end_all(waiting, str(error))
        else:
            for run in waiting[: max(free, 0)]:
                run.sent = self._executor.send(run.config, Rank.STUDY, partial(self._settle, run))

    def _end_all(self, runs: Iterable[TrackedRun], reason: str) -> None:
        for run in runs:
            run.end(reason)
            self._forget(run)

    def _settle(self, run: TrackedRun, outcome: Outcome) -> None:
        """Called in a thread of the executor's when a run is over."""
        unkept = None
        if outcome.reason is None and (missing := self._records.missing(run.run_key, run.whole_record)):
            unkept = RunRecord.from_message(outcome.record) if outcome.record else run.whole_record
            outcome = replace(outcome, notice=outcome.notice or missing, reason=None if unkept else missing)
        with self._lock:
            run.end(outcome.reason, outcome.notice, unkept)
            self._grown.notify_all()
            self._forget(run)
            self._take_turns()
            self._send_next()

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
        """Where a run stands in the queue: people go before studies, each in turn, else who came first."""
        if self._places is None:
            waiting = [one for one in self._runs.values() if one.state is JobState.QUEUED]
            waiting.sort(key=_in_queue)
            self._places = {one: place for place, one in enumerate(waiting, start=1)}
        return self._places.get(run)


def _in_queue(run: TrackedRun) -> tuple[bool, bool, int, int]:
    """What runs that wait are sorted by; those that were not sent yet keep their order."""
    sent = run.sent
    return not run.interactive, sent is None, sent.turn if sent else 0, sent.order if sent else 0
