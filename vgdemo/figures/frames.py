"""Figures that change with the epoch: one frame for each stop of the epoch slider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

Trace = dict[str, Any]


@dataclass(frozen=True)
class Stop:
    """What a figure shows at one stop of the slider.

    Attributes:
        epoch: The epoch.
        traces: For each trace of the figure, the attributes that change; none if it is the same at all stops.
        reading: The sentence under the title.
    """

    epoch: int
    traces: Sequence[Trace]
    reading: str


def with_frames(figure: go.Figure, traces: Sequence[Trace], stops: Sequence[Stop]) -> go.Figure:
    """The figure with its frames, drawn at the last stop.

    Args:
        figure: Layout without traces.
        traces: What stays the same at all stops; also what is drawn when there is no stop yet.
        stops: What changes.
    """
    # Plotly checks frames given as plain dictionaries three times faster than frames made one by one.
    content = figure.to_dict()
    content["layout"]["meta"]["framed"] = True
    moving = [place for place in range(len(traces)) if any(stop.traces[place] for stop in stops)]
    frames = [_frame(traces, moving, stop) for stop in stops]
    if stops:
        traces = [{**trace, **change} for trace, change in zip(traces, stops[-1].traces, strict=True)]
        content["layout"]["title"]["subtitle"]["text"] = stops[-1].reading
    return go.Figure({"data": list(traces), "layout": content["layout"], "frames": frames})


def _frame(traces: Sequence[Trace], moving: list[int], stop: Stop) -> dict[str, Any]:
    return {
        "name": str(stop.epoch),
        "traces": moving,
        "data": [{"type": traces[place]["type"], **stop.traces[place]} for place in moving],
        "layout": {"title": {"subtitle": {"text": stop.reading}}},
    }
