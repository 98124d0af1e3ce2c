"""What every page begins and ends with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vgdemo.jobs import SchedulerError
from vgdemo.store import StoreError
from vgdemo.ui.address import come_to
from vgdemo.ui.pages import COMPARE, LAB, PAGES
from vgdemo.ui.plotly_js import plotly_script
from vgdemo.ui.session import PRESENT, session
from vgdemo.ui.share import share
from vgdemo.ui.tour import tour_button
from vgdemo.wording import readable

INTRODUCTION = """Deep networks often do not learn because the gradient that reaches their first layers is tiny.
Here you set a network on the left, train it at once, and see the gradient of every layer at every epoch."""

_HERE = Path(__file__).parent
_CSS, _PRESENT_CSS = _HERE / "page.css", _HERE / "present.css"  # The second speaks of a presentation alone.
_ADDRESS = re.compile(r"(?<=http)(?=://)|(?<=https)(?=://)|(?<=www)(?=\.)|(?=@)|(?<=:)(?=streamlit:)", re.IGNORECASE)
_HEADED = (LAB, COMPARE)  # Pages whose first heading is for those alone who listen; the others show theirs.

_mount_landmarks = st.components.v2.component(
    "vgdemo_landmarks", html="", js=(_HERE / "landmarks.js").read_text(encoding="utf-8")
)


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
    st.html(_PRESENT_CSS)
    come_to(title)
    navigation = _navigation(title)
    notice, session().notice = session().notice, None
    with st.container(key="notice"):  # There on every page, so that nothing below moves, and no open panel closes.
        if notice:
            st.warning(told(notice))
    with faults_in_words(retry):
        yield
    with navigation:  # Only now it is known what the page shows.
        _present(title)
        share(title)


@contextmanager
def faults_in_words(retry: Callable[[], None] | None = None) -> Iterator[None]:
    """A part of a page; where the store or the scheduler cannot be used, it says so in place of the rest of itself.

    Args:
        retry: What a button to try again does before the page is drawn anew.
    """
    try:
        yield
    except (SchedulerError, StoreError) as error:
        st.error(told(str(error)))
        if retry is not None:
            st.button("Try again", on_click=retry)


def _navigation(page: str) -> DeltaGenerator:
    """Draw the links; gives the row in which they stand."""
    if page in _HEADED:
        heading = f'<h1 class="vgdemo-heard">{page}</h1>'
        st.html(heading + plotly_script(), unsafe_allow_javascript=True)
    row = st.container(horizontal=True, gap="small", vertical_alignment="center", key="navigation")
    with row:
        st.markdown("**vgdemo**", width="content")
        for title, path in PAGES.items():
            _link(title, path)
        tour_button(page)
        with st.popover("About", type="tertiary", key="about"):
            st.markdown(INTRODUCTION)
    return row


def _present(page: str) -> None:
    is_presented = st.toggle("Present", key=PRESENT, persist_state="session")
    _mount_landmarks(data={"page": page, "present": is_presented}, key="landmarks")


def _link(title: str, path: str) -> None:
    """A link that takes along the query its page last had, so that coming back finds the same thing."""
    visited = session().visited.get(title)
    st.page_link(path, label=title, query_params=visited and visited.query, width="content")


def plain(text: str) -> str:
    """Text from outside, such as a link's, for a place that reads Markdown: every sign stands for itself, in one line.

    Streamlit makes links of addresses, and an image of its own name between colons, whether signs are escaped or not.
    There a sign that nobody sees, U+2060, stands between two of theirs.
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", _ADDRESS.sub("\u2060", readable(text)))


def told(sentence: str) -> str:
    """A sentence about what came from outside, for the same: names in backticks are code, every other sign is itself.

    Example:
        >>> print(told("Expected `batch_size` to be 1. Received: <b>"))
        Expected `batch_size` to be 1\\. Received\\: \\<b\\>
    """
    return re.sub(r"\\`((?:\w|\\_)+)\\`", lambda name: "`" + name[1].replace("\\", "") + "`", plain(sentence))
