"""The pictures of a study, of summaries that are written down."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from by_hand import AN_END, study, summary, with_values
from conftest import named

from vgdemo.diagnosis import Verdict
from vgdemo.figures import Figure
from vgdemo.study import Study
from vgdemo.study.curves import can_be_curves
from vgdemo.study.landscape import landscape
from vgdemo.study.measures import MEASURES, VERDICTS
from vgdemo.study.outlook import Outlook

LAYERS, GAINS = "num_hidden_layers", "gain"


def over_two(name: str = "accuracy", **values: Any) -> Study:
    """Three depths and two gains; the values of each replicate by places, as in _01."""
    places = {key.strip("_"): value for key, value in values.items()}
    found = {tuple(map(int, key)): with_values(name, value) for key, value in places.items()}
    return study({LAYERS: [4, 2, 3], GAINS: [1, 2]}, found)


def over_one(name: str, *values: Any) -> Study:
    """As many depths, each with values of its replicates; None is not trained."""
    found = {(place,): with_values(name, value) for place, value in enumerate(values) if value is not None}
    return study({LAYERS: range(2, 2 + len(values))}, found)


def all_studies() -> Iterator[Any]:
    for as_curves in (False, True):
        for name in MEASURES:
            kind = {"learned": [True, False], "verdict": [Verdict.DEAD, Verdict.STUCK]}.get(name, [0.0, 0.5])
            both = {"_00": kind, "_10": kind, "_21": [None, None] if name != "verdict" else kind}
            two = over_two(name, **both)
            yield pytest.param(two, name, as_curves, id=f"two {name} {as_curves}")
            if not as_curves:
                yield pytest.param(over_one(name, kind, None), name, as_curves, id=f"one {name}")


def reading(figure: Figure) -> str:
    return str(figure.layout.title.subtitle.text)


@pytest.mark.parametrize(("of", "measure", "as_curves"), [*all_studies()])
def test_every_figure_says_what_it_is_and_leads_back_to_its_runs(of: Study, measure: str, as_curves: bool) -> None:
    figure = landscape(of, measure, as_curves=as_curves)
    layout = figure.layout
    for text in (layout.title.text, reading(figure), layout.meta["alt"], layout.meta["how"]):
        assert text and not text[0].islower()
    assert reading(figure).endswith(".") and layout.meta["alt"].endswith(".")
    axes = [layout[name] for name in layout.to_plotly_json() if name.startswith(("xaxis", "yaxis"))]
    assert all(axis.title.text and axis.range is not None for axis in axes)
    json.loads(figure.to_json())
    count, seen = len(of.grid.axes), set()
    for trace in figure.data:
        rows = [] if trace.customdata is None else trace.customdata
        told = [row for line in rows for row in line] if trace.type == "heatmap" else rows
        for places in (row[:count] for row in told):
            seen.add(of.grid.at(*(int(place) for place in places)))
        assert trace.customdata is None or trace.hovertemplate
    is_map = len(of.grid.axes) == 2 and not as_curves
    with_value = {run for run in of if MEASURES[measure].of(of[run])}
    assert seen == {*of.grid.configs} if is_map else with_value <= seen <= {*of}


def test_a_map_has_a_cell_for_each_run_in_rising_order() -> None:
    figure = landscape(over_two(_00=[0.7, 0.9], _11=[0.6, 0.6], _21=[0.5, 0.5]), "accuracy")
    cells = figure.data[0]
    nothing = np.nan
    np.testing.assert_allclose(cells.z, [[nothing, nothing, 0.8], [0.6, 0.5, nothing]], rtol=1e-6)
    assert list(figure.layout.xaxis.ticktext) == ["2", "3", "4"]
    assert [row[:2] for row in cells.customdata[0]] == [[1, 0], [2, 0], [0, 0]]


@pytest.mark.parametrize("name", [name for name in MEASURES if name != "verdict"])
def test_colours_mean_the_same_in_all_studies(name: str) -> None:
    of = [True, False], [False, False]
    some, others = ([0.5, 0.5], [1e-30, 1e30]) if name != "learned" else of
    ends = [
        (trace.zmin, trace.zmax)
        for values in (some, others)
        for trace in landscape(over_two(name, _00=values), name).data[:1]
    ]
    assert ends[0] == ends[1] == (MEASURES[name].shown.low, MEASURES[name].shown.high)


@pytest.mark.parametrize(("value", "name"), [(0.0, "exact zero"), (math.nan, "NaN"), (math.inf, "∞")])
def test_zero_nan_and_infinity_have_cells_of_their_own(value: float, name: str) -> None:
    figure = landscape(over_two("first_ratio", _00=[value, value], _10=[0.01, 0.01]), "first_ratio")
    cells, special, *_ = figure.data
    np.testing.assert_allclose(cells.z[0], [-2, np.nan, np.nan])
    np.testing.assert_array_equal(special.z[0], [np.nan, np.nan, 0])
    assert special.name == name
    column = special.meta["columns"]["gradient, layer 1 / output, at the start"]
    assert column == [{"exact zero": 0, "NaN": "NaN", "∞": "Infinity"}[name]]


def test_a_share_of_zero_is_a_number() -> None:
    figure = landscape(over_two("dead", _00=[0.0, 0.0]), "dead")
    assert figure.data[0].z[0][2] == 0
    assert "exact zero" not in {trace.name for trace in figure.data}


def test_what_has_no_value_says_why() -> None:
    of = over_two("first_factor", _00=[0.5, 0.5], _10=[None, None])
    figure = landscape(Study(of.grid, of, {of.grid.at(2, 1): "It costs too much."}), "first_factor")
    marked = {trace.name: {tuple(row[:2]) for row in trace.customdata} for trace in figure.data[1:] if trace.customdata}
    assert marked["not measured"] == {(1, 0)} and marked["failed"] == {(2, 1)}
    assert marked["not trained yet"] == {(0, 1), (1, 1), (2, 0)}
    assert named(figure, "failed").customdata[0][-1] == "It costs too much."
    assert reading(figure).endswith("; of 6 runs 3 not trained yet, 1 failed and 1 not measured.")


def test_a_run_that_failed_once_and_is_trained_now_has_its_value() -> None:
    of = over_two(_00=[0.5, 0.5])
    figure = landscape(Study(of.grid, of, {of.grid.at(0, 0): "It was late."}), "accuracy")
    assert "failed" not in {trace.name for trace in figure.data}


def test_verdicts_are_categories_with_names() -> None:
    runs = {(0, 0): summary([AN_END], Verdict.HEALTHY), (1, 1): summary([AN_END], Verdict.DEAD)}
    figure = landscape(study({LAYERS: [1, 2], GAINS: [1, 2]}, runs), "verdict")
    cells = figure.data[0]
    assert cells.z[0][0] == VERDICTS.index(Verdict.HEALTHY) and cells.z[1][1] == VERDICTS.index(Verdict.DEAD)
    low, high = cells.zmin, cells.zmax
    for place, verdict in enumerate(VERDICTS):
        at = (place - low) / (high - low)
        inside = [color for (start, color), (end, _) in pairwise(cells.colorscale) if start < at < end]
        legend = [trace.marker.color for trace in figure.data if trace.name == verdict]
        assert legend in ([], inside)
    assert [trace.name for trace in figure.data if trace.x == (None,)] == ["healthy", "dead"]
    assert reading(figure).startswith("Of 2 runs the verdict is healthy in 1 and dead units in 1")


def test_the_line_between_order_and_chaos_stands_at_its_gain() -> None:
    of = study({GAINS: [0.5, 1, 2, 4, 8], LAYERS: [2, 5]}, {})
    *_, ground, line = landscape(of, "accuracy", outlook=Outlook(edge=2**0.5)).data
    assert line.name == "χ = 1" and ground.x == line.x == pytest.approx((1.5, 1.5)) and list(line.y) == [-0.5, 1.5]
    turned = study({LAYERS: [2, 5], GAINS: [0.5, 1, 2]}, {})
    line = landscape(turned, "accuracy", outlook=Outlook(edge=1.0)).data[-1]
    assert line.y == pytest.approx((1, 1)) and list(line.x) == [-0.5, 1.5]
    beyond = landscape(of, "accuracy", outlook=Outlook(edge=9.0))
    assert "χ = 1" not in {trace.name for trace in beyond.data} and "dashed" not in beyond.layout.meta["how"]


def test_curves_of_shares_have_their_intervals_and_accuracies_below() -> None:
    ends = [[(0.8, True), (0.9, True)], [(0.5, False), (0.6, False)]]
    runs = {
        (place,): summary([AN_END._replace(accuracy=one, learned=learned) for one, learned in of_run])
        for place, of_run in enumerate(ends)
    }
    of = study({LAYERS: [2, 5]}, runs)
    figure = landscape(of, ceilings=dict.fromkeys(of.grid.configs, 0.84))
    shares = named(figure, "share that learns, 95 % interval")
    assert (list(shares.x), list(shares.y)) == ([2, 5], [1, 0])
    band = figure.data[0]
    z = 1.959963984540054**2
    assert sorted(band.y)[:2] == pytest.approx([0, 2 / (2 + z)]), "Wilson's ends of 0 and of 2 of 2"
    assert sorted(band.y)[2:] == pytest.approx([z / (2 + z), 1])
    points = named(figure, "replicate")
    assert [*zip(points.x, points.y, strict=True)] == [(2, 0.8), (2, 0.9), (5, 0.5), (5, 0.6)]
    assert list(named(figure, "median, 10–90 %").y) == pytest.approx([0.85, 0.55])
    line = named(figure, "reachable: 0.84")
    assert (list(line.x), line.yaxis) == ([2, 5], "y2")
    assert reading(figure) == "Share that learns, by hidden layers: 100 % with 2, 0 % with 5."
    assert "can be reached" in figure.layout.meta["how"]


def test_nothing_trained_is_drawn_as_nothing() -> None:
    assert reading(landscape(over_one("learned", None, None))) == "None of 2 runs is trained yet."


def test_a_run_that_is_not_over_is_left_out_of_the_curve_and_counted() -> None:
    figure = landscape(over_one("accuracy", [0.5, 0.6], None, [0.7, 0.7]), "accuracy")
    assert list(named(figure, "median, 10–90 %").x) == [2, 4]
    assert reading(figure).endswith("; of 3 runs 1 not trained yet.")


def test_replicates_without_a_place_on_the_axis_stand_at_its_ends() -> None:
    values = [[0.0, 0.0, 1e-7], [math.nan, math.nan, 0.1], [math.inf, math.inf, 1.0]]
    figure = landscape(over_one("first_ratio", *values), "first_ratio")
    low, high = -8, 1  # Whole powers of ten that hold what has its place, 0.8·10⁻⁷ as a decile, or what is usual.
    points = named(figure, "replicate")
    np.testing.assert_allclose(points.y, [low, low, -7, high, high, -1, high, high, 0], atol=1e-9)
    assert [row[-1] for row in points.customdata][:4] == [0.0, 0.0, 1e-7, "NaN"]
    for name, x, y in (("exact zero", 2, low), ("NaN", 3, high), ("∞", 4, high)):
        marks = named(figure, name)
        assert (list(marks.x), list(marks.y)) == ([x], [y])
    assert list(figure.layout.yaxis.range) == pytest.approx([low - 0.27, high + 0.27])


def test_the_shorter_axis_has_a_curve_for_each_point() -> None:
    of = over_two(_00=[0.7, 0.9], _10=[0.6, 0.6], _21=[0.5, 0.5])
    figure = landscape(of, "accuracy", as_curves=True)
    one, other = named(figure, "1"), named(figure, "2")
    assert (list(one.x), list(one.y)) == ([2, 4], pytest.approx([0.6, 0.8]))
    assert (list(other.x), list(other.y)) == ([3], [0.5])
    assert one.line.color != other.line.color
    turned = study({GAINS: [1, 2], LAYERS: [4, 2, 3]}, {(1, 0): with_values("accuracy", [0.5, 0.5])})
    assert list(named(landscape(turned, "accuracy", as_curves=True), "2").x) == [4]


def test_words_on_the_axis_have_bars_for_intervals_and_no_lines() -> None:
    of = study({"activation": ["tanh", "relu"]}, {(1,): with_values("accuracy", [0.5, 0.6, 0.7])})
    figure = landscape(of, "accuracy")
    curve = named(figure, "median, 10–90 %")
    assert (curve.mode, list(curve.x), list(figure.layout.xaxis.ticktext)) == ("markers", [1], ["tanh", "ReLU"])
    assert curve.error_y.array[0] == pytest.approx(0.08) == curve.error_y.arrayminus[0]


def test_theory_is_a_line_over_runs_that_are_not_trained_too() -> None:
    of = over_one("first_factor", [0.5, 0.5], None)
    figure = landscape(of, "first_factor", outlook=Outlook("theory", dict.fromkeys(of.grid.configs, 0.1)))
    line = named(figure, "theory")
    assert (list(line.x), list(line.y)) == ([2, 3], [-1, -1])
    assert "dotted line" in figure.layout.meta["how"]


def test_too_many_curves_are_refused() -> None:
    of = study({LAYERS: range(1, 6), GAINS: range(1, 6)}, {})
    assert not can_be_curves(of.grid)
    with pytest.raises(ValueError, match=r"an axis of at most 4 points to draw curves. Received: 5 x 5"):
        landscape(of, as_curves=True)


def test_a_measure_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"one of learned, accuracy, .*verdict. Received: beauty"):
        landscape(over_two(), "beauty")


def test_dots_of_verdicts_count_the_replicates() -> None:
    ends = [AN_END._replace(verdict=verdict) for verdict in [Verdict.DEAD] * 3 + [Verdict.HEALTHY]]
    figure = landscape(study({LAYERS: [1, 2]}, {(0,): summary(ends, Verdict.DEAD)}), "verdict")
    (dots,) = figure.data
    dead, healthy = (list(dots.y).index(VERDICTS.index(verdict)) for verdict in (Verdict.DEAD, Verdict.HEALTHY))
    assert (dots.marker.size[dead] / dots.marker.size[healthy]) ** 2 == pytest.approx(3), "areas are shares"
    assert dots.customdata[dead][-3:] == ["dead", 3, 4]
