"""The parts of the Library: stored runs in a table, what to do with the chosen ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.diagnosis import headline
from vgdemo.links import COLUMNS, run_query, to_query
from vgdemo.store import StoredRun, StoreError
from vgdemo.ui import runs
from vgdemo.ui.filters import short_words
from vgdemo.ui.pages import COMPARE, LAB, PAGES
from vgdemo.ui.session import UNDO, session
from vgdemo.ui.visitor import ONLY_OWNER, are_trusted
from vgdemo.wording import counted, uncapitalized

ROWS, ROW_PIXELS = 22, 35  # They fill a screen of 1080 pixels; a lower one cuts the table by its style sheet.


def listed() -> Sequence[StoredRun]:
    """The stored runs; while some of them are marked it stays the same ones, whatever others store or delete."""
    if not session().listed or not _marked_rows():
        session().listed = runs.stored_runs()
    return session().listed


def choose(stored: Sequence[StoredRun]) -> list[StoredRun]:
    """Show the runs; give those whose rows are marked."""
    session().table = f"stored runs {_fingerprint(stored)}"  # Another table forgets the marks.
    pinned = runs.open_store().pinned
    table = pd.DataFrame(
        {
            "run": [short_words(run) for run in stored],
            "accuracy": [run.summary.accuracy and round(run.summary.accuracy[1], 3) for run in stored],
            "verdict": [headline(run.summary.verdict, run.summary.learned) for run in stored],
            "rest": [run.sentence.partition(" · ")[2] for run in stored],
            "pinned": [run.run_key in pinned for run in stored],
            "stored": [run.written for run in stored],
            "MB": [run.num_bytes / 1e6 for run in stored],
        }
    )
    with st.container(key="stored-runs"):
        st.dataframe(
            table,
            height=ROW_PIXELS * (1 + min(len(stored), ROWS)),
            hide_index=True,
            on_select="rerun",
            selection_mode="multi-row",
            key=session().table,
            column_config=_COLUMNS,
            alt="Stored runs: network, median validation accuracy, verdict, other settings, whether pinned, date, size",
        )
    return [stored[row] for row in _marked_rows() if type(row) is int and 0 <= row < len(stored)]


def actions(stored: Sequence[StoredRun]) -> None:
    """What can be done with the chosen runs."""
    store = runs.open_store()
    configs = [run.source for run in stored if isinstance(run.source, RunConfig)]
    unpinned = [run for run in stored if run.run_key not in store.pinned]
    if st.button("Open in the Lab", disabled=len(configs) != 1):
        st.switch_page(PAGES[LAB], query_params=run_query(configs[0]))
    if st.button("Compare them", disabled=not 2 <= len(configs) <= len(COLUMNS)):
        st.switch_page(PAGES[COMPARE], query_params=to_query(configs))
    if _owners_button("Pin", bool(unpinned), "Keep, whatever else must make room."):
        _change(store.pin, unpinned)
        _draw_anew()
    if _owners_button("Unpin", len(unpinned) < len(stored)):
        _change(store.unpin, stored)
        _draw_anew()
    if _owners_button("Delete", bool(unpinned), "Pinned runs stay: unpin them first."):
        _delete(unpinned)
    deleted = session().deleted
    if _owners_button("Undo delete", bool(deleted), f"Bring back {counted(len(deleted), 'run')}.", key=UNDO):
        _undo(deleted)
    if not are_trusted():
        st.caption(f"Pin, Unpin and Delete: {uncapitalized(ONLY_OWNER)}")


def _owners_button(label: str, is_possible: bool, help_text: str | None = None, key: str | None = None) -> bool:
    """A button that changes what all visitors have."""
    is_allowed = are_trusted()
    shown = help_text if is_allowed else ONLY_OWNER
    return st.button(label, key=key, disabled=not (is_allowed and is_possible), help=shown)


def _delete(stored: Sequence[StoredRun]) -> None:
    left = _change(runs.open_store().discard, stored)
    session().deleted = tuple(stored[: len(stored) - len(left)])
    _draw_anew()


def _undo(deleted: Sequence[StoredRun]) -> None:
    session().deleted = tuple(_change(runs.open_store().restore, deleted))
    _draw_anew()


def _change(change: Callable[[str], None], stored: Sequence[StoredRun]) -> Sequence[StoredRun]:
    """Change the store, run by run; those that are left as they were, because it cannot be changed."""
    gone: list[str] = []
    for place, run in enumerate(stored):
        try:
            change(run.run_key)
        except KeyError:
            gone.append(run.sentence)
        except StoreError as error:
            session().notice = str(error)
            return stored[place:]
    if gone:
        session().notice = f"No longer in the store: {'; '.join(gone)}."
    return ()


def _draw_anew() -> None:
    runs.look_again()
    session().listed = ()
    st.rerun()


def _marked_rows() -> list[int]:
    table = st.session_state.get(session().table) if session().table else None
    rows = table["selection"]["rows"] if table else []
    return rows if isinstance(rows, list) else []  # What a browser sends is never trusted.


def _fingerprint(stored: Sequence[StoredRun]) -> int:
    return hash(tuple(run.run_key for run in stored))


_COLUMNS = {
    "run": st.column_config.TextColumn("Layers × units", help="Of the hidden layers, and their activation."),
    "verdict": st.column_config.TextColumn(
        "Verdict",
        help="What most of its replicates have, by the rules of when it was stored. The Lab says why as well.",
    ),
    "accuracy": st.column_config.NumberColumn(
        "Accuracy", format="%.2f", help="Median over the replicates of the final validation accuracy."
    ),
    "rest": st.column_config.TextColumn("Initialiser, training, data"),
    "pinned": st.column_config.CheckboxColumn("Pinned"),
    "stored": st.column_config.DatetimeColumn("Stored", format="YYYY-MM-DD HH:mm"),
    "MB": st.column_config.NumberColumn("MB", format="%.1f"),
}
