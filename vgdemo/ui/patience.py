"""What a page waits for before it draws: a curve or an end that is about to come, and never when a person clicks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from vgdemo.jobs import Job
from vgdemo.ui.followed import are_over
from vgdemo.ui.session import session
from vgdemo.ui.turns import others_first

CURVE_SECONDS = 0.3  # A compiled network has a curve by then: the first picture waits for it.
END_SECONDS = 0.8  # Runs that will be over by then are drawn no more before: they would only end later.
PIECE_SECONDS = 0.05
AT_ONCE = 0.05  # Seconds to a look that then waits for a curve.


class Standing(NamedTuple):
    """How far some runs are.

    Attributes:
        are_over: Whether none trains or waits any more.
        have_curve: Whether an epoch of any was trained.
    """

    are_over: bool
    have_curve: bool

    @classmethod
    def of(cls, jobs: Sequence[Job]) -> Standing:
        """As these are now."""
        return cls(are_over(jobs), any(job.progress.epoch > 0 for job in jobs))

    def pause(self, seconds: float) -> float | None:
        """To the next look: so many seconds; none while a curve is waited for, None once nothing more comes."""
        if self.are_over:
            return None
        return seconds if self.have_curve else AT_ONCE


def wait_for_curve(jobs: Sequence[Job], seconds: float = CURVE_SECONDS) -> None:
    """Let the first curve of any come."""
    patiently(lambda piece: any(job.wait_for_curve(piece) for job in jobs), seconds)


def wait_for_end(jobs: Sequence[Job]) -> None:
    """Let runs end that are all about to be over."""
    left = [job.progress.seconds_left for job in jobs if not job.progress.state.is_over]
    if left and all(seconds is not None and seconds < END_SECONDS for seconds in left):
        patiently(lambda piece: all(job.wait_for_end(piece) for job in jobs), END_SECONDS)


def patiently(comes: Callable[[float], bool], seconds: float) -> None:
    """Wait for what comes, in short pieces: a click that the person makes meanwhile must not wait for it.

    Args:
        comes: Whether it comes within so many seconds.
        seconds: To wait in all.
    """
    for _ in range(math.ceil(seconds / PIECE_SECONDS)):
        with others_first():
            has_come = comes(PIECE_SECONDS)
        if has_come:
            return
        session()  # Whoever asks for the visit's state lets Streamlit break off here, for the page that a click wants.
