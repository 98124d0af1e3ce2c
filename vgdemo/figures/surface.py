"""What the network has made of the plane at a chosen epoch."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures.frames import Stop, Trace, with_frames
from vgdemo.figures.points import plane, point_traces
from vgdemo.figures.sampling import fewer_while_growing, one_value, who
from vgdemo.figures.style import CLASS_SCALE, new_figure
from vgdemo.record import SURFACE_AXIS, RunRecord


def decision_surface(record: RunRecord, *, replicate: int | None = None) -> go.Figure:
    """The training points on the network's probability of class 1, one frame for each recorded epoch.

    Args:
        record: The run.
        replicate: One replicate (from 0) in place of the median over all.
    """
    indices = fewer_while_growing(record, np.arange(len(record.surface_epochs)))
    surfaces = one_value(record.surfaces[indices], replicate)
    stops = [
        Stop(
            int(epoch),
            [{"z": surface}, {}, {}],
            f"Epoch {epoch} ({who(record, replicate)}): the colour is the likelier class; on the line neither is.",
        )
        for epoch, surface in zip(record.surface_epochs[indices], surfaces, strict=True)
    ]
    return with_frames(_axes(), [_surface(), *point_traces(record.config)], stops)


def _axes() -> go.Figure:
    return new_figure(
        "Decision surface",
        "The training half of the data; nothing is trained yet.",
        "The plane of the two inputs, coloured by the probability of class 1, with the training points.",
        uirevision="surface",
        **plane(float(SURFACE_AXIS[-1])),
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
