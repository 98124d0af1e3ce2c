"""The columns of a comparison: their settings, in the URL as well, and the form that edits one of them."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.links import COLUMNS, from_query, to_query
from vgdemo.presets import DEEP_RELU, DEEP_TANH, PRESETS
from vgdemo.ui.controls import controls, enter, entered
from vgdemo.ui.page import plain
from vgdemo.ui.sources import choose_source

PLACE = "compare "  # Distinguishes the controls from the Lab's.
QUERY = "query of pages/1_Compare.py"
COMMON = (*(name for name, setting in SETTINGS.items() if setting.group in ("data", "repeats")), "epochs")

LETTERS = COLUMNS.upper()  # What a person calls the columns.

Columns = tuple[RunConfig, ...]


def columns() -> Columns:
    """The runs to compare, as the person has set them."""
    _read_url()
    with st.sidebar:
        _arrange()
        controls(PLACE)
    try:
        config = entered(PLACE)
        st.session_state["columns"] = _edited(st.session_state["columns"], _position(), config)
        st.session_state["in the controls"] = _position(), config
    except ValueError as error:
        st.warning(f"{plain(str(error))}. You see the last columns that were possible.")
    configs: Columns = st.session_state["columns"]
    for notice in (*_url_notices(configs), *_twins(configs)):
        st.warning(plain(notice))
    _write_url(configs)
    return configs


def completed(configs: Columns) -> Columns:
    """At least two columns: one alone is set beside the article's deep network that it is not."""
    if len(configs) >= 2:
        return configs
    first = configs[0] if configs else DEEP_TANH
    common = {name: getattr(first, name) for name in COMMON}
    other = DEEP_TANH if first.activation == "relu" else DEEP_RELU
    with suppress(ValueError):  # Too large for the other network, or too few points for its batches.
        other = other.with_changes(**common)
    return first, other


def _edited(configs: Columns, position: int, config: RunConfig) -> Columns:
    """The columns after an edit of one; what is common to all goes to all.

    Raises:
        ValueError: If a setting cannot be common to all.
    """
    st.session_state["in the controls"] = position, config
    changes = {
        name: getattr(config, name) for name in COMMON if getattr(config, name) != getattr(configs[position], name)
    }
    if not st.session_state["common"]:
        changes = {}
    others = [other.with_changes(**changes) if changes else other for other in configs]
    return (*others[:position], config, *others[position + 1 :])


def _position() -> int:
    return LETTERS.index(st.session_state["column"])


def _read_url() -> None:
    """A first visit, an edited address and the browser's back button all bring a URL that this page did not write."""
    query = st.query_params.to_dict()
    if query == st.session_state.get(QUERY):
        return
    configs, notices = from_query(query)
    configs = st.session_state["columns"] = completed(configs)
    st.session_state["of the columns' url"] = configs, notices
    st.session_state[QUERY] = query


def _url_notices(configs: Columns) -> tuple[str, ...]:
    asked, notices = st.session_state["of the columns' url"]
    return notices if asked == configs else ()


def _write_url(configs: Columns) -> None:
    query = to_query(configs)
    if query != st.session_state[QUERY]:
        st.query_params.from_dict(query)
        st.session_state[QUERY] = query


def _twins(configs: Columns) -> list[str]:
    return [
        f"Column {letter} is the same run as column {LETTERS[configs.index(config)]}: change one of them."
        for position, (letter, config) in enumerate(zip(LETTERS, configs, strict=False))
        if configs.index(config) < position
    ]


def _arrange() -> None:
    """Choose the column to edit, add and remove columns, and give the controls its settings."""
    configs: Columns = st.session_state["columns"]
    letters = LETTERS[: len(configs)]
    if st.session_state.get("column") not in tuple(letters):
        st.session_state["column"] = letters[0]
    st.segmented_control(
        "Column to edit", tuple(letters), key="column", required=True, width="stretch", persist_state="session"
    )
    with st.container(horizontal=True, gap="xsmall"):
        if st.button("Start from…", help="A preset, the Lab's run, a stored run, a link or JSON."):
            choose_source(_position())
        st.button("Add", on_click=_add, disabled=len(configs) == len(COLUMNS), help="One more column.")
        st.button("Remove", on_click=_remove, disabled=len(configs) == 2, help="Take this column away.")
    st.session_state.setdefault("common", True)
    st.toggle(
        "Same for all",
        key="common",
        persist_state="session",
        help="Data, repeats and epochs that you change here change in all columns.",
    )
    shown = _position(), configs[_position()]
    if shown != st.session_state.get("in the controls"):
        enter(shown[1], PLACE)


def _add() -> None:
    """A preset that is not there yet, with what the columns have in common."""
    configs: Columns = st.session_state["columns"]
    common = {name: getattr(configs[0], name) for name in COMMON}
    for preset in PRESETS:
        with suppress(ValueError):
            config = preset.config.with_changes(**common)
            if config not in configs:
                st.session_state["columns"] = (*configs, config)
                st.session_state["column"] = LETTERS[len(configs)]
                return


def _remove() -> None:
    position = _position()
    configs: Columns = st.session_state["columns"]
    st.session_state["columns"] = configs[:position] + configs[position + 1 :]
