"""Axes: of epochs, of the places of a panel, of powers of ten."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from typing import Any

from vgdemo.figures.style import literal
from vgdemo.record import Panel, RunRecord
from vgdemo.wording import number, power_of_ten

FEW_EPOCHS = 10  # With fewer, Plotly would name halves of them.
MAX_NAMED = 13  # Places that an axis has room to name.
ROOM = 6  # Characters of a name that the margin holds.
SMALLEST = -300  # Smaller powers of ten are not told from zero.
ROUNDING = 0.01  # Of the logarithm of a tick: that of 2 is 0.301.
SEPARATOR = re.compile(r"[/._:-]")  # Of the parts of a layer's name.
MAX_PARTS = 8  # That are looked at.
LONGEST = 21  # Characters of a name beside an axis, as `lstm/recurrent_kernel` has; the whole name is in the hover.


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


def place_axis(panel: Panel, order: Sequence[int] = ()) -> dict[str, Any]:
    """An axis of a panel's places by their labels; long ones are shortened where they stand.

    Of more places than there is room to name, those are named at which a block of them begins, with the block's name.

    Args:
        panel: That has them.
        order: Of the places, where it is another than the panel's.
    """
    labels = [panel.labels[place] for place in order] or panel.labels
    named = _named_evenly(labels) if len(order) else place_names(panel)
    ticks = [labels[place] for place in named]
    axis = {
        "title": {"text": panel.axis},
        "type": "category",
        "categoryarray": list(labels),
        "tickvals": ticks,
        "range": [-0.5, max(1, len(labels)) - 0.5],
    }
    names = [*named.values()]
    words = [literal(name) for name in names]
    return {**axis, **room_for(names), **({} if words == ticks else {"ticktext": words})}


def room_for(names: Sequence[str]) -> dict[str, Any]:
    """What an axis needs whose names are too long for the margin."""
    return {"automargin": True} if max(map(len, names), default=0) > ROOM else {}


def shortened(name: str, longest: int = LONGEST) -> str:
    """A name without its middle if it is too long for its place.

    Example:
        >>> shortened("output"), shortened("bidirectional_lstm/recurrent_kernel")
        ('output', 'bidirectio…ent_kernel')
    """
    half = (longest - 1) // 2
    return name if len(name) <= longest else f"{name[:half]}…{name[half + 1 - longest :]}"


def place_names(panel: Panel) -> dict[int, str]:
    """The places of a panel that an axis names, and the names that have room there."""
    named = block_names(panel.labels)
    return dict(zip(named, told_apart([*named.values()]), strict=True)) if named else _named_evenly(panel.labels)


def _named_evenly(labels: Sequence[str]) -> dict[int, str]:
    places = named_places(len(labels))
    return dict(zip(places, told_apart([labels[place] for place in places]), strict=True))


def told_apart(names: Sequence[str], longest: int = LONGEST) -> list[str]:
    """Shortened names; those of which too little would be left to tell them apart lose their common beginning instead.

    Example:
        >>> told_apart(["output", "transformer_layer_10_attention", "transformer_layer_11_attention"])
        ['output', '…_10_attention', '…_11_attention']
    """
    short = [shortened(name, longest) for name in names]
    alike = {cut: [name for name, other in zip(names, short, strict=True) if other == cut] for cut in short}
    return [_name_apart(name, alike[cut], longest) for name, cut in zip(names, short, strict=True)]


def _name_apart(name: str, alike: Sequence[str], longest: int) -> str:
    """A name without the parts with which all of these begin, cut at its end; shortened if it is the only one."""
    if len({*alike}) < 2:
        return shortened(name, longest)
    common = os.path.commonprefix([*alike])
    begins = max((match.start() for match in SEPARATOR.finditer(common)), default=0)
    rest = f"…{name[begins:]}"
    return rest if len(rest) <= longest else f"{rest[: longest - 1]}…"


def block_names(labels: Sequence[str]) -> dict[int, str]:
    """The places at which blocks of layers begin, and the names of the blocks; empty if there is room for all layers.

    A block is what follows each other and begins with the same parts; so many parts count that blocks have at least
    two layers on average. Where names say nothing of blocks there are none.

    Example:
        >>> block_names([f"stage{stage}_conv_{number}" for stage in (1, 2) for number in range(9)])
        {0: 'stage1_conv', 9: 'stage2_conv'}
    """
    if len(labels) <= MAX_NAMED:
        return {}
    for depth in range(MAX_PARTS, 0, -1):
        names = [_first_parts(label, depth) for label in labels]
        begins = [place for place, name in enumerate(names) if place == 0 or name != names[place - 1]]
        if 1 < len(begins) <= len(labels) / 2:
            shown = [begins[place] for place in named_places(len(begins))]
            return {place: names[place] for place in shown}
    return {}


def _first_parts(label: str, count: int) -> str:
    """The beginning of a name, up to so many of its parts, which separators end."""
    ends = [match.start() for match in SEPARATOR.finditer(label)]
    return label[: ends[count - 1]] if len(ends) >= count else label


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
