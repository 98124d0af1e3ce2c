"""One statistic over the layers at a chosen epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vgdemo.figures.frames import Stop, Trace, with_frames
from vgdemo.figures.sampling import Values, frame_indices, quantile, who
from vgdemo.figures.statistics import STATISTICS, Statistic
from vgdemo.figures.style import BLUE, ORANGE, SPECIAL_COLORS, decades, in_words, layer_axis, new_figure, translucent
from vgdemo.record import RunRecord
from vgdemo.theory import Forecast

FORECAST = "gradient_rms"  # The statistic that theory forecasts.


def layer_profile(
    record: RunRecord,
    statistic: str = "gradient_rms",
    *,
    replicate: int | None = None,
    fit: bool = False,
    forecast: Forecast | None = None,
) -> go.Figure:
    """The statistic from the first layer to the output, one frame for each stop of the epoch slider.

    Args:
        record: The run.
        statistic: A name in `STATISTICS`.
        replicate: One replicate (from 0) in place of the median and the 10–90 % band over all.
        fit: Let the axis end at this run's values in place of the range that all runs share.
        forecast: What theory expects at epoch 0, drawn if the statistic is `FORECAST`.
    """
    shown = STATISTICS[statistic]
    forecast = forecast if statistic == FORECAST else None
    indices = frame_indices(record)[0 if shown.has_start else 1 :]
    values = record.layer_arrays[statistic][indices][:, :, : shown.layer_count(record)]
    if replicate is not None:
        values = values[:, [replicate]]
    bands = np.stack([quantile(values, share) for share in (0.1, 0.5, 0.9)], axis=1)
    ends = shown.scale(shown.scaled(bands), fit=fit)
    names = record.layer_names[: shown.layer_count(record)]
    occurring = np.any(_special(shown.scaled(bands[:, 1])), axis=(1, 2))
    stops = [
        Stop(
            int(record.epochs[index]),
            [*_changes(names, shown.scaled(band), ends, occurring), *_forecast_changes(forecast, record.epochs[index])],
            f"Epoch {record.epochs[index]} ({who(record, replicate)}): "
            + (forecast.sentence(record) if forecast and not record.epochs[index] else _reading(band[1], names)),
        )
        for index, band in zip(indices, bands, strict=True)
    ]
    figure = _axes(record, shown, ends)
    if forecast:
        figure.layout.title.subtitle.text = f"Nothing is measured yet. {forecast.expectation}"
    return with_frames(figure, [*_traces(shown), *_forecast_traces(forecast, shown, names)], stops)


def _axes(record: RunRecord, shown: Statistic, ends: tuple[float, float]) -> go.Figure:
    margin = 0.04 * (ends[1] - ends[0])
    ticks = decades(*ends) if shown.logarithmic else {}
    layers = shown.layer_count(record)
    return new_figure(
        f"{shown.label[0].upper()}{shown.label[1:]} over layers",
        "Nothing is measured yet.",
        f"Line chart of {shown.label} from the first layer to the output at the chosen epoch.",
        uirevision=f"profile {layers} {shown.name}",
        showlegend=True,  # One trace alone would not be named.
        xaxis=layer_axis(record.layer_names[:layers]),
        yaxis={"title": {"text": shown.label}, "range": [ends[0] - margin, ends[1] + margin], **ticks},
    )


def _traces(shown: Statistic) -> list[Trace]:
    """Band, median, and marks at the end of the axis for what has no place on it."""
    value = "10<sup>%{y:.2f}</sup>" if shown.logarithmic else "%{y:.3f}"
    band = {"name": "10–90 %", "mode": "lines", "fill": "toself", "fillcolor": translucent(BLUE)}
    median = {"name": "median", "mode": "lines+markers", "line": {"color": BLUE, "width": 2}, "marker": {"size": 6}}
    marks = [
        {"name": name, "mode": "markers", "marker": {"color": color, "size": 10, "symbol": "square"}}
        for name, color in SPECIAL_COLORS.items()
    ]
    return [
        {"type": "scatter", "line": {"width": 0}, "hoverinfo": "skip", **band},
        {"type": "scatter", "hovertemplate": f"layer %{{x}}: {value}<extra></extra>", **median},
        *(
            {
                "type": "scatter",
                "x": [],
                "y": [],
                "showlegend": False,
                "hovertemplate": f"layer %{{x}}: {mark['name']}<extra></extra>",
            }
            | mark
            for mark in marks
        ),
    ]


def _special(middle: Values) -> NDArray[np.bool_]:
    """(3, ...) where a value is an exact zero whose logarithm is wanted, not a number, infinite."""
    return np.stack([np.isneginf(middle), np.isnan(middle), np.isposinf(middle)])


def _changes(
    names: tuple[str, ...], drawn: Values, ends: tuple[float, float], occurring: NDArray[np.bool_]
) -> list[Trace]:
    """Band, median and marks at one stop; no change of the marks that occur at none."""
    low, middle, high = drawn
    layers = np.array(names)
    band = np.isfinite(low) & np.isfinite(high)
    return [
        {
            "x": np.concatenate([layers[band], layers[band][::-1]]).tolist(),
            "y": np.concatenate([high[band], low[band][::-1]]),
        },
        {"x": list(names), "y": np.where(np.isfinite(middle), middle, np.nan)},
        *(
            {"x": layers[where].tolist(), "y": [end] * int(where.sum()), "showlegend": bool(where.any())}
            if occurs
            else {}
            for where, end, occurs in zip(_special(middle), (ends[0], ends[1], ends[1]), occurring, strict=True)
        ),
    ]


def _forecast_traces(forecast: Forecast | None, shown: Statistic, names: Sequence[str]) -> list[Trace]:
    """The line and the band that hold most networks of these settings."""
    if forecast is None or forecast.caveat:
        return []
    low, middle, high = (shown.scaled(ends) for ends in (forecast.low, forecast.gradient_rms, forecast.high))
    band = {"name": "theory, 10–90 % of networks", "fill": "toself", "fillcolor": translucent(ORANGE)}
    return [
        {
            "type": "scatter",
            "x": [*names, *names[::-1]],
            "y": np.concatenate([high, low[::-1]]),
            "mode": "lines",
            "line": {"width": 0},
            "hoverinfo": "skip",
            "showlegend": False,
            **band,
        },
        {
            "type": "scatter",
            "x": list(names),
            "y": middle,
            "mode": "lines",
            "line": {"color": ORANGE, "width": 2, "dash": "dot"},
            "name": "theory, epoch 0",
            "hovertemplate": "layer %{x}: theory 10<sup>%{y:.2f}</sup><extra></extra>",
        },
    ]


def _forecast_changes(forecast: Forecast | None, epoch: int) -> list[Trace]:
    """Later the line stays as what training began with; the band would only be in the way."""
    return [] if forecast is None or forecast.caveat else [{"visible": bool(epoch == 0)}, {}]


def _reading(middle: Values, names: tuple[str, ...]) -> str:
    finite = np.flatnonzero(np.isfinite(middle))
    if not finite.size:
        return "no layer has a finite value."
    if not middle[finite].any():
        return "exactly zero in every layer."
    smallest, largest = finite[np.argmin(middle[finite])], finite[np.argmax(middle[finite])]
    return (
        f"smallest in layer {names[smallest]}, {in_words(middle[smallest])}; "
        f"largest in layer {names[largest]}, {in_words(middle[largest])}."
    ).replace("layer output", "the output")
