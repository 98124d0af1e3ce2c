"""The Lab: set a network, train it, watch its gradients. Start it with `streamlit run app.py`."""

from functools import partial

from vgdemo.nursery import open_early

if __name__ != "__main__":  # This is the server, which imports the file before it serves it as a page.
    open_early()

import streamlit as st

from vgdemo.links import to_query
from vgdemo.ui.columns import completed
from vgdemo.ui.downloads import downloads
from vgdemo.ui.forecast import forecast_panel
from vgdemo.ui.glossary import words, words_of
from vgdemo.ui.lab import reported, watch
from vgdemo.ui.names import name_field
from vgdemo.ui.page import page, plain
from vgdemo.ui.pages import COMPARE, LAB, PAGES
from vgdemo.ui.runs import follow, retry
from vgdemo.ui.server import MIDDLEWARE, ROUTES, lifespan
from vgdemo.ui.session import RUN_NAME, session
from vgdemo.ui.settings import form, run_to_show
from vgdemo.ui.study_form import study_link
from vgdemo.ui.tour import panel, train_next

# `streamlit run` finds this object, serves it, and runs this same file as the page.
app = st.App(__file__, routes=ROUTES, middleware=MIDDLEWARE, lifespan=lifespan)


def main() -> None:
    """Draw the page."""
    with page(LAB, retry=retry):
        config = run_to_show(form(), session().job)
        panel(LAB, (config,))
        name = session().name
        with st.container(horizontal=True, vertical_alignment="center", key="run in words"):
            st.markdown(f"**{plain(name)}** · {plain(config.sentence)}" if name else f"**{plain(config.sentence)}**")
            name_field("Name of the run", RUN_NAME, "Name it", label_visibility="collapsed", width=120)
            beside = to_query(completed((config,)), [name])
            st.page_link(PAGES[COMPARE], label="Compare with…", query_params=beside, width="content")
            study_link(config)
            words(words_of(config), "Words")
            export = st.container(width="content")
        job = follow(config)
        with export:
            downloads(partial(reported, job, name))
        watch(job)
        forecast_panel(config)
        train_next(LAB, [job])


if __name__ == "__main__":
    main()
