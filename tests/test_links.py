from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vgdemo.activations import ACTIVATIONS
from vgdemo.config import RunConfig
from vgdemo.links import from_query, from_text, name_from_query, names_from_query, run_query, to_query, without_tour

RUNS = (RunConfig(), RunConfig(activation="relu", learning_rate=1e-06, residual=True), RunConfig(units=9))

configs = st.builds(
    RunConfig,
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    learning_rate=st.floats(1e-6, 10),
    nesterov=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)


@given(st.lists(configs, min_size=1, max_size=4))
def test_an_address_brings_all_columns_back(columns: list[RunConfig]) -> None:
    assert from_query(to_query(columns)) == (tuple(columns), ())


def test_an_address_can_be_read() -> None:
    assert to_query(RUNS) == {
        "a": "default",
        "b": "activation-relu residual-true learning_rate-1e-06",
        "c": "units-9",
    }


def test_columns_move_up_where_one_is_missing() -> None:
    assert from_query({"b": "units-9", "d": "default"}) == ((RUNS[2], RUNS[0]), ())


def test_a_fifth_column_is_left_out_with_a_sentence() -> None:
    configs, notices = from_query(dict.fromkeys("abcde", "default"))
    assert len(configs) == 4
    assert notices == ("The link names 'e', but a comparison has the columns a to d alone; it is left out.",)


def test_what_is_wrong_in_a_column_is_said_and_the_rest_opens() -> None:
    configs, notices = from_query({"a": "units-0 epochs-20 sorcery-1 <b>", "b": ""})
    assert configs == (RunConfig(epochs=20), RunConfig())
    assert len(notices) == 3 and all(notice.startswith("Column A: ") for notice in notices)


def test_a_pasted_link_or_json_gives_its_runs() -> None:
    assert from_text(f" http://127.0.0.1:8501/?{urlencode(RUNS[1].to_query())} ") == ((RUNS[1],), ())
    assert from_text(f"http://127.0.0.1:8501/Compare?{urlencode(to_query(RUNS))}") == (RUNS, ())
    assert from_text(RUNS[2].to_json()) == ((RUNS[2],), ())


@pytest.mark.parametrize("text", ["hello", "[1, 2]", "http://[", '{"units": ', '{"unit": 3}', "{}{}"])
def test_another_text_is_an_error_in_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        from_text(text)


def test_columns_that_are_left_out_move_up_those_after_them() -> None:
    configs, notices = from_query({"b": "epochs-7", "d": "epochs-0"})
    assert [config.epochs for config in configs] == [7, 500]
    assert len(notices) == 1 and notices[0].startswith("Column B: ")


def test_a_link_that_names_no_setting_is_taken_for_the_run_that_the_lab_opens_with_and_says_so() -> None:
    configs, notices = from_text("https://example.com/")
    assert [config.activation for config in configs] == ["sigmoid"]
    assert notices == ("The link names no setting: it is that of the run the Lab opens with.",)


def test_names_travel_beside_their_runs_and_move_up_with_them() -> None:
    assert to_query(RUNS[:2], ["", "our <cure>"])["name_b"] == "our <cure>"
    assert names_from_query({"b": "units-9", "d": "default", "name_b": "nine", "name_a": "none"}) == (("nine", ""), ())
    assert from_query({"a": "units-9", "name_a": "nine", "view": "fit-1"}) == ((RUNS[2],), ())


def test_a_name_is_one_short_line() -> None:
    assert name_from_query({"name": " two\nlines\u202e\x00 "}) == ("two lines", ())
    name, (notice,) = name_from_query({"name_a": "x" * 50}, "name_a")
    assert name == "x" * 40 and "`name_a`" in notice and "Received: 50" in notice


def test_a_pasted_link_may_hold_a_name_and_a_view() -> None:
    assert from_text("http://h/?units=9&name=nine&view=fit-1") == ((RUNS[2],), ())


@pytest.mark.parametrize("config", RUNS, ids=["default", "relu", "units"])
def test_every_run_has_an_address_of_its_own_in_the_lab(config: RunConfig) -> None:
    query = run_query(config)
    assert query and RunConfig.from_query(query) == (config, ())
    assert from_text(f"http://127.0.0.1:8501/?{urlencode(query)}") == ((config,), ())


def test_a_pasted_link_of_the_tour_gives_its_runs() -> None:
    (config,), notices = from_text("http://127.0.0.1:8501/?tour=3")
    assert (config.activation, config.epochs, notices) == ("relu", 100, ())
    configs, notices = from_text("http://127.0.0.1:8501/Compare?tour=4")
    assert [config.activation for config in configs] == ["sigmoid", "tanh", "relu"] and notices == ()
    assert from_text("http://127.0.0.1:8501/?tour=3&units=9") == ((RunConfig(units=9),), ())


def test_a_step_of_the_tour_has_its_own_view_and_stays_presented() -> None:
    plain = without_tour({"tour": "5"})
    assert without_tour({"tour": "5", "view": "fit-1 present-1"}) == plain | {"view": f"{plain['view']} present-1"}
    assert without_tour({"tour": "1", "view": "present-1"})["view"].split()[-1] == "present-1"
