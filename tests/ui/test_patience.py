from __future__ import annotations

import time

import pytest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, Progress
from vgdemo.ui import patience
from vgdemo.ui.patience import AT_ONCE, Standing, patiently, wait_for_end

from .conftest import StandInJob


def job(state: JobState, left: float | None = None) -> StandInJob:
    return StandInJob(RunConfig(), Progress(state, 3, 500, seconds_left=left))


@pytest.mark.parametrize(
    ("others", "is_near"),
    [
        ([], True),
        ([job(JobState.TRAINING, 0.5)], True),
        ([job(JobState.DONE)], True),
        ([job(JobState.TRAINING, 5.0)], False),
        ([job(JobState.QUEUED)], False),
    ],
)
def test_the_end_is_near_when_none_of_the_runs_takes_long(others: list[StandInJob], is_near: bool) -> None:
    jobs = [job(JobState.TRAINING, 0.2), *others]
    wait_for_end(jobs)  # type: ignore[arg-type]
    assert (jobs[0].waited_for == {"end"}) is is_near


def test_what_is_over_is_not_waited_for() -> None:
    over = job(JobState.DONE)
    wait_for_end([over])  # type: ignore[list-item]
    assert not over.waited_for


@pytest.mark.parametrize(
    ("state", "epoch", "pause"),
    [
        (JobState.QUEUED, 0, AT_ONCE),
        (JobState.TRAINING, 0, AT_ONCE),
        (JobState.TRAINING, 1, 0.6),
        (JobState.DONE, 500, None),
    ],
)
def test_runs_without_a_curve_are_looked_at_again_at_once(state: JobState, epoch: int, pause: float | None) -> None:
    one = StandInJob(RunConfig(), Progress(state, epoch, 500))
    assert Standing.of([one]).pause(0.6) == pause  # type: ignore[list-item]


def test_a_click_breaks_off_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def clicked() -> None:  # Streamlit raises an exception where a page asks for the state of the visit.
        raise InterruptedError

    monkeypatch.setattr(patience, "session", clicked)
    patiently(lambda _: True, 60)  # What comes at once is not broken off.
    began = time.monotonic()
    with pytest.raises(InterruptedError):
        patiently(lambda seconds: bool(time.sleep(seconds)), 60)
    assert time.monotonic() - began < 20
