"""What the network has made of the plane at a chosen epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures import guide
from vgdemo.figures.frames import Stop, Trace, with_frames
from vgdemo.figures.hover import told
from vgdemo.figures.points import plane, point_traces
from vgdemo.figures.sampling import NOT_YET, fewer_while_growing, of_replicates, who
from vgdemo.figures.scales import Values
from vgdemo.figures.style import CLASS_SCALE, DARK, new_figure
from vgdemo.record import SURFACE_AXIS, RunRecord, Surface, quantile
from vgdemo.wording import percent

COLUMNS = {"epoch": "meta.epoch", "input 1": "x[i]", "input 2": "y[j]", "probability of class 1": "z[j][i]"}


def decision_surface(record: RunRecord, *, replicates: Sequence[int] = ()) -> go.Figure:
    """The training points on the network's probability of class 1, one frame for each recorded epoch.

    Args:
        record: The run; the points are drawn if it was made of settings, which say which they are.
        replicates: Those (from 0) whose median is shown; all if none is named.

    Example:
        >>> [trace.name for trace in decision_surface(record).data]
        ['probability of class 1', 'class 0', 'class 1']
    """
    points = point_traces(record.config) if record.config else []
    if record.surface is None:
        return with_frames(_axes("No decision surface was measured."), points, [])
    start = "The training half of the data; nothing is trained yet." if points else NOT_YET
    stops = _stops(record, record.surface, replicates, unchanged=[{} for _ in points])
    return with_frames(_axes(start), [_surface(), *points], stops)


def _stops(record: RunRecord, surface: Surface, replicates: Sequence[int], unchanged: list[Trace]) -> list[Stop]:
    indices = fewer_while_growing(record, np.arange(len(surface.epochs)))
    probabilities = quantile(of_replicates(surface.probabilities[indices], replicates), 0.5)
    whose = who(record, replicates)
    return [
        Stop(int(epoch), [{"z": probability}, *unchanged], f"Epoch {epoch} ({whose}): {_reading(probability)}")
        for epoch, probability in zip(surface.epochs[indices], probabilities, strict=True)
    ]


def _reading(probability: Values) -> str:
    """What the colours mean, and where there are none."""
    lost = np.isnan(probability)
    if lost.all():
        return "the network's answer is not a number anywhere, so there is no colour."
    blank = f"; blank, {percent(lost.mean())} of the plane, it is not a number" if lost.any() else ""
    return f"the colour is the likelier class; on the line neither is{blank}."


def _axes(reading: str) -> go.Figure:
    return new_figure(
        "Decision surface",
        reading,
        "The plane of the two inputs, coloured by the probability of class 1, with the training points.",
        how=guide.SURFACE,
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
        "line": {"color": DARK, "width": 1.5},
        "showscale": False,
        **told("P(class 1) = ", "z", COLUMNS),
    }
