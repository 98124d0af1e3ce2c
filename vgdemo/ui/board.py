"""Figures that stay where they are: one component for all live and finished figures of a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from vgdemo.figures import Figure
from vgdemo.record import RunRecord
from vgdemo.ui.server import plotly_url

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "vgdemo_board",
    html=(_HERE / "board.html").read_text(encoding="utf-8"),
    css=(_HERE / "board.css").read_text(encoding="utf-8"),
    js=(_HERE / "board.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # Plotly's own style sheet does not reach into a shadow root.
)


def board(figures: Mapping[str, str], *, key: str, stale: bool = False) -> None:
    """Draw figures, those with frames below a slider that chooses the epoch.

    `st.plotly_chart` builds its chart anew whenever the data changes: it blinks and forgets the zoom. This component
    hands what has changed to the chart that is there.

    Args:
        figures: Name to the JSON of `drawn`; the name is also that of the downloads.
        key: Identity of the board on its page.
        stale: Whether the figures show an earlier run than the one that is asked for.
    """
    _mount(data={"library": plotly_url(), "figures": dict(figures), "stale": stale}, key=key)


@st.cache_resource(show_spinner=False, max_entries=150)
def drawn(name: str, run_key: str, num_epochs: int, _make: Callable[[RunRecord], Figure], _record: RunRecord) -> str:
    """A figure as the board takes it, made once for all sessions that see the same epochs of the same run.

    Args:
        name: The figure and its options.
        run_key: The run.
        num_epochs: How many of its epochs there are.
        _make: Makes the figure.
        _record: The epochs.
    """
    return str(_make(_record).to_json())
