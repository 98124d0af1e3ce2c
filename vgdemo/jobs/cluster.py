"""The Dask cluster: start one or join one, and what its worker processes do with a run.

The web process and the workers import this module; the workers alone call the trainer, so they alone import TensorFlow.
"""

from __future__ import annotations

import logging
import os
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import dask
from dask.task_spec import Task
from distributed import Client, Future, LocalCluster, Reschedule, Worker, WorkerPlugin, get_worker

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord, RunStatus
from vgdemo.store import RunStore, StoreError

SCHEDULER_VARIABLE = "VGDEMO_SCHEDULER"
TOPIC = "vgdemo"
TRAINER = "vgdemo.engine:train"
WARM_UP = RunConfig(epochs=1)  # The network that a person sees first.
TIMEOUT = "3s"

_SETTINGS = {
    "distributed.scheduler.worker-saturation": 1.0,  # Nothing waits behind a running task while a worker is free.
    "distributed.admin.low-level-log-length": 32,  # Every chunk is an event, and events are kept: 100,000 by default.
    # Runs live in the store. A worker that spills or pauses would only make a person wait without a word; one that
    # takes too much memory is ended, and its run fails with a reason.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
}
# One single-threaded worker for each core: more threads would only take the cores from one another.
_WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
}

_log = logging.getLogger(__name__)


class SchedulerError(RuntimeError):
    """The Dask scheduler cannot be used; the message is one sentence with its address."""


@dataclass(frozen=True)
class Outcome:
    """What a worker hands back, in bytes and words: an exception of TensorFlow would import it where it is read.

    Attributes:
        files: The record's files; empty if training failed.
        reason: Why training failed.
        notice: Why the store does not hold the run.
    """

    files: dict[str, bytes]
    reason: str | None = None
    notice: str | None = None


def connected(address: str | None) -> Client:
    """A client of the scheduler at `address`, or of a new local cluster; its workers warm up.

    Raises:
        SchedulerError: If there is no scheduler to talk to.
    """
    try:
        return Client(address, timeout=TIMEOUT) if address else Client(_local_cluster())
    except (OSError, RuntimeError, ValueError) as error:
        where = f"a Dask scheduler at {address}" if address else "a local Dask cluster to start"
        raise SchedulerError(f"Expected {where}. Received: {error}") from error


def _local_cluster() -> LocalCluster:
    with dask.config.set(_SETTINGS):
        return LocalCluster(
            processes=True,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # There is always an HTTP server; on its default port it collides.
            scheduler_kwargs={"dashboard": False},
            env=_WORKER_ENVIRONMENT,
        )


class WarmUp(WorkerPlugin):
    """Import the trainer and compile the default network in each worker that starts, the restarted ones too.

    It takes the worker's only thread, so runs that arrive meanwhile wait for it instead of compiling beside it.
    """

    name = "vgdemo-warm-up"
    idempotent = True

    def __init__(self, trainer: str) -> None:
        self._trainer = trainer  # Its name: the web process must not import it.

    def setup(self, worker: Worker) -> None:
        """Start without waiting."""
        worker.executors["default"].submit(self._warm_up, worker)

    def _warm_up(self, worker: Worker) -> None:
        try:
            pkgutil.resolve_name(self._trainer)(WARM_UP)
        except Exception:
            _log.exception("The default network did not train while the worker started; runs are tried all the same.")
        worker.log_event(TOPIC, {"warm": worker.address})


def submitted(client: Client, key: str, call: Callable[[], Outcome], priority: int) -> Future[Outcome]:
    """The future of a call that waits at the scheduler, in order of priority, until a worker is free.

    `Client.submit` would hand out single tasks at once, and they would sit behind whatever that worker is at: Dask
    takes tasks back from a busy worker, but late. A "data producer" waits at the scheduler.
    """
    (future,) = client.get({key: Task(key, call, _data_producer=True)}, [key], sync=False, priority=priority)
    return cast(Future[Outcome], future)


def run(trainer: str, config: RunConfig, store: RunStore) -> Outcome:
    """Train in this worker, tell of every chunk, keep the record in the store.

    Dask itself carries the wish to stop: it marks the task as cancelled when no client wants it any more. A client may
    change its mind before the worker has noticed, hence `Reschedule`: Dask then drops the task or starts it again.
    """
    worker = get_worker()
    key = worker.get_current_task()
    worker.log_event(TOPIC, {"key": key})

    def tell(chunk: RunRecord) -> None:
        first, last = int(chunk.epochs[0]), int(chunk.epochs[-1])
        worker.log_event(TOPIC, {"key": key, "first": first, "last": last, "files": chunk.to_files()})

    try:
        record = pkgutil.resolve_name(trainer)(config, on_chunk=tell, should_stop=_asks_cancelled(worker, key))
    except Exception as error:
        _log.exception("Training failed: %s", config.sentence)
        return Outcome({}, reason=f"{type(error).__name__}: {error}")
    if record.status is RunStatus.STOPPED:
        raise Reschedule
    return Outcome(record.to_files(), notice=_keep(store, record))


def _asks_cancelled(worker: Worker, key: Any) -> Callable[[], bool]:
    return lambda: worker.state.tasks[key].state == "cancelled"


def _keep(store: RunStore, record: RunRecord) -> str | None:
    try:
        store[record.config.run_key] = record
    except StoreError as error:
        return f"The run is not kept. {error}"
    return None
