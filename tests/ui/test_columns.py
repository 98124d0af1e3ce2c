"""The columns of a comparison, through the page that shows them and alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.links import from_query, to_query
from vgdemo.presets import DEEP_RELU, DEEP_TANH
from vgdemo.ui.columns import COMPARE, completed
from vgdemo.ui.page import told
from vgdemo.ui.session import SESSION, control_key

from .conftest import button, control, query

Open = Callable[..., AppTest]
THREE = tuple(RunConfig(units=units) for units in (7, 8, 9))


def setting(page: AppTest, name: str) -> Any:
    """Compare's control of a setting."""
    return control(page, control_key(COMPARE, name))


def columns(page: AppTest) -> tuple[RunConfig, ...]:
    """What the address says."""
    return from_query(query(page))[0]


def trained(jobs: Any) -> list[RunConfig]:
    return [job.config for job in jobs.submitted if not job.released]


def warnings(page: AppTest) -> list[str]:
    return [warning.value.replace("\\", "") for warning in page.warning]


def edit(page: AppTest, letter: str) -> None:
    page.session_state["column"] = letter
    page.run()


def test_the_articles_two_deep_networks_are_compared(compare: Open, jobs: Any) -> None:
    page = compare()
    assert not page.exception and not page.warning
    assert columns(page) == (DEEP_TANH, DEEP_RELU)
    assert trained(jobs) == [DEEP_TANH, DEEP_RELU]


def test_one_run_is_set_beside_another_network_on_the_same_data(compare: Open) -> None:
    page = compare(a="activation-relu epochs-20 noise-0.2")
    first, second = columns(page)
    assert first == RunConfig(activation="relu", epochs=20, noise=0.2)
    assert second == DEEP_TANH.with_changes(epochs=20, noise=0.2)


def test_all_columns_are_asked_for_at_once(compare: Open, jobs: Any) -> None:
    asked = tuple(RunConfig(epochs=20, activation=name) for name in ("tanh", "relu", "elu", "selu"))
    page = compare(**to_query(asked))
    assert trained(jobs) == [*asked]
    assert columns(page) == asked


def test_an_edit_changes_its_column_and_cancels_only_what_it_replaces(compare: Open, jobs: Any) -> None:
    page = compare()
    edit(page, "B")
    setting(page, "activation").set_value("elu").run()
    assert columns(page) == (DEEP_TANH, DEEP_RELU.with_changes(activation="elu"))
    assert [(job.config, job.released) for job in jobs.submitted[:2]] == [(DEEP_TANH, False), (DEEP_RELU, True)]


@pytest.mark.parametrize(("name", "value"), [("noise", 0.3), ("replicates", 3), ("seed", 5), ("epochs", 40)])
def test_data_repeats_and_epochs_change_in_all_columns(name: str, value: float, compare: Open) -> None:
    page = compare()
    setting(page, name).set_value(value).run()
    assert [getattr(config, name) for config in columns(page)] == [value, value]


def test_they_change_alone_when_the_person_wants_it(compare: Open) -> None:
    page = compare()
    next(toggle for toggle in page.toggle if toggle.key == "common").set_value(False).run()
    setting(page, "epochs").set_value(40).run()
    assert [config.epochs for config in columns(page)] == [40, 500]


def test_the_controls_show_the_column_that_is_edited(compare: Open) -> None:
    page = compare()
    assert setting(page, "activation").value == "tanh"
    edit(page, "B")
    assert setting(page, "activation").value == "relu"
    assert columns(page) == (DEEP_TANH, DEEP_RELU)


def test_columns_are_added_up_to_four_and_removed_down_to_two(compare: Open) -> None:
    page = compare(a="epochs-20", b="epochs-20 activation-relu")
    for _ in range(2):
        button(page, "Add").click().run()
    assert len(set(columns(page))) == 4 and {config.epochs for config in columns(page)} == {20}
    assert button(page, "Add").disabled
    edit(page, "A")
    for _ in range(2):
        button(page, "Remove").click().run()
    assert len(columns(page)) == 2 and button(page, "Remove").disabled


def test_two_columns_of_one_run_are_said_and_trained_once(compare: Open, jobs: Any) -> None:
    page = compare(a="epochs-20", b="epochs-20")
    assert warnings(page) == ["Column B is the same run as column A: change one of them."]
    assert trained(jobs) == [RunConfig(epochs=20)]


def test_a_broken_link_opens_with_a_sentence_for_each_problem(compare: Open) -> None:
    page = compare(a="units-0 activation-<b>", b="default", e="default")
    assert len(warnings(page)) == 4  # The two columns are now the same, too.
    assert all(warning.value == told(text) for warning, text in zip(page.warning, warnings(page), strict=True))
    assert columns(page) == (DEEP_TANH, DEEP_TANH)


def test_settings_that_do_not_fit_another_column_are_refused_with_a_sentence(compare: Open) -> None:
    page = compare(a="default", b="batch_size-400")
    setting(page, "n_samples").set_value(100).run()
    assert "batch_size" in warnings(page)[0]
    assert [config.n_samples for config in columns(page)] == [1000, 1000]


def test_no_column_is_the_tours_three_and_a_relu_alone_stands_beside_the_tanh() -> None:
    assert [config.activation for config in completed(())] == ["sigmoid", "tanh", "relu"]
    relu = DEEP_RELU.with_changes(num_hidden_layers=15, replicates=3)
    assert completed((relu,)) == (relu, DEEP_TANH.with_changes(replicates=3))
    assert completed(THREE) == THREE


def test_the_other_network_has_the_data_repeats_and_epochs_of_the_first_up_to_their_bounds() -> None:
    largest = {"epochs": 2000, "replicates": 32, "seed": 5, "n_samples": 10_000, "dataset": "moons"}
    alone = RunConfig(num_hidden_layers=1, batch_size=1, **largest)
    assert completed((alone,)) == (alone, DEEP_RELU.with_changes(**largest))


def page_that_puts() -> None:
    import streamlit as st

    from vgdemo.ui.columns import put
    from vgdemo.ui.session import COLUMN, session

    session().columns, st.session_state[COLUMN] = st.session_state["before"], st.session_state["letter"]
    put(st.session_state["chosen"])


def put_into(letter: str, *chosen: RunConfig) -> Any:
    """Three columns after this choice for one of them."""
    page = AppTest.from_function(page_that_puts, default_timeout=30)
    page.session_state["before"], page.session_state["letter"], page.session_state["chosen"] = THREE, letter, chosen
    return page.run().session_state[SESSION].columns


@pytest.mark.parametrize(("letter", "units"), [("A", [1, 8, 9]), ("B", [7, 1, 9]), ("C", [7, 8, 1])])
def test_one_run_goes_into_the_column_that_is_edited(letter: str, units: list[int]) -> None:
    assert [config.units for config in put_into(letter, RunConfig(units=1))] == units


def test_several_runs_replace_all_columns() -> None:
    assert [config.units for config in put_into("B", RunConfig(units=1), RunConfig(units=2))] == [1, 2]


def test_an_added_column_is_one_that_is_not_there_and_is_edited_next(compare: Open) -> None:
    page = compare(a="epochs-20", b="epochs-20 activation-relu")
    button(page, "Add").click().run()
    assert columns(page)[2] not in columns(page)[:2]
    assert page.session_state["column"] == "C"
    assert setting(page, "num_hidden_layers").value == columns(page)[2].num_hidden_layers


def test_the_column_that_is_edited_is_removed(compare: Open) -> None:
    page = compare(**to_query(THREE))
    edit(page, "B")
    button(page, "Remove").click().run()
    assert columns(page) == (THREE[0], THREE[2])


def test_a_network_that_is_too_large_for_what_is_common_is_not_added(compare: Open) -> None:
    """Of the presets the first three fit, are there, and 15 or 20 layers are too many for as many measurements."""
    largest = {"epochs": 2000, "replicates": 32}
    shallow = DEEP_TANH.with_changes(num_hidden_layers=1)
    page = compare(**to_query([config.with_changes(**largest) for config in (shallow, DEEP_TANH, DEEP_RELU)]))
    button(page, "Add").click().run()
    assert columns(page)[3].kernel_initializer == "glorot_uniform"


def test_what_is_common_goes_to_the_networks_that_have_it(compare: Open, jobs: Any) -> None:
    dense, lstm = RunConfig(epochs=20, replicates=2), RunConfig(network="lstm", epochs=20, replicates=2)
    page = compare(**to_query((lstm, dense)))
    setting(page, "time_steps").set_value(30).run()
    assert columns(page) == (lstm.with_changes(time_steps=30), dense)
    setting(page, "epochs").set_value(21).run()
    assert [config.epochs for config in columns(page)] == [21, 21]
    setting(page, "dataset").set_value("waves").run()
    assert [config.dataset for config in columns(page)] == ["waves", "circles"]
    assert not page.exception and not page.warning


def test_another_network_in_one_column_leaves_the_others_as_they_are(compare: Open, jobs: Any) -> None:
    page = compare(**to_query((DEEP_TANH, DEEP_RELU)))
    setting(page, "network").set_value("gru").run()
    assert columns(page) == (RunConfig(network="gru"), DEEP_RELU)


@pytest.mark.parametrize(("network", "other"), [("simple_rnn", "lstm"), ("lstm", "simple_rnn"), ("gru", "simple_rnn")])
def test_a_recurrent_run_alone_stands_beside_another_cell(network: str, other: str) -> None:
    run = RunConfig(network=network, time_steps=30)
    assert completed((run,)) == (run, RunConfig(network=other, time_steps=30))
