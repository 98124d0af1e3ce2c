"""The runs that a visit wants, and what becomes of those that it wants no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, SchedulerError
from vgdemo.presets import DEEP_RELU, DEEP_TANH
from vgdemo.ui import runs
from vgdemo.ui.session import Session

from .conftest import StandInJob, StandInJobs, StandInStore, control

Open = Callable[..., AppTest]
ONE, OTHER, THIRD = (RunConfig(units=units) for units in (7, 8, 9))
LOST = SchedulerError("Expected a scheduler. Received: silence.")


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A visit without a page."""
    session = Session()
    monkeypatch.setattr(runs, "session", lambda: session)
    return session


def submitted(jobs: StandInJobs) -> list[RunConfig]:
    return [job.config for job in jobs.submitted]


def released(jobs: StandInJobs) -> list[bool]:
    return [job.released for job in jobs.submitted]


def bring(job: StandInJob, state: JobState) -> None:
    job.progress = replace(job.progress, state=state)


def test_a_rerun_without_a_change_trains_nothing(lab: Open, jobs: StandInJobs) -> None:
    page = lab()
    control(page, "statistic").set_value("kernel_l1").run()
    page.run()
    assert len(jobs.submitted) == 1


def test_a_run_deleted_meanwhile_is_trained_again(compare: Open, jobs: StandInJobs) -> None:
    page = compare()
    jobs.submitted[0].record = None
    page.run()
    assert [job.config for job in jobs.submitted] == [DEEP_TANH, DEEP_RELU, DEEP_TANH]


def test_the_lab_keeps_its_run_and_releases_what_another_replaces(visit: Session, jobs: StandInJobs) -> None:
    first = runs.follow(ONE)
    assert runs.follow(ONE) is first
    second = runs.follow(OTHER)
    assert second is visit.job is not first
    assert (submitted(jobs), released(jobs)) == ([ONE, OTHER], [True, False])


def test_the_lab_does_not_wait_for_its_turn_behind_a_study(visit: Session, jobs: StandInJobs) -> None:
    runs.follow(ONE)
    runs.follow_all([OTHER])
    assert [job.is_interactive for job in jobs.submitted] == [True, True]


def test_who_leaves_wants_no_run(visit: Session, jobs: StandInJobs) -> None:
    runs.leave()
    runs.follow(ONE)
    runs.leave()
    assert visit.job is None and released(jobs) == [True]
    runs.follow(ONE)
    assert released(jobs) == [True, False]


@pytest.mark.parametrize(
    ("is_left", "visitor", "ends"), [(True, "", True), (False, "", False), (True, "another", False)]
)
@pytest.mark.parametrize("follow", [runs.follow, lambda config: runs.follow_all([config])])
def test_what_is_replaced_after_a_reload_is_not_trained_on_for_the_page_of_before(
    follow: Callable[[RunConfig], object],
    is_left: bool,
    visitor: str,
    ends: bool,
    visit: Session,
    jobs: StandInJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tab that is still open keeps its run, and so does another visitor."""
    jobs.state = JobState.TRAINING
    before = Session(job=jobs.submit(ONE, visitor=visitor))  # type: ignore[arg-type]
    monkeypatch.setattr(runs, "_visits", {"before": before, "now": visit})
    monkeypatch.setattr(runs, "_is_left", lambda name: is_left and name == "before")
    follow(ONE)
    follow(OTHER)
    assert [job.progress.state is JobState.STOPPED for job in jobs.submitted] == [ends, False, False]
    assert released(jobs) == [False, True, False]


def test_without_a_scheduler_the_replaced_run_is_let_go_and_the_next_call_connects_anew(
    visit: Session, jobs: StandInJobs
) -> None:
    runs.follow(ONE)
    jobs.error = LOST
    with pytest.raises(SchedulerError, match="silence"):
        runs.follow(OTHER)
    assert visit.job is None and released(jobs) == [True]
    assert jobs.times_connected == 1
    assert runs.follow(OTHER).config == OTHER


def test_compare_keeps_what_stays_and_releases_what_goes(visit: Session, jobs: StandInJobs) -> None:
    before = runs.follow_all([ONE, OTHER])
    after = runs.follow_all([THIRD, ONE])
    assert [job.config for job in after] == [THIRD, ONE]
    assert after[1] is before[0]
    assert (submitted(jobs), released(jobs)) == ([ONE, OTHER, THIRD], [False, True, False])
    assert {*visit.compared} == {ONE, THIRD}


def test_columns_of_one_run_share_its_job(visit: Session, jobs: StandInJobs) -> None:
    first, second = runs.follow_all([ONE, ONE])
    assert first is second and len(jobs.submitted) == 1


def test_of_columns_that_could_not_all_be_asked_for_the_first_stay(visit: Session, jobs: StandInJobs) -> None:
    runs.follow_all([ONE])
    jobs.error = LOST
    with pytest.raises(SchedulerError):
        runs.follow_all([ONE, OTHER])
    assert released(jobs) == [False]
    assert [job.config for job in runs.follow_all([ONE, OTHER])] == [ONE, OTHER]
    assert submitted(jobs) == [ONE, OTHER]


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.COMPILING, JobState.TRAINING, JobState.STOPPED])
def test_a_run_without_a_record_was_not_deleted_unless_it_was_complete(
    state: JobState, visit: Session, jobs: StandInJobs
) -> None:
    jobs.state, jobs.record = state, lambda config: None
    runs.follow_all([ONE])
    runs.follow_all([ONE])
    assert submitted(jobs) == [ONE]


@pytest.mark.parametrize("state", JobState)
def test_what_failed_or_was_stopped_is_asked_for_again_on_a_retry(
    state: JobState, visit: Session, jobs: StandInJobs
) -> None:
    runs.follow(ONE)
    runs.follow_all([OTHER, THIRD])
    for job in jobs.submitted[:2]:
        bring(job, state)
    runs.retry()
    is_broken = state in (JobState.FAILED, JobState.STOPPED)
    assert released(jobs) == [is_broken, is_broken, False]
    assert (visit.job is None) == is_broken
    assert [*visit.compared] == ([THIRD] if is_broken else [OTHER, THIRD])
    assert jobs.times_connected == 0, "the connection works"


def test_a_retry_renews_a_broken_connection(visit: Session, jobs: StandInJobs) -> None:
    jobs.error = LOST
    runs.retry()
    assert jobs.times_connected == 1


def test_what_the_store_lacks_is_queued_once_behind_those_that_a_person_looks_at(
    visit: Session, jobs: StandInJobs, stored_keys: StandInStore
) -> None:
    stored_keys.add(OTHER.run_key)
    jobs.state = JobState.QUEUED
    runs.queue([ONE, OTHER, THIRD])
    runs.queue([ONE, OTHER, THIRD])
    assert submitted(jobs) == [ONE, THIRD]
    assert not any(job.is_interactive for job in jobs.submitted)


@pytest.mark.parametrize("state", JobState)
def test_only_what_failed_was_stopped_or_is_gone_is_queued_again(
    state: JobState, visit: Session, jobs: StandInJobs, stored_keys: StandInStore
) -> None:
    runs.queue([ONE])
    bring(jobs.submitted[0], state)
    runs.queue([ONE])
    assert len(jobs.submitted) == (2 if state in (JobState.FAILED, JobState.STOPPED) else 1)
    assert jobs.shared.job(ONE) is jobs.submitted[-1]
    bring(jobs.submitted[-1], JobState.DONE)
    jobs.submitted[-1].record = None
    runs.queue([ONE])
    assert jobs.shared.job(ONE) is jobs.submitted[-1]


def test_what_is_wanted_first_is_put_before_what_was_queued_earlier(
    visit: Session, jobs: StandInJobs, stored_keys: StandInStore
) -> None:
    jobs.state = JobState.QUEUED
    runs.queue([ONE, OTHER])
    runs.queue([OTHER], first=True)
    assert submitted(jobs) == [ONE, OTHER]
    assert jobs.preferred == [OTHER.run_key]


def test_what_was_queued_before_the_scheduler_was_lost_stays(
    visit: Session, jobs: StandInJobs, stored_keys: StandInStore
) -> None:
    runs.queue([ONE])
    jobs.error = LOST
    with pytest.raises(SchedulerError):
        runs.queue([ONE, OTHER])
    assert submitted(jobs) == [ONE] and jobs.times_connected == 1


def test_the_list_of_stored_runs_is_not_read_again_for_every_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Store:
        times_listed = 0

        def summaries(self) -> list[int]:
            self.times_listed += 1
            return [self.times_listed]

    store = Store()
    monkeypatch.setattr(runs, "open_store", lambda: store)
    runs.stored_runs.clear()
    assert runs.stored_runs() == runs.stored_runs() == [1]
    runs.stored_runs.clear()
    assert runs.stored_runs() == [2]
    runs.stored_runs.clear()
