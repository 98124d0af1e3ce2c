"""What every page begins and ends with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from vgdemo.jobs import SchedulerError
from vgdemo.store import StoreError
from vgdemo.ui.address import come_to
from vgdemo.ui.pages import PAGES
from vgdemo.ui.session import session
from vgdemo.ui.share import share
from vgdemo.ui.tour import tour_button

INTRODUCTION = """Deep networks often do not learn because the gradient that reaches their first layers is tiny.
Here you set a network on the left, train it at once, and see the gradient of every layer at every epoch."""

_CSS = Path(__file__).with_name("page.css")


@contextmanager
def page(title: str, *, retry: Callable[[], None] | None = None) -> Iterator[None]:
    """A page: its title, the styles and the navigation, so that each stands alone; then what is drawn within.

    Where the store or the scheduler cannot be used, the page says it in place of the rest.

    Args:
        title: What the browser calls the page.
        retry: What a button to try again does before the page is drawn anew.
    """
    st.set_page_config(page_title=f"{title} · vgdemo", page_icon="📉", layout="wide")
    st.html(_CSS)
    come_to(title)
    _navigation(title)
    notice, session().notice = session().notice, None
    if notice:
        st.warning(plain(notice))
    try:
        yield
    except (SchedulerError, StoreError) as error:
        st.error(plain(str(error)))
        if retry is not None:
            st.button("Try again", on_click=retry)


def _navigation(page: str) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="navigation"):
        st.markdown("**vgdemo**", width="content")
        for title, path in PAGES.items():
            _link(title, path)
        tour_button(page)
        with st.popover("About", type="tertiary"):
            st.markdown(INTRODUCTION)
        share()


def _link(title: str, path: str) -> None:
    """A link that takes along the query its page last had, so that coming back finds the same thing."""
    visited = session().visited.get(title)
    st.page_link(path, label=title, query_params=visited and visited.query, width="content")


def plain(text: str) -> str:
    """Text from outside, such as a link's, for a place that reads Markdown: every sign stands for itself."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
