"""The parts of Compare that follow the runs: heads, progress and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from vgdemo.comparison import headings, sentences
from vgdemo.figures import (
    Figure,
    curves,
    decision_surface,
    gradient_distribution,
    layer_heatmap,
    layer_profile,
    overlaid_accuracy,
)
from vgdemo.figures.style import RUN_COLORS
from vgdemo.jobs import Job, JobState
from vgdemo.record import RunRecord
from vgdemo.ui.board import board, drawn
from vgdemo.ui.lab import MEDIAN, progress_in_words, replicate_choice, statistic_choice
from vgdemo.ui.page import plain
from vgdemo.ui.runs import retry_all
from vgdemo.ui.verdict import verdict_of_column

ROWS = {
    "curves": "accuracy and loss",
    "layers": "heatmap",
    "profile": "profile over layers",
    "distribution": "distribution",
    "surface": "decision surface",
}
FOLLOW_SECONDS = 0.6
DRAW_SECONDS = 1.6  # Four columns take a browser a quarter of a second, which training lacks if they share a machine.
FIRST_ROWS = ("layers", "profile")  # More of them take longer to draw than to train.


def watch(jobs: Mapping[str, Job]) -> None:
    """Show jobs side by side: while any trains, these parts of the page alone are run again and again."""
    is_over = are_over(jobs)
    st.html("<style>" + "".join(map(_marking, jobs, RUN_COLORS)) + "</style>")
    st.fragment(_follow, run_every=None if is_over else FOLLOW_SECONDS)(jobs, is_over)
    st.fragment(_draw, run_every=None if is_over else DRAW_SECONDS)(jobs)


def are_over(jobs: Mapping[str, Job]) -> bool:
    """Whether none trains or waits any more."""
    return all(job.progress.state.is_over for job in jobs.values())


def _follow(jobs: Mapping[str, Job], was_over: bool) -> None:
    if are_over(jobs) and not was_over:
        st.rerun()  # The whole page once more, without the clocks.
    _heads(jobs)
    with st.container(key="who-learns"):
        st.markdown(plain(_who_learns(jobs)))


def _draw(jobs: Mapping[str, Job]) -> None:
    _figures(jobs, _options(jobs))


def _heads(jobs: Mapping[str, Job]) -> None:
    titles = headings({letter: job.config for letter, job in jobs.items()})
    for column, (letter, job) in zip(st.columns(len(jobs)), jobs.items(), strict=True):
        progress = job.progress
        with column, st.container(key=f"column-{letter}", gap="xsmall"):
            st.markdown(f"**{plain(titles[letter])}**")
            words = " ".join([progress_in_words(progress, job), *progress.notices])
            st.progress(progress.epoch / progress.epochs, text=plain(words))
            verdict_of_column(job, letter)


def measured(jobs: Mapping[str, Job]) -> dict[str, RunRecord]:
    """The records that have at least one epoch."""
    records = {letter: job.record for letter, job in jobs.items()}
    return {letter: record for letter, record in records.items() if record is not None and len(record.epochs)}


def _who_learns(jobs: Mapping[str, Job]) -> str:
    if not are_over(jobs):
        return "Which columns learn stands here as soon as all runs are over."
    records = measured(jobs)
    return sentences(records)[0] if records else "Nothing was trained."


def _marking(letter: str, color: str) -> str:
    """The colour that a column's curve has in the overlaid figure."""
    return f".st-key-column-{letter} {{border-top: 3px solid {color}; padding-top: .3rem}}"


@dataclass(frozen=True)
class Options:
    """How the records are shown."""

    statistic: str
    replicate: int
    rows: tuple[str, ...]


def _options(jobs: Mapping[str, Job]) -> Options:
    with st.container(horizontal=True, vertical_alignment="center", key="options"):
        statistic = statistic_choice()
        replicate = replicate_choice(min(job.config.replicates for job in jobs.values()))
        st.session_state.setdefault("rows", list(FIRST_ROWS))
        rows = st.pills(
            "Rows of figures",
            ROWS,
            selection_mode="multi",
            format_func=lambda row: ROWS[row],
            key="rows",
            label_visibility="collapsed",
            persist_state="session",
        )
        _stop_or_retry(jobs)
    return Options(statistic, replicate, tuple(row for row in ROWS if row in rows))


def _stop_or_retry(jobs: Mapping[str, Job]) -> None:
    """Always one button in one place, so that nothing moves."""
    broken = {JobState.FAILED, JobState.STOPPED} & {job.progress.state for job in jobs.values()}
    if are_over(jobs) and broken:
        if st.button("Train the rest"):
            retry_all()
            st.rerun()  # This part of the page alone would go on showing the jobs that have ended.
    else:
        st.button("Stop all", on_click=_stop_all, args=(jobs,), disabled=are_over(jobs))


def _stop_all(jobs: Mapping[str, Job]) -> None:
    for job in jobs.values():
        job.stop()


def _figures(jobs: Mapping[str, Job], options: Options) -> None:
    """The figures; those of the runs before stay, pale, until one of the new runs has epochs."""
    records = {letter: job.record or RunRecord.empty(job.config) for letter, job in jobs.items()}
    columns, figures = st.session_state.get("compared", (0, {}))
    is_waiting = not are_over(jobs) and not any(len(record.epochs) for record in records.values())
    is_stale = is_waiting and columns == len(jobs)
    if not is_stale:
        figures = _drawn_figures(records, options)
        st.session_state["compared"] = len(jobs), figures
    board(figures, key="comparison", columns=len(jobs), stale=is_stale)


def _drawn_figures(records: Mapping[str, RunRecord], options: Options) -> dict[str, str]:
    titles = headings({letter: record.config for letter, record in records.items()})
    overlay = partial(overlaid_accuracy, records, titles)
    figures = {"overlay": drawn(f"overlay {titles}", [*records.values()], overlay)}
    for row, make in _makers(options).items():
        for letter, record in records.items():
            name = f"{row} {letter}"
            figures[name] = drawn(f"{name} {options}", [record], partial(_lettered, make, record, letter))
    return figures


def _lettered(make: Callable[[RunRecord], Figure], record: RunRecord, letter: str) -> Figure:
    figure = make(record)
    figure.layout.title.text = f"{letter} · {figure.layout.title.text}"
    return figure


def _makers(shown: Options) -> dict[str, Callable[[RunRecord], Figure]]:
    replicate = None if shown.replicate == MEDIAN else shown.replicate
    makers = {
        "curves": partial(curves),
        "layers": partial(layer_heatmap, statistic=shown.statistic, replicate=replicate),
        "profile": partial(layer_profile, statistic=shown.statistic, replicate=replicate),
        "distribution": partial(gradient_distribution, replicate=replicate),
        "surface": partial(decision_surface, replicate=replicate),
    }
    return {row: makers[row] for row in shown.rows}
