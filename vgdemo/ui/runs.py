"""The runs that a visit follows, and the store and the queue that all visits share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from vgdemo.config import RunConfig
from vgdemo.jobs import Job, Jobs, JobState, Progress, SchedulerError
from vgdemo.store import RunStore, StoredRun, StoreError
from vgdemo.ui.session import Session, session
from vgdemo.ui.visitor import visitor

LIST_SECONDS = 2  # A list of all stored runs is at most this old: marking a row need not list the store again.
BROKEN = (JobState.FAILED, JobState.STOPPED)

_visits: dict[str, Session] = {}  # Those that have asked for runs, by Streamlit's names.
_opened: list[Jobs] = []  # The one queue, as soon as there is one.


@st.cache_resource(show_spinner=False)
def open_jobs() -> Jobs:
    """The queue of runs that all sessions share."""
    jobs = Jobs(open_store())
    _opened[:] = [jobs]
    return jobs


def jobs_are_open() -> bool:
    """Whether anybody has asked for the queue yet."""
    return bool(_opened)


@st.cache_resource(show_spinner=False)
def open_store() -> RunStore:
    """Where finished runs are kept."""
    return RunStore()


@st.cache_resource(show_spinner=False, ttl=LIST_SECONDS)
def stored_runs() -> list[StoredRun]:
    """What the store holds, newest first."""
    return open_store().summaries()


@st.cache_resource(show_spinner=False, ttl=LIST_SECONDS, max_entries=1000)
def is_stored(run_key: str) -> bool:
    """Whether the store holds a run; looked up now and then, however many people poll."""
    return run_key in open_store()


def look_again() -> None:
    """The store was changed here: what was looked up before is out of date."""
    stored_runs.clear()
    is_stored.clear()


def follow(config: RunConfig) -> Job:
    """The Lab's job for a run; what it replaces is cancelled.

    A run that was deleted from the store since it was complete is trained again.

    Raises:
        SchedulerError: If there is nothing to train on; the next call connects anew.
    """
    job = session().job
    if job is None or job.config != config or _was_deleted(job):
        leave()
        job = session().job = _submit(config)
    return job


def leave() -> None:
    """Want the Lab's run no more."""
    job, session().job = session().job, None
    if job is not None:
        _let_go(job)


def follow_all(configs: Sequence[RunConfig]) -> list[Job]:
    """Compare's jobs for runs side by side; what they replace is cancelled.

    A run that was deleted from the store since it was complete is trained again.

    Raises:
        SchedulerError: If there is nothing to train on; the next call connects anew.
    """
    held = session().compared
    for config, job in list(held.items()):
        if config not in configs or _was_deleted(job):
            _let_go(held.pop(config))
    for config in configs:
        if config not in held:
            held[config] = _submit(config)
    return [held[config] for config in configs]


def retry() -> None:
    """Want the Lab's and Compare's runs that failed or were stopped no more, so that their pages ask for them again.

    They ask over a new connection if the old one is broken.
    """
    job = session().job
    if job is not None and job.progress.state in BROKEN:
        leave()
    held = session().compared
    for config in [config for config, one in held.items() if one.progress.state in BROKEN]:
        _let_go(held.pop(config))
    with suppress(StoreError):  # The page says it.
        try:
            open_jobs().check()
        except SchedulerError:
            open_jobs().connect_anew()


def queue(configs: Sequence[RunConfig], *, first: bool = False) -> None:
    """Train for all visits what the store does not hold, after those that a person looks at.

    Args:
        configs: What to train.
        first: Whether these go before what was queued earlier.

    Raises:
        SchedulerError: If there is nothing to train on; the next call connects anew.
        StoreError: If nobody can say what the store holds; nothing is trained then.
    """
    stored, jobs = open_store().look_up_all(config.run_key for config in configs), open_jobs()
    missing = [config for config in configs if config.run_key not in stored]
    try:
        if first:
            jobs.shared.train_first(missing)
        else:
            jobs.shared.train(missing)
    except SchedulerError:
        jobs.connect_anew()
        raise


def standing(config: RunConfig) -> Progress | None:
    """Where a run stands that is trained for all visits, whoever has asked for it; None if nothing came of it yet."""
    jobs = open_jobs()
    tracked = jobs.progress(config.run_key)
    if tracked is not None:
        return tracked
    if is_stored(config.run_key):
        return Progress(JobState.DONE, config.epochs, config.epochs)
    job = jobs.shared.job(config)
    return None if job is None or _was_deleted(job) else job.progress


def _was_deleted(job: Job) -> bool:
    """Whether the run was complete and is in the store no more."""
    return job.progress.state is JobState.DONE and job.record is None


def release_all_but(present: Collection[str]) -> None:
    """Want nothing more of what visits wanted that are over.

    Args:
        present: Streamlit's names of those that are not.
    """
    for name in [name for name in [*_visits] if name not in present]:
        for job in _held(_visits.pop(name)):
            job.release()


def _held(visit: Session) -> list[Job]:
    return [job for job in (visit.job, *visit.compared.values()) if job is not None]


def _let_go(job: Job) -> None:
    """Want a run no more; nor is it trained on for the page of before a reload, which Streamlit keeps for a while."""
    job.release()
    of_visits = [(name, one) for name, visit in [*_visits.items()] for one in _held(visit)]
    same = [(name, one) for name, one in of_visits if (one.config, one.visitor) == (job.config, job.visitor)]
    if all(_is_left(name) for name, _ in same):
        for _, one in same:
            one.stop()


def _is_left(name: str) -> bool:
    """Whether no browser shows a visit, by Streamlit's name, any more; it may come back."""
    return runtime.exists() and not runtime.get_instance().is_active_session(name)


def _submit(config: RunConfig) -> Job:
    jobs = open_jobs()
    if context := get_script_run_ctx():
        _visits[context.session_id] = session()
    try:
        return jobs.submit(config, visitor=visitor())
    except SchedulerError:
        jobs.connect_anew()
        raise
