"""A scheduler and workers in processes of their own, started by the commands that the README names."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from browser.dashboard import free_port

from vgdemo.nursery import WORKER_ENVIRONMENT

LISTEN = ("--host", "127.0.0.1", "--no-dashboard")


class Processes:
    """Somebody's cluster on this machine."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """A Python process in a group of its own; it finds the package and the stand-in trainers."""
        paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=os.environ | WORKER_ENVIRONMENT | paths | environment,
            start_new_session=True,
        )
        self.running.append(process)
        return process

    def scheduler(self) -> subprocess.Popen[bytes]:
        return self.start("-m", "dask", "scheduler", "--port", str(self.port), *LISTEN)

    def worker(self, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        return self.start("-m", "dask", "worker", self.address, "--nthreads", "1", *LISTEN, *options, **environment)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The process and its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def processes() -> Iterator[Processes]:
    cluster = Processes()
    try:
        yield cluster
    finally:
        for process in cluster.running:
            kill(process)
