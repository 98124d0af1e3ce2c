"""The parts of the Library: stored runs in a table, what to do with the chosen ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from vgdemo.config import SETTINGS
from vgdemo.links import COLUMNS, to_query
from vgdemo.manifest import StoredRun
from vgdemo.ui.page import plain
from vgdemo.ui.runs import open_store


def filtered(runs: Sequence[StoredRun]) -> list[StoredRun]:
    """The runs that have the values that the person asks for."""
    names = [name for name in SETTINGS if len({getattr(run.config, name) for run in runs}) > 1]
    with st.container(horizontal=True):
        asked = st.multiselect(
            "Filter by",
            names,
            format_func=lambda name: SETTINGS[name].label,
            placeholder="Any setting in which they differ",
        )
        wanted = {name: _values(name, runs) for name in asked}
    return [
        run for run in runs if all(getattr(run.config, name) in values for name, values in wanted.items() if values)
    ]


def chosen(runs: Sequence[StoredRun]) -> list[StoredRun]:
    """Show the runs; give those whose rows are marked."""
    pinned = open_store().pinned
    table = pd.DataFrame(
        {
            "run": [run.config.sentence for run in runs],
            "accuracy": [run.median_val_accuracy for run in runs],
            "stored": [run.written for run in runs],
            "pinned": [run.run_key in pinned for run in runs],
            "MB": [run.num_bytes / 1e6 for run in runs],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"stored runs {hash(tuple(run.run_key for run in runs))}",  # Another table forgets the marks.
        column_config=_COLUMNS,
        alt="Stored runs: in words, median validation accuracy, date, whether pinned, size",
    )
    return [runs[row] for row in event["selection"]["rows"]]


def actions(runs: Sequence[StoredRun]) -> None:
    """What can be done with the chosen runs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "app.py",
            label="Open in the Lab",
            query_params=runs[0].config.to_query() if runs else None,
            disabled=len(runs) != 1,
        )
        st.page_link(
            "pages/1_Compare.py",
            label="Compare",
            query_params=to_query([run.config for run in runs]),
            disabled=not 2 <= len(runs) <= len(COLUMNS),
        )
        st.button("Pin", on_click=_pin, args=(runs,), disabled=not runs, help="Keep, whatever else must make room.")
        st.button("Unpin", on_click=_unpin, args=(runs,), disabled=not runs)
        with st.popover("Delete", disabled=not runs):
            st.markdown(f"Delete {_counted(runs)} for good? Whoever asks for one again trains it again.")
            st.button("Yes, delete", type="primary", on_click=_delete, args=(runs,))


def _values(name: str, runs: Sequence[StoredRun]) -> list[Any]:
    values = sorted({getattr(run.config, name) for run in runs})
    return list(st.multiselect(SETTINGS[name].label, values, placeholder="Any"))


def _pin(runs: Sequence[StoredRun]) -> None:
    for run in runs:
        open_store().pin(run.run_key)


def _unpin(runs: Sequence[StoredRun]) -> None:
    for run in runs:
        open_store().unpin(run.run_key)


def _delete(runs: Sequence[StoredRun]) -> None:
    gone = []
    for run in runs:
        try:
            del open_store()[run.run_key]
        except KeyError:
            gone.append(run.config.sentence)
    if gone:
        st.warning(plain(f"Expected stored runs. Deleted meanwhile by somebody else: {'; '.join(gone)}."))


def _counted(runs: Sequence[StoredRun]) -> str:
    return "this run" if len(runs) == 1 else f"these {len(runs)} runs"


_COLUMNS = {
    "run": st.column_config.TextColumn("Run", width="large"),
    "accuracy": st.column_config.NumberColumn(
        "Accuracy", format="%.2f", help="Median over the replicates of the final validation accuracy."
    ),
    "stored": st.column_config.DatetimeColumn("Stored", format="YYYY-MM-DD HH:mm"),
    "pinned": st.column_config.CheckboxColumn("Pinned"),
    "MB": st.column_config.NumberColumn("MB", format="%.1f"),
}
