"""Library: the runs that the store holds, to open, compare, pin or delete."""

import streamlit as st

from vgdemo.store import StoreError
from vgdemo.ui import runs
from vgdemo.ui.library import actions, chosen, filtered
from vgdemo.ui.page import page, plain


def main() -> None:
    """Draw the page."""
    page("Library")
    try:
        stored = runs.open_store().summaries()
        if not stored:
            st.info("Nothing is stored yet: every run that the Lab completes is kept here.")
            return
        actions(chosen(filtered(stored)))
    except StoreError as error:
        st.error(plain(str(error)))


if __name__ == "__main__":
    main()
