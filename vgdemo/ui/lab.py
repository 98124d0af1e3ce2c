"""The parts of the Lab that follow its run: progress, verdict and figures."""

from __future__ import annotations

from functools import partial

import streamlit as st

from vgdemo.export import ReportedRun
from vgdemo.figures import ViewOptions
from vgdemo.jobs import Job, JobState
from vgdemo.ui.live import announce
from vgdemo.ui.patience import Standing, wait_for_curve, wait_for_end
from vgdemo.ui.progress import ended_record, progress_bar, progress_in_words, redraw
from vgdemo.ui.replicates import replicate_choice
from vgdemo.ui.runs import retry
from vgdemo.ui.session import session
from vgdemo.ui.settings import show_address
from vgdemo.ui.verdict import findings, verdict, verdict_in_words
from vgdemo.ui.views import fit_choice, records_of, show_one, singles_choice, statistic_choice

POLL_SECONDS = 0.6
AGAIN = {JobState.FAILED: "Try again", JobState.STOPPED: "Train it again"}


def watch(job: Job) -> None:
    """Show a job: while it trains, this part of the page alone is run again and again."""
    wait_for_curve([job])
    if session().job is not job:
        st.stop()  # The person was quicker: a younger run of the page must not get this one's part.
    standing = Standing.of([job])
    redraw(
        lambda: Standing.of([job]),
        partial(_draw, job),
        every=standing.pause(POLL_SECONDS),
        wait=partial(wait_for_news, job),
        before=standing,
    )


def wait_for_news(job: Job) -> None:
    """Let the first curve come, which a person waits for, and a run that is about to be over end."""
    if Standing.of([job]).have_curve:
        wait_for_end([job])
    else:
        wait_for_curve([job], POLL_SECONDS)


def reported(job: Job, name: str) -> list[ReportedRun]:
    """The run for those who take it away, once it is over, with the person's own name for it."""
    record = ended_record(job)
    return [] if record is None else [ReportedRun(record, findings=findings(record), name=name)]


def _draw(job: Job) -> None:
    _progress_line(job)
    verdict(job)
    with st.container(horizontal=True, vertical_alignment="center", key="options"):
        statistic, replicates = statistic_choice(records_of({"": job}).values()), replicate_choice([job])
        options = ViewOptions(statistic, fit=fit_choice("this run"), singles=singles_choice())
    show_one(job, options, replicates, name=session().name)
    show_address()
    announce(_in_short(job))


def _in_short(job: Job) -> str:
    """What is said aloud of a run: that it goes on, then how it ended."""
    return f"{progress_in_words(job)} {verdict_in_words(job)}" if job.progress.state.is_over else "Training."


def _progress_line(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        progress_bar(job)
        again = AGAIN.get(job.progress.state)
        if again is not None:
            if st.button(again):
                retry()
                st.rerun()  # This part of the page alone would go on showing the job that has ended.
        else:
            st.button("Stop", on_click=job.stop, disabled=job.progress.state.is_over)
