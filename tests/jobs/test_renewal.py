"""Workers that have grown begin anew, and nobody notices."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from distributed import Client
from jobs.waiting import config, finished, until, wait_for_workers

from vgdemo.jobs import Job, Jobs, JobState
from vgdemo.jobs.renewal import LOOK_SECONDS, Renewal
from vgdemo.study import Grid


@pytest.fixture
def small(cluster: Client) -> Iterator[None]:
    """Every worker has grown, once it has worked."""
    cluster.register_plugin(Renewal(most_bytes=1), name="small")
    yield
    cluster.unregister_worker_plugin("small")
    wait_for_workers(cluster, 2)


def processes(cluster: Client) -> set[int]:
    return set(cluster.run(os.getpid).values())


def test_a_worker_that_has_grown_is_replaced_under_load_too_and_nobody_notices(
    jobs: Jobs, cluster: Client, starts: list[str], small: None
) -> None:
    before = processes(cluster)
    at_work: list[Job] = []
    ended = []
    for seed in range(200):
        at_work = [*at_work, jobs.submit(config(seed, seconds=0.02, epochs=20))]
        if len(at_work) == 4:  # More than there are workers: each is given the next run as soon as it is done with one.
            ended.append(finished(at_work.pop(0)))
        if seed > 10 and not before & processes(cluster):
            break
    ended += map(finished, at_work)
    assert not before & processes(cluster)
    assert {progress.state for progress in ended} == {JobState.DONE}
    assert len(starts) == len(set(starts)) == len(ended)


def test_a_worker_that_has_grown_keeps_no_person_waiting_behind_a_long_run_of_a_study(
    jobs: Jobs, cluster: Client, small: None
) -> None:
    study = Grid.of(config(1000), {"seed": [1000, 1001, 1002]})
    jobs.studies.start(study)
    until(lambda: len(jobs.studies.look(study).at_work) >= 2)
    time.sleep(4 * LOOK_SECONDS)
    assert finished(jobs.submit(config(2000, seconds=0.0, epochs=5))).state is JobState.DONE
    assert jobs.studies.look(study).done == 0
    jobs.studies.stop(study)
