"""Clusters: the one of this machine, somebody else's, and one that is not there."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import trainers
from distributed import Client
from distributed.scheduler import TaskGroup
from distributed.spans import Span
from jobs.waiting import TRAINER, config, finished, is_training, until, wait_for_workers

from vgdemo.jobs import Jobs, JobState, Progress, SchedulerError
from vgdemo.jobs.cluster import connect, disconnect, submit
from vgdemo.store import RunStore


def test_a_scheduler_that_does_not_answer_is_named(store: RunStore, open_jobs: Callable[..., Jobs]) -> None:
    begun = time.monotonic()
    jobs = open_jobs(store, "tcp://127.0.0.1:9")
    job = jobs.submit(config(45))
    assert job.progress.state is JobState.QUEUED, "nobody waits for an answer"
    assert finished(job).state is JobState.FAILED
    assert time.monotonic() - begun < 20, "Dask would try for 30 seconds"
    assert "tcp://127.0.0.1:9" in job.progress.reason
    with pytest.raises(SchedulerError, match="tcp://127.0.0.1:9"):
        jobs.submit(config(46))


def test_a_damaged_run_that_cannot_be_trained_anew_fails_with_the_reason(
    store: RunStore, open_jobs: Callable[..., Jobs]
) -> None:
    jobs = open_jobs(store, "tcp://127.0.0.1:9")
    finished(jobs.submit(config(47)))
    damaged = trainers.epochs_of(config(48), 0, 5)
    store[damaged.run_key] = damaged
    for path in Path(store.url).rglob("kernels*"):
        path.write_bytes(b"damage")
    job = jobs.submit(config(48))
    assert job.progress.state is JobState.FAILED
    assert "tcp://127.0.0.1:9" in job.progress.reason
    assert job.record is None


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
        wait_for_workers(client, 1)
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
    jobs = open_jobs(store, trainer=TRAINER)
    job = jobs.submit(config(53, seconds=0, epochs=10))
    assert job.progress == Progress(
        JobState.QUEUED, epoch=0, epochs=10, position=1, notices=("Waiting for the workers to start.",)
    )
    assert finished(job).state is JobState.DONE


def test_little_is_kept_of_calls_that_are_over(cluster: Client) -> None:
    before = num_alive(TaskGroup)
    for call in range(12):
        assert submit(cluster, f"run-{call}", os.getpid, 0).result() in cluster.run(os.getpid).values()
    assert num_alive(Span) == 0
    assert num_alive(TaskGroup) <= before + 6


def num_alive(kind: type) -> int:
    """How many of these objects this process, in which the scheduler is, has in memory."""
    gc.collect()
    return sum(issubclass(type(one), kind) for one in gc.get_objects())  # What others have made may object to more.


def assert_forked(cluster: Client) -> None:
    """Of one process that imported the engine. A function of this module would be imported there, so we ask in text."""
    parents = set(cluster.run(os.getppid).values())
    assert len(parents) == 1
    assert parents != {os.getpid()}
    for question, answer in (
        ("'tensorflow' in __import__('sys').modules", True),
        ("hasattr(__import__('__main__'), '__file__')", False),  # Not the script that started this process.
        ("__import__('os').environ['OMP_NUM_THREADS']", "1"),
    ):
        assert set(cluster.run(eval, question).values()) == {answer}, question


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere workers are not forked.")
def test_workers_are_forked_and_so_is_one_that_replaces_another(cluster: Client) -> None:
    assert_forked(cluster)
    before = cluster.run(os.getpid)
    killed = next(iter(before.values()))
    os.kill(killed, signal.SIGKILL)
    until(lambda: len(now := cluster.run(os.getpid, on_error="ignore")) == len(before) and killed not in now.values())
    assert_forked(cluster)


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere workers are not forked.")
def test_a_worker_that_takes_long_to_begin_anew_is_waited_for(cluster: Client) -> None:
    """Dask itself would do without it after a quarter of a minute."""
    before = cluster.run(os.getpid)
    (nursery,) = set(cluster.run(os.getppid).values())
    os.kill(nursery, signal.SIGSTOP)
    try:
        os.kill(next(iter(before.values())), signal.SIGKILL)
        time.sleep(17)
    finally:
        os.kill(nursery, signal.SIGCONT)
    until(lambda: len(cluster.run(os.getpid, on_error="ignore")) == len(before))


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere workers are not forked.")
def test_a_worker_whose_end_is_long_in_coming_is_waited_for_when_the_cluster_ends() -> None:
    client = connect(None)
    workers = set(client.run(os.getpid).values())
    (nursery,) = set(client.run(os.getppid).values())
    os.kill(nursery, signal.SIGSTOP)  # Which says who has ended.
    later = threading.Timer(4, os.kill, (nursery, signal.SIGCONT))
    later.start()
    disconnect(client)
    later.join()
    assert not any(map(psutil.pid_exists, workers))
