"""A page's address, which says what the page shows.

What the page shows is kept in the session, and the address follows it. The address is read only where it leads: when
a person comes to the page, and when Back or Forward moves through it. At any other time what a request says of the
address may be older than the last setting, and is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from vgdemo.ui.events import told_of
from vgdemo.ui.session import HISTORY, Visited, session
from vgdemo.wording import counted, readable

MOST_NOTICES = 10  # A link may be as long as somebody likes.

Value = TypeVar("Value")

_mount = st.components.v2.component(
    "vgdemo_history", html="", js=Path(__file__).with_name("history.js").read_text(encoding="utf-8")
)


def come_to(page: str) -> None:
    """Note which page is drawn, and listen for Back and Forward.

    Args:
        page: Its title.
    """
    for title, visited in session().visited.items():
        if title != page:
            session().visited[title] = visited._replace(is_left=True)
    if page not in session().visited or session().visited[page].is_left:
        session().moved = None  # A move within the page that is left, such as to a heading.
    if page not in session().visited and _is_anothers(page, st.query_params.to_dict()):
        st.query_params.clear()
    _mount(key=HISTORY, on_moved_change=_note_move)


def own_url() -> str:
    """The address at which the browser says that it is; empty if it says none, or none of a web server."""
    url = str(st.context.url or "")
    try:
        place = urlsplit(url)
        _ = place.port
    except ValueError:
        return ""
    return url if place.scheme in ("http", "https") and place.hostname else ""


def lead_to(query: dict[str, str]) -> None:
    """Show what another query of this page asks for, as a link would; only in a callback."""
    session().led = query


def _note_move() -> None:
    search = told_of(HISTORY, "moved", str)
    if search is not None:  # A move to another page is over before that page listens, which reads its address anyway.
        session().moved = dict(parse_qsl(readable(search).removeprefix("?"), keep_blank_values=True))
        st.rerun()  # The whole page, even where the browser has told of the move along with a change of a fragment.


def _is_anothers(page: str, query: dict[str, str]) -> bool:
    """Whether another page had this query: Back may lead to a page with the query of the one that it leaves."""
    return bool(query) and query in [visited.query for title, visited in session().visited.items() if title != page]


@dataclass(frozen=True)
class Address(Generic[Value]):
    """The address of one page.

    Attributes:
        page: Its title.
        read: From query parameters to what they ask for, and a sentence for each that could not be taken.
        write: From what the page shows to query parameters.
        kept: From the query of a link to the page to parameters that stay as they are unless it names them.
    """

    page: str
    read: Callable[[Mapping[str, str]], tuple[Value, tuple[str, ...]]]
    write: Callable[[Value], dict[str, str]]
    kept: Callable[[Mapping[str, str]], dict[str, str]] = lambda query: {}

    def asked(self) -> Value | None:
        """What the address asks for, if the person has just been led to it; None if the page shows it already."""
        moved, session().moved = session().moved, None
        led, session().led = session().led, None
        if led is not None:
            return self._read(led, session().visited[self.page].query)
        query = self._come_to()
        if query is not None:
            return self._read(self.kept(query) | query, query)
        # An address that Back led to stays as it is: one written anew would be in the way of the next Back.
        return None if moved is None else self._read(moved, None)

    def notices(self, shown: Value) -> tuple[str, ...]:
        """What could not be taken of the address, until the person has changed what is shown."""
        visited = session().visited[self.page]
        return visited.notices if visited.asked == shown else ()

    def show(self, shown: Value) -> None:
        """Let the address say what the page shows."""
        visited = session().visited[self.page]
        query = self.write(shown)
        if query != visited.query:
            st.query_params.from_dict(query)
            session().visited[self.page] = visited._replace(query=query)

    def _read(self, query: dict[str, str], standing: dict[str, str] | None) -> Value:
        """What a query asks for; an address that stands as None is taken for the one that the page would write."""
        value, notices = self.read(query)
        if len(notices) > MOST_NOTICES:
            more = counted(len(notices) - MOST_NOTICES, "other part")
            notices = (*notices[:MOST_NOTICES], f"And {more} of the link could not be taken.")
        session().visited[self.page] = Visited(self.write(value) if standing is None else standing, value, notices)
        return value

    def _come_to(self) -> dict[str, str] | None:
        """The query with which a person comes to the page; None for who is there, or comes back to what was there."""
        visited, query = session().visited.get(self.page), st.query_params.to_dict()
        if visited is None:
            return query
        if not visited.is_left:
            return None
        if not _is_anothers(self.page, query):
            return query
        session().visited[self.page] = visited._replace(query=query, is_left=False)
        return None
