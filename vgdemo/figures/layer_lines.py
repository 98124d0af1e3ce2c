"""One line for each layer over the epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from vgdemo.figures import guide
from vgdemo.figures.axes import epoch_axis, log_axis, named_places
from vgdemo.figures.hover import told
from vgdemo.figures.sampling import Sample
from vgdemo.figures.scales import Fit, Values
from vgdemo.figures.style import SEQUENTIAL, SPECIAL_COLORS, literal, new_figure
from vgdemo.record import RunRecord

SHADES = (0.1, 0.85)  # Of the colour scale: its ends are lost on a dark or a light page.
MAX_NAMED = 6  # Lines that the legend names.


def layer_lines(record: RunRecord, statistic: str = "gradient_mean_abs", *, fit: Fit = False) -> go.Figure:
    """A statistic of each layer over the epochs, median over the replicates.

    Args:
        record: The run.
        statistic: A name in `statistics_of(record)`; along time steps if it was measured along them.
        fit: Let the axis end at this run's values in place of the range that all runs share.

    Example:
        >>> [line.name for line in layer_lines(record).data]
        ['layer 1', 'layer 2', 'the output']
    """
    sample = Sample.of(record, statistic)
    shown = sample.shown
    low, high = shown.scale(shown.scaled(sample.values), fit=fit)
    figure = _axes(record, sample, low, high)
    for line, values in zip(_lines(record, sample), sample.values.T, strict=True):
        figure.add_scatter(x=sample.epochs, y=values.astype(np.float32), **line)
    ends = (low, high, high) if not shown.logarithmic else (10**low, 10**high, 10**high)
    for (name, color), where, end in zip(SPECIAL_COLORS.items(), shown.special(sample.values), ends, strict=True):
        _add_marks(figure, sample, where, end, name=name, color=color)
    return figure


def _add_marks(figure: go.Figure, sample: Sample, where: Values, end: float, **named: str) -> None:
    """Squares at an end of the axis at the epochs at which some line has no place on it."""
    marked = np.flatnonzero(where.any(axis=1))
    if len(marked):
        labels = np.array(sample.panel.labels)
        figure.add_scatter(
            x=sample.epochs[marked],
            y=np.full(len(marked), end),
            mode="markers",
            name=named["name"],
            showlegend=True,
            marker={"color": named["color"], "size": 6, "symbol": "square"},
            text=[", ".join(labels[where[epoch]]) for epoch in marked],
            hovertemplate=f"{sample.unit} %{{x}}, {named['name']}: {sample.panel.axis} %{{text}}<extra></extra>",
        )


def _axes(record: RunRecord, sample: Sample, low: float, high: float) -> go.Figure:
    shown, margin = sample.shown, 0.04 * (high - low)
    return new_figure(
        f"{shown.title}, {sample.panel.axis} by {sample.panel.axis}",
        _reading(sample, (low, high)),
        f"Line chart over epochs: {shown.label}, one line for each {sample.panel.axis}.",
        how=guide.of_lines(shown, sample.panel),
        scale=(low, high),
        over_epochs=True,
        uirevision=f"lines {record.last_epoch} {shown.name}",
        hovermode="closest",
        xaxis=epoch_axis(record),
        yaxis={
            "title": {"text": shown.label},
            "range": [low - margin, high + margin],
            **(log_axis(low, high, most=10) if shown.logarithmic else {}),
        },
    )


def _lines(record: RunRecord, sample: Sample) -> list[dict[str, Any]]:
    """Colours run along the axis; the output's line is broken."""
    panel, label = sample.panel, sample.shown.label
    count, outputs = len(panel.labels), panel.outputs(record.model)
    named = named_places(count, MAX_NAMED)
    colors = sample_colorscale(SEQUENTIAL, np.linspace(*SHADES, count)) if count else []
    return [
        {
            "name": literal(phrase),
            "line": {"color": color, "width": 2, "dash": "dash" if place in outputs else "solid"},
            "showlegend": place in named,
            **told(
                f"{sample.unit} %{{x}}, {literal(phrase)}: ", "y", {"epoch": "x[i]", panel.axis: [name], label: "y[i]"}
            ),
        }
        for place, (name, phrase, color) in enumerate(zip(panel.labels, panel.phrases, colors, strict=True))
    ]


def _reading(sample: Sample, scale: tuple[float, float]) -> str:
    if not sample.values.size:
        return sample.ends
    return f"At {sample.unit} {sample.epochs[-1]} ({sample.whose}): {sample.ends}.{sample.beyond(scale)}"
