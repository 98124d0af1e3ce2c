"""What repeats of an experiment have measured, with the published number as a mark on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vgdemo.figures import guide
from vgdemo.figures.axes import decades
from vgdemo.figures.hover import Place
from vgdemo.figures.scales import Statistic, Values
from vgdemo.figures.style import (
    BLUE,
    LIGHT,
    REFERENCE,
    SPECIAL_COLORS,
    SPECIAL_VALUES,
    VERMILLION,
    new_figure,
    translucent,
)
from vgdemo.record import quantile
from vgdemo.wording import capitalized, number

COLUMN = 0.08  # Width of the columns for what has no place on the axis, as a share of it.
COLUMNS = {"exact zero": -1, "∞": 1, "NaN": 2}  # Before the axis or after it.
TICKS = {"exact zero": "0", "∞": "∞", "NaN": "NaN"}
SPREAD = 0.28  # Half of the height over which the replicates of a row are spread.


@dataclass(frozen=True)
class Row:
    """One distribution.

    Attributes:
        name: What the figure calls it.
        values: (R,) a number for each replicate; what has no place on the axis stands beside it.
        published: The one published number, or the ends of its range; empty if there is none.
        text: Writes one number.

    Example:
        >>> row = Row("layer 1", np.array([0.3, 0.5, np.nan]), published=(0.2, 0.4))
        >>> outcome([row], "gradient", "mean |g|").layout.title.subtitle.text
        'Layer 1: half of 2 replicates within 0.35 to 0.45, published 0.2 to 0.4.'
    """

    name: str
    values: Values
    published: tuple[float, ...] = ()
    text: Callable[[float], str] = number


def outcome(
    rows: Sequence[Row],
    title: str,
    label: str,
    *,
    logarithmic: bool = False,
    ends: tuple[float, float] | None = None,
    ceiling: float | None = None,
) -> go.Figure:
    """A row for each distribution: its replicates, its quartiles, and what was published.

    Args:
        rows: From top to bottom.
        title: What the numbers are.
        label: What the numbers are and in which unit, for the axis.
        logarithmic: Draw powers of ten; an exact zero then stands beside the axis.
        ends: What the axis spans at least, in the numbers' own unit; without them it ends at what it shows.
        ceiling: Of accuracies, what can be reached, if it is known.

    Example:
        >>> row = Row("validation", np.array([0.5, 0.8]), published=(0.7,))
        >>> figure = outcome([row], "final accuracy", "final accuracy, share", ends=(0.45, 0.9))
        >>> figure.layout.title.text, list(figure.layout.xaxis.range)
        ('Final accuracy', [0.45, 0.9])
    """
    axis = _Axis(label, logarithmic, _ends(rows, ends, logarithmic=logarithmic))
    figure = _axes(rows, title, axis, guide.of_outcome(ceiling))
    for place, row in enumerate(rows):
        _add_quartiles(figure, place, axis.scaled(row.values[~axis.special(row.values).any(axis=0)]))
        _add_replicates(figure, place, row, axis)
        _add_published(figure, place, row, axis)
    _add_ceiling(figure, len(rows), ceiling)
    _name_once(figure)
    return figure


@dataclass(frozen=True)
class _Axis:
    """The axis of the numbers, beside which is room for those that have no place on it.

    Attributes:
        label: What the numbers are and in which unit.
        logarithmic: Whether powers of ten are drawn.
        ends: Of what has a place on it; logarithms if `logarithmic`.
    """

    label: str
    logarithmic: bool
    ends: tuple[float, float]

    def scaled(self, values: Values) -> Values:
        return np.log10(values) if self.logarithmic else np.asarray(values)

    def special(self, values: Values) -> NDArray[np.bool_]:
        """(3, R) whether each has no place on the axis, for each of `SPECIAL_COLORS`."""
        return Statistic("", self.label, *self.ends, self.logarithmic).special(np.asarray(values))

    def beside(self, columns: float) -> float:
        """A place so many columns before the lower end, or after the upper one."""
        low, high = self.ends
        return (low if columns < 0 else high) + columns * COLUMN * (high - low)

    def ticks(self, occurring: Sequence[str]) -> dict[str, Any]:
        """The range, wider by the columns that occur, and their names among the ticks."""
        columns = [COLUMNS[kind] for kind in occurring]
        low, high = min([0, *(column - 0.5 for column in columns)]), max([0, *(column + 0.5 for column in columns)])
        ends = {"range": [self.beside(low) if low else self.ends[0], self.beside(high) if high else self.ends[1]]}
        if not self.logarithmic:
            return ends
        ticks = decades(*self.ends, 6)
        names = [TICKS[kind] for kind in occurring]
        return {
            **ends,
            "tickvals": [*ticks["tickvals"], *map(self.beside, columns)],
            "ticktext": [*ticks["ticktext"], *names],
        }


def _ends(rows: Sequence[Row], ends: tuple[float, float] | None, *, logarithmic: bool) -> tuple[float, float]:
    """Those of what is drawn, or the given ones, wider where something lies beyond them."""
    values = np.concatenate([np.append(row.values, row.published) for row in rows])
    scaled = np.log10 if logarithmic else np.asarray
    drawn = scaled(values[np.isfinite(values) & ((values > 0) | (not logarithmic))])
    return _around(drawn) if ends is None else _at_least(scaled(ends), drawn)


def _around(drawn: Values) -> tuple[float, float]:
    """An axis that ends beside what it shows; from 0 to 1 if that is nothing."""
    finite = drawn[np.isfinite(drawn)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin


def _at_least(ends: Values, drawn: Values) -> tuple[float, float]:
    """An axis of these ends, wider where something lies beyond them."""
    finite = drawn[np.isfinite(drawn)]
    return float(finite.min(initial=ends[0])), float(finite.max(initial=ends[1]))


def _axes(rows: Sequence[Row], title: str, axis: _Axis, how: str) -> go.Figure:
    special = np.any([axis.special(row.values).any(axis=1) for row in rows], axis=0)
    occurring = [kind for kind, occurs in zip(SPECIAL_COLORS, special, strict=True) if occurs]
    return new_figure(
        capitalized(title),
        " ".join(_reading(row) for row in rows),
        f"Box plots with a dot for each replicate: {axis.label}. A diamond or a bar marks the published number.",
        how=how,
        log10=["xaxis"] if axis.logarithmic else [],
        uirevision=axis.label,
        xaxis={"title": {"text": axis.label}, **axis.ticks(occurring)},
        yaxis={
            "tickvals": list(range(len(rows))),
            "ticktext": [row.name for row in rows],
            "range": [len(rows) - 0.5, -0.5],
            "automargin": True,
        },
    )


def _reading(row: Row) -> str:
    """An infinite number ranks as the largest; only what is not a number is missing."""
    numbers = row.values[~np.isnan(row.values)]
    if not numbers.size:
        return f"{capitalized(row.name)}: no replicate has a number."
    middle = " to ".join(row.text(float(quantile(numbers, share, axis=0))) for share in (0.25, 0.75))
    published = f", published {' to '.join(map(row.text, row.published))}" if row.published else ""
    return f"{capitalized(row.name)}: half of {len(numbers)} replicates within {middle}{published}."


def _add_quartiles(figure: go.Figure, place: int, values: Values) -> None:
    figure.add_box(
        x=values,
        y=np.full(len(values), place),
        orientation="h",
        name="quartiles",
        boxpoints=False,
        width=2 * SPREAD + 0.1,
        line={"color": BLUE, "width": 1.5},
        fillcolor=translucent(BLUE),
        hoverinfo="skip",
    )


def _add_replicates(figure: go.Figure, place: int, row: Row, axis: _Axis) -> None:
    """A dot for each; those without a place on the axis stand beside it in a colour of their own."""
    special = axis.special(row.values)
    on_axis = ~special.any(axis=0)
    dots = {"marker": {"color": BLUE, "size": 5, "opacity": 0.8}}
    _add_dots(figure, place, row, on_axis, x=axis.scaled(row.values[on_axis]), name="replicate", told="x[i]", **dots)
    for (kind, color), where in zip(SPECIAL_COLORS.items(), special, strict=True):
        if where.any():
            x = np.full(int(where.sum()), axis.beside(COLUMNS[kind]))
            marker = {"color": color, "size": 7, "symbol": "square"}
            _add_dots(figure, place, row, where, x=x, name=kind, told=[SPECIAL_VALUES[kind]], marker=marker)


def _add_dots(figure: go.Figure, place: int, row: Row, where: Any, *, told: Place, **dots: Any) -> None:
    count = int(where.sum())
    figure.add_scatter(
        y=place + np.linspace(-SPREAD, SPREAD, count) * (count > 1),
        mode="markers",
        customdata=np.flatnonzero(where) + 1,
        text=[row.text(float(value)) for value in row.values[where]],
        hovertemplate="replicate %{customdata}: %{text}<extra></extra>",
        meta={"columns": {"row": [row.name], "replicate": "customdata[i]", "value": told}},
        **dots,
    )


def _add_published(figure: go.Figure, place: int, row: Row, axis: _Axis) -> None:
    if row.published:
        words = " to ".join(map(row.text, row.published))
        figure.add_scatter(
            x=axis.scaled(np.array(row.published)),
            y=[place] * len(row.published),
            mode="markers" if len(row.published) == 1 else "lines",
            name="published in the article",
            marker={"color": VERMILLION, "size": 13, "symbol": "diamond", "line": {"color": LIGHT, "width": 1}},
            line={"color": VERMILLION, "width": 8},
            hovertemplate=f"published: {words}<extra></extra>",
            meta={"columns": {"row": [row.name], "published": "x[i]"}},
        )


def _add_ceiling(figure: go.Figure, count: int, ceiling: float | None) -> None:
    """A line through all rows."""
    if ceiling is not None:
        figure.add_scatter(
            x=[ceiling, ceiling],
            y=[-0.5, count - 0.5],
            mode="lines",
            name=f"reachable: {number(ceiling)}",
            line={"color": REFERENCE, "width": 1, "dash": "dot"},
            hovertemplate=f"reachable: {number(ceiling)}<extra></extra>",
        )


def _name_once(figure: go.Figure) -> None:
    """The legend says each thing once, however many rows have it."""
    seen: set[str] = set()
    for trace in figure.data:
        trace.update(legendgroup=trace.name, showlegend=trace.name not in seen)
        seen.add(trace.name)
