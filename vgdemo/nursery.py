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


def open_early() -> None:
    """Have it begin to import while the dashboard is still being imported, if it is going to train on this machine."""
    if not (os.environ.get(SCHEDULER) or os.environ.get(LOGS)):
        open_nursery()


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
