"""Library: the runs that the store holds, to find, open, compare, pin or delete."""

import streamlit as st

from vgdemo.ui.filters import found
from vgdemo.ui.library import actions, choose, listed
from vgdemo.ui.page import page
from vgdemo.ui.pages import LIBRARY


def main() -> None:
    """Draw the page."""
    with page(LIBRARY):
        st.title("Library")
        stored = listed()
        with st.container():  # So that the buttons keep their place, whatever is said above them.
            if not stored:
                st.info("Nothing is stored yet: every run that the Lab completes is kept here.")
            runs = found(stored)
        buttons = st.container(horizontal=True, key="actions")  # Above the table, which fills the screen.
        if stored and not runs:
            st.info("No stored run is like that: take away a word or a choice.")
        marked = choose(runs) if runs else []
        with buttons:
            actions(marked)


if __name__ == "__main__":
    main()
