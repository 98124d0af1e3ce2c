"""How runs get on: the sentence and the bar, and the clock that draws parts of a page again while something goes on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import count

import streamlit as st

from vgdemo.jobs import Job, JobState
from vgdemo.record import RunRecord
from vgdemo.ui.followed import Followed
from vgdemo.ui.page import faults_in_words, told
from vgdemo.wording import time_left


def _no_wait() -> None:
    """What draws at once."""


def redraw(
    state: Callable[[], Hashable],
    draw: Callable[[], None],
    *,
    every: float | None,
    wait: Callable[[], None] = _no_wait,
    before: Hashable = None,
) -> None:
    """Draw a part of the page, again and again, and the whole page once more when its state changes.

    Args:
        state: What changes the whole page when it changes, such as whether a run is over.
        draw: Draws the part.
        every: Seconds between two looks; None to draw once.
        wait: Waits for what is about to come, before each look but the first.
        before: The state in which `every` was chosen, where another one needs another; otherwise that of now.
    """
    before = state() if before is None else before
    looks = count()

    def part() -> None:
        with faults_in_words():  # Those of the page do not reach a part that is drawn again.
            if next(looks):
                wait()
            if state() != before:
                st.rerun()  # The whole page, with the clock started or stopped.
            draw()

    st.fragment(part, run_every=every)()


def ended_record(job: Followed) -> RunRecord | None:
    """The record of a run that is over and of which something was measured; None of any other."""
    record = job.record if job.progress.state.is_over else None
    return record if record is not None and len(record.epochs) else None


def progress_bar(job: Job) -> None:
    """Where a job stands, as a bar and in words."""
    progress = job.progress
    words = " ".join([progress_in_words(job), *progress.notices])
    st.progress(progress.epoch / progress.epochs, text=told(words))


def progress_in_words(job: Job) -> str:
    """Where a job stands, in one sentence."""
    progress = job.progress
    match progress.state:
        case JobState.QUEUED:
            return f"In the queue, at place {progress.position}." if progress.position else "In the queue."
        case JobState.COMPILING:
            return "Compiling the network; its first epochs follow."
        case JobState.TRAINING:
            left = f", {time_left(progress.seconds_left)}" if progress.seconds_left is not None else ""
            return f"Training: epoch {progress.epoch} of {progress.epochs}{left}."
        case JobState.STOPPED if progress.goes_on:
            return f"Stopped here after epoch {progress.epoch} of {progress.epochs}; training went on for others."
        case JobState.STOPPED:
            return f"Stopped after epoch {progress.epoch} of {progress.epochs}; a stopped run is not kept."
        case JobState.FAILED:
            return f"Failed: {progress.reason}"
    seconds = job.record.seconds if job.record else {}
    return "Complete" + "".join(f", {value:.1f} s to {stage}" for stage, value in seconds.items()) + "."
