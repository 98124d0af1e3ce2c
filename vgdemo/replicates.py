"""What many replicates say together: quantiles that hide no diverged one, and shares with their interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

CONFIDENCE = 0.95

Values = NDArray[Any]  # Numbers of any kind, NaN and infinities among them.


def quantile(values: Values, share: float, axis: int = 1) -> Values:
    """A quantile over the replicates, of which a replicate that is not a number counts as the largest.

    So a median is not a number when half of the replicates are: one diverged replicate hides nothing, and many of them
    are not hidden.
    """
    ordered = np.sort(values, axis=axis)
    position = share * (values.shape[axis] - 1)
    below, weight = int(position), position % 1
    low = np.take(ordered, below, axis)
    if weight == 0:
        return np.asarray(low)
    return np.asarray(low * (1 - weight) + np.take(ordered, below + 1, axis) * weight)


@dataclass(frozen=True)
class Share:
    """How many of the replicates do something.

    Attributes:
        count: Those that do.
        total: All of them.
    """

    count: int
    total: int

    def __str__(self) -> str:
        """The share in words."""
        return f"{self.count} of {self.total}"

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of the share in all replicates that could be drawn, at `CONFIDENCE`."""
        interval = binomtest(self.count, self.total).proportion_ci(CONFIDENCE, method="wilson")
        return float(interval.low), float(interval.high)
