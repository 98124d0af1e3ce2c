"""What all figures share: the one palette, titles, margins, and what the browser is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

# Okabe and Ito's colours, which colour-blind eyes tell apart and which read on light and on dark.
BLUE, VERMILLION, GREEN, PINK, ORANGE = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"
DARK, LIGHT = "#1B2330", "#FFFFFF"  # What is drawn on the light middle and on the dark ends of a scale.
TRAIN, VALIDATION = BLUE, VERMILLION
RUN_COLORS = (BLUE, VERMILLION, GREEN, PINK)  # Of runs side by side.
CLASS_COLORS = (BLUE, ORANGE)
CLASS_SCALE = ((0, BLUE), (0.5, "#F2F2F0"), (1, ORANGE))
SEQUENTIAL = "Viridis"
DIVERGING = ((0, BLUE), (0.5, "#F2F2F0"), (1, VERMILLION))
AROUND_ONE = CLASS_SCALE  # Of factors, beside NaN and ∞: the red of the other diverging scale is NaN's.
ZERO, NOT_A_NUMBER, INFINITE = "#8C8C8C", VERMILLION, PINK  # None of them occurs in the sequential scale.
REFERENCE = "#8C8C8C"  # Of a thin line that is no measurement of the network.
SPECIAL_COLORS = {"exact zero": ZERO, "NaN": NOT_A_NUMBER, "∞": INFINITE}
SPECIAL_VALUES = {"exact zero": 0, "NaN": "NaN", "∞": "Infinity"}  # As a file writes them, which JSON cannot.
BAND_OPACITY = 0.26
MARGIN = {"l": 58, "r": 12, "t": 92, "b": 44}
# Of a figure that stands alone: from the left, with room for its subtitle and a legend between it and the plot.
TITLE = {"x": 0, "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "pad": {"l": 12, "b": 58}}
MARGIN_BESIDE_COLORS = MARGIN | {"r": 64}  # A colour bar has its place before it comes.


def new_figure(
    title: str,
    reading: str,
    alt: str,
    *,
    how: str = "",
    scale: Sequence[float] = (),
    over_epochs: bool = False,
    log10: Sequence[str] = (),
    **layout: Any,
) -> go.Figure:
    """An empty figure.

    Args:
        title: What is drawn.
        reading: One sentence that says what to see in it.
        alt: What kind of picture it is, for those who cannot see it; the reading follows it.
        how: How to read the figure, for those who see such a one for the first time.
        scale: The ends of the scale that a figure may fit to its values.
        over_epochs: Whether the first horizontal axis is the epoch, so that a chosen epoch can be marked.
        log10: The axes ("xaxis", "yaxis2"; "z" for a heatmap's colours) on which logarithms to base 10 are drawn.
        **layout: Plotly's layout attributes.

    Example:
        >>> new_figure("Loss", "It falls.", "Line chart.", over_epochs=True).layout.meta["epochs"]
        True
    """
    return go.Figure(
        layout={
            "template": "none",
            "title": {"text": title, "subtitle": {"text": reading}, **TITLE},
            "meta": {
                "alt": alt,
                "how": how,
                "scale": list(scale),
                "epochs": over_epochs,
                "framed": False,
                "log10": list(log10),
            },
            "margin": MARGIN,
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 11}},
            "font": {"size": 12},
            "hoverlabel": {"namelength": -1},
            **layout,
        }
    )


def literal(text: str) -> str:
    """Text from outside, for a place that reads Plotly's subset of HTML: every sign stands for itself.

    Example:
        >>> literal("a < b & c")
        'a &lt; b &amp; c'
    """
    return escape(text, quote=False)


def translucent(color: str, opacity: float = BAND_OPACITY) -> str:
    """A hexadecimal colour with an opacity.

    Example:
        >>> translucent("#0072B2", 0.5)
        'rgba(0,114,178,0.5)'
    """
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
