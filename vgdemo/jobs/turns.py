"""Who trains when people and studies share a worker: a study's run pauses while a person's is at work there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Counts the runs that people wait for in this process, and lets the others wait until there is none.

    Example:
        >>> turns = Turns()
        >>> with turns.taken():
        ...     turns.num_taken
        1
        >>> turns.wait()  # Nobody is at work: at once.
    """

    def __init__(self) -> None:
        self.num_taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A run that a person waits for is at work."""
        self._count(+1)
        try:
            yield
        finally:
            self._count(-1)

    def wait(self) -> None:
        """Return once no run that a person waits for is at work."""
        with self._changed:
            self._changed.wait_for(lambda: not self.num_taken)

    def _count(self, change: int) -> None:
        with self._changed:
            self.num_taken += change
            self._changed.notify_all()
