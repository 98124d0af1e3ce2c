"""Compare without workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.jobs import JobState, SchedulerError
from vgdemo.presets import DEEP_RELU, DEEP_TANH
from vgdemo.record import RunRecord
from vgdemo.ui.columns import COMPARE
from vgdemo.ui.session import control_key

from .conftest import button, control

Open = Callable[..., AppTest]


def test_a_scheduler_that_does_not_answer_is_one_sentence(compare: Open, jobs: Any) -> None:
    page = compare()
    jobs.error = SchedulerError("Expected a scheduler. Received: silence.")
    control(page, control_key(COMPARE, "units")).set_value(9).run()
    assert [error.value.replace("\\", "") for error in page.error] == ["Expected a scheduler. Received: silence."]
    button(page, "Try again").click().run()
    assert not page.error


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


def test_all_runs_that_train_are_stopped_by_one_button(
    compare: Open, jobs: Any, make_record: Callable[..., RunRecord]
) -> None:
    jobs.state, jobs.record = JobState.TRAINING, lambda config: make_record(activation=config.activation)
    button(compare(), "Stop all").click().run()
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
    control(page, control_key(COMPARE, "seed")).set_value(7).run()
    assert boards[-1] == (True, boards[0][1]) and not boards[0][0]
    jobs.state = JobState.FAILED
    control(page, control_key(COMPARE, "seed")).set_value(8).run()
    assert not boards[-1][0] and boards[-1][1] != boards[0][1]


def test_the_lab_hands_its_run_over(lab: Callable[..., AppTest]) -> None:
    page = lab(units="9")
    link = next(link for link in page.get("page_link") if link.proto.label == "Compare with…")
    assert "a=units-9" in link.proto.query_string
