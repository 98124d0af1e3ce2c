"""A button that copies the page's address, which says all that the page shows."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "vgdemo_share",
    html='<div class="vgdemo-share"><button type="button">Share</button>'
    '<input aria-label="Link to this page" readonly hidden></div>',
    css=(_HERE / "share.css").read_text(encoding="utf-8"),
    js=(_HERE / "share.js").read_text(encoding="utf-8"),
)


def share() -> None:
    """Draw the button."""
    _mount(key="share", width="content")
