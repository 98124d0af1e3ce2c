"""The parts of Compare that follow its runs: heads, progress and figures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from vgdemo.comparison import who_learns
from vgdemo.figures import RUN_COLORS, ViewOptions
from vgdemo.jobs import Job
from vgdemo.record import RunRecord
from vgdemo.ui.columns import room_beside, set_beside, show_address
from vgdemo.ui.followed import are_over
from vgdemo.ui.live import announce
from vgdemo.ui.names import titles
from vgdemo.ui.page import plain
from vgdemo.ui.patience import Standing, wait_for_curve, wait_for_end
from vgdemo.ui.progress import progress_bar, progress_in_words, redraw
from vgdemo.ui.remedies import trial_switch
from vgdemo.ui.replicates import replicate_choice
from vgdemo.ui.runs import BROKEN, retry
from vgdemo.ui.verdict import next_steps, verdict_in_words, verdict_of_column
from vgdemo.ui.views import fit_choice, records_of, row_choice, show_side_by_side, statistic_choice

FOLLOW_SECONDS = 0.6
DRAW_SECONDS = 1.6  # Four columns take a browser a quarter of a second, which training lacks if they share a machine.

Jobs = Mapping[str, Job]


def watch(jobs: Jobs) -> None:
    """Show jobs side by side: while any trains, these parts of the page alone are run again and again."""
    st.html("<style>" + "".join(map(_marking, jobs, RUN_COLORS)) + "</style>")
    followed = [*jobs.values()]
    is_over = are_over(followed)
    every = None if is_over else FOLLOW_SECONDS
    redraw(lambda: are_over(followed), partial(_heads, jobs), every=every, wait=partial(wait_for_end, followed))
    if not is_over:
        wait_for_curve(followed)
    standing = Standing.of(followed)
    redraw(
        lambda: Standing.of(followed).have_curve,
        partial(_figures, jobs),
        every=standing.pause(DRAW_SECONDS),
        wait=partial(wait_for_curve, followed, FOLLOW_SECONDS),
        before=standing.have_curve,
    )


def measured(jobs: Jobs) -> dict[str, RunRecord]:
    """The records that have at least one epoch."""
    return {letter: record for letter, record in records_of(jobs).items() if len(record.epochs)}


def _heads(jobs: Jobs) -> None:
    called = titles(records_of(jobs))
    for column, (letter, job) in zip(st.columns(len(jobs)), jobs.items(), strict=True):
        with column, st.container(key=f"column-{letter}", gap="xsmall"):
            with st.container(key=f"title-{letter}"):
                st.markdown(f"**{plain(called[letter])}**")
            progress_bar(job)
            verdict_of_column(job, letter)
            next_steps(job, letter, partial(set_beside, letter), _place_beside(letter), len(jobs))
    with st.container(horizontal=True, vertical_alignment="center", key="who-learns"):
        st.markdown(plain(_who_learns(jobs)), width="content")
        _stop_or_retry(jobs)
        trial_switch()
    announce(_in_short(jobs))


def _in_short(jobs: Jobs) -> str:
    """What is said aloud of the runs: that they go on, then how each ended."""
    if not are_over(jobs.values()):
        return "Training."
    return " ".join(f"{letter}: {progress_in_words(job)} {verdict_in_words(job)}" for letter, job in jobs.items())


def _place_beside(letter: str) -> str:
    target, is_free = room_beside(letter)
    return f"It becomes column {target}." if is_free else f"It takes the place of column {target}: four is the most."


def _who_learns(jobs: Jobs) -> str:
    if not are_over(jobs.values()):
        return "Which columns learn stands here as soon as all runs are over."
    records = measured(jobs)
    return who_learns(records) if records else "Nothing was trained."


def _marking(letter: str, color: str) -> str:
    """The colour that a column's curve has in the overlaid figures, for its head, its progress and its own figures."""
    return (
        f".st-key-column-{letter}, [data-column={letter}] {{border-top: 3px solid {color}; padding-top: .3rem}}"
        f".st-key-column-{letter} [role=progressbar] > div > div {{background-color: {color}}}"
    )


def _figures(jobs: Jobs) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="options"):
        statistic = statistic_choice(records_of(jobs).values())
        replicates = replicate_choice(jobs.values())
        fit, rows = fit_choice("these runs"), row_choice(records_of(jobs).values())
    show_side_by_side(jobs, ViewOptions(statistic, fit=fit), replicates, rows)
    show_address()


def _stop_or_retry(jobs: Jobs) -> None:
    """Always one button in one place, so that nothing moves."""
    is_over = are_over(jobs.values())
    if is_over and any(job.progress.state in BROKEN for job in jobs.values()):
        if st.button("Train the rest"):
            retry()
            st.rerun()  # This part of the page alone would go on showing the jobs that have ended.
    else:
        st.button("Stop all", on_click=_stop_all, args=(jobs,), disabled=is_over)


def _stop_all(jobs: Jobs) -> None:
    for job in jobs.values():
        job.stop()
