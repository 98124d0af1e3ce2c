"""The article: its experiments repeated, its published numbers beside what the repeats measure."""

import streamlit as st

from vgdemo.article import chapters, configs, experiments
from vgdemo.ui.article import data, section
from vgdemo.ui.article_training import training
from vgdemo.ui.page import page
from vgdemo.ui.pages import ARTICLE

INTRODUCTION = """An [article](https://machinelearningmastery.com/how-to-fix-vanishing-gradients-using-the-rectified-linear-activation-function/)
that many have followed shows vanishing gradients by single runs. Here each of its experiments runs 20 times, with other
first weights and another order of the points each time, and its published number is a mark on what the repeats measure.
A claim that holds for at least 18 of 20 replicates *agrees*, one that holds for at most 2 *disagrees*; between them the
article's run is *one draw of many*."""


def main() -> None:
    """Draw the page."""
    with page(ARTICLE):
        text, points = st.columns([3, 2], gap="large")
        with text:
            st.title("The article, repeated")
            st.markdown(INTRODUCTION)
        with points:
            data()
        training(configs(experiments()))
        for title, part in chapters().items():
            st.header(title)
            for experiment in part:
                section(experiment)


if __name__ == "__main__":
    main()
