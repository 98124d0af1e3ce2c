"""Axes: what their text means, that they come back from it whole, and which of them are none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vgdemo.config import SETTINGS
from vgdemo.study import Axis


def values_of(name: str) -> st.SearchStrategy[Any]:
    """Any value of a setting."""
    setting = SETTINGS[name]
    if setting.choices:
        return st.sampled_from(setting.choices)
    if isinstance(setting.default, bool):
        return st.booleans()
    highest = min(setting.maximum, 1e9)
    if isinstance(setting.default, int):
        return st.integers(int(setting.minimum), int(highest))
    return st.floats(setting.minimum, highest, allow_nan=False)


@st.composite
def axes(draw: st.DrawFn) -> Axis:
    """Any axis of one to three settings."""
    names = draw(st.lists(st.sampled_from(sorted(SETTINGS)), min_size=1, max_size=3, unique=True))
    point = st.tuples(*map(values_of, names))
    points = draw(st.lists(point, min_size=1, max_size=12, unique=True))
    return Axis.of(" ".join(names), points if len(names) > 1 else [value for (value,) in points])


@given(axes())
def test_an_axis_comes_back_from_its_text_and_its_values(axis: Axis) -> None:
    assert Axis.from_text(axis.to_text()) == axis
    assert Axis.of(axis.name, axis.values()) == axis
    assert Axis.of(axis.name, axis.values_text()) == axis


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("num_hidden_layers: 1..30", [*range(1, 31)]),
        ("num_hidden_layers: 1..30 by 5", [1, 6, 11, 16, 21, 26]),
        ("num_hidden_layers: 10..1 by -3", [10, 7, 4, 1]),
        ("num_hidden_layers: 2, 1 .. 3,, 2", [2, 1, 3]),
        ("units: 1..100 in 3 log", [1, 10, 100]),
        ("gain: 0.5..3 in 6", [0.5, 1, 1.5, 2, 2.5, 3]),
        ("gain: 0.1..10 in 5 log", [0.1, 0.3162, 1, 3.162, 10]),
        ("gain: 0..1 by 0.1", [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        ("activation: tanh, relu", ["tanh", "relu"]),
        ("gain: 1e-3", [0.001]),
    ],
)
def test_a_range_is_the_numbers_that_a_person_expects(text: str, values: list[Any]) -> None:
    assert Axis.from_text(text).values() == values


def test_whole_numbers_in_a_row_are_written_as_a_range() -> None:
    assert Axis.of("units", [1, 2, 3, 7, 8, 20, 19]).to_text() == "units: 1..3, 7, 8, 20, 19"


def test_numbers_of_numpy_and_whole_ones_become_the_settings_own() -> None:
    assert Axis.of("gain", [1, 2.0]) == Axis.of("gain", np.array([1.0, 2.0]))
    assert all(type(value) is int for (value,) in Axis.of("units", np.arange(1, 4)).points)


def test_numbers_are_those_of_one_setting_that_rise() -> None:
    assert Axis.of("units", [1, 5]).numbers == (1.0, 5.0)
    assert Axis.of("units", [5, 1]).numbers is None
    assert Axis.of("activation", ["tanh", "relu"]).numbers is None
    assert Axis.of("units seed", [(1, 1), (2, 2)]).numbers is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("units 5", "Expected settings, a colon and values, as in num_hidden_layers: 1..30. Received: units 5"),
        ("width: 5", "width"),
        ("units: ", "Expected values of `units`. Received none"),
        (": 5", "Expected settings, a colon and values, as in num_hidden_layers: 1..30. Received: : 5"),
        ("units units: 5 5", "Expected an axis of different settings. Received: units units"),
        ("units: 0, 5, many", "`units` to be a whole number between 1 and 256. Received: units=0 and units='many'"),
        ("activation: tanh, swoosh", "Received: activation='swoosh'"),
        ("activation units: tanh", "Expected values of `activation units` to be 2 together. Received: tanh"),
        ("units: 5..x", "Expected a range of `units` such as 1..30"),
        ("units: 5..1 by 1", "Received: 5..1 by 1"),
        ("units: 1..5 by 0", "Received: 1..5 by 0"),
        ("gain: 0..1 in 5 log", "Received: 0..1 in 5 log"),
        ("gain: 1..2 in 0", "Received: 1..2 in 0"),
        ("seed: 0..1000000", "Expected at most 2000 values of `seed`. Received: 1000001"),
        ("gain: 1..2 in 1000000", "Expected at most 2000 values of `gain`. Received: 1000000"),
        ("gain: 1..inf", "Received: 1..inf"),
        ("gain: nan..2", "Received: nan..2"),
    ],
)
def test_what_is_no_axis_is_said_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        Axis.from_text(text)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@given(st.sampled_from(sorted(SETTINGS)), st.text(max_size=40))
def test_any_text_is_an_axis_or_is_refused(name: str, text: str) -> None:
    try:
        axis = Axis.from_text(f"{name}: {text}")
    except ValueError as error:
        assert str(error)
    else:
        assert Axis.from_text(axis.to_text()) == axis


def test_many_wrong_values_are_not_all_named() -> None:
    with pytest.raises(ValueError) as caught:
        Axis.of("units", range(-50, 5))
    assert str(caught.value).endswith("units=-46 and 46 more")


@pytest.mark.parametrize("value", [None, math.nan, [1], object(), True, 10**400, "5"])
def test_a_value_of_another_kind_is_none(value: object) -> None:
    with pytest.raises(ValueError, match="Expected values of `units` to be"):
        Axis.of("units", [5, value])
