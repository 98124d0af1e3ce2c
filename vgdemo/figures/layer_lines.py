"""One line for each layer over the epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from vgdemo.figures import guide
from vgdemo.figures.axes import epoch_range, named_places
from vgdemo.figures.sampling import Sample
from vgdemo.figures.style import SEQUENTIAL, new_figure
from vgdemo.record import Panel, RunRecord

SHADES = (0.1, 0.85)  # Of the colour scale: its ends are lost on a dark or a light page.
MAX_NAMED = 6  # Lines that the legend names.


def layer_lines(record: RunRecord, statistic: str = "gradient_mean_abs", *, fit: bool = False) -> go.Figure:
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
    smallest = 10**low if shown.logarithmic else low  # What is smaller, exact zeros too, runs along the axis.
    for line, values in zip(_lines(record, sample.panel), sample.values.T, strict=True):
        figure.add_scatter(x=sample.epochs, y=np.float32(np.maximum(values, smallest)), **line)
    return figure


def _axes(record: RunRecord, sample: Sample, low: float, high: float) -> go.Figure:
    shown, margin = sample.shown, 0.04 * (high - low)
    powers = {"type": "log", "exponentformat": "power", "dtick": "D2" if high - low < 2 else 2}
    return new_figure(
        f"{shown.title}, {sample.panel.axis} by {sample.panel.axis}",
        _reading(sample),
        f"Line chart over epochs: {shown.label}, one line for each {sample.panel.axis}.",
        how=guide.of_lines(shown.name, sample.panel),
        over_epochs=True,
        uirevision=f"lines {record.last_epoch} {shown.name}",
        hovermode="closest",
        xaxis={"title": {"text": "epoch"}, "range": epoch_range(record)},
        yaxis={
            "title": {"text": shown.label},
            "range": [low - margin, high + margin],
            **(powers if shown.logarithmic else {}),
        },
    )


def _lines(record: RunRecord, panel: Panel) -> list[dict[str, Any]]:
    """Colours run along the axis; the output's line is broken."""
    count, outputs = len(panel.labels), panel.outputs(record.model)
    named = named_places(count, MAX_NAMED)
    colors = sample_colorscale(SEQUENTIAL, np.linspace(*SHADES, count)) if count else []
    return [
        {
            "name": phrase,
            "line": {"color": color, "width": 2, "dash": "dash" if place in outputs else "solid"},
            "showlegend": place in named,
            "hovertemplate": f"epoch %{{x}}, {phrase}: %{{y:.2~e}}<extra></extra>",
        }
        for place, (phrase, color) in enumerate(zip(panel.phrases, colors, strict=True))
    ]


def _reading(sample: Sample) -> str:
    if not sample.values.size:
        return sample.ends
    return f"At epoch {sample.epochs[-1]} ({sample.whose}): {sample.ends}."
