from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vgdemo.study import Axis
from vgdemo.study.sides import Side


def side(name: str, values: Any) -> Side:
    return Side(Axis.of(name, values))


def test_numbers_rise_and_words_stay_as_they_were_given() -> None:
    assert side("units", [8, 2, 5]).names == ["2", "5", "8"]
    assert side("units", [8, 2, 5]).order == [1, 2, 0], "the places of the grid stay known"
    assert side("activation", ["tanh", "relu", "elu"]).names == ["tanh", "ReLU", "ELU"]
    assert side("activation units", [("tanh", 8), ("relu", 2)]).names == ["tanh, 8", "ReLU, 2"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ("0.1..10 in 9 log", "log"),
        ("0.1..10 in 3 log", "log"),
        ([0.5, 1, 2, 4, 8], "log"),
        ([1, 2, 3, 5, 8], "linear"),
        ("0..10", "linear"),
        ([0, 1, 10], "linear"),
        ([1, 10], "linear"),
    ],
)
def test_numbers_that_grow_by_factors_stand_on_a_logarithmic_axis(values: Any, kind: str) -> None:
    assert side("gain", values).of_numbers()["type"] == kind


def test_an_axis_of_cells_has_one_as_wide_as_the_other_and_names_as_many_as_have_room() -> None:
    axis = side("num_hidden_layers", range(1, 31)).of_cells()
    assert axis["range"] == [-0.5, 29.5]
    assert axis["tickvals"][0] == 0 and axis["tickvals"][-1] == 29 and len(axis["tickvals"]) <= 13
    assert axis["ticktext"] == [str(place + 1) for place in axis["tickvals"]]


def test_long_names_are_shortened_and_told_apart() -> None:
    pairs = [(name, "he_uniform", "glorot_uniform") for name in ("relu", "leaky_relu")]
    names = side("activation kernel_initializer output_initializer", pairs).of_cells()["ticktext"]
    assert len({*names}) == 2 and all(len(name) <= 21 for name in names)


def test_the_ticks_of_numbers_do_not_touch() -> None:
    axis = side("num_hidden_layers", range(1, 31)).of_numbers()
    assert axis["tickvals"] == [*range(1, 28, 3), 30]
    assert axis["range"][0] < 1 and axis["range"][1] > 30


def test_a_number_lies_between_the_cells_that_it_lies_between() -> None:
    gains = side("gain", [0.5, 1, 2, 4])
    assert gains.position(1) == pytest.approx(1)
    assert gains.position(2**1.5) == pytest.approx(2.5), "by factors, as the cells do"
    assert gains.position(8) is None and side("activation", ["tanh", "relu"]).position(1) is None
    assert side("units", [2, 4, 6, 10]).position(8) == pytest.approx(2.5)


def test_points_stand_where_their_numbers_are() -> None:
    assert [side("units", [8, 2, 5]).on_numbers(place) for place in range(3)] == [8, 2, 5]
    assert [side("activation", ["tanh", "relu"]).on_numbers(place) for place in range(2)] == [0, 1]
    np.testing.assert_allclose(side("gain", "0.1..10 in 3 log").scaled(np.array([0.1, 10])), [-1, 1])


def test_words_speak_for_themselves_and_numbers_have_names() -> None:
    assert side("kernel_initializer", ["he_normal"] * 1 + ["orthogonal"]).words(0) == "He normal"
    assert side("residual", [True, False]).words(1) == "residual no"
    assert side("num_hidden_layers", [3, 4]).words(1) == "hidden layers 4"
