"""Glossary: the words of the field, and the rules by which a run gets its verdict."""

import streamlit as st

from vgdemo.diagnosis import RULES
from vgdemo.ui.glossary import in_markdown, matching
from vgdemo.ui.page import page, plain
from vgdemo.ui.pages import GLOSSARY
from vgdemo.ui.session import FIND


def main() -> None:
    """Draw the page."""
    with page(GLOSSARY):
        st.title("Glossary")
        with st.container(width=760):
            wanted = st.text_input("Find a word", key=FIND, bind="query-params", max_chars=60)
            found = matching(wanted)
            if not found:
                st.info(f"No entry has a word that begins with {plain(wanted)}.")
            for entry in found:
                st.markdown(in_markdown(entry))
        with st.expander("How a verdict is found"):
            st.markdown("For each replicate the first rule that holds names what it has.")
            st.table([{"verdict": rule.verdict, "holds if": rule.in_words, "why": rule.reason} for rule in RULES])


if __name__ == "__main__":
    main()
