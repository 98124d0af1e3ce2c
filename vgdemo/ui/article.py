"""The parts of the Article page: what it is about, the contents, and what each experiment has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from vgdemo.article import Claim, Experiment, Finding, Judgement, experiments, judged
from vgdemo.config import RunConfig
from vgdemo.figures import scatter
from vgdemo.jobs import JobState
from vgdemo.links import COLUMNS, run_query, to_query
from vgdemo.record import RunRecord
from vgdemo.study.presets import STUDIES
from vgdemo.ui import runs
from vgdemo.ui.article_pictures import pictures
from vgdemo.ui.article_training import standing_of
from vgdemo.ui.board import Picture, board, drawn
from vgdemo.ui.page import plain, told
from vgdemo.ui.pages import COMPARE, LAB, PAGES, STUDY

SHOWN = (JobState.DONE, JobState.STOPPED)
INTRODUCTION = """[How to Fix the Vanishing Gradients Problem Using the ReLU](https://machinelearningmastery.com/how-to-fix-vanishing-gradients-using-the-rectified-linear-activation-function/)
(machinelearningmastery.com, 2019) shows by single runs that a deep network does not learn, and how ReLU helps. Here
each of its experiments runs 20 times, with other first weights and another order of the points each time. What the
article says *agrees* if it is true of at least 18 of these 20 *replicates*, and *disagrees* if it is true of at most 2;
between them the article's run is *one draw of many*."""

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


def introduction() -> None:
    """What the page is about, with the article's name."""
    st.title("The article, repeated")
    st.markdown(INTRODUCTION)


def contents() -> None:
    """Links to all experiments."""
    links = [f"[{one.number}&nbsp;{plain(one.title)}](#experiment-{one.number})" for one in experiments()]
    with st.container(key="contents"):
        st.markdown("**Experiments:** " + " · ".join(links))


def data() -> None:
    """The points that all experiments tell apart."""
    config = experiments()[0].configs[0]
    with st.container(key="experiment-data"):
        board({"data": drawn("data", config, [], lambda: scatter(config))}, key="figures of the data")


def section(experiment: Experiment, every: Sequence[RunConfig]) -> None:
    """An experiment: its story, where its runs stand, what its records say to the article, its figures.

    Args:
        experiment: The experiment.
        every: The runs of all experiments.
    """
    st.subheader(plain(experiment.label), anchor=f"experiment-{experiment.number}")
    st.markdown(plain(experiment.story))
    standing_of(experiment, every)
    states = tuple((config.run_key, _state(config)) for config in experiment.configs)
    seen = _seen(experiment.number, states, experiment.pictures, experiment)
    with st.container(key=f"said-{experiment.number}"):
        _say(experiment, seen)
    for name, config in experiment.runs:
        _say_what_failed(name, config)
    with st.container(key=f"experiment-{experiment.number}"):
        board(seen.pictures, key=f"figures of {experiment.number}", under=experiment.label)
    _details(experiment, states)
    _links(experiment)


def _details(experiment: Experiment, states: Sequence[tuple[str, str]]) -> None:
    """Figures that are made when they are asked for."""
    if not experiment.details:
        return
    panel = st.expander(f"Gradients of {experiment.number}", key=f"details {experiment.number}", on_change="rerun")
    if panel.open:
        seen = _seen(experiment.number, states, experiment.details, experiment)
        with panel, st.container(key=f"experiment-details-{experiment.number}"):
            board(seen.pictures, key=f"more figures of {experiment.number}", under=experiment.label)


def _say(experiment: Experiment, seen: Seen) -> None:
    lines = [_line(claim, found) for claim, found in zip(experiment.claims, seen.findings, strict=True)]
    if "depths" in experiment.pictures:
        with st.expander(f"Every depth of {experiment.number} in words"):
            st.markdown("\n".join(lines))
    else:
        st.markdown("\n".join(lines))
    if experiment.answer is not None:
        with st.container(key=f"conclusion-{experiment.number}"):
            st.markdown(f"**{plain(seen.conclusion)}**" if seen.conclusion else "&nbsp;")
    if experiment.remark:
        st.caption(plain(experiment.remark))


def _line(claim: Claim, finding: Finding | None) -> str:
    if finding is None:
        return f"- :gray-badge[not trained yet] **{plain(claim.row)}:** {plain(claim.question)}"
    badge = f":{COLORS[finding.judgement]}-badge[{finding.judgement}]"
    return f"- {badge} **{plain(claim.row)}:** {plain(finding.sentence)}"


def _say_what_failed(name: str, config: RunConfig) -> None:
    found = runs.standing(config)
    if found is not None and found.state is JobState.FAILED:
        st.warning(f"{plain(name)} failed: {told(found.reason or '')}")


def _links(experiment: Experiment) -> None:
    with st.container(horizontal=True):
        _, own = experiment.runs[0]
        st.page_link(PAGES[LAB], label=f"{experiment.number} in the Lab", query_params=run_query(own), width="content")
        if 1 < len(experiment.runs) <= len(COLUMNS):
            query = to_query(experiment.configs)
            st.page_link(PAGES[COMPARE], label=f"{experiment.number} in Compare", query_params=query, width="content")
        for study in STUDIES:
            if study.name == experiment.number:
                query = study.grid.to_query()
                st.page_link(PAGES[STUDY], label=f"{experiment.number} as a study", query_params=query, width="content")


def _state(config: RunConfig) -> str:
    """Changes whenever there is more of the run to show."""
    found = runs.standing(config)
    return f"{found.state} {found.epoch}" if found is not None and found.state in SHOWN else "absent"


@st.cache_resource(show_spinner="Reading the runs", max_entries=120)
def _seen(number: str, states: Sequence[tuple[str, str]], kinds: Sequence[str], _experiment: Experiment) -> Seen:
    records = [_record(config) for config in _experiment.configs]
    findings = tuple(judged(claim, records) for claim in _experiment.claims)
    return Seen(findings, _experiment.conclusion(findings), pictures(kinds, _experiment, records, findings))


def _record(config: RunConfig) -> RunRecord | None:
    """What there is to show of a run: the whole of it, or what was trained until it was stopped."""
    found = runs.standing(config)
    if found is None or found.state not in SHOWN:
        return None
    job = runs.open_jobs().shared.job(config)
    is_of_job = job is not None and job.progress.state is found.state
    record = job.record if job is not None and is_of_job else runs.open_store().get(config.run_key)
    return record if record is not None and len(record.epochs) else None
