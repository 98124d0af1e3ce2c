"""Workers that begin anew before they grow large: what TensorFlow has compiled, a process never lets go."""

from __future__ import annotations

import psutil
from distributed import Worker, WorkerPlugin
from tornado.ioloop import PeriodicCallback

MOST_BYTES = 1_000_000_000  # Between two runs; a worker begins with two thirds of it, and a program takes 20 MB.
LOOK_SECONDS = 0.5
RESTS = 4  # Looks at which it has nothing to do, one after the other.


class Renewal(WorkerPlugin):
    """Has a worker's process replaced by a new one, once it has grown and while it has nothing to do.

    A run that comes just then is given to another worker, or to the new one. A worker that nobody would start again,
    because it has no nanny, is left alone.

    Args:
        most_bytes: What it may hold in memory between two runs.
    """

    name = "vgdemo-renewal"
    idempotent = True

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._rests = 0
        self._has_worked = False

    def setup(self, worker: Worker) -> None:
        """Look now and then."""
        if worker.nanny:
            self._worker = worker
            worker.periodic_callbacks[self.name] = clock = PeriodicCallback(self._look, 1000 * LOOK_SECONDS)
            clock.start()

    async def _look(self) -> None:
        tasks = self._worker.state.tasks
        self._has_worked |= bool(tasks)
        self._rests = 0 if tasks else self._rests + 1
        if self._has_worked and self._rests >= RESTS and _memory() > self._most_bytes:
            await self._worker.close_gracefully(restart=True, reason=self.name)


def has_grown(worker: Worker) -> bool:
    """Whether a worker would be replaced, if it had nothing to do."""
    return bool(worker.nanny) and _memory() > MOST_BYTES


def _memory() -> int:
    return int(psutil.Process().memory_info().rss)
