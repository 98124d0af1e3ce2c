"""Trials: whom they make way for, how many there are, who shares them, and when they end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import trainers
from jobs.waiting import LONG, SLOW, config, finished, is_training, until

from vgdemo.config import RunConfig
from vgdemo.jobs import Jobs, JobState, Progress, SchedulerError, Trial, Trials, TrialState
from vgdemo.jobs import trials as module
from vgdemo.jobs.executor import SentRun
from vgdemo.jobs.turns import Rank
from vgdemo.jobs.worker import Outcome
from vgdemo.learning import Share
from vgdemo.store import RunStore
from vgdemo.summary import summarize

LEARNS = Trial(TrialState.DONE, Share(1, 1))
LATE = 3  # Seconds for which a busy machine is forgiven.


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks reads."""
    monkeypatch.setattr(module, "READS_AFTER_SECONDS", 0)


def ended(chunks: list[dict[str, Any]], wanted: RunConfig, after: float = 0) -> list[float]:
    """When the chunks of a run ended."""
    times = [chunk["ended"] for chunk in chunks if chunk["run_key"] == wanted.run_key]
    return [moment for moment in times if moment > after]


def test_a_persons_run_waits_for_a_trials_chunk_at_most_and_the_trial_for_the_person(
    telling: Jobs, chunks: list[dict[str, Any]]
) -> None:
    trial = config(1, epochs=LONG)
    telling.trials.look([trial])
    until(lambda: len(ended(chunks, trial)) >= 3)
    asked = time.time()
    people = [telling.submit(config(seed)) for seed in (2, 3)]  # There are two workers: one has the trial.
    until(lambda: all(map(is_training, people)))
    begun = max(ended(chunks, job.config)[0] for job in people)
    assert begun - asked < 10, "the trial takes 20 seconds"
    time.sleep(10 * SLOW)
    assert len(ended(chunks, trial, after=begun)) <= 1, "no chunk but the one that it was at"
    for job in people:
        job.stop()
    paused = time.time()
    until(lambda: len(ended(chunks, trial, after=paused)) >= 2)
    epochs = [chunk["epoch"] for chunk in chunks if chunk["run_key"] == trial.run_key]
    assert epochs == [*range(0, 5 * len(epochs), 5)], "it went on where it paused"


def test_a_study_goes_before_a_trial(telling: Jobs, chunks: list[dict[str, Any]]) -> None:
    trial, studies = config(4), [config(seed) for seed in (5, 6)]
    telling.trials.look([trial])
    until(lambda: ended(chunks, trial))
    telling.shared.train(studies)
    until(lambda: all(ended(chunks, study) for study in studies))
    begun = max(ended(chunks, study)[0] for study in studies)
    time.sleep(10 * SLOW)
    assert len(ended(chunks, trial, after=begun)) <= 1
    telling.shared.stop()


def test_what_a_trial_has_trained_is_found_by_who_tries_the_remedy(
    jobs: Jobs, store: RunStore, starts: list[str]
) -> None:
    tried = config(7, seconds=0, epochs=20)
    until(lambda: jobs.trials.look([tried]) == [LEARNS])
    job = jobs.submit(tried)
    assert job.progress == Progress(JobState.DONE, epoch=20, epochs=20)
    assert len(job.record.epochs) == len(store[tried.run_key].epochs) == 21
    assert starts == [], "nobody followed it"


def test_a_trial_of_which_a_person_wants_to_see_every_epoch_gives_way(
    telling: Jobs, chunks: list[dict[str, Any]]
) -> None:
    tried = config(8, epochs=60)
    telling.trials.look([tried])
    until(lambda: len(ended(chunks, tried)) >= 2)
    job = telling.submit(tried)
    telling.trials.look([tried])
    assert finished(job).state is JobState.DONE
    assert job.record.epochs[0] == 0
    until(lambda: telling.trials.look([tried]) == [LEARNS])


def test_two_web_processes_share_a_trial(
    telling: Jobs, chunks: list[dict[str, Any]], store: RunStore, address: str, open_jobs: Callable[..., Jobs]
) -> None:
    other = open_jobs(store, address, trainer="trainers:train_and_tell")
    tried = config(9, seconds=0.05, epochs=50)
    until(lambda: [jobs.trials.look([tried]) for jobs in (telling, other)] == [[LEARNS]] * 2)
    assert len(ended(chunks, tried)) == 11


def test_a_trial_that_nobody_reads_any_more_stops_within_a_chunk(
    telling: Jobs, chunks: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, other = config(10), config(11, seconds=0, epochs=1)
    telling.trials.look([tried])
    until(lambda: ended(chunks, tried))
    monkeypatch.setattr(module, "READING_SECONDS", 0)
    telling.trials.look([other])
    left = time.time()
    time.sleep(LATE + 10 * SLOW)
    assert ended(chunks, tried, after=left + LATE) == []


@dataclass
class StandInExecutor:
    """Writes down what is sent and withdrawn."""

    sent: list[SentRun] = field(default_factory=list)
    withdrawn: list[SentRun] = field(default_factory=list)
    error: SchedulerError | None = None

    def check(self) -> None:
        if self.error is not None:
            raise self.error

    def send(
        self, config: RunConfig, rank: Rank, on_end: Callable[[Outcome], None], *, is_watched: bool = True
    ) -> SentRun:
        assert not is_watched
        self.sent.append(SentRun(config, rank, on_end))
        return self.sent[-1]

    def withdraw(self, run: SentRun) -> None:
        self.withdrawn.append(run)


@dataclass
class StandInQueue:
    """As many workers as a test says, and the runs of people."""

    num_workers: int = 4
    num_idle_workers: int = 4
    tracked: set[str] = field(default_factory=set)

    def progress(self, run_key: str) -> Progress | None:
        return Progress(JobState.TRAINING, 1, 2) if run_key in self.tracked else None


@pytest.fixture
def executor() -> StandInExecutor:
    return StandInExecutor()


@pytest.fixture
def queue() -> StandInQueue:
    return StandInQueue()


@pytest.fixture
def trials(queue: StandInQueue, executor: StandInExecutor, store: RunStore) -> Trials:
    return Trials(queue, executor, store)  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time as the trials know it."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def ended_with(learned: Share) -> Outcome:
    return Outcome(summary=replace(summarize(trainers.epochs_of(config(0), 0, 5)), learned=learned))


def sent(executor: StandInExecutor) -> list[RunConfig]:
    return [run.config for run in executor.sent]


def states(found: list[Trial]) -> list[TrialState]:
    return [trial.state for trial in found]


RUNS = [config(seed) for seed in range(4)]


@pytest.mark.parametrize(
    ("workers", "idle", "count"), [(4, 4, 2), (4, 1, 1), (4, 0, 0), (1, 1, 1), (1, 0, 0), (2, 2, 1), (3, 3, 1)]
)
def test_trials_take_idle_workers_and_half_of_all_at_most(
    workers: int, idle: int, count: int, trials: Trials, queue: StandInQueue, executor: StandInExecutor
) -> None:
    queue.num_workers, queue.num_idle_workers = workers, idle
    for _ in range(2):
        assert states(trials.look(RUNS)) == [TrialState.AT_WORK] * count + [TrialState.WAITING] * (4 - count)
    assert sent(executor) == RUNS[:count]
    assert {run.rank for run in executor.sent} <= {Rank.TRIAL}


def test_the_next_begins_when_one_is_over_and_what_came_of_it_is_told(
    trials: Trials, executor: StandInExecutor
) -> None:
    trials.look(RUNS)
    executor.sent[0].on_end(ended_with(Share(3, 10)))
    assert sent(executor) == RUNS[:3]
    found = trials.look(RUNS)
    assert found[0] == Trial(TrialState.DONE, Share(3, 10))
    assert states(found[1:]) == [TrialState.AT_WORK, TrialState.AT_WORK, TrialState.WAITING]


def test_none_begins_on_the_worker_that_a_run_has_taken_meanwhile(
    trials: Trials, queue: StandInQueue, executor: StandInExecutor
) -> None:
    trials.look(RUNS)
    queue.num_idle_workers = 1
    executor.sent[0].on_end(ended_with(Share(3, 10)))
    trials.look(RUNS)
    assert sent(executor) == RUNS[:2]


def test_a_hundred_readers_of_a_run_share_its_trials(trials: Trials, executor: StandInExecutor) -> None:
    for _ in range(100):
        trials.look(RUNS)
    assert sent(executor) == RUNS[:2]


def test_the_trials_of_a_server_are_bounded_and_the_others_get_their_turn(
    trials: Trials, executor: StandInExecutor, clock: list[float]
) -> None:
    many = [config(seed) for seed in range(module.MOST_WANTED + 1)]
    assert trials.look(many)[-1] == Trial(TrialState.WAITING)
    assert len(trials._wanted) == module.MOST_WANTED
    clock[0] += module.READING_SECONDS + 1
    trials.look(many[-1:])  # The first reader has gone; now there is room.
    trials.look(many[-1:])
    assert sent(executor)[-1] == many[-1]


def test_what_nobody_looks_at_any_more_is_withdrawn_and_not_begun(
    trials: Trials, executor: StandInExecutor, clock: list[float]
) -> None:
    trials.look(RUNS)
    clock[0] += module.READING_SECONDS - 1
    trials.look(RUNS[:1])
    clock[0] += 2
    trials.look(RUNS[:1])
    assert [run.config for run in executor.withdrawn] == [RUNS[1]]
    clock[0] += 2 * module.READING_SECONDS
    executor.sent[0].on_end(ended_with(Share(1, 1)))
    assert sent(executor) == RUNS[:2]


def test_what_the_store_holds_is_told_at_once_and_not_trained(
    trials: Trials, executor: StandInExecutor, store: RunStore
) -> None:
    stored = config(20, epochs=3)
    store[stored.run_key] = trainers.epochs_of(stored, 0, 3)
    assert trials.look([stored]) == [LEARNS]
    assert sent(executor) == []


def test_a_trial_that_failed_is_not_repeated_while_somebody_reads(
    trials: Trials, executor: StandInExecutor, clock: list[float]
) -> None:
    trials.look(RUNS[:1])
    executor.sent[0].on_end(Outcome(reason="out of memory"))
    assert states(trials.look(RUNS[:1])) == [TrialState.FAILED]
    assert sent(executor) == RUNS[:1]
    clock[0] += module.READING_SECONDS + 1
    trials.look([])
    trials.look(RUNS[:1])
    assert sent(executor) == RUNS[:1] * 2


def test_what_a_person_has_in_training_is_not_tried_beside_it(
    trials: Trials, queue: StandInQueue, executor: StandInExecutor
) -> None:
    queue.tracked.add(RUNS[0].run_key)
    assert states(trials.look(RUNS[:2])) == [TrialState.WAITING, TrialState.AT_WORK]
    trials.look(RUNS[:3])
    trials.give_way(RUNS[1].run_key)
    trials.give_way(RUNS[3].run_key)  # Of which there is none.
    assert [run.config for run in executor.withdrawn] == [RUNS[1]]


def test_without_a_cluster_trials_wait(trials: Trials, executor: StandInExecutor) -> None:
    executor.error = SchedulerError("Expected a scheduler. Received: silence.")
    assert states(trials.look(RUNS)) == [TrialState.WAITING] * 4
    assert sent(executor) == []


@pytest.mark.parametrize(("said", "is_on"), [(None, True), ("on", True), ("OFF", False), ("off", False), ("2", False)])
def test_the_environment_turns_trials_off(
    said: str | None,
    is_on: bool,
    queue: StandInQueue,
    executor: StandInExecutor,
    store: RunStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.delenv(module.VARIABLE)
    if said is not None:
        monkeypatch.setenv(module.VARIABLE, said)
    assert Trials(queue, executor, store).is_on == is_on  # type: ignore[arg-type]
    assert ("Expected VGDEMO_TRIALS to be on or off" in caplog.text) == (said == "2")


def test_the_real_engine_tries_a_remedy(store: RunStore, address: str, open_jobs: Callable[..., Jobs]) -> None:
    jobs = open_jobs(store, address)
    tried = RunConfig(epochs=5, replicates=2, num_hidden_layers=1, n_samples=100)
    until(lambda: jobs.trials.look([tried])[0].state is TrialState.DONE, 600)  # It goes behind everything.
    assert jobs.trials.look([tried])[0].learned == store.look_up(tried.run_key).summary.learned  # type: ignore[union-attr]


def test_who_is_still_choosing_gets_the_whole_machine(
    trials: Trials, executor: StandInExecutor, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READS_AFTER_SECONDS", 2)
    for passed, sent in ((0, 0), (1, 0), (1, 1)):
        clock[0] += passed
        trials.look([config(1)])
        assert len(executor.sent) == sent
