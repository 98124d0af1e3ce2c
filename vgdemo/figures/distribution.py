"""How the gradient's entries are spread in each layer at a chosen epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vgdemo.figures import guide
from vgdemo.figures.axes import decades, place_names, room_for
from vgdemo.figures.frames import Stop, Trace, with_frames
from vgdemo.figures.sampling import absence_of_counts, counted_panel, frame_indices, of_replicates, who
from vgdemo.figures.scales import BEYOND, Fit, Values
from vgdemo.figures.style import BLUE, SPECIAL_COLORS, literal, new_figure, translucent
from vgdemo.record import HISTOGRAM_EDGES, Panel, RunRecord
from vgdemo.wording import capitalized, counted, percent, power_of_ten

LOW, HIGH = -10, 2  # Logarithms: entries beyond them are counted in the outermost bin, unless the axis fits the run.
HEIGHT = 1.8  # Rows that a share of 1 is high.
COLUMN = 1 / 15  # Width of the columns for zero and for what is not finite, as a share of the axis.


def gradient_distribution(record: RunRecord, *, replicates: Sequence[int] = (), fit: Fit = False) -> go.Figure:
    """A ridge per layer: the share of the gradient's entries by size, exact zeros and non-finite ones beside the axis.

    Args:
        record: The run.
        replicates: Those (from 0) whose entries are counted together; all if none is named.
        fit: Let the axis end at this run's values, or at these powers of ten, in place of the range that all runs
            share.

    Example:
        >>> figure = gradient_distribution(record)
        >>> figure.data[0].meta["labels"], [frame.name for frame in figure.frames]
        (['1', '2', 'output'], ['0', '1', '2', '3'])
    """
    panel, counts = counted_panel(record)
    indices = frame_indices(record, panel.epochs)
    shown = of_replicates(counts[indices], replicates).sum(axis=1)
    shares = shown / np.maximum(shown.sum(axis=-1, keepdims=True), 1)
    axis = _Axis(*_ends(shares[..., 1:-1], fit))
    whose = who(record, replicates, "{} together")
    stops = [
        _stop(int(epoch), share, axis, panel, f"{capitalized(record.unit)} {epoch} ({whose})")
        for epoch, share in zip(panel.epochs[indices], shares, strict=True)
    ]
    return with_frames(_layout(panel, axis), _traces(panel, axis), stops)


@dataclass(frozen=True)
class _Axis:
    """The axis of sizes, with room for a column on each side.

    Attributes:
        low: Logarithm of its lower end.
        high: Logarithm of its upper end.
    """

    low: int
    high: int

    @property
    def column(self) -> float:
        return COLUMN * (self.high - self.low)

    @property
    def edges(self) -> tuple[Values, Values, Values]:
        """Of the bins by size, of the column for exact zeros and of that for what is not finite."""
        first, last = np.searchsorted(HISTOGRAM_EDGES, (self.low, self.high))
        sides = np.array([1.75, 2.75]) * self.column  # Far enough out that their names stand clear of the scale's ends.
        return HISTOGRAM_EDGES[first : last + 1], self.low - sides[::-1], self.high + sides

    def bins(self, shares: Values) -> tuple[Values, Values, Values]:
        """(P, bins) shares by size, of exact zeros and of what is not finite; not a number where none is drawn."""
        zero, beyond = (np.where(shares > 0, shares, np.nan)[:, [place]] for place in (0, -1))
        return clipped(shares[:, 1:-1], self.low, self.high), zero, beyond


def _ends(shares: Values, fit: Fit) -> tuple[int, int]:
    """Those that all runs share, those that are given, or whole decades that hold all entries of finite size."""
    if isinstance(fit, tuple):
        return math.floor(fit[0]), math.ceil(fit[1])
    used = np.flatnonzero(shares.reshape(-1, shares.shape[-1]).any(axis=0))
    if not fit or not used.size:
        return LOW, HIGH
    edges = np.concatenate([HISTOGRAM_EDGES[:1], HISTOGRAM_EDGES, HISTOGRAM_EDGES[-1:]])
    low, high = int(np.floor(edges[used[0]])), int(np.ceil(edges[used[-1] + 1]))
    return low, max(high, low + 1)


def clipped(shares: Values, low: int, high: int) -> Values:
    """Shares of the bins between two logarithms, entries beyond them counted in the outermost bins."""
    first, last = np.searchsorted(HISTOGRAM_EDGES, (low, high))
    inside = shares[..., first + 1 : last + 1].copy()
    inside[..., 0] += shares[..., : first + 1].sum(axis=-1)
    inside[..., -1] += shares[..., last + 1 :].sum(axis=-1)
    return inside


def size_ranges(edges: Values) -> list[list[float | str]]:
    """From where to where each bin between these logarithms reaches; the outermost hold all beyond."""
    sizes: list[float | str] = [0, *(float(f"{10.0**edge:.6g}") for edge in edges[1:-1]), "Infinity"]
    return [list(ends) for ends in pairwise(sizes)]


def _stop(epoch: int, shares: Values, axis: _Axis, panel: Panel, when: str) -> Stop:
    ridges = [{"y": _ridges(bins), "customdata": bins.astype(np.float32)} for bins in axis.bins(shares)]
    return Stop(epoch, ridges, f"{when}: {_reading(shares, panel)}{_beyond(shares, axis, panel)}")


def _ridges(shares: Values) -> NDArray[np.float32]:
    """All layers as one line: up and down the steps of a ridge, back along its base, a gap; nothing for what is NaN."""
    layers, bins = shares.shape
    base = np.arange(layers, dtype=np.float32)[:, None]
    ridges = np.full((layers, 2 * bins + 3), np.nan, np.float32)
    ridges[:, [0, -2]] = np.where(np.isnan(shares[:, :1]), np.nan, base)
    ridges[:, 1:-2] = base + HEIGHT * np.repeat(shares, 2, axis=1)
    return ridges.ravel()


def _traces(panel: Panel, axis: _Axis) -> list[Trace]:
    names = ("by size", "exact zero", "not finite")
    columns = {
        panel.axis: "meta.labels[j]",
        "epoch": "meta.epoch",
        "from": "meta.ranges[i][0]",
        "to": "meta.ranges[i][1]",
        "share": "customdata[j][i]",
    }
    colors = (BLUE, SPECIAL_COLORS["exact zero"], SPECIAL_COLORS["NaN"])
    ranges = (size_ranges(axis.edges[0]), [[0, 0]], [["NaN", "NaN"]])
    return [
        {
            "type": "scatter",
            "name": name,
            "x": np.tile(np.concatenate([np.repeat(edges, 2), [np.nan]]), len(panel.labels)).astype(np.float32),
            "y": [],
            "line": {"color": color, "width": 0.7},
            "fill": "toself",
            "fillcolor": translucent(color, 0.45),
            "hoverinfo": "skip",
            "meta": {"labels": list(panel.labels), "ranges": bins, "columns": columns, "needed": "customdata[j][i]"},
        }
        for name, color, edges, bins in zip(names, colors, axis.edges, ranges, strict=True)
    ]


def _layout(panel: Panel, axis: _Axis) -> go.Figure:
    return new_figure(
        "Gradient entries by size",
        absence_of_counts(panel),
        f"Ridge plot: for each {panel.axis}, the share of the gradient's entries by size, at the chosen epoch.",
        how=guide.of_distribution(panel),
        scale=(axis.low, axis.high),
        log10=["xaxis"],
        uirevision=f"distribution {len(panel.labels)}",
        xaxis=_size_axis(axis),
        yaxis=_row_axis(panel),
    )


def _size_axis(axis: _Axis) -> dict[str, Any]:
    ticks = decades(axis.low, axis.high, 4)
    zero, infinite = axis.low - 2.25 * axis.column, axis.high + 2.25 * axis.column
    return {
        "title": {"text": "|g| of one entry; the ends hold all beyond"},
        "tickangle": 0,
        "range": [axis.low - 3.25 * axis.column, axis.high + 3.25 * axis.column],
        "tickvals": [zero, *ticks["tickvals"], infinite],
        "ticktext": ["0", *ticks["ticktext"], "∞"],
    }


def _row_axis(panel: Panel) -> dict[str, Any]:
    named = place_names(panel)
    names = [*named.values()]
    return {
        "title": {"text": panel.axis},
        "range": [-0.3, max(1, len(panel.labels)) - 1 + HEIGHT + 0.1],
        "tickvals": [*named],
        "ticktext": [literal(name) for name in names],
        **room_for(names),
    }


def _reading(shares: Values, panel: Panel) -> str:
    zero, beyond = shares[:, 0], shares[:, -1]
    worst = int(np.argmax(zero))
    if beyond.any():
        return f"up to {percent(beyond.max())} of a {panel.axis}'s entries are not finite."
    if zero[worst] == 0:
        return "no entry is exactly zero."
    share, place = percent(zero[worst], digits=1), panel.phrases[worst]
    if (zero == zero[worst]).all():
        return f"{share} of the entries of every {panel.axis} are exactly zero."
    return f"{share} of the entries of {place} are exactly zero, the most of all {panel.axis}s."


def _beyond(shares: Values, axis: _Axis, panel: Panel) -> str:
    """In how many places entries lie below the scale, after a blank; empty if none does."""
    first = int(np.searchsorted(HISTOGRAM_EDGES, axis.low))
    below = shares[:, 1 : first + 1].sum(axis=1)
    if not below.any():
        return ""
    worst = int(np.argmax(below))
    count = counted(int((below > 0).sum()), panel.axis)
    most = f"{percent(below[worst])} of {panel.phrases[worst]}"
    return f" {count} with entries below {power_of_ten(axis.low)}, {most}, {BEYOND}."
