"""Compare without workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from conftest import changed
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, SchedulerError
from vgdemo.links import from_query, to_query
from vgdemo.presets import DEEP_RELU, DEEP_TANH
from vgdemo.record import RunRecord
from vgdemo.ui.columns import COMPARE
from vgdemo.ui.session import control_key

from .conftest import button, control, query

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


SETTINGS = {"epochs": 30, "replicates": 2, "n_samples": 100, "num_hidden_layers": 2}
SMALL = tuple(DEEP_TANH.with_changes(seed=seed, **SETTINGS) for seed in range(4))


@pytest.fixture
def ill(jobs: Any, make_record: Callable[..., RunRecord]) -> None:
    """No run learns: each layer has a thousandth of the gradient of the one above."""
    curves = {"train_loss": 0.69, "val_loss": 0.69, "train_accuracy": 0.5, "val_accuracy": 0.5}
    gradient = {"gradient_rms": 10.0 ** np.arange(-7, 2, 3)}

    def record(config: RunConfig) -> RunRecord:
        return changed(make_record(seed=config.seed, **SETTINGS), **gradient | curves)

    jobs.record = record


def columns(page: AppTest) -> tuple[RunConfig, ...]:
    """What the address says."""
    return from_query(query(page))[0]


def attempts(page: AppTest, letter: str) -> list[Any]:
    return [one for one in page.button if (one.key or "").startswith(f"remedy {letter} ")]


@pytest.mark.usefixtures("ill")
def test_every_column_says_why_and_leads_to_the_lab(compare: Open) -> None:
    page = compare(**to_query(SMALL[:2]), name_b="our <b>second</b>")
    menus = [popover.proto.popover.label for popover in page.main.get("popover")]
    for letter, config in zip("AB", SMALL, strict=False):
        assert {f"Why {letter}?", f"Try for {letter}"} <= set(menus)
        link = next(link for link in page.get("page_link") if link.proto.label == f"{letter} in the Lab")
        asked = dict(parse_qsl(link.proto.query_string))
        assert asked.pop("name", None) == (None if letter == "A" else "our <b>second</b>")
        assert RunConfig.from_query(asked) == (config, ())


@pytest.mark.usefixtures("ill")
def test_a_remedy_that_is_tried_becomes_the_last_column_and_the_others_stay(compare: Open, jobs: Any) -> None:
    page = compare(**to_query(SMALL[:2]), name_b="second")
    assert "It becomes column C." in [caption.value for caption in page.caption]
    attempts(page, "A")[0].click().run()
    assert columns(page)[:2] == SMALL[:2] and len(columns(page)) == 3
    assert columns(page)[2].seed == SMALL[0].seed and columns(page)[2] != SMALL[0]
    assert jobs.submitted[-1].config == columns(page)[2]
    assert query(page)["name_b"] == "second"
    attempts(page, "A")[0].click().run()
    assert len(columns(page)) == 3, "it is there already"


@pytest.mark.parametrize(("letter", "replaced"), [("A", "D"), ("C", "D"), ("D", "C")])
@pytest.mark.usefixtures("ill")
def test_without_room_the_last_other_column_makes_way_and_that_is_said(
    letter: str, replaced: str, compare: Open
) -> None:
    page = compare(**to_query(SMALL))
    assert f"It takes the place of column {replaced}: four is the most." in [one.value for one in page.caption]
    attempts(page, letter)[0].click().run()
    position, place = "ABCD".index(letter), "ABCD".index(replaced)
    assert columns(page)[place].seed == SMALL[position].seed
    kept = [index for index in range(4) if index != place]
    assert [columns(page)[index] for index in kept] == [SMALL[index] for index in kept]


def test_a_column_whose_settings_cannot_learn_says_so_before_it_ends(compare: Open, jobs: Any) -> None:
    jobs.state = JobState.TRAINING
    page = compare(a="epochs-20 normalization-batch batch_size-1", b="epochs-20")
    said = [caption.value for caption in page.caption if "no step can learn" in caption.value]
    assert len(said) == 1 and "makes zeros of a batch of one point" in said[0]


def test_the_chosen_epoch_goes_along_to_the_lab_with_a_run_of_the_comparison(compare: Open) -> None:
    for of_link, view in (({"epochs": "20"}, {"view": "fit-1 epoch-7"}), ({"units": "9"}, {"view": "fit-1"})):
        page = compare(a="epochs-20", b="epochs-20 units-6", view="fit-1 epoch-7")
        page.switch_page("app.py")
        page.query_params.clear()
        page.query_params.update(of_link)
        assert query(page.run()) == of_link | view


def test_a_column_that_trains_has_no_remedy_yet(compare: Open, jobs: Any) -> None:
    jobs.state = JobState.TRAINING
    page = compare()
    assert not attempts(page, "A")
    assert "Why A?" not in [popover.proto.popover.label for popover in page.main.get("popover")]
    assert "A in the Lab" in [link.proto.label for link in page.get("page_link")]
