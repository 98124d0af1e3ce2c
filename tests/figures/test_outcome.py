from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vgdemo.figures import Figure, Row, outcome

TITLE, ACCURACY = "accuracy after the last epoch", "accuracy after the last epoch, share"


def named(figure: Figure, name: str) -> list[Any]:
    return [trace for trace in figure.data if trace.name == name]


def test_every_replicate_is_a_dot_and_the_published_number_a_mark_on_its_row() -> None:
    rows = [Row("training", np.array([0.5, 0.6, 0.7]), (0.53,)), Row("validation", np.array([0.6, 0.7, 0.8]), (0.47,))]
    figure = outcome(rows, TITLE, ACCURACY)
    assert [list(trace.x) for trace in named(figure, "replicate")] == [[0.5, 0.6, 0.7], [0.6, 0.7, 0.8]]
    marks = named(figure, "published in the article")
    assert [(list(mark.x), list(mark.y)) for mark in marks] == [([0.53], [0]), ([0.47], [1])]
    assert list(figure.layout.yaxis.ticktext) == ["training", "validation"]


def test_the_reading_gives_quartiles_and_what_was_published() -> None:
    figure = outcome([Row("training", np.array([0.5, 0.6, 0.7, 0.8, 0.9]), (0.53,))], TITLE, ACCURACY)
    reading = figure.layout.title.subtitle.text
    assert reading == "Training: half of 5 replicates within 0.6 to 0.8, published 0.53."


def test_a_published_range_is_a_bar_in_powers_of_ten() -> None:
    figure = outcome([Row("output", np.array([1e-3, 1e-2]), (0.01, 0.1))], "Mean |g|", "mean |g|", logarithmic=True)
    (bar,) = named(figure, "published in the article")
    assert (bar.mode, list(bar.x)) == ("lines", [-2, -1])
    assert list(named(figure, "replicate")[0].x) == [-3, -2]


def test_exact_zeros_are_a_mark_of_their_own_on_a_logarithmic_axis() -> None:
    figure = outcome([Row("layer 1", np.array([0, 0, 1e-3]))], "Mean |g|", "mean |g|", logarithmic=True)
    (zeros,) = named(figure, "exact zero")
    assert list(zeros.customdata) == [1, 2] and list(zeros.text) == ["0", "0"]
    axis = figure.layout.xaxis
    (place,) = set(zeros.x)
    assert axis.range[0] < place < axis.tickvals[0] and axis.ticktext[list(axis.tickvals).index(place)] == "0"
    assert list(named(figure, "replicate")[0].customdata) == [3]


@pytest.mark.parametrize("logarithmic", [False, True])
def test_what_is_infinite_or_not_a_number_stands_after_the_axis(logarithmic: bool) -> None:
    values = np.array([np.inf, 0.5, np.nan, 0.7])
    figure = outcome([Row("a", values)], "X", "x", logarithmic=logarithmic)
    (infinite,), (lost,) = named(figure, "∞"), named(figure, "NaN")
    assert (list(infinite.customdata), list(lost.customdata)) == ([1], [3])
    assert max(named(figure, "replicate")[0].x) < infinite.x[0] < lost.x[0] < figure.layout.xaxis.range[1]


@pytest.mark.parametrize("logarithmic", [False, True])
def test_replicates_without_a_number_are_left_out_and_nothing_warns(logarithmic: bool) -> None:
    figure = outcome(
        [Row("a", np.array([np.nan, np.inf, 0.7])), Row("b", np.full(3, np.nan))], "X", "x", logarithmic=logarithmic
    )
    assert [len(dots.x) for dots in named(figure, "replicate")] == [1, 0]
    assert "B: no replicate has a number." in figure.layout.title.subtitle.text


def test_an_infinite_number_counts_in_the_reading_in_the_rows_own_words() -> None:
    values = np.array([5, 7, np.inf, np.inf, np.nan])
    rows = [Row("ratio", values, (6,)), Row("epoch", values, text=lambda value: "never" if value == np.inf else "soon")]
    assert outcome(rows, "X", "x").layout.title.subtitle.text == (
        "Ratio: half of 4 replicates within 6.5 to infinite, published 6. "
        "Epoch: half of 4 replicates within soon to never."
    )


def test_an_axis_with_ends_is_the_same_for_all_that_they_hold() -> None:
    def ends(*values: float) -> list[float]:
        row = Row("a", np.array(values))
        return list(outcome([row], TITLE, ACCURACY, ends=(0.45, 0.9)).layout.xaxis.range)

    assert ends(0.5, 0.8) == ends(0.6, 0.61) == [0.45, 0.9]
    assert ends(0.1, 1.0) == [0.1, 1.0]


def test_ends_are_in_the_unit_of_the_numbers() -> None:
    row = Row("a", np.array([1e-3]))
    figure = outcome([row], "Mean |g|", "mean |g|", logarithmic=True, ends=(1e-4, 1e-1))
    assert list(figure.layout.xaxis.range) == [-4, -1]
    assert figure.layout.meta["log10"] == ["xaxis"]


def test_an_axis_without_ends_holds_what_it_shows() -> None:
    low, high = outcome([Row("a", np.array([3.0, 5.0]))], "Epoch", "epoch").layout.xaxis.range
    assert low < 3 and high > 5


def test_the_title_and_the_axis_say_what_they_are_given() -> None:
    layout = outcome([Row("a", np.array([0.5]))], TITLE, ACCURACY).layout
    assert (layout.title.text, layout.xaxis.title.text) == ("Accuracy after the last epoch", ACCURACY)
    assert layout.meta["log10"] == []


def test_the_legend_names_each_thing_once() -> None:
    rows = [Row(name, np.array([0.5, 0.6]), (0.5,)) for name in "abc"]
    names = [trace.name for trace in outcome(rows, TITLE, ACCURACY).data if trace.showlegend]
    assert sorted(names) == ["published in the article", "quartiles", "replicate"]


def test_what_can_be_reached_is_a_line_through_all_rows() -> None:
    rows = [Row("training", np.array([0.5, 0.8])), Row("validation", np.array([0.6, 0.7]))]
    figure = outcome(rows, TITLE, ACCURACY, ceiling=0.84)
    (line,) = (trace for trace in figure.data if trace.name == "reachable: 0.84")
    assert (list(line.x), list(line.y), line.showlegend) == ([0.84, 0.84], [-0.5, 1.5], True)
    assert "can be reached on these points" in figure.layout.meta["how"]
    assert "reach" not in outcome(rows, TITLE, ACCURACY).layout.meta["how"]
