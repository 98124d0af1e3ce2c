"""Library: the runs that the store holds, to open, compare, pin or delete."""

import streamlit as st

from vgdemo.store import StoreError
from vgdemo.ui.library import actions, chosen, filtered
from vgdemo.ui.page import page, plain
from vgdemo.ui.runs import open_store


def main() -> None:
    """Draw the page."""
    page("Library")
    try:
        runs = open_store().summaries()
        if not runs:
            st.info("Nothing is stored yet: every run that the Lab completes is kept here.")
            return
        actions(chosen(filtered(runs)))
    except StoreError as error:
        st.error(plain(str(error)))


if __name__ == "__main__":
    main()
