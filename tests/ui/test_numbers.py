from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from javascript import call, page_with
from playwright.sync_api import Browser, Page

from vgdemo import ui

GAP = float("nan")
FIRST_AXES = {"xaxis": "x", "yaxis": "y"}  # As Plotly completes a trace that names none.


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with page_with(browser, Path(ui.__file__).with_name("numbers.js")) as opened:
        yield opened


def rows(page: Page, *traces: dict[str, Any], log10: Sequence[str] = ()) -> list[list[str]]:
    """The rows below the header."""
    return parsed(call(page, "csv", [FIRST_AXES | trace for trace in traces], list(log10)))


def parsed(text: str) -> list[list[str]]:
    header, *cells = csv.reader(io.StringIO(text))
    assert header == ["series", "x", "y", "value"]
    return cells


def test_a_line_has_a_row_for_each_point(page: Page) -> None:
    train = {"name": "train", "x": [0, 1], "y": [0.5, 0.75]}
    assert rows(page, train, train | {"name": "validation"}) == [
        ["train", "0", "0.5", ""],
        ["train", "1", "0.75", ""],
        ["validation", "0", "0.5", ""],
        ["validation", "1", "0.75", ""],
    ]


def test_a_gap_in_a_line_has_no_row(page: Page) -> None:
    gaps = {"name": "band", "x": [0, 1, 2], "y": [GAP, 0.5, None]}
    assert rows(page, gaps, {"name": "hidden"}) == [["band", "1", "0.5", ""]]


def test_on_an_axis_of_logarithms_lie_the_numbers_themselves(page: Page) -> None:
    line = {"name": "median", "x": ["1", "output"], "y": [-3, 2]}
    assert rows(page, line, log10=["yaxis"]) == [["median", "1", "0.001", ""], ["median", "output", "100", ""]]
    assert rows(page, line, log10=["yaxis2"])[0] == ["median", "1", "-3", ""]
    assert rows(page, line | {"yaxis": "y2"}, log10=["yaxis2"])[0] == ["median", "1", "0.001", ""]
    assert rows(page, line | {"x": [-1, 0]}, log10=["xaxis"])[0] == ["median", "0.1", "-3", ""]


def test_what_has_no_place_on_the_scale_is_written_by_its_name(page: Page) -> None:
    marks = {"name": "exact zero", "x": ["1"], "y": [-8], "meta": {"special": True}}
    assert rows(page, marks, log10=["yaxis"]) == [["exact zero", "1", "exact zero", ""]]


def test_a_line_is_not_special_by_its_name(page: Page) -> None:
    assert rows(page, {"name": "NaN", "x": [0], "y": [1]}) == [["NaN", "0", "1", ""]]


def test_a_heatmap_has_a_row_for_each_cell(page: Page) -> None:
    cells = {"name": "gradient, RMS", "x": [0, 5], "y": ["1", "output"], "z": [[-3, GAP], [-2, 1]]}
    assert rows(page, cells, log10=["z"]) == [
        ["gradient, RMS", "0", "1", "0.001"],
        ["gradient, RMS", "0", "output", "0.01"],
        ["gradient, RMS", "5", "output", "10"],
    ]
    assert rows(page, cells)[0] == ["gradient, RMS", "0", "1", "-3"]


def test_the_axes_of_a_heatmap_may_hold_logarithms_too(page: Page) -> None:
    cells = {"name": "layer 2", "x": [7], "y": [-3], "z": [[0.5]], "xaxis": "x2", "yaxis": "y2"}
    assert rows(page, cells, log10=["yaxis", "yaxis2"]) == [["layer 2", "7", "0.001", "0.5"]]


def test_a_special_cell_is_written_by_its_name(page: Page) -> None:
    cells = {"name": "trace 1", "x": [4], "y": ["1", "2"], "z": [[GAP], [0]], "text": [[""], ["exact zero"]]}
    special = cells | {"meta": {"special": True}}
    assert rows(page, special, log10=["z"]) == [["special", "4", "2", "exact zero"]]


def test_a_ridge_has_a_row_for_each_bin_of_each_layer(page: Page) -> None:
    ridges = {
        "name": "by size",
        "x": [-3, -2, -1],
        "y": [],
        "customdata": [[0.25, 0.75], [0, 1]],
        "meta": {"labels": ["1", "output"], "ranges": [[0.001, 0.01], [0.01, 0.1]]},
    }
    assert rows(page, ridges, log10=["xaxis"]) == [
        ["by size", "0.001 to 0.01", "1", "0.25"],
        ["by size", "0.01 to 0.1", "1", "0.75"],
        ["by size", "0.001 to 0.01", "output", "0"],
        ["by size", "0.01 to 0.1", "output", "1"],
    ]


def test_what_lies_beside_the_axis_has_no_range_and_no_row_where_it_is_not_drawn(page: Page) -> None:
    zeros = {"name": "exact zero", "customdata": [[GAP], [0.5]], "meta": {"labels": ["1", "2"], "ranges": [None]}}
    assert rows(page, zeros) == [["exact zero", "", "2", "0.5"]]
    assert rows(page, zeros | {"customdata": None}) == []


def test_a_name_with_quotes_and_commas_stays_one_cell(page: Page) -> None:
    assert rows(page, {"name": 'A · "tanh", deep', "x": [0], "y": [1]}) == [['A · "tanh", deep', "0", "1", ""]]


def test_arrays_may_be_those_that_plotly_has_decoded(page: Page) -> None:
    points = "x: new Int32Array([0, 1]), y: new Float32Array([0.5, NaN])"
    cells = "x: [0, 1], y: ['1'], z: [new Float32Array([NaN, 0.5])]"
    for arrays, row in ((points, ["train", "0", "0.5", ""]), (cells, ["train", "1", "1", "0.5"])):
        trace = f"{{ name: 'train', xaxis: 'x', yaxis: 'y', {arrays} }}"
        assert parsed(page.evaluate(f"module.csv([{trace}], [])")) == [row]
