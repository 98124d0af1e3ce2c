"""A sentence for those who listen to the page and do not see it change."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component(
    "vgdemo_live",
    html='<div role="status"></div>',
    js=Path(__file__).with_name("live.js").read_text(encoding="utf-8"),
)


def announce(sentence: str) -> None:
    """Say a sentence aloud to a screen reader: when it differs from the last one, and only then."""
    _mount(data={"sentence": sentence}, key="live")
