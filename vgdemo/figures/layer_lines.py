"""One line for each layer over the epochs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from vgdemo.figures.sampling import Values, column_indices, one_value, who
from vgdemo.figures.statistics import STATISTICS, Statistic
from vgdemo.figures.style import SEQUENTIAL, in_words, named_places, new_figure
from vgdemo.record import RunRecord

SHADES = (0.1, 0.85)  # Of the colour scale: its ends are lost on a dark or a light page.


def layer_lines(record: RunRecord, statistic: str = "gradient_mean_abs", *, fit: bool = False) -> go.Figure:
    """A statistic of each layer over the epochs, median over the replicates.

    Args:
        record: The run.
        statistic: A name in `STATISTICS`.
        fit: Let the axis end at this run's values in place of the range that all runs share.
    """
    shown = STATISTICS[statistic]
    columns = column_indices(record)[0 if shown.has_start else 1 :]
    values = one_value(record.layer_arrays[statistic][columns], None)[:, : shown.layer_count(record)]
    low, high = shown.scale(shown.scaled(values), fit=fit)
    figure = _axes(record, shown, low, high, _reading(record, shown, values))
    smallest = 10**low if shown.logarithmic else low  # What is smaller, exact zeros too, runs along the axis.
    for layer, trace in enumerate(_traces(record.layer_names[: shown.layer_count(record)])):
        figure.add_scatter(x=record.epochs[columns], y=np.float32(np.maximum(values[:, layer], smallest)), **trace)
    return figure


def _axes(record: RunRecord, shown: Statistic, low: float, high: float, reading: str) -> go.Figure:
    margin = 0.04 * (high - low)
    scale = (
        {"type": "log", "exponentformat": "power", "dtick": "D2" if high - low < 2 else 2} if shown.logarithmic else {}
    )
    return new_figure(
        f"{shown.label[0].upper()}{shown.label[1:]}, layer by layer",
        reading,
        f"Line chart over epochs: {shown.label}, one line for each layer.",
        over_epochs=True,
        uirevision=f"lines {record.config.epochs} {shown.name}",
        hovermode="closest",
        xaxis={"title": {"text": "epoch"}, "range": [0, record.config.epochs]},
        yaxis={"title": {"text": shown.label}, "range": [low - margin, high + margin], **scale},
    )


def _traces(names: Sequence[str]) -> list[dict[str, object]]:
    """Colours run with the depth; the output's line is broken."""
    colors = sample_colorscale(SEQUENTIAL, np.linspace(*SHADES, len(names)))
    labels = [name if name == "output" else f"layer {name}" for name in names]
    named = named_places(len(names), 6)
    return [
        {
            "name": label,
            "line": {"color": color, "width": 2, "dash": "dash" if label == "output" else "solid"},
            "showlegend": place in named,
            "hovertemplate": f"epoch %{{x}}, {label}: %{{y:.2~e}}<extra></extra>",
        }
        for place, (label, color) in enumerate(zip(labels, colors, strict=True))
    ]


def _reading(record: RunRecord, shown: Statistic, values: Values) -> str:
    if not len(values):
        return "Nothing is trained yet."
    first, last = (in_words(float(values[-1, layer])) for layer in (0, -1))
    other = "the output" if shown.has_output else f"layer {values.shape[1]}"
    return f"At epoch {record.epochs[-1]} ({who(record, None)}): {first} in layer 1, {last} in {other}."
