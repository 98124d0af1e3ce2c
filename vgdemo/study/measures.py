"""What a study shows of each run: a number or a verdict, with its words and its scale."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from vgdemo.diagnosis import Verdict
from vgdemo.figures.scales import Statistic, Values
from vgdemo.figures.style import AROUND_ONE, SEQUENTIAL
from vgdemo.learning import ACCURACY_RANGE, DECILES
from vgdemo.record import quantile
from vgdemo.summary import Summary
from vgdemo.wording import counted, number, percent

VERDICTS = tuple(Verdict)
VERDICT_COLORS = dict(
    zip(
        VERDICTS,
        # Okabe and Ito's, a dark and two light greys.
        ("#009E73", "#A9AEB6", "#0072B2", "#D55E00", "#E69F00", "#4A4F5A", "#CC79A7", "#56B4E9", "#F0E442", "#D7DBE0"),
        strict=True,
    )
)


class Value(NamedTuple):
    """What a measure says of a run.

    Attributes:
        middle: The share or the median; of a verdict its place among `VERDICTS`. An exact zero, NaN and infinity stay
            what they are.
        low: Lower end of the share's interval, or the lowest decile.
        high: Upper end of the share's interval, or the highest decile.
        words: All of it as a person reads it.
    """

    middle: float
    low: float
    high: float
    words: str

    @property
    def ends(self) -> tuple[float, float]:
        """Low and high."""
        return self.low, self.high


@dataclass(frozen=True)
class Measure:
    """What a cell of a study shows.

    Attributes:
        shown: Its name, which is that of a field of `End`, its label, and the scale of its colours, for all studies.
        ends: What an axis of curves spans at least; logarithms if the scale has them.
        needs: What a run needs for it, after "A run needs"; empty if every run has it.
        colorscale: Its colours.
        text: Writes one number.
        of: What it says of a run; None if it was not measured.

    Example:
        >>> from vgdemo.summary import summarize
        >>> MEASURES["learned"].of(summarize(record)).words
        '0 of 2 replicates (0 %, 95 % interval 0–66 %)'
        >>> MEASURES["first_factor"].of(summarize(record)) is None, MEASURES["first_factor"].needs  # It has two.
        (True, 'three hidden layers')
    """

    shown: Statistic
    ends: tuple[float, float]
    of: Callable[[Summary], Value | None]
    needs: str = ""
    colorscale: Any = SEQUENTIAL
    text: Callable[[float], str] = number

    @property
    def name(self) -> str:
        """Its key in `MEASURES`."""
        return self.shown.name

    @property
    def label(self) -> str:
        """What figures call it."""
        return self.shown.label

    @property
    def title(self) -> str:
        """The label at the beginning of a title."""
        return self.shown.title

    @property
    def is_verdict(self) -> bool:
        """Whether it is a word and not a number."""
        return self.name == "verdict"

    @property
    def is_share(self) -> bool:
        """Whether it is written in hundredths."""
        return self.text is percent

    @property
    def name_of_middle(self) -> str:
        """What the only curve of a figure is called."""
        return "share that learns, 95 % interval" if self.name == "learned" else "median, 10–90 %"

    @property
    def names_of_ends(self) -> tuple[str, str]:
        """What low and high are called in tables."""
        return ("low (95 %)", "high (95 %)") if self.name == "learned" else ("low (10 %)", "high (90 %)")

    def replicates(self, summary: Summary) -> Values | None:
        """(R,) its number in each replicate; None if it was not measured."""
        return of_replicates(summary, self.name)


def of_replicates(summary: Summary, name: str) -> Values | None:
    """(R,) a field of `End` that is a number; None if it was not measured."""
    values = [getattr(end, name) for end in summary.ends]
    return None if None in values or not values else np.array(values, float)


def _share(summary: Summary) -> Value | None:
    share = summary.learned
    return None if share is None else Value(share.value, *share.interval, str(share))


def _quantiles(name: str, text: Callable[[float], str]) -> Callable[[Summary], Value | None]:
    """Median and deciles over the replicates."""

    def of(summary: Summary) -> Value | None:
        values = of_replicates(summary, name)
        if values is None:
            return None
        low, middle, high = (float(quantile(values, share, axis=0)) for share in DECILES)
        return Value(middle, low, high, f"{text(middle)} (10–90 %: {text(low)} to {text(high)})")

    return of


def _verdict(summary: Summary) -> Value:
    """That of the run, and how many of its replicates have it too."""
    place = float(VERDICTS.index(summary.verdict))
    count = Counter(end.verdict for end in summary.ends)[summary.verdict]
    words = f"{summary.verdict} ({count} of {counted(len(summary.ends), 'replicate')})"
    return Value(place, place, place, words)


def _measure(
    name: str,
    label: str,
    scale: tuple[float, float],
    ends: tuple[float, float] | None = None,
    *,
    logarithmic: bool = False,
    text: Callable[[float], str] = number,
    needs: str = "",
) -> Measure:
    """One whose value is the median over the replicates; logarithms are drawn around that of 1."""
    return Measure(
        Statistic(name, label, *scale, logarithmic=logarithmic),
        ends or scale,
        _quantiles(name, text),
        needs,
        AROUND_ONE if logarithmic else SEQUENTIAL,
        text,
    )


def _factor(value: float) -> str:
    return f"×{number(value)}" if math.isfinite(value) else number(value)


_RATIOS, _USUAL_RATIOS, _FACTORS = (-4, 4), (-4, 1), (-1, 1)
_OF_FACTORS: dict[str, Any] = {"logarithmic": True, "text": _factor, "needs": "three hidden layers"}
_ALL = (
    Measure(Statistic("learned", "share that learns", 0, 1, logarithmic=False), (0, 1), _share, text=percent),
    _measure("accuracy", "final validation accuracy", (ACCURACY_RANGE[0], 1)),
    _measure("first_ratio", "gradient, layer 1 / output, at the start", _RATIOS, _USUAL_RATIOS, logarithmic=True),
    _measure("last_ratio", "gradient, layer 1 / output, at the end", _RATIOS, _USUAL_RATIOS, logarithmic=True),
    _measure("first_factor", "gradient, factor per layer, at the start", _FACTORS, **_OF_FACTORS),
    _measure("last_factor", "gradient, factor per layer, at the end", _FACTORS, **_OF_FACTORS),
    _measure("dead", "units, dead share, at the end", (0, 1), text=percent),
    Measure(Statistic("verdict", "verdict", 0, len(VERDICTS) - 1, logarithmic=False), (0, len(VERDICTS) - 1), _verdict),
)
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ALL}
