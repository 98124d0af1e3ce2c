"""One line for each layer over the epochs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from vgdemo.figures.sampling import Values, column_indices, one_value, who
from vgdemo.figures.statistics import STATISTICS, Statistic
from vgdemo.figures.style import SEQUENTIAL, decades, in_words, named_places, new_figure
from vgdemo.record import RunRecord

SHADES = (0.1, 0.85)  # Of the colour scale: its ends are lost on a dark or a light page.


def layer_lines(
    record: RunRecord, statistic: str = "gradient_mean_abs", *, ends: tuple[float, float] | None = None
) -> go.Figure:
    """A statistic of each layer over the epochs, median over the replicates.

    Args:
        record: The run.
        statistic: A name in `STATISTICS`.
        ends: Ends of the scale (logarithms, if it is logarithmic) in place of those that all runs share.
    """
    shown = STATISTICS[statistic]
    columns = column_indices(record)[0 if shown.has_start else 1 :]
    values = one_value(record.layer_arrays[statistic][columns], None)[:, : shown.layer_count(record)]
    low, high = ends or (shown.low, shown.high)
    figure = _axes(record, shown, low, high, _reading(record, shown, values))
    drawn = np.clip(shown.scaled(values), low, None)  # What is too small, exact zeros too, runs along the axis.
    for layer, trace in enumerate(_traces(record.layer_names[: shown.layer_count(record)])):
        figure.add_scatter(x=record.epochs[columns], y=np.float32(drawn[:, layer]), **trace)
    return figure


def _axes(record: RunRecord, shown: Statistic, low: float, high: float, reading: str) -> go.Figure:
    ticks = decades(low, high, 5) if shown.logarithmic else {}
    if shown.logarithmic and low in ticks["tickvals"]:
        ticks["ticktext"][0] = f"≤{ticks['ticktext'][0]}"
    return new_figure(
        f"{shown.label[0].upper()}{shown.label[1:]} of each layer",
        reading,
        f"Line chart over epochs: {shown.label}, one line for each layer.",
        over_epochs=True,
        uirevision=f"lines {record.config.epochs} {shown.name}",
        hovermode="closest",
        xaxis={"title": {"text": "epoch"}, "range": [0, record.config.epochs]},
        yaxis={"title": {"text": shown.label}, "range": [low - 0.02 * (high - low), high], **ticks},
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
            "hovertemplate": f"epoch %{{x}}, {label}<extra></extra>",
        }
        for place, (label, color) in enumerate(zip(labels, colors, strict=True))
    ]


def _reading(record: RunRecord, shown: Statistic, values: Values) -> str:
    if not len(values):
        return "Nothing is trained yet."
    first, last = (in_words(float(values[-1, layer])) for layer in (0, -1))
    other = "the output" if shown.has_output else f"layer {values.shape[1]}"
    return f"At epoch {record.epochs[-1]} ({who(record, None)}): {first} in layer 1, {last} in {other}."
