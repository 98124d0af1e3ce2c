"""The parts of the Library: stored runs in a table, what to do with the chosen ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.diagnosis import headline
from vgdemo.links import COLUMNS, to_query
from vgdemo.store import StoredRun
from vgdemo.ui import runs
from vgdemo.ui.pages import COMPARE, LAB, PAGES
from vgdemo.ui.session import session


def choose_settings(stored: Sequence[StoredRun]) -> list[StoredRun]:
    """The runs that have the values that the person asks for."""
    settings = [run.source for run in stored if isinstance(run.source, RunConfig)]
    names = [name for name in SETTINGS if len({getattr(config, name) for config in settings}) > 1]
    with st.container(horizontal=True):
        asked = st.multiselect(
            "Filter by",
            names,
            format_func=lambda name: SETTINGS[name].label,
            placeholder="Any setting in which they differ",
        )
        wanted = {name: _values(name, settings) for name in asked}
    return [
        run
        for run in stored
        if all(getattr(run.source, name, None) in values for name, values in wanted.items() if values)
    ]


def choose_runs(stored: Sequence[StoredRun]) -> list[StoredRun]:
    """Show the runs; give those whose rows are marked."""
    pinned = runs.open_store().pinned
    table = pd.DataFrame(
        {
            "run": [run.source.sentence for run in stored],
            "verdict": [headline(run.summary.verdict, run.summary.learned) for run in stored],
            "accuracy": [run.summary.accuracy and run.summary.accuracy[1] for run in stored],
            "stored": [run.written for run in stored],
            "pinned": [run.run_key in pinned for run in stored],
            "MB": [run.num_bytes / 1e6 for run in stored],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"stored runs {_fingerprint(stored)}",  # Another table forgets the marks.
        column_config=_COLUMNS,
        alt="Stored runs: in words, verdict, median validation accuracy, date, whether pinned, size",
    )
    return [stored[row] for row in event["selection"]["rows"]]


def actions(stored: Sequence[StoredRun]) -> None:
    """What can be done with the chosen runs."""
    configs = [run.source for run in stored if isinstance(run.source, RunConfig)]
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Open in the Lab", disabled=len(configs) != 1):
            st.switch_page(PAGES[LAB], query_params=configs[0].to_query())
        if st.button("Compare them", disabled=not 2 <= len(configs) <= len(COLUMNS)):
            st.switch_page(PAGES[COMPARE], query_params=to_query(configs))
        if st.button("Pin", disabled=not stored, help="Keep, whatever else must make room."):
            _change(runs.open_store().pin, stored)
        if st.button("Unpin", disabled=not stored):
            _change(runs.open_store().unpin, stored)
        # Another choice has a question of its own: after an answer the old one closes.
        with st.popover("Delete", disabled=not stored, key=f"delete {_fingerprint(stored)}"):
            st.markdown(f"Delete {_counted(stored)} for good? Whoever asks for one again trains it again.")
            if st.button("Yes, delete", type="primary"):
                _change(runs.open_store().__delitem__, stored)


def _values(name: str, configs: Sequence[RunConfig]) -> list[Any]:
    values = sorted({getattr(config, name) for config in configs})
    return list(st.multiselect(SETTINGS[name].label, values, placeholder="Any"))


def _change(change: Callable[[str], None], stored: Sequence[StoredRun]) -> None:
    """Change the store, run by run, and draw the page anew."""
    gone = []
    for run in stored:
        try:
            change(run.run_key)
        except KeyError:
            gone.append(run.source.sentence)
    if gone:
        session().notice = f"Expected stored runs. Deleted meanwhile by somebody else: {'; '.join(gone)}."
    runs.look_again()
    st.rerun()


def _fingerprint(stored: Sequence[StoredRun]) -> int:
    return hash(tuple(run.run_key for run in stored))


def _counted(stored: Sequence[StoredRun]) -> str:
    return "this run" if len(stored) == 1 else f"these {len(stored)} runs"


_COLUMNS = {
    "run": st.column_config.TextColumn("Run", width="large"),
    "verdict": st.column_config.TextColumn("Verdict", help="What the run has, by the rules of when it was stored."),
    "accuracy": st.column_config.NumberColumn(
        "Accuracy", format="%.2f", help="Median over the replicates of the final validation accuracy."
    ),
    "stored": st.column_config.DatetimeColumn("Stored", format="YYYY-MM-DD HH:mm"),
    "pinned": st.column_config.CheckboxColumn("Pinned"),
    "MB": st.column_config.NumberColumn("MB", format="%.1f"),
}
