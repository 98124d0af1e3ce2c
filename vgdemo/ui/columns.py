"""The columns of a comparison: their settings, in the URL as well, and the form that edits one of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple, TypeVar

import streamlit as st

from vgdemo.config import SETTINGS, RunConfig, takes
from vgdemo.links import COLUMNS, VIEW, from_query, in_one_line, names_from_query, to_query
from vgdemo.presets import DEEP_RELU, DEEP_TANH, PRESETS
from vgdemo.tour import OPENING
from vgdemo.ui.address import Address
from vgdemo.ui.controls import controls, enter, entered
from vgdemo.ui.look import Look, kept, look, look_at
from vgdemo.ui.names import LETTERS, name_field
from vgdemo.ui.page import told
from vgdemo.ui.pages import COMPARE
from vgdemo.ui.session import COLUMN, COLUMN_NAME, COMMON, session
from vgdemo.ui.sources import choose_source
from vgdemo.ui.tour import toured

COMMON_SETTINGS = (*(name for name, setting in SETTINGS.items() if setting.group in ("data", "repeats")), "epochs")

Columns = tuple[RunConfig, ...]
Value = TypeVar("Value")


class Shown(NamedTuple):
    """What Compare shows: the columns, their own names, and how a person looks at them."""

    configs: Columns
    names: tuple[str, ...]
    look: Look


def columns() -> Columns:
    """The runs to compare, as the person has set them."""
    asked = ADDRESS.asked()
    if asked is not None:
        session().columns, session().names = asked.configs, asked.names
        look(COMPARE, asked.look)
    with st.sidebar:
        _arrange()
        controls(COMPARE)
    try:
        session().columns = _edited(session().columns, _position(), entered(COMPARE))
    except ValueError as error:
        st.warning(f"{told(str(error))}. You see the last columns that were possible.")
    configs = session().columns
    for notice in (*ADDRESS.notices(_shown()), *_twins(configs)):
        st.warning(told(notice))
    show_address()
    return configs


def show_address() -> None:
    """Let the address say what Compare shows, how a person looks at it too."""
    ADDRESS.show(_shown())


def _shown() -> Shown:
    return Shown(session().columns, session().names, look_at(COMPARE))


def completed(configs: Columns) -> Columns:
    """At least two columns: without any the tour's, one alone beside the article's deep network that it is not."""
    if len(configs) != 1:
        return configs or OPENING
    (first,) = configs
    if first.architecture.is_recurrent:
        return first, first.with_changes(network="lstm" if first.network == "simple_rnn" else "simple_rnn")
    other = DEEP_TANH if first.activation == "relu" else DEEP_RELU
    with suppress(ValueError):  # Too large for the other network, or too few points for its batches.
        other = other.with_changes(**_common(first))
    return first, other


def _read(query: Mapping[str, str]) -> tuple[Shown, tuple[str, ...]]:
    asked, of_settings = from_query(query)
    names, of_names = names_from_query(query)
    wanted, of_look = Look.from_text(query.get(VIEW, ""))
    configs = completed(asked)
    return Shown(configs, _as_many(names, configs), wanted), (*of_settings, *of_names, *of_look)


def _write(shown: Shown) -> dict[str, str]:
    return to_query(shown.configs, shown.names) | shown.look.to_query()


ADDRESS = toured(Address(COMPARE, _read, _write, kept))


def _as_many(names: tuple[str, ...], configs: Columns) -> tuple[str, ...]:
    return (*names, *[""] * len(configs))[: len(configs)]


def _with(values: tuple[Value, ...], position: int, value: Value) -> tuple[Value, ...]:
    """The values with this one in place of that at a position, or behind them all."""
    return (*values[:position], value, *values[position + 1 :])


def _common(config: RunConfig) -> dict[str, object]:
    return {name: getattr(config, name) for name in COMMON_SETTINGS}


def _edited(configs: Columns, position: int, config: RunConfig) -> Columns:
    """The columns after an edit of one; what is common to all goes to all.

    Raises:
        ValueError: If a setting cannot be common to all.
    """
    name = in_one_line(st.session_state[COLUMN_NAME])
    session().names = _with(_as_many(session().names, configs), position, name)
    session().in_controls = position, config, name
    before = _common(configs[position])
    changes = {name: value for name, value in _common(config).items() if value != before[name]}
    if not st.session_state[COMMON] or config.network != configs[position].network:
        changes = {}
    others = tuple(_with_taken(other, changes) for other in configs)
    return _with(others, position, config)


def _position() -> int:
    """Where the column stands that is edited; the first if a browser says that there is none."""
    letters = LETTERS[: len(session().columns)]
    chosen = st.session_state.get(COLUMN)
    return letters.index(chosen) if chosen in tuple(letters) else 0


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
    shown = _position(), configs[_position()], _as_many(session().names, configs)[_position()]
    if shown != session().in_controls:
        enter(shown[1], COMPARE)
        st.session_state[COLUMN_NAME] = shown[2]
    name_field("Name of the column", COLUMN_NAME, "What sets it apart")
    st.session_state.setdefault(COMMON, True)
    st.toggle(
        "Same data, repeats and epochs for all",
        key=COMMON,
        persist_state="session",
        help="What you change of them here changes in all columns; every other setting is the column's own.",
    )


def _arrangement_buttons(count: int) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        if st.button("Start from…", help="A preset, the Lab's run, a stored run, a link or JSON."):
            choose_source(LETTERS[_position()], put)
        st.button("Add", on_click=_add, disabled=count == len(COLUMNS), help="One more column.")
        st.button("Remove", on_click=_remove, disabled=count == 2, help="Take this column away.")


def put(configs: Columns) -> None:
    """Put a run into the column that is edited; several replace all."""
    names: tuple[str, ...] = ()
    if len(configs) == 1:
        position, columns, names = _position(), session().columns, _as_many(session().names, session().columns)
        configs, names = _with(columns, position, configs[0]), _with(names, position, "")
    session().columns, session().names = configs, _as_many(names, configs)


def room_beside(letter: str) -> tuple[str, bool]:
    """The column that a run gets which is tried for another one's, and whether it is a new one.

    A new one comes last, so that the others keep their letters and colours; without room it is the last of the others.
    """
    count = len(session().columns)
    if count < len(COLUMNS):
        return LETTERS[count], True
    return LETTERS[count - 2 if letter == LETTERS[count - 1] else count - 1], False


def set_beside(letter: str, config: RunConfig) -> None:
    """Set a run beside that of a column; one that is there already stays where it is."""
    configs = session().columns
    if config in configs:
        return
    target, _ = room_beside(letter)
    position = LETTERS.index(target)
    session().columns = _with(configs, position, config)
    session().names = _with(_as_many(session().names, configs), position, "")


def _add() -> None:
    """A preset that is not there yet, with what the columns have in common."""
    configs = session().columns
    for preset in PRESETS:
        with suppress(ValueError):
            config = _with_taken(preset.config, _common(configs[0]))
            if config not in configs:
                session().columns, session().names = (*configs, config), (*session().names, "")
                st.session_state[COLUMN] = LETTERS[len(configs)]
                return


def _remove() -> None:
    position, configs, names = _position(), session().columns, session().names
    session().columns = configs[:position] + configs[position + 1 :]
    session().names = names[:position] + names[position + 1 :]


def _with_taken(config: RunConfig, changes: Mapping[str, object]) -> RunConfig:
    """The run with those changes that its network can take."""
    taken = {name: value for name, value in changes.items() if takes(config.network, name, value)}
    return config.with_changes(**taken) if taken else config
