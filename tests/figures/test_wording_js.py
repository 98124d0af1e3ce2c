"""Numbers in words, as the browser writes them in a figure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import random_record
from javascript import call, page_with
from playwright.sync_api import Browser, Page

from vgdemo import figures
from vgdemo.config import RunConfig
from vgdemo.figures import gradient_density, layer_heatmap, layer_profile
from vgdemo.wording import number


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with page_with(browser, Path(figures.__file__).with_name("wording.js")) as opened:
        yield opened


def test_a_number_is_written_as_everywhere_else(page: Page) -> None:
    sizes = 10 ** np.random.default_rng(0).uniform(-40, 30, 300)
    values = [
        0,
        -0.0,
        1,
        99.6,
        100,
        999.7,
        0.0099999,
        0.00994,
        -3e-9,
        -0.02,
        5e-324,
        *sizes.tolist(),
        *(-sizes).tolist(),
    ]
    assert page.evaluate("values => values.map((value) => module.spelled(value))", values) == [
        number(value) for value in values
    ]
    assert page.evaluate("[NaN, Infinity, -Infinity].map((value) => module.spelled(value))") == [
        "not a number",
        "infinite",
        "infinite",
    ]


def test_the_hover_of_a_figure_holds_its_numbers_in_words(page: Page) -> None:
    record = random_record(RunConfig(num_hidden_layers=2, epochs=3, replicates=1, n_samples=100))
    values = record.values("gradient_rms")
    heatmap = json.loads(layer_heatmap(record).to_json())["data"][0]
    words = call(page, "withWords", heatmap)
    assert words["text"] == [[number(values[epoch, 0, layer]) for epoch in range(4)] for layer in range(3)]
    assert words["hovertemplate"].endswith("gradient, RMS %{text}<extra></extra>")
    median = json.loads(layer_profile(record).to_json())["data"][1]
    assert call(page, "withWords", median)["text"] == [number(value) for value in values[-1, 0]]


def test_a_heatmap_may_have_words_for_its_rows(page: Page) -> None:
    record = random_record(RunConfig(num_hidden_layers=2, epochs=3, replicates=1, n_samples=100))
    text = call(page, "withWords", json.loads(gradient_density(record).to_json())["data"][0])["text"]
    assert [len(row) for row in text] == [4] * 24
    assert set(text[0]) == {"1.8·10⁻¹⁰"}


def test_a_gap_has_no_words_and_a_trace_without_numbers_stays_as_it_is(page: Page) -> None:
    line = {"type": "scatter", "y": [None, 0.5], "meta": {"spelled": "y"}, "hovertemplate": "%{y}<extra></extra>"}
    assert call(page, "withWords", line)["text"] == ["", "0.5"]
    assert call(page, "withWords", {"type": "scatter", "y": [1]}) == {"type": "scatter", "y": [1]}
