"""Which replicates the figures of a page show: all, one, or those of a kind, such as all that learn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from vgdemo.diagnosis import OUTCOMES, Diagnosis, Verdict
from vgdemo.jobs import Job
from vgdemo.ui.followed import Followed, are_over
from vgdemo.ui.progress import ended_record
from vgdemo.ui.session import REPLICATE
from vgdemo.ui.verdict import diagnosis_of

ALL = "all"  # Among the choices, whose others are numbers from 1 and names of verdicts.

Kinds = Mapping[Verdict, tuple[int, ...]]


def replicate_choice(jobs: Collection[Job]) -> str:
    """What a person chooses: `ALL`, the number of one replicate from 1, or a verdict's name for all that have it.

    A kind can be chosen once a run is over whose replicates fall into several; until then a chosen one stays.
    """
    kinds = [_kinds_of(job) for job in jobs]
    options = _options(kinds, min(job.config.replicates for job in jobs), is_over=are_over(jobs))
    chosen = st.session_state.get(REPLICATE, ALL)
    if chosen not in options:
        _say_absent(chosen, kinds)
    # Set by its name: the words of a kind change with the run.
    st.session_state[REPLICATE] = chosen if chosen in options else ALL
    choice: str = st.selectbox(
        "Replicates",
        options,
        format_func=lambda option: _in_words(option, kinds),
        key=REPLICATE,
        label_visibility="collapsed",
    )
    return choice


def _say_absent(choice: str, kinds: Sequence[Kinds]) -> None:
    """Say that nothing is what was asked for; where every replicate is, the figures show just that."""
    if choice.isdecimal():
        st.toast(f"There is no replicate {choice}: you see all.")
    elif choice in [*Verdict] and any(kinds) and not any(choice in found for found in kinds):
        st.toast(f"No replicate {OUTCOMES[Verdict(choice)][0]}: you see all.")


def _options(kinds: Sequence[Kinds], replicates: int, *, is_over: bool) -> list[str]:
    awaited = () if is_over else [st.session_state.get(REPLICATE)]
    offered = {verdict for found in kinds if len(found) > 1 for verdict in found}.union(awaited)
    return [ALL, *(verdict.value for verdict in Verdict if verdict in offered), *map(str, range(1, replicates + 1))]


def _in_words(choice: str, kinds: Sequence[Kinds]) -> str:
    if choice == ALL:
        return "median of all"
    if choice.isdecimal():
        return f"replicate {choice}"
    one, several = OUTCOMES[Verdict(choice)]
    count = len(kinds[0].get(Verdict(choice), ())) if len(kinds) == 1 else 0
    return f"the {count} that {one if count == 1 else several}" if count else f"those that {several}"


class Chosen(NamedTuple):
    """What a choice means to one run.

    Attributes:
        replicates: Those that are shown (from 0); empty for all.
        remark: A sentence that the figures are to add; may be empty.
    """

    replicates: tuple[int, ...] = ()
    remark: str = ""

    @classmethod
    def of(cls, choice: str, job: Followed) -> Chosen:
        """Of a run that has none of the kind, or is not over, all replicates are shown."""
        record = ended_record(job)
        diagnosis = None if record is None else diagnosis_of(record)
        if choice.isdecimal():
            return cls((int(choice) - 1,))
        if diagnosis is None or not diagnosis.kinds:
            return cls()
        return cls(remark=_hint(diagnosis.kinds)) if choice == ALL else _of_kind(Verdict(choice), diagnosis)


def _of_kind(verdict: Verdict, diagnosis: Diagnosis) -> Chosen:
    """With what becomes of them, where the figures show an end that is not their verdict's."""
    replicates = diagnosis.kinds.get(verdict)
    if replicates is None:
        return Chosen(remark=f"All replicates: none {OUTCOMES[verdict][0]}.")
    dies = not set(replicates).isdisjoint(diagnosis.dead)
    return Chosen(replicates, f"Of the replicates {diagnosis.counted(verdict)}." if dies else "")


def _kinds_of(job: Followed) -> Kinds:
    """The kinds into which its replicates fall; none as long as the run is not over."""
    record = ended_record(job)
    return {} if record is None else diagnosis_of(record).kinds


def _hint(kinds: Kinds) -> str:
    """That the replicates differ, which their median hides; the choice and the verdict say how."""
    return f"Replicates of {len(kinds)} kinds: look at each." if len(kinds) > 1 else ""
