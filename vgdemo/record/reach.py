"""How far back in time a gradient reaches, and what each step makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vgdemo.wording import number

LOST = 1000  # The factor from the last step's gradient by which another one's is lost, or has exploded.

Array = NDArray[np.float64]


class Way(StrEnum):
    """What has become of a gradient at the far end of time, beside where it comes from."""

    ARRIVES = "arrives"  # Within a factor of 1,000.
    FADES = "fades"  # Less than a thousandth.
    ENDS = "ends"  # Exactly 0.
    EXPLODES = "explodes"  # More than a thousandfold, or infinite.
    IS_NO_NUMBER = "is no number"
    IS_NOWHERE = "is nowhere"  # Exactly 0 at all steps.


@dataclass(frozen=True)
class Reach:
    """How far back from the last step a gradient reaches before it has lost, or won, a factor of 1,000.

    Attributes:
        way: What becomes of it.
        lost: How many of the first steps are beyond that factor.
        time_steps: How many steps there are.
        share: What the first step gets, of what the last one gets.
        is_backwards: Whether the layer reads backwards, so that first and last change places in all this.

    Example:
        >>> halved = reach(0.5 ** np.arange(100)[::-1])
        >>> halved.steps, halved.sentence
        (10, 'The first 90 of 100 steps get less than a thousandth of the gradient of the last one.')
    """

    way: Way
    lost: int
    time_steps: int
    share: float
    is_backwards: bool = False

    @property
    def steps(self) -> int:
        """How many steps, counted from the last one, get about what that one gets: between a thousandth and 1,000."""
        return self.time_steps - self.lost

    @property
    def sentence(self) -> str:
        """What that means for the steps far back."""
        first, last = ("last", "first") if self.is_backwards else ("first", "last")
        many = f"{self.lost} of {self.time_steps} steps get" if self.lost > 1 else f"of {self.time_steps} steps gets"
        far, most = f"The {first} {many}", f"a thousandth of the gradient of the {last} one"
        match self.way:
            case Way.ARRIVES:
                return f"All {self.time_steps} steps get at least {most}."
            case Way.FADES:
                return f"{far} less than {most}."
            case Way.ENDS:
                return f"{far} less than {most}, the very {first} exactly 0."
            case Way.EXPLODES:
                times = f"{number(self.share)} times" if np.isfinite(self.share) else "an infinite one"
                return f"{far} more than {LOST:,} times the gradient of the {last} one, the very {first} {times}."
            case Way.IS_NO_NUMBER:
                return f"At the {first} of {self.time_steps} steps the gradient is not a number."
            case Way.IS_NOWHERE:
                return f"None of {self.time_steps} steps gets any gradient: it is exactly 0."


def reach(sizes: ArrayLike, steps: ArrayLike | None = None, *, is_backwards: bool = False) -> Reach:
    """How far back a gradient reaches.

    It is held against that of the last step that has any.

    Args:
        sizes: (P,) its size at each place in time.
        steps: (P,) the number of the last step of each place; 1 to P if they are left out.
        is_backwards: Whether the layer reads backwards.
    """
    values = np.asarray(sizes, np.float64)
    ends = np.arange(1, len(values) + 1) if steps is None else np.asarray(steps, np.int64)
    counts = np.diff(ends, prepend=0)
    if is_backwards:
        values, counts = values[::-1], counts[::-1]
    known = values[(values > 0) & np.isfinite(values)]
    if not len(known):
        way = Way.IS_NOWHERE if (values == 0).all() else Way.IS_NO_NUMBER
        return Reach(way, 0, int(counts.sum()), float("nan"), is_backwards)
    way, is_lost = _way(values / known[-1])
    lost = counts[: np.argmin(is_lost)].sum()
    return Reach(way, int(lost), int(counts.sum()), float(values[0] / known[-1]), is_backwards)


def _way(shares: Array) -> tuple[Way, NDArray[np.bool_]]:
    """What becomes of it, and which steps are beyond the factor; of shares of what the last step gets."""
    if np.isnan(shares[0]):
        return Way.IS_NO_NUMBER, np.isnan(shares)
    if shares[0] > LOST:
        return Way.EXPLODES, shares > LOST
    way = Way.ENDS if shares[0] == 0 else Way.FADES if shares[0] * LOST < 1 else Way.ARRIVES
    return way, shares * LOST < 1


def factor_per_step(log_sizes: Array, steps: NDArray[np.int64]) -> float:
    """By what each time step multiplies a gradient on its way back to the step before it.

    It is the geometric mean between the first and the last step at which there is one.

    Args:
        log_sizes: (P,) log10 of its size at each place in time; minus infinity where it is exactly 0.
        steps: (P,) the number of each place.

    Returns:
        The factor; NaN where no two steps have a gradient.

    Example:
        >>> round(factor_per_step(np.array([-np.inf, -0.2, -0.1, 0.0]), np.arange(4)), 3)
        0.794
    """
    known = np.flatnonzero(np.isfinite(log_sizes))
    if len(known) < 2:
        return float("nan")
    ends = known[[0, -1]]
    (first, last), (start, end) = log_sizes[ends], steps[ends]
    return float(10 ** ((first - last) / (end - start)))
