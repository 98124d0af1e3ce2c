from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from javascript import call, page_with
from playwright.sync_api import Browser, Page

from vgdemo import figures

THEME = {"text": "#111111", "grid": "#222222", "panel": "#333333", "font": "serif"}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with page_with(browser, Path(figures.__file__).with_name("drawing.js")) as opened:
        yield opened


def frame(epoch: int, *heights: int) -> dict[str, Any]:
    """A frame that changes the second trace of two."""
    return {
        "name": str(epoch),
        "traces": [1],
        "data": [{"type": "scatter", "y": list(heights)}],
        "layout": {"title": {"subtitle": {"text": f"Epoch {epoch}."}}},
    }


def content(*frames: dict[str, Any]) -> dict[str, Any]:
    traces = [{"type": "scatter", "name": name, "y": [0]} for name in ("still", "moving")]
    title = {"text": "A title", "subtitle": {"text": "Nothing is measured yet."}}
    return {"data": traces, "layout": {"title": title, "meta": {"alt": "A chart."}}, "frames": list(frames)}


def layers(count: int) -> dict[str, Any]:
    names = [*map(str, range(1, count)), "output"]
    return {"xaxis": {"type": "category", "tickvals": names, "range": [-0.5, count - 0.5]}}


def test_the_stops_are_the_epochs_of_all_figures_once_and_in_order(page: Page) -> None:
    assert call(page, "stopsOf", [content(frame(0), frame(10)), content(frame(0), frame(9)), content()]) == [0, 9, 10]


@pytest.mark.parametrize(("epoch", "stop"), [(10, 10), (9, 7), (7, 7), (0, 4), (float("inf"), 10)])
def test_an_epoch_belongs_to_the_last_stop_until_then_or_to_the_first(page: Page, epoch: float, stop: int) -> None:
    assert call(page, "stopAt", [4, 7, 10], epoch) == stop


def test_without_stops_there_is_none(page: Page) -> None:
    assert call(page, "stopAt", [], 3) is None


@pytest.mark.parametrize(("epoch", "stop"), [(0, 4), (5, 4), (6, 7), (9, 10), (99, 10)])
def test_the_nearest_stop_is_before_or_after_an_epoch(page: Page, epoch: float, stop: int) -> None:
    assert call(page, "nearestStop", [4, 7, 10], epoch) == stop


def test_at_an_epoch_the_moving_traces_are_those_of_its_frame(page: Page) -> None:
    figure = content(frame(0, 1, 2), frame(10, 3, 4))
    still, moving = call(page, "tracesAt", figure, 9)
    assert still == figure["data"][0] | {"meta": {"epoch": 0}}
    assert moving == {"type": "scatter", "name": "moving", "y": [1, 2], "meta": {"epoch": 0}}
    assert call(page, "tracesAt", figure, 10)[1]["y"] == [3, 4]


def test_without_frames_the_traces_are_always_the_same(page: Page) -> None:
    for figure in (content(), {name: part for name, part in content().items() if name != "frames"}):
        assert call(page, "tracesAt", figure, 3) == figure["data"]


def test_the_reading_is_that_of_the_epoch_or_of_the_figure(page: Page) -> None:
    assert call(page, "readingAt", content(frame(0), frame(10)), 10) == "Epoch 10."
    earlier = "Epoch 0. Epoch 0 is the last one recorded before 3."
    assert call(page, "readingAt", content(frame(0), frame(10)), 3) == earlier
    assert call(page, "readingAt", content(), 3) == "Nothing is measured yet."


def test_what_is_spoken_says_what_it_is_and_what_to_see(page: Page) -> None:
    assert call(page, "spoken", content(), "It falls.") == "A chart. It falls."


def test_axes_reach_as_far_as_those_of_any_figure_of_the_kind(page: Page) -> None:
    own = {"xaxis": {"range": [0, 10]}, "yaxis2": {"range": [-3, 1]}, "legend": {"x": 0}}
    other = {"xaxis": {"range": [5, 20]}, "yaxis2": {"range": [-2, 2]}}
    aligned = {"xaxis": {"range": [0, 20]}, "yaxis2": {"range": [-3, 2]}}
    assert call(page, "alignedAxes", own, [own, other]) == aligned


def test_an_axis_that_runs_downwards_stays_so(page: Page) -> None:
    own = {"yaxis": {"range": [1.5, -0.5]}}
    assert call(page, "alignedAxes", own, [own]) == own


def test_alone_every_layer_that_an_axis_names_is_named(page: Page) -> None:
    assert call(page, "alignedAxes", layers(6), [layers(6)])["xaxis"]["tickvals"] == ["1", "2", "3", "4", "5", "output"]


@pytest.mark.parametrize(("depth", "named"), [(8, ["1", "4", "output"]), (21, ["1", "output"])])
def test_beside_a_deeper_network_fewer_layers_are_named(page: Page, depth: int, named: list[str]) -> None:
    aligned = call(page, "alignedAxes", layers(6), [layers(6), layers(depth)])["xaxis"]
    assert aligned == {"range": [-0.5, depth - 0.5], "tickvals": named}


def test_a_shortened_name_stays_with_its_layer(page: Page) -> None:
    long = layers(6)
    long["xaxis"]["ticktext"] = [f"{name}…" for name in long["xaxis"]["tickvals"]]
    aligned = call(page, "alignedAxes", long, [long, layers(8)])["xaxis"]
    assert (aligned["tickvals"], aligned["ticktext"]) == (["1", "4", "output"], ["1…", "4…", "output…"])


def colored(low: float, high: float) -> dict[str, Any]:
    special = {"type": "heatmap", "zmin": -0.5, "zmax": 2.5}
    return {"data": [{"type": "heatmap", "zmin": low, "zmax": high, "colorbar": {}}, special]}


def test_colours_of_a_row_reach_as_far_as_those_of_any_figure_and_are_named_once(page: Page) -> None:
    own = colored(-8, 1)
    colors = call(page, "alignedColors", [own, colored(-9, 0)])
    assert colors == [-9, 1]
    scaled, special = call(page, "recolored", own["data"], colors)
    assert (scaled["zmin"], scaled["zmax"], scaled["showscale"]) == (-9, 1, False)
    assert special == own["data"][1]


def test_figures_without_a_scale_of_colours_have_none_in_common(page: Page) -> None:
    figure = content()
    assert call(page, "alignedColors", [figure]) is None
    assert call(page, "recolored", figure["data"], None) == figure["data"]


def test_what_is_pointed_at_in_a_column_says_which_it_is(page: Page) -> None:
    traces = [{"hovertemplate": "layer %{x}<extra></extra>"}, {"hoverinfo": "skip"}]
    assert call(page, "ofColumn", traces, "B") == [{"hovertemplate": "layer %{x}<extra>B</extra>"}, traces[1]]


def test_axes_that_are_named_once_for_a_row_leave_their_room_to_the_plot(page: Page) -> None:
    axes = {
        "xaxis": {"title": {"text": "epoch"}, "range": [0, 1]},
        "yaxis": {"title": {"text": "accuracy"}},
        "yaxis2": {"title": {"text": "loss"}},
        "yaxis3": {"title": {"text": "absent"}, "visible": False},
    }
    layout = {"margin": {"l": 58, "r": 64, "t": 64, "b": 44}, "showlegend": True} | axes
    assert call(page, "axisNames", layout) == "→ epoch, ↑ accuracy; loss"
    bare = call(page, "bareLayout", layout)
    assert bare["xaxis"] == {"title": {"text": ""}, "range": [0, 1]}
    assert not bare["showlegend"]
    assert all(bare["margin"][side] < layout["margin"][side] for side in "lrb")


def drawn(page: Page, *, is_touched: bool = False) -> Any:
    layout = {"title": {"text": "A title"}, "margin": {"l": 58, "t": 64}, "xaxis": {"nticks": 3, "range": [0, 1]}}
    options = {"axes": {"xaxis": {"range": [0, 9]}}, "theme": THEME, "top": 24, "isTouched": is_touched}
    return call(page, "drawnLayout", layout, options)


def test_the_layout_has_the_given_axes_and_leaves_the_words_to_the_page(page: Page) -> None:
    layout = drawn(page)
    assert layout["xaxis"] == {"nticks": 3, "range": [0, 9]}
    assert layout["margin"] == {"l": 58, "t": 24}
    assert "title" not in layout


def test_the_layout_has_the_colours_and_the_type_of_the_page(page: Page) -> None:
    template = drawn(page)["template"]["layout"]
    assert template["font"] == {"color": "#111111", "family": "serif"}
    assert template["yaxis"]["gridcolor"] == "#222222"
    assert template["hoverlabel"]["bgcolor"] == "#333333"


def test_larger_type_has_more_room_around_the_plot(page: Page) -> None:
    layout = {
        "margin": {"l": 60},
        "legend": {"x": 0, "font": {"size": 11}},
        "annotations": [{"text": "layer 1", "font": {"size": 12, "color": "#fff"}}],
    }
    large = call(page, "drawnLayout", layout, {"axes": {}, "theme": THEME | {"type": 24}, "top": 24})
    assert large["font"]["size"] == 24
    assert large["legend"] == {"x": 0, "font": {"size": 22}}
    assert large["annotations"] == [{"text": "layer 1", "font": {"size": 24, "color": "#fff"}}]
    assert large["margin"] == {"l": 120, "t": 48}


def test_a_drag_zooms_but_on_a_touch_screen(page: Page) -> None:
    assert drawn(page)["dragmode"] == "zoom"
    assert drawn(page, is_touched=True)["dragmode"] is False


def test_plotly_writes_into_a_range_of_its_own(page: Page) -> None:
    options = {"axes": {"xaxis": {"range": [0, 9]}}, "theme": THEME}
    change = "options => (module.drawnLayout({ xaxis: {} }, options).xaxis.range[0] = 5, options.axes.xaxis.range)"
    assert page.evaluate(change, options) == [0, 9]
