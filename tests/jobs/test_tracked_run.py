"""A run as the web process knows it, told by hand what Dask would tell."""

from __future__ import annotations

import numpy as np
import pytest
import trainers
from jobs.waiting import config

from vgdemo.jobs import JobState, Progress
from vgdemo.jobs import tracked_run as module
from vgdemo.jobs.tracked_run import TrackedRun

EPOCHS = 10


@pytest.fixture
def run() -> TrackedRun:
    return TrackedRun(config(1, epochs=EPOCHS))


def grow(run: TrackedRun, first: int, last: int) -> None:
    run.grow(trainers.epochs_of(run.config, first, last))


def test_a_run_begins_queued_and_a_stored_one_is_done(run: TrackedRun) -> None:
    assert run.progress == Progress(JobState.QUEUED, epoch=0, epochs=EPOCHS)
    stored = TrackedRun(run.config, state=JobState.DONE)
    assert stored.progress == Progress(JobState.DONE, epoch=EPOCHS, epochs=EPOCHS)
    assert run.live_record is None


def test_chunks_add_up_and_are_joined_once_for_all_who_look(run: TrackedRun) -> None:
    run.begin()
    assert run.progress.state is JobState.COMPILING
    grow(run, 0, 0)
    grow(run, 1, 5)
    np.testing.assert_array_equal(run.live_record.epochs, np.arange(6))
    assert run.live_record is run.live_record
    assert run.whole_record is None
    grow(run, 6, EPOCHS)
    assert len(run.whole_record.epochs) == EPOCHS + 1


def test_every_change_has_a_version_of_its_own(run: TrackedRun) -> None:
    versions = [run.version]
    for change in (run.begin, lambda: grow(run, 0, 0), run.lose_worker, lambda: run.end(None)):
        change()
        versions.append(run.version)
    assert versions == sorted(set(versions))


def test_a_run_of_which_the_beginning_was_missed_shows_the_rest(run: TrackedRun) -> None:
    grow(run, 6, EPOCHS)
    np.testing.assert_array_equal(run.live_record.epochs, np.arange(6, EPOCHS + 1))
    assert run.whole_record is None


def test_chunks_that_begin_anew_replace_those_of_before(run: TrackedRun) -> None:
    grow(run, 0, 5)
    grow(run, 0, 3)
    np.testing.assert_array_equal(run.live_record.epochs, np.arange(4))


def test_what_is_left_is_estimated_from_the_epochs_since_the_first_chunk(
    run: TrackedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([100.0, 102.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(times))
    grow(run, 0, 0)
    assert run.progress.seconds_left is None
    grow(run, 1, 4)  # Four epochs in two seconds, so six more take three.
    assert run.progress.seconds_left == pytest.approx(3)


def test_a_run_that_lost_its_worker_waits_again_and_says_why(run: TrackedRun) -> None:
    grow(run, 0, 5)
    run.lose_worker()
    notice = "A worker died, and the run was started again."
    assert run.progress == Progress(JobState.QUEUED, epoch=0, epochs=EPOCHS, notices=(notice,))
    assert run.live_record is None


def test_a_failed_run_keeps_what_was_sent_and_its_reason(run: TrackedRun) -> None:
    grow(run, 0, 5)
    run.end("out of memory", "never shown")
    assert run.progress == Progress(JobState.FAILED, epoch=5, epochs=EPOCHS, reason="out of memory")
    assert run.live_record.epochs[-1] == 5


def test_a_run_that_is_done_needs_its_chunks_no_more(run: TrackedRun) -> None:
    grow(run, 0, 5)
    run.end(None, "a notice")
    assert run.progress == Progress(JobState.DONE, epoch=EPOCHS, epochs=EPOCHS, notices=("a notice",))
    assert run.live_record is None
