"""The process that workers are forked from: what they need is imported once, for all of them.

They start in a tenth of a second, again after a crash too, and share the memory of what was imported.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from types import FrameType
from typing import Any

from vgdemo.environment import LOGS, PYTHON_PATH, SCHEDULER

if sys.platform == "linux":
    CONTEXT = multiprocessing.get_context("forkserver")
else:  # TensorFlow does not bear a fork everywhere.
    CONTEXT = multiprocessing.get_context("spawn")
IMPORTS_OF_WORKERS = ["distributed.nanny", "vgdemo.jobs.worker", "vgdemo.engine.preloaded"]

# One single-threaded worker for each core: more threads would only take the cores from one another.
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3"),
    "MALLOC_TRIM_THRESHOLD_": "65536",  # As Dask has it: what is freed is given back.
    "PYTHONPATH": PYTHON_PATH,
}

_in_order: dict[int, Any] = dict.fromkeys((signal.SIGINT, signal.SIGTERM))  # What was to happen on each.


def open_early() -> None:
    """Have it begin to import while the dashboard is still being imported, if it is going to train on this machine.

    Until `end_in_order`, who tells the dashboard to end is not kept waiting: there is nothing yet to leave in order,
    and the server would look at what it was told only when all is imported.
    """
    for number in _in_order:
        _in_order[number] = signal.signal(number, _end_at_once)
    if not (os.environ.get(SCHEDULER) or os.environ.get(LOGS)):
        open_nursery()


def end_in_order() -> None:
    """Leave it to the server again what happens when the dashboard is told to end."""
    for number, handler in _in_order.items():
        if signal.getsignal(number) is _end_at_once:
            signal.signal(number, handler)


def open_nursery() -> None:
    """Have it begin to import, where workers are forked and unless it is there already."""
    if CONTEXT.get_start_method() == "forkserver":
        CONTEXT.set_forkserver_preload(IMPORTS_OF_WORKERS)
        resource_tracker.ensure_running()  # To start it would let Ctrl-C through again.
        with _as_workers_inherit_it():
            forkserver.ensure_running()


def close_nursery() -> None:
    """End it, in the middle of its imports too, which it would finish first; only as the last thing in this process."""
    pid = getattr(forkserver._forkserver, "_forkserver_pid", None)
    if pid is not None:
        logging.disable()  # Dask would report each worker that was just about to come of it.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _end_at_once(number: int, _: FrameType | None) -> None:
    close_nursery()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


@contextmanager
def _as_workers_inherit_it() -> Iterator[None]:
    """What is started meanwhile has the workers' environment, for libraries to read, and hears of no Ctrl-C.

    In a terminal that reaches all processes, and the first one ends the others.
    """
    before = dict(os.environ)
    os.environ.update(WORKER_ENVIRONMENT)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        os.environ.clear()
        os.environ.update(before)
