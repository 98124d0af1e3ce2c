"""How busy the machine is with what goes before the work that waits for nobody."""

from __future__ import annotations

import psutil

SHORTEST_LOOK = 0.4  # Seconds of each core between two looks: in less, a share is chance.


class Processor:
    """What share of the cores is taken, but for what runs at a low priority.

    The load that systems report is a mean over a minute. It speaks of what is over, and of one's own work too.

    Example:
        >>> 0 <= Processor().share_taken <= 1
        True
    """

    def __init__(self) -> None:
        self._times = psutil.cpu_times()
        self._share = 0.0

    @property
    def share_taken(self) -> float:
        """Between 0 and 1, since the look before; 0 at the first one."""
        times = psutil.cpu_times()
        spent = sum(times) - sum(self._times)
        if spent >= SHORTEST_LOOK * (psutil.cpu_count() or 1):
            self._share = (times.user + times.system - self._times.user - self._times.system) / spent
            self._times = times
        return self._share
