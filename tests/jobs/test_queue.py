"""The queue: who waits, who shares a training, who leaves, and what of it each of them sees."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trainers
from distributed import Client
from jobs.waiting import LONG, SLOW, TRAINER, config, finished, is_training, until

from vgdemo.config import RunConfig
from vgdemo.jobs import Jobs, JobState, Progress
from vgdemo.record import RunRecord, RunStatus
from vgdemo.store import RunStore


def test_a_run_goes_through_its_states_and_ends_whole_in_the_store(jobs: Jobs, store: RunStore) -> None:
    job = jobs.submit(config(1, seconds=0.1, epochs=100))
    seen, versions, lengths = [], [], []
    while not seen or not seen[-1].state.is_over:
        versions.append(job.version)
        seen.append(job.progress)
        lengths.append(0 if job.record is None else len(job.record.epochs))
        time.sleep(0.005)
    states = list(dict.fromkeys(progress.state for progress in seen))
    assert states[-2:] == [JobState.TRAINING, JobState.DONE]
    assert states == sorted(states, key=list(JobState).index)
    assert versions == sorted(versions)
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 5, "the chunks were not seen as they came"
    assert any(0 < (progress.seconds_left or 0) < 1 for progress in seen)
    np.testing.assert_array_equal(job.record.curve_arrays["train_loss"][:, 0], np.arange(101))
    assert store[job.run_key].epochs[-1] == 100
    assert job.progress.notices == ()


def test_a_version_rises_with_every_change_and_rests_without_one(jobs: Jobs) -> None:
    job = jobs.submit(config(2, seconds=0.1, epochs=100))
    seen = {}
    while not job.progress.state.is_over:
        before, progress, after = job.version, job.progress, job.version
        if before == after:
            assert seen.setdefault(before, progress) == progress
    assert len(seen) > 2, "no change was seen"


def test_who_waits_for_a_curve_has_one_as_soon_as_it_is_trained(jobs: Jobs) -> None:
    slow = jobs.submit(config(71, seconds=1))
    assert not slow.wait_for_curve(seconds=0.1)  # It has none for long, and lets its watcher go.
    assert slow.progress.epoch == 0
    slow.stop()
    assert slow.wait_for_curve(seconds=60)
    job = jobs.submit(config(72, seconds=0.1, epochs=200))
    assert job.wait_for_curve(seconds=60)
    assert 0 < job.progress.epoch < 200
    assert job.wait_for_end(seconds=60)
    assert job.progress.state is JobState.DONE
    assert job.wait_for_curve(seconds=60)


def test_the_same_run_is_trained_once_however_many_ask(jobs: Jobs, starts: list[str]) -> None:
    first, second = jobs.submit(config(3, epochs=20)), jobs.submit(config(3, epochs=20))
    assert finished(first).state is finished(second).state is JobState.DONE
    assert first.record is second.record
    assert len(starts) == 1


def test_two_web_processes_on_one_scheduler_share_a_training(
    jobs: Jobs, store: RunStore, address: str, starts: list[str], open_jobs: Callable[..., Jobs]
) -> None:
    other = open_jobs(store, address, trainer=TRAINER)
    mine, theirs = jobs.submit(config(4, epochs=50)), other.submit(config(4, epochs=50))
    until(lambda: is_training(mine) and is_training(theirs))
    mine.stop()
    assert finished(theirs).state is JobState.DONE
    assert len(starts) == 1
    assert theirs.record.status is RunStatus.COMPLETE


def test_a_stored_run_is_done_at_once_and_is_not_trained(jobs: Jobs, store: RunStore, starts: list[str]) -> None:
    wanted = config(5)
    store[wanted.run_key] = trainers.epochs_of(wanted, 0, LONG)
    job = jobs.submit(wanted)
    assert job.progress == Progress(JobState.DONE, epoch=LONG, epochs=LONG)
    assert len(job.record.epochs) == LONG + 1
    time.sleep(0.2)
    assert starts == []


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of the runs that were read from a store."""
    keys = []
    read = RunStore.__getitem__

    def counted(self: RunStore, key: str) -> RunRecord:
        keys.append(key)
        return read(self, key)

    monkeypatch.setattr(RunStore, "__getitem__", counted)
    return keys


def test_a_stored_run_is_read_when_somebody_looks_and_then_held(
    jobs: Jobs, store: RunStore, readings: list[str]
) -> None:
    wanted = config(6)
    store[wanted.run_key] = trainers.epochs_of(wanted, 0, LONG)
    study, person = jobs.submit(wanted, interactive=False), jobs.submit(wanted)
    assert study.progress == Progress(JobState.DONE, epoch=LONG, epochs=LONG)
    study.stop()
    assert readings == []
    assert person.progress == Progress(JobState.DONE, epoch=LONG, epochs=LONG)
    assert person.record is study.record
    assert readings == [wanted.run_key]


def store_damaged(store: RunStore, wanted: RunConfig) -> None:
    """Store a run of which only its manifest is whole."""
    store[wanted.run_key] = trainers.epochs_of(wanted, 0, wanted.epochs)
    (path,) = Path(store.url, "v2", wanted.run_key[:2], wanted.run_key).glob("kernels*")
    path.write_bytes(b"damage")


def test_a_person_who_asks_for_a_damaged_run_sees_it_trained_anew(
    jobs: Jobs, store: RunStore, starts: list[str]
) -> None:
    wanted = config(7, epochs=10)
    store_damaged(store, wanted)
    job = jobs.submit(wanted)
    assert not job.progress.state.is_over
    assert finished(job).state is JobState.DONE
    assert (len(job.record.epochs), len(store[wanted.run_key].epochs)) == (11, 11)
    assert len(starts) == 1


def test_a_study_that_reads_a_damaged_run_has_it_trained_anew(jobs: Jobs, store: RunStore, starts: list[str]) -> None:
    wanted = config(8, epochs=10)
    store_damaged(store, wanted)
    job = jobs.submit(wanted, interactive=False)
    assert job.progress.state is JobState.DONE
    version = job.version
    assert job.record is None
    assert not job.progress.state.is_over
    assert job.version > version
    assert finished(job).state is JobState.DONE
    assert (len(job.record.epochs), len(starts)) == (11, 1)


def test_a_damaged_run_is_trained_once_however_many_find_it(jobs: Jobs, store: RunStore, starts: list[str]) -> None:
    wanted = config(9, epochs=30)
    store_damaged(store, wanted)
    found = [jobs.submit(wanted, interactive=interactive) for interactive in (True, False, False)]
    assert [job.record for job in found] == [None] * 3
    found[0].release()
    assert [finished(job).state for job in found[1:]] == [JobState.DONE] * 2
    assert len(starts) == 1


def test_a_version_rises_when_a_damaged_run_turns_out_to_be_trained_already(jobs: Jobs, store: RunStore) -> None:
    wanted = config(19, seconds=1)
    other = jobs.submit(wanted)
    until(lambda: other.progress.state is JobState.COMPILING)
    store_damaged(store, wanted)
    job = jobs.submit(wanted, interactive=False)
    version = job.version
    assert job.record is None
    assert job.progress == other.progress
    assert job.version > version
    job.release()
    other.release()


def test_a_damaged_run_that_nobody_wants_any_more_is_not_trained(
    jobs: Jobs, store: RunStore, starts: list[str]
) -> None:
    wanted = config(18)
    store_damaged(store, wanted)
    job = jobs.submit(wanted)
    job.release()
    assert job.record is None
    assert job.progress.state is JobState.DONE
    time.sleep(0.2)
    assert starts == []


def test_those_who_wait_know_their_place_and_people_go_before_studies(jobs: Jobs, starts: list[str]) -> None:
    running = [jobs.submit(config(seed)) for seed in (10, 11)]
    until(lambda: all(map(is_training, running)))
    study = [jobs.submit(config(seed, seconds=0, epochs=1), interactive=False) for seed in (12, 13)]
    person = jobs.submit(config(14, seconds=0, epochs=1))
    assert [job.progress.position for job in (person, *study)] == [1, 2, 3]
    assert [job.progress.position for job in running] == [None, None]
    version = study[1].version
    study[0].release()
    assert study[1].progress.position == 2
    assert study[1].version > version
    running[0].release()
    assert finished(study[1]).state is JobState.DONE
    assert [key.removeprefix("run-") for key in starts[2:]] == [person.run_key, study[1].run_key]
    running[1].release()


def test_a_job_that_waits_does_not_change_with_what_others_train(jobs: Jobs) -> None:
    running = [jobs.submit(config(seed)) for seed in (27, 28)]
    until(lambda: all(map(is_training, running)))
    waiting = jobs.submit(config(26))
    version, epoch = waiting.version, running[0].progress.epoch
    until(lambda: running[0].progress.epoch > epoch + 2 * trainers.CHUNK)
    assert waiting.version == version
    assert waiting.progress == Progress(JobState.QUEUED, epoch=0, epochs=LONG, position=1)
    for job in (waiting, *running):
        job.release()


def test_a_run_of_a_study_moves_up_when_a_person_asks_for_it(jobs: Jobs, starts: list[str]) -> None:
    running = [jobs.submit(config(seed)) for seed in (15, 16)]
    until(lambda: all(map(is_training, running)))
    study = [jobs.submit(config(seed, seconds=0, epochs=1), interactive=False) for seed in range(20, 26)]
    person = jobs.submit(study[-1].config)
    assert person.progress.position == study[-1].progress.position == 1
    time.sleep(0.2)  # The scheduler is told a moment later.
    running[0].release()
    assert {finished(job).state for job in study} == {JobState.DONE}
    assert starts[2].removeprefix("run-") == person.run_key
    running[1].release()


def test_stop_keeps_what_was_trained_and_frees_the_worker_within_a_chunk(jobs: Jobs, store: RunStore) -> None:
    job, other = jobs.submit(config(30)), jobs.submit(config(31))
    until(lambda: is_training(job) and is_training(other) and job.progress.epoch >= 6)
    waiting = jobs.submit(config(32, seconds=0, epochs=1))
    job.stop()
    pressed = time.monotonic()
    assert job.progress.state is JobState.STOPPED
    assert job.record.status is RunStatus.STOPPED
    assert 6 <= job.record.epochs[-1] == job.progress.epoch < LONG
    finished(waiting)
    assert time.monotonic() - pressed < 5, "the run would take 20 seconds"
    assert job.run_key not in store
    version = job.version
    time.sleep(2 * SLOW)
    assert job.version == version
    other.stop()


def test_a_stopped_run_can_be_trained_again(jobs: Jobs) -> None:
    wanted = config(33, seconds=0.05, epochs=50)
    job = jobs.submit(wanted)
    until(lambda: is_training(job))
    for _ in range(5):  # Whether or not the worker has noticed by then.
        job.stop()
        job = jobs.submit(wanted)
        time.sleep(0.03)
    assert finished(job).state is JobState.DONE
    assert len(job.record.epochs) == 51
    assert job.record.status is RunStatus.COMPLETE


def test_a_run_that_is_wanted_again_while_it_ends_starts_again(
    store: RunStore, address: str, starts: list[str], open_jobs: Callable[..., Jobs]
) -> None:
    jobs = open_jobs(store, address, trainer="trainers:train_and_end_slowly")
    wanted = config(39, seconds=0.05, epochs=30)
    other, job = jobs.submit(config(29)), jobs.submit(wanted)  # No other worker can take the run up.
    until(lambda: is_training(other) and is_training(job))
    job.stop()
    time.sleep(trainers.ENDING / 2)
    job = jobs.submit(wanted)
    assert finished(job).state is JobState.DONE
    assert len(job.record.epochs) == 31
    assert len(starts) == 3
    other.release()


def test_a_run_goes_on_until_its_last_watcher_leaves(jobs: Jobs, cluster: Client) -> None:
    first, second = jobs.submit(config(34)), jobs.submit(config(34))
    until(lambda: is_training(first))
    first.release()
    first.release()
    epoch = second.progress.epoch
    until(lambda: second.progress.epoch > epoch + trainers.CHUNK)
    second.release()
    until(lambda: not any(cluster.processing().values()), 5)


def test_who_stops_a_run_stops_it_for_the_page_of_before_a_reload_and_in_other_tabs(
    jobs: Jobs, cluster: Client
) -> None:
    before, other, job = [jobs.submit(config(41), visitor="me") for _ in range(3)]
    until(lambda: job.progress.epoch >= 6)
    version = other.version
    job.stop()
    until(lambda: not any(cluster.processing().values()), 5)
    assert {one.progress.state for one in (before, other, job)} == {JobState.STOPPED}
    assert other.version > version and other.progress.epoch == other.record.epochs[-1] >= 6
    assert not job.progress.goes_on
    assert jobs.progress(job.run_key) is None


def test_a_run_that_is_stopped_goes_on_for_other_visitors_and_that_is_told(jobs: Jobs) -> None:
    mine, tab, theirs = [jobs.submit(config(42), visitor=name) for name in ("me", "me", "another")]
    until(lambda: is_training(mine))
    mine.stop()
    assert [one.progress.state for one in (mine, tab)] == [JobState.STOPPED] * 2
    assert mine.progress.goes_on and tab.progress.goes_on
    epoch = theirs.progress.epoch
    until(lambda: theirs.progress.epoch > epoch + trainers.CHUNK)
    theirs.stop()
    assert theirs.progress.state is JobState.STOPPED and not theirs.progress.goes_on


def test_a_queued_run_that_nobody_wants_is_never_begun(jobs: Jobs, starts: list[str]) -> None:
    running = [jobs.submit(config(seed)) for seed in (35, 36)]
    until(lambda: all(map(is_training, running)))
    jobs.submit(config(37)).release()
    for job in running:
        job.release()
    finished(jobs.submit(config(38, seconds=0, epochs=1)))
    assert len(starts) == 3


def test_closing_in_mid_run_is_quiet(
    store: RunStore, address: str, open_jobs: Callable[..., Jobs], caplog: pytest.LogCaptureFixture
) -> None:
    jobs = open_jobs(store, address, trainer=TRAINER)
    job = jobs.submit(config(40, seconds=0.05, epochs=1000))
    until(lambda: is_training(job))
    jobs.close()
    time.sleep(0.5)  # Dask calls back from a thread of its own.
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
