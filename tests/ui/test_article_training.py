"""The training of experiments, alone on a page; in its place it is held on the Article."""

from __future__ import annotations

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, Progress, SchedulerError
from vgdemo.record import RunRecord
from vgdemo.store import StoreError
from vgdemo.ui import runs
from vgdemo.ui.article_training import in_words_of
from vgdemo.ui.page import plain

from .conftest import StandInJob, StandInJobs, StandInStore, button, forged

CONFIGS = tuple(RunConfig(units=units, epochs=100) for units in (6, 7, 8, 9))
ELSEWHERE = RunConfig(units=1)


def page_of_training() -> None:
    import streamlit as st

    from vgdemo.ui.article_training import training

    training(st.session_state["configs"])


def page_with(*queued: StandInJob) -> AppTest:
    """A visit to a server that trains these jobs for everybody."""
    runs.open_jobs().shared._held = {job.config: job for job in queued}  # type: ignore[misc]
    page = AppTest.from_function(page_of_training, default_timeout=30)
    page.session_state["configs"] = CONFIGS
    page.run()
    assert not page.exception
    return page


def job(config: RunConfig, state: JobState, epoch: int) -> StandInJob:
    return StandInJob(config, Progress(state, epoch, 100))


def bar(page: AppTest) -> tuple[int, str]:
    """Per cent and words."""
    (element,) = page.get("progress")
    return element.proto.value, element.proto.text.replace("\\", "").strip()


def test_the_bar_is_the_share_of_all_epochs(stored_keys: StandInStore) -> None:
    """One whole, one by a quarter and two at their start are 1.25 of 4."""
    stored_keys.add(CONFIGS[0].run_key)
    page = page_with(job(CONFIGS[1], JobState.TRAINING, 25), job(CONFIGS[2], JobState.QUEUED, 0))
    share, words = bar(page)
    assert share == 31
    assert words == "1 of 4 runs are complete, less than a minute left."
    assert now(page) == f"In training: {CONFIGS[1].sentence}, epoch 25 of 100."


def now(page: AppTest) -> str:
    """The line below the bar."""
    return page.caption[0].value.replace("\\", "")


@pytest.mark.parametrize(
    ("states", "line"),
    [
        ((), "&nbsp;"),
        ((JobState.QUEUED,), "Waiting for a worker."),
        ((JobState.QUEUED, JobState.COMPILING), f"In training: {CONFIGS[1].sentence}, compiling."),
        ((JobState.DONE, JobState.STOPPED), "&nbsp;"),
    ],
)
def test_a_line_says_what_goes_on(states: tuple[JobState, ...], line: str, stored_keys: StandInStore) -> None:
    jobs = [job(config, state, 0) for config, state in zip(CONFIGS, states, strict=False)]
    assert now(page_with(*jobs)) == line


def test_while_the_workers_start_it_says_so(stored_keys: StandInStore) -> None:
    waiting = StandInJob(CONFIGS[0], Progress(JobState.QUEUED, 0, 100, notices=("Waiting for the workers to start.",)))
    assert now(page_with(waiting)).startswith("The workers are starting")


def test_of_many_runs_in_training_two_are_named(stored_keys: StandInStore) -> None:
    line = now(page_with(*(job(config, JobState.TRAINING, 1) for config in CONFIGS)))
    assert line.count("epoch 1 of 100") == 2
    assert line.endswith(" and 2 other runs.")


def test_the_wait_is_counted_at_the_pace_of_what_was_trained(stored_keys: StandInStore) -> None:
    """An hour for one run of four, and three are left for two workers."""
    done = job(CONFIGS[0], JobState.DONE, 100)
    done.record, done.seconds = RunRecord.empty(done.config), 3600.0
    found = re.search(r"about (\d+) minutes left", bar(page_with(done))[1])
    assert found is not None and 5 < int(found[1]) <= 90


STANDINGS = {
    "Trained.": [Progress(JobState.DONE, 9, 9)],
    "Not trained yet.": [None],
    "In training: epoch 3 of 9.": [Progress(JobState.TRAINING, 3, 9)],
    "In training: compiling.": [Progress(JobState.COMPILING, 0, 9)],
    "Waiting at place 4.": [Progress(JobState.QUEUED, 0, 9, position=4)],
    "Stopped after epoch 5.": [Progress(JobState.STOPPED, 5, 9)],
    "1 of 3 runs trained. Waiting at place 2.": [
        Progress(JobState.DONE, 9, 9),
        Progress(JobState.QUEUED, 0, 9, position=3),
        Progress(JobState.QUEUED, 0, 9, position=2),
    ],
    "0 of 2 runs trained. In training: epoch 3 of 9 and epoch 4 of 9.": [
        Progress(JobState.TRAINING, 3, 9),
        Progress(JobState.TRAINING, 4, 9),
    ],
}


@pytest.mark.parametrize("words", STANDINGS)
def test_where_an_experiment_stands_is_one_short_sentence(words: str) -> None:
    assert in_words_of(STANDINGS[words]) == words


def test_a_run_that_was_stopped_is_not_complete_whatever_the_others_are(stored_keys: StandInStore) -> None:
    stored_keys.add(CONFIGS[1].run_key)
    page = page_with(job(CONFIGS[0], JobState.STOPPED, 99), job(CONFIGS[1], JobState.DONE, 100))
    share, words = bar(page)
    assert share == 49
    assert words.startswith("1 of 4 runs are complete, ")


def test_a_run_that_was_deleted_since_is_to_be_trained_again(stored_keys: StandInStore) -> None:
    page = page_with(job(CONFIGS[0], JobState.DONE, 100))
    assert bar(page)[1].startswith("0 of 4 runs are complete, ")


def test_a_run_that_somebody_trains_in_the_lab_is_in_training_here(
    stored_keys: StandInStore, jobs: StandInJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {CONFIGS[2].run_key: Progress(JobState.TRAINING, 50, 100)}
    monkeypatch.setattr(jobs, "progress", found.get)
    page = page_with()
    assert bar(page)[0] == 12
    assert now(page).endswith("epoch 50 of 100.")
    assert not button(page, "Train all").disabled


def test_there_is_one_button_which_fits_what_goes_on(stored_keys: StandInStore) -> None:
    assert [one.label for one in page_with().button] == ["Train all"]
    for state in (JobState.QUEUED, JobState.COMPILING, JobState.TRAINING):
        assert [one.label for one in page_with(job(CONFIGS[0], state, 0)).button] == ["Stop"]
    assert [one.label for one in page_with(job(ELSEWHERE, JobState.TRAINING, 0)).button] == ["Train all"]


def test_when_all_runs_are_complete_nothing_is_left_to_train(stored_keys: StandInStore) -> None:
    for config in CONFIGS:
        stored_keys.add(config.run_key)
    page = page_with(*(job(config, JobState.DONE, 100) for config in CONFIGS[2:]))
    assert bar(page) == (100, "4 of 4 runs are complete.")
    assert button(page, "Train all").disabled


def test_the_button_queues_what_is_not_stored_in_order(stored_keys: StandInStore, jobs: StandInJobs) -> None:
    stored_keys.add(CONFIGS[1].run_key)
    jobs.state = JobState.QUEUED
    page = button(page_with(), "Train all").click().run()
    assert [one.config for one in jobs.submitted] == [CONFIGS[0], *CONFIGS[2:]]
    assert button(page, "Stop")


def test_stop_stops_the_runs_of_the_article_alone(stored_keys: StandInStore) -> None:
    own = [job(CONFIGS[0], JobState.TRAINING, 40), job(CONFIGS[1], JobState.QUEUED, 0)]
    elsewhere = runs.open_jobs().submit(ELSEWHERE)
    elsewhere.progress = Progress(JobState.TRAINING, 1, 100)
    page = page_with(*own)
    button(page, "Stop").click().run()
    assert [one.progress.state for one in (*own, elsewhere)] == [
        JobState.STOPPED,
        JobState.STOPPED,
        JobState.TRAINING,
    ]


@pytest.mark.parametrize("stopped_by", ["this visit", "another visit"])
def test_whoever_stopped_the_training_it_is_said_and_how_it_goes_on(stopped_by: str, stored_keys: StandInStore) -> None:
    page = page_with(job(CONFIGS[0], JobState.TRAINING, 40), job(CONFIGS[1], JobState.QUEUED, 0))
    assert "by itself" in page.caption[-1].value
    if stopped_by == "this visit":
        page = button(page, "Stop").click().run()
    else:
        runs.open_jobs().shared.stop()
        page.run()
    assert bar(page)[1] == "0 of 4 runs are complete, training was stopped with less than a minute left."
    assert "by itself" not in page.caption[-1].value
    assert "was stopped" in page.caption[-1].value and "Train all" in page.caption[-1].value
    page = button(page, "Train all").click().run()
    assert "stopped" not in bar(page)[1] and "by itself" in page.caption[-1].value


@pytest.mark.parametrize("error", [SchedulerError("Expected a *scheduler*."), StoreError("Expected a *store*.")])
def test_why_nothing_could_be_queued_is_said_once(
    error: Exception, stored_keys: StandInStore, jobs: StandInJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any, **options: Any) -> None:
        raise error

    page = page_with()
    monkeypatch.setattr(runs, "queue", refuse)
    page = button(page, "Train all").click().run()
    assert [one.value for one in page.error] == [plain(str(error))]
    assert not page.run().error


@pytest.mark.usefixtures("strangers", "stored_keys")
def test_a_stranger_does_not_stop_the_articles_training() -> None:
    trained = job(CONFIGS[0], JobState.TRAINING, 25)
    page = page_with(trained)
    forged(page, "Stop")
    assert trained.progress.state is JobState.TRAINING
