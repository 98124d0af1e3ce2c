"""What is trained for everybody: who joins it, in which order, and that people do not wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from jobs.waiting import SLOW, TRAINER, config, finished, is_training, until

from vgdemo.jobs import Job, Jobs, JobState, SchedulerError
from vgdemo.store import RunStore


def held(jobs: Jobs, seed: int, **settings: float) -> Job:
    job = jobs.shared.job(config(seed, **settings))
    assert job is not None
    return job


def test_what_is_asked_for_twice_is_trained_once_and_ends_in_the_store(
    jobs: Jobs, store: RunStore, starts: list[str]
) -> None:
    wanted = config(60, seconds=0, epochs=5)
    for _ in range(2):
        jobs.shared.train([wanted])
    assert finished(held(jobs, 60, seconds=0, epochs=5)).state is JobState.DONE
    assert wanted.run_key in store
    jobs.shared.train([wanted])
    assert len(starts) == 1
    del store[wanted.run_key]


def test_stop_ends_it_but_not_for_a_person_who_follows_a_run(jobs: Jobs) -> None:
    jobs.shared.train([config(61), config(62)])
    person = jobs.submit(config(61))
    until(lambda: is_training(person))
    jobs.shared.stop()
    assert [held(jobs, seed).progress.state for seed in (61, 62)] == [JobState.STOPPED] * 2
    assert jobs.progress(config(62).run_key) is None
    epoch = person.progress.epoch
    until(lambda: person.progress.epoch > epoch)
    assert jobs.progress(config(61).run_key).state is JobState.TRAINING
    jobs.shared.train([config(61)])
    assert held(jobs, 61).progress.state is JobState.TRAINING, "who starts it again joins"
    jobs.shared.stop()
    person.release()


def test_a_run_that_a_person_stops_goes_on_for_everybody(jobs: Jobs) -> None:
    jobs.shared.train([config(76)])
    person = jobs.submit(config(76))
    until(lambda: is_training(person))
    person.stop()
    assert person.progress.state is JobState.STOPPED and person.progress.goes_on
    epoch = held(jobs, 76).progress.epoch
    until(lambda: held(jobs, 76).progress.epoch > epoch)
    jobs.shared.stop()


def test_a_person_does_not_wait_for_a_study_which_pauses_and_loses_nothing(jobs: Jobs, starts: list[str]) -> None:
    seeds = (63, 64)
    jobs.shared.train([config(seed) for seed in seeds])
    until(lambda: all(is_training(held(jobs, seed)) for seed in seeds))
    begun = time.monotonic()
    people = [jobs.submit(config(seed, seconds=0.1, epochs=200)) for seed in (65, 66)]
    until(lambda: all(map(is_training, people)))
    assert time.monotonic() - begun < 10, "each run of the study takes 20 seconds"
    time.sleep(0.3)
    epochs = [held(jobs, seed).progress.epoch for seed in seeds]
    time.sleep(0.3)
    assert [held(jobs, seed).progress.epoch for seed in seeds] == epochs
    assert {finished(person).state for person in people} == {JobState.DONE}
    until(lambda: all(held(jobs, seed).progress.epoch > before for seed, before in zip(seeds, epochs, strict=True)))
    assert len(starts) == 4, "no run had to begin again"
    jobs.shared.stop()


def test_what_is_put_first_is_trained_before_the_others_that_wait(jobs: Jobs, starts: list[str]) -> None:
    slow = {"seconds": 5 * SLOW}  # So long that the first one is not over when a second worker has started.
    jobs.shared.train([config(seed, **slow) for seed in (67, 68)])
    until(lambda: all(is_training(held(jobs, seed, **slow)) for seed in (67, 68)))
    waiting = [config(seed, seconds=0, epochs=1) for seed in (69, 70, 71)]
    jobs.shared.train(waiting)
    jobs.shared.train_first([waiting[2]])
    assert [jobs.progress(one.run_key).position for one in waiting] == [2, 3, 1]
    held(jobs, 67, **slow).stop()
    until(lambda: len(starts) == 5)
    assert starts[2:] == [waiting[place].run_key for place in (2, 0, 1)]
    jobs.shared.stop()


def test_without_a_cluster_all_that_waits_fails_with_the_reason(
    store: RunStore, open_jobs: Callable[..., Jobs]
) -> None:
    jobs = open_jobs(store, "tcp://127.0.0.1:9", trainer=TRAINER)
    jobs.shared.train([config(seed) for seed in (72, 73, 74)])
    progress = [finished(held(jobs, seed)) for seed in (72, 73, 74)]
    assert {one.state for one in progress} == {JobState.FAILED}
    assert all("tcp://127.0.0.1:9" in one.reason for one in progress)
    with pytest.raises(SchedulerError):
        jobs.shared.train([config(72)])


def test_the_seconds_of_a_run_are_those_at_the_worker(jobs: Jobs) -> None:
    jobs.shared.train([config(75, seconds=0.1, epochs=20)])
    job = held(jobs, 75, seconds=0.1, epochs=20)
    finished(job)
    seconds = job.seconds
    assert seconds is not None and 0.4 < seconds < 10
    time.sleep(0.1)
    assert job.seconds == seconds
