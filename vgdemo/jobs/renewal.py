"""Workers that begin anew before they grow large."""

from __future__ import annotations

import asyncio

from distributed import Status, Worker, WorkerPlugin

from vgdemo import memory

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

    def __init__(self, most_bytes: int = memory.MOST_BYTES) -> None:
        self._most_bytes = most_bytes

    def setup(self, worker: Worker) -> None:
        """Look now and then."""
        if worker.nanny:
            worker.loop.add_callback(self._watch, worker)

    async def _watch(self, worker: Worker) -> None:
        has_worked, rests = False, 0
        while worker.status in (Status.init, Status.running):
            has_worked |= bool(worker.state.tasks)
            rests = 0 if worker.state.tasks else rests + 1
            if has_worked and rests >= RESTS and memory.has_grown(self._most_bytes):
                await worker.close_gracefully(restart=True, reason=self.name)
            await asyncio.sleep(LOOK_SECONDS)


def has_grown(worker: Worker) -> bool:
    """Whether a worker would be replaced, if it had nothing to do."""
    return bool(worker.nanny) and memory.has_grown()
