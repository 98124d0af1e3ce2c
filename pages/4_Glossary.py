"""Glossary: the words of the field, and the rules by which a run gets its verdict."""

import streamlit as st

from vgdemo.glossary import GLOSSARY as WORDS
from vgdemo.ui.glossary import index, matching, rules, show
from vgdemo.ui.page import page, plain
from vgdemo.ui.pages import GLOSSARY
from vgdemo.ui.session import FIND


def main() -> None:
    """Draw the page."""
    with page(GLOSSARY):
        st.title("Glossary")
        wanted = st.text_input("Find a word", key=FIND, bind="query-params", max_chars=60, width=480)
        found = matching(wanted)
        if not found:
            st.info(f"The glossary knows no word like {plain(wanted)}. Below are all that it knows.")
            found = matching("")
        index(found)
        if len(found) == len(WORDS):
            rules()
        show(found)


if __name__ == "__main__":
    main()
