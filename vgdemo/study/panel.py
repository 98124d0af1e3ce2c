"""The curves of one measure over one axis of a study."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures.axes import decades
from vgdemo.figures.scales import Values
from vgdemo.figures.style import BAND_OPACITY, BLUE, ORANGE, SPECIAL_COLORS, translucent
from vgdemo.study.cells import Cell, Layout, written
from vgdemo.study.measures import Measure, Value
from vgdemo.study.outlook import Outlook
from vgdemo.study.sides import Side
from vgdemo.study.study import Study

PALE = 0.15  # Opacity of the bands of several curves.
MARGIN = 0.03  # Of a vertical axis, beyond its ends.


class Curve(NamedTuple):
    """Runs along an axis.

    Attributes:
        name: What sets the curve apart; empty of the only one.
        color: Of the curve.
        every: Place to the right and run of all its runs.
    """

    name: str
    color: str
    every: Sequence[tuple[float, Cell]]

    @property
    def known(self) -> list[tuple[Cell, Value]]:
        """(C,) the runs of which there is a value."""
        return [(cell, cell.value) for _, cell in self.every if cell.value is not None]

    @property
    def x(self) -> Values:
        """(C,) where these stand."""
        return np.array([x for x, cell in self.every if cell.value is not None])

    @property
    def middles(self) -> Values:
        """(C,) shares or medians."""
        return np.array([value.middle for _, value in self.known])

    @property
    def ends(self) -> Values:
        """(2, C) of the intervals."""
        return np.array([value.ends for _, value in self.known]).reshape(-1, 2).T


@dataclass(frozen=True)
class Panel:
    """The curves of one measure, with their intervals, in a figure.

    Attributes:
        study: What there is so far.
        measure: What is drawn upwards.
        side: What is to the right.
        curves: One, or one for each point of the other axis.
        outlook: What theory says of the measure.
        y: The vertical axis.
    """

    study: Study
    measure: Measure
    side: Side
    curves: Sequence[Curve]
    outlook: Outlook
    y: str = "y"

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Of the vertical axis: those that all studies share, wider by whole steps where something lies beyond."""
        low, high = self.measure.ends
        numbers = [curve.ends.ravel() for curve in self.curves]
        drawn = self.scaled(np.concatenate([*numbers, self._values_of_replicates, [*self.outlook.values.values()]]))
        finite = drawn[np.isfinite(drawn)]
        step = 1 if self.measure.shown.logarithmic else 0.1
        beyond = [math.floor(finite.min() / step) * step, math.ceil(finite.max() / step) * step] if finite.size else []
        return min([low, *beyond]), max([high, *beyond])

    def scaled(self, values: Values) -> Values:
        """As it is drawn."""
        return np.asarray(self.measure.shown.scaled(values))

    def axis(self) -> dict[str, Any]:
        """Plotly's vertical axis."""
        (low, high), shown = self.ends, self.measure.shown
        margin = MARGIN * (high - low)
        ticks = decades(low, high) if shown.logarithmic else {}
        shares = {"tickformat": ".0%"} if self.measure.is_share else {}
        return {
            "title": {"text": shown.label},
            "range": [low - margin, high + margin],
            "zeroline": False,
            **ticks,
            **shares,
        }

    def add_to(self, figure: go.Figure) -> None:
        """Draw it."""
        for curve in self.curves:
            self._add_band(figure, curve)
        self._add_replicates(figure)
        for curve in self.curves:
            self._add_curve(figure, curve)
            self._add_special(figure, curve)
            self._add_outlook(figure, curve)

    @cached_property
    def _replicates(self) -> list[tuple[float, Cell, int, float]]:
        """Place, run, number and value of each replicate of the only curve; none of shares, which have no such."""
        if self.curves[0].name or self.measure.name == "learned":
            return []
        return [
            (float(x), cell, replicate, float(value))
            for x, cell in self.curves[0].every
            if cell.value is not None
            for replicate, value in enumerate(self._of_replicates(cell), 1)
        ]

    def _of_replicates(self, cell: Cell) -> Values:
        values = self.measure.replicates(self.study[cell.config])
        return np.empty(0) if values is None else values

    @cached_property
    def _values_of_replicates(self) -> Values:
        return np.array([value for *_, value in self._replicates])

    def _clipped(self, values: Values) -> Values:
        """As it is drawn, a zero without a logarithm at the bottom, infinity and NaN at the top."""
        low, high = self.ends
        return np.asarray(np.clip(np.where(np.isnan(values), np.inf, self.scaled(values)), low, high))

    @property
    def _told(self) -> Layout:
        return Layout(tuple(Side(axis).label for axis in self.study.grid.axes))

    def _add_band(self, figure: go.Figure, curve: Curve) -> None:
        """Where the axis to the right has numbers; between words there is nothing."""
        if self.side.values is None:
            return
        drawn = ~np.isnan(curve.ends).any(axis=0)
        low, high = self._clipped(curve.ends[:, drawn])
        figure.add_scatter(
            x=np.concatenate([curve.x[drawn], curve.x[drawn][::-1]]),
            y=np.concatenate([high, low[::-1]]),
            yaxis=self.y,
            mode="lines",
            name="interval",
            fill="toself",
            fillcolor=translucent(curve.color, PALE if curve.name else BAND_OPACITY),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )

    def _add_curve(self, figure: go.Figure, curve: Curve) -> None:
        """Shares or medians."""
        drawn, told = self.scaled(curve.middles), self._told
        ends = {name: told.more(place) for place, name in enumerate(self.measure.names_of_ends, 2)}
        figure.add_scatter(
            x=curve.x,
            y=np.where(np.isfinite(drawn), drawn, np.nan),
            yaxis=self.y,
            mode="markers" if self.side.values is None else "lines+markers",
            name=curve.name or self.measure.name_of_middle,
            legendgroup=curve.name,
            showlegend=self.y == "y" or not curve.name,
            line={"color": curve.color, "width": 2},
            marker={"size": 7},
            cliponaxis=False,  # A share of 0 or 1 is drawn whole.
            error_y=self._error_bars(curve) if self.side.values is None else None,
            customdata=[cell.told(value.words, *map(written, value[:3])) for cell, value in curve.known],
            meta={"columns": {**told.points, self.measure.label: told.more(1), **ends}},
            hovertemplate=f"{told.words}<br>{self.measure.label} {told.said(0)}<extra></extra>",
        )

    def _error_bars(self, curve: Curve) -> dict[str, Any]:
        drawn, (low, high) = self.scaled(curve.middles), self._clipped(curve.ends)
        return {"type": "data", "symmetric": False, "array": high - drawn, "arrayminus": drawn - low}

    def _add_special(self, figure: go.Figure, curve: Curve) -> None:
        """Squares at an end of the axis where a median has no place on it."""
        for (name, color), where in zip(SPECIAL_COLORS.items(), self._special(curve.middles), strict=True):
            if where.any():
                cells = [cell for (cell, _), is_special in zip(curve.known, where, strict=True) if is_special]
                figure.add_scatter(
                    x=curve.x[where],
                    y=self._clipped(curve.middles[where]),
                    yaxis=self.y,
                    mode="markers",
                    name=name,
                    legendgroup=name,
                    showlegend=not _is_named(figure, name),
                    marker={"color": color, "size": 10, "symbol": "square"},
                    customdata=[cell.told() for cell in cells],
                    hovertemplate=f"{self._told.words}<br>{self.measure.label} {name}<extra></extra>",
                )

    def _special(self, values: Values) -> Values:
        """(3, ...) whether they have no place on the axis, for each of `SPECIAL_COLORS`."""
        return np.asarray(self.measure.shown.special(values))

    def _add_replicates(self, figure: go.Figure) -> None:
        if not self._replicates:
            return
        told = self._told
        figure.add_scatter(
            x=[x for x, *_ in self._replicates],
            y=self._clipped(self._values_of_replicates),
            yaxis=self.y,
            mode="markers",
            name="replicate",
            marker={"color": [*map(self._color, self._values_of_replicates)], "size": 5, "opacity": 0.6},
            customdata=[cell.told(replicate, written(value)) for _, cell, replicate, value in self._replicates],
            meta={"columns": {**told.points, "replicate": told.more(0), self.measure.label: told.more(1)}},
            hovertemplate=f"{told.words}, replicate {told.said(0)}<br>"
            f"{self.measure.label} {told.said(1)}<extra></extra>",
        )

    def _color(self, value: float) -> str:
        """That of a replicate, of one without a place on the axis its own."""
        special = self._special(np.array(value))
        return next((color for color, is_it in zip(SPECIAL_COLORS.values(), special, strict=True) if is_it), BLUE)

    def _add_outlook(self, figure: go.Figure, curve: Curve) -> None:
        """A dotted line over the runs of which theory speaks, whether they are trained or not."""
        values, name, told = self.outlook.values, self.outlook.name, self._told
        said = [(x, cell, values[cell.config]) for x, cell in curve.every if cell.config in values]
        if not said:
            return
        figure.add_scatter(
            x=[x for x, *_ in said],
            y=self.scaled(np.array([value for *_, value in said])),
            yaxis=self.y,
            mode="markers" if self.side.values is None else "lines",
            name=name,
            legendgroup=name,
            showlegend=not _is_named(figure, name),
            line={"color": curve.color if curve.name else ORANGE, "width": 2, "dash": "dot"},
            marker={"symbol": "diamond-open", "size": 9},
            customdata=[cell.told(self.measure.text(value), value) for _, cell, value in said],
            meta={"columns": {**told.points, name: told.more(1)}},
            hovertemplate=f"{told.words}<br>{name} {told.said(0)}<extra></extra>",
        )


def _is_named(figure: go.Figure, name: str) -> bool:
    """Whether a legend has the name already."""
    return any(trace.name == name for trace in figure.data)
