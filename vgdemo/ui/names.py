"""What runs are called: the field for a name of one's own, and the headings of a comparison's columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from vgdemo.comparison import headings
from vgdemo.links import COLUMNS, NAME, name_from_query
from vgdemo.record import RunRecord
from vgdemo.ui.session import session

LETTERS = COLUMNS.upper()  # What a person calls the columns.


def own_names() -> dict[str, str]:
    """Letter to the name that the person gave the column; empty for none."""
    return dict(zip(LETTERS, session().names, strict=False))


def titles(records: Mapping[str, RunRecord]) -> dict[str, str]:
    """For each column, its letter and what it is called."""
    return headings({letter: record.source for letter, record in records.items()}, own_names())


def name_field(label: str, key: str, placeholder: str, **options: Any) -> None:
    """A field for a name of one's own; what is longer than a name can be is cut, and the page says so."""
    st.text_input(
        label, key=key, placeholder=placeholder, on_change=_cut, args=(key,), persist_state="session", **options
    )


def _cut(key: str) -> None:
    """A field that is limited itself refuses a longer text that is pasted, and says nothing."""
    st.session_state[key], notices = name_from_query({NAME: st.session_state[key]})
    session().notice = " ".join(notices) or None
