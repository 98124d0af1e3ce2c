"""What is taken away of a study: its table reads back as it was, and its page is whole."""

from __future__ import annotations

import io
import json
import math
import re
from html import unescape
from urllib.parse import parse_qsl, unquote, urlsplit

import pandas as pd
import pytest
from by_hand import AN_END, study, summary
from pyarrow import parquet

from vgdemo.diagnosis import Verdict
from vgdemo.export import study_report, study_table, to_csv, to_parquet
from vgdemo.study import Grid, Study
from vgdemo.study.measures import MEASURES
from vgdemo.summary import End

STRANGE = AN_END._replace(
    accuracy=None, learned=None, first_ratio=0.0, last_ratio=math.inf, first_factor=math.nan, verdict=Verdict.DEAD
)
AXES = {"num_hidden_layers": [1, 2], "activation kernel_initializer": [("tanh", "uniform_0_1"), ("relu", "he_normal")]}
ATTACK = '</script><img src=x onerror="alert(1)">{{ 7 * 7 }}'


@pytest.fixture
def some() -> Study:
    """Two of four runs, the second one with two replicates."""
    return study(AXES, {(0, 0): summary([AN_END]), (1, 1): summary([STRANGE, AN_END], Verdict.DEAD)})


def test_the_table_has_a_row_for_each_run_that_is_over_and_replicate(some: Study) -> None:
    table = study_table(some)
    settings = ["num_hidden_layers", "activation", "kernel_initializer"]
    assert table.column_names == [*settings, "run_key", "replicate", *End._fields, "seconds"]
    rows = table.to_pylist()
    assert [(*(row[name] for name in settings), row["replicate"]) for row in rows] == [
        (1, "tanh", "uniform_0_1", 1),
        (2, "relu", "he_normal", 1),
        (2, "relu", "he_normal", 2),
    ]
    assert [row["run_key"] for row in rows] == [some.grid.at(*places).run_key for places in ((0, 0), (1, 1), (1, 1))]


def test_zero_infinity_nan_and_nothing_are_four_things_in_parquet(some: Study) -> None:
    row = parquet.read_table(io.BytesIO(to_parquet(study_table(some)))).to_pylist()[1]
    assert (row["accuracy"], row["learned"], row["first_ratio"], row["last_ratio"]) == (None, None, 0.0, math.inf)
    assert math.isnan(row["first_factor"]) and row["verdict"] == "dead"


def test_zero_infinity_nan_and_nothing_are_four_things_in_csv(some: Study) -> None:
    content = pd.read_csv(io.BytesIO(to_csv(study_table(some))), dtype=str, keep_default_na=False)
    row = content.iloc[1]
    names = ["accuracy", "learned", "first_ratio", "last_ratio", "first_factor"]
    assert row[names].tolist() == ["", "", "0", "inf", "nan"]


def test_a_study_of_which_nothing_is_known_has_a_table_with_the_same_columns_and_types(some: Study) -> None:
    empty = study_table(Study(some.grid, {}))
    assert empty.num_rows == 0 and empty.schema == study_table(some).schema


def figures_in(page: str) -> list[dict[str, object]]:
    return [json.loads(one) for one in re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)]


def test_the_page_has_a_figure_of_each_measure_and_way(some: Study) -> None:
    page = study_report(some)
    titles = [figure["layout"]["title"]["text"] for figure in figures_in(page)]  # type: ignore[index]
    assert len(titles) == 2 * len(MEASURES), "as a map and as curves"
    assert all(any(title.startswith(measure.title) for title in titles) for measure in MEASURES.values())
    assert page.count('class="plot"') == len(titles) and "<noscript>" in page
    assert some.grid.sentence in unescape(page) and "2 of 4 runs are trained." in page


def test_the_page_needs_no_network(some: Study) -> None:
    before_library, _ = study_report(some, "http://server:1/").split("<script>", 1)
    assert not re.findall(r'(?:src|link rel[^>]*href)="?https?:', before_library)


def test_the_page_holds_the_definition_and_the_way_back(some: Study) -> None:
    page = study_report(some, "http://server:1/")
    (data,) = re.findall(r'href="data:application/json,([^"]*)"', page)
    assert Grid.from_json(unquote(unescape(data))) == some.grid
    (shown,) = re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)
    assert Grid.from_json(unescape(shown)) == some.grid
    (back,) = re.findall(r'<p class="back"><a href="([^"]*)"', page)
    address = urlsplit(unescape(back))
    assert (address.netloc, address.path) == ("server:1", "/Study")
    assert Grid.from_query(dict(parse_qsl(address.query))) == (some.grid, ())
    assert 'href="data:' in study_report(some) and "http://server" not in study_report(some)


def test_the_page_has_a_row_for_each_run_that_says_what_it_is(some: Study) -> None:
    page = study_report(Study(some.grid, some, {some.grid.at(0, 1): "It costs too much."}))
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("</tr>")[:-1]]
    assert [row[:2] for row in rows] == [
        ["1", "tanh, uniform(0, 1)"],
        ["1", "ReLU, He normal"],
        ["2", "tanh, uniform(0, 1)"],
        ["2", "ReLU, He normal"],
    ]
    columns = dict(zip(MEASURES, zip(*(row[2:] for row in rows), strict=True), strict=True))
    assert columns["verdict"] == ("stuck", "failed", "not trained yet", "dead")
    assert columns["learned"][0] == "0 %" and columns["learned"][3] == "not measured"
    assert columns["first_factor"][0] == "×0.5"
    assert "1 run failed: It costs too much." in page


def test_nothing_that_a_failure_says_is_read_as_html(some: Study) -> None:
    page = study_report(Study(some.grid, some, {some.grid.at(0, 1): ATTACK}))
    assert "<img" not in page.split("<script>", 1)[0] and "49" not in re.findall(r"failed: (.*?)</p>", page)[0]


def test_how_to_read_it_says_each_thing_once(some: Study) -> None:
    page = study_report(some)
    section = page[page.index("<h2>How to read it</h2>") : page.index("<h2>Runs</h2>")]
    assert section.count("A cell is a run.") == section.count("A line is the median") == 1
    assert section.count("<dt>") > len(MEASURES)
