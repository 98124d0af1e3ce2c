"""The tour, without workers: its panel, its addresses, and how it is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState
from vgdemo.tour import OPENING, STEPS
from vgdemo.ui import runs
from vgdemo.ui.session import SESSION

from .conftest import APP, button, control, query

COUNT = len(STEPS)
Visit = Callable[..., AppTest]


@pytest.fixture
def bare(jobs: Any) -> AppTest:
    """The Lab, opened without a query."""
    return AppTest.from_file(APP, default_timeout=30).run()


@pytest.fixture
def compare_bare(bare: AppTest) -> AppTest:
    bare.switch_page("pages/1_Compare.py")
    bare.query_params.clear()
    return bare.run()


def asked(jobs: Any) -> list[RunConfig]:
    """What a person waits for, without what is trained ahead."""
    return [job.config for job in jobs.submitted if job.is_interactive]


def said(page: AppTest) -> str:
    return " ".join(text.value for text in page.main.markdown)


def is_on_tour(page: AppTest) -> bool:
    return any(one.label == "Leave the tour" for one in page.button)


def next_step(page: AppTest) -> Any:
    return next(one for one in page.button if one.label.startswith("Next: "))


def test_a_bare_address_opens_with_the_first_step_whatever_the_store_holds(bare: AppTest, jobs: Any) -> None:
    assert not bare.exception
    assert asked(jobs) == [OPENING[0]]
    assert STEPS[0].text in said(bare.run())
    assert query(bare) == {}


def test_a_link_with_a_query_has_no_introduction(lab: Visit) -> None:
    assert not is_on_tour(lab(units="9")) and not is_on_tour(lab())


def test_each_step_leads_to_the_next_and_back(bare: AppTest, jobs: Any) -> None:
    next_step(bare).click().run()
    assert asked(jobs)[-1] == OPENING[1] and STEPS[1].text in said(bare)
    assert query(bare) == {"tour": "2"}
    assert control(bare, "statistic").value == "saturated_share"
    next_step(bare).click().run()
    assert asked(jobs)[-1] == OPENING[2] and control(bare, "statistic").value == "gradient_rms"
    button(bare, "Back").click().run()
    assert asked(jobs)[-1] == OPENING[1] and query(bare) == {"tour": "2"}
    button(bare, "Back").click().run()
    assert query(bare) == {} and button(bare, "Back").disabled


@pytest.mark.parametrize(("state", "ahead"), [(JobState.TRAINING, []), (JobState.DONE, [OPENING[1]])])
def test_the_next_run_is_trained_ahead_once_this_one_is_over(
    state: JobState, ahead: list[RunConfig], jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "is_stored", lambda _: False)
    queued: list[RunConfig] = []
    monkeypatch.setattr(runs, "queue", queued.extend)
    jobs.state = state
    AppTest.from_file(APP, default_timeout=30).run()
    assert queued == ahead


def test_the_tour_goes_on_in_compare(bare: AppTest, jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    led: list[Any] = []
    monkeypatch.setattr("streamlit.switch_page", lambda *args, **options: led.append((*args, options["query_params"])))
    for _ in range(2):
        next_step(bare).click().run()
    next_step(bare).click().run()
    assert led == [("pages/1_Compare.py", {"tour": "4"})]


def test_a_link_to_a_step_shows_it(lab: Visit, compare: Visit, jobs: Any) -> None:
    page = lab(tour="2")
    assert asked(jobs) == [OPENING[1]] and STEPS[1].text in said(page) and query(page) == {"tour": "2"}
    page = compare(tour="4")
    assert asked(jobs) == [*OPENING] and STEPS[3].text in said(page) and query(page) == {"tour": "4"}


@pytest.mark.parametrize("number", ["4", "0", "6", "two", "<b>"])
def test_a_step_that_is_not_the_labs_is_said_and_the_rest_of_the_link_counts(
    number: str, lab: Visit, jobs: Any
) -> None:
    page = lab(tour=number, units="9")
    assert asked(jobs) == [RunConfig(units=9)]
    (warning,) = page.warning
    assert "Expected `tour` to be one of 1, 2, 3, 5" in warning.value.replace("\\", "")
    assert f"tour={number}" in warning.value.replace("\\", "")
    assert query(page) == {"units": "9"}


@pytest.mark.parametrize(
    ("where", "link", "received"),
    [
        ("lab", {"view": "foo-1 epoch-abc"}, ["'foo'", "'abc'"]),
        ("lab", {"tour": "2", "view": "present-1 foo-1"}, ["'foo'"]),
        ("compare", {"tour": "4", "view": "foo"}, ["'foo'"]),
    ],
)
def test_a_view_that_cannot_be_taken_is_said_also_where_the_step_has_its_own(
    where: str, link: dict[str, str], received: list[str], request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(where)(**link)
    assert not page.exception and is_on_tour(page)
    notices = [warning.value.replace("\\", "") for warning in page.warning]
    assert all(f"Received: {sign}." in notice for sign, notice in zip(received, notices, strict=True))


def test_who_changes_a_control_is_told_and_led_back(bare: AppTest, jobs: Any) -> None:
    next_step(bare).click().run()
    control(bare, "units").set_value(7).run()
    assert "You left the tour's run" in said(bare) and STEPS[1].text in said(bare)
    assert query(bare)["tour"] == "2" and query(bare)["units"] == "7"
    button(bare, "Back to it").click().run()
    assert asked(jobs)[-1] == OPENING[1] and "You left" not in said(bare)
    assert query(bare) == {"tour": "2"}


def test_a_link_to_a_run_of_ones_own_on_the_tour_keeps_both(lab: Visit, jobs: Any) -> None:
    page = lab(tour="2", units="7")
    assert asked(jobs) == [RunConfig(units=7)]
    assert "You left the tour's run" in said(page)


def test_leaving_takes_one_click_and_the_run_stays(bare: AppTest, jobs: Any) -> None:
    button(bare, "Leave the tour").click().run()
    assert not is_on_tour(bare)
    assert asked(jobs) == [OPENING[0]]
    assert query(bare) == OPENING[0].to_query()
    assert not is_on_tour(bare.run())


def test_the_tour_begins_from_any_run(lab: Visit, jobs: Any) -> None:
    page = lab(units="9")
    button(page, "Tour").click().run()
    assert asked(jobs)[-1] == OPENING[0] and STEPS[0].text in said(page) and query(page) == {}


def test_a_column_more_does_not_leave_the_tour(compare: Visit) -> None:
    page = compare(tour="4")
    button(page, "Add").click().run()
    assert "You left" not in said(page) and STEPS[3].text in said(page)
    assert query(page)["tour"] == "4" and "d" in query(page)
    page.session_state["column"] = "A"
    page.run()
    control(page, "Compare units").set_value(7).run()
    assert "You left the tour's run" in said(page)


def test_the_last_step_leads_no_further_than_away(lab: Visit) -> None:
    page = lab(tour=str(COUNT))
    assert not [one for one in page.button if one.label.startswith("Next")]
    assert is_on_tour(page)


def test_a_bare_compare_shows_the_three_without_the_tour(compare_bare: AppTest, jobs: Any) -> None:
    assert not compare_bare.exception
    assert asked(jobs)[-3:] == [*OPENING]
    assert not is_on_tour(compare_bare)
    assert compare_bare.session_state[SESSION].columns == OPENING
