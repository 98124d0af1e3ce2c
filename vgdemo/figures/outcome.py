"""What repeats of an experiment have measured, with the published number as a mark on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures import guide
from vgdemo.figures.axes import decades
from vgdemo.figures.scales import Values
from vgdemo.figures.style import BLUE, LIGHT, VERMILLION, ZERO, new_figure, translucent
from vgdemo.learning import quantile
from vgdemo.wording import capitalized, number

SPREAD = 0.28  # Half of the height over which the replicates of a row are spread.


@dataclass(frozen=True)
class Row:
    """One distribution.

    Attributes:
        name: What the figure calls it.
        values: (R,) a number for each replicate; what is infinite or not a number is not drawn.
        published: The one published number, or the ends of its range; empty if there is none.
        text: Writes one number.

    Example:
        >>> row = Row("layer 1", np.array([0.3, 0.5, np.nan]), published=(0.2, 0.4))
        >>> outcome([row], "gradient", "mean |g|").layout.title.subtitle.text
        'layer 1: half of 2 replicates within 0.35 to 0.45, published 0.2 to 0.4.'
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
) -> go.Figure:
    """A row for each distribution: its replicates, its quartiles, and what was published.

    Args:
        rows: From top to bottom.
        title: What the numbers are.
        label: What the numbers are and in which unit, for the axis.
        logarithmic: Draw powers of ten; an exact zero is then a mark of its own at the left end.
        ends: What the axis spans at least, in the numbers' own unit; without them it ends at what it shows.

    Example:
        >>> row = Row("validation", np.array([0.5, 0.8]), published=(0.7,))
        >>> figure = outcome([row], "final accuracy", "final accuracy, share", ends=(0.45, 0.9))
        >>> figure.layout.title.text, list(figure.layout.xaxis.range)
        ('Final accuracy', [0.45, 0.9])
    """
    scaled = np.log10 if logarithmic else np.asarray
    numbers = [_drawable(row.values, logarithmic) for row in rows]
    drawn = scaled(np.concatenate([*numbers, *(row.published for row in rows)]))
    low, high = _around(drawn) if ends is None else _at_least(scaled(ends), drawn)
    figure = _axes(rows, title, label, (low, high), logarithmic=logarithmic)
    for place, (row, shown) in enumerate(zip(rows, numbers, strict=True)):
        _add_replicates(figure, place, scaled(shown), [row.text(float(value)) for value in shown])
        if logarithmic:
            _add_zeros(figure, place, low, int((row.values == 0).sum()))
        _add_published(figure, place, scaled(row.published))
    _name_once(figure)
    return figure


def _drawable(values: Values, logarithmic: bool) -> Values:
    return values[np.isfinite(values) & ((values > 0) | (not logarithmic))]


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


def _axes(rows: Sequence[Row], title: str, label: str, ends: tuple[float, float], *, logarithmic: bool) -> go.Figure:
    return new_figure(
        capitalized(title),
        " ".join(_reading(row) for row in rows),
        f"Box plots with a dot for each replicate: {label}. A diamond or a bar marks the published number.",
        how=guide.OUTCOME,
        log10=["xaxis"] if logarithmic else [],
        uirevision=label,
        xaxis={"title": {"text": label}, "range": list(ends), **(decades(*ends, 6) if logarithmic else {})},
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
        return f"{row.name}: no replicate has a number."
    middle = " to ".join(row.text(float(quantile(numbers, share, axis=0))) for share in (0.25, 0.75))
    published = f", published {' to '.join(map(row.text, row.published))}" if row.published else ""
    return f"{row.name}: half of {len(numbers)} replicates within {middle}{published}."


def _add_replicates(figure: go.Figure, place: int, values: Values, words: list[str]) -> None:
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
    figure.add_scatter(
        x=values,
        y=place + np.linspace(-SPREAD, SPREAD, len(values)),
        mode="markers",
        name="replicate",
        marker={"color": BLUE, "size": 5, "opacity": 0.8},
        text=words,
        hovertemplate="%{text}<extra></extra>",
    )


def _add_zeros(figure: go.Figure, place: int, low: float, count: int) -> None:
    if count:
        figure.add_scatter(
            x=[low],
            y=[place],
            mode="markers",
            name="exactly zero",
            marker={"color": ZERO, "size": 10, "symbol": "square"},
            hovertemplate=f"{count} replicates are exactly zero<extra></extra>",
            cliponaxis=False,
        )


def _add_published(figure: go.Figure, place: int, published: Values) -> None:
    if len(published):
        figure.add_scatter(
            x=published,
            y=[place] * len(published),
            mode="markers" if len(published) == 1 else "lines",
            name="published in the article",
            marker={"color": VERMILLION, "size": 13, "symbol": "diamond", "line": {"color": LIGHT, "width": 1}},
            line={"color": VERMILLION, "width": 8},
            hovertemplate="published<extra></extra>",
        )


def _name_once(figure: go.Figure) -> None:
    """The legend says each thing once, however many rows have it."""
    seen: set[str] = set()
    for trace in figure.data:
        trace.update(legendgroup=trace.name, showlegend=trace.name not in seen)
        seen.add(trace.name)
