"""Your model: the trainings of somebody's own, from the logs that they write, while they go on."""

import streamlit as st

from vgdemo.ui.choice_of_logs import chosen_logs, notices
from vgdemo.ui.downloads import downloads
from vgdemo.ui.page import page
from vgdemo.ui.pages import YOUR_MODEL
from vgdemo.ui.snippets import snippets
from vgdemo.ui.your_model import reported, watch


def main() -> None:
    """Draw the page."""
    with page(YOUR_MODEL):
        st.title("Your model")
        with st.container(horizontal=True, vertical_alignment="center", key="choice of logs"):
            names = chosen_logs()
            runs = reported(names)
            downloads(lambda: runs)  # Where a file is made, nobody knows what the visit has uploaded.
        notices()
        snippets(expanded=not names)
        watch(names)


if __name__ == "__main__":
    main()
