"""Workers: what they train, tell, keep and hand back, and what a person hears of one that dies."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from distributed import Client, Reschedule
from distributed.comm.core import CommClosedError
from jobs.waiting import TRAINER, config, finished, until, wait_for_workers
from trainers import epochs_of

from vgdemo.config import ENGINE_VERSION, RunConfig
from vgdemo.jobs import Jobs, JobState, Progress
from vgdemo.jobs import worker as module
from vgdemo.jobs.turns import Rank
from vgdemo.jobs.worker import TOPIC, Outcome, WarmUp, train_and_keep
from vgdemo.record import RunRecord
from vgdemo.store import RunStore, StoreError


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
    wait_for_workers(cluster, 2)


def test_a_run_that_kills_every_worker_fails(
    store: RunStore, address: str, cluster: Client, open_jobs: Callable[..., Jobs]
) -> None:
    jobs = open_jobs(store, address, trainer="trainers:die")
    job = jobs.submit(config(42))
    assert finished(job).state is JobState.FAILED
    assert "memory" in job.progress.reason
    wait_for_workers(cluster, 2)


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


class StandInWorker:
    """A worker that is at one task and writes down its events."""

    def __init__(self, state: str = "executing") -> None:
        self.events: list[dict[str, Any]] = []
        self.state = SimpleNamespace(tasks={"run-1": SimpleNamespace(state=state)})
        self.executors = {"default": SimpleNamespace(submit=lambda call, *arguments: call(*arguments))}

    def get_current_task(self) -> str:
        return "run-1"

    def log_event(self, topic: str, message: dict[str, Any]) -> None:
        assert topic == TOPIC
        self.events.append(message)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Outcome, list[dict[str, Any]]]]:
    """Trains a run as a worker would: its outcome and what it told."""

    def train(
        wanted: RunConfig, store: RunStore, trainer: str = TRAINER, state: str = "executing"
    ) -> tuple[Outcome, list[dict[str, Any]]]:
        worker = StandInWorker(state)
        monkeypatch.setattr(module, "get_worker", lambda: worker)
        return train_and_keep(trainer, wanted, store, Rank.PERSON, ENGINE_VERSION), worker.events

    return train


def test_a_worker_tells_of_the_beginning_and_of_every_epoch_and_keeps_the_run(
    work: Callable[..., Any], store: RunStore
) -> None:
    wanted = config(81, seconds=0, epochs=23)
    outcome, (begun, *chunks) = work(wanted, store)
    assert outcome == Outcome()
    assert begun == {"run_key": wanted.run_key}
    assert {chunk["run_key"] for chunk in chunks} == {wanted.run_key}
    epochs = [RunRecord.from_message(chunk["chunk"]).epochs for chunk in chunks]
    np.testing.assert_array_equal(np.concatenate(epochs), np.arange(24))
    assert 1 <= epochs[1][-1] < 23, "the first curve does not wait for others"
    assert len(chunks) < 6, "chunks that come fast are sent together"
    assert len(store[wanted.run_key].epochs) == 24


def test_a_worker_whose_store_cannot_be_written_hands_the_record_back(work: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    outcome, _ = work(config(82, seconds=0, epochs=3), RunStore(str(tmp_path / "file" / "runs")))
    assert outcome.reason is None
    assert outcome.notice.startswith("The run is not kept. Expected the run store ")
    np.testing.assert_array_equal(RunRecord.from_message(outcome.record).epochs, np.arange(4))


def test_a_run_that_nobody_wants_any_more_is_given_back_to_dask(work: Callable[..., Any], store: RunStore) -> None:
    with pytest.raises(Reschedule):
        work(config(83, seconds=0, epochs=3), store, state="cancelled")
    assert list(store) == []


def test_an_error_of_the_trainers_is_handed_back_in_words(work: Callable[..., Any], store: RunStore) -> None:
    outcome, _ = work(config(84), store, trainer="trainers:fail")
    assert outcome == Outcome(reason="ForeignError: Expected room for 3 matrices. Received: none.")


@pytest.mark.parametrize(("error", "told"), [(CommClosedError("closing"), False), (OSError("no room"), True)])
def test_a_worker_that_closes_tells_of_no_heartbeat(
    error: OSError, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("distributed.worker").error("Failed to communicate", exc_info=error)
    assert bool(caplog.records) is told


@pytest.mark.parametrize("trainer", [TRAINER, "trainers:fail"])
def test_a_worker_is_up_when_it_has_warmed_up_whatever_came_of_that(trainer: str) -> None:
    worker = StandInWorker()
    WarmUp(trainer).setup(worker)
    assert worker.events == [{}]


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere threads have no priority of their own.")
@pytest.mark.parametrize(("rank", "niceness"), [(Rank.PERSON, 0), (Rank.STUDY, 10), (Rank.TRIAL, 19)])
def test_the_processor_works_first_for_what_a_person_waits_for(
    rank: Rank, niceness: int, monkeypatch: pytest.MonkeyPatch, store: RunStore
) -> None:
    seen: list[int] = []

    def note(*_: object) -> Outcome:
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return Outcome(reason="That is all.")

    monkeypatch.setattr(module, "secede", lambda: None)
    monkeypatch.setattr(module, "_train", note)
    thread = threading.Thread(target=train_and_keep, args=(TRAINER, config(85), store, rank, ENGINE_VERSION))
    thread.start()
    thread.join()
    assert seen == [max(niceness, os.getpriority(os.PRIO_PROCESS, 0))]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < 19


def test_a_run_that_was_stored_before_its_replicates_were_summed_up_is_not_trained_again(
    store: RunStore, tmp_path: Path
) -> None:
    wanted = config(43)
    record = epochs_of(wanted, 0, wanted.epochs)
    kept = store.keep(record)
    (manifest,) = Path(store.url).rglob("manifest.json")
    manifest.write_bytes(replace(kept, summary=replace(kept.summary, ends=())).to_bytes())
    assert store.look_up(record.run_key).summary.ends == ()
    outcome = train_and_keep("trainers:fail", wanted, store, Rank.STUDY, ENGINE_VERSION, is_watched=False)
    assert outcome.reason is None and repr(outcome.summary) == repr(kept.summary)  # NaN is no equal of itself.
    assert repr(store.look_up(record.run_key).summary) == repr(kept.summary)


def test_a_stored_run_that_must_be_read_and_cannot_be_is_trained(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = epochs_of(config(44), 0, 5)
    kept = store.keep(record)

    def refuse(*_: object) -> None:
        raise StoreError("no")

    monkeypatch.setattr(RunStore, "look_up", lambda *_: replace(kept, summary=replace(kept.summary, ends=())))
    monkeypatch.setattr(RunStore, "get", refuse)
    assert module._stored(store, record.run_key) is None
