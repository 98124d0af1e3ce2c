"""What a claim of the article is measured by: one number for each replicate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vgdemo.learning import ACCURACY_RANGE, ARRIVAL_LABEL, accuracy, arrival, arrival_in_words, final_accuracy
from vgdemo.record import RunRecord
from vgdemo.wording import number

PART = 10  # The first and the last tenth of the epochs are the beginning and the end of a training.

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """A number for each replicate.

    Attributes:
        title: What it is.
        of: From the records that a claim looks at to (R,) numbers, infinite ones among them; not a number where a
            replicate has none, and None if it was not measured.
        text: Writes one number.
        unit: Of the numbers; empty where the title says all.
        is_size: Whether it spans powers of ten, so that axes are logarithmic.
        ends: Of every axis that shows it; None for an axis that ends at what it shows.
    """

    title: str
    of: Callable[..., Values | None]
    text: Callable[[float], str] = number
    unit: str = ""
    is_size: bool = False
    ends: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """What it is, with its unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title


def _gradient(record: RunRecord) -> Values:
    """(R, L) mean |g| of each layer, averaged over all epochs."""
    return np.asarray(record.values("gradient_mean_abs").mean(axis=0))


def _ratio(above: Values, below: Values) -> Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        return above / below


def _progress(record: RunRecord) -> Values | None:
    """Mean over the last tenth of the epochs minus mean over the first tenth."""
    values = accuracy(record, "train")
    if values is None:
        return None
    part = -(-len(values) // PART)
    return np.asarray(values[-part:].mean(axis=0) - values[:part].mean(axis=0))


def _first_over_output(record: RunRecord) -> Values:
    gradient = _gradient(record)
    return _ratio(gradient[:, 0], gradient[:, -1])


def _first_over_other(record: RunRecord, other: RunRecord) -> Values:
    return _ratio(_gradient(record)[:, 0], _gradient(other)[:, 0])


def _ends_over_middle(record: RunRecord) -> Values:
    """The smaller one of the last two layers over the largest of the others."""
    gradient = _gradient(record)
    return _ratio(gradient[:, -2:].min(axis=1), gradient[:, :-2].max(axis=1))


def _first_step_over_last(record: RunRecord) -> Values:
    """Of the gradient by the states of the first layer, before any training."""
    sizes = record.values("state_gradient_rms")[0]
    return _ratio(sizes[:, 0], sizes[:, -1])


def _norm_growth(record: RunRecord) -> Values:
    norm = record.values("kernel_l1").sum(axis=2)
    return _ratio(norm[-1], norm[0])


def _accuracy_text(value: float) -> str:
    return f"{value:.3f}"


ACCURACY = "accuracy after the last epoch"
GRADIENT, RATIO = "mean |g| over all epochs", "ratio of mean |g|"

TRAIN_ACCURACY = Measure(
    ACCURACY, lambda record: final_accuracy(record, "train"), _accuracy_text, unit="share", ends=ACCURACY_RANGE
)
VAL_ACCURACY = Measure(ACCURACY, final_accuracy, _accuracy_text, unit="share", ends=ACCURACY_RANGE)
ARRIVAL = Measure(ARRIVAL_LABEL, arrival, arrival_in_words)
PROGRESS = Measure("change of training accuracy", _progress, "{:+.3f}".format, unit="share")
FIRST_GRADIENT = Measure(GRADIENT, lambda record: _gradient(record)[:, 0], is_size=True)
OUTPUT_GRADIENT = Measure(GRADIENT, lambda record: _gradient(record)[:, -1], is_size=True)
FIRST_OVER_OUTPUT = Measure(RATIO, _first_over_output, is_size=True)
FIRST_OVER_OTHER = Measure(RATIO, _first_over_other, is_size=True)
ENDS_OVER_MIDDLE = Measure(RATIO, _ends_over_middle, is_size=True)
FIRST_STEP_OVER_LAST = Measure("first step over last, RMS of ∂L/∂state at epoch 0", _first_step_over_last, is_size=True)
NORM_GROWTH = Measure("sum of all L1 norms, end over start", _norm_growth)
