"""What a notebook shows of a training."""

from __future__ import annotations

import html
import sys
import textwrap
import threading
from collections.abc import Callable
from typing import Any

from vgdemo.diagnosis import Diagnosis
from vgdemo.figures import Figure
from vgdemo.record import RunRecord
from vgdemo.wording import number

CHARACTERS, LINE, PICTURE = 90, 22, 420  # Of a line over a picture; its height in pixels, and the picture's.


def titled(figure: Figure, diagnosis: Diagnosis) -> Figure:
    """A picture under its verdict, with room for as many lines as that has."""
    lines = [html.escape(line) for line in textwrap.wrap(diagnosis.explanation, CHARACTERS)]
    room = LINE * (len(lines) + 3)
    figure.update_layout(margin_t=room, height=PICTURE + room)
    figure.update_layout(title={"y": 1 - LINE / (PICTURE + room), "yref": "container", "yanchor": "top"})
    figure.update_layout(title_text=diagnosis.headline, title_subtitle_text="<br>".join(lines))
    return figure


def bundle(figure: Figure) -> dict[str, Any]:
    """Kind of content to the picture as a notebook shows it; empty where none does."""
    return figure._repr_mimebundle_(include=None, exclude=None) or {}


def after_the_cell(act: Callable[[], None]) -> None:
    """Act once when the cell of the notebook has run that runs now, however it ends; never outside of notebooks.

    A notebook keeps the traceback of an exception, and so all that was at work when it came.
    """
    interactive = sys.modules.get("IPython")
    shell = None if interactive is None else interactive.get_ipython()
    if shell is None or threading.current_thread() is not threading.main_thread():
        return

    def once(*_: object) -> None:
        shell.events.unregister("post_run_cell", once)
        act()

    shell.events.register("post_run_cell", once)


def table(record: RunRecord) -> str:
    """For each kernel the size of its gradient at the start and in the end."""
    gradients = record.values("gradient_rms")[[0, -1], 0].T
    ends = "".join(f"<th>{record.unit} {record.epochs[place]}</th>" for place in (0, -1))
    rows = "".join(
        f"<tr><td>{html.escape(label)}</td><td>{number(first)}</td><td>{number(last)}</td></tr>"
        for label, (first, last) in zip(record.model.kernel_labels, gradients, strict=True)
    )
    return f"<table><tr><th>gradient, RMS</th>{ends}</tr>{rows}</table>"
