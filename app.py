"""The Lab: set a network, train it, watch its gradients. Start it with `streamlit run app.py`."""

import streamlit as st

from vgdemo.jobs import SchedulerError
from vgdemo.store import StoreError
from vgdemo.ui.lab import watch
from vgdemo.ui.page import page, plain
from vgdemo.ui.runs import follow, retry
from vgdemo.ui.server import ROUTES, lifespan
from vgdemo.ui.settings import form, wanted

INTRODUCTION = """Deep networks often do not learn because the gradient that reaches their first layers is tiny.
Here you set a network, train it at once and see the gradient of every layer at every epoch.
What trains now is the article's failing network, five tanh layers; change anything on the left."""

# `streamlit run` finds this object, serves it, and runs this same file as the page.
app = st.App(__file__, routes=ROUTES, lifespan=lifespan)


def main() -> None:
    """Draw the page."""
    page("Lab")
    config = wanted(form(), st.session_state.get("job"))
    for notice in st.session_state["url notices"]:
        st.warning(plain(notice))
    st.markdown(f"**{plain(config.sentence)}**")
    try:
        watch(follow(config))
    except (SchedulerError, StoreError) as error:
        st.error(plain(str(error)))
        st.button("Try again", on_click=retry, args=(config,))


if __name__ == "__main__":
    main()
