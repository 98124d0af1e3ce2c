"""The article: its experiments repeated, its published numbers beside what the repeats measure."""

import streamlit as st

from vgdemo.article import chapters, configs, experiments
from vgdemo.ui.article import contents, data, introduction, section
from vgdemo.ui.article_training import begin, training
from vgdemo.ui.page import page
from vgdemo.ui.pages import ARTICLE


def main() -> None:
    """Draw the page."""
    with page(ARTICLE):
        every = configs(experiments())
        begin(every)
        text, points = st.columns([3, 2], gap="large")
        with text:
            introduction()
            training(every)
        with points:
            data()
        contents()
        for title, part in chapters().items():
            st.header(title)
            for experiment in part:
                section(experiment, every)


if __name__ == "__main__":
    main()
