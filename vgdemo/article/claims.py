"""What the article claims, and what a record says to it."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vgdemo.article.measures import Measure, Values
from vgdemo.learning import Share
from vgdemo.record import RunRecord, quantile
from vgdemo.wording import listed

QUARTILES = (0, 0.25, 0.5, 0.75, 1)
NEARLY_ALL, NEARLY_NONE = 0.9, 0.1  # Shares of the replicates; between them one run does not speak for the others.


class Judgement(enum.StrEnum):
    """What repeated runs say to a claim."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    ONE_DRAW = "one draw of many"
    OPEN = "left open"
    CUT_SHORT = "cut short"


REMARKS = {
    Judgement.AGREES: "; this agrees with the article.",
    Judgement.DISAGREES: "; this disagrees with the article.",
    Judgement.ONE_DRAW: "; so the article's run is one draw of many.",
    Judgement.OPEN: ".",
}


@dataclass(frozen=True)
class Claim:
    """What each replicate either does or does not: its number lies between two bounds.

    Attributes:
        row: What figures and tables call it.
        words: What those do for which it holds, after "7 of 20 replicates".
        measure: The number.
        low: Lowest number for which it holds.
        high: It holds below this number; if infinite, for every number from `low` on.
        published: The article's number, or the ends of its range; empty where it gives none.
        runs: Which of the experiment's runs the measure takes.
        is_open: Whether the article leaves the answer to its reader.
    """

    row: str
    words: str
    measure: Measure
    low: float = -math.inf
    high: float = math.inf
    published: tuple[float, ...] = ()
    runs: tuple[int, ...] = (0,)
    is_open: bool = False

    @property
    def question(self) -> str:
        """What is to be measured, and what the article says of it."""
        published = " to ".join(map(self.measure.text, self.published))
        return f"do the replicates {self.words}?{f' The article: {published}.' if published else ''}"

    def holds(self, values: Values) -> NDArray[np.bool_]:
        """(R,) whether it holds for each number; for what is not a number it does not."""
        return (values >= self.low) & ((values < self.high) | (self.high == math.inf))


@dataclass(frozen=True)
class Finding:
    """What a claim's runs have measured.

    Attributes:
        claim: The claim.
        values: (R,) the number of each replicate, infinite for what never happens; not a number where it has none.
        stopped_after: The last epoch, if a run was cut short.
    """

    claim: Claim
    values: Values
    stopped_after: int | None = None

    @property
    def numbers(self) -> Values:
        """The values that are numbers, from the smallest to the largest, which may be infinite."""
        return np.sort(self.values[~np.isnan(self.values)])

    @property
    def quartiles(self) -> Values | None:
        """Least, lower quartile, median, upper quartile and largest number; None if there is none."""
        if not len(self.numbers):
            return None
        return np.array([quantile(self.numbers, share, axis=0) for share in QUARTILES])

    @cached_property
    def share(self) -> Share:
        """The replicates for which the claim holds; one without a number is none of them."""
        return Share.of(self.claim.holds(self.values))

    @property
    def judgement(self) -> Judgement:
        """One rule for all claims: nearly all replicates, nearly none, or something between."""
        if self.stopped_after is not None:
            return Judgement.CUT_SHORT
        if self.claim.is_open:
            return Judgement.OPEN
        if self.share.value >= NEARLY_ALL:
            return Judgement.AGREES
        return Judgement.DISAGREES if self.share.value <= NEARLY_NONE else Judgement.ONE_DRAW

    @property
    def sentence(self) -> str:
        """What there is to say."""
        if self.stopped_after is not None:
            return f"{self.claim.row}: cut short after epoch {self.stopped_after}, so it says nothing yet."
        remark = REMARKS[self.judgement]
        return " ".join([f"{self.share} {self.claim.words}{remark}", *self._placed(), *self._missing()])

    def _placed(self) -> list[str]:
        """Where the article's number lies among the measured ones."""
        if self.quartiles is None:
            return []
        least, _, median, _, largest = map(self.claim.measure.text, self.quartiles)
        measured = f"all {least}" if least == largest else f"{least} to {largest}, median {median}"
        published = [self.claim.measure.text(number) for number in self.claim.published]
        if not published:
            return [f"Measured: {measured}."]
        if len(published) > 1:
            return [f"The article reads {' to '.join(published)}; measured: {measured}."]
        return [f"The article's number is {published[0]}; {self._around(self.claim.published[0])} ({measured})."]

    def _around(self, published: float) -> str:
        """How many replicates lie on either side of a number."""
        below, above = (int(compare(self.numbers, published).sum()) for compare in (np.less, np.greater))
        equal = len(self.numbers) - below - above
        sides = [f"{below} lie below it", f"{above} above it", *([f"{equal} at it"] if equal else [])]
        return f"of the replicates {listed(sides)}"

    def _missing(self) -> list[str]:
        count = len(self.values) - len(self.numbers)
        if not count:
            return []
        return [f"{count} of them {'has' if count == 1 else 'have'} no number: no finite loss, or no gradient at all."]


def judged(claim: Claim, records: Sequence[RunRecord | None]) -> Finding | None:
    """What the experiment's records say to a claim; None as long as a record that it looks at is not there.

    So is a record without any epoch, or one that has not measured what the claim is about.

    Example:
        >>> from vgdemo.article.measures import VAL_ACCURACY
        >>> claim = Claim("validation", "reach 0.70", VAL_ACCURACY, low=0.7, published=(0.816,))
        >>> finding = judged(claim, [record])
        >>> finding.judgement
        <Judgement.DISAGREES: 'disagrees'>
    """
    asked = (records[index] for index in claim.runs)
    looked_at = [record for record in asked if record is not None and len(record.epochs)]
    if len(looked_at) < len(claim.runs):
        return None
    last = {int(record.epochs[-1]) for record in looked_at if record.epochs[-1] < record.last_epoch}
    if last:
        return Finding(claim, np.zeros(0), stopped_after=min(last))
    values = claim.measure.of(*looked_at)
    return None if values is None else Finding(claim, values)
