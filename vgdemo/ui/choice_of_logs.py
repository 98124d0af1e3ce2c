"""Which logs a person looks at: the choice, in the address as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import streamlit as st

from vgdemo.links import COLUMNS, VIEW
from vgdemo.ui.address import Address
from vgdemo.ui.board import LAST_EPOCH
from vgdemo.ui.logs import latest_log, log_names
from vgdemo.ui.look import Look, kept, look, look_at
from vgdemo.ui.page import plain, told
from vgdemo.ui.pages import YOUR_MODEL
from vgdemo.ui.session import LOGS_SHOWN, keep_at_most, session
from vgdemo.ui.uploads import upload


class Shown(NamedTuple):
    """What the page shows: the names of logs, and how a person looks at them."""

    names: tuple[str, ...]
    look: Look


def chosen_logs() -> tuple[str, ...]:
    """The names of the logs to show, as the person has chosen them; the latest without a choice."""
    asked = ADDRESS.asked()
    if asked is not None:
        look(YOUR_MODEL, asked.look)
        _choose(asked.names)
    offered = _offered()
    keep_at_most(LOGS_SHOWN, len(COLUMNS))
    _choose(_among(offered, st.session_state.get(LOGS_SHOWN, ())) or _latest())
    st.multiselect(
        "Logs",
        offered,
        key=LOGS_SHOWN,
        max_selections=len(COLUMNS),
        on_change=_know_all,
        placeholder="No log yet",
        label_visibility="collapsed",
        persist_state="session",
        disabled=not offered,
    )
    upload(_choose)
    return _shown().names


def notices() -> None:
    """Say what could not be taken of the address."""
    for notice in ADDRESS.notices(_shown()):
        st.warning(told(notice))
    show_address()


def offer_new() -> None:
    """A button for a log that has appeared since the person last chose, such as that of a training begun again."""
    new = [name for name in log_names() if name not in session().known_logs]
    if new:
        st.button(f"New: {plain(new[-1])}", on_click=_watch_alone, args=(new[-1],), help="Show this log instead.")


def show_address() -> None:
    """Let the address say what the page shows, how a person looks at it too."""
    ADDRESS.show(_shown())


def _shown() -> Shown:
    return Shown(tuple(st.session_state.get(LOGS_SHOWN, ())), look_at(YOUR_MODEL))


def _offered() -> tuple[str, ...]:
    return *session().uploads, *log_names()


def _among(offered: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in offered)


def _latest() -> tuple[str, ...]:
    latest = latest_log()
    return () if latest is None else (latest,)


def _choose(names: tuple[str, ...]) -> None:
    if list(names) != st.session_state.get(LOGS_SHOWN):
        st.session_state[LOGS_SHOWN] = list(names)
        _know_all()


def _know_all() -> None:
    session().known_logs = log_names()


def _watch_alone(name: str) -> None:
    _choose((name,))
    st.rerun()  # The part of the page that has the button would go on showing the log of before.


def _read(query: Mapping[str, str]) -> tuple[Shown, tuple[str, ...]]:
    asked = {letter: query[letter] for letter in COLUMNS if letter in query}
    offered = _offered()
    notices = tuple(
        f"Expected `{letter}` to be a log of this dashboard. Received: {name[:80]!r}. It is ignored."
        for letter, name in asked.items()
        if name not in offered
    )
    names = _among(offered, dict.fromkeys(asked.values())) or _latest()
    wanted, of_look = Look.from_text(query.get(VIEW, ""), LAST_EPOCH)
    return Shown(names, wanted), (*notices, *of_look)


def _write(shown: Shown) -> dict[str, str]:
    return dict(zip(COLUMNS, shown.names, strict=False)) | shown.look.to_query()


ADDRESS = Address(YOUR_MODEL, _read, _write, kept)
