"""An axis of a study along a side of a figure: where its points stand and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from vgdemo.figures.axes import MAX_NAMED, named_places, room_for, told_apart
from vgdemo.figures.scales import Values
from vgdemo.figures.style import literal
from vgdemo.study.axis import Axis
from vgdemo.wording import uncapitalized

CLEARLY = 1.5  # Times more evenly.
MARGIN = 0.04  # Of an axis of numbers, beside its ends.


@dataclass(frozen=True)
class Side:
    """An axis of a study along a side of a figure.

    Attributes:
        axis: The axis.

    Example:
        >>> side = Side(Axis.of("gain", [1, 0.1, 10]))
        >>> side.order, side.names, side.words(2)
        ([1, 0, 2], ['0.1', '1', '10'], 'gain 10')
    """

    axis: Axis

    @property
    def label(self) -> str:
        """What the axis is called inside a sentence."""
        return uncapitalized(self.axis.label)

    @cached_property
    def values(self) -> Values | None:
        """Its numbers, in the order of its points; None of words and of several settings."""
        points = [point[0] for point in self.axis.points]
        are_numbers = len(self.axis.settings) == 1 and all(type(value) in (int, float) for value in points)
        return np.array(points, float) if are_numbers else None

    @cached_property
    def order(self) -> list[int]:
        """The places of its points along the side: numbers rise, all else stays as it was given."""
        return [*range(len(self.axis.points))] if self.values is None else np.argsort(self.values).tolist()

    @cached_property
    def names(self) -> list[str]:
        """What its points are called, along the side."""
        return [self.axis.in_words(place) for place in self.order]

    def words(self, place: int) -> str:
        """A point as a sentence says it; words speak for themselves."""
        words = self.axis.in_words(place)
        return words if any(isinstance(value, str) for value in self.axis.points[place]) else f"{self.label} {words}"

    @cached_property
    def is_logarithmic(self) -> bool:
        """Whether its numbers lie clearly more evenly by their factors than by their differences."""
        if self.values is None or len(self.values) < 3 or (self.values <= 0).any():
            return False
        numbers = self.values[self.order]
        return CLEARLY * _unevenness(np.log(numbers)) < _unevenness(numbers)

    def of_cells(self) -> dict[str, Any]:
        """Plotly's axis of cells, one beside the other, each as wide as all others; of many some are named."""
        named = named_places(len(self.names))
        names = told_apart([self.names[place] for place in named])
        return {
            "title": {"text": self.label},
            "tickvals": named,
            "ticktext": [*map(literal, names)],
            "range": [-0.5, len(self.names) - 0.5],
            "showgrid": False,
            "zeroline": False,
            **room_for(names),
        }

    def of_numbers(self) -> dict[str, Any]:
        """Plotly's axis of its numbers where they are; of words the axis of cells."""
        if self.values is None:
            return self.of_cells()
        scaled = self.scaled(self.values)
        low, high = float(scaled.min()), float(scaled.max())
        margin = MARGIN * (high - low)
        named = _with_room(scaled[self.order])
        return {
            "title": {"text": self.label},
            "type": "log" if self.is_logarithmic else "linear",
            "tickvals": [self.on_numbers(self.order[place]) for place in named],
            "ticktext": [self.names[place] for place in named],
            "range": [low - margin, high + margin],
            "zeroline": False,
        }

    def on_numbers(self, place: int) -> float:
        """Where a point stands on `of_numbers`."""
        return float(self.order.index(place) if self.values is None else self.values[place])

    def scaled(self, values: Values) -> Values:
        """Numbers as they lie on `of_numbers`."""
        return np.log10(values) if self.is_logarithmic else values

    def position(self, number: float) -> float | None:
        """Where a number lies among cells, between their centres; None beyond them or among words."""
        if self.values is None:
            return None
        numbers = self.scaled(self.values[self.order])
        wanted = float(self.scaled(np.array(number)))
        found = float(np.interp(wanted, numbers, np.arange(len(numbers)), left=np.nan, right=np.nan))
        return None if np.isnan(found) else found


def _with_room(positions: Values) -> list[int]:
    """Of rising positions those whose names do not touch, the first and the last among them."""
    room = (positions[-1] - positions[0]) / (MAX_NAMED + 1)
    named = [0]
    for place, position in enumerate(positions):
        if position - positions[named[-1]] >= room > 0:
            named.append(place)
    return named if len(named) < 2 else [*named[:-1], len(positions) - 1]


def _unevenness(numbers: Values) -> float:
    """The largest step over the mean one."""
    steps = np.diff(numbers)
    return float(steps.max() / steps.mean())
