"""Workers that begin anew before they grow large."""

from __future__ import annotations

import asyncio

from distributed import Status, Worker, WorkerPlugin

from vgdemo import memory

LOOK_SECONDS = 0.5


class Renewal(WorkerPlugin):
    """Has a worker's process replaced by a new one once it has grown, between two runs.

    Under load there is no moment without a run, so a worker that is to go is given none any more: others take them, or
    the new one. Only where it would keep a person waiting, behind a run of a study that pauses for people, it goes on.
    A worker that nobody would start again, because it has no nanny, is left alone.

    Args:
        most_bytes: What it may hold in memory.
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
        has_worked = is_to_go = False
        while worker.status in (Status.init, Status.running, Status.paused):
            is_at_work = any(task.state != "ready" for task in worker.state.tasks.values())
            has_worked |= is_at_work
            if is_to_go and not is_at_work:
                await worker.close_gracefully(restart=True, reason=self.name)
                return
            is_to_go |= has_worked and not worker.state.long_running and memory.has_grown(self._most_bytes)
            if is_to_go:  # A run may be on its way to it at this moment, so it is looked at once more.
                worker.status = Status.paused
            await asyncio.sleep(LOOK_SECONDS)


def has_grown(worker: Worker) -> bool:
    """Whether a worker would be replaced, if it had nothing to do."""
    return bool(worker.nanny) and memory.has_grown()
