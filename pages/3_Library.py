"""Library: the runs that the store holds, to open, compare, pin or delete."""

import streamlit as st

from vgdemo.ui.library import actions, choose_runs, choose_settings
from vgdemo.ui.page import page
from vgdemo.ui.pages import LIBRARY
from vgdemo.ui.runs import stored_runs


def main() -> None:
    """Draw the page."""
    with page(LIBRARY):
        stored = stored_runs()
        if stored:
            actions(choose_runs(choose_settings(stored)))
        else:
            st.info("Nothing is stored yet: every run that the Lab completes is kept here.")


if __name__ == "__main__":
    main()
