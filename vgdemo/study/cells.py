"""The runs of a study as figures draw them: where each stands, what a measure says of it, or why it says nothing."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from vgdemo.config import RunConfig
from vgdemo.figures.hover import Place
from vgdemo.figures.style import literal
from vgdemo.study.measures import Measure, Value
from vgdemo.study.sides import Side
from vgdemo.study.study import Study

TO_COME, FAILED, NOT_MEASURED = "not trained yet", "failed", "not measured"


class Cell(NamedTuple):
    """A run of a study.

    Attributes:
        config: The run.
        places: Where it stands on the grid's axes, as `Grid.at` takes them.
        points: What its point on each axis is called.
        words: The points in a sentence.
        value: What the measure says of it; None if it says nothing.
        mark: Why it says nothing; empty if it does.
        why: The reason of a failure.
    """

    config: RunConfig
    places: tuple[int, ...]
    points: tuple[str, ...]
    words: str
    value: Value | None
    mark: str = ""
    why: str = ""

    @property
    def middle(self) -> float:
        """The value's; NaN without one."""
        return self.value.middle if self.value else math.nan

    def told(self, *more: Any) -> list[Any]:
        """What `customdata` has of it: its places, its words, its points, then more."""
        return [*self.places, literal(self.words), *self.points, *more]


class Layout(NamedTuple):
    """Where `customdata` has what `Cell.told` put there.

    Attributes:
        axes: What the axes are called.
        at: The run's own part, such as "customdata[i]".
    """

    axes: tuple[str, ...]
    at: str = "customdata[i]"

    @property
    def words(self) -> str:
        """The run's words in a hover."""
        return f"%{{customdata[{len(self.axes)}]}}"

    def more(self, place: int) -> str:
        """What came after the points, in a table."""
        return f"{self.at}[{self._first + place}]"

    def said(self, place: int) -> str:
        """What came after the points, in a hover."""
        return f"%{{customdata[{self._first + place}]}}"

    @property
    def points(self) -> dict[str, Place]:
        """The columns of the points."""
        return {name: f"{self.at}[{len(self.axes) + 1 + place}]" for place, name in enumerate(self.axes)}

    @property
    def _first(self) -> int:
        return 2 * len(self.axes) + 1


def cells_of(study: Study, measure: Measure) -> list[Cell]:
    """All runs, in the grid's order."""
    sides = [Side(axis) for axis in study.grid.axes]
    cells = []
    for config, places in zip(study.grid.configs, study.grid.places, strict=True):
        points = tuple(side.axis.in_words(place) for side, place in zip(sides, places, strict=True))
        words = ", ".join(side.words(place) for side, place in zip(sides, places, strict=True))
        cells.append(Cell(config, places, points, words, *_said(study, measure, config)))
    return cells


def _said(study: Study, measure: Measure, config: RunConfig) -> tuple[Value | None, str, str]:
    """What the measure says of a run, or why it says nothing, and the reason of a failure."""
    if config in study:
        value = measure.of(study[config])
        return value, "" if value else NOT_MEASURED, ""
    return (None, FAILED, study.failed[config]) if config in study.failed else (None, TO_COME, "")


def written(value: float) -> float | str:
    """A number as JSON can hold it: what is not finite is a word that reads back."""
    return value if math.isfinite(value) else "NaN" if math.isnan(value) else "Infinity"
