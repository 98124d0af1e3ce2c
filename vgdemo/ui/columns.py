"""The columns of a comparison: their settings, in the URL as well, and the form that edits one of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import streamlit as st

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.links import COLUMNS, from_query, to_query
from vgdemo.presets import DEEP_RELU, DEEP_TANH, PRESETS
from vgdemo.ui.address import Address
from vgdemo.ui.controls import controls, enter, entered
from vgdemo.ui.page import plain
from vgdemo.ui.pages import COMPARE
from vgdemo.ui.session import COLUMN, COMMON, session
from vgdemo.ui.sources import choose_source

COMMON_SETTINGS = (*(name for name, setting in SETTINGS.items() if setting.group in ("data", "repeats")), "epochs")
LETTERS = COLUMNS.upper()  # What a person calls the columns.

Columns = tuple[RunConfig, ...]


def columns() -> Columns:
    """The runs to compare, as the person has set them."""
    asked = ADDRESS.asked()
    if asked is not None:
        session().columns = asked
    with st.sidebar:
        _arrange()
        controls(COMPARE)
    try:
        session().columns = _edited(session().columns, _position(), entered(COMPARE))
    except ValueError as error:
        st.warning(f"{plain(str(error))}. You see the last columns that were possible.")
    configs = session().columns
    for notice in (*ADDRESS.notices(configs), *_twins(configs)):
        st.warning(plain(notice))
    ADDRESS.show(configs)
    return configs


def completed(configs: Columns) -> Columns:
    """At least two columns: one alone is set beside the article's deep network that it is not."""
    if len(configs) >= 2:
        return configs
    first = configs[0] if configs else DEEP_TANH
    other = DEEP_TANH if first.activation == "relu" else DEEP_RELU
    with suppress(ValueError):  # Too large for the other network, or too few points for its batches.
        other = other.with_changes(**_common(first))
    return first, other


def _read(query: Mapping[str, str]) -> tuple[Columns, tuple[str, ...]]:
    configs, notices = from_query(query)
    return completed(configs), notices


ADDRESS = Address(COMPARE, _read, to_query)


def _common(config: RunConfig) -> dict[str, object]:
    return {name: getattr(config, name) for name in COMMON_SETTINGS}


def _edited(configs: Columns, position: int, config: RunConfig) -> Columns:
    """The columns after an edit of one; what is common to all goes to all.

    Raises:
        ValueError: If a setting cannot be common to all.
    """
    session().in_controls = position, config
    before = _common(configs[position])
    changes = {name: value for name, value in _common(config).items() if value != before[name]}
    if not st.session_state[COMMON]:
        changes = {}
    others = [other.with_changes(**changes) if changes else other for other in configs]
    return (*others[:position], config, *others[position + 1 :])


def _position() -> int:
    return LETTERS.index(st.session_state[COLUMN])


def _twins(configs: Columns) -> list[str]:
    return [
        f"Column {letter} is the same run as column {LETTERS[configs.index(config)]}: change one of them."
        for position, (letter, config) in enumerate(zip(LETTERS, configs, strict=False))
        if configs.index(config) < position
    ]


def _arrange() -> None:
    """Choose the column to edit, add and remove columns, and give the controls its settings."""
    configs = session().columns
    letters = LETTERS[: len(configs)]
    if st.session_state.get(COLUMN) not in tuple(letters):
        st.session_state[COLUMN] = letters[0]
    st.segmented_control(
        "Column to edit", tuple(letters), key=COLUMN, required=True, width="stretch", persist_state="session"
    )
    _arrangement_buttons(len(configs))
    st.session_state.setdefault(COMMON, True)
    st.toggle(
        "Same data, repeats and epochs for all",
        key=COMMON,
        persist_state="session",
        help="What you change of them here changes in all columns; every other setting is the column's own.",
    )
    shown = _position(), configs[_position()]
    if shown != session().in_controls:
        enter(shown[1], COMPARE)


def _arrangement_buttons(count: int) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        if st.button("Start from…", help="A preset, the Lab's run, a stored run, a link or JSON."):
            choose_source(LETTERS[_position()], put)
        st.button("Add", on_click=_add, disabled=count == len(COLUMNS), help="One more column.")
        st.button("Remove", on_click=_remove, disabled=count == 2, help="Take this column away.")


def put(configs: Columns) -> None:
    """Put a run into the column that is edited; several replace all."""
    if len(configs) == 1:
        position, columns = _position(), session().columns
        configs = (*columns[:position], *configs, *columns[position + 1 :])
    session().columns = configs


def _add() -> None:
    """A preset that is not there yet, with what the columns have in common."""
    configs = session().columns
    for preset in PRESETS:
        with suppress(ValueError):
            config = preset.config.with_changes(**_common(configs[0]))
            if config not in configs:
                session().columns = (*configs, config)
                st.session_state[COLUMN] = LETTERS[len(configs)]
                return


def _remove() -> None:
    position, configs = _position(), session().columns
    session().columns = configs[:position] + configs[position + 1 :]
