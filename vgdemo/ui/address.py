"""A page's address: read when the page did not write it itself, written when what the page shows changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from vgdemo.ui.session import Visited, session

Value = TypeVar("Value")


@dataclass(frozen=True)
class Address(Generic[Value]):
    """The address of one page.

    Attributes:
        page: Path of the page, such as "app.py".
        read: From query parameters to what they ask for, and a sentence for each that could not be taken.
        write: From what the page shows to query parameters.
    """

    page: str
    read: Callable[[Mapping[str, str]], tuple[Value, tuple[str, ...]]]
    write: Callable[[Value], dict[str, str]]

    def asked(self) -> Value | None:
        """What the address asks for, if this page did not write it; None if it did.

        A first visit, an edited address and the browser's Back button all bring such a one.
        """
        query = st.query_params.to_dict()
        before = session().visited.get(self.page)
        if before is not None and before.query == query:
            return None
        value, notices = self.read(query)
        session().visited[self.page] = Visited(query, value, notices)
        return value

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
