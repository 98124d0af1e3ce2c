"""Ends and summaries whose numbers a test writes down, and studies of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vgdemo.config import RunConfig
from vgdemo.diagnosis import Verdict
from vgdemo.learning import Share
from vgdemo.study import Grid, Study
from vgdemo.summary import End, Summary

AN_END = End(
    accuracy=0.5,
    learned=False,
    verdict=Verdict.STUCK,
    first_ratio=0.1,
    last_ratio=0.2,
    first_factor=0.5,
    last_factor=2.0,
    dead=0.0,
)
BASE = RunConfig(epochs=2, replicates=2)


def summary(ends: Sequence[End], verdict: Verdict = Verdict.STUCK) -> Summary:
    """Of these ends; what studies do not look at is not known."""
    learned = [end.learned for end in ends]
    return Summary(
        accuracy=None,
        learned=None if None in learned else Share.of([bool(one) for one in learned]),
        arrival=None,
        first_ratio=None,
        last_ratio=None,
        dead=None,
        saturated=None,
        inactive=None,
        verdict=verdict,
        seconds=1.5,
        ends=tuple(ends),
    )


def with_values(name: str, values: Iterable[Any]) -> Summary:
    """One replicate for each value of a field of `End`."""
    return summary([AN_END._replace(**{name: value}) for value in values])


def study(axes: Mapping[str, Iterable[Any]], summaries: Mapping[tuple[int, ...], Summary], **base: Any) -> Study:
    """What is known of a grid: places on the axes to a summary."""
    grid = Grid.of(BASE.with_changes(**base), axes)
    return Study(grid, {grid.at(*places): one for places, one in summaries.items()})
