"""Texts of strangers that become settings: each gives what is possible, or one short sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.links import COLUMNS, from_query, from_text, names_from_query, without_tour
from vgdemo.setting import MOST_SIGNS, json_object
from vgdemo.study import Axis, Grid
from vgdemo.ui.filters import read
from vgdemo.ui.look import Look
from vgdemo.ui.study_look import StudyLook

ATTACKS = (
    "<img src=x onerror=alert(1)>",
    "![](http://evil.example/x.png)",
    "1e999",
    "NaN",
    "9" * 5000,
    "٣",
    "\x00\u202e\ud800",
    "[" * 5000,
    "x" * 100_000,
    "1..30, " * 50_000,
    "1..1e308",
    "-0",
    "1_000",
)
PARAMETERS = (*SETTINGS, *COLUMNS, "x", "y", "view", "name", "name_a", "tour", "text", "verdict", "__class__")
QUERIES = st.dictionaries(
    st.sampled_from(PARAMETERS) | st.text(max_size=5),
    st.sampled_from(ATTACKS)
    | st.sampled_from(("num_hidden_layers: ", "units: ", "epochs-")).flatmap(
        lambda name: st.sampled_from(ATTACKS).map(lambda attack: name + attack)
    )
    | st.text(),
    max_size=6,
)
READERS: dict[str, Callable[[dict[str, str]], Any]] = {
    "the Lab": RunConfig.from_query,
    "Compare": from_query,
    "names": names_from_query,
    "the tour": without_tour,
    "the Library": read,
    "a look": lambda query: Look.from_text(query.get("view", "")),
    "a study's look": lambda query: StudyLook.from_text(query.get("view", "")),
    "a study": Grid.from_query,
}
LONGEST = 1500  # Signs of a sentence; it may name all values that a setting has.


@pytest.mark.parametrize("reader", READERS)
def test_a_link_gives_what_is_possible_or_short_sentences(reader: str) -> None:
    @settings(max_examples=30, derandomize=True, deadline=None)
    @given(QUERIES)
    def hold(query: dict[str, str]) -> None:
        try:
            found = READERS[reader](query)
        except ValueError as error:
            assert len(str(error)) < LONGEST
        else:
            said = found[1] if isinstance(found, tuple) and reader != "names" else ()
            assert all(len(sentence) < LONGEST for sentence in said)

    hold()


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(ATTACKS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PARAMETERS), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.dictionaries(st.sampled_from((*PARAMETERS, "base", "grid")), VALUES, max_size=4))
def test_json_gives_a_run_a_study_or_a_short_sentence(content: dict[str, Any]) -> None:
    for become in (RunConfig.from_json, Grid.from_json, from_text):
        try:
            become(json.dumps(content))
        except ValueError as error:
            assert len(str(error)) < LONGEST


@pytest.mark.parametrize(
    "text",
    [
        "{" * 50_000,
        "[" * 50_000,
        '{"epochs": ' + "9" * 5000 + "}",
        '{"epochs": 1, "epochs": 0}',
        '{"a": "\ud800"}',
        "5",
    ],
)
def test_json_that_is_no_settings_is_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="Expected") as told:
        RunConfig.from_json(text)
    assert len(str(told.value)) < LONGEST


def test_a_text_too_long_for_settings_is_not_parsed() -> None:
    with pytest.raises(ValueError, match="at most 200,000 signs. Received: 200,003"):
        json_object(" " * (MOST_SIGNS + 1) + "{}")


def test_an_axis_of_very_many_ranges_is_given_up_early() -> None:
    with pytest.raises(ValueError, match="at most 2000 values of `units`. Received: more"):
        Axis.from_text("units: " + "1..2000," * 200_000)
