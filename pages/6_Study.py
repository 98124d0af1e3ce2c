"""Study: how likely a network is to learn, over a grid of settings."""

import streamlit as st

from vgdemo.ui.landscape import marked, open_clicked
from vgdemo.ui.page import page, plain
from vgdemo.ui.pages import STUDY
from vgdemo.ui.runs import retry
from vgdemo.ui.study import listed, take_away, watch
from vgdemo.ui.study_form import study_form


def main() -> None:
    """Draw the page."""
    with page(STUDY, retry=retry):
        open_clicked()
        st.title("Study")
        grid = study_form()
        with st.container(horizontal=True, vertical_alignment="center", key="study in words"):
            st.markdown(f"**{plain(grid.sentence)}** · {plain(grid.shared)}")
            take_away(grid)
        watch(grid)
        marked(grid)
        listed(grid)


if __name__ == "__main__":
    main()
