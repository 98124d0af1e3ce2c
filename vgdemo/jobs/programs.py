"""Which run of a study a worker takes next: one whose program it has, for another one has to be loaded or compiled."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence

from vgdemo.config import RunConfig
from vgdemo.waiting import expected_seconds

MOST_REMEMBERED = 8  # Programs of a worker, which lets go of those that it has not used for long.


class Programs:
    """Which programs each worker has had lately.

    Example:
        >>> programs, every = Programs(), lambda config: True
        >>> runs = {"of the deep": [RunConfig(num_hidden_layers=20)], "of the wide": [RunConfig(units=100)]}
        >>> programs.choose("worker 1", runs, every).units
        100
        >>> programs.choose("worker 2", runs, every).num_hidden_layers
        20
    """

    def __init__(self) -> None:
        self._of_worker: defaultdict[str, OrderedDict[Hashable, None]] = defaultdict(OrderedDict)

    def forget_all_but(self, workers: Collection[str]) -> None:
        """Only these are there."""
        for gone in self._of_worker.keys() - {*workers}:
            del self._of_worker[gone]

    def choose(
        self, worker: str, runs: Mapping[Hashable, Sequence[RunConfig]], is_free: Callable[[RunConfig], bool]
    ) -> RunConfig | None:
        """The run that this worker takes, which is noted; None if none is free.

        Of the programs that it has it goes on with the latest. Else it takes one that no other worker has, else any,
        and in both cases that with most work left: so nobody is without work in the end while another has much.

        Args:
            worker: Its address.
            runs: Program to all runs that need it.
            is_free: Whether a run is still to be taken.
        """
        free = {key: waiting for key, configs in runs.items() if (waiting := [*filter(is_free, configs)])}
        if not free:
            return None
        own = self._of_worker[worker]
        of_others = {key for other, keys in self._of_worker.items() if other != worker for key in keys}
        candidates = [key for key in reversed(own) if key in free][:1] or [*(free.keys() - of_others)] or [*free]
        if len(candidates) > 1:
            candidates.sort(key=lambda one: -sum(map(expected_seconds, free[one])))
        key = candidates[0]
        own[key] = None
        own.move_to_end(key)
        while len(own) > MOST_REMEMBERED:
            own.popitem(last=False)
        return free[key][0]
