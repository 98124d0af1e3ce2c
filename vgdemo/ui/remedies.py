"""The buttons of remedies: each says what came of its trial, and leads to the changed run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.diagnosis import Remedy
from vgdemo.jobs import Job, JobState, Trial, TrialState
from vgdemo.learning import Share
from vgdemo.trials import MOST_TRIED, in_words, trial_of
from vgdemo.ui import runs
from vgdemo.ui.page import plain
from vgdemo.ui.progress import redraw
from vgdemo.ui.session import TRY

POLL_SECONDS = 1.0
MOST_OF_VISIT = 2 * MOST_TRIED  # Trials that one visit wants at a time, however many runs stand side by side.
SWITCH_HELP = """While you read, workers that nobody needs train the first remedies of a run that does not learn, and
the buttons say how many replicates learn with each. Whatever a person trains goes first."""

Trials = Mapping[str, Trial | None]  # By the label of the remedy; None: too large to be tried.


def trial_switch() -> None:
    """Lets a person turn trials off, on a server that makes any."""
    if runs.open_jobs().trials.is_on:
        st.session_state.setdefault(TRY, True)
        st.toggle("Try while I read", key=TRY, persist_state="session", help=SWITCH_HELP)


def remedy_buttons(
    remedies: Sequence[Remedy],
    job: Job,
    before: Share | None,
    choose: Callable[[RunConfig], None],
    *,
    letter: str = "",
    most: int = MOST_TRIED,
) -> None:
    """A button for each remedy. While any of them is tried, this part of the page alone is drawn again and again.

    Args:
        remedies: Most promising first.
        job: The run that they may cure.
        before: The replicates of it that learn.
        choose: Gets the changed run when its button is pressed.
        letter: Of the run's column; empty in the Lab.
        most: How many of them are tried.
    """
    look = partial(_look, remedies, job, most)
    draw = partial(_draw, remedies, job.config, before, choose, letter, look)
    redraw(lambda: _are_over(look()), draw, every=None if _are_over(look()) else POLL_SECONDS)


def _look(remedies: Sequence[Remedy], job: Job, most: int) -> Trials:
    """Where the trials stand; those of a run that is not whole are not begun."""
    trials = runs.open_jobs().trials
    if job.progress.state is not JobState.DONE or not (trials.is_on and st.session_state.get(TRY, True)):
        return {}
    tried = {one.label: trial_of(one.applied(job.config)) for one in remedies[:most]}
    quick = {label: config for label, config in tried.items() if config is not None}
    found = dict(zip(quick, trials.look([*quick.values()]), strict=True))
    return {label: found.get(label) for label in tried}


def _are_over(trials: Trials) -> bool:
    return all(trial is None or trial.state.is_over for trial in trials.values())


def _draw(
    remedies: Sequence[Remedy],
    config: RunConfig,
    before: Share | None,
    choose: Callable[[RunConfig], None],
    letter: str,
    look: Callable[[], Trials],
) -> None:
    trials = look()
    row = f"remedies-{letter}" if letter else "remedies"
    st.html(f"<style>{_ordering(row, remedies, trials)}</style>")
    with st.container(horizontal=True, gap="xsmall", key=row):
        for remedy in remedies:
            words = _words(remedy, trials, before)
            label = f"{remedy.label} :small[·] :small[{plain(words)}]" if words else remedy.label
            if st.button(label, help=remedy.explanation, key=f"remedy {letter} {remedy.label}"):
                choose(remedy.applied(config))


def _words(remedy: Remedy, trials: Trials, before: Share | None) -> str:
    """What came of a remedy's trial; empty where none is made."""
    if remedy.label not in trials:
        return ""
    trial = trials[remedy.label]
    if trial is None:
        return "too large to be tried"
    if trial.learned is not None:
        return in_words(trial.learned, before)
    return WORDS[trial.state]


WORDS = {
    TrialState.WAITING: "to be tried",
    TrialState.AT_WORK: "being tried …",
    TrialState.FAILED: "its trial failed",
}


def _ordering(row: str, remedies: Sequence[Remedy], trials: Trials) -> str:
    """Styles that put those first with which most replicates learn, once all are tried.

    The elements stay where they are, so a button that has the focus keeps it; `page.css` lets the order wait while the
    pointer is among them. What is not known comes last.
    """
    if not _are_over(trials):
        return ""
    shares = [_share(trials.get(remedy.label)) for remedy in remedies]
    order = sorted(range(len(remedies)), key=lambda place: -shares[place])
    return "".join(f".st-key-{row} > :nth-child({place + 1}) {{order: {rank}}}" for rank, place in enumerate(order))


def _share(trial: Trial | None) -> float:
    return trial.learned.value if trial is not None and trial.learned is not None else -1.0
