"""One line of a benchmark's output."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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

    @property
    def median(self) -> float:
        """Of the values."""
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool | None:
        """Whether the promise is kept; None if there is none."""
        if self.budget is None:
            return None
        return self.median >= self.budget if self._more_is_better else self.median <= self.budget

    @property
    def _more_is_better(self) -> bool:
        return self.unit == "times"

    def __str__(self) -> str:
        """One line of a table."""
        spread = f"{min(self.values):.4g} to {max(self.values):.4g}" if len(self.values) > 1 else ""
        return f"{self.what:<72}{f'{self.median:.4g} {self.unit}':>14}  {spread:<18}{self._verdict()}".rstrip()

    def _verdict(self) -> str:
        if self.budget is None:
            return ""
        sign = "≥" if self._more_is_better else "≤"
        return f"{sign} {self.budget:g} {self.unit}: {'met' if self.is_met else 'MISSED'}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return self._asdict() | {"values": [*self.values], "met": self.is_met}


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def repeated(action: Callable[[], object], times: int = REPEATS) -> list[float]:
    """How long it takes each time."""
    return [seconds(action) for _ in range(times)]
