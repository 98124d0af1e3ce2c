"""Compare: two to four runs side by side, on the same axes, replicate by replicate."""

import streamlit as st

from vgdemo.jobs import SchedulerError
from vgdemo.store import StoreError
from vgdemo.ui.columns import LETTERS, columns
from vgdemo.ui.compare import watch
from vgdemo.ui.page import page, plain
from vgdemo.ui.results import results
from vgdemo.ui.runs import follow_all, retry_all


def main() -> None:
    """Draw the page."""
    page("Compare")
    configs = columns()
    try:
        jobs = dict(zip(LETTERS, follow_all(configs), strict=False))
    except (SchedulerError, StoreError) as error:
        st.error(plain(str(error)))
        st.button("Try again", on_click=retry_all)
        return
    watch(jobs)
    results(jobs)


if __name__ == "__main__":
    main()
