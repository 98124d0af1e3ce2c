"""The training of the article's experiments: how far it has come, what is in training, and the buttons for it.

What is said here is of the server's queue, which all visits share: who reloads the page, or opens it elsewhere, joins.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from vgdemo.article import Experiment, experiments
from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, Progress, SchedulerError
from vgdemo.store import StoreError
from vgdemo.ui import runs
from vgdemo.ui.live import announce
from vgdemo.ui.page import plain, told
from vgdemo.ui.progress import redraw
from vgdemo.ui.session import session
from vgdemo.ui.visitor import ONLY_OWNER, are_trusted
from vgdemo.waiting import Part, seconds_left
from vgdemo.wording import counted, listed, time_left

POLL_SECONDS = 1.0
ABOUT = """This page trains its experiments by itself, those at the top first, and goes on when you leave it.
Runs of the Lab and of Compare go before them."""
STOPPED = """The training was stopped, here or by somebody else who has this page open. Train all goes on with what is
missing, for everybody; a run that was stopped begins again from its start."""
STOP_HELP = """Stops the article's training on this server, for everybody who has this page open. A run that somebody
follows in the Lab or in Compare goes on there. Complete runs stay; what is stopped begins again from its start."""
FIRST_HELP = "Puts this experiment's runs before those of the others."
AT_WORK = (JobState.COMPILING, JobState.TRAINING)
MOST_NAMED = 2  # Of the runs in training; a line has no room for more.


class State(NamedTuple):
    """What changes the whole page when it changes: an experiment has something to show, or its place is another.

    Attributes:
        over: The runs to which nothing more comes.
        active: The runs that a worker is at.
        is_active: Whether anything is awaited.
    """

    over: tuple[str, ...]
    active: tuple[str, ...]
    is_active: bool


def begin(configs: Sequence[RunConfig]) -> None:
    """Train what is missing, once in a visit; after Stop, whoever pressed it, it is for a person to say."""
    if not session().has_begun_article and not _is_stopped(configs):
        session().has_begun_article = True
        train(configs)


def train(configs: Sequence[RunConfig], *, first: bool = False) -> None:
    """Queue what is missing, and remember why if that cannot be."""
    try:
        runs.queue(configs, first=first)
    except (SchedulerError, StoreError) as error:
        session().queue_error = str(error)


def training(configs: Sequence[RunConfig]) -> None:
    """How many of the runs are complete, how long the others take, and the button that trains them or stops."""
    every = POLL_SECONDS if state(configs).is_active else None
    redraw(partial(state, configs), partial(_draw, configs), every=every)
    st.caption(STOPPED if _is_stopped(configs) else ABOUT)


def state(configs: Sequence[RunConfig]) -> State:
    """The state of these runs."""
    standings = {config.run_key: runs.standing(config) for config in configs}
    known = {key: found.state for key, found in standings.items() if found is not None}
    over = tuple(key for key, one in known.items() if one.is_over)
    active = tuple(key for key, one in known.items() if one in AT_WORK)
    return State(over, active, len(known) > len(over))


def standing_of(experiment: Experiment, every: Sequence[RunConfig]) -> None:
    """Where an experiment's runs stand, and the button that trains them before all others.

    Args:
        experiment: The experiment.
        every: The runs of all experiments.
    """
    own = state(experiment.configs)
    redraw(partial(state, every), partial(_draw_standing, experiment), every=POLL_SECONDS if own.active else None)


def _draw(configs: Sequence[RunConfig]) -> None:
    standings = [runs.standing(config) for config in configs]
    complete = sum(_is_done(one) for one in standings)
    shares = [_share(one) for one in standings]
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        stopped = "training was stopped with " if _is_stopped(configs) else ""
        left = f", {stopped}{_left(configs, shares)}" if complete < len(configs) else ""
        st.progress(sum(shares) / len(shares), text=plain(f"{complete} of {len(configs)} runs are complete{left}."))
        if _is_training(configs):
            is_allowed = are_trusted()
            help_text = STOP_HELP if is_allowed else ONLY_OWNER
            st.button("Stop", on_click=runs.open_jobs().shared.stop, disabled=not is_allowed, help=help_text)
        else:
            is_done = complete == len(configs)
            st.button("Train all", type="primary", disabled=is_done, on_click=train, args=(configs,))
    with st.container(key="now"):
        st.caption(plain(_now(configs)) or "&nbsp;")
    announce(f"{complete} of {len(configs)} runs are complete.")
    error, session().queue_error = session().queue_error, None
    if error:
        st.error(told(error))


def _is_training(configs: Sequence[RunConfig]) -> bool:
    """Whether the article itself has any of them trained, or in the queue."""
    return any(not job.progress.state.is_over for job in runs.open_jobs().shared.jobs(configs))


def _is_stopped(configs: Sequence[RunConfig]) -> bool:
    """Whether somebody pressed Stop, and nobody had the rest trained since."""
    standings = map(runs.standing, configs)
    return not _is_training(configs) and any(one is not None and one.state is JobState.STOPPED for one in standings)


def _left(configs: Sequence[RunConfig], shares: Sequence[float]) -> str:
    jobs = runs.open_jobs()
    held = [jobs.shared.job(config) for config in configs]
    seconds = [job.seconds if job is not None and job.progress.state is not JobState.STOPPED else None for job in held]
    parts = [Part(*part) for part in zip(configs, shares, seconds, strict=True)]
    return time_left(seconds_left(parts, jobs.num_workers))


def _now(configs: Sequence[RunConfig]) -> str:
    """What goes on, in a line."""
    found = [(config, one) for config in configs if (one := runs.standing(config)) is not None]
    at_work = [(config, one) for config, one in found if one.state in AT_WORK]
    if at_work:
        named = [f"{_name(config)}, {_epoch(one)}" for config, one in at_work[:MOST_NAMED]]
        more = [counted(len(at_work) - MOST_NAMED, "other run")] if len(at_work) > MOST_NAMED else []
        return f"In training: {listed([*named, *more])}."
    waiting = [one for _, one in found if one.state is JobState.QUEUED]
    if any(one.notices for one in waiting):
        return "The workers are starting, which takes some seconds; the first run follows."
    return "Waiting for a worker." if waiting else ""


def _epoch(progress: Progress) -> str:
    return "compiling" if progress.state is JobState.COMPILING else f"epoch {progress.epoch} of {progress.epochs}"


def _name(config: RunConfig) -> str:
    """What the first experiment that looks at a run calls it."""
    named = ((f"{one.number} · {name}", run) for one in experiments() for name, run in one.runs)
    return next((name for name, run in named if run == config), config.sentence)


def _draw_standing(experiment: Experiment) -> None:
    standings = [runs.standing(config) for config in experiment.configs]
    missing = [one for one in standings if not _is_done(one)]
    with st.container(horizontal=True, vertical_alignment="center", key=f"standing-{experiment.number}"):
        words = in_words_of(standings)
        st.button(
            f"Train {experiment.number}",
            key=f"train {experiment.number}",
            help=FIRST_HELP,
            disabled=not missing or all(_is_at_work(one) for one in missing),
            on_click=train,
            args=(experiment.configs,),
            kwargs={"first": True},
        )
        st.caption(plain(words))


def in_words_of(standings: Sequence[Progress | None]) -> str:
    """Where an experiment's runs stand, in one short sentence."""
    missing = [one for one in standings if not _is_done(one)]
    done = (
        f"{len(standings) - len(missing)} of {counted(len(standings), 'run')} trained. " if len(standings) > 1 else ""
    )
    if not missing:
        return "Trained."
    at_work = [_epoch(one) for one in missing if one is not None and one.state in AT_WORK]
    if at_work:
        return f"{done}In training: {listed(at_work)}."
    places = [one.position for one in missing if one is not None and one.position is not None]
    if places:
        return f"{done}Waiting at place {min(places)}."
    stopped = [one for one in missing if one is not None and one.state is JobState.STOPPED and one.epoch]
    return f"{done}Stopped after epoch {stopped[0].epoch}." if stopped else f"{done}Not trained yet."


def _is_done(progress: Progress | None) -> bool:
    return progress is not None and progress.state is JobState.DONE


def _is_at_work(progress: Progress | None) -> bool:
    return progress is not None and progress.state in AT_WORK


def _share(progress: Progress | None) -> float:
    return progress.epoch / progress.epochs if progress is not None else 0.0
