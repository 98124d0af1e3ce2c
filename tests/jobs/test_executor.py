"""The executor: what it hands to Dask, takes back and tells, with a Dask that does what a test says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from distributed import CancelledError, KilledWorker
from distributed.client import ClosedClientError
from jobs.waiting import config, until

from vgdemo.config import RunConfig
from vgdemo.jobs import SchedulerError, executor
from vgdemo.jobs.executor import Awaits, Executor, SentRun
from vgdemo.jobs.renewal import Renewal
from vgdemo.jobs.turns import Rank
from vgdemo.jobs.worker import TOPIC, Outcome, WarmUp
from vgdemo.store import RunStore

DONE = Outcome()


@dataclass(eq=False)
class StandInFuture:
    key: str
    priority: int
    worker: str | None = None
    status: str = "pending"
    is_released: bool = False

    def add_done_callback(self, callback: Callable[[StandInFuture], None]) -> None:
        self.callback = callback

    def release(self) -> None:
        self.is_released = True

    def end(self, status: str = "finished", outcome: Outcome | Exception = DONE) -> None:
        """What Dask does when it is through with a task, or has let go of one that was released."""
        self.status, self.outcome = status, outcome
        self.callback(self)

    def result(self) -> Outcome:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@dataclass
class StandInDask:
    """A client of a scheduler, and whatever is handed to it."""

    status: str = "running"
    may_connect: threading.Event = field(default_factory=threading.Event)
    error: SchedulerError | None = None
    futures: list[StandInFuture] = field(default_factory=list)
    hear: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    plugins: list[object] = field(default_factory=list)
    is_left: bool = False
    scheduler_comm: object = field(default_factory=object)
    workers: dict[str, int] = field(default_factory=lambda: {"tcp://one": 1, "tcp://two": 1, "tcp://three": 2})

    def connect(self, address: str | None) -> StandInDask:
        assert self.may_connect.wait(10)
        if self.error is not None:
            raise self.error
        return self

    def submit(
        self, _: StandInDask, key: str, call: Callable[[], Outcome], priority: int, worker: str | None = None
    ) -> StandInFuture:
        self.futures.append(StandInFuture(key, priority, worker))
        return self.futures[-1]

    def disconnect(self, _: StandInDask) -> None:
        self.is_left = True

    def subscribe_topic(self, topic: str, hear: Callable[[Any], None]) -> None:
        self.hear[topic] = hear

    def unsubscribe_topic(self, topic: str) -> None:
        del self.hear[topic]

    def register_plugin(self, plugin: object) -> None:
        self.plugins.append(plugin)  # Workers would warm up.

    def nthreads(self) -> dict[str, int]:
        return self.workers

    def log(self, topic: str, **message: object) -> None:
        self.hear[topic]((0.0, message))


class Heard:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def hear_worker(self) -> None:
        self.events.append("worker")

    def hear_workers(self) -> None:
        self.events.append("workers")

    def hear_start(self, run_key: str) -> None:
        self.events.append(("start", run_key))

    def hear_chunk(self, run_key: str, chunk: object) -> None:
        self.events.append(("chunk", run_key, chunk))

    def hear_deaths(self, run_keys: Collection[str]) -> None:
        self.events.append(("deaths", *run_keys))

    def hear_trouble(self, trouble: Sequence[str], silent: Mapping[str, str]) -> None:
        self.events.append(("trouble", trouble, silent))


@pytest.fixture
def dask(monkeypatch: pytest.MonkeyPatch) -> StandInDask:
    stand_in = StandInDask()
    for name in ("connect", "submit", "disconnect"):
        monkeypatch.setattr(executor, name, getattr(stand_in, name))
    return stand_in


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def starting(dask: StandInDask, heard: Heard, store: RunStore) -> Iterator[Executor]:
    """An executor whose cluster is not up yet."""
    executor = Executor("tcp://there", "trainers:train", store, heard)
    executor.start()
    yield executor
    dask.may_connect.set()
    executor.close()


@pytest.fixture
def running(starting: Executor, dask: StandInDask) -> Executor:
    dask.may_connect.set()
    starting._starting.join(10)
    return starting


def send(executor: Executor, outcomes: list[Outcome], seed: int = 0, priority: int = 0) -> SentRun:
    return executor.send(config(seed), priority, outcomes.append)


def test_what_is_sent_while_the_cluster_starts_is_handed_over_in_order_when_it_is_up(
    starting: Executor, dask: StandInDask
) -> None:
    outcomes: list[Outcome] = []
    first, dropped, hurried = (send(starting, outcomes, seed) for seed in range(3))
    starting.withdraw(dropped)
    starting.hurry(hurried, 1)
    assert dask.futures == []
    assert [run.awaits for run in (first, dropped, hurried)] == [Awaits.CLUSTER, Awaits.NOTHING, Awaits.CLUSTER]
    dask.may_connect.set()
    until(lambda: len(dask.futures) == 2)
    assert [(future.key, future.priority) for future in dask.futures] == [
        (f"run-{config(0).run_key}", 0),
        (f"run-{config(2).run_key}", 1),
    ]
    assert outcomes == []


def test_workers_warm_up_at_once_when_nobody_waits(running: Executor, dask: StandInDask) -> None:
    until(lambda: len(dask.plugins) == 2)
    assert [type(plugin) for plugin in dask.plugins] == [Renewal, WarmUp]


def test_workers_warm_up_behind_the_first_curve_that_somebody_waits_for(starting: Executor, dask: StandInDask) -> None:
    run = send(starting, [])
    dask.may_connect.set()
    until(lambda: dask.futures)
    dask.log(TOPIC, run_key=run.config.run_key)  # It has begun.
    time.sleep(0.1)
    assert [type(plugin) for plugin in dask.plugins] == [Renewal]
    dask.log(TOPIC, run_key=run.config.run_key, chunk={})
    until(lambda: [type(plugin) for plugin in dask.plugins] == [Renewal, WarmUp])


def test_closing_waits_for_no_curve(starting: Executor, dask: StandInDask) -> None:
    send(starting, [])
    dask.may_connect.set()
    until(lambda: dask.futures)
    began = time.monotonic()
    starting.close()
    assert time.monotonic() - began < 5


def test_an_outcome_is_told_once_and_dask_need_not_keep_it(running: Executor, dask: StandInDask) -> None:
    outcomes: list[Outcome] = []
    run = send(running, outcomes)
    (future,) = dask.futures
    assert run.awaits is Awaits.OUTCOME
    future.end()
    assert outcomes == [DONE]
    assert future.is_released
    future.end()
    assert outcomes == [DONE]


def test_a_run_that_is_hurried_is_handed_over_again_once_dask_has_let_go_of_it(
    running: Executor, dask: StandInDask
) -> None:
    outcomes: list[Outcome] = []
    run = send(running, outcomes)
    running.hurry(run, 1)
    (future,) = dask.futures
    assert (run.awaits, future.is_released) == (Awaits.RETURN, True)
    future.end("cancelled")
    assert (run.awaits, outcomes) == (Awaits.OUTCOME, [])
    assert [future.priority for future in dask.futures] == [0, 1]
    dask.futures[1].end()
    assert outcomes == [DONE]


@pytest.mark.parametrize("is_hurried", [False, True])
def test_a_run_that_is_withdrawn_is_never_told_of_nor_handed_over_again(
    running: Executor, dask: StandInDask, is_hurried: bool
) -> None:
    outcomes: list[Outcome] = []
    run = send(running, outcomes)
    if is_hurried:
        running.hurry(run, 1)
    running.withdraw(run)
    (future,) = dask.futures
    assert (run.awaits, future.is_released) == (Awaits.NOTHING, True)
    future.end("cancelled")
    assert (len(dask.futures), outcomes) == (1, [])


def test_a_run_that_is_withdrawn_while_its_outcome_is_fetched_is_not_told_of(
    running: Executor, dask: StandInDask
) -> None:
    outcomes: list[Outcome] = []
    run = send(running, outcomes)
    (future,) = dask.futures

    def result() -> Outcome:
        running.withdraw(run)
        future.status = "cancelled"
        raise CancelledError

    future.result = result
    future.end()
    assert outcomes == []


@pytest.mark.parametrize("error", [CancelledError(), OSError("closed")])
def test_a_run_whose_outcome_does_not_come_here_is_lost_and_has_not_failed(
    running: Executor, dask: StandInDask, error: Exception
) -> None:
    outcomes: list[Outcome] = []
    send(running, outcomes)
    dask.futures[0].end("finished", error)
    (outcome,) = outcomes
    assert outcome.is_lost
    assert outcome.reason == "Expected the Dask scheduler at tcp://there to answer. The connection was lost."


@pytest.mark.parametrize("is_hurried", [False, True])
def test_a_run_whose_scheduler_is_gone_ends_with_its_address(
    running: Executor, dask: StandInDask, is_hurried: bool
) -> None:
    outcomes: list[Outcome] = []
    run = send(running, outcomes)
    if is_hurried:
        running.hurry(run, 1)
    dask.status = "connecting"
    dask.futures[0].end("cancelled")
    (outcome,) = outcomes
    assert outcome.reason == "Expected the Dask scheduler at tcp://there to answer. The connection was lost."
    with pytest.raises(SchedulerError, match="tcp://there"):
        running.check()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError("none left"), "MemoryError: none left"),
        (OSError("no such file"), "OSError: no such file"),
        (
            KilledWorker("run-0", None, 4),
            "Its worker died again and again; the run may need more memory than there is.",
        ),
    ],
)
def test_an_error_of_dasks_is_a_reason(running: Executor, dask: StandInDask, error: Exception, reason: str) -> None:
    outcomes: list[Outcome] = []
    send(running, outcomes)
    dask.futures[0].end("error", error)
    assert outcomes == [Outcome(reason=reason)]


def test_a_cluster_that_does_not_start_ends_what_waits_with_the_reason(starting: Executor, dask: StandInDask) -> None:
    outcomes: list[Outcome] = []
    kept, dropped = send(starting, outcomes, 1), send(starting, outcomes, 2)
    starting.withdraw(dropped)
    starting.check()
    dask.error = SchedulerError("Expected a scheduler. Received: none.")
    dask.may_connect.set()
    until(lambda: outcomes)
    assert outcomes == [Outcome(reason="Expected a scheduler. Received: none.", is_lost=True)]
    with pytest.raises(SchedulerError, match="Received: none"):
        starting.check()
    assert kept.future is None


def test_after_closing_nothing_is_told_and_nothing_can_be_sent(running: Executor, dask: StandInDask) -> None:
    outcomes: list[Outcome] = []
    send(running, outcomes)
    running.close()
    assert (dask.is_left, dask.hear) == (True, {})
    dask.futures[0].end("cancelled")
    assert outcomes == []
    with pytest.raises(SchedulerError, match="It was closed"):
        running.check()


def test_the_listener_hears_of_workers_and_runs(running: Executor, dask: StandInDask, heard: Heard) -> None:
    heard.events.clear()
    dask.log(TOPIC)
    dask.log(TOPIC, run_key="abc")
    dask.log(TOPIC, run_key="abc", chunk={"run.json": b""})
    assert heard.events == ["worker", "worker", ("start", "abc"), "worker", ("chunk", "abc", {"run.json": b""})]


def test_the_listener_hears_of_workers_that_died_not_of_those_that_were_sent_away(
    running: Executor, dask: StandInDask, heard: Heard
) -> None:
    assert heard.events == ["workers"], "the cluster is up"
    dask.log("all", action="add-worker")
    dask.log("all", action="remove-worker", expected=True, **{"processing-tasks": {"run-abc": 1}})
    assert heard.events == ["workers"] * 3
    lost = {"run-abc": 1, "unwatched-def": 1}
    dask.log("all", action="remove-worker", expected=False, **{"processing-tasks": lost})
    assert heard.events[3:] == [("deaths", "abc", "def"), "workers"]


def test_the_workers_are_asked_for_anew_and_none_is_trouble(running: Executor, dask: StandInDask) -> None:
    assert (running.workers(), running.num_workers) == (dask.workers, 4)
    dask.workers = {"tcp://one": 1}
    assert (running.workers(), running.num_workers) == (dask.workers, 1)
    dask.workers = {}
    with pytest.raises(SchedulerError, match="tcp://there to have workers. Received: none"):
        running.workers()


def test_before_there_is_a_cluster_there_are_no_workers(starting: Executor) -> None:
    assert starting.workers() == {}


def test_a_run_goes_to_the_worker_that_it_was_sent_to(running: Executor, dask: StandInDask) -> None:
    running.send(config(0), Rank.STUDY, [].append, is_watched=False, worker="tcp://two")
    (future,) = dask.futures
    assert (future.key, future.worker) == (f"unwatched-{config(0).run_key}", "tcp://two")


def test_a_scheduler_that_dask_has_found_again_knows_of_nothing_and_is_lost(
    running: Executor, dask: StandInDask
) -> None:
    running.check()
    dask.scheduler_comm = object()
    with pytest.raises(SchedulerError, match="tcp://there to answer"):
        running.check()


def test_after_a_loss_it_connects_anew_and_what_was_sent_meanwhile_is_handed_over_once(
    running: Executor, dask: StandInDask
) -> None:
    outcomes: list[Outcome] = []
    assert not running.start_anew(), "nothing is lost"
    lost = send(running, outcomes)
    dask.status = "closed"
    meanwhile = send(running, outcomes, 1)
    assert len(dask.futures) == 1 and meanwhile.awaits is Awaits.CLUSTER
    running._first_chunk.set()  # What was sent is no reason to wait.
    dask.may_connect.clear()
    assert running.start_anew() and dask.is_left
    assert not running.start_anew(), "it is on its way"
    running.check()
    dask.status = "running"
    dask.may_connect.set()
    until(lambda: len(dask.futures) == 3)
    dask.futures[0].end("cancelled")  # Late, by the client that was left.
    assert outcomes == []
    for future in dask.futures[1:]:
        future.end()
    assert outcomes == [DONE, DONE]
    assert (lost.awaits, meanwhile.awaits) == (Awaits.NOTHING, Awaits.NOTHING)
    running.check()


def test_where_there_was_no_scheduler_it_is_looked_for_again(starting: Executor, dask: StandInDask) -> None:
    dask.error = SchedulerError("Expected a scheduler. Received: none.")
    dask.may_connect.set()
    starting._starting.join(10)
    dask.error = None
    assert starting.start_anew()
    until(starting.workers)
    starting.check()


def test_a_connection_that_closes_while_a_run_is_handed_over_loses_no_run(
    running: Executor, dask: StandInDask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        dask.status = "closed"
        raise ClosedClientError("Client is closed.")

    outcomes: list[Outcome] = []
    with monkeypatch.context() as patch:
        patch.setattr(executor, "submit", refuse)
        run = send(running, outcomes)
    assert run.awaits is Awaits.CLUSTER
    running._first_chunk.set()
    assert running.start_anew()
    dask.status = "running"
    until(lambda: dask.futures)
    dask.futures[0].end()
    assert outcomes == [DONE]


def test_a_program_is_prepared_in_every_worker(running: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[RunConfig, list[str]]] = []

    def submit(_: object, config: RunConfig, *, workers: list[str], **__: object) -> None:
        asked.append((config, workers))

    client = SimpleNamespace(status="running", nthreads=lambda: {"one": 1, "other": 1}, submit=submit)
    with monkeypatch.context() as patch:
        patch.setattr(running, "_client", client)
        patch.setattr(executor, "fire_and_forget", lambda _: None)
        running.prepare(RunConfig())
    assert asked == [(RunConfig(), ["one"]), (RunConfig(), ["other"])]


def test_nothing_is_prepared_before_there_are_workers(starting: Executor) -> None:
    starting.prepare(RunConfig())
