"""The parts of the Lab: a run's progress and its figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.export import Exhibit
from vgdemo.figures import (
    STATISTICS,
    Figure,
    curves,
    decision_surface,
    gradient_distribution,
    layer_heatmap,
    layer_profile,
)
from vgdemo.jobs import Job, JobState, Progress
from vgdemo.record import RunRecord
from vgdemo.ui.board import board, drawn
from vgdemo.ui.foresight import forecast_of
from vgdemo.ui.page import plain
from vgdemo.ui.runs import retry
from vgdemo.ui.verdict import findings, verdict

POLL_SECONDS = 0.4
MEDIAN = -1  # In the place of one replicate's number.


def watch(job: Job) -> None:
    """Show a job: while it trains, this part of the page alone is run again and again."""
    is_over = job.progress.state.is_over
    st.fragment(_watch, run_every=None if is_over else POLL_SECONDS)(job, is_over)


def _watch(job: Job, was_over: bool) -> None:
    progress = job.progress
    if progress.state.is_over and not was_over:
        st.rerun()  # The whole page once more, without the clock.
    _progress_line(job, progress)
    verdict(job)
    _figures(job, _options(job.config))


def exhibits(job: Job) -> list[Exhibit]:
    """The run for those who take it away, once it is over."""
    record = job.record if job.progress.state.is_over else None
    return [Exhibit(record, findings=findings(record))] if record is not None and len(record.epochs) else []


def _progress_line(job: Job, progress: Progress) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        st.progress(
            progress.epoch / progress.epochs,
            text=plain(" ".join([progress_in_words(progress, job), *progress.notices])),
        )
        if progress.state is JobState.FAILED:
            if st.button("Try again"):
                retry(job.config)
                st.rerun()  # This part of the page alone would go on showing the job that failed.
        else:
            st.button("Stop", on_click=job.stop, disabled=progress.state.is_over)


def progress_in_words(progress: Progress, job: Job) -> str:
    """Where a job stands, in one sentence."""
    match progress.state:
        case JobState.QUEUED:
            return f"In the queue, at place {progress.position}." if progress.position else "In the queue."
        case JobState.COMPILING:
            return "Compiling the network; its first epochs follow."
        case JobState.TRAINING:
            left = f", {progress.seconds_left:.1f} s left" if progress.seconds_left is not None else ""
            return f"Training: epoch {progress.epoch} of {progress.epochs}{left}."
        case JobState.STOPPED:
            return f"Stopped after epoch {progress.epoch} of {progress.epochs}; a stopped run is not kept."
        case JobState.FAILED:
            return f"Failed: {progress.reason}"
    seconds = job.record.seconds if job.record else {}
    return "Complete" + "".join(f", {value:.1f} s to {stage}" for stage, value in seconds.items()) + "."


@dataclass(frozen=True)
class Options:
    """How a record is shown."""

    statistic: str
    replicate: int
    fit: bool
    singles: bool


def statistic_choice() -> str:
    """Which statistic of a layer is drawn, on all pages the same."""
    return st.selectbox(
        "Statistic of a layer",
        STATISTICS,
        format_func=lambda name: STATISTICS[name].label,
        key="statistic",
        label_visibility="collapsed",
        persist_state="session",
    )


def replicate_choice(replicates: int) -> int:
    """Which replicate is drawn, from 0, or `MEDIAN`."""
    number: int = st.selectbox(
        "Replicates",
        (MEDIAN, *range(replicates)),
        format_func=lambda number: "median of all replicates" if number == MEDIAN else f"replicate {number + 1}",
        key="replicate",
        label_visibility="collapsed",
    )
    return number


def _options(config: RunConfig) -> Options:
    with st.container(horizontal=True, vertical_alignment="center", key="options"):
        return Options(
            statistic=statistic_choice(),
            replicate=replicate_choice(config.replicates),
            fit=st.toggle("fit the scales to this run", key="fit", persist_state="session"),
            singles=st.toggle("single replicates", key="singles", persist_state="session"),
        )


class Shown(NamedTuple):
    """The figures on the page.

    Attributes:
        of: The run, its version and the options that they were made for.
        figures: Name to JSON.
        has_epochs: Whether there is anything in them.
        stale: Whether they are of an earlier run, the one that is asked for having no epochs yet.
    """

    of: tuple[str, int, Options]
    figures: dict[str, str]
    has_epochs: bool
    stale: bool = False


def _figures(job: Job, options: Options) -> None:
    shown = st.session_state["shown"] = _next_shown(job, options, st.session_state.get("shown"))
    board(shown.figures, key="lab", stale=shown.stale)


def _next_shown(job: Job, options: Options, before: Shown | None) -> Shown:
    of = job.run_key, job.version, options
    if before is not None and before.of == of:
        return before
    record = job.record
    if record is None and before is not None and before.has_epochs:
        return before._replace(of=of, stale=True)
    record = record or RunRecord.empty(job.config)
    figures = {
        name: drawn(f"{name} {options}", [record], partial(make, record))
        for name, make in _makers(options, job.config).items()
    }
    return Shown(of, figures, has_epochs=len(record.epochs) > 0)


def _makers(shown: Options, config: RunConfig) -> dict[str, Callable[[RunRecord], Figure]]:
    statistic, fit = shown.statistic, shown.fit
    replicate = None if shown.replicate == MEDIAN else shown.replicate
    return {
        "curves": partial(curves, singles=shown.singles),
        "layers": partial(layer_heatmap, statistic=statistic, replicate=replicate, fit=fit),
        "profile": partial(
            layer_profile, statistic=statistic, replicate=replicate, fit=fit, forecast=forecast_of(config)
        ),
        "distribution": partial(gradient_distribution, replicate=replicate, fit=fit),
        "surface": partial(decision_surface, replicate=replicate),
    }
