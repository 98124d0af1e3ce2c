"""Studies on real workers: what is trained, how often, by whom it is stopped, and for whom it makes way."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import trainers
from jobs.waiting import LONG, SLOW, config, finished, is_training, until

from vgdemo.config import RunConfig
from vgdemo.jobs import Jobs, JobState, SchedulerError, Studies, StudyProgress, StudyState, tracked_study
from vgdemo.jobs.executor import SentRun
from vgdemo.jobs.fairness import MOST_NOTED_OF_ONE
from vgdemo.jobs.studies import MOST_KNOWN
from vgdemo.jobs.turns import Rank
from vgdemo.jobs.worker import Outcome
from vgdemo.store import RunStore, StoredRun, StoreError
from vgdemo.study import Grid
from vgdemo.summary import summarize

LATE = 3  # Seconds for which a busy machine is forgiven.
Chunks = list[dict[str, Any]]


def grid(seeds: Iterable[int], *, seconds: float = 0.0, epochs: int = 5) -> Grid:
    """A study of a run for each seed."""
    return Grid.of(config(0, seconds=seconds, epochs=epochs), {"seed": [*seeds]})


def complete(jobs: Jobs, study: Grid) -> StudyProgress:
    until(lambda: jobs.studies.look(study).state is StudyState.COMPLETE)
    return jobs.studies.look(study)


def trainings(chunks: Chunks) -> list[int]:
    """How often each run was begun."""
    return [*Counter(chunk["run_key"] for chunk in chunks if chunk["epoch"] == 0).values()]


def test_every_run_is_trained_once_and_kept_though_nobody_looks(
    telling: Jobs, store: RunStore, chunks: Chunks, starts: list[str]
) -> None:
    study = grid(range(12))
    assert telling.studies.look(study).state is StudyState.READY
    telling.studies.start(study)
    until(lambda: len(store) == 12)
    progress = complete(telling, study)
    assert (progress.done, progress.trained, progress.at_work, progress.seconds_left) == (12, 12, (), 0)
    assert (progress.failed, progress.trouble, progress.deaths) == ({}, "", 0)
    assert progress.rate > 0
    assert trainings(chunks) == [1] * 12
    assert starts == [], "nobody watches, and workers tell of the end alone"
    results = telling.studies.results(study)
    assert [*results] == [*study.configs] and results.missing == ()
    assert str(results[study.configs[3]].learned) == str(store.look_up(study.configs[3].run_key).summary.learned)


def test_a_study_that_is_started_again_trains_only_what_is_missing(
    telling: Jobs, store: RunStore, chunks: Chunks
) -> None:
    study = grid(range(20, 26))
    telling.studies.start(study)
    complete(telling, study)
    for one in study.configs[:2]:
        del store[one.run_key]
    chunks.clear()
    telling.studies.start(study)
    until(lambda: len(store) == 6)
    assert complete(telling, study).done == 6
    assert trainings(chunks) == [1, 1]


def test_what_another_server_has_trained_is_not_trained_again(
    telling: Jobs, store: RunStore, chunks: Chunks, address: str, open_jobs: Callable[..., Jobs]
) -> None:
    study = grid(range(30, 36))
    other = open_jobs(store, address, trainer="trainers:train_and_tell")
    for jobs in (telling, other):
        jobs.studies.start(study)
    assert [complete(jobs, study).done for jobs in (telling, other)] == [6, 6]
    assert trainings(chunks) == [1] * 6


def test_a_pause_ends_what_is_at_work_and_sends_no_more_until_it_goes_on(telling: Jobs, chunks: Chunks) -> None:
    study = grid(range(40, 46), seconds=SLOW)
    telling.studies.start(study)
    until(lambda: len(telling.studies.look(study).at_work) == 2 and len(chunks) >= 2)
    telling.studies.pause(study)
    until(lambda: not telling.studies.look(study).at_work)
    paused = telling.studies.look(study)
    time.sleep(0.3)
    assert telling.studies.look(study) == paused
    assert (paused.state, paused.done < 6) == (StudyState.PAUSED, True)
    telling.studies.start(study)
    assert complete(telling, study).done == 6
    assert trainings(chunks) == [1] * 6


def test_a_stop_ends_runs_within_a_chunk_and_what_was_lost_is_trained_again(
    telling: Jobs, store: RunStore, chunks: Chunks
) -> None:
    study = grid(range(50, 53), seconds=SLOW, epochs=100)
    telling.studies.start(study)
    until(lambda: len(chunks) >= 4)
    telling.studies.stop(study)
    assert telling.studies.look(study).at_work == ()
    time.sleep(LATE)
    heard = len(chunks)
    time.sleep(3 * SLOW)
    assert (len(chunks), len(store), telling.studies.look(study).state) == (heard, 0, StudyState.STOPPED)
    telling.studies.start(study)
    assert complete(telling, study).done == 3


def test_a_person_gets_every_epoch_of_a_run_that_a_study_is_at_which_then_is_the_studys_too(
    telling: Jobs, chunks: Chunks
) -> None:
    study = grid(range(60, 62), seconds=SLOW, epochs=40)
    telling.studies.start(study)
    until(lambda: len(chunks) >= 4)
    job = telling.submit(study.configs[0])
    until(lambda: is_training(job))
    assert job.record.epochs[0] == 0
    assert finished(job).state is JobState.DONE
    progress = complete(telling, study)
    assert (progress.done, progress.failed) == (2, {})


def test_a_persons_run_begins_at_once_beside_a_study_on_every_worker_which_goes_on_where_it_was(
    telling: Jobs, chunks: Chunks
) -> None:
    study = grid(range(70, 72), epochs=LONG, seconds=SLOW)
    telling.studies.start(study)
    until(lambda: len(trainings(chunks)) == 2)
    asked = time.monotonic()
    people = [telling.submit(config(seed, epochs=50)) for seed in (72, 73)]
    until(lambda: all(job.progress.epoch >= 0 and is_training(job) for job in people))
    assert time.monotonic() - asked < 10, "each run of the study takes 20 seconds"
    assert {finished(job).state for job in people} == {JobState.DONE}
    after = time.time()
    until(lambda: len({c["run_key"] for c in chunks if c["ended"] > after}) == 2)
    assert trainings(chunks) == [1] * 4
    telling.studies.stop(study)


def test_a_run_that_fails_is_listed_with_its_reason_and_tried_again_on_a_new_start(
    store: RunStore, address: str, open_jobs: Callable[..., Jobs]
) -> None:
    jobs = open_jobs(store, address, trainer="trainers:fail")
    study = grid(range(80, 83))
    jobs.studies.start(study)
    progress = complete(jobs, study)
    reason = "ForeignError: Expected room for 3 matrices. Received: none."
    assert progress.failed == dict.fromkeys(study.configs, reason)
    assert (progress.done, progress.trouble) == (0, "")
    jobs.studies.start(study)
    until(lambda: len(jobs.studies.look(study).failed) == 3)


def test_many_threads_start_look_pause_and_go_on_and_no_run_is_trained_twice(telling: Jobs, chunks: Chunks) -> None:
    studies = [grid(range(first, first + 8), seconds=0.01) for first in (100, 104)]  # They share four runs.

    def meddle(place: int) -> None:
        study = studies[place % 2]
        for _ in range(10):
            telling.studies.start(study)
            telling.studies.look(study)
            telling.studies.pause(study)
            telling.studies.listed()
            telling.studies.results(study)
        telling.studies.start(study)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(meddle, range(8)))
    for study in studies:
        telling.studies.start(study)
        assert complete(telling, study).done == 8
    assert trainings(chunks) == [1] * 12


def test_a_study_belongs_to_the_store_that_all_servers_share(
    telling: Jobs, store: RunStore, address: str, open_jobs: Callable[..., Jobs]
) -> None:
    study, other = grid(range(120, 124)), grid(range(124, 126), seconds=SLOW, epochs=LONG)
    telling.studies.start(study)
    complete(telling, study)
    telling.studies.start(other)
    until(lambda: len(store.studies()) == 2)
    later = open_jobs(store, address, trainer="trainers:train_and_tell")
    until(lambda: len(later.studies.listed()) == 2)
    until(lambda: all(one.is_known for one in later.studies.listed()))
    states = [(one.grid, one.state, one.done) for one in later.studies.listed()]
    assert states == [(other, StudyState.INTERRUPTED, 0), (study, StudyState.COMPLETE, 4)]
    later.studies.forget(other)
    until(lambda: [*store.studies()] == [study.key])
    assert [one.grid for one in later.studies.listed()] == [study]
    telling.studies.stop(other)


def test_a_study_stays_that_of_who_started_it_first_whoever_goes_on_with_it_on_whatever_server(
    jobs: Jobs, store: RunStore, address: str, open_jobs: Callable[..., Jobs]
) -> None:
    study = grid(range(130, 134), seconds=SLOW, epochs=LONG)

    def goes_on_for_another(jobs: Jobs) -> bool:
        jobs.studies.start(study, "another")
        until(lambda: jobs.studies.look(study).is_known)
        until(lambda: [note["state"] for note in store.studies().values()] == ["running"])
        progress = jobs.studies.look(study)
        assert progress.state is StudyState.RUNNING
        return progress.belongs_to("starter") and not (progress.belongs_to("another") or progress.belongs_to(""))

    assert not jobs.studies.look(study).belongs_to("")
    jobs.studies.start(study, "starter")
    until(lambda: jobs.studies.look(study).belongs_to("starter"))
    for end in (jobs.studies.pause, jobs.studies.stop):
        end(study)
        assert goes_on_for_another(jobs)
    jobs.close()
    later = open_jobs(store, address)
    later.studies.start(study, "another")
    assert not later.studies.look(study).belongs_to("another"), "before it is known whose it is"
    assert goes_on_for_another(later)
    last = open_jobs(store, address)
    last.studies.look(study)
    until(lambda: last.studies.look(study).state is StudyState.INTERRUPTED)
    assert goes_on_for_another(last)
    last.studies.forget(study)
    later.studies.forget(study)
    until(lambda: not store.studies())
    last.studies.start(study, "another")
    until(lambda: last.studies.look(study).belongs_to("another"))
    last.studies.stop(study)
    until(store.studies)
    assert "another" not in str(store.studies()), "a browser's secret is in the store"


@dataclass
class StandInExecutor:
    """Workers that do what a test says."""

    places: dict[str, int] = field(default_factory=lambda: {"tcp://one": 1})
    error: SchedulerError | None = None
    sent: list[SentRun] = field(default_factory=list)
    withdrawn: list[SentRun] = field(default_factory=list)
    times_connected: int = 0

    def check(self) -> None:
        if self.error is not None:
            raise self.error

    def workers(self) -> dict[str, int]:
        return self.places

    def start_anew(self) -> bool:
        self.times_connected += 1
        return True

    def send(
        self,
        config: RunConfig,
        rank: Rank,
        on_end: Callable[[Outcome], None],
        *,
        visitor: str,
        is_watched: bool,
        worker: str,
    ) -> SentRun:
        assert (rank, is_watched) == (Rank.STUDY, False)
        self.sent.append(SentRun(config, rank, on_end, is_watched, worker))
        return self.sent[-1]

    def withdraw(self, run: SentRun) -> None:
        self.withdrawn.append(run)


class Nobody:
    """No person waits for a run."""

    def progress(self, run_key: str) -> None:
        """None."""


class OddStore(RunStore):
    """One that refuses, or waits, when a test says so."""

    error: StoreError | None = None
    is_asked: Event | None = None

    def look_up_all(self, keys: Iterable[str]) -> dict[str, StoredRun]:
        if self.error:
            raise self.error
        found = super().look_up_all(keys)
        if self.is_asked is not None:
            is_asked, self.is_asked = self.is_asked, None
            is_asked.set()
            assert self.may_answer.wait(10)
        return found

    def note_study(self, key: str, note: Mapping[str, Any]) -> None:
        if self.error:
            raise self.error
        super().note_study(key, note)


@pytest.fixture
def executor() -> StandInExecutor:
    return StandInExecutor()


@pytest.fixture
def odd_store(tmp_path: Path) -> OddStore:
    return OddStore(str(tmp_path / "odd"))


@pytest.fixture
def studies(executor: StandInExecutor, odd_store: OddStore) -> Iterator[Studies]:
    studies = Studies(Nobody(), executor, odd_store)  # type: ignore[arg-type]
    yield studies
    studies.close()


def end(run: SentRun, store: RunStore, *, has_grown: bool = False) -> None:
    """What a worker does with a run."""
    kept = store.keep(trainers.epochs_of(run.config, 0, run.config.epochs))
    run.on_end(Outcome(summary=kept.summary, has_grown=has_grown))


def sent(executor: StandInExecutor, count: int) -> SentRun:
    """The run that was sent at this place, once it was."""
    until(lambda: len(executor.sent) >= count)
    return executor.sent[count - 1]


LOST = Outcome(reason="Expected the scheduler to answer.", is_lost=True)


def test_two_studies_take_turns_at_one_place(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Studies, "_ahead", lambda *_: 0)
    one, other = grid(range(3)), grid(range(10, 13))
    studies.start(one)
    sent(executor, 1)
    studies.start(other)
    until(lambda: studies.look(other).is_known)
    for count in range(1, 7):
        end(sent(executor, count), odd_store)
    until(lambda: studies.look(one).state is studies.look(other).state is StudyState.COMPLETE)
    assert [run.config in other.configs for run in executor.sent] == [False, True] * 3


def test_a_worker_has_the_next_run_while_one_is_being_kept_but_not_the_last_ones(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore
) -> None:
    study = grid(range(5))
    studies.start(study)
    until(lambda: len(executor.sent) == 2)
    end(executor.sent[0], odd_store)
    until(lambda: len(executor.sent) == 3)
    end(executor.sent[1], odd_store)
    time.sleep(0.1)  # Two wait, which another worker may be without.
    assert len(executor.sent) == 3
    for count in range(3, 6):
        end(sent(executor, count), odd_store)
    until(lambda: studies.look(study).state is StudyState.COMPLETE)


def test_a_worker_that_has_grown_gets_no_run_until_another_one_is_in_its_place(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore
) -> None:
    study = grid(range(6))
    studies.start(study)
    until(lambda: len(executor.sent) == 2)
    for run in executor.sent[:2]:
        end(run, odd_store, has_grown=True)
    time.sleep(0.1)
    assert len(executor.sent) == 2
    executor.places = {"tcp://two": 1}
    studies.hear_workers()
    assert sent(executor, 3).worker == "tcp://two"


def test_a_run_that_was_lost_with_the_cluster_is_sent_again_and_the_trouble_is_told_until_one_has_come(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore
) -> None:
    study = grid(range(2))
    studies.start(study)
    run = sent(executor, 1)
    executor.error = SchedulerError("Expected the scheduler to answer.")
    run.on_end(LOST)
    progress = studies.look(study)
    assert (progress.state, progress.done, progress.at_work) == (StudyState.RUNNING, 0, ())
    assert progress.trouble == "Expected the scheduler to answer."
    until(lambda: executor.times_connected)
    executor.error = None
    studies.hear_workers()
    assert sent(executor, 2).config == run.config
    end(executor.sent[1], odd_store)
    end(sent(executor, 3), odd_store)
    until(lambda: studies.look(study).state is StudyState.COMPLETE)
    assert (studies.look(study).done, studies.look(study).trouble) == (2, "")


def test_without_workers_a_study_says_so_and_goes_on_when_one_comes(
    studies: Studies, executor: StandInExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> dict[str, int]:
        raise SchedulerError("Expected workers. Received: none.")

    monkeypatch.setattr(tracked_study, "FIRST_REST", 600.0)
    study = grid(range(2))
    with monkeypatch.context() as patch:
        patch.setattr(executor, "workers", none)
        studies.start(study)
        until(lambda: studies.look(study).trouble)
    assert studies.look(study).trouble == "Expected workers. Received: none."
    studies.hear_workers()
    sent(executor, 1)


def test_an_outcome_that_comes_after_its_run_was_taken_back_counts_once(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore
) -> None:
    study = grid(range(2))
    studies.start(study)
    early = sent(executor, 1)
    studies.give_way(early.config.run_key)
    executor.places = {"tcp://one": 1, "tcp://two": 1}
    studies.hear_workers()
    sent(executor, 3)
    again = next(run for run in executor.sent[1:] if run.config == early.config)
    end(early, odd_store)
    assert again in executor.withdrawn, "its second training has no use any more"
    end(again, odd_store)
    progress = studies.look(study)
    assert (progress.done, progress.trained) == (1, 1)


def test_what_comes_while_the_store_is_asked_is_not_forgotten(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore
) -> None:
    study = grid(range(2))
    studies.start(study)
    run = sent(executor, 1)
    studies.pause(study)
    asked, odd_store.may_answer = Event(), Event()
    odd_store.is_asked = asked
    studies.start(study)
    assert asked.wait(10)
    run.on_end(Outcome(summary=odd_store.keep(trainers.epochs_of(run.config, 0, 5)).summary))
    odd_store.may_answer.set()
    until(lambda: studies.look(study).is_known)
    assert studies.look(study).done == 1
    assert sent(executor, 2).config != run.config


def test_a_worker_that_keeps_runs_elsewhere_is_told_of_and_its_runs_are_no_results(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore
) -> None:
    study = grid(range(2))
    studies.start(study)
    run = sent(executor, 1)
    run.on_end(Outcome(summary=summarize(trainers.epochs_of(run.config, 0, 5))))
    progress = studies.look(study)
    assert progress.done == 0 and str(odd_store) in progress.trouble and "elsewhere" in progress.trouble
    end(sent(executor, 2), odd_store)  # Somebody has given it the right one.
    assert (studies.look(study).done, studies.look(study).trouble) == (1, "")


def test_while_the_store_refuses_nothing_is_lost_and_the_study_goes_on_by_itself(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore
) -> None:
    study = grid(range(2))
    odd_store.error = StoreError("Expected the run store to be readable. Received: rain")
    studies.start(study)
    until(lambda: studies.look(study).trouble)
    assert (studies.look(study).trouble, executor.sent) == (str(odd_store.error), [])
    odd_store.error = None
    run = sent(executor, 1)
    run.on_end(Outcome(notice="The run is not kept. Rain.", summary=summarize(trainers.epochs_of(run.config, 0, 5))))
    assert (studies.look(study).done, studies.look(study).trouble) == (0, "The run is not kept. Rain.")
    end(sent(executor, 2), odd_store)
    end(sent(executor, 3), odd_store)
    until(lambda: studies.look(study).state is StudyState.COMPLETE)
    assert studies.look(study).done == 2


def test_many_troubles_at_once_are_one_rest(studies: Studies, executor: StandInExecutor) -> None:
    executor.places = {f"tcp://{place}": 1 for place in range(8)}
    study = grid(range(8))
    studies.start(study)
    sent(executor, 8)
    for run in executor.sent[:8]:
        run.on_end(Outcome(notice="The run is not kept. Rain."))
    began = time.monotonic()
    sent(executor, 16)
    assert time.monotonic() - began < 5


def test_what_was_only_looked_at_is_forgotten_before_long_and_never_in_place_of_what_was_started(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore
) -> None:
    study = grid(range(2))
    studies.start(study, "starter")
    for count in (1, 2):
        end(sent(executor, count), odd_store)
    until(lambda: studies.look(study).state is StudyState.COMPLETE)
    for first in range(10, 10 + 4 * MOST_KNOWN, 2):
        studies.look(grid(range(first, first + 2)))
    assert [one.grid for one in studies.listed()] == [study]
    assert len(studies._studies) <= MOST_KNOWN + 2


def test_of_what_was_started_the_latest_stay_known_and_the_others_are_what_their_notes_say(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore
) -> None:
    executor.places = {}
    grids = [grid(range(first, first + 2)) for first in range(0, 2 * MOST_KNOWN + 8, 2)]
    for place, study in enumerate(grids):
        studies.start(study, f"starter {place}")
        studies.stop(study)
    until(lambda: len(odd_store.studies()) == len(grids))
    until(lambda: not studies._has_work())
    studies.look(grid(range(900, 902)))
    assert [one.grid for one in studies.listed()] == grids[: -MOST_KNOWN - 1 : -1]
    studies.look(grids[0])
    until(lambda: studies.look(grids[0]).is_known)
    assert studies.look(grids[0]).state is StudyState.STOPPED
    assert studies.look(grids[0]).belongs_to("starter 0")


def test_a_study_that_one_too_many_puts_off_the_list_stays_while_a_run_of_it_is_at_work(
    studies: Studies, executor: StandInExecutor, odd_store: OddStore
) -> None:
    paused, *flood = [grid(range(first, first + 2)) for first in range(0, 2 * MOST_NOTED_OF_ONE + 6, 2)]
    studies.start(paused, "greedy")
    run = sent(executor, 1)
    studies.pause(paused)
    for study in flood:
        studies.start(study, "greedy")
        studies.stop(study)
    until(lambda: odd_store.studies().keys() == {paused.key, *(study.key for study in flood[-MOST_NOTED_OF_ONE:])})
    end(run, odd_store)
    assert (studies.look(paused).state, studies.look(paused).trained) == (StudyState.PAUSED, 1)


def test_of_what_cannot_be_read_any_more_nothing_is_listed(studies: Studies, odd_store: OddStore) -> None:
    study = grid(range(2))
    noted = {"study": study.to_dict(), "state": "running", "started": "2026-11-01 12:00:00+00:00"}
    odd_store.note_study("0" * 64, noted)  # Of an engine under which its runs had other keys.
    odd_store.note_study("1" * 64, {"study": "of a later program"})
    odd_store.note_study("2" * 64, noted | {"study": {"base": {}, "grid": {"width": [1, 2]}}})
    until(studies.listed)
    (listed,) = studies.listed()
    assert (listed.grid, listed.state) == (study, StudyState.INTERRUPTED)
    until(lambda: "0" * 64 not in odd_store.studies())
    studies.start(study)
    until(lambda: study.key in odd_store.studies())
    assert odd_store.studies()[study.key]["state"] == "running"
    assert odd_store.studies()[study.key]["started"] == noted["started"]
