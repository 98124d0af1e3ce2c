"""Where runs are trained: hands them to Dask, takes them back, and tells what becomes of them."""

from __future__ import annotations

import enum
import itertools
import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from dask.system import CPU_COUNT
from distributed import CancelledError, Client, Future, KilledWorker, WorkerPlugin, fire_and_forget
from distributed.client import ClosedClientError

from vgdemo.config import ENGINE_VERSION, RunConfig
from vgdemo.jobs.cluster import SchedulerError, connect, disconnect, submit
from vgdemo.jobs.renewal import Renewal
from vgdemo.jobs.turns import Rank
from vgdemo.jobs.watch import Watch, Watched
from vgdemo.jobs.worker import TOPIC, Measured, Outcome, WarmUp, measure, prepare, train_and_keep
from vgdemo.store import RunStore

TRAINER = "vgdemo.engine:train"
PREFIX = "run-"  # Dask's name for the group of tasks.
UNWATCHED_PREFIX = "unwatched-"  # A task of its own: whoever wants to watch the same run gets it from the start.
PREPARE_PREFIX = "prepare-"
MEASURE_PREFIX = "measure-"
LOOK_SECONDS = 3.0  # Between two looks whether something is wrong with the cluster.
FIRST_CHUNK_SECONDS = 20  # After which workers warm up although somebody still waits for a first curve.
CLUSTER_TOPIC = "all"  # Dask's own, of what happens to workers.

_log = logging.getLogger(__name__)
_next = itertools.count().__next__

Message = Mapping[str, bytes]  # A record, as `RunRecord.to_message` writes it.


class Listener(Protocol):
    """Who hears of the workers, in threads of Dask's."""

    def hear_worker(self) -> None:
        """A worker is up."""

    def hear_workers(self) -> None:
        """Others are workers now: some have come, or gone, or the cluster has."""

    def hear_start(self, run_key: str) -> None:
        """A worker has taken up a run."""

    def hear_chunk(self, run_key: str, chunk: Message) -> None:
        """A worker has trained some epochs of a run."""

    def hear_deaths(self, run_keys: Collection[str]) -> None:
        """A worker died; what it was at is given to another one."""

    def hear_trouble(self, trouble: Sequence[str], silent: Mapping[str, str]) -> None:
        """Something else is wrong with the cluster than before.

        Args:
            trouble: Sentences about the cluster.
            silent: Key of a run to a sentence about its worker, of which nothing is heard.
        """


class Awaits(enum.Enum):
    """What a sent run waits for."""

    CLUSTER = "the start of the cluster, to be handed over"
    OUTCOME = "its outcome"
    RETURN = "being let go by Dask, to be handed over again with its new rank"
    NOTHING = "nothing, because nobody wants it any more"


@dataclass(eq=False)
class SentRun:
    """A run that was given to the executor.

    Attributes:
        config: What is trained.
        rank: Those with a higher one go first.
        turn: Among those of a rank, those with a lower one do.
        order: Among those of a turn, those with a lower one do.
        visitor: For whom the store keeps it, among several people; empty for the owner of the server.
        on_end: Called with its outcome, once, unless it is withdrawn.
        is_watched: Whether the worker tells of what it has trained before the end.
        worker: The address of that which takes it, as long as it is there; None for any.
        awaits: What it waits for.
        future: Dask's handle, once it was handed over.
    """

    config: RunConfig
    rank: Rank
    on_end: Callable[[Outcome], None]
    is_watched: bool = True
    worker: str | None = None
    turn: int = 0
    order: int = field(default_factory=_next)
    visitor: str = ""
    awaits: Awaits = Awaits.CLUSTER
    future: Future[Outcome] | None = None

    @property
    def priority(self) -> float:
        """What Dask is told; no turn is as late as the next rank."""
        return self.rank - self.turn / (self.turn + 1)


class Executor:
    """Trains runs on a cluster, which `start` starts in the background; runs that are sent meanwhile wait.

    Nothing here waits for Dask, and nobody is called, under the lock.

    Args:
        address: Of an existing Dask scheduler; if None, a local cluster is started.
        trainer: Where the workers find `train`, as "module:name".
        store: Where they keep what they have trained.
        listener: Who hears of the workers.
        warms_up: Whether workers train the first network that a person sees, as soon as nobody waits for them.
    """

    def __init__(
        self, address: str | None, trainer: str, store: RunStore, listener: Listener, *, warms_up: bool = True
    ) -> None:
        self._address = address
        self._trainer = trainer
        self._store = store
        self._listener = listener
        self._warms_up = warms_up
        self._lock = threading.Lock()
        self._sent: dict[SentRun, None] = {}  # Those whose outcome is awaited, in order; a set has none.
        self._client: Client | None = None
        self._error: SchedulerError | None = None
        self._is_closed = False
        self._line: object = None  # To the scheduler; Dask may find one again, which then knows of nothing.
        self._first_chunk = threading.Event()
        self._is_decided = threading.Event()  # Whether there is a cluster. A Ctrl-C in a thread's `join` breaks that.
        self._workers: dict[str, int] = {}
        self._closing = threading.Event()
        self._starting = self._starter()

    def workers(self) -> Mapping[str, int]:
        """Ask the cluster for its workers; address of each to the runs that it can train at once: its threads.

        Raises:
            SchedulerError: If the cluster was lost, or has none.
        """
        client = self._client
        if client is None:
            return {}
        try:
            self._workers = dict(client.nthreads())
        except (OSError, RuntimeError) as error:
            raise self._loss() from error
        if not self._workers:
            raise SchedulerError(f"Expected {self._name} to have workers. Received: none.")
        return self._workers

    @property
    def num_workers(self) -> int:
        """Runs that can be trained at the same time."""
        expected = 1 if self._address else CPU_COUNT  # Of a local cluster it is known before it is up.
        return sum(self._workers.values()) or expected

    @property
    def is_local(self) -> bool:
        """Whether the workers are this machine's, and know its programs."""
        return self._address is None

    @property
    def is_connected(self) -> bool:
        """Whether it has come to a cluster, which it may have lost since."""
        return self._client is not None

    def start(self) -> None:
        """Connect in the background. If that fails, all that was sent ends with the reason."""
        self._starting.start()

    def wait(self) -> None:
        """Return once it is connected.

        Raises:
            SchedulerError: If there is no cluster to train on.
        """
        self._is_decided.wait()
        self.check()

    def start_anew(self) -> bool:
        """Connect again, in the background, where the cluster was lost or not found; what is sent meanwhile waits.

        Returns:
            Whether that was necessary.
        """
        with self._lock:
            is_needed = (self._error is not None or self._is_lost()) and not self._starting.is_alive()
            if self._is_closed or not is_needed:
                return False
            client, self._client, self._error = self._client, None, None
            self._starting = self._starter()
            self._starting.start()
        if client is not None:
            disconnect(client)
        return True

    def _starter(self) -> threading.Thread:
        return threading.Thread(target=self._start, name="vgdemo-cluster-start", daemon=True)

    def check(self) -> None:
        """See whether runs can be sent.

        Raises:
            SchedulerError: If there is no cluster to train on.
        """
        if self._is_lost():
            self._error = self._loss()
        if self._error is not None:
            raise self._error

    def send(
        self,
        config: RunConfig,
        rank: Rank,
        on_end: Callable[[Outcome], None],
        *,
        turn: int = 0,
        visitor: str = "",
        is_watched: bool = True,
        worker: str | None = None,
    ) -> SentRun:
        """Have a run trained.

        Args:
            config: What to train.
            rank: Those with a higher one go first.
            on_end: Called with its outcome, once, in another thread, unless the run is withdrawn.
            turn: Among those of a rank, those with a lower one go first.
            visitor: For whom the store keeps it; empty for the owner of the server.
            is_watched: Whether the listener hears of it before it ends.
            worker: The address of that which takes it, as long as it is there; None for any.
        """
        run = SentRun(config, rank, on_end, is_watched, worker, turn, visitor=visitor)
        with self._lock:
            self._sent[run] = None
            if self._client is not None and not self._is_lost():
                self._hand_over(self._client, run)
        return run

    def hurry(self, run: SentRun, rank: Rank, turn: int = 0) -> None:
        """Give a run another rank or turn. Dask cannot change it, so it is taken back and handed over again."""
        with self._lock:
            run.rank, run.turn, run.order = rank, turn, _next()
            if run.awaits is Awaits.OUTCOME:
                run.awaits = Awaits.RETURN
                _release(run)

    def withdraw(self, run: SentRun) -> None:
        """Want the outcome no more: a run that waits is not begun, one that a worker is at stops within a chunk."""
        with self._lock:
            self._forget(run)
            _release(run)

    def prepare(self, config: RunConfig) -> None:
        """Have the program of a run at hand in every worker, behind all that is trained."""
        client = self._client
        if client is None or client.status != "running":
            return
        for address in client.nthreads():
            key = f"{PREPARE_PREFIX}{config.run_key}-{address}"
            place = {"workers": [address], "allow_other_workers": True}  # It may go meanwhile.
            fire_and_forget(client.submit(prepare, config, key=key, priority=int(Rank.TRIAL) - 1, **place))

    def measure(self, config: RunConfig, on_end: Callable[[Measured | None], None]) -> bool:
        """Have a worker see what a run takes, behind all that is trained; whether there is a cluster that does.

        Args:
            config: The run.
            on_end: Called with what was measured, or None, in another thread.
        """
        client = self._client
        if client is None or self._is_lost():
            return False
        key = f"{MEASURE_PREFIX}{config.run_key}"
        future = client.submit(measure, self._trainer, config, key=key, priority=int(Rank.TRIAL))
        future.add_done_callback(lambda done: on_end(done.result() if done.status == "finished" else None))
        return True

    def close(self) -> None:
        """Withdraw all and leave the cluster; a local one ends."""
        self._first_chunk.set()  # Nobody waits for it any more.
        self._closing.set()
        self._is_closed = True
        self._starting.join()
        with self._lock:
            for run in tuple(self._sent):
                self._forget(run)
            client, self._client = self._client, None
            self._error = SchedulerError("Expected an open queue of runs. It was closed.")
        if client is not None:
            for topic in (TOPIC, CLUSTER_TOPIC):
                client.unsubscribe_topic(topic)
            disconnect(client)

    def _start(self) -> None:
        try:
            client = connect(self._address)
            self._line = client.scheduler_comm
            client.subscribe_topic(TOPIC, self._hear_worker)
            client.subscribe_topic(CLUSTER_TOPIC, self._hear_cluster)
            self._workers = dict(client.nthreads())
        except SchedulerError as error:
            self._give_up(error)
            return
        except (OSError, RuntimeError):  # It was lost meanwhile.
            self._give_up(self._loss())
            return
        with self._lock:
            self._client = client
            for run in self._sent:
                self._hand_over(client, run)
            is_awaited = bool(self._sent)
        self._is_decided.set()
        self._listener.hear_workers()
        threading.Thread(target=self._watch, args=(client,), name="vgdemo-cluster-watch", daemon=True).start()
        self._equip(client, Renewal())
        if not self._warms_up:
            return
        if is_awaited:  # Who is first has the processor alone; the other workers then find its program compiled.
            self._first_chunk.wait(FIRST_CHUNK_SECONDS)
        self._equip(client, WarmUp(self._trainer))

    def _watch(self, client: Client) -> None:
        """Look, while runs are with this cluster, whether something is wrong that none of them would tell."""
        watch, before = Watch(client, self._name), Watched()
        while not self._closing.wait(LOOK_SECONDS) and self._client is client:
            now = before
            if not self._sent:
                now = Watched()
            elif not self._is_lost():
                with suppress(OSError, RuntimeError, ClosedClientError):  # Runs hear of a loss in their own way.
                    now = watch.look()
            if now != before:
                before = now
                self._listener.hear_trouble(now.trouble, {_run_key(task): said for task, said in now.silent.items()})

    def _equip(self, client: Client, plugin: WorkerPlugin) -> None:
        try:
            client.register_plugin(plugin)
        except (OSError, RuntimeError) as error:  # It was lost meanwhile, of which runs hear in their own way.
            _log.warning("The workers do without %s: %s", type(plugin).__name__, error)

    def _give_up(self, error: SchedulerError) -> None:
        with self._lock:
            self._error = error
            waiting = tuple(self._sent)
            self._sent.clear()
        self._is_decided.set()
        for run in waiting:
            run.on_end(Outcome(reason=str(error), is_lost=True))

    def _hand_over(self, client: Client, run: SentRun) -> None:
        key = (PREFIX if run.is_watched else UNWATCHED_PREFIX) + run.config.run_key
        what = self._trainer, run.config, self._store, run.rank, ENGINE_VERSION, run.visitor
        call = partial(train_and_keep, *what, is_watched=run.is_watched)
        run.awaits = Awaits.CLUSTER
        try:
            run.future = submit(client, key, call, run.priority, run.worker)
        except ClosedClientError:  # It was lost just now: the run waits for the next one.
            return
        run.awaits = Awaits.OUTCOME
        run.future.add_done_callback(partial(self._settle, run))

    def _settle(self, run: SentRun, future: Future[Outcome]) -> None:
        """Called in a thread of Dask's when a future is over, whichever way."""
        outcome = self._outcome(future)  # First of all, for it may be withdrawn while its outcome is fetched.
        with self._lock:
            if run.awaits is Awaits.NOTHING or run.future is not future:  # Or it was handed to another cluster since.
                return
            if run.awaits is Awaits.RETURN and self._client is not None and not self._is_lost():
                self._hand_over(self._client, run)
                return
        run.on_end(outcome)
        self.withdraw(run)  # Dask need not keep what it was told.

    def _outcome(self, future: Future[Outcome]) -> Outcome:
        lost = Outcome(reason=str(self._loss()), is_lost=True)
        if future.status in ("cancelled", "lost"):
            return lost
        try:
            return future.result()
        except KilledWorker:
            return Outcome(reason="Its worker died again and again; the run may need more memory than there is.")
        except Exception as error:
            if future.status != "error" and isinstance(error, CancelledError | OSError):  # It ended well, far away.
                return lost
            return Outcome(reason=f"{type(error).__name__}: {error}")

    def _forget(self, run: SentRun) -> None:
        run.awaits = Awaits.NOTHING
        self._sent.pop(run, None)

    def _is_lost(self) -> bool:
        client = self._client
        return client is not None and (client.status != "running" or client.scheduler_comm is not self._line)

    def _loss(self) -> SchedulerError:
        return SchedulerError(f"Expected {self._name} to answer. The connection was lost.")

    @property
    def _name(self) -> str:
        return f"the Dask scheduler at {self._address}" if self._address else "this machine's Dask cluster"

    def _hear_worker(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """A message of `vgdemo.jobs.worker`: without a run key from one that starts, else of a run."""
        _, message = event
        self._listener.hear_worker()
        if "chunk" in message:
            self._first_chunk.set()
            self._listener.hear_chunk(message["run_key"], message["chunk"])
        elif "run_key" in message:
            self._listener.hear_start(message["run_key"])

    def _hear_cluster(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Dask tells of all that happens to workers, in the thread in which it must not be asked anything."""
        _, message = event
        action = message.get("action")
        if action == "remove-worker" and not message["expected"]:
            self._listener.hear_deaths([_run_key(key) for key in message["processing-tasks"]])
        if action in ("add-worker", "remove-worker"):
            self._listener.hear_workers()


def _run_key(task: str) -> str:
    return task.removeprefix(PREFIX).removeprefix(UNWATCHED_PREFIX)


def _release(run: SentRun) -> None:
    """Tell Dask that its future is not wanted; it then drops the run, and says so to `Executor._settle`."""
    if run.future is not None:
        run.future.release()
