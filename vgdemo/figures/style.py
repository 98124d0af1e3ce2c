"""What all figures share: the one palette, titles, axes and the way numbers are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

# Okabe and Ito's colours, which colour-blind eyes tell apart and which read on light and on dark.
BLUE, VERMILLION, GREEN, PINK, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
TRAIN, VALIDATION = BLUE, VERMILLION
RUN_COLORS = (BLUE, VERMILLION, GREEN, PINK)  # Of runs side by side.
CLASS_COLORS = (BLUE, ORANGE)
CLASS_SCALE = ((0, BLUE), (0.5, "#F2F2F0"), (1, ORANGE))
SEQUENTIAL = "Viridis"
DIVERGING = ((0, BLUE), (0.5, "#F2F2F0"), (1, VERMILLION))
ZERO, NOT_A_NUMBER, INFINITE = "#8C8C8C", VERMILLION, PINK  # None of them occurs in the sequential scale.
SPECIAL_COLORS = {"exact zero": ZERO, "NaN": NOT_A_NUMBER, "∞": INFINITE}
BAND_OPACITY = 0.26
MARGIN = {"l": 58, "r": 12, "t": 64, "b": 44}

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def new_figure(title: str, reading: str, alt: str, *, over_epochs: bool = False, **layout: Any) -> go.Figure:
    """An empty figure.

    Args:
        title: What is drawn.
        reading: One sentence that says what to see in it.
        alt: What kind of picture it is, for those who cannot see it; the reading follows it.
        over_epochs: Whether the first horizontal axis is the epoch, so that a chosen epoch can be marked.
        **layout: Plotly's layout attributes.
    """
    return go.Figure(
        layout={
            "template": "none",
            "title": {"text": title, "subtitle": {"text": reading}},
            "meta": {"alt": alt, "epochs": over_epochs, "framed": False},
            "margin": MARGIN,
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 11}},
            "font": {"size": 12},
            "hoverlabel": {"namelength": -1},
            **layout,
        }
    )


def power_of_ten(exponent: int) -> str:
    """10 with a superscript exponent."""
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def in_words(value: float) -> str:
    """A number with two significant digits; small and large ones in powers of ten, never "0.00"."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite"
    if value == 0 or 0.01 <= abs(value) < 1000:
        return f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}·{power_of_ten(int(exponent))}"


def layer_axis(names: Sequence[str]) -> dict[str, Any]:
    """An axis of layers by name."""
    ticks = [names[place] for place in named_places(len(names))]
    return {
        "title": {"text": "layer"},
        "type": "category",
        "categoryarray": list(names),
        "tickvals": ticks,
        "range": [-0.5, len(names) - 0.5],
    }


def named_places(count: int, most: int = 13) -> list[int]:
    """Which of many layers an axis has room to name: the first, even steps, and the last; not more than `most`."""
    step = math.ceil(max(1, count - 1) / (most - 1))
    return [place for place in range(0, count - 1, step) if count - 1 - place > step / 2] + [count - 1]


def decades(low: float, high: float, most: int = 8) -> dict[str, Any]:
    """Ticks at whole powers of ten for an axis or colour bar that holds logarithms: not more than `most` steps."""
    first, last = math.ceil(low), math.floor(high)
    step = max(1, math.ceil((last - first) / most))
    ticks = list(range(last, first - 1, -step))[::-1]
    return {"tickvals": ticks, "ticktext": [power_of_ten(tick) for tick in ticks]}


def translucent(color: str, opacity: float = BAND_OPACITY) -> str:
    """A hexadecimal colour with an opacity."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
