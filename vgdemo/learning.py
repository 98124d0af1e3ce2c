"""What many replicates say together: quantiles, which of them learn, when, and how far their share can be trusted.

Here alone is it said what the accuracy of a replicate is whose loss is no finite number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, binomtest

from vgdemo.record import PROBE_LOSS, RunRecord, quantile
from vgdemo.wording import counted, percent

# Share of the way from the larger class to the ceiling: beyond the half that three of xor's four corners are; for the
# article's circles it is the accuracy of 0.70 that parts its runs.
LEARNED = 0.59
MARGIN = 0.2  # Over always answering the larger class, where no ceiling is known.
# Of the loss of guessing, where no accuracy is known: of a squared error it explains a fifth of the variance, and an
LEARNED_LOSS = 0.8  # answer as sure as it is right reaches it with 0.75 between two classes, with 0.4 of ten.
HALVED = 0.5  # Of the first loss, where nobody knows what guessing costs.
CHANCE = 0.01  # A guess comes as far as the ceiling, or as what counts as learned, with no more than this probability;
RARE_CHANCE = 1e-6  # as far as what counts as learned where there is nothing to learn, with no more than this one.
RISE = 0.25  # Since before the first update the accuracy rises by this share of what is to be learned, or else
FALL = 0.05  # the training loss falls by this share of itself, of which circles with noise 0.3 take no more.
CONFIDENCE = 0.95
ARRIVED = 0.95  # Of the final accuracy.
ARRIVAL_LABEL = f"first epoch at {percent(ARRIVED)} of the final accuracy"  # What everybody calls `arrival`.
DECILES = (0.1, 0.5, 0.9)
ACCURACY_RANGE = (0.45, 0.9)  # Of every axis of final accuracies: they lie near chance or near what the noise allows.

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """So many of so many.

    Attributes:
        count: How many do it.
        total: How many there are, at least one.

    Example:
        >>> str(Share(3, 20))
        '3 of 20 replicates (15 %, 95 % interval 5–36 %)'
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
        return _wilson(self.count, self.total)

    @property
    def interval_in_words(self) -> str:
        """Such as "5–36 %"."""
        low, high = self.interval
        return f"{100 * low:.0f}–{100 * high:.0f} %"

    def __str__(self) -> str:
        """In words, such as "3 of 20 replicates (15 %, 95 % interval 5–36 %)"."""
        share = f"{percent(self.value)}, {percent(CONFIDENCE)} interval {self.interval_in_words}"
        return f"{self.count} of {counted(self.total, 'replicate')} ({share})"


@lru_cache(maxsize=1024)
def _wilson(count: int, total: int) -> tuple[float, float]:
    """It takes a millisecond, and a study of thousands of runs asks for the same few over and over."""
    low, high = binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return float(low), float(high)


def guessing_accuracy(record: RunRecord) -> float:
    """Validation accuracy of always answering the larger class; that of equally large classes if they are not known.

    A network without classes has no such accuracy, and guesses nothing right.
    """
    if record.majority_share is not None:
        return record.majority_share
    return 1 / record.model.num_classes if record.model.num_classes else 0.0


def accuracy(record: RunRecord, half: str = "val") -> Array | None:
    """(E, R) accuracy on the half "train" or "val"; None if it was not measured.

    A replicate whose training loss is no finite number any more guesses: its accuracy is what was measured, but never
    above that of always answering the larger class. In a gap it is what was measured before.

    Example:
        >>> accuracy(record).shape  # Epochs 0 to 3, two replicates.
        (4, 2)
    """
    measured = _latest(record, f"{half}_accuracy")
    if measured is None:
        return None
    return np.where(without_finite_loss(record), np.fmin(measured, guessing_accuracy(record)), measured)


def without_finite_loss(record: RunRecord) -> NDArray[np.bool_]:
    """(E, R) whether the training loss is no finite number; where it was never measured, nothing says so."""
    loss = _latest(record, "train_loss")
    return np.zeros((len(record.epochs), record.replicates), np.bool_) if loss is None else ~np.isfinite(loss)


def training_loss(record: RunRecord) -> Array | None:
    """(M, R) training loss wherever it was measured, each time in the same way; None if it never was.

    Where examples that stay the same were measured it is theirs: what a training itself reports may weigh examples or
    classes, so that neither a loss from before the first update nor that of guessing compares with it.

    Example:
        >>> training_loss(record).shape  # Epochs 0 to 3, two replicates.
        (4, 2)
    """
    measured = record.curve(PROBE_LOSS) or record.curve("train_loss")
    return None if measured is None else measured[1]


def _latest(record: RunRecord, name: str) -> Array | None:
    """(E, R) a curve, in its gaps what it was before; None if it was never measured."""
    values, gaps = record.curve_arrays.get(name), record.gaps.get(name)
    if values is None or gaps is None:
        return values
    before = np.maximum.accumulate(np.where(gaps, -1, np.arange(len(values))))
    return np.where(before[:, None] < 0, np.nan, values[before])


def final_accuracy(record: RunRecord, half: str = "val") -> Array | None:
    """(R,) accuracy after the last epoch, from `accuracy`; None if it was not measured.

    Example:
        >>> final_accuracy(record).round(2)
        array([0.69, 0.39])
    """
    values = accuracy(record, half)
    return None if values is None or not len(values) else values[-1]


def accuracy_deciles(record: RunRecord) -> tuple[float, float, float] | None:
    """Final validation accuracy at 10, 50 and 90 % of the replicates; None if it was not measured."""
    final = final_accuracy(record)
    if final is None:
        return None
    low, middle, high = (float(quantile(final, share, axis=0)) for share in DECILES)
    return low, middle, high


def learning_threshold(record: RunRecord) -> float:
    """The validation accuracy of a replicate that has learned: hardly ever does a guess come so far.

    Example:
        >>> round(learning_threshold(record) - guessing_accuracy(record), 3)  # Nobody knows its ceiling.
        0.2
    """
    guessing = guessing_accuracy(record)
    if record.ceiling is None:
        return guessing + MARGIN
    if holds_nothing_to_learn(record):
        return guessing + _luck(record, RARE_CHANCE)
    return guessing + max(LEARNED * (record.ceiling - guessing), _luck(record, CHANCE))


def holds_nothing_to_learn(record: RunRecord) -> bool:
    """Whether even the ceiling cannot be told from guessing, on so many validation points."""
    return record.ceiling is not None and record.ceiling < guessing_accuracy(record) + _luck(record, CHANCE)


def _luck(record: RunRecord, probability: float) -> float:
    """How far above the larger class's share a guess comes with no more than this probability."""
    if record.config is None:
        return 0.0
    points, guessing = record.config.n_validation, guessing_accuracy(record)
    return (float(binom.isf(probability, points, guessing)) + 0.5) / points - guessing


def has_learned(record: RunRecord) -> NDArray[np.bool_] | None:
    """(R,) whether each replicate has learned by the last epoch; None if its accuracy was not measured.

    An accuracy that was there before any update was not learned.

    Example:
        >>> has_learned(record)
        array([False, False])
    """
    final = final_accuracy(record)
    return None if final is None else (final >= learning_threshold(record)) & ~_is_as_it_began(record)


def has_learned_by_loss(record: RunRecord) -> NDArray[np.bool_] | None:
    """(R,) whether the loss says that each replicate has learned, for a record without an accuracy.

    The validation loss counts where it was measured. It is held against that of guessing or, where nobody knows that,
    against its start. A loss below 0 is none that these two are of, and says nothing.

    Example:
        >>> has_learned_by_loss(record)
        array([False, False])
    """
    training, validation, guessing = training_loss(record), record.curve("val_loss"), record.guessing_loss
    if training is None or len(training) < 2:
        return None
    loss = training if validation is None else validation[1]
    limit = HALVED * training[0] if guessing is None else LEARNED_LOSS * guessing
    return np.asarray((loss[-1] >= 0) & (loss[-1] < limit) & ~without_finite_loss(record)[-1])


def _is_as_it_began(record: RunRecord) -> NDArray[np.bool_]:
    """(R,) whether neither accuracy nor loss is better than before the first update, as far as they were measured."""
    values, loss = accuracy(record), training_loss(record)
    if values is None or not len(values) or record.epochs[0] > 0:
        return np.zeros(record.replicates, np.bool_)
    rise = RISE * (learning_threshold(record) - guessing_accuracy(record))
    is_as_accurate = values[-1] - values[0] < rise
    return np.asarray(is_as_accurate if loss is None else is_as_accurate & ~(loss[-1] < (1 - FALL) * loss[0]))


def arrival(record: RunRecord) -> Array | None:
    """(R,) first epoch with 95 % of the final validation accuracy; infinite, for never, where nothing was learned.

    None if the accuracy was not measured.

    Example:
        >>> arrival(record)
        array([inf, inf])
    """
    values, learned = accuracy(record), has_learned(record)
    if values is None or learned is None:
        return None
    arrived = values >= ARRIVED * values[-1]
    return np.where(learned, record.epochs[np.argmax(arrived, axis=0)], np.inf)


def arrival_in_words(epoch: float) -> str:
    """An epoch of `arrival`, or a quantile of such epochs.

    Example:
        >>> arrival_in_words(120.0), arrival_in_words(np.inf)
        ('120', 'never')
    """
    return "never" if epoch == np.inf else f"{epoch:.0f}"


def gradient_ratio(record: RunRecord, index: int) -> Array | None:
    """(R,) mean |g| of the first kernel over that of the output's, at the epoch of this index; None if not measured.

    Example:
        >>> gradient_ratio(record, 0).round(2)
        array([0.26, 0.35])
    """
    hidden, kernels = record.model.hidden, len(record.model.kernels)
    if not hidden or len(hidden) == kernels or not record.has("gradient_mean_abs"):
        return None
    size = record.values("gradient_mean_abs")[index]
    output = next(place for place in reversed(range(kernels)) if place not in hidden)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(size[:, hidden[0]] / size[:, output])
