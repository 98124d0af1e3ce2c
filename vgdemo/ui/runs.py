"""The runs that a session follows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.jobs import Job, Jobs, JobState, SchedulerError
from vgdemo.store import RunStore, StoreError


@st.cache_resource(show_spinner=False)
def open_jobs() -> Jobs:
    """The queue of runs that all sessions share."""
    return Jobs(open_store())


@st.cache_resource(show_spinner=False)
def open_store() -> RunStore:
    """Where finished runs are kept."""
    return RunStore()


def has_no_runs() -> bool:
    """Whether nobody has trained here before; a store that cannot be read does not say."""
    try:
        return not any(True for _ in open_store())
    except StoreError:
        return False


def follow(config: RunConfig) -> Job:
    """The session's job for a run; what it replaces is cancelled.

    Raises:
        SchedulerError: If there is nothing to train on; the next call connects anew.
    """
    job: Job | None = st.session_state.get("job")
    if job is None or job.config != config:
        leave()
        job = st.session_state["job"] = _submit(config)
    return job


def leave() -> None:
    """Want the session's run no more."""
    job: Job | None = st.session_state.pop("job", None)
    if job is not None:
        job.release()


def retry(config: RunConfig) -> None:
    """Ask for a run again, over a new connection if the old one is the reason of the failure."""
    leave()
    with suppress(SchedulerError):  # The page asks once more, and shows what comes of it.
        follow(config)


def follow_all(configs: Sequence[RunConfig]) -> list[Job]:
    """The session's jobs for runs side by side; what they replace is cancelled.

    A run that was deleted from the store since it was complete is trained again.

    Raises:
        SchedulerError: If there is nothing to train on; the next call connects anew.
    """
    held: dict[RunConfig, Job] = st.session_state.setdefault("jobs", {})
    for config, job in list(held.items()):
        was_deleted = job.progress.state is JobState.DONE and job.record is None
        if config not in configs or was_deleted:
            held.pop(config).release()
    for config in configs:
        if config not in held:
            held[config] = _submit(config)
    return [held[config] for config in configs]


def retry_all() -> None:
    """Ask again for all runs side by side that are not complete."""
    held: dict[RunConfig, Job] = st.session_state.get("jobs", {})
    for config, job in list(held.items()):
        if job.progress.state in (JobState.FAILED, JobState.STOPPED):
            held.pop(config).release()


def queue(configs: Sequence[RunConfig]) -> None:
    """Train runs in the background, after those that a person looks at; what failed or was stopped begins again.

    Raises:
        SchedulerError: If there is nothing to train on; the next call connects anew.
    """
    store = open_store()
    for config in configs:
        job = queued().get(config)
        if config.run_key in store:
            continue
        if job is None or job.progress.state in (JobState.FAILED, JobState.STOPPED):
            queued()[config] = _submit(config, interactive=False)


def queued() -> dict[RunConfig, Job]:
    """The session's runs in the background."""
    held: dict[RunConfig, Job] = st.session_state.setdefault("queued", {})
    return held


def _submit(config: RunConfig, *, interactive: bool = True) -> Job:
    jobs = open_jobs()
    try:
        return jobs.submit(config, interactive=interactive)
    except SchedulerError:
        if open_jobs() is jobs:  # Another session may have replaced it already.
            open_jobs.clear()
            jobs.close()
        raise
