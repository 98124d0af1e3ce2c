"""The points that a network is asked to tell apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.figures import guide
from vgdemo.figures.frames import Trace
from vgdemo.figures.style import CLASS_COLORS, LIGHT, new_figure

MAX_POINTS = 500  # More of them hide a surface below them.


def scatter(config: RunConfig) -> go.Figure:
    """The training half of the data.

    Args:
        config: The run that is trained on it.

    Example:
        >>> [trace.name for trace in scatter(record.config).data]
        ['class 0', 'class 1']
    """
    figure = new_figure(
        f"The data: {config.dataset}",
        f"{min(config.n_train, MAX_POINTS)} points of the training half; colour and shape say the class.",
        "Scatter plot of the two inputs, one colour and shape for each class.",
        how=guide.POINTS,
        uirevision="points",
        **plane(1.05),
    )
    return go.Figure({"data": point_traces(config), "layout": figure.layout})


def point_traces(config: RunConfig) -> list[Trace]:
    """One trace for each class."""
    data = make_dataset(config)
    x, y = data.x_train[:MAX_POINTS], data.y_train[:MAX_POINTS]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"class {label}",
            "x": np.ascontiguousarray(x[y == label, 0]),
            "y": np.ascontiguousarray(x[y == label, 1]),
            "marker": {"color": color, "size": 5, "symbol": symbol, "line": {"color": LIGHT, "width": 0.7}},
            "hoverinfo": "skip",
            "meta": {"columns": {"input 1": "x[i]", "input 2": "y[i]", "class": [label]}},
        }
        for label, (color, symbol) in enumerate(zip(CLASS_COLORS, ("circle", "diamond"), strict=True))
    ]


def plane(end: float) -> dict[str, Any]:
    """Axes of the two inputs, from -end to end, with equal units."""
    axis = {"range": [-end, end], "constrain": "domain", "zeroline": False}
    return {
        "xaxis": {"title": {"text": "input 1, scaled"}, **axis},
        "yaxis": {"title": {"text": "input 2, scaled"}, "scaleanchor": "x", **axis},
    }
