"""Compare without workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, SchedulerError
from vgdemo.links import from_query, to_query
from vgdemo.presets import DEEP_RELU, DEEP_TANH
from vgdemo.record import RunRecord
from vgdemo.ui.columns import COMPARE
from vgdemo.ui.page import plain
from vgdemo.ui.session import control_key

Open = Callable[..., AppTest]


@pytest.fixture
def compare(lab: Callable[..., AppTest], jobs: Any) -> Open:
    """Opens Compare with query parameters, from a Lab that nobody has used yet."""

    def visit(**query: str) -> AppTest:
        page = lab()
        jobs.submitted.clear()
        page.switch_page("pages/1_Compare.py")
        page.query_params.clear()
        page.query_params.update(query)
        return page.run()

    return visit


def control(page: AppTest, name: str) -> Any:
    kinds = (page.selectbox, page.slider, page.number_input, page.toggle)
    return next(widget for kind in kinds for widget in kind if widget.key == control_key(COMPARE, name))


def columns(page: AppTest) -> tuple[RunConfig, ...]:
    """What the address says."""
    query = {name: value[0] if isinstance(value, list) else value for name, value in page.query_params.items()}
    return from_query(query)[0]


def trained(jobs: Any) -> list[RunConfig]:
    return [job.config for job in jobs.submitted if not job.released]


def button(page: AppTest, label: str) -> Any:
    return next(one for one in page.button if one.label == label)


def edit(page: AppTest, letter: str) -> None:
    page.session_state["column"] = letter
    page.run()


def warnings(page: AppTest) -> list[str]:
    return [warning.value.replace("\\", "") for warning in page.warning]


def test_a_first_visit_compares_the_articles_two_deep_networks(compare: Open, jobs: Any) -> None:
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
    control(page, "activation").set_value("elu").run()
    assert columns(page) == (DEEP_TANH, DEEP_RELU.with_changes(activation="elu"))
    assert [(job.config, job.released) for job in jobs.submitted[:2]] == [(DEEP_TANH, False), (DEEP_RELU, True)]


@pytest.mark.parametrize(("name", "value"), [("noise", 0.3), ("replicates", 3), ("seed", 5), ("epochs", 40)])
def test_data_repeats_and_epochs_change_in_all_columns(name: str, value: float, compare: Open) -> None:
    page = compare()
    control(page, name).set_value(value).run()
    assert [getattr(config, name) for config in columns(page)] == [value, value]


def test_they_change_alone_when_the_person_wants_it(compare: Open) -> None:
    page = compare()
    next(toggle for toggle in page.toggle if toggle.key == "common").set_value(False).run()
    control(page, "epochs").set_value(40).run()
    assert [config.epochs for config in columns(page)] == [40, 500]


def test_the_controls_show_the_column_that_is_edited(compare: Open) -> None:
    page = compare()
    assert control(page, "activation").value == "tanh"
    edit(page, "B")
    assert control(page, "activation").value == "relu"
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
    assert all(warning.value == plain(text) for warning, text in zip(page.warning, warnings(page), strict=True))
    assert columns(page) == (DEEP_TANH, DEEP_TANH)


def test_settings_that_do_not_fit_another_column_are_refused_with_a_sentence(compare: Open) -> None:
    page = compare(a="default", b="batch_size-400")
    control(page, "n_samples").set_value(100).run()
    assert "batch_size" in warnings(page)[0]
    assert [config.n_samples for config in columns(page)] == [1000, 1000]


def test_a_scheduler_that_does_not_answer_is_one_sentence(compare: Open, jobs: Any) -> None:
    page = compare()
    jobs.error = SchedulerError("Expected a scheduler. Received: silence.")
    control(page, "units").set_value(9).run()
    assert [error.value.replace("\\", "") for error in page.error] == ["Expected a scheduler. Received: silence."]
    button(page, "Try again").click().run()
    assert not page.error


def test_a_run_deleted_meanwhile_is_trained_again(compare: Open, jobs: Any) -> None:
    page = compare()
    jobs.submitted[0].record = None
    page.run()
    assert [job.config for job in jobs.submitted] == [DEEP_TANH, DEEP_RELU, DEEP_TANH]


def test_a_failed_column_leaves_the_others_and_can_be_tried_again(
    compare: Open, jobs: Any, make_record: Callable[..., RunRecord]
) -> None:
    jobs.record = lambda config: make_record(activation=config.activation)
    page = compare()
    failed = jobs.submitted[1]
    failed.progress = failed.progress.__class__(JobState.FAILED, 0, 500, reason="No memory.")
    failed.record = None
    page.run()
    assert not page.exception
    assert len(page.table) == 2  # How the other one ends, and what sets them apart.
    button(page, "Train the rest").click().run()
    assert [job.config for job in jobs.submitted] == [DEEP_TANH, DEEP_RELU, DEEP_RELU]


def test_endings_are_shown_once_all_runs_are_over(
    compare: Open, jobs: Any, make_record: Callable[..., RunRecord]
) -> None:
    jobs.record = lambda config: make_record(activation=config.activation)
    page = compare()
    endings, settings = (table.value for table in page.table)
    assert [*endings.columns] == ["A", "B"] and len(endings) == 8
    assert [*settings.index] == ["Activation", "Initialiser", "Output initialiser"]
    assert any("learns in" in text.value for text in page.markdown)


def test_while_a_run_trains_no_ending_is_claimed(
    compare: Open, jobs: Any, make_record: Callable[..., RunRecord]
) -> None:
    jobs.state, jobs.record = JobState.TRAINING, lambda config: make_record(activation=config.activation)
    page = compare()
    assert len(page.table) == 1
    assert not any("learns in" in text.value for text in page.markdown)
    button(page, "Stop all").click().run()
    assert {job.progress.state for job in jobs.submitted} == {JobState.STOPPED}


def test_figures_stay_until_one_of_the_new_runs_has_epochs(
    compare: Open, jobs: Any, make_record: Callable[..., RunRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    boards: list[tuple[bool, dict[str, Any]]] = []

    def board(figures: dict[str, Any], *, key: str, stale: bool, **_: Any) -> None:
        if key == "Compare":  # The Lab, which is visited first, draws its own.
            boards.append((stale, figures))

    monkeypatch.setattr("vgdemo.ui.views.board", board)
    jobs.state, jobs.record = JobState.TRAINING, lambda config: make_record(activation=config.activation)
    page = compare()
    jobs.state, jobs.record = JobState.QUEUED, lambda config: None
    control(page, "seed").set_value(7).run()
    assert boards[-1] == (True, boards[0][1]) and not boards[0][0]
    jobs.state = JobState.FAILED
    control(page, "seed").set_value(8).run()
    assert not boards[-1][0] and boards[-1][1] != boards[0][1]


def test_the_lab_hands_its_run_over(lab: Callable[..., AppTest]) -> None:
    page = lab(units="9")
    link = next(link for link in page.get("page_link") if link.proto.label == "Compare with…")
    assert "a=units-9" in link.proto.query_string
