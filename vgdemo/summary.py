"""What a record says in a few numbers: computed here once, read by all who tell of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vgdemo.diagnosis import Diagnosis, Verdict, diagnose
from vgdemo.diagnosis.anatomy import hidden_activations, hidden_layers
from vgdemo.learning import Share, accuracy_deciles, arrival, final_accuracy, gradient_ratio, has_learned
from vgdemo.record import RunRecord, quantile
from vgdemo.theory import factor_per_layer


class End(NamedTuple):
    """How one replicate ends; None where nothing was measured.

    Attributes:
        accuracy: Final validation accuracy; one without finite loss guesses.
        learned: Whether it learns.
        verdict: What it has.
        first_ratio: Mean |g| of the first kernel over that of the output's, at the first measured epoch.
        last_ratio: The same at the last measured epoch.
        first_factor: Mean factor on the gradient's RMS from one hidden layer to the one below, at the first epoch.
        last_factor: The same at the last measured epoch.
        dead: Share of dead units at the end, mean over the measured layers.

    Example:
        >>> [round(end.accuracy, 2) for end in summarize(record).ends]
        [0.69, 0.39]
    """

    accuracy: float | None
    learned: bool | None
    verdict: Verdict
    first_ratio: float | None
    last_ratio: float | None
    first_factor: float | None
    last_factor: float | None
    dead: float | None


@dataclass(frozen=True)
class Summary:
    """How a run ends; medians over its replicates unless said otherwise, None where nothing was measured.

    Attributes:
        accuracy: Final validation accuracy at 10, 50 and 90 % of the replicates; one without finite loss guesses.
        learned: The replicates that learn.
        arrival: First epoch with at least 95 % of the final validation accuracy; infinite if half of them never learn.
        first_ratio: Mean |g| of the first kernel over that of the output's, at the first measured epoch.
        last_ratio: Mean |g| of the first kernel over that of the output's, at the last measured epoch.
        dead: Share of dead units at the end, mean over the measured layers.
        saturated: Share of activations on the flat of an S-shaped function at the end, mean over such hidden layers.
        inactive: Share of activations on the flat of another function at the end, mean over such hidden layers.
        verdict: What the run has.
        seconds: What compiling and training took.
        ends: Of each replicate; none of a run that was stored before they were noted.

    Example:
        >>> summary = summarize(record)
        >>> summary.verdict, str(summary.learned)
        (<Verdict.UNKNOWN: 'unknown'>, '0 of 2 replicates (0 %, 95 % interval 0–66 %)')
    """

    accuracy: tuple[float, float, float] | None
    learned: Share | None
    arrival: float | None
    first_ratio: float | None
    last_ratio: float | None
    dead: float | None
    saturated: float | None
    inactive: float | None
    verdict: Verdict
    seconds: float | None
    ends: tuple[End, ...] = ()


def summarize(record: RunRecord) -> Summary:
    """Sum a run up, as far as it was measured.

    Example:
        >>> [round(accuracy, 2) for accuracy in summarize(record).accuracy]
        [0.42, 0.54, 0.66]
    """
    learned, diagnosis = has_learned(record), diagnose(record)
    return Summary(
        accuracy=accuracy_deciles(record),
        learned=None if learned is None else Share.of(learned),
        arrival=_median(arrival(record)),
        first_ratio=_ratio(record, 0),
        last_ratio=_ratio(record, -1),
        dead=_mean_at_end(record, "dead_share"),
        saturated=_flat_at_end(record, s_shaped=True),
        inactive=_flat_at_end(record, s_shaped=False),
        verdict=diagnosis.verdict,
        seconds=sum(record.seconds.values()) if record.seconds else None,
        ends=tuple(_ends(record, learned, diagnosis)),
    )


def _ends(record: RunRecord, learned: np.ndarray | None, diagnosis: Diagnosis) -> Iterator[End]:
    verdicts = {one: verdict for verdict, replicates in diagnosis.kinds.items() for one in replicates}
    is_measured = len(record.epochs) > 0
    columns = [
        final_accuracy(record),
        gradient_ratio(record, 0) if is_measured else None,
        gradient_ratio(record, -1) if is_measured else None,
        _factors(record, 0),
        _factors(record, -1),
        _of_replicates_at_end(record, "dead_share"),
    ]
    for replicate in range(record.replicates):
        accuracy, *others = [None if column is None else float(column[replicate]) for column in columns]
        has_learned = None if learned is None else bool(learned[replicate])
        yield End(accuracy, has_learned, verdicts.get(replicate, Verdict.UNKNOWN), *others)


def _factors(record: RunRecord, index: int) -> np.ndarray | None:
    """(R,) factor per layer; None with fewer than three hidden layers, or where it was not measured."""
    hidden = record.model.hidden
    if not record.has("gradient_rms") or len(hidden) < 3 or not len(record.epochs):
        return None
    sizes = record.values("gradient_rms")[index][:, [*hidden]]
    return np.array([factor_per_layer(of_replicate) for of_replicate in sizes])


def _ratio(record: RunRecord, index: int) -> float | None:
    return _median(gradient_ratio(record, index)) if len(record.epochs) else None


def _mean_at_end(record: RunRecord, statistic: str) -> float | None:
    return _median(_of_replicates_at_end(record, statistic))


def _of_replicates_at_end(record: RunRecord, statistic: str) -> np.ndarray | None:
    """(R,) mean over the layers after the last epoch; None if it was not measured."""
    values = record.values(statistic) if record.has(statistic) else np.empty(0)
    return values[-1].mean(axis=1) if values.size else None


def _flat_at_end(record: RunRecord, *, s_shaped: bool) -> float | None:
    """Of the hidden layers whose activation is known to be S-shaped, or known not to be."""
    activations = zip(hidden_layers(record.model), hidden_activations(record.model), strict=True)
    places = [place for place, known in activations if known is not None and known.is_s_shaped == s_shaped]
    if not places or not record.has("saturated_share"):
        return None
    values = record.values("saturated_share")
    return _median(values[-1][:, places].mean(axis=1)) if values.size else None


def _median(values: np.ndarray | None) -> float | None:
    return None if values is None else float(quantile(values, 0.5, axis=0))
