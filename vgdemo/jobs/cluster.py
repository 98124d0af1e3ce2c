"""The Dask cluster: start one or join one, leave it, and hand it calls in order of priority."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast

import dask
from dask.task_spec import Task
from distributed import Client, Future, LocalCluster, Nanny, Security, rpc
from distributed.scheduler import DEFAULT_EXTENSIONS
from distributed.spans import SpansSchedulerExtension
from distributed.utils import get_mp_context, wait_for

from vgdemo.jobs.versions import installed
from vgdemo.nursery import CONTEXT, WORKER_ENVIRONMENT, open_nursery

TIMEOUT_SECONDS = 3
TIMEOUT = f"{TIMEOUT_SECONDS}s"
SAME = "Install the same on both, and start the scheduler and its workers again."
GRACE_SECONDS = 1.25  # Of which Dask gives a worker four fifths to end by itself; by default it takes four seconds.

_SETTINGS = {  # Of any cluster: cluster.env says the same.
    "distributed.scheduler.worker-ttl": "60s",  # A worker that is silent for so long is started again: 5 minutes.
    "distributed.scheduler.worker-saturation": 1.0,  # Nothing waits behind a running task while a worker is free.
    "distributed.admin.low-level-log-length": 4,  # Events are kept, and every chunk is one: 1,000 by default.
    "distributed.diagnostics.computations.max-history": 4,  # Each keeps the tasks that it had: 100 by default.
    # Runs live in the store. A worker that spills or pauses would only make a person wait without a word; one that
    # takes too much memory is ended, and its run fails with a reason.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
}
_LOCAL_SETTINGS = {
    "distributed.worker.multiprocessing-method": CONTEXT.get_start_method(),
    # A nanny starts its worker again, however long a busy machine takes; the cluster would close the nanny after 15 s.
    "distributed.deploy.lost-worker-timeout": "1d",
}
_Result = TypeVar("_Result")


class NoSpans(SpansSchedulerExtension):
    """Keeps nothing of calls that are over: Dask keeps for each the time that it took, in a "span", for ever."""

    def observe_tasks(self, *_: Any, **__: Any) -> dict[Any, dict[str, Any]]:
        """Note no call."""
        return {}

    def heartbeat(self, *_: Any) -> None:
        """Take no note of what a worker has measured."""


class PromptNanny(Nanny):
    """Looks after a worker, and ends it soon in the middle of a run too: of that nothing is kept, or all."""

    async def kill(self, timeout: float = TIMEOUT_SECONDS, reason: str = "nanny-kill") -> None:
        """End the worker.

        Raises:
            TimeoutError: If it was killed and is still not gone after the timeout, in seconds.
        """
        process = self.process
        if process is None:
            return
        try:
            await super().kill(min(timeout, GRACE_SECONDS), reason)
        except TimeoutError:
            await wait_for(process.stopped.wait(), timeout)  # A busy machine takes its time to carry out a kill.


class SchedulerError(RuntimeError):
    """The Dask scheduler cannot be used; the message is one sentence with its address."""


def connect(address: str | None) -> Client:
    """A client of the scheduler at `address`, or of a new local cluster.

    Raises:
        SchedulerError: If there is no scheduler to talk to.
    """
    try:
        return Client(address, timeout=TIMEOUT) if address else Client(_local_cluster())
    except Exception as error:  # A scheduler of another version may answer anything.
        where = f"a Dask scheduler at {address}" if address else "a local Dask cluster to start"
        has_answered = address is not None and not isinstance(error, OSError)
        received = (has_answered and _other_version(str(address))) or error
        raise SchedulerError(f"Expected {where}. Received: {received}") from error


def _other_version(address: str) -> str:
    """What is said of a scheduler whose version of Dask is not this one's; empty of any other."""

    async def ask() -> str:
        arguments = Security().get_connection_args("client")
        async with rpc(address, timeout=TIMEOUT, connection_args=arguments) as scheduler:
            return str((await wait_for(scheduler.versions(), TIMEOUT_SECONDS))["packages"]["distributed"])

    try:
        theirs = asyncio.run(ask())
    except Exception:  # It does not say; the error that brought us here stands.
        return ""
    ours = installed()["distributed"]
    return "" if theirs == ours else f"distributed {theirs}, and this server has {ours}. {SAME}"


def _local_cluster() -> LocalCluster:
    # For good: workers are also started later, in place of those that died.
    dask.config.set(_SETTINGS | _LOCAL_SETTINGS)
    get_mp_context()  # Asked once, it also says what Dask would import.
    open_nursery()
    return LocalCluster(
        worker_class=PromptNanny,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # There is always an HTTP server; on its default port it collides.
        scheduler_kwargs={"dashboard": False, "extensions": DEFAULT_EXTENSIONS | {"spans": NoSpans}},
        env=WORKER_ENVIRONMENT,
    )


def disconnect(client: Client) -> None:
    """Leave the scheduler; a cluster that `connect` started ends."""
    cluster = client.cluster
    client.close()
    if cluster is not None:
        cluster.close()


def submit(
    client: Client, key: str, call: Callable[[], _Result], priority: float, worker: str | None = None
) -> Future[_Result]:
    """Hand over a call. It waits at the scheduler, in order of priority, until a worker is free.

    With the address of a worker it is this one, unless it is gone.

    `Client.submit` would hand out single tasks at once, and they would sit behind whatever that worker is at: Dask
    takes tasks back from a busy worker, but late. A "data producer" waits at the scheduler.
    """
    place: dict[str, Any] = {"workers": [worker], "allow_other_workers": True} if worker else {}
    graph = {key: Task(key, call, _data_producer=True)}
    (future,) = client.get(graph, [key], sync=False, priority=priority, **place)
    return cast("Future[_Result]", future)
