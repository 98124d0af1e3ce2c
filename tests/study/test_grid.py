"""Grids: which runs they are, that they come back from links and JSON, and which of them are no study."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from study.test_axis import axes

from vgdemo.config import RunConfig
from vgdemo.study import Axis, Grid

BASE = RunConfig(epochs=20, replicates=3)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Any study that is possible."""
    base = BASE.with_changes(seed=draw(st.integers(0, 99)), network=draw(st.sampled_from(["dense", "lstm"])))
    sides = draw(st.lists(axes(), min_size=1, max_size=2))
    try:
        return Grid(base, tuple(sides))
    except ValueError as error:
        assert str(error).startswith("Expected")
        return Grid(base, (Axis.of("units", [4, 8]), Axis.of("num_hidden_layers", [1, 2])))


@given(grids())
def test_a_study_comes_back_from_its_link_its_json_and_its_definition(grid: Grid) -> None:
    for again, notices in (
        Grid.from_query(grid.to_query()),
        (Grid.from_json(grid.to_json()), ()),
        (Grid.from_dict(json.loads(json.dumps(grid.to_dict()))), ()),
    ):
        assert (again, again.key, again.configs, notices) == (grid, grid.key, grid.configs, ())


def test_its_runs_are_the_base_with_every_point_the_last_axis_fastest() -> None:
    grid = Grid.of(
        BASE, {"units": [4, 8], "activation kernel_initializer": [["tanh", "orthogonal"], ["relu", "he_normal"]]}
    )
    assert grid.shape == (2, 2)
    expected = [
        BASE.with_changes(units=units, activation=activation, kernel_initializer=initializer)
        for units in (4, 8)
        for activation, initializer in (("tanh", "orthogonal"), ("relu", "he_normal"))
    ]
    assert [*grid.configs] == expected
    assert grid.at(1, 0) == expected[2]
    assert [*grid.places] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_what_the_axes_set_in_the_base_makes_no_other_study() -> None:
    one, other = (Grid.of(BASE.with_changes(units=units), {"units": [4, 8]}) for units in (5, 100))
    assert (one, one.key) == (other, other.key)
    assert one.key != Grid.of(BASE, {"units": [8, 4]}).key != Grid.of(BASE, {"units": [4, 9]}).key


def test_its_sentence_says_how_many_runs_it_has_and_what_they_differ_in() -> None:
    grid = Grid.of(BASE, {"num_hidden_layers": "1..30", "activation": ["tanh", "relu"]})
    assert grid.sentence == "60 runs: hidden layers, 1 to 30 × activation, tanh and ReLU"


@pytest.mark.parametrize(
    ("grid", "sentence"),
    [
        ({}, "Expected one or two axes of a study. Received: none"),
        ({"units": [1, 2], "seed": [1, 2], "epochs": [1, 2]}, "Expected one or two axes of a study. Received: 3"),
        ({"units": [5]}, "Expected a study of 2 to 5000 runs. Received: 1 (1)"),
        ({"units": [5, 5]}, "Expected a study of 2 to 5000 runs. Received: 1 (1)"),
        ({"units": []}, "Expected values of `units`. Received none"),
        ({"seed": range(1000), "units": range(1, 101)}, "Received: 100000 (1000 x 100)"),
        ({"seed": range(10**6), "units": [1, 2]}, "Expected at most 2000 values of `seed`."),
        (
            {"units": [4, 8], "units seed": [(1, 1), (2, 2)]},
            "Expected axes of different settings. Received `units` twice",
        ),
        ({"width": [4, 8]}, "width"),
        ({"units": [4, "many"]}, "Received: units='many'"),
        ({"units": [1, 256], "num_hidden_layers": [1, 50], "epochs": [1]}, "one or two axes"),
    ],
)
def test_what_is_no_study_is_said_in_one_sentence(grid: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        Grid.of(BASE, grid)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_a_run_that_is_not_possible_is_named_with_its_place() -> None:
    big = RunConfig(epochs=2000, replicates=32)
    with pytest.raises(ValueError, match="run of the study to be possible. With units=1, num_hidden_layers=50: Exp"):
        Grid.of(big, {"units": [1, 256], "num_hidden_layers": [1, 50]})


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"base": {}}',
        '{"base": [], "grid": {}}',
        '{"grid": {"units": 5}}',
        '{"grid": {"units": [1, 2]}, "width": 5}',
        '{"base": {"width": 5}, "grid": {"units": [1, 2]}}',
        '{"grid": {"units": [[1], {"a": 2}]}}',
        "[" * 100_000,
    ],
)
def test_a_text_that_defines_no_study_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        Grid.from_json(text)
    assert "xpected" in str(caught.value) and len(str(caught.value)) < 400


@given(st.dictionaries(st.sampled_from(["x", "y", "units", "nonsense"]), st.text(max_size=30)))
def test_any_address_is_a_study_or_is_refused(parameters: dict[str, str]) -> None:
    try:
        grid, _ = Grid.from_query(parameters)
    except ValueError as error:
        assert str(error)
    else:
        assert Grid.from_query(grid.to_query())[0] == grid


def test_a_parameter_of_the_base_that_is_none_is_told_and_left_out() -> None:
    grid, notices = Grid.from_query({"x": "units: 4, 8", "epochs": "many"})
    assert grid.base.epochs == RunConfig().epochs and len(notices) == 1 and "epochs" in notices[0]
