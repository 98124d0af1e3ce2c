"""Figures that stay where they are: one component for all live and finished figures of a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    js="".join((_HERE / name).read_text(encoding="utf-8") for name in ("numbers.js", "board.js")),
    isolate_styles=False,  # Plotly's own style sheet does not reach into a shadow root.
)


def board(figures: Mapping[str, str], *, key: str, stale: bool = False, columns: int = 1) -> None:
    """Draw figures, those with frames below a slider that chooses the epoch.

    `st.plotly_chart` builds its chart anew whenever the data changes: it blinks and forgets the zoom. This component
    hands what has changed to the chart that is there.

    Args:
        figures: Name to the JSON of `drawn`; the name is also that of the downloads. Of runs side by side, a letter
            after the kind of figure says whose it is, "layers A"; figures of one kind share axes, zoom and hover.
        key: Identity of the board on its page.
        stale: Whether the figures show an earlier run than the one that is asked for.
        columns: How many runs stand side by side.
    """
    _mount(data={"library": plotly_url(), "figures": dict(figures), "stale": stale, "columns": columns}, key=key)


def drawn(name: str, records: Sequence[RunRecord], make: Callable[[], Figure]) -> str:
    """A figure as the board takes it, made once for all sessions that see the same epochs of the same runs.

    Args:
        name: The figure and its options.
        records: The runs in it.
        make: Makes the figure.
    """
    # Who joins a run late may have missed its first epochs; a stopped run has other stops than one that goes on.
    seen = [(one.config.run_key, str(one.status), int(one.epochs.min(initial=0)), len(one.epochs)) for one in records]
    return _drawn(name, seen, make)


@st.cache_resource(show_spinner=False, max_entries=150)
def _drawn(name: str, seen: Sequence[tuple[str, str, int, int]], _make: Callable[[], Figure]) -> str:
    return str(_make().to_json())
