"""One line of a benchmark's output."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

REPEATS = 5


class Result(NamedTuple):
    """What was measured, its values, and what was promised.

    Attributes:
        what: In words.
        values: One for each repeat; the median counts, the extremes are shown.
        budget: The promise; None if there is none.
        unit: Of values and budget; with "times" more is better.
    """

    what: str
    values: Sequence[float]
    budget: float | None = None
    unit: str = "s"

    def __str__(self) -> str:
        """One line of a table."""
        median = statistics.median(self.values)
        spread = f"{min(self.values):.4g} to {max(self.values):.4g}" if len(self.values) > 1 else ""
        return f"{self.what:<72}{f'{median:.4g} {self.unit}':>14}  {spread:<18}{self._verdict(median)}"

    def _verdict(self, median: float) -> str:
        if self.budget is None:
            return ""
        more_is_better = self.unit == "times"
        is_met = median >= self.budget if more_is_better else median <= self.budget
        return f"{'≥' if more_is_better else '≤'} {self.budget:g} {self.unit}: {'met' if is_met else 'MISSED'}"


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def repeated(action: Callable[[], object], times: int = REPEATS) -> list[float]:
    """How long it takes each time."""
    return [seconds(action) for _ in range(times)]
