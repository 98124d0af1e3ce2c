"""A study as curves over one axis: of a study of two, one for each point of the shorter axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import plotly.graph_objects as go

from vgdemo.config import RunConfig
from vgdemo.figures import guide
from vgdemo.figures.curves import add_ceiling
from vgdemo.figures.scales import Values
from vgdemo.figures.style import BLUE, RUN_COLORS, literal, new_figure
from vgdemo.study.cells import Cell, cells_of
from vgdemo.study.grid import Grid
from vgdemo.study.measures import MEASURES, Measure
from vgdemo.study.outlook import NO_OUTLOOK, Outlook
from vgdemo.study.panel import Curve, Panel
from vgdemo.study.reading import reading
from vgdemo.study.sides import Side
from vgdemo.study.study import Study
from vgdemo.study.verdicts import add_verdicts, verdict_axis

MOST_CURVES = len(RUN_COLORS)
HALVES = (("learn", [0.55, 1]), ("accuracy", [0, 0.45]))  # Titles that have room there, and the figure's height.


def can_be_curves(grid: Grid) -> bool:
    """Whether there are colours enough: the study has one axis, or the shorter one of two has at most 4 points.

    Example:
        >>> can_be_curves(Grid.of(RunConfig(), {"units": range(1, 6), "gain": range(1, 6)}))
        False
    """
    return len(grid.shape) == 1 or min(grid.shape) <= MOST_CURVES


@dataclass(frozen=True)
class StudyCurves:
    """A study along one of its axes.

    Attributes:
        study: What there is so far.

    Raises:
        ValueError: If there would be more curves than there are colours.
    """

    study: Study

    def __post_init__(self) -> None:
        """Refuse what has too many curves."""
        if not can_be_curves(self.study.grid):
            sizes = " x ".join(map(str, self.study.grid.shape))
            raise ValueError(f"Expected an axis of at most {MOST_CURVES} points to draw curves. Received: {sizes}")

    def figure(self, measure: Measure, outlook: Outlook, ceilings: Mapping[RunConfig, float]) -> go.Figure:
        """The curves of a measure; below those of the share that learns the final accuracies."""
        if measure.is_verdict:
            figure = self._axes(measure, [verdict_axis()])
            add_verdicts(figure, self.study, self._curves(measure))
            return figure
        panels = [Panel(self.study, measure, self.side, self._curves(measure), outlook)]
        if measure.name == "learned":
            accuracy = MEASURES["accuracy"]
            panels.append(Panel(self.study, accuracy, self.side, self._curves(accuracy), NO_OUTLOOK, y="y2"))
        ceiling = self._ceiling(ceilings) if panels[-1].measure.name == "accuracy" else None
        figure = self._axes(
            measure,
            [panel.axis() for panel in panels],
            with_theory=bool(outlook.values),
            with_ceiling=ceiling is not None,
        )
        for panel in panels:
            panel.add_to(figure)
        add_ceiling(figure, self._line, ceiling, axis=panels[-1].y, along=self.side.label)
        return figure

    @cached_property
    def _places(self) -> tuple[int, int | None]:
        """Of the axis that the curves go along, and of that which has a curve for each point."""
        shape = self.study.grid.shape
        return (0, None) if len(shape) == 1 else (0, 1) if shape[1] <= shape[0] else (1, 0)

    @cached_property
    def side(self) -> Side:
        """Along which the curves go."""
        return Side(self.study.grid.axes[self._places[0]])

    def _curves(self, measure: Measure) -> list[Curve]:
        other, cells = self._places[1], cells_of(self.study, measure)
        if other is None:
            return [self._curve("", BLUE, cells)]
        beside = Side(self.study.grid.axes[other])
        return [
            self._curve(literal(name), color, [cell for cell in cells if cell.places[other] == place])
            for name, place, color in zip(beside.names, beside.order, RUN_COLORS, strict=False)
        ]

    def _curve(self, name: str, color: str, cells: Sequence[Cell]) -> Curve:
        along = self._places[0]
        placed = [(self.side.on_numbers(cell.places[along]), cell) for cell in cells]
        return Curve(name, color, sorted(placed, key=lambda one: one[0]))

    def _axes(
        self,
        measure: Measure,
        upwards: Sequence[dict[str, Any]],
        *,
        with_theory: bool = False,
        with_ceiling: bool = False,
    ) -> go.Figure:
        cells, grid = cells_of(self.study, measure), self.study.grid
        along = self.side.label
        others = [f", a curve for each {Side(grid.axes[self._places[1]]).label}"] if self._places[1] is not None else []
        axes: dict[str, Any] = {"yaxis": upwards[0]}
        if len(upwards) > 1:
            titles = [{"title": {"text": title}, "domain": domain} for title, domain in HALVES]
            axes = {name: axis | half for name, axis, half in zip(("yaxis", "yaxis2"), upwards, titles, strict=True)}
        return new_figure(
            f"{measure.title} over {along}",
            reading(measure, cells, along=along if len(grid.axes) == 1 else ""),
            f"Curves of {measure.label} over {along}{''.join(others)}"
            f"{', and the final accuracies below' if len(upwards) > 1 else ''}.",
            how=guide.of_study_curves(measure.name, with_theory=with_theory, with_ceiling=with_ceiling),
            log10=measure.shown.log10("yaxis"),
            uirevision=f"curves {grid.key} {measure.name}",
            showlegend=True,
            xaxis=self.side.of_numbers() | ({"anchor": "y2"} if len(upwards) > 1 else {}),
            **axes,
        )

    def _ceiling(self, ceilings: Mapping[RunConfig, float]) -> float | None:
        """What can be reached, if it is the same for all runs."""
        known = {ceilings[config] for config in self.study.grid.configs if config in ceilings}
        return known.pop() if len(known) == 1 else None

    @property
    def _line(self) -> Values:
        """Where a line over the whole axis has its points."""
        return np.array(sorted(map(self.side.on_numbers, range(len(self.side.order)))))
