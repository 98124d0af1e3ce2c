"""Which replicates of a run learn, and how far their share can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.record import RunRecord

MARGIN = 0.2  # Over always answering the larger class; runs of the circles end near 0.5 or near 0.8.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Share:
    """So many of so many.

    Attributes:
        count: How many do it.
        total: How many there are, at least one.
    """

    count: int
    total: int

    @classmethod
    def of(cls, holds: NDArray[np.bool_] | Sequence[bool]) -> Share:
        """The share of what is true."""
        return cls(int(np.sum(holds)), len(holds))

    @property
    def value(self) -> float:
        """Between 0 and 1."""
        return self.count / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of 95 % confidence for the share among all replicates that there could be."""
        low, high = binomtest(self.count, self.total).proportion_ci(CONFIDENCE, method="wilson")
        return float(low), float(high)

    def __str__(self) -> str:
        """In words, such as "3 of 20 replicates (15 %, interval 5–36 %)"."""
        low, high = (100 * end for end in self.interval)
        noun = "replicate" if self.total == 1 else "replicates"
        return f"{self.count} of {self.total} {noun} ({100 * self.value:.0f} %, interval {low:.0f}–{high:.0f} %)"


def final_accuracy(record: RunRecord, half: str = "val") -> NDArray[np.float64]:
    """(R,) accuracy after the last epoch, on the half "train" or "val"; not a number where training diverged."""
    diverged = ~np.isfinite(record.curve_arrays["train_loss"][-1])
    return np.where(diverged, np.nan, record.curve_arrays[f"{half}_accuracy"][-1])


def learning_threshold(config: RunConfig) -> float:
    """The validation accuracy from which on a replicate of the run has learned."""
    return make_dataset(config).majority_share + MARGIN


def has_learned(record: RunRecord) -> NDArray[np.bool_]:
    """(R,) whether each replicate has learned by the last epoch."""
    return final_accuracy(record) >= learning_threshold(record.config)
