"""What the network has made of the plane at a chosen epoch."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from vgdemo.data import make_dataset
from vgdemo.figures.frames import Stop, Trace, with_frames
from vgdemo.figures.sampling import one_value, who
from vgdemo.figures.style import CLASS_COLORS, CLASS_SCALE, new_figure
from vgdemo.record import SURFACE_AXIS, RunRecord

MAX_POINTS = 500  # More of them hide the surface.


def decision_surface(record: RunRecord, *, replicate: int | None = None) -> go.Figure:
    """The training points on the network's probability of class 1, one frame for each recorded epoch.

    Args:
        record: The run.
        replicate: One replicate (from 0) in place of the median over all.
    """
    surfaces = one_value(record.surfaces, replicate)  # The engine has chosen a few tens of epochs.
    stops = [
        Stop(
            int(epoch),
            [{"z": surface}, {}, {}],
            f"Epoch {epoch} ({who(record, replicate)}): the colour is the likelier class; on the line neither is.",
        )
        for epoch, surface in zip(record.surface_epochs, surfaces, strict=True)
    ]
    return with_frames(_axes(), [_surface(), *_points(record)], stops)


def _axes() -> go.Figure:
    ends = [float(SURFACE_AXIS[0]), float(SURFACE_AXIS[-1])]
    return new_figure(
        "Decision surface",
        "The training half of the data; nothing is trained yet.",
        "The plane of the two inputs, coloured by the probability of class 1, with the training points.",
        uirevision="surface",
        xaxis={"title": {"text": "input 1, scaled"}, "range": ends, "constrain": "domain", "zeroline": False},
        yaxis={
            "title": {"text": "input 2, scaled"},
            "range": ends,
            "scaleanchor": "x",
            "constrain": "domain",
            "zeroline": False,
        },
    )


def _surface() -> Trace:
    return {
        "type": "contour",
        "name": "probability of class 1",
        "x": SURFACE_AXIS,
        "y": SURFACE_AXIS,
        "zmin": 0,
        "zmax": 1,
        "colorscale": CLASS_SCALE,
        "contours": {"start": 0.5, "end": 0.5, "size": 1, "coloring": "heatmap"},
        "line": {"color": "#1B2330", "width": 1.5},
        "showscale": False,
        "hovertemplate": "P(class 1) = %{z:.2f}<extra></extra>",
    }


def _points(record: RunRecord) -> list[Trace]:
    data = make_dataset(record.config)
    x, y = data.x_train[:MAX_POINTS], data.y_train[:MAX_POINTS]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"class {label}",
            "x": np.ascontiguousarray(x[y == label, 0]),
            "y": np.ascontiguousarray(x[y == label, 1]),
            "marker": {"color": color, "size": 5, "symbol": symbol, "line": {"color": "#FFFFFF", "width": 0.7}},
            "hoverinfo": "skip",
        }
        for label, (color, symbol) in enumerate(zip(CLASS_COLORS, ("circle", "diamond"), strict=True))
    ]
