"""Figures that change with the epoch: one frame for each stop of the epoch slider."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
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


class Framed(go.Figure):  # type: ignore[misc]  # Plotly has no types.
    """A figure that has Plotly make objects of its frames, and check them, only when somebody looks at these.

    For 33 frames that takes several times as long as all else, and a page only writes them down.

    Example:
        >>> figure = Framed({"data": [{"y": [1]}], "frames": [{"name": "7", "data": [{"y": np.array([2.0])}]}]})
        >>> figure.to_dict()["frames"][0]["data"][0]["y"]["dtype"], figure.frames[0].data[0].y
        ('f8', array([2.]))
    """

    def __init__(self, content: dict[str, Any]) -> None:
        self._plain_frames: list[dict[str, Any]] = content.get("frames", [])
        super().__init__({"data": content.get("data"), "layout": content.get("layout")})

    @property
    def plain_frames(self) -> list[dict[str, Any]]:
        """The frames as dictionaries; none once they are Plotly's."""
        return self._plain_frames

    def __getitem__(self, prop: Any) -> Any:
        """As Plotly's, which asks here for its frames too, whether they are read or replaced."""
        if prop == "frames" and self._plain_frames:
            plain, self._plain_frames = self._plain_frames, []
            self.frames = plain
        return super().__getitem__(prop)

    def to_dict(self) -> dict[str, Any]:
        """As Plotly's."""
        content: dict[str, Any] = super().to_dict()
        return content | ({"frames": _written(self._plain_frames)} if self._plain_frames else {})


def _written(value: Any) -> Any:
    """With arrays of numbers as plotly.js takes them: their bytes in text."""
    if isinstance(value, dict):
        return {name: _written(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_written(part) for part in value]
    if not isinstance(value, np.ndarray):
        return value
    if not value.size:
        return value.tolist()
    array = {"dtype": value.dtype.str[1:], "bdata": base64.b64encode(value.tobytes()).decode()}
    return array | ({"shape": str(value.shape)[1:-1]} if value.ndim > 1 else {})


def with_frames(figure: go.Figure, traces: Sequence[Trace], stops: Sequence[Stop]) -> Framed:
    """The figure with its frames, drawn at the last stop.

    Args:
        figure: Layout without traces.
        traces: What stays the same at all stops; also what is drawn when there is no stop yet.
        stops: What changes.
    """
    content = figure.to_dict()
    content["layout"]["meta"]["framed"] = True
    moving = [place for place in range(len(traces)) if any(stop.traces[place] for stop in stops)]
    frames = [_frame(traces, moving, stop) for stop in stops]
    if stops:
        traces = [{**trace, **change} for trace, change in zip(traces, stops[-1].traces, strict=True)]
        content["layout"]["title"]["subtitle"]["text"] = stops[-1].reading
    return Framed({"data": list(traces), "layout": content["layout"], "frames": frames})


def _frame(traces: Sequence[Trace], moving: list[int], stop: Stop) -> dict[str, Any]:
    return {
        "name": str(stop.epoch),
        "traces": moving,
        "data": [{"type": traces[place]["type"], **stop.traces[place]} for place in moving],
        "layout": {"title": {"subtitle": {"text": stop.reading}}},
    }
