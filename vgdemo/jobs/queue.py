"""The queue of runs: whoever asks for a run gets a `Job`; the same run is trained once however many ask."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from distributed import Client, Future, KilledWorker

from vgdemo.config import RunConfig
from vgdemo.jobs.cluster import SCHEDULER_VARIABLE, SchedulerError, connected, submitted
from vgdemo.jobs.records import Records
from vgdemo.jobs.training import JobState, Progress, Training, tick
from vgdemo.jobs.worker import TOPIC, Outcome, WarmUp, run
from vgdemo.record import RunRecord, RunStatus
from vgdemo.store import RunStore

TRAINER = "vgdemo.engine:train"
WAITING = "Waiting for the workers to start."
OTHER_STORE = "The run is not kept: the workers have written it to a store that is not this one."
PREFIX = "run-"  # Dask's name for the group of tasks.


class Job:
    """One watcher's hold on a run. Safe to use from any thread."""

    def __init__(self, jobs: Jobs, training: Training) -> None:
        self._jobs = jobs
        self._training = training
        self._released = threading.Event()
        self._stopped: tuple[int, Progress, RunRecord | None] | None = None

    @property
    def config(self) -> RunConfig:
        """The settings of the run."""
        return self._training.config

    @property
    def run_key(self) -> str:
        """The content hash of the settings."""
        return self.config.run_key

    @property
    def version(self) -> int:
        """Rises whenever `progress` or `record` changes, so a poller knows whether to draw again."""
        return self._stopped[0] if self._stopped else self._jobs.version_of(self._training)

    @property
    def progress(self) -> Progress:
        """Where the job stands."""
        return self._stopped[1] if self._stopped else self._jobs.progress_of(self._training)

    @property
    def record(self) -> RunRecord | None:
        """The epochs that have come so far, the whole run once it is done; None before the first ones."""
        return self._stopped[2] if self._stopped else self._jobs.record_of(self._training)

    def release(self) -> None:
        """Want the run no more: when nobody does, it leaves the queue, or stops within one chunk."""
        self._jobs.leave(self._training, self._released)

    def stop(self) -> None:
        """Keep what was trained so far, marked as stopped, and want no more; others who want the run still get it."""
        progress, record = self.progress, self.record
        if not progress.state.is_over:
            epoch = int(record.epochs[-1]) if record else 0
            progress = replace(progress, state=JobState.STOPPED, epoch=epoch, position=None, seconds_left=None)
            self._stopped = tick(), progress, record and replace(record, status=RunStatus.STOPPED)
        self.release()


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
        self._store = store
        self._address = scheduler or os.environ.get(SCHEDULER_VARIABLE)
        self._trainer = trainer
        self._lock = threading.RLock()
        self._trainings: dict[str, Training] = {}  # Those that are not over, in order of submission.
        self._records = Records(store)
        self._queue_version = tick()
        self._workers_are_up = False
        self._client: Client | None = None
        self._error: SchedulerError | None = None
        self._starting = threading.Thread(target=self._start, name="vgdemo-cluster-start", daemon=True)
        self._starting.start()

    def submit(self, config: RunConfig, *, interactive: bool = True) -> Job:
        """A hold on the run: it is found in the store, or joined if somebody trains it, or queued.

        Args:
            config: What to train.
            interactive: Whether a person waits for it; such runs go before those of a study.

        Raises:
            SchedulerError: If there is no cluster to train on.
        """
        if self._records.get(config.run_key):
            return Job(self, Training(config, state=JobState.DONE))
        with self._lock:
            self._check_scheduler()
            training = self._trainings.get(config.run_key)
            if training is None:
                training = self._trainings[config.run_key] = Training(config, interactive=interactive)
                self._send(training)
            elif interactive and not training.interactive:
                self._promote(training)
            training.watchers += 1
            self._queue_version = tick()
        return Job(self, training)

    def close(self) -> None:
        """Stop all that runs and leave the cluster; a local one ends."""
        self._starting.join()
        with self._lock:
            for training in self._trainings.values():
                training.future = None  # Nobody waits for it any more.
            self._trainings.clear()
            client, self._client = self._client, None
            self._error = SchedulerError("Expected an open queue of runs. It was closed.")
        if client is not None:
            for topic in (TOPIC, "all"):
                client.unsubscribe_topic(topic)
            cluster = client.cluster
            client.close()
            if cluster is not None:
                cluster.close()

    # What jobs ask.

    def version_of(self, training: Training) -> int:
        """The tick of the last change of a training or, while it waits, of the queue."""
        with self._lock:
            queued = training.state is JobState.QUEUED
            return max(training.version, self._queue_version) if queued else training.version

    def progress_of(self, training: Training) -> Progress:
        """Where a training stands, its place in the queue included."""
        with self._lock:
            queued = training.state is JobState.QUEUED
            notices = (WAITING,) if queued and not self._workers_are_up else ()
            return training.progress(self._position(training) if queued else None, notices)

    def record_of(self, training: Training) -> RunRecord | None:
        """What there is of a training's record."""
        if training.state is not JobState.DONE:
            return training.live_record
        return training.unkept or self._records.get(training.config.run_key)

    def leave(self, training: Training, released: threading.Event) -> None:
        """Count a watcher out, once."""
        with self._lock:
            if released.is_set():
                return
            released.set()
            training.watchers -= 1
            if training.watchers == 0 and self._trainings.get(training.config.run_key) is training:
                self._drop(training)

    def _position(self, training: Training) -> int | None:
        waiting = [other for other in self._trainings.values() if other.state is JobState.QUEUED]
        waiting.sort(key=lambda other: not other.interactive)
        return waiting.index(training) + 1 if training in waiting else None

    # Talking to Dask. Nothing here waits for Dask under the lock: its thread takes the lock to report events.

    def _start(self) -> None:
        try:
            client = connected(self._address)
            client.subscribe_topic(TOPIC, self._hear_worker)
            client.subscribe_topic("all", self._hear_cluster)
            client.register_plugin(WarmUp(self._trainer))
        except SchedulerError as error:
            self._give_up(error)
            return
        with self._lock:
            self._client = client
            for training in self._trainings.values():
                self._send(training)

    def _give_up(self, error: SchedulerError) -> None:
        with self._lock:
            self._error = error
            for training in self._trainings.values():
                training.end(str(error))
            self._trainings.clear()

    def _check_scheduler(self) -> None:
        if self._client is not None and self._client.status != "running":
            self._error = self._lost()
        if self._error is not None:
            raise self._error

    def _lost(self) -> SchedulerError:
        return SchedulerError(f"Expected the Dask scheduler at {self._address} to answer. The connection was lost.")

    def _send(self, training: Training) -> None:
        if self._client is None:
            return
        future = training.future = submitted(
            self._client,
            PREFIX + training.config.run_key,
            partial(run, self._trainer, training.config, self._store),
            priority=1 if training.interactive else 0,
        )
        future.add_done_callback(partial(self._settle, training))

    def _promote(self, training: Training) -> None:
        """Queue a study's run as one that a person waits for: withdraw it; `_settle` then sends it again."""
        training.interactive = True
        if training.state is JobState.QUEUED and training.future is not None:
            training.future.release()
            training.future = None

    def _drop(self, training: Training) -> None:
        del self._trainings[training.config.run_key]
        self._queue_version = tick()
        if training.future is not None:
            training.future.release()
            training.future = None

    def _hear_worker(self, event: tuple[float, Mapping[str, Any]]) -> None:
        _, message = event
        chunk = RunRecord.from_message(message["chunk"]) if "chunk" in message else None
        with self._lock:
            self._workers_are_up = True
            self._queue_version = tick()
            training = self._trainings.get(message.get("key", "").removeprefix(PREFIX))
            if training is None:
                return
            if chunk is not None:
                training.grow(chunk)
            else:
                training.begin()

    def _hear_cluster(self, event: tuple[float, Mapping[str, Any]]) -> None:
        _, message = event
        if message.get("action") != "remove-worker" or message["expected"]:
            return
        with self._lock:
            for key in message["processing-tasks"]:
                training = self._trainings.get(key.removeprefix(PREFIX))
                if training is not None and training.state is not JobState.QUEUED:
                    training.lose_worker()
            self._queue_version = tick()

    def _settle(self, training: Training, future: Future[Outcome]) -> None:
        """Called in a thread of Dask's when a future is over, whichever way."""
        with self._lock:
            if training.future is not future:
                if self._trainings.get(training.config.run_key) is training and training.future is None:
                    self._send(training)
                return  # Nobody waits for this future any more.
        outcome = self._outcome(future)
        unkept = None
        if outcome.reason is None and not self._records.hold(training.config.run_key, training.whole_record):
            unkept = RunRecord.from_message(outcome.record) if outcome.record else training.whole_record
            outcome = replace(outcome, notice=outcome.notice or OTHER_STORE, reason=None if unkept else OTHER_STORE)
        with self._lock:
            training.end(outcome.reason, outcome.notice, unkept)
            if training.future is future:
                self._drop(training)

    def _outcome(self, future: Future[Outcome]) -> Outcome:
        if future.status in ("cancelled", "lost"):
            return Outcome(reason=str(self._lost()))
        try:
            return future.result()
        except KilledWorker:
            return Outcome(reason="Its worker died again and again; the run may need more memory than there is.")
        except Exception as error:
            return Outcome(reason=f"{type(error).__name__}: {error}")
