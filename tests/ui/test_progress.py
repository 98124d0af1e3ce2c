"""The clock that draws a part of a page again; the sentences are held on the Lab."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page_with_a_clock() -> None:
    """Its state is a number that a button raises."""
    import streamlit as st

    from vgdemo.ui.progress import redraw

    st.session_state.setdefault("state", 0)
    st.session_state["pages"] = st.session_state.get("pages", 0) + 1

    def draw() -> None:
        st.text(f"state {st.session_state['state']}")
        if st.button("raise"):
            st.session_state["state"] += 1
        st.button("look")

    redraw(lambda: st.session_state["state"], draw, every=None)


def test_the_whole_page_is_drawn_once_more_when_the_state_changes() -> None:
    page = AppTest.from_function(page_with_a_clock, default_timeout=30).run()
    assert (page.text[0].value, page.session_state["pages"]) == ("state 0", 1)
    page.button[0].click().run()
    drawn = page.session_state["pages"]
    page.button[1].click().run()
    assert page.text[0].value == "state 1"
    assert page.session_state["pages"] > drawn
