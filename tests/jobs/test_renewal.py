"""Workers that have grown begin anew, and nobody notices."""

from __future__ import annotations

import os
import time

from distributed import Client
from jobs.waiting import config, finished, until

from vgdemo.jobs import Jobs, JobState
from vgdemo.jobs.renewal import Renewal


def test_a_worker_that_has_grown_is_replaced_when_it_has_nothing_to_do_and_nobody_notices(
    jobs: Jobs, cluster: Client, starts: list[str]
) -> None:
    before = set(cluster.run(os.getpid).values())
    cluster.register_plugin(Renewal(most_bytes=1), name="small")
    ended = []
    while before & set(cluster.run(os.getpid).values()) or len(ended) < 6:  # Some come while a worker is replaced.
        job = jobs.submit(config(len(ended), seconds=0.02, epochs=2))
        ended.append(finished(job))
        until(lambda: cluster.nthreads())
        time.sleep(len(ended) % 3)
    assert {progress.state for progress in ended} == {JobState.DONE}
    assert {progress.notices for progress in ended} <= {(), ("Waiting for the workers to start.",)}
    assert len(starts) == len(set(starts)) == len(ended)
    cluster.unregister_worker_plugin("small")
