"""Axes: of epochs, of the places of a panel, of powers of ten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from vgdemo.record import Panel, RunRecord
from vgdemo.wording import number, power_of_ten

FEW_EPOCHS = 10  # With fewer, Plotly would name halves of them.
MAX_NAMED = 13  # Places that an axis has room to name.
ROOM = 6  # Characters of a name that the margin holds.
SMALLEST = -300  # Smaller powers of ten are not told from zero.
ROUNDING = 0.01  # Of the logarithm of a tick: that of 2 is 0.301.
LONGEST = 18  # Characters of a name beside an axis; the whole name is in the hover.


def epoch_range(record: RunRecord) -> list[int]:
    """From 0 to the end of the training; a record of the start alone has room to be seen too."""
    return [0, max(1, record.last_epoch)]


def epoch_axis(record: RunRecord, beside: float = 0) -> dict[str, Any]:
    """An axis of epochs, with so much room beside the first and the last; of few epochs each is named.

    Example:
        >>> epoch_axis(record)
        {'title': {'text': 'epoch'}, 'range': [0, 3], 'tick0': 0, 'dtick': 1}
    """
    first, last = epoch_range(record)
    ticks = {"tick0": 0, "dtick": 1} if last < FEW_EPOCHS else {}
    return {"title": {"text": record.unit}, "range": [first - beside, last + beside], **ticks}


def place_axis(panel: Panel) -> dict[str, Any]:
    """An axis of a panel's places by their labels; long ones are shortened where they stand."""
    labels = panel.labels
    ticks = [labels[place] for place in named_places(len(labels))]
    axis = {
        "title": {"text": panel.axis},
        "type": "category",
        "categoryarray": list(labels),
        "tickvals": ticks,
        "range": [-0.5, max(1, len(labels)) - 0.5],
    }
    names = [shortened(tick) for tick in ticks]
    return {**axis, **room_for(names), **({} if names == ticks else {"ticktext": names})}


def room_for(names: Sequence[str]) -> dict[str, Any]:
    """What an axis needs whose names are too long for the margin."""
    return {"automargin": True} if max(map(len, names), default=0) > ROOM else {}


def shortened(name: str, longest: int = LONGEST) -> str:
    """A name without its middle if it is too long for its place.

    Example:
        >>> shortened("output"), shortened("bidirectional_lstm/recurrent_kernel")
        ('output', 'bidirect…nt_kernel')
    """
    half = (longest - 1) // 2
    return name if len(name) <= longest else f"{name[:half]}…{name[half + 1 - longest :]}"


def named_places(count: int, most: int = MAX_NAMED) -> list[int]:
    """Which of many places there is room to name: the first, even steps, and the last; not more than `most`.

    Example:
        >>> named_places(21, most=6)
        [0, 4, 8, 12, 16, 20]
    """
    step = math.ceil(max(1, count - 1) / (most - 1))
    last = count - 1
    return [place for place in range(0, last, step) if last - place > step / 2] + [last] * (count > 0)


def from_first_to_last(panel: Panel) -> str:
    """The ends of a panel's axis in words, after a blank: " from layer 1 to the output"; empty without places."""
    return f" from {panel.phrases[0]} to {panel.phrases[-1]}" if panel.phrases else ""


def log_axis(low: float, high: float, most: int) -> dict[str, Any]:
    """A logarithmic axis between two logarithms: ticks at 1, 2 and 5 if there are not too many, or at powers of ten.

    Example:
        >>> log_axis(-1, 0.3, most=5)["ticktext"], log_axis(-8, 38, most=5)["ticktext"]
        (['0.1', '0.2', '0.5', '1', '2'], ['10²', '10¹⁴', '10²⁶', '10³⁸'])
    """
    powers = range(max(SMALLEST, math.floor(low)), math.ceil(high))
    steps = [*(float(f"{step}e{power}") for power in powers for step in (1, 2, 5)), 10.0 ** math.ceil(high)]
    values = [value for value in steps if low <= math.log10(value) <= high + ROUNDING]
    if len(values) <= most:
        names = [number(value) for value in values]
        return {"type": "log", "tickvals": values, "ticktext": names, **room_for(names)}
    ticks = decades(max(SMALLEST, low), high, most - 1)
    return {"type": "log", "tickvals": [10.0**tick for tick in ticks["tickvals"]], "ticktext": ticks["ticktext"]}


def decades(low: float, high: float, most: int = 8) -> dict[str, Any]:
    """Ticks at whole powers of ten for an axis or colour bar that holds logarithms: not more than `most` steps.

    Example:
        >>> decades(-8, 1, most=3)
        {'tickvals': [-8, -5, -2, 1], 'ticktext': ['10⁻⁸', '10⁻⁵', '10⁻²', '10¹']}
    """
    first, last = math.ceil(low), math.floor(high)
    step = max(1, math.ceil((last - first) / most))
    ticks = list(range(last, first - 1, -step))[::-1]
    return {"tickvals": ticks, "ticktext": [power_of_ten(tick) for tick in ticks]}
