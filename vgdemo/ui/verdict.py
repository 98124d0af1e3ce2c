"""What a run has, in one line, with what may cure it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.diagnosis import Diagnosis, Verdict, diagnose, so_far
from vgdemo.effects import warning
from vgdemo.glossary import GLOSSARY
from vgdemo.jobs import Job
from vgdemo.learning import Share
from vgdemo.links import run_query, to_query
from vgdemo.record import RunRecord
from vgdemo.summary import Summary, summarize
from vgdemo.theory import against_measurement, expectation
from vgdemo.trials import first_remedies
from vgdemo.ui.board import Seen, once, seen
from vgdemo.ui.followed import Followed
from vgdemo.ui.forecast import forecast_of
from vgdemo.ui.glossary import in_markdown
from vgdemo.ui.names import own_names
from vgdemo.ui.page import plain
from vgdemo.ui.pages import COMPARE, LAB, PAGES
from vgdemo.ui.progress import ended_record
from vgdemo.ui.remedies import MOST_OF_VISIT, remedy_buttons, trial_switch
from vgdemo.ui.session import session
from vgdemo.wording import uncapitalized

ICONS = {
    Verdict.HEALTHY: ":green[:material/check_circle:]",
    Verdict.NOISE: ":blue[:material/grain:]",
    Verdict.LEARNING: ":blue[:material/trending_up:]",
    Verdict.UNKNOWN: ":blue[:material/help:]",
}
ILL = ":red[:material/warning:]"
IN_PART = ":orange[:material/rule:]"  # A tick and a cross.
ABSENT = "The verdict follows when the run is complete."


def verdict(job: Job) -> None:
    """The Lab's verdict: before the run is over what its start shows, and before that what theory expects."""
    with st.container(key="verdict", gap="xsmall"):
        diagnosis = _diagnosis_of(job)
        if diagnosis is None:
            said = _before_the_end(job) or expectation(forecast_of(job.config))
            st.markdown(f":material/hourglass_top: {plain(said)} {ABSENT}")
            return
        say(diagnosis)
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _remedies(diagnosis, job)
            reasons(diagnosis, "Why")


def _before_the_end(job: Job) -> str:
    """What its start shows; a start in order means nothing where no step can learn."""
    return warning(job.config.to_dict()) or seen_so_far(job)


def verdict_of_column(job: Job, letter: str) -> None:
    """The verdict of one of several runs side by side."""
    with st.container(key=f"verdict-{letter}"):
        diagnosis = _diagnosis_of(job)
        if diagnosis is None:
            st.caption(plain(_before_the_end(job)) or ABSENT)
        else:
            say(diagnosis)


def verdict_in_words(job: Followed) -> str:
    """The verdict as a word or two; empty before there is one."""
    diagnosis = _diagnosis_of(job)
    return f"{diagnosis.headline}." if diagnosis is not None else ""


def next_steps(job: Job, letter: str, attempt: Callable[[RunConfig], None], where: str, count: int) -> None:
    """The ways on from one of several runs side by side: why it ends so, what may cure it, and the Lab.

    Args:
        job: The run.
        letter: Its column's.
        attempt: Sets the cured run beside it.
        where: Which column that will be, in a sentence.
        count: How many runs stand side by side; all together have the trials of one visit.
    """
    diagnosis = _diagnosis_of(job)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"next-{letter}"):
        if diagnosis is not None:
            reasons(diagnosis, f"Why {letter}?")
            _menu(diagnosis, job, letter, attempt, where, MOST_OF_VISIT // count)
        query = run_query(job.config, own_names().get(letter, ""))
        st.page_link(PAGES[LAB], label=f"{letter} in the Lab", query_params=query, width="content")


@once
def findings(record: RunRecord) -> tuple[str, ...]:
    """Sentences for whoever reads about the run elsewhere: verdict, evidence, theory."""
    diagnosis = diagnosis_of(record)
    said = (diagnosis.sentence, *diagnosis.evidence)
    return said if record.config is None else (*said, against_measurement(forecast_of(record.config), record))


@once
def diagnosis_of(record: RunRecord) -> Diagnosis:
    """The diagnosis, made once for all who look."""
    return diagnose(record)


@once
def summary_of(record: RunRecord) -> Summary:
    """The summary, made once as well."""
    return summarize(record)


def seen_so_far(job: Followed) -> str:
    """What the start of a run shows; empty before anything is measured."""
    record = job.record
    return (
        "" if record is None or not len(record.epochs) else f"So far: {_at_the_start(seen(record.beginning), record)}"
    )


@st.cache_resource(show_spinner=False, max_entries=200)
def _at_the_start(seen: Seen, _record: RunRecord) -> str:
    return uncapitalized(so_far(_record))


def _diagnosis_of(job: Followed) -> Diagnosis | None:
    """None as long as the run is not over."""
    record = ended_record(job)
    return None if record is None else diagnosis_of(record)


def say(diagnosis: Diagnosis) -> None:
    """The verdict in a line."""
    icon = IN_PART if diagnosis.learns_in_part else ICONS.get(diagnosis.verdict, ILL)
    st.markdown(f"{icon} **{diagnosis.headline}:** {plain(diagnosis.explanation)}")


def _remedies(diagnosis: Diagnosis, job: Job) -> None:
    """Buttons that train the changed run, on the same seed and data, beside the one that it may cure."""
    remedies = first_remedies(diagnosis, job.config)
    if not remedies:
        return

    def open_beside(changed: RunConfig) -> None:
        st.switch_page(PAGES[COMPARE], query_params=to_query([job.config, changed], [session().name]))

    st.markdown("Try in Compare:", width="content")
    remedy_buttons(remedies, job, _learned(job), open_beside)
    trial_switch()


def _menu(
    diagnosis: Diagnosis, job: Job, letter: str, attempt: Callable[[RunConfig], None], where: str, most: int
) -> None:
    remedies = first_remedies(diagnosis, job.config)
    if not remedies:
        return

    def set_beside(changed: RunConfig) -> None:
        attempt(changed)
        st.rerun()  # This part of the page alone would go on showing the columns of before.

    # Another place is another menu: after a choice the old one closes.
    with st.popover(f"Try for {letter}", type="tertiary", key=f"try {letter} {where}"):
        st.caption(where)
        remedy_buttons(remedies, job, _learned(job), set_beside, letter=letter, most=most)


def _learned(job: Job) -> Share | None:
    record = ended_record(job)
    return None if record is None else summary_of(record).learned


def reasons(diagnosis: Diagnosis, label: str) -> None:
    """What the verdict rests on, in a panel of this label."""
    with st.popover(label, type="tertiary"):
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in (diagnosis.confidence, *diagnosis.evidence)))
        if diagnosis.rule is not None:
            st.caption(f"The rule that says so: {plain(diagnosis.rule.in_words)} {plain(diagnosis.rule.reason)}")
        st.markdown(in_markdown(GLOSSARY[diagnosis.explained]))
