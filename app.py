"""The Lab: set a network, train it, watch its gradients. Start it with `streamlit run app.py`."""

import streamlit as st

from vgdemo.jobs import SchedulerError
from vgdemo.links import to_query
from vgdemo.store import StoreError
from vgdemo.ui.downloads import downloads
from vgdemo.ui.foresight import foresight
from vgdemo.ui.lab import exhibits, watch
from vgdemo.ui.page import INTRODUCTION, page, plain
from vgdemo.ui.runs import follow, has_no_runs, retry
from vgdemo.ui.server import ROUTES, lifespan
from vgdemo.ui.settings import form, wanted
from vgdemo.ui.words import words, words_of

# `streamlit run` finds this object, serves it, and runs this same file as the page.
app = st.App(__file__, routes=ROUTES, lifespan=lifespan)


def main() -> None:
    """Draw the page."""
    page("Lab")
    config = wanted(form(), st.session_state.get("job"))
    if st.session_state.setdefault("is new here", has_no_runs()):
        st.markdown(INTRODUCTION)
    with st.container(horizontal=True, vertical_alignment="center", key="run in words"):
        st.markdown(f"**{plain(config.sentence)}**", width="content")
        st.page_link("pages/1_Compare.py", label="Compare with…", query_params=to_query([config]), width="content")
        words(words_of(config), "Words")
        export = st.container(width="content")
    try:
        job = follow(config)
        with export:
            downloads(exhibits(job))
        watch(job)
        foresight(config)
    except (SchedulerError, StoreError) as error:
        st.error(plain(str(error)))
        st.button("Try again", on_click=retry, args=(config,))


if __name__ == "__main__":
    main()
