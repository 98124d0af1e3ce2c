"""Studies: grids of runs that belong to the server, not to a visit, and go on when a page closes."""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Protocol

from vgdemo.config import RunConfig
from vgdemo.jobs.cluster import SchedulerError
from vgdemo.jobs.executor import Executor, SentRun
from vgdemo.jobs.programs import Programs
from vgdemo.jobs.tracked_run import Progress, tick
from vgdemo.jobs.turns import Rank
from vgdemo.jobs.worker import Outcome
from vgdemo.room import program_key
from vgdemo.store import RunStore, StoreError
from vgdemo.study import Grid, Study
from vgdemo.summary import Summary
from vgdemo.waiting import expected_seconds

FIRST_REST, LONGEST_REST = 1.0, 60.0  # Seconds before what failed outside of a run is tried again, doubled each time.
POLL_SECONDS = 1.0  # Between two looks whether a rest is over, or a place is free that nobody has told of.
MOST_KNOWN = 20  # Studies that are not at work, of which the results stay in memory.
OTHER_STORE = """Expected the workers to keep runs in this store. They have written to another one: give them the same
VGDEMO_STORE, on storage that all machines share."""


class StudyState(enum.StrEnum):
    """Where a study stands."""

    READY = "ready"  # Nobody has started it on this server.
    RUNNING = "running"
    PAUSED = "paused"  # What workers are at is trained to its end.
    STOPPED = "stopped"
    COMPLETE = "complete"  # Every run is in the store, or has failed.


@dataclass(frozen=True)
class StudyProgress:
    """Where a study stands.

    Attributes:
        grid: What is studied.
        state: Where it stands.
        is_known: Whether it is known which runs the store holds.
        done: Runs that are in the store.
        trained: Those of them that were trained since it was started here.
        failed: Run to the reason why it cannot be trained.
        at_work: The runs that are with workers.
        rate: Runs a minute, None before the first one.
        seconds_left: Until all are done; None where nothing says so.
        trouble: Why nothing goes on just now, in a sentence; empty if it does.
        deaths: How often a worker died that was at one of its runs, which another one then took.
        version: Rises whenever there is something new.
    """

    grid: Grid
    state: StudyState
    is_known: bool
    done: int
    trained: int
    failed: Mapping[RunConfig, str]
    at_work: tuple[RunConfig, ...]
    rate: float | None
    seconds_left: float | None
    trouble: str
    deaths: int
    version: int


@dataclass(eq=False)
class TrackedStudy:
    """A study as the server knows it.

    Attributes:
        grid: What is studied.
        state: Where it stands.
        summaries: How the runs end that are in the store.
        waiting: Runs that are neither done nor sent, in order.
        sent: Runs that are with the executor.
        failed: Run to the reason why it cannot be trained.
        trouble: Why nothing goes on just now.
        rests_until: When it is tried again.
        rest: Seconds of the next rest.
        deaths: How often a worker died.
        trained: Runs that were trained here.
        expected: Seconds that these were expected to take.
        worked: Seconds for which it was at work, up to `began`.
        began: Since when it is at work; None if it is not.
        is_known: Whether it is known which runs the store holds.
        version: The tick of its last change.
    """

    grid: Grid
    state: StudyState = StudyState.READY
    summaries: dict[RunConfig, Summary] = field(default_factory=dict)
    waiting: dict[RunConfig, None] = field(default_factory=dict)
    sent: dict[RunConfig, SentRun] = field(default_factory=dict)
    failed: dict[RunConfig, str] = field(default_factory=dict)
    trouble: str = ""
    rests_until: float = 0.0
    rest: float = FIRST_REST
    deaths: int = 0
    trained: int = 0
    expected: float = 0.0
    worked: float = 0.0
    began: float | None = None
    is_known: bool = False
    version: int = field(default_factory=tick)

    def turn(self, state: StudyState) -> None:
        """Stand elsewhere now; the clock runs while it is at work."""
        now = time.monotonic()
        if self.began is not None:
            self.worked += now - self.began
        self.began = now if state is StudyState.RUNNING else None
        self.state = state
        self.version = tick()

    def know(self, summaries: Mapping[RunConfig, Summary]) -> None:
        """These of its runs are in the store, and no others."""
        self.summaries = dict(summaries)
        over = summaries.keys() | self.sent.keys() | self.failed.keys()
        self.waiting = {config: None for config in self.grid.configs if config not in over}
        self.is_known = True
        self.end_if_all_is_over()
        self.version = tick()

    def finish(self, config: RunConfig, summary: Summary) -> None:
        """A run was trained, and is kept."""
        self.summaries[config] = summary
        self.trained += 1
        self.expected += self.costs[config]
        self.trouble, self.rest = "", FIRST_REST
        self.version = tick()

    def end_if_all_is_over(self) -> None:
        """Once no run waits or is with a worker."""
        if self.state is StudyState.RUNNING and self.is_known and not self.waiting and not self.sent:
            self.turn(StudyState.COMPLETE)

    def rest_because(self, trouble: str) -> None:
        """Rest, longer each time, because of something that is not a run's fault."""
        self.trouble = trouble
        self.rests_until = time.monotonic() + self.rest
        self.rest = min(2 * self.rest, LONGEST_REST)
        self.version = tick()

    @cached_property
    def costs(self) -> dict[RunConfig, float]:
        """Seconds that each run is expected to take, beside one another."""
        return {config: expected_seconds(config) for config in self.grid.configs}

    @cached_property
    def programs(self) -> dict[Hashable, list[RunConfig]]:
        """Its runs by the program that they need, in order."""
        runs: dict[Hashable, list[RunConfig]] = {}
        for config in self.grid.configs:
            runs.setdefault(program_key(config), []).append(config)
        return runs

    @property
    def seconds(self) -> float:
        """For which it was at work."""
        return self.worked + (0 if self.began is None else time.monotonic() - self.began)

    @property
    def progress(self) -> StudyProgress:
        """What there is to say of it."""
        seconds = self.seconds
        open_runs = [*self.waiting, *self.sent]
        left = sum(self.costs[run] for run in open_runs) * seconds / self.expected if self.expected else None
        return StudyProgress(
            grid=self.grid,
            state=self.state,
            is_known=self.is_known,
            done=len(self.summaries),
            trained=self.trained,
            failed=dict(self.failed),
            at_work=tuple(self.sent),
            rate=60 * self.trained / seconds if self.trained and seconds else None,
            seconds_left=left if open_runs else 0.0,
            trouble=self.trouble,
            deaths=self.deaths,
            version=self.version,
        )


class Queue(Protocol):
    """The runs that people wait for."""

    def progress(self, run_key: str) -> Progress | None:
        """Where a run stands; None if nobody waits for it."""


class Studies:
    """All studies of this server. Safe to use from any thread.

    One thread of its own looks into the store and sends runs, one for each free place of a worker, so that what comes
    of them decides what is next. A run that fails by itself is over; what fails around it, the scheduler or the store,
    puts it back, and the study tries again after a rest. Every finished run is in the store, so a study that is started
    again trains only what is missing.

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
        self._programs = Programs()
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
            return Study(grid, self._tracked(grid).summaries)

    def listed(self) -> list[StudyProgress]:
        """The studies that were started here, the last one first."""
        with self._lock:
            begun = [study for study in self._studies.values() if study.state is not StudyState.READY]
            return [study.progress for study in reversed(begun)]

    def start(self, grid: Grid) -> None:
        """Train what the store does not hold; after a pause, a stop or failures, go on with what is missing."""
        with self._lock:
            study = self._tracked(grid)
            if study.state is not StudyState.RUNNING:
                study.failed.clear()
                study.trouble, study.rests_until, study.rest = "", 0.0, FIRST_REST
                study.is_known = False  # Others may have trained, or removed, some of them.
                study.turn(StudyState.RUNNING)
        self._wake.set()

    def pause(self, grid: Grid) -> None:
        """Send no more runs; those with workers are trained to their end."""
        with self._lock:
            if self._tracked(grid).state is StudyState.RUNNING:
                self._tracked(grid).turn(StudyState.PAUSED)

    def stop(self, grid: Grid) -> None:
        """Send no more runs; those with workers stop within a chunk, and are lost."""
        with self._lock:
            study = self._tracked(grid)
            if study.state in (StudyState.RUNNING, StudyState.PAUSED):
                study.turn(StudyState.STOPPED)
                for config in [*study.sent]:
                    self._take_back(study, config)

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
        """Some have come, or gone."""
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
        """Those at rest that were looked at first; the store knows what came of them."""
        at_rest = [key for key, study in self._studies.items() if study.began is None and not study.sent]
        for key in at_rest[: len(at_rest) - MOST_KNOWN + 1] if len(at_rest) >= MOST_KNOWN else []:
            del self._studies[key]

    def _take_back(self, study: TrackedStudy, config: RunConfig) -> None:
        self._executor.withdraw(study.sent.pop(config))
        study.waiting[config] = None  # Last.
        study.version = tick()

    def _work(self) -> None:
        while self._is_open:
            self._wake.wait(POLL_SECONDS if self._has_work() else None)
            self._wake.clear()
            try:
                self._look_up_unknown()
                self._send_all()
            except (SchedulerError, StoreError) as error:
                self._rest(str(error))

    def _has_work(self) -> bool:
        with self._lock:
            return any(study.waiting or not study.is_known for study in self._running())

    def _running(self) -> list[TrackedStudy]:
        return [study for study in self._studies.values() if study.state is StudyState.RUNNING]

    def _rest(self, trouble: str) -> None:
        """Nothing can be trained, or found, just now."""
        with self._lock:
            for study in self._running():
                if study.rests_until <= time.monotonic():
                    study.rest_because(trouble)
        self._executor.start_anew()

    def _look_up_unknown(self) -> None:
        """Ask the store, which may be far away, without anybody waiting for it."""
        with self._lock:
            unknown = [study for study in self._studies.values() if not study.is_known]
        for study in unknown:
            stored = self._store.look_up_all(config.run_key for config in study.grid.configs)
            known = {config: stored[config.run_key] for config in study.grid.configs if config.run_key in stored}
            summaries = {config: run.summary for config, run in known.items() if run.summary.ends}
            with self._lock:
                study.know(summaries)

    def _send_all(self) -> None:
        """Send a run to each free place, to that of a study with fewest runs at work first."""
        with self._lock:
            if not any(study.waiting for study in self._running()):
                return
        self._executor.check()
        for worker, places in self._executor.workers().items():
            for _ in range(places - self._num_sent_to(worker)):
                if not self._send_one(worker):
                    return

    def _num_sent_to(self, worker: str) -> int:
        with self._lock:
            return sum(run.worker == worker for study in self._studies.values() for run in study.sent.values())

    def _send_one(self, worker: str) -> bool:
        """Whether there was a run to send."""
        now = time.monotonic()
        with self._lock:
            ready = [study for study in self._running() if study.rests_until <= now]
            for study in sorted(ready, key=lambda study: len(study.sent)):
                config = self._programs.choose(worker, study.programs, partial(self._is_free, study))
                if config is not None:
                    del study.waiting[config]
                    settle = partial(self._settle, study, config)
                    study.sent[config] = self._executor.send(
                        config, Rank.STUDY, settle, is_watched=False, worker=worker
                    )
                    study.version = tick()
                    return True
        return False

    def _is_free(self, study: TrackedStudy, config: RunConfig) -> bool:
        """Whether a run waits, and nobody else has it trained."""
        return config in study.waiting and self._queue.progress(config.run_key) is None

    def _settle(self, study: TrackedStudy, config: RunConfig, outcome: Outcome) -> None:
        """Called in a thread of Dask's when a run is over."""
        is_elsewhere = outcome.notice is None and outcome.summary is not None and self._is_elsewhere(study, config)
        with self._lock:
            study.sent.pop(config, None)
            if is_elsewhere:
                study.waiting[config] = None
                study.trouble = OTHER_STORE
                study.turn(StudyState.PAUSED)
            elif outcome.summary is not None and outcome.notice is None:
                study.finish(config, outcome.summary)
            elif outcome.notice or outcome.is_lost:
                study.waiting[config] = None
                study.rest_because(outcome.notice or outcome.reason or "")
            else:
                study.failed[config] = outcome.reason or "for no known reason"
            study.end_if_all_is_over()
        self._wake.set()

    def _is_elsewhere(self, study: TrackedStudy, config: RunConfig) -> bool:
        """Whether a worker keeps runs where nobody finds them; of each worker the first run tells."""
        worker = study.sent[config].worker if config in study.sent else None
        if worker is None or worker in self._verified:
            return False
        if self._store.look_up(config.run_key) is None:
            return True
        self._verified.add(worker)
        return False
