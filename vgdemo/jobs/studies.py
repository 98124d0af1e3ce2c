"""Studies: grids of runs that belong to the server, not to a visit, and go on when a page closes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from contextlib import suppress
from functools import partial
from typing import Protocol

from vgdemo.config import RunConfig
from vgdemo.jobs.cluster import SchedulerError
from vgdemo.jobs.executor import Executor
from vgdemo.jobs.fairness import check_studies, surplus
from vgdemo.jobs.programs import Programs
from vgdemo.jobs.tracked_run import Progress, tick
from vgdemo.jobs.tracked_study import StudyProgress, StudyState, TrackedStudy, note_of, noted_study
from vgdemo.jobs.turns import Rank
from vgdemo.jobs.worker import Outcome
from vgdemo.store import RunStore, StoreError
from vgdemo.study import Grid, Study

POLL_SECONDS = 1.0  # Between two looks whether a rest is over, or a place is free that nobody has told of.
MOST_KNOWN = 20  # Studies not at work of which the results stay in memory; as many again that were only looked at.
OTHER_STORE = "Expected all workers to keep their runs in {store}. Received: one that keeps them elsewhere."

_log = logging.getLogger(__name__)


class Queue(Protocol):
    """The runs that people wait for."""

    def progress(self, run_key: str) -> Progress | None:
        """Where a run stands; None if nobody waits for it."""


class Studies:
    """All studies of this server. Safe to use from any thread.

    One thread of its own looks into the store and sends runs, as many as workers have places and one more for each, so
    that what comes of them decides what is next. A run that fails by itself is over; what fails around it, the
    scheduler or the store, puts it back, and the study tries again after a rest. Every finished run is in the store, so
    a study that is started again trains only what is missing. The store also notes which studies were started, for the
    server that comes next.

    Args:
        queue: The runs that people wait for; a study does not train what they watch.
        executor: What trains.
        store: Where finished runs are found.
    """

    def __init__(self, queue: Queue, executor: Executor, store: RunStore) -> None:
        self._queue = queue
        self._executor = executor
        self._store = store
        self._lock = threading.RLock()
        self._studies: dict[str, TrackedStudy] = {}
        self._forgotten: dict[str, None] = {}  # Keys of studies of which the store is to keep no note.
        self._recalls = False  # Whether somebody has asked for what was started before.
        self._has_recalled = False
        self._programs = Programs()
        self._grown: set[str] = set()  # Workers that are about to be replaced.
        self._verified: set[str] = set()  # Workers that keep runs where they are found.
        self._wake = threading.Event()
        self._is_open = True
        self._thread = threading.Thread(target=self._work, name="vgdemo-studies", daemon=True)
        self._thread.start()

    def look(self, grid: Grid) -> StudyProgress:
        """Where a study stands; which of its runs are stored is looked up in the background."""
        with self._lock:
            return self._tracked(grid).progress

    def results(self, grid: Grid) -> Study:
        """What is known of its runs so far."""
        with self._lock:
            study = self._tracked(grid)
            return Study(grid, study.summaries, study.failed)

    def listed(self) -> list[StudyProgress]:
        """The studies that somebody has started, latest first; those of earlier servers come in the background."""
        with self._lock:
            if not self._recalls:
                self._recalls = True
                self._wake.set()
            begun = [study for study in self._studies.values() if study.started is not None]
            begun.sort(key=lambda study: str(study.started), reverse=True)
            return [study.progress for study in begun]

    def start(self, grid: Grid, visitor: str = "") -> None:
        """Train what the store does not hold; after a pause, a stop or failures, go on with what is missing.

        Args:
            grid: The study.
            visitor: Who wants it, among several people; empty for the owner of the server. The study stays that of who
                started it first.

        Raises:
            QueueFullError: If so many are at work already, of this visitor or of all.
        """
        with self._lock:
            study = self._tracked(grid)
            if study.state is not StudyState.RUNNING:
                check_studies(
                    [one.visitor for one in self._studies.values() if one.state is StudyState.RUNNING], visitor
                )
                study.start(visitor)
        self._wake.set()

    def pause(self, grid: Grid) -> None:
        """Send no more runs; those with workers are trained to their end."""
        with self._lock:
            if self._tracked(grid).state is StudyState.RUNNING:
                self._tracked(grid).turn(StudyState.PAUSED)
        self._wake.set()

    def stop(self, grid: Grid) -> None:
        """Send no more runs; those with workers stop within a chunk, and are lost."""
        with self._lock:
            study = self._tracked(grid)
            if study.state in (StudyState.RUNNING, StudyState.PAUSED):
                study.turn(StudyState.STOPPED)
                for config in [*study.sent]:
                    self._take_back(study, config)
        self._wake.set()

    def forget(self, grid: Grid) -> None:
        """Stop a study and list it no more; its runs stay in the store."""
        self.stop(grid)
        with self._lock:
            self._studies.pop(grid.key, None)
            self._forgotten[grid.key] = None
        self._wake.set()

    def give_way(self, run_key: str) -> None:
        """Somebody wants to watch this run: a study's training of it stops, for it would tell of its end alone."""
        with self._lock:
            for study in self._studies.values():
                for config in [config for config in study.sent if config.run_key == run_key]:
                    self._take_back(study, config)

    @property
    def num_at_work(self) -> int:
        """Runs of studies that are with workers."""
        with self._lock:
            return sum(len(study.sent) for study in self._studies.values())

    def hear_workers(self) -> None:
        """Some have come, or gone; who rests because there were none need not wait for longer."""
        with self._lock:
            for study in self._studies.values():
                study.hope()
        self._wake.set()

    def hear_deaths(self, run_keys: Collection[str]) -> None:
        """A worker died; what it was at is given to another one."""
        with self._lock:
            for study in self._studies.values():
                lost = sum(config.run_key in run_keys for config in study.sent)
                if lost:
                    study.deaths += 1
                    study.version = tick()

    def close(self) -> None:
        """Send nothing more."""
        self._is_open = False
        self._wake.set()
        self._thread.join()

    def _tracked(self, grid: Grid) -> TrackedStudy:
        if grid.key not in self._studies:
            self._forget_old()
            self._studies[grid.key] = TrackedStudy(grid)
            self._wake.set()
        return self._studies[grid.key]

    def _forget_old(self) -> None:
        """The first of those at rest, and of those that were only looked at; the store knows what came of them."""
        at_rest = [study for study in self._studies.values() if study.is_at_rest]
        looked_at = [study for study in at_rest if study.started is None]
        begun = sorted((study for study in at_rest if study.started is not None), key=lambda study: str(study.started))
        for study in (*looked_at[:-MOST_KNOWN], *begun[:-MOST_KNOWN]):
            if study.is_noted:
                del self._studies[study.grid.key]

    def _take_back(self, study: TrackedStudy, config: RunConfig) -> None:
        self._executor.withdraw(study.sent.pop(config))
        study.waiting[config] = None  # Last.
        study.version = tick()

    def _work(self) -> None:
        while self._is_open:
            self._wake.wait(POLL_SECONDS if self._has_work() else None)
            self._wake.clear()
            try:
                self._look_into_the_store()
                self._send_all()
            except SchedulerError as error:
                self._rest(str(error))
                self._executor.start_anew()
            except Exception as error:  # Nobody foresaw it. A thread that ends would leave all studies without a word.
                _log.exception("Studies rest")
                self._rest(f"{type(error).__name__}: {error}")

    def _has_work(self) -> bool:
        with self._lock:
            is_untold = bool(self._forgotten) or self._recalls > self._has_recalled
            return is_untold or any(
                study.is_under_way or not (study.is_known and study.is_noted) for study in self._studies.values()
            )

    def _rest(self, trouble: str) -> None:
        with self._lock:
            for study in self._studies.values():
                if study.is_under_way:
                    study.rest_because(trouble)

    def _look_into_the_store(self) -> None:
        """Ask and tell it what is to be known; it may be far away, so nobody else waits for it."""
        with suppress(StoreError):  # Then it is tried again; the studies themselves say that there is trouble.
            self._recall_all()
            for key in [*self._forgotten]:
                self._store.forget_study(key)
                del self._forgotten[key]
        with self._lock:
            studies = [study for study in self._studies.values() if not study.rests]
        for study in studies:
            try:
                self._recall(study)
                self._note(study)
                self._look_up(study)
            except StoreError as error:
                with self._lock:
                    study.rest_because(str(error))

    def _recall_all(self) -> None:
        """Find the studies that earlier servers were at, the latest ones."""
        if not self._recalls or self._has_recalled:
            return
        noted = [
            (key, study) for key, note in self._store.studies().items() if (study := noted_study(note)) is not None
        ]
        noted.sort(key=lambda item: str(item[1].started))
        with self._lock:
            recalled = {study.grid.key: study for key, study in noted[-MOST_KNOWN:] if key not in self._forgotten}
            self._forgotten |= {key: None for key, study in noted if key != study.grid.key}  # Other keys are of today.
            self._studies = recalled | self._studies
            self._has_recalled = True

    def _recall(self, study: TrackedStudy) -> None:
        """Find out whether somebody has started it before, and who; again before a note of it is written."""
        if not (study.is_recalled and study.is_noted):
            note = self._store.study(study.grid.key)
            with self._lock:
                study.recall(noted_study(note) if note and study.grid.key not in self._forgotten else None)

    def _note(self, study: TrackedStudy) -> None:
        with self._lock:
            if study.is_noted or study.grid.key in self._forgotten:
                return
            study.is_noted = True
            note = note_of(study)
        try:
            self._store.note_study(study.grid.key, note)
        except StoreError:
            study.is_noted = False
            raise
        if study.owner:
            self._forget_surplus()

    def _forget_surplus(self) -> None:
        """Strangers fill no disk with notes: the first ones go, unless their studies are at work."""
        too_many = surplus(self._store.studies())
        with self._lock:
            for key in too_many:
                if key not in self._studies or self._studies[key].is_at_rest:
                    self._studies.pop(key, None)
                    self._forgotten[key] = None
        self._wake.set()

    def _look_up(self, study: TrackedStudy) -> None:
        with self._lock:
            if study.is_known:
                return
            before = set(study.summaries)
        stored = self._store.look_up_all(config.run_key for config in study.grid.configs)
        known = {config: stored[config.run_key] for config in study.grid.configs if config.run_key in stored}
        summaries = {config: run.summary for config, run in known.items() if run.summary.ends}
        with self._lock:
            study.know(summaries, before)

    def _send_all(self) -> None:
        """Send a run to each free place, to that of a study with fewest runs at work first."""
        with self._lock:
            is_needed = any(study.is_under_way and not study.rests for study in self._studies.values())
        if not is_needed:
            return
        self._executor.check()
        workers = self._executor.workers()
        self._programs.forget_all_but(workers)
        self._grown &= workers.keys()
        for worker, places in ((worker, places) for worker, places in workers.items() if worker not in self._grown):
            for _ in range(places + self._ahead(workers) - self._num_sent_to(worker)):
                if not self._send_one(worker):
                    return

    def _ahead(self, workers: Collection[str]) -> int:
        """One more run for each worker, so that it need not wait while the one before is being kept.

        None towards the end, where another worker may be without any.
        """
        with self._lock:
            waiting = sum(len(study.waiting) for study in self._studies.values() if study.is_under_way)
        return int(waiting > 2 * len(workers))

    def _num_sent_to(self, worker: str) -> int:
        with self._lock:
            return sum(run.worker == worker for study in self._studies.values() for run in study.sent.values())

    def _send_one(self, worker: str) -> bool:
        """Whether there was a run to send."""
        with self._lock:
            ready = [study for study in self._studies.values() if study.is_under_way and not study.rests]
            for study in sorted(ready, key=lambda study: (len(study.sent), study.served)):
                config = self._programs.choose(worker, study.programs, partial(self._is_free, study))
                if config is not None:
                    self._send(study, config, worker)
                    return True
        return False

    def _send(self, study: TrackedStudy, config: RunConfig, worker: str) -> None:
        settle = partial(self._settle, study, config)
        study.sent[config] = self._executor.send(
            config, Rank.STUDY, settle, visitor=study.visitor, is_watched=False, worker=worker
        )
        del study.waiting[config]
        study.served = study.version = tick()

    def _is_free(self, study: TrackedStudy, config: RunConfig) -> bool:
        """Whether a run waits, and nobody else has it trained."""
        return config in study.waiting and self._queue.progress(config.run_key) is None

    def _settle(self, study: TrackedStudy, config: RunConfig, outcome: Outcome) -> None:
        """Called in a thread of Dask's when a run is over, perhaps one that was taken back and sent again meanwhile."""
        trouble = self._trouble(study, config, outcome)
        with self._lock:
            sent = study.sent.pop(config, None)
            if sent is not None:
                if outcome.has_grown and sent.worker:
                    self._grown.add(sent.worker)
                self._executor.withdraw(sent)
            study.waiting.pop(config, None)
            if trouble:
                study.waiting[config] = None
                study.rest_because(trouble)
            elif outcome.summary is not None:
                study.finish(config, outcome.summary)
            else:
                study.failed[config] = outcome.reason or "for no known reason"
            study.end_if_all_is_over()
            study.version = tick()
        self._wake.set()

    def _trouble(self, study: TrackedStudy, config: RunConfig, outcome: Outcome) -> str:
        """What has kept a run from being trained or kept that is not its fault; empty if nothing has."""
        if outcome.notice or outcome.is_lost:
            return outcome.notice or outcome.reason or ""
        with self._lock:
            worker = study.sent[config].worker if config in study.sent else None
        if outcome.summary is None or worker is None or worker in self._verified:
            return ""
        return self._verify(worker, config)

    def _verify(self, worker: str, config: RunConfig) -> str:
        """See by a worker's first run whether it keeps them where they are found; what is wrong if it does not."""
        try:
            if not self._store.look_up_all([config.run_key]):
                return OTHER_STORE.format(store=self._store)
        except StoreError as error:
            return str(error)
        self._verified.add(worker)
        return ""
