"""The training of the article's experiments: how far it has come, and the button that starts or stops it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, SchedulerError
from vgdemo.store import StoreError
from vgdemo.ui import runs
from vgdemo.ui.page import plain
from vgdemo.ui.progress import are_over, redraw
from vgdemo.ui.session import session

POLL_SECONDS = 1.0


class State(NamedTuple):
    """What changes the whole page when it changes: an experiment has something to show, or the clock is to stop."""

    num_over: int
    is_active: bool


def training(configs: Sequence[RunConfig]) -> None:
    """How many of the runs are complete, and the button that trains the others or stops."""
    every = POLL_SECONDS if _state(configs).is_active else None
    redraw(partial(_state, configs), partial(_draw, configs), every=every)


def _state(configs: Sequence[RunConfig]) -> State:
    jobs = [job for config, job in session().queued.items() if config in configs]
    return State(sum(job.progress.state.is_over for job in jobs), not are_over(jobs))


def _draw(configs: Sequence[RunConfig]) -> None:
    shares = [_share_trained(config) for config in configs]
    complete = sum(share == 1 for share in shares)
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        text = f"{complete} of {len(configs)} runs are complete. {_now_in_training()}"
        st.progress(sum(shares) / len(shares), text=plain(text))
        if _state(configs).is_active:
            st.button("Stop", on_click=_stop, args=(configs,))
        else:
            is_done = complete == len(configs)
            st.button("All experiments", type="primary", disabled=is_done, on_click=_train, args=(configs,))
    error, session().queue_error = session().queue_error, None
    if error:
        st.error(plain(error))


def _now_in_training() -> str:
    jobs = [job for job in session().queued.values() if job.progress.state is JobState.TRAINING]
    return "; ".join(f"{job.config.sentence}: epoch {job.progress.epoch} of {job.config.epochs}" for job in jobs)


def _train(configs: Sequence[RunConfig]) -> None:
    try:
        runs.queue(configs)
    except (SchedulerError, StoreError) as error:
        session().queue_error = str(error)


def _stop(configs: Sequence[RunConfig]) -> None:
    """Leave the queue and stop what trains; complete runs stay."""
    for config in configs:
        job = session().queued.get(config)
        if job is not None:
            job.stop()


def _share_trained(config: RunConfig) -> float:
    job = session().queued.get(config)
    if job is not None:
        return job.progress.epoch / job.progress.epochs
    return float(runs.is_stored(config.run_key))
