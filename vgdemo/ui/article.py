"""The parts of the Article page: the points, and what each experiment has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from vgdemo.article import Experiment, Finding, Judgement, experiments, judged
from vgdemo.config import RunConfig
from vgdemo.figures import scatter
from vgdemo.jobs import JobState
from vgdemo.links import COLUMNS, run_query, to_query
from vgdemo.record import RunRecord
from vgdemo.ui import runs
from vgdemo.ui.article_pictures import pictures
from vgdemo.ui.board import Picture, board, drawn
from vgdemo.ui.page import plain
from vgdemo.ui.pages import COMPARE, LAB, PAGES
from vgdemo.ui.session import session

COLORS = {
    Judgement.AGREES: "green",
    Judgement.DISAGREES: "red",
    Judgement.ONE_DRAW: "orange",
    Judgement.OPEN: "blue",
    Judgement.CUT_SHORT: "gray",
}


@dataclass(frozen=True)
class Seen:
    """What a page shows of an experiment, small enough to be kept when its records are not.

    Attributes:
        findings: One for each claim; None where a run is missing.
        conclusion: What they say together, if there is such a sentence.
        pictures: Name to figure.
    """

    findings: tuple[Finding | None, ...]
    conclusion: str | None
    pictures: Mapping[str, Picture]


def data() -> None:
    """The points that all experiments tell apart."""
    config = experiments()[0].configs[0]
    with st.container(key="experiment-data"):
        board({"data": drawn("data", config, [], lambda: scatter(config))}, key="figures of the data")


def section(experiment: Experiment) -> None:
    """An experiment: its story, what its records say to the article, its figures."""
    st.subheader(plain(experiment.label), anchor=f"experiment-{experiment.number}")
    st.markdown(plain(experiment.story))
    states = [(config.run_key, _state(config)) for config in experiment.configs]
    seen = _seen(experiment.number, states, experiment)
    _say(experiment, seen)
    for name, config in experiment.runs:
        _say_what_failed(name, config)
    if seen.pictures:
        with st.container(key=f"experiment-{experiment.number}"):
            board(seen.pictures, key=f"figures of {experiment.number}")
    _links(experiment)


def _say(experiment: Experiment, seen: Seen) -> None:
    if not any(seen.findings):
        st.caption("Not trained yet.")
    lines = [_line(finding) for finding in seen.findings if finding is not None]
    if "depths" in experiment.pictures and lines:
        with st.expander("Every depth in words"):
            st.markdown("\n".join(lines))
    else:
        st.markdown("\n".join(lines))
    if seen.conclusion:
        st.markdown(f"**{plain(seen.conclusion)}**")


def _line(finding: Finding) -> str:
    badge = f":{COLORS[finding.judgement]}-badge[{finding.judgement}]"
    return f"- {badge} **{plain(finding.claim.row)}:** {plain(finding.sentence)}"


def _say_what_failed(name: str, config: RunConfig) -> None:
    job = session().queued.get(config)
    if job is not None and job.progress.state is JobState.FAILED:
        st.warning(f"{plain(name)} failed: {plain(job.progress.reason or '')}")


def _links(experiment: Experiment) -> None:
    with st.container(horizontal=True):
        _, own = experiment.runs[0]
        st.page_link(PAGES[LAB], label="Open in the Lab", query_params=run_query(own), width="content")
        if 1 < len(experiment.runs) <= len(COLUMNS):
            query = to_query(experiment.configs)
            st.page_link(PAGES[COMPARE], label="Open in Compare", query_params=query, width="content")


def _state(config: RunConfig) -> str:
    """Changes whenever there is more of the run to show."""
    job = session().queued.get(config)
    if job is not None and job.progress.state in (JobState.DONE, JobState.STOPPED):
        return f"{job.progress.state} {job.progress.epoch}"
    return "stored" if runs.is_stored(config.run_key) else "absent"


@st.cache_resource(show_spinner="Reading the runs", max_entries=60)
def _seen(number: str, states: Sequence[tuple[str, str]], _experiment: Experiment) -> Seen:
    records = [_record(config) for config in _experiment.configs]
    findings = tuple(judged(claim, records) for claim in _experiment.claims)
    return Seen(findings, _experiment.conclusion(findings), pictures(_experiment, records, findings))


def _record(config: RunConfig) -> RunRecord | None:
    job = session().queued.get(config)
    if job is None:
        return runs.open_store().get(config.run_key)
    record = job.record if job.progress.state in (JobState.DONE, JobState.STOPPED) else None
    return record if record is not None and len(record.epochs) else None
