"""The parts of the page that follow logs: how far each has come, what it has, and the figures."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial

import streamlit as st

from vgdemo.diagnosis import Diagnosis, Verdict
from vgdemo.export import ReportedRun
from vgdemo.figures import ViewOptions
from vgdemo.jobs import JobState
from vgdemo.log import LogError
from vgdemo.trials import first_remedies
from vgdemo.ui.choice_of_logs import offer_new, show_address
from vgdemo.ui.live import announce
from vgdemo.ui.logs import ShownLog, log_folder, log_names, look_at_log
from vgdemo.ui.names import LETTERS
from vgdemo.ui.page import plain, told
from vgdemo.ui.pages import YOUR_MODEL
from vgdemo.ui.progress import redraw
from vgdemo.ui.replicates import ALL
from vgdemo.ui.session import session
from vgdemo.ui.verdict import diagnosis_of, findings, reasons, say, seen_so_far, verdict_in_words
from vgdemo.ui.views import fit_choice, order_choice, row_choice, show_one, show_side_by_side, statistic_choice
from vgdemo.wording import capitalized

POLL_SECONDS, IDLE_SECONDS = 1.0, 5.0  # While a log is written or awaited, and while another one may begin.
ABSENT = "The verdict follows when the training ends."
STILL = "So it is until now; the training goes on."
UNDECIDED = (Verdict.UNKNOWN, Verdict.STUCK, Verdict.LEARNING, Verdict.NOISE)  # More epochs may say otherwise.

Logs = Mapping[str, ShownLog]  # By the name that the person has chosen.


def watch(names: Sequence[str]) -> None:
    """Show logs: this part of the page alone is run again and again, as long as there may be something new."""
    logs, _ = _look(names)
    redraw(lambda: _state(names), partial(_draw, names), every=_pause(logs))


def _pause(logs: Logs) -> float | None:
    """Seconds between two looks; None where nothing new can come."""
    if any(log.is_running for log in logs.values()):
        return POLL_SECONDS
    if log_folder() is None:
        return None
    return IDLE_SECONDS if logs else POLL_SECONDS


def _look(names: Sequence[str]) -> tuple[Logs, dict[str, LogError]]:
    """The logs as they are now, and why others cannot be read."""
    logs, errors = {}, {}
    for name in names:
        try:
            logs[name] = session().uploads.get(name) or look_at_log(name)
        except LogError as error:
            errors[name] = error
    return logs, errors


def _state(names: Sequence[str]) -> Hashable:
    """What changes the whole page: which logs there are, and which of them have ended."""
    logs, errors = _look(names)
    return log_names(), [log.progress.state for log in logs.values()], [*errors]


def _draw(names: Sequence[str]) -> None:
    logs, errors = _look(names)
    offer_new()
    for name, error in errors.items():
        st.error(told(f"{name}: {error}"))
    if logs:
        _heads(logs)
        _figures(logs)
    announce(" ".join(f"{name}: {_in_short(log)}" for name, log in logs.items()))
    show_address()


def _heads(logs: Logs) -> None:
    for letter, column, log in zip(LETTERS, st.columns(len(logs)), logs.values(), strict=False):
        with column, st.container(key=f"verdict-{letter}", gap="xsmall"):  # As the style sheet knows it.
            if len(logs) > 1:
                st.markdown(f"**{letter} · {plain(log.name)}**")
            st.progress(_share(log), text=told(" ".join([progress_of(log), *log.record.notices])))
            _verdict(log, f"Why {letter}?" if len(logs) > 1 else "Why")


def _share(log: ShownLog) -> float:
    progress = log.progress
    return 1.0 if progress.state is JobState.DONE else progress.epoch / max(1, progress.epochs)


def progress_of(log: ShownLog) -> str:
    """How far a training has come, in a sentence."""
    record, progress = log.record, log.progress
    planned = "" if record.planned_epochs is None else f" of {record.planned_epochs}"
    where = f"{record.unit} {progress.epoch}{planned}"
    if not len(record.epochs):
        return "Nothing is measured yet."
    if log.is_silent:
        return f"{capitalized(where)}: nothing was written for a while, so the training has most likely ended."
    words = {
        JobState.TRAINING: f"Training: {where}.",
        JobState.DONE: f"Complete after {where}.",
        JobState.STOPPED: f"Stopped after {where}.",
        JobState.FAILED: f"Failed after {where}.",
    }
    return words[progress.state]


def _in_short(log: ShownLog) -> str:
    """What is said aloud of a log: that it goes on, then how it ended."""
    return f"{progress_of(log)} {verdict_in_words(log)}" if log.progress.state.is_over else "Training."


def _verdict(log: ShownLog, why: str) -> None:
    """What the training has until now, with its reasons and what may cure it; before it is over only what is plain."""
    diagnosis = diagnosis_of(log.record)
    is_over = log.progress.state.is_over
    if not is_over and diagnosis.verdict in UNDECIDED:
        st.markdown(f":material/hourglass_top: {plain(seen_so_far(log))} {ABSENT}")
        return
    say(diagnosis)
    if not is_over:
        st.caption(STILL)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        reasons(diagnosis, why)
        _remedies(diagnosis, log.name)


def _remedies(diagnosis: Diagnosis, name: str) -> None:
    """What may cure it, as code for the person's own program."""
    remedies = first_remedies(diagnosis, None)
    if not remedies:
        return
    with st.popover("What may cure it", type="tertiary", key=f"cure {name}"):
        for remedy in remedies:
            st.markdown(f"**{plain(remedy.label)}.** {plain(remedy.explanation)}")
            st.code(remedy.as_keras(), language="python", wrap_lines=True)


def _figures(logs: Logs) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="options"):
        statistic = statistic_choice(log.record for log in logs.values())
        fit = fit_choice("this log" if len(logs) == 1 else "these logs")
        smallest_first = order_choice()
        rows = row_choice(log.record for log in logs.values()) if len(logs) > 1 else ()
    options = ViewOptions(statistic, fit=fit, smallest_first=smallest_first)
    if len(logs) == 1:
        ((name, log),) = logs.items()
        show_one(log, options, page=YOUR_MODEL, name=name)
    else:
        lettered = dict(zip(LETTERS, logs.values(), strict=False))
        called = {letter: log.name for letter, log in lettered.items()}
        show_side_by_side(lettered, options, ALL, rows, page=YOUR_MODEL, own=called)


def reported(names: Sequence[str]) -> list[ReportedRun]:
    """The logs for those who take them away, as far as they are written."""
    logs, _ = _look(names)
    return [
        _reported(log, letter) for letter, log in zip(LETTERS, logs.values(), strict=False) if len(log.record.epochs)
    ]


def _reported(log: ShownLog, letter: str) -> ReportedRun:
    return ReportedRun(log.record, findings=findings(log.record), letter=letter, name=log.name)
