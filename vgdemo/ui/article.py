"""The parts of the Article page: training all experiments, and what each has measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from vgdemo.article import EXPERIMENTS, Experiment, Finding, Verdict, judged
from vgdemo.config import RunConfig
from vgdemo.figures import Figure, Row, curves, depths, gradient_density, layer_lines, outcome, scatter
from vgdemo.jobs import JobState, SchedulerError
from vgdemo.links import COLUMNS, to_query
from vgdemo.record import RunRecord
from vgdemo.store import StoreError
from vgdemo.ui import runs
from vgdemo.ui.board import board
from vgdemo.ui.page import plain

POLL_SECONDS = 1.0
COLORS = {
    Verdict.AGREES: "green",
    Verdict.DISAGREES: "red",
    Verdict.ONE_DRAW: "orange",
    Verdict.OPEN: "blue",
    Verdict.CUT_SHORT: "gray",
}

Records = Sequence[RunRecord | None]
Findings = Sequence[Finding | None]


@dataclass(frozen=True)
class Exhibit:
    """What a page shows of an experiment, small enough to be kept when its records are not.

    Attributes:
        findings: One for each claim; None where a run is missing.
        conclusion: What they say together, if there is such a sentence.
        figures: Name to JSON.
    """

    findings: tuple[Finding | None, ...]
    conclusion: str | None
    figures: Mapping[str, str]


def training(configs: Sequence[RunConfig]) -> None:
    """How many of the runs are complete, and the button that trains the others or stops."""
    state = _state_of_all(configs)
    st.fragment(_training, run_every=POLL_SECONDS if state.is_active else None)(configs, state)


class State(NamedTuple):
    """What changes the whole page when it changes."""

    num_over: int
    is_active: bool


def _state_of_all(configs: Sequence[RunConfig]) -> State:
    are_over = [job.progress.state.is_over for config, job in runs.queued().items() if config in configs]
    return State(sum(are_over), not all(are_over))


def _training(configs: Sequence[RunConfig], state: State) -> None:
    if _state_of_all(configs) != state:
        st.rerun()  # An experiment has something to show, or the clock is to start or to stop.
    shares = [_share_trained(config) for config in configs]
    complete = sum(share == 1 for share in shares)
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        text = f"{complete} of {len(configs)} runs are complete. {_now_in_training()}"
        st.progress(sum(shares) / len(shares), text=plain(text))
        if state.is_active:
            st.button("Stop", on_click=_stop, args=(configs,))
        else:
            is_done = complete == len(configs)
            st.button("All experiments", type="primary", disabled=is_done, on_click=_train, args=(configs,))
    if error := st.session_state.pop("queue error", None):
        st.error(plain(error))


def _now_in_training() -> str:
    jobs = [job for job in runs.queued().values() if job.progress.state is JobState.TRAINING]
    return "; ".join(f"{job.config.sentence}: epoch {job.progress.epoch} of {job.config.epochs}" for job in jobs)


def _train(configs: Sequence[RunConfig]) -> None:
    try:
        runs.queue(configs)
    except (SchedulerError, StoreError) as error:
        st.session_state["queue error"] = str(error)


def _stop(configs: Sequence[RunConfig]) -> None:
    """Leave the queue and stop what trains; complete runs stay."""
    for config in configs:
        job = runs.queued().get(config)
        if job is not None:
            job.stop()


def _share_trained(config: RunConfig) -> float:
    job = runs.queued().get(config)
    if job is not None:
        return job.progress.epoch / job.progress.epochs
    return float(config.run_key in runs.open_store())


def data() -> None:
    """The points that all experiments tell apart."""
    with st.container(key="experiment-data"):
        board({"data": _data()}, key="figures of the data")


@st.cache_resource(show_spinner=False)
def _data() -> str:
    return str(scatter(EXPERIMENTS[0].configs[0]).to_json())


def section(experiment: Experiment) -> None:
    """An experiment: its story, what its records say to the article, its figures."""
    st.subheader(plain(experiment.label), anchor=f"experiment-{experiment.number}")
    st.markdown(plain(experiment.story))
    exhibit = _exhibit(
        experiment.number, [(config.run_key, _state(config)) for config in experiment.configs], experiment
    )
    _say(experiment, exhibit)
    for name, config in experiment.runs:
        _say_what_failed(name, config)
    if exhibit.figures:
        with st.container(key=f"experiment-{experiment.number}"):
            board(exhibit.figures, key=f"figures of {experiment.number}")
    _links(experiment)


def _say(experiment: Experiment, exhibit: Exhibit) -> None:
    if not any(exhibit.findings):
        st.caption("Not trained yet.")
    lines = [_line(finding) for finding in exhibit.findings if finding is not None]
    if "depths" in experiment.pictures and lines:
        with st.expander("Every depth in words"):
            st.markdown("\n".join(lines))
    else:
        st.markdown("\n".join(lines))
    if exhibit.conclusion:
        st.markdown(f"**{plain(exhibit.conclusion)}**")


def _line(finding: Finding) -> str:
    badge = f":{COLORS[finding.verdict]}-badge[{finding.verdict}]"
    return f"- {badge} **{plain(finding.claim.row)}:** {plain(finding.sentence)}"


def _say_what_failed(name: str, config: RunConfig) -> None:
    job = runs.queued().get(config)
    if job is not None and job.progress.state is JobState.FAILED:
        st.warning(f"{plain(name)} failed: {plain(job.progress.reason or '')}")


def _links(experiment: Experiment) -> None:
    with st.container(horizontal=True):
        _, own = experiment.runs[0]
        st.page_link("app.py", label="Open in the Lab", query_params=own.to_query(), width="content")
        if 1 < len(experiment.runs) <= len(COLUMNS):
            query = to_query(experiment.configs)
            st.page_link("pages/1_Compare.py", label="Open in Compare", query_params=query, width="content")


def _state(config: RunConfig) -> str:
    """Changes whenever there is more of the run to show."""
    job = runs.queued().get(config)
    if job is not None and job.progress.state in (JobState.DONE, JobState.STOPPED):
        return f"{job.progress.state} {job.progress.epoch}"
    return "stored" if config.run_key in runs.open_store() else "absent"


@st.cache_resource(show_spinner="Reading the runs", max_entries=60)
def _exhibit(number: str, states: Sequence[tuple[str, str]], _experiment: Experiment) -> Exhibit:
    records = [_record(config) for config in _experiment.configs]
    findings = tuple(judged(claim, records) for claim in _experiment.claims)
    made: dict[str, Figure] = {}
    for picture in _experiment.pictures:
        made |= PICTURES[picture](_experiment, records, findings)
    figures = {name: str(figure.to_json()) for name, figure in made.items()}
    return Exhibit(findings, _experiment.conclusion(findings), figures)


def _record(config: RunConfig) -> RunRecord | None:
    job = runs.queued().get(config)
    if job is None:
        return runs.open_store().get(config.run_key)
    record = job.record if job.progress.state in (JobState.DONE, JobState.STOPPED) else None
    return record if record is not None and len(record.epochs) else None


def _outcomes(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Figure]:
    """A figure for each measure, of all claims that it measures."""
    rows: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding is not None and len(finding.values):
            rows.setdefault(finding.claim.measure.label, []).append(finding)
    return {
        f"outcome-{place}": outcome(
            [Row(finding.claim.row, finding.values, finding.claim.published) for finding in found],
            label,
            logarithmic=found[0].claim.measure.is_size,
        )
        for place, (label, found) in enumerate(rows.items(), 1)
    }


def _of_first(name: str, make: Callable[[RunRecord], Figure]) -> Callable[..., dict[str, Figure]]:
    """A figure of the experiment's own run."""

    def drawn(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Figure]:
        return {name: make(records[0])} if records[0] is not None else {}

    return drawn


def _norms(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Figure]:
    figures = {}
    for letter, (name, _), record in zip("AB", experiment.runs, records, strict=True):
        if record is not None:
            figure = figures[f"norms {letter}"] = layer_lines(record, "kernel_l1", fit=True)
            figure.layout.title.text = f"{name}: {figure.layout.title.text}"
    return figures


def _depths(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Figure]:
    found = {
        config.num_hidden_layers: finding
        for config, finding in zip(experiment.configs, findings, strict=True)
        if finding is not None and len(finding.values)
    }
    accuracies = {depth: finding.values for depth, finding in found.items()}
    shares = {depth: finding.share for depth, finding in found.items()}
    return {"depths": depths(accuracies, shares)} if found else {}


PICTURES: dict[str, Callable[[Experiment, Records, Findings], dict[str, Figure]]] = {
    "outcome": _outcomes,
    "curves": _of_first("curves", curves),
    "gradients": _of_first("gradients", layer_lines),
    "density": _of_first("density", gradient_density),
    "norms": _norms,
    "depths": _depths,
}
