"""The verdicts of runs along an axis: which share of the replicates has which."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from vgdemo.study.cells import Layout
from vgdemo.study.measures import VERDICT_COLORS, VERDICTS
from vgdemo.study.panel import Curve
from vgdemo.study.sides import Side
from vgdemo.study.study import Study

LARGEST = 16  # Pixels across of a dot that stands for all replicates; its area counts them.
APART = 0.18  # Between the dots of several curves, in rows.


def verdict_axis() -> dict[str, Any]:
    """A row for each verdict, the first at the top."""
    return {
        "title": {"text": "verdict", "standoff": 8},
        "tickvals": list(range(len(VERDICTS))),
        "ticktext": [*map(str, VERDICTS)],
        "range": [len(VERDICTS) - 0.5, -0.5],
        "automargin": True,
        "zeroline": False,
    }


def add_verdicts(figure: go.Figure, study: Study, curves: Sequence[Curve]) -> None:
    """A dot for each run and verdict that replicates of it have."""
    told = Layout(tuple(Side(axis).label for axis in study.grid.axes))
    columns = {**told.points, "verdict": told.more(0), "replicates": told.more(1)}
    for number, curve in enumerate(curves):
        found = [
            (x, cell, verdict, count, len(study[cell.config].ends))
            for x, cell in curve.every
            if cell.value is not None
            for verdict, count in Counter(end.verdict for end in study[cell.config].ends).items()
        ]
        shift = APART * (number - (len(curves) - 1) / 2)
        figure.add_scatter(
            x=[x for x, *_ in found],
            y=[VERDICTS.index(verdict) + shift for _, _, verdict, *_ in found],
            mode="markers",
            name=curve.name or "replicates",
            marker={
                "size": [LARGEST * math.sqrt(count / total) for *_, count, total in found],
                "color": curve.color if curve.name else [VERDICT_COLORS[verdict] for _, _, verdict, *_ in found],
                "opacity": 1,
            },
            customdata=[cell.told(str(verdict), count, total) for _, cell, verdict, count, total in found],
            meta={"columns": columns},
            hovertemplate=f"{told.words}<br>{told.said(0)}: {told.said(1)} of {told.said(2)}<extra></extra>",
        )
