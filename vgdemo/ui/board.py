"""Figures that stay where they are: one component for all live and finished figures of a page."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import streamlit as st
from cachetools import LRUCache, cached
from plotly.utils import PlotlyJSONEncoder

from vgdemo.figures import Figure
from vgdemo.figures.bundle import bundled
from vgdemo.record import RunRecord
from vgdemo.ui.events import told_of
from vgdemo.ui.plotly_js import plotly_url

MAX_BYTES = 32 * 2**20  # Of pictures in memory; those of sixty runs of the default size.
LAST_EPOCH = 2**31 - 1  # That a run or a log may count.
MAX_RECORDS = 200  # Of which something that is said of them stays in memory.

Value = TypeVar("Value")

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "vgdemo_board",
    html=(_HERE / "board.html").read_text(encoding="utf-8"),
    css=(_HERE / "board.css").read_text(encoding="utf-8"),
    js=bundled(_HERE / "board.js"),
    isolate_styles=False,  # Plotly's own style sheet does not reach into a shadow root.
)


Seen = tuple[str, str, tuple[int, ...], int, tuple[bytes, ...]]


class Picture(NamedTuple):
    """A figure as the board takes it.

    Attributes:
        kind: What it draws, such as "profile". Figures of one kind on a board share axes, zoom and hover.
        json: Plotly's JSON of it.
        column: The letter of its run among runs side by side, whose figures of one kind stand in a group; empty if it
            stands alone.
        file: What its downloads are called; empty for the figure's name.
    """

    kind: str
    json: str
    column: str = ""
    file: str = ""

    @classmethod
    def of(cls, kind: str, figure: Figure) -> Picture:
        """A figure of this kind."""
        # Plotly's own `to_json` writes six characters for each slash, of which numbers as text have many.
        return cls(kind, json.dumps(figure.to_dict(), cls=PlotlyJSONEncoder, separators=(",", ":")))


class Led(NamedTuple):
    """The epoch to which an address has led a board, which then goes where the person moves it.

    Attributes:
        times: How often one has led there; a board takes each over once.
        epoch: The epoch; None for the last.
    """

    times: int
    epoch: int | None


NOT_LED = Led(0, None)


class Fitting(NamedTuple):
    """A choice of scales that each figure with a scale offers.

    Attributes:
        is_on: Whether the scales end where the values do, in place of those that all runs share.
        toggle: Takes that the person has pressed it.
    """

    is_on: bool
    toggle: Callable[[], None]


def board(
    figures: Mapping[str, Picture],
    *,
    key: str,
    stale: bool = False,
    columns: int = 1,
    under: str = "",
    unit: str = "epoch",
    led: Led = NOT_LED,
    choose: Callable[[int | None], None] = lambda epoch: None,
    pick: Callable[[Sequence[Any]], None] | None = None,
    fitting: Fitting | None = None,
) -> None:
    """Draw figures, those with frames below a slider that chooses the epoch.

    `st.plotly_chart` builds its chart anew whenever the data changes: it blinks and forgets the zoom. This component
    hands what has changed to the chart that is there.

    Args:
        figures: Name to figure; the name is the figure's identity, such as "profile A".
        key: Identity of the board on its page.
        stale: Whether the figures show an earlier run than the one that is asked for.
        columns: How many runs stand side by side. A figure that is of no single one of them spans all columns.
        under: The subheading under which the board stands, which whoever hears its buttons hears too, for a page may
            have several boards. Without it the board stands under the page's title.
        unit: What its slider counts.
        led: The epoch to which an address has led.
        choose: Takes the epoch to which the person has moved the slider, a moment after it rests; None for the last.
        pick: Takes the `customdata` of the point that the person has clicked; None where a click chooses no point.
        fitting: The choice of scales; None where there is none.
    """

    def take_pick() -> None:
        picked = told_of(key, "picked", dict) or {}
        if isinstance(picked.get("point"), list) and pick is not None:
            pick(picked["point"])

    def take() -> None:
        chosen = told_of(key, "chosen", dict) or {}
        epoch = chosen.get("epoch", -1)
        if epoch is None or (type(epoch) is int and 0 <= epoch <= LAST_EPOCH):
            choose(epoch)

    shown = {"library": plotly_url(), "stale": stale, "columns": columns, "under": under, "unit": unit}
    shown |= {"picks": pick is not None}
    _mount(
        data=as_sent(figures, shown | {"led": led._asdict(), "isFitted": fitting and fitting.is_on}),
        key=key,
        on_chosen_change=take,
        on_picked_change=take_pick,
        on_fit_change=fitting.toggle if fitting else lambda: None,
    )


def as_sent(figures: Mapping[str, Picture], shown: Mapping[str, Any]) -> bytes:
    """What the board's script reads: a line of JSON that says what is shown, then one for each figure.

    A figure's JSON is written when it is made. In a dictionary Streamlit would write it twice more at every look.

    Example:
        >>> print(as_sent({"profile A": Picture("profile", "{}", "A")}, {"columns": 2}).decode())
        {"columns": 2, "figures": [{"name": "profile A", "kind": "profile", "column": "A", "file": ""}]}
        {}
    """
    named = [
        {"name": name, "kind": picture.kind, "column": picture.column, "file": picture.file}
        for name, picture in figures.items()
    ]
    lines = [json.dumps({**shown, "figures": named}), *(picture.json for picture in figures.values())]
    return "\n".join(lines).encode()


def drawn(kind: str, options: Hashable, records: Sequence[RunRecord], make: Callable[[], Figure]) -> Picture:
    """A picture that is made once for all sessions that see the same epochs of the same runs.

    Args:
        kind: What is drawn.
        options: All that the figure depends on besides the records: numbers, words, and tuples or dataclasses of them.
        records: The runs in it; may be none.
        make: Makes the figure.
    """
    return _drawn(kind, options, tuple(map(seen, records)), make)


def seen(record: RunRecord) -> Seen:
    """What tells a record from others, and from what was or will be measured of the same run."""
    # Who joins a run late may have missed its first epochs; a stopped run has other stops than one that goes on; two
    # trainings of one model that begin in the same second write logs of the same key.
    last = tuple(values[-1:].tobytes() for values in record.curve_arrays.values())
    return record.run_key, str(record.status), tuple(record.epochs[:1].tolist()), len(record.epochs), last


def once(make: Callable[[RunRecord], Value]) -> Callable[[RunRecord], Value]:
    """What is made of a record, made once for all sessions that see the same epochs of the same run."""
    return cached(LRUCache[Seen, Value](MAX_RECORDS), key=seen, condition=threading.Condition())(make)


@cached(
    LRUCache[Hashable, Picture](MAX_BYTES, lambda picture: len(picture.json)),
    key=lambda kind, options, seen, make: (kind, options, seen),
    condition=threading.Condition(),  # Two who ask at once wait for one making.
)
def _drawn(kind: str, options: Hashable, seen: tuple[Seen, ...], make: Callable[[], Figure]) -> Picture:
    return Picture.of(kind, make())
