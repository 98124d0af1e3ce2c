"""The training of experiments, alone on a page; in its place it is held on the Article."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, Progress, SchedulerError
from vgdemo.store import StoreError
from vgdemo.ui import runs
from vgdemo.ui.page import plain
from vgdemo.ui.session import SESSION

from .conftest import StandInJob, StandInJobs, button

CONFIGS = tuple(RunConfig(units=units, epochs=100) for units in (6, 7, 8, 9))
ELSEWHERE = RunConfig(units=1)


def page_of_training() -> None:
    import streamlit as st

    from vgdemo.ui.article_training import training
    from vgdemo.ui.session import session

    for job in st.session_state["jobs"]:
        session().queued.setdefault(job.config, job)
    training(st.session_state["configs"])


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch, jobs: StandInJobs) -> set[str]:
    """The keys of the runs that the store holds."""
    keys: set[str] = set()
    monkeypatch.setattr(runs, "open_store", lambda: keys)
    return keys


def page_with(*queued: StandInJob) -> AppTest:
    page = AppTest.from_function(page_of_training, default_timeout=30)
    page.session_state["jobs"], page.session_state["configs"] = queued, CONFIGS
    page.run()
    assert not page.exception
    return page


def job(config: RunConfig, state: JobState, epoch: int) -> StandInJob:
    return StandInJob(config, Progress(state, epoch, 100))


def bar(page: AppTest) -> tuple[int, str]:
    """Per cent and words."""
    (element,) = page.get("progress")
    return element.proto.value, element.proto.text.replace("\\", "").strip()


def test_the_bar_is_the_share_of_all_epochs(stored: set[str]) -> None:
    """One whole, one by a quarter and two at their start are 1.25 of 4."""
    stored.add(CONFIGS[0].run_key)
    page = page_with(job(CONFIGS[1], JobState.TRAINING, 25), job(CONFIGS[2], JobState.QUEUED, 0))
    share, words = bar(page)
    assert share == 31
    assert words == f"1 of 4 runs are complete. {CONFIGS[1].sentence}: epoch 25 of 100"


def test_a_run_that_was_stopped_is_not_complete_whatever_the_others_are(stored: set[str]) -> None:
    page = page_with(job(CONFIGS[0], JobState.STOPPED, 99), job(CONFIGS[1], JobState.DONE, 100))
    assert bar(page) == (49, "1 of 4 runs are complete.")
    assert not button(page, "All experiments").disabled


def test_there_is_one_button_which_fits_what_goes_on(stored: set[str]) -> None:
    assert [one.label for one in page_with().button] == ["All experiments"]
    for state in (JobState.QUEUED, JobState.COMPILING, JobState.TRAINING):
        assert [one.label for one in page_with(job(CONFIGS[0], state, 0)).button] == ["Stop"]
    assert [one.label for one in page_with(job(ELSEWHERE, JobState.TRAINING, 0)).button] == ["All experiments"]


def test_when_all_runs_are_complete_nothing_is_left_to_train(stored: set[str]) -> None:
    stored |= {config.run_key for config in CONFIGS[:2]}
    page = page_with(*(job(config, JobState.DONE, 100) for config in CONFIGS[2:]))
    assert bar(page) == (100, "4 of 4 runs are complete.")
    assert button(page, "All experiments").disabled


def test_the_button_queues_what_is_not_stored_in_order(stored: set[str], jobs: StandInJobs) -> None:
    stored.add(CONFIGS[1].run_key)
    jobs.state = JobState.QUEUED
    page = button(page_with(), "All experiments").click().run()
    assert [one.config for one in jobs.submitted] == [CONFIGS[0], *CONFIGS[2:]]
    assert button(page, "Stop")


def test_stop_stops_the_runs_of_the_article_alone(stored: set[str]) -> None:
    own = [job(CONFIGS[0], JobState.TRAINING, 40), job(CONFIGS[1], JobState.QUEUED, 0)]
    page = page_with(*own, job(ELSEWHERE, JobState.TRAINING, 1))
    button(page, "Stop").click().run()
    queued: Any = page.session_state[SESSION].queued
    assert [queued[config].progress.state for config in (*CONFIGS[:2], ELSEWHERE)] == [
        JobState.STOPPED,
        JobState.STOPPED,
        JobState.TRAINING,
    ]


@pytest.mark.parametrize("error", [SchedulerError("Expected a *scheduler*."), StoreError("Expected a *store*.")])
def test_why_nothing_could_be_queued_is_said_once(
    error: Exception, stored: set[str], jobs: StandInJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any) -> None:
        raise error

    page = page_with()
    monkeypatch.setattr(runs, "queue", refuse)
    page = button(page, "All experiments").click().run()
    assert [one.value for one in page.error] == [plain(str(error))]
    assert not page.run().error
