from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest
import trainers
from distributed import Client

from vgdemo.config import RunConfig
from vgdemo.jobs import Job, Jobs, JobState, Progress, SchedulerError
from vgdemo.jobs.cluster import connected
from vgdemo.jobs.records import Records
from vgdemo.jobs.worker import TOPIC
from vgdemo.record import RunStatus
from vgdemo.store import RunStore

TRAINER = "trainers:train"
SLOW = 0.1  # Seconds for each chunk of the stand-in.
LONG = 1000  # Epochs; at `SLOW`, 20 s.


def config(seed: int, *, seconds: float = SLOW, epochs: int = LONG) -> RunConfig:
    return RunConfig(seed=seed, noise=seconds, epochs=epochs, replicates=1, num_hidden_layers=1)


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def finished(job: Job) -> Progress:
    until(lambda: job.progress.state.is_over)
    return job.progress


def is_training(job: Job) -> bool:
    return job.progress.state is JobState.TRAINING


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    """The local cluster that the dashboard starts, with two workers on any machine."""
    client = connected(None)
    client.cluster.scale(2)
    client.wait_for_workers(2)
    yield client
    cluster = client.cluster
    client.close()
    cluster.close()


@pytest.fixture
def address(cluster: Client) -> str:
    return cluster.cluster.scheduler_address


@pytest.fixture
def starts(cluster: Client) -> Iterator[list[str]]:
    """Keys of the runs that workers have begun, heard by a bystander."""
    keys: list[str] = []

    def hear(event: tuple[float, dict[str, object]]) -> None:
        message = event[1]
        if "key" in message and "chunk" not in message:
            keys.append(str(message["key"]))

    cluster.subscribe_topic(TOPIC, hear)
    yield keys
    cluster.unsubscribe_topic(TOPIC)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(str(tmp_path / "runs"))


@pytest.fixture
def open_jobs() -> Iterator[Callable[..., Jobs]]:
    """Makes `Jobs` that are closed at the end, whatever happens."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(closing(Jobs(*args, **options)))


@pytest.fixture
def jobs(store: RunStore, address: str, open_jobs: Callable[..., Jobs]) -> Jobs:
    return open_jobs(store, address, trainer=TRAINER)


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
    job = jobs.submit(config(2, seconds=0.02, epochs=100))
    seen = {}
    while not job.progress.state.is_over:
        before, progress, after = job.version, job.progress, job.version
        if before == after:
            assert seen.setdefault(before, progress) == progress
    assert len(seen) >= 5


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
    assert time.monotonic() - pressed < SLOW + 0.5
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
    until(lambda: not any(cluster.processing().values()), 1)


def test_a_queued_run_that_nobody_wants_is_never_begun(jobs: Jobs, starts: list[str]) -> None:
    running = [jobs.submit(config(seed)) for seed in (35, 36)]
    until(lambda: all(map(is_training, running)))
    jobs.submit(config(37)).release()
    for job in running:
        job.release()
    finished(jobs.submit(config(38, seconds=0, epochs=1)))
    assert len(starts) == 3


def test_a_failing_run_says_why_in_the_words_of_its_error(
    store: RunStore, address: str, open_jobs: Callable[..., Jobs]
) -> None:
    jobs = open_jobs(store, address, trainer="trainers:fail")
    job = jobs.submit(config(40))
    assert finished(job).state is JobState.FAILED
    assert job.progress.reason == "ForeignError: Expected room for 3 matrices. Received: none."
    assert finished(jobs.submit(config(40))).state is JobState.FAILED


def test_a_run_whose_worker_dies_starts_again_and_says_so(jobs: Jobs, store: RunStore, cluster: Client) -> None:
    job = jobs.submit(config(41, seconds=0.05, epochs=100))
    until(lambda: job.progress.epoch >= 21)
    os.kill(int(job.record.versions["process"]), signal.SIGKILL)
    until(lambda: job.progress.notices)
    assert job.progress.epoch < 21
    assert finished(job).state is JobState.DONE
    assert job.progress.notices == ("A worker died, and the run was started again.",)
    np.testing.assert_array_equal(job.record.epochs, np.arange(101))
    cluster.wait_for_workers(2)


def test_a_run_that_kills_every_worker_fails(
    store: RunStore, address: str, cluster: Client, open_jobs: Callable[..., Jobs]
) -> None:
    jobs = open_jobs(store, address, trainer="trainers:die")
    job = jobs.submit(config(42))
    assert finished(job).state is JobState.FAILED
    assert "memory" in job.progress.reason
    cluster.wait_for_workers(2)


def test_a_store_that_cannot_be_written_costs_a_notice_only(
    tmp_path: Path, address: str, open_jobs: Callable[..., Jobs]
) -> None:
    (tmp_path / "file").write_text("no folder")
    jobs = open_jobs(RunStore(str(tmp_path / "file" / "runs")), address, trainer=TRAINER)
    job = jobs.submit(config(43, seconds=0, epochs=10))
    assert finished(job).state is JobState.DONE
    assert len(job.record.epochs) == 11
    (notice,) = job.progress.notices
    assert "not kept" in notice
    assert "file/runs" in notice


def test_a_run_that_only_the_workers_can_find_is_shown_all_the_same(
    address: str, open_jobs: Callable[..., Jobs]
) -> None:
    jobs = open_jobs(RunStore("memory://elsewhere"), address, trainer=TRAINER)
    job = jobs.submit(config(44, seconds=0, epochs=10))
    assert finished(job).state is JobState.DONE
    assert len(job.record.epochs) == 11
    assert "not kept" in job.progress.notices[0]


def test_a_scheduler_that_does_not_answer_is_named(store: RunStore, open_jobs: Callable[..., Jobs]) -> None:
    begun = time.monotonic()
    jobs = open_jobs(store, "tcp://127.0.0.1:9")
    job = jobs.submit(config(45))
    assert time.monotonic() - begun < 0.5
    assert job.progress.state is JobState.QUEUED
    assert finished(job).state is JobState.FAILED
    assert time.monotonic() - begun < 6
    assert "tcp://127.0.0.1:9" in job.progress.reason
    with pytest.raises(SchedulerError, match="tcp://127.0.0.1:9"):
        jobs.submit(config(46))


@pytest.fixture
def external(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler and a worker that somebody else has started."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    file = tmp_path / "scheduler.json"
    common = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--no-dashboard"]
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", *common, "--port", "0"], env=environment
    )
    until(file.exists)
    worker = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", *common, "--nthreads", "1", "--no-nanny"], env=environment
    )
    with Client(scheduler_file=str(file)) as client:
        client.wait_for_workers(1)
        address = client.scheduler.address
    yield address, scheduler
    for process in (worker, scheduler):
        process.kill()
        process.wait()


def test_an_existing_scheduler_is_used_and_its_loss_is_told(
    store: RunStore,
    external: tuple[str, subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    open_jobs: Callable[..., Jobs],
) -> None:
    address, scheduler = external
    monkeypatch.setenv("VGDEMO_SCHEDULER", address)
    jobs = open_jobs(store, trainer=TRAINER)
    assert finished(jobs.submit(config(50, seconds=0, epochs=10))).state is JobState.DONE
    job = jobs.submit(config(51))
    until(lambda: is_training(job))
    scheduler.kill()
    assert finished(job).state is JobState.FAILED
    assert address in job.progress.reason
    assert job.record is not None
    with pytest.raises(SchedulerError, match=address):
        jobs.submit(config(52))


def test_the_local_cluster_starts_behind_the_page_and_trains(store: RunStore, open_jobs: Callable[..., Jobs]) -> None:
    begun = time.monotonic()
    jobs = open_jobs(store, trainer=TRAINER)
    job = jobs.submit(config(53, seconds=0, epochs=10))
    assert job.progress == Progress(
        JobState.QUEUED, epoch=0, epochs=10, position=1, notices=("Waiting for the workers to start.",)
    )
    assert time.monotonic() - begun < 0.5
    assert finished(job).state is JobState.DONE


def test_the_engine_trains_in_a_worker_and_streams_what_it_measures(
    store: RunStore, address: str, open_jobs: Callable[..., Jobs]
) -> None:
    jobs = open_jobs(store, address)
    wanted = RunConfig(epochs=20, replicates=2, num_hidden_layers=1, n_samples=100)
    job = jobs.submit(wanted)
    until(lambda: job.progress.state.is_over, 120)
    assert job.progress == Progress(JobState.DONE, epoch=20, epochs=20)
    assert job.record.config == wanted
    assert job.record.curves["train_loss"].notna().all()
    assert len(store[wanted.run_key].epochs) == 21


def test_records_in_memory_are_bounded_and_the_last_used_stay(store: RunStore) -> None:
    first, second, third = (config(seed, epochs=100) for seed in (60, 61, 62))
    for one in (first, second, third):
        store[one.run_key] = trainers.epochs_of(one, 0, 100)
    size = trainers.epochs_of(first, 0, 100).histograms.nbytes
    records = Records(store, max_bytes=int(2.9 * size))
    kept = records.get(first.run_key)
    records.get(second.run_key)
    assert records.get(first.run_key) is kept
    records.get(third.run_key)
    store.clear()
    assert records.get(first.run_key) is kept
    assert records.get(second.run_key) is None


def test_closing_in_mid_run_is_quiet(
    store: RunStore, address: str, open_jobs: Callable[..., Jobs], caplog: pytest.LogCaptureFixture
) -> None:
    jobs = open_jobs(store, address, trainer=TRAINER)
    job = jobs.submit(config(40, seconds=0.05, epochs=1000))
    until(lambda: is_training(job))
    jobs.close()
    time.sleep(0.5)  # Dask calls back from a thread of its own.
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_record_that_is_known_already_is_held_only_if_the_store_keeps_its_run(store: RunStore) -> None:
    kept, lost = (trainers.epochs_of(config(seed), 0, 5) for seed in (63, 64))
    store[kept.config.run_key] = kept
    records = Records(store)
    assert records.hold(kept.config.run_key, kept)
    assert records.get(kept.config.run_key) is kept
    assert not records.hold(lost.config.run_key, lost)
    assert records.get(lost.config.run_key) is None


def test_a_run_of_which_chunks_were_missed_is_read_from_the_store(store: RunStore) -> None:
    kept, lost = (trainers.epochs_of(config(seed), 0, 5) for seed in (65, 66))
    store[kept.config.run_key] = kept
    assert Records(store).hold(kept.config.run_key, None)
    assert not Records(store).hold(lost.config.run_key, None)
