"""What a person is told of a cluster that has no workers, silent ones, or those of another version."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from distributed import Client
from jobs.processes import processes
from jobs.waiting import TRAINER, config, finished, is_training, until

from vgdemo.config import ENGINE_VERSION
from vgdemo.jobs import Jobs, JobState, SchedulerError, cluster, executor, watch
from vgdemo.jobs.turns import Rank
from vgdemo.jobs.versions import QUESTION, difference, installed
from vgdemo.jobs.watch import SILENT_SECONDS, Watch
from vgdemo.jobs.worker import train_and_keep
from vgdemo.store import RunStore

ONE, TWO = "tcp://one", "tcp://two"


class StandInClient:
    """A client of a cluster that a test describes."""

    def __init__(self) -> None:
        self.heard = {ONE: 5.0, TWO: 5.0}
        self.versions: dict[str, Any] = {ONE: installed(), TWO: installed()}
        self.asked: list[str] = []
        self.scheduler = SimpleNamespace(
            identity=lambda n_workers: {"workers": {one: {"last_seen": at} for one, at in self.heard.items()}},
            processing=lambda workers: {ONE: ["run-1"], TWO: ["run-2"]},
        )

    def sync(self, question: Callable[..., Any], *arguments: Any, callback_timeout: float, **options: Any) -> Any:
        return question(*arguments, **options)

    def _run(self, ask: object, question: str, workers: list[str], on_error: str) -> dict[str, Any]:
        self.asked += workers
        return {address: self.versions[address] for address in workers}


@pytest.fixture
def client() -> StandInClient:
    return StandInClient()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that a test moves."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_a_run_is_told_of_its_worker_that_is_silent_and_no_other_is(
    client: StandInClient, clock: SimpleNamespace
) -> None:
    look = Watch(client, "the cluster").look  # type: ignore[arg-type]
    assert look() == watch.Watched()
    clock.now += SILENT_SECONDS + 1
    client.heard[TWO] = -1e9  # Its machine's clock has jumped; heard of it was.
    found = look()
    assert found.trouble == () and found.silent.keys() == {"run-1"}
    assert ONE in found.silent["run-1"] and f"more than {SILENT_SECONDS} s" in found.silent["run-1"]
    client.heard[ONE] = 6.0
    assert look() == watch.Watched()


def test_a_cluster_without_workers_or_with_silent_ones_alone_is_trouble(
    client: StandInClient, clock: SimpleNamespace
) -> None:
    look = Watch(client, "the cluster").look  # type: ignore[arg-type]
    look()
    clock.now += SILENT_SECONDS + 1
    assert look().trouble == (f"Expected workers of the cluster to answer. Received: nothing for {SILENT_SECONDS} s.",)
    client.heard = {}
    assert look().trouble == ("Expected the cluster to have workers. Received: none.",)


@pytest.mark.usefixtures("clock")
def test_workers_are_asked_once_for_their_versions_and_both_are_named(client: StandInClient) -> None:
    look = Watch(client, "the cluster").look  # type: ignore[arg-type]
    client.versions[TWO] = installed() | {"Keras": "2.15.0", "vgdemo's engine": "4"}
    (said,) = look().trouble
    assert said.startswith(f"Expected the worker {TWO} to have the versions of this server. Received: Keras 2.15.0")
    assert f"instead of {installed()['Keras']} and vgdemo's engine 4 instead of {ENGINE_VERSION}. Install" in said
    assert look().trouble == (said,) and client.asked == [ONE, TWO]


def test_a_python_without_anything_says_its_versions_too() -> None:
    asked = [sys.executable, "-I", "-S", "-c", f"print(repr({QUESTION}))"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True, cwd="/").stdout
    theirs = eval(answer)
    assert theirs["Python"] == installed()["Python"] and theirs["vgdemo's engine"] == theirs["Keras"] == "none"
    assert f"vgdemo's engine none instead of {ENGINE_VERSION}" in difference("it", theirs)
    assert difference("it", installed()) == ""


def test_a_worker_of_another_engine_trains_nothing_and_keeps_nothing(store: RunStore) -> None:
    outcome = train_and_keep("trainers:train", config(1), store, Rank.STUDY, ENGINE_VERSION - 1, is_watched=False)
    assert f"engine {ENGINE_VERSION - 1}" in outcome.reason and f"engine {ENGINE_VERSION}." in outcome.reason
    assert outcome.is_lost and len(store) == 0


def test_a_run_has_the_key_of_the_engine_where_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    key, sent = config(1).run_key, pickle.dumps(config(1))
    assert pickle.loads(sent) == config(1) and pickle.loads(sent).run_key == key
    monkeypatch.setattr("vgdemo.config.ENGINE_VERSION", ENGINE_VERSION - 1)
    assert pickle.loads(sent).run_key != key


def test_a_scheduler_that_answers_strangely_is_named_and_holds_nothing_up(
    store: RunStore, open_jobs: Callable[..., Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does that another version of Dask runs."""

    class Strange:
        def __init__(self, *_: object, **__: object) -> None:
            raise TypeError("Scheduler.identity() got an unexpected keyword argument 'n_workers'")

    monkeypatch.setattr(cluster, "Client", Strange)
    job = open_jobs(store, "tcp://127.0.0.1:9").submit(config(1))
    assert finished(job).state is JobState.FAILED
    assert "Expected a Dask scheduler at tcp://127.0.0.1:9. Received: Scheduler.identity()" in job.progress.reason


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(watch, "SILENT_SECONDS", 2)


@pytest.mark.usefixtures("impatient")
def test_a_run_whose_worker_is_stopped_says_so_and_goes_on_with_it(
    jobs: Jobs, store: RunStore, starts: list[str], cluster: Client
) -> None:
    job = jobs.submit(config(2, seconds=0.1, epochs=100))
    until(lambda: job.progress.epoch >= 21)
    version, worker = job.version, int(job.record.versions["process"])
    os.kill(worker, signal.SIGSTOP)
    try:
        until(lambda: job.progress.notices)
        assert "Nothing has been heard of its worker, tcp://127.0.0.1:" in job.progress.notices[0]
        assert is_training(job) and job.version > version
        other = jobs.submit(config(3, seconds=0, epochs=5))
        assert finished(other).notices == (), "the other worker trains"
    finally:
        os.kill(worker, signal.SIGCONT)
    until(lambda: not job.progress.notices)
    assert finished(job).state is JobState.DONE
    np.testing.assert_array_equal(job.record.epochs, np.arange(101))
    assert job.record.versions["process"] == str(worker) and starts.count(job.run_key) == 1
    assert {*store} == {job.run_key, other.run_key}


@pytest.mark.usefixtures("impatient")
def test_a_real_worker_of_another_engine_is_named_and_what_was_trained_stays(
    store: RunStore, open_jobs: Callable[..., Jobs], tmp_path: Path
) -> None:
    other = tmp_path / "other_engine.py"
    other.write_text(f"import vgdemo.config\nvgdemo.config.ENGINE_VERSION = {ENGINE_VERSION - 1}\n")
    with processes() as running:
        running.scheduler()
        jobs = open_jobs(store, running.address, trainer=TRAINER)
        until(lambda: _has_connected(jobs))
        job = jobs.submit(config(4, seconds=0.1, epochs=20))
        until(lambda: "to have workers. Received: none" in " ".join(job.progress.notices))
        running.worker("--no-nanny", "--preload", str(other))
        assert finished(job).state is JobState.FAILED
        assert f"vgdemo's engine {ENGINE_VERSION}, as this server has it. Received: engine " in job.progress.reason
        assert len(store) == 0


def _has_connected(jobs: Jobs) -> bool:
    """Whether the scheduler was up in time; else it is looked for again."""
    try:
        jobs._executor.wait()
    except SchedulerError:
        jobs.connect_anew()
        return False
    return True
