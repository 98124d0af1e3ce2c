from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from vgdemo.figures.frames import Stop, with_frames
from vgdemo.figures.style import new_figure

TRACES = [
    {"type": "scatter", "name": "still", "y": [0, 0]},
    {"type": "bar", "name": "moving", "y": [0, 0], "marker": {"color": "red"}},
]
STOPS = [
    Stop(0, [{}, {"y": [1, 2]}], "At the start 1."),
    Stop(7, [{}, {"y": [3, 4]}], "At epoch 7 it is 3."),
    Stop(20, [{}, {"y": [5, 6]}], "In the end 5."),
]


def empty() -> go.Figure:
    return new_figure("A title", "Nothing is measured yet.", "A chart.", over_epochs=True, height=99)


@pytest.fixture
def figure() -> go.Figure:
    return with_frames(empty(), TRACES, STOPS)


def test_there_is_a_frame_for_each_stop_called_by_its_epoch(figure: go.Figure) -> None:
    assert [frame.name for frame in figure.frames] == ["0", "7", "20"]
    assert [frame.layout.title.subtitle.text for frame in figure.frames] == [stop.reading for stop in STOPS]


def test_frames_hold_the_traces_that_move_and_of_them_what_changes(figure: go.Figure) -> None:
    for frame, heights in zip(figure.frames, ([1, 2], [3, 4], [5, 6]), strict=True):
        assert list(frame.traces) == [1]
        (moving,) = frame.data
        assert moving.type == "bar" and list(moving.y) == heights
        assert moving.name is None and moving.marker.color is None


def test_a_trace_that_moves_at_one_stop_alone_stands_in_all_frames() -> None:
    stops = [Stop(0, [{}, {}], "One."), Stop(1, [{"y": [9, 9]}, {}], "Two.")]
    frames = with_frames(empty(), TRACES, stops).frames
    assert [list(frame.traces) for frame in frames] == [[0], [0]]
    assert frames[0].data[0].y is None and list(frames[1].data[0].y) == [9, 9]


def test_the_last_stop_is_drawn_over_what_stays_the_same(figure: go.Figure) -> None:
    still, moving = figure.data
    assert (still.name, list(still.y)) == ("still", [0, 0])
    assert (moving.name, list(moving.y), moving.marker.color) == ("moving", [5, 6], "red")
    assert figure.layout.title.subtitle.text == "In the end 5."


def test_without_a_stop_the_traces_are_drawn_as_they_are() -> None:
    figure = with_frames(empty(), TRACES, [])
    assert [list(trace.y) for trace in figure.data] == [[0, 0], [0, 0]]
    assert not figure.frames
    assert figure.layout.title.subtitle.text == "Nothing is measured yet."
    assert figure.layout.meta["framed"], "the slider comes with the first stop"


def test_the_layout_is_that_of_the_figure_which_is_left_as_it_was() -> None:
    before = empty()
    layout = with_frames(before, TRACES, STOPS).layout
    assert (layout.title.text, layout.height, layout.meta["epochs"]) == ("A title", 99, True)
    assert not before.layout.meta["framed"] and not before.data
    assert before.layout.title.subtitle.text == "Nothing is measured yet."


def test_every_stop_has_something_for_every_trace() -> None:
    too_few: list[dict[str, Any]] = [{"y": [1, 2]}]
    with pytest.raises((ValueError, IndexError)):
        with_frames(empty(), TRACES, [Stop(0, too_few, "One.")])


ARRAYS = {
    "x": ["1", "output"],
    "y": np.array([1.5, np.nan]),
    "customdata": np.array([[1, 2, 3], [4, 5, np.inf]], np.float32).T,
    "text": np.zeros(0),
    "showlegend": True,
}


def test_frames_are_written_as_plotly_writes_them() -> None:
    figure = with_frames(empty(), TRACES, [Stop(0, [{}, ARRAYS], "One."), Stop(1, [{}, {"y": [None]}], "Two.")])
    written = figure.to_json()
    assert figure.plain_frames, "nobody has looked at them"
    assert json.loads(written) == json.loads(go.Figure(figure).to_json())
    assert json.loads(figure.to_json()) == json.loads(written), "looked at or not"


def test_frames_can_be_copied_changed_and_replaced(figure: go.Figure) -> None:
    assert copy.deepcopy(figure) == figure == with_frames(empty(), TRACES, STOPS)
    figure.frames[0].name = "first"
    assert figure.to_dict()["frames"][0]["name"] == "first"
    other = with_frames(empty(), TRACES, STOPS)
    other.frames = [{"name": "the only one"}]
    assert [frame.name for frame in other.frames] == ["the only one"]


def test_what_no_trace_has_is_refused_when_frames_are_looked_at() -> None:
    figure = with_frames(empty(), TRACES, [Stop(0, [{}, {"heigth": [1]}], "One."), STOPS[1]])
    with pytest.raises(ValueError, match="heigth"):
        _ = figure.frames
