"""What a run has, in one line, with what may cure it."""

from __future__ import annotations

import streamlit as st

from vgdemo.diagnosis import Diagnosis, Remedy, Verdict, diagnose
from vgdemo.explanations import EXPLANATIONS
from vgdemo.jobs import Job
from vgdemo.links import to_query
from vgdemo.record import RunRecord
from vgdemo.ui.foresight import forecast_of
from vgdemo.ui.page import plain
from vgdemo.ui.words import entry

MOST_REMEDIES = 4  # More of them are no advice.
ICONS = {
    Verdict.HEALTHY: ":green[:material/check_circle:]",
    Verdict.UNKNOWN: ":blue[:material/help:]",
}
ILL = ":red[:material/warning:]"
ABSENT = "The verdict follows when the run is complete."


def verdict(job: Job) -> None:
    """The Lab's verdict: before the run is over, what theory expects of it."""
    with st.container(key="verdict", gap="xsmall"):
        diagnosis = diagnosis_of(job)
        if diagnosis is None:
            st.markdown(f":material/hourglass_top: {plain(forecast_of(job.config).expectation)} {ABSENT}")
            return
        _sentence(diagnosis)
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _remedies(diagnosis)
            _reasons(diagnosis)


def verdict_of_column(job: Job, letter: str) -> None:
    """The verdict of one of several runs side by side."""
    with st.container(key=f"verdict-{letter}"):
        diagnosis = diagnosis_of(job)
        if diagnosis is None:
            st.caption(ABSENT)
        else:
            _sentence(diagnosis)


def diagnosis_of(job: Job) -> Diagnosis | None:
    """The diagnosis of a run that is over."""
    record = job.record if job.progress.state.is_over else None
    return None if record is None or not len(record.epochs) else diagnosed(record)


def diagnosed(record: RunRecord) -> Diagnosis:
    """The diagnosis, made once for all sessions that see the same epochs of the same run."""
    return _diagnosed(record.config.run_key, len(record.epochs), record)


@st.cache_resource(show_spinner=False, max_entries=200)
def _diagnosed(run_key: str, num_epochs: int, _record: RunRecord) -> Diagnosis:
    return diagnose(_record)


def findings(record: RunRecord) -> tuple[str, ...]:
    """Sentences for whoever reads about the run elsewhere: verdict, evidence, theory."""
    diagnosis = diagnosed(record)
    return (diagnosis.sentence, *diagnosis.evidence, forecast_of(record.config).sentence(record))


def _sentence(diagnosis: Diagnosis) -> None:
    headline, _, rest = diagnosis.sentence.partition(": ")
    icon = ICONS.get(diagnosis.verdict, ILL)
    st.markdown(f"{icon} **{headline}:** {plain(rest)}")


def _remedies(diagnosis: Diagnosis) -> None:
    if diagnosis.remedies:
        st.markdown("Try:", width="content")
    for remedy in diagnosis.remedies[:MOST_REMEDIES]:
        if st.button(remedy.label, help=remedy.explanation, key=f"remedy {remedy.label}"):
            _try(diagnosis, remedy)


def _try(diagnosis: Diagnosis, remedy: Remedy) -> None:
    """Train the changed run, on the same seed and data, beside the one that it may cure."""
    st.switch_page("pages/1_Compare.py", query_params=to_query([diagnosis.config, remedy.config]))


def _reasons(diagnosis: Diagnosis) -> None:
    with st.popover("Why", type="tertiary"):
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in (*diagnosis.evidence, diagnosis.confidence)))
        if diagnosis.rule is not None:
            st.caption(f"The rule that says so: {plain(diagnosis.rule.in_words)} {plain(diagnosis.rule.reason)}")
        st.markdown(entry(EXPLANATIONS[diagnosis.verdict]))
