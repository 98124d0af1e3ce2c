"""A study of two axes as a map: a cell for each run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures import guide
from vgdemo.figures.heatmap import add_to_legend, colors
from vgdemo.figures.hover import Place
from vgdemo.figures.phases import edge_line
from vgdemo.figures.scales import Values
from vgdemo.figures.style import (
    LIGHT,
    MARGIN,
    MARGIN_BESIDE_COLORS,
    REFERENCE,
    SPECIAL_COLORS,
    SPECIAL_VALUES,
    literal,
    new_figure,
)
from vgdemo.study.cells import FAILED, NOT_MEASURED, TO_COME, Cell, Layout, written
from vgdemo.study.grid import Grid
from vgdemo.study.measures import VERDICT_COLORS, VERDICTS, Measure
from vgdemo.study.reading import reading
from vgdemo.study.sides import Side

MARKS: dict[str, dict[str, Any]] = {
    TO_COME: {"symbol": "circle", "size": 4, "color": "#B4BAC4"},
    FAILED: {"symbol": "x", "size": 8, "color": "#7A5230"},
    NOT_MEASURED: {"symbol": "line-ew", "size": 8, "color": REFERENCE, "line": {"width": 2, "color": REFERENCE}},
}


class StudyMap:
    """The map of a measure over two axes.

    Args:
        grid: What is studied.
        measure: What a cell shows.
        cells: All runs, in the grid's order.
    """

    def __init__(self, grid: Grid, measure: Measure, cells: Sequence[Cell]) -> None:
        self.measure = measure
        self.grid = grid
        self.across, self.up = (Side(axis) for axis in grid.axes)
        self.told = Layout((self.across.label, self.up.label), at="customdata[j][i]")
        width = grid.shape[1]
        self.cells = [[cells[i * width + j] for i in self.across.order] for j in self.up.order]
        self.values = np.array([[cell.middle for cell in row] for row in self.cells])
        self.is_there = np.array([[cell.value is not None for cell in row] for row in self.cells])

    def figure(self, edge: float | None) -> go.Figure:
        """The map, with the line χ = 1 at a gain."""
        line = self._edge(edge)
        figure = self._axes(with_edge=line is not None)
        self._add_cells(figure)
        for mark, marker in MARKS.items():
            self._add_marks(figure, mark, marker)
        if line is not None:
            ground = {"line": {"color": LIGHT, "width": 4}, "showlegend": False}  # On which it is seen on any cell.
            figure.add_scatter(**edge_line(*line) | ground)
            figure.add_scatter(**edge_line(*line, REFERENCE))
        return figure

    def _axes(self, *, with_edge: bool) -> go.Figure:
        measure = self.measure
        every = [cell for row in self.cells for cell in row]
        return new_figure(
            f"{measure.title} over {self.across.label} and {self.up.label}",
            reading(measure, every, beyond=self._beyond()),
            f"Map of {measure.label}: {self.across.label} to the right, {self.up.label} upwards, a cell for each run.",
            how=guide.of_study_map(measure.name, logarithmic=measure.shown.logarithmic, with_edge=with_edge),
            log10=measure.shown.log10("z"),
            margin=MARGIN if measure.is_verdict else MARGIN_BESIDE_COLORS,
            showlegend=True,  # One entry alone would not be named.
            uirevision=f"map {self.grid.key} {measure.name}",
            xaxis=self.across.of_cells(),
            yaxis=self.up.of_cells(),
        )

    @property
    def _scale(self) -> tuple[float, float]:
        return self.measure.shown.low, self.measure.shown.high

    def _beyond(self) -> str:
        return self.measure.shown.beyond(self.values[self.is_there], self._scale, "cell")

    def _add_cells(self, figure: go.Figure) -> None:
        if self.measure.is_verdict:
            self._add_verdicts(figure)
            return
        shown, drawn = self.measure.shown, self.measure.shown.scaled(self.values)
        finite = np.where(np.isfinite(drawn), drawn, np.nan)
        figure.add_heatmap(**self._heatmap(finite), **colors(shown, drawn, self._scale, self.measure.colorscale))
        special = shown.special(self.values) & self.is_there
        for (name, color), where in zip(SPECIAL_COLORS.items(), special, strict=True):
            if where.any():
                one_color = [(0, color), (1, color)]
                trace = self._heatmap(np.where(where, 0, np.nan), [SPECIAL_VALUES[name]])
                figure.add_heatmap(**trace | {"name": name}, colorscale=one_color, showscale=False)
                add_to_legend(figure, name, color)

    def _add_verdicts(self, figure: go.Figure) -> None:
        """Categories, named in the order of the table."""
        ends = np.linspace(0, 1, len(VERDICTS) + 1)
        scale = [
            (float(end), VERDICT_COLORS[verdict])
            for verdict, *pair in zip(VERDICTS, ends[:-1], ends[1:], strict=True)
            for end in pair
        ]
        between = {"zmin": -0.5, "zmax": len(VERDICTS) - 0.5, "showscale": False}
        figure.add_heatmap(**self._heatmap(self.values, self.told.more(0)), colorscale=scale, **between)
        for place, verdict in enumerate(VERDICTS):
            if (self.values == place).any():
                add_to_legend(figure, str(verdict), VERDICT_COLORS[verdict])

    def _heatmap(self, z: Values, number: Place = "z[j][i]") -> dict[str, Any]:
        """What all heatmaps of the map have."""
        ends = {name: self.told.more(place) for place, name in enumerate(self.measure.names_of_ends, 1)}
        columns = {**self.told.points, self.measure.label: number, **({} if self.measure.is_verdict else ends)}
        return {
            "name": self.measure.label,
            "z": z.astype(np.float32),
            "customdata": [[self._told(cell) for cell in row] for row in self.cells],
            "hoverongaps": False,
            "hovertemplate": f"{self.told.words}<br>{self.measure.label} {self.told.said(0)}<extra></extra>",
            "meta": {"columns": columns, "needed": "z[j][i]"},
            "xgap": 1,
            "ygap": 1,
        }

    @staticmethod
    def _told(cell: Cell) -> list[Any]:
        return cell.told() if cell.value is None else cell.told(cell.value.words, *map(written, cell.value.ends))

    def _add_marks(self, figure: go.Figure, mark: str, marker: dict[str, Any]) -> None:
        """Where there is no value, why."""
        found = [(x, y, cell) for y, row in enumerate(self.cells) for x, cell in enumerate(row) if cell.mark == mark]
        if not found:
            return
        figure.add_scatter(
            x=[x for x, _, _ in found],
            y=[y for _, y, _ in found],
            customdata=[cell.told(literal(cell.why)) for _, _, cell in found],
            mode="markers",
            name=mark,
            showlegend=True,
            marker=marker,
            hovertemplate=f"{self.told.words}<br>{mark} {self.told.said(0)}<extra></extra>",
        )

    def _edge(self, gain: float | None) -> tuple[Sequence[float], Sequence[float]] | None:
        """Where the line at a gain goes from one end of the depths to the other; None if it lies beyond the map."""
        for side, other in ((self.across, self.up), (self.up, self.across)):
            position = side.position(gain) if gain is not None and side.axis.settings == ("gain",) else None
            if position is not None:
                line = [position] * 2, [-0.5, len(other.names) - 0.5]
                return line if side is self.across else line[::-1]
        return None
