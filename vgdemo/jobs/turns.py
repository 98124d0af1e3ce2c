"""Who trains when runs of several ranks share a worker: the lower ones pause while a higher one is at work there."""

from __future__ import annotations

import enum
import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Rank(enum.IntEnum):
    """Whose run goes first; to Dask it is the priority."""

    TRIAL = -1  # Of a remedy, while somebody reads.
    STUDY = 0
    PERSON = 1


class Turns:
    """Counts the runs at work in this process, and lets each wait until there is none of a higher rank.

    Example:
        >>> turns = Turns()
        >>> with turns.taken(Rank.STUDY):
        ...     turns.wait(Rank.PERSON)  # A study is in nobody's way but a trial's: at once.
        >>> turns.wait(Rank.TRIAL)  # Nobody is at work: at once.
    """

    def __init__(self) -> None:
        self._at_work: Counter[Rank] = Counter()
        self._changed = threading.Condition(threading.RLock())

    @contextmanager
    def taken(self, rank: Rank, places: float = math.inf) -> Iterator[None]:
        """A run of this rank is at work, or pauses.

        Args:
            rank: Its rank.
            places: How many of this rank may be; it waits until there are fewer.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._at_work[rank] < places)
            self._count(rank, +1)
        try:
            yield
        finally:
            self._count(rank, -1)

    def wait(self, rank: Rank) -> None:
        """Return once no run of a higher rank is at work."""
        with self._changed:
            self._changed.wait_for(lambda: not any(self._at_work[other] for other in Rank if other > rank))

    def _count(self, rank: Rank, change: int) -> None:
        with self._changed:
            self._at_work[rank] += change
            self._changed.notify_all()
