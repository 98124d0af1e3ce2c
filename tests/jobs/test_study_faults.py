"""A study on real processes that die, come late, start again, or cannot write: no run is lost, none counted twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from distributed import Client
from jobs.processes import Processes, kill, processes
from jobs.test_studies import SLOW, grid
from jobs.waiting import TRAINER, config, finished, until, wait_for_workers

from vgdemo.jobs import Jobs, JobState, StudyState
from vgdemo.store import RunStore
from vgdemo.study import Grid

SERVER = """
import time
from vgdemo.config import RunConfig
from vgdemo.jobs import Jobs
from vgdemo.store import RunStore
from vgdemo.study import Grid

jobs = Jobs(RunStore(), trainer="trainers:train")
jobs.studies.start(Grid.from_json('''{study}'''))
time.sleep(600)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Processes]:
    with processes() as cluster:
        cluster.scheduler()
        cluster.worker("--nworkers", "2")
        with Client(cluster.address, timeout="60s") as client:
            wait_for_workers(client, 2)
        yield cluster


@pytest.fixture
def address(cluster: Processes) -> str:
    return cluster.address


def assert_complete(jobs: Jobs, study: Grid, store: RunStore, *, trained: int | None = None) -> None:
    """All of it is there, and each run has come once."""
    until(lambda: jobs.studies.look(study).state is StudyState.COMPLETE, 120)
    progress = jobs.studies.look(study)
    runs = len(study.configs)
    assert (progress.done, progress.trained, len(store)) == (runs, runs if trained is None else trained, runs)
    assert (progress.failed, progress.trouble) == ({}, "")


def test_a_worker_that_is_killed_loses_no_run(jobs: Jobs, store: RunStore, address: str) -> None:
    study = grid(range(8), seconds=SLOW, epochs=50)
    with Client(address) as client:
        one = next(iter(client.run(os.getpid).values()))
        jobs.studies.start(study)
        until(lambda: jobs.studies.look(study).done >= 2)
        os.kill(one, signal.SIGKILL)
        assert_complete(jobs, study, store)
        assert jobs.studies.look(study).deaths == 1
        wait_for_workers(client, 2)


def test_a_worker_that_joins_late_gets_work(jobs: Jobs, store: RunStore, cluster: Processes) -> None:
    study = grid(range(100, 300), seconds=SLOW, epochs=10)
    jobs.studies.start(study)
    until(lambda: jobs.studies.look(study).done >= 2)
    late = cluster.worker("--name", "late")
    until(lambda: len(trainers_of(jobs, store, study)) == 3)
    jobs.studies.stop(study)
    os.kill(late.pid, signal.SIGTERM)  # As somebody does who takes a machine away.
    late.wait(30)
    assert jobs.studies.look(study).failed == {}


def trainers_of(jobs: Jobs, store: RunStore, study: Grid) -> set[str]:
    """The processes that have trained its runs so far."""
    return {store[config.run_key].versions["process"] for config in jobs.studies.results(study)}


def test_a_store_that_refuses_for_a_while_loses_no_run(
    address: str, open_jobs: Callable[..., Jobs], tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("no folder")
    point(tmp_path, "folder")
    store = RunStore(str(tmp_path / "runs"))
    jobs = open_jobs(store, address, trainer=TRAINER)
    study = grid(range(200, 206), seconds=SLOW, epochs=50)
    jobs.studies.start(study)
    until(lambda: jobs.studies.look(study).done >= 2)
    point(tmp_path, "file")
    until(lambda: jobs.studies.look(study).trouble)
    assert str(store) in jobs.studies.look(study).trouble
    assert jobs.studies.look(study).state is StudyState.RUNNING
    point(tmp_path, "folder")
    assert_complete(jobs, study, store)


def point(path: Path, name: str) -> None:
    """Have the store lie there from now on."""
    (path / "new").symlink_to(path / name)
    (path / "new").rename(path / "runs")


def test_a_server_that_is_killed_leaves_a_study_that_the_next_one_completes(
    jobs: Jobs, store: RunStore, cluster: Processes, tmp_path: Path
) -> None:
    study = grid(range(300, 308), seconds=SLOW, epochs=50)
    script = tmp_path / "server.py"
    script.write_text(SERVER.format(study=study.to_json()))
    server = cluster.start(str(script), VGDEMO_STORE=store.url, VGDEMO_SCHEDULER=cluster.address)
    until(lambda: len(store) >= 2)
    kill(server)
    until(lambda: jobs.studies.listed() and jobs.studies.listed()[0].is_known)
    (listed,) = jobs.studies.listed()
    assert (listed.grid, listed.state) == (study, StudyState.INTERRUPTED)
    assert 2 <= listed.done < 8
    jobs.studies.start(listed.grid)
    until(lambda: jobs.studies.look(study).is_known)
    assert_complete(jobs, study, store, trained=8 - jobs.studies.look(study).done + jobs.studies.look(study).trained)


def test_a_study_goes_on_by_itself_after_a_restart_of_the_scheduler(
    store: RunStore, open_jobs: Callable[..., Jobs]
) -> None:
    with processes() as cluster:
        scheduler, worker = cluster.scheduler(), cluster.worker()
        jobs = open_jobs(store, cluster.address, trainer=TRAINER)
        study = grid(range(400, 410), seconds=SLOW, epochs=30)
        jobs.studies.start(study)
        until(lambda: jobs.studies.look(study).done >= 2)
        kill(scheduler)
        until(lambda: jobs.studies.look(study).trouble)
        assert cluster.address in jobs.studies.look(study).trouble
        assert jobs.studies.look(study).state is StudyState.RUNNING
        kill(worker)
        cluster.scheduler()
        cluster.worker()
        assert_complete(jobs, study, store)
        assert finished(jobs.submit(config(500, seconds=0, epochs=5))).state is JobState.DONE, "people are served too"
