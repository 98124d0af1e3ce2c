"""How the gradient's entries are spread in each layer at a chosen epoch."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vgdemo.figures.frames import Stop, Trace, with_frames
from vgdemo.figures.sampling import Values, frame_indices
from vgdemo.figures.style import BLUE, SPECIAL_COLORS, decades, named_places, new_figure, translucent
from vgdemo.record import HISTOGRAM_EDGES, RunRecord

LOW, HIGH = -10, 2  # Logarithms: entries beyond them are counted in the outermost bin, unless the axis fits the run.
HEIGHT = 1.8  # Rows that a share of 1 is high.
COLUMN = 1 / 15  # Width of the columns for zero and for what is not finite, as a share of the axis.


def gradient_distribution(record: RunRecord, *, replicate: int | None = None, fit: bool = False) -> go.Figure:
    """A ridge per layer: the share of the gradient's entries by size, exact zeros and non-finite ones beside the axis.

    Args:
        record: The run.
        replicate: One replicate (from 0) in place of all together.
        fit: Let the axis end at this run's values in place of the range that all runs share.
    """
    indices = frame_indices(record)
    counts = record.histograms[indices]
    counts = counts.sum(axis=1) if replicate is None else counts[:, replicate]
    shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    low, high = _ends(shares[..., 1:-1]) if fit else (LOW, HIGH)
    zero, inside, beyond = shares[..., 0], clipped(shares[..., 1:-1], low, high), shares[..., -1]
    first, last = np.searchsorted(HISTOGRAM_EDGES, (low, high))
    edges = HISTOGRAM_EDGES[first : last + 1]
    column = COLUMN * (high - low)
    sides = np.array([1.75, 2.75]) * column  # Far enough out that their names stand clear of the ends of the scale.
    stops = [
        Stop(
            int(record.epochs[index]),
            [{"y": _ridges(inside[row])}, {"y": _column(zero[row])}, {"y": _column(beyond[row])}],
            _reading(int(record.epochs[index]), zero[row], beyond[row]),
        )
        for row, index in enumerate(indices)
    ]
    return with_frames(
        _axes(record, low, high), _traces((edges, low - sides[::-1], high + sides), record.config.num_layers), stops
    )


def _ends(shares: Values) -> tuple[int, int]:
    """Whole decades that hold all entries of finite size."""
    used = np.flatnonzero(shares.reshape(-1, shares.shape[-1]).any(axis=0))
    if not used.size:
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


def _ridges(shares: Values) -> NDArray[np.float32]:
    """All layers as one line: up and down the steps of a ridge, back along its base, a gap."""
    layers, bins = shares.shape
    base = np.arange(layers, dtype=np.float32)[:, None]
    ridges = np.full((layers, 2 * bins + 3), np.nan, np.float32)
    ridges[:, [0, -2]] = base
    ridges[:, 1:-2] = base + HEIGHT * np.repeat(shares, 2, axis=1)
    return ridges.ravel()


def _column(shares: Values) -> Values:
    """A single bar per layer, of which none is drawn where the share is 0."""
    return np.where(np.repeat(shares > 0, 5), _ridges(shares[:, None]), np.float32(np.nan))


def _traces(places: tuple[Values, Values, Values], num_layers: int) -> list[Trace]:
    names = ("by size", "exact zero", "not finite")
    colors = (BLUE, SPECIAL_COLORS["exact zero"], SPECIAL_COLORS["NaN"])
    return [
        {
            "type": "scatter",
            "name": name,
            "x": np.tile(np.concatenate([np.repeat(edges, 2), [np.nan]]), num_layers).astype(np.float32),
            "y": [],
            "line": {"color": color, "width": 0.7},
            "fill": "toself",
            "fillcolor": translucent(color, 0.45),
            "hoverinfo": "skip",
            "meta": {"ridge": 2 * len(edges) + 1, "height": HEIGHT},  # To read the shares off the drawing again.
        }
        for name, color, edges in zip(names, colors, places, strict=True)
    ]


def _axes(record: RunRecord, low: int, high: int) -> go.Figure:
    places = named_places(record.config.num_layers)
    column = COLUMN * (high - low)
    ticks = decades(low, high, 4)
    ticks["tickvals"] = [low - 2.25 * column, *ticks["tickvals"], high + 2.25 * column]
    ticks["ticktext"] = ["0", *ticks["ticktext"], "∞"]
    return new_figure(
        "Gradient entries by size",
        "Nothing is measured yet.",
        "Ridge plot: for each layer, the share of the gradient's entries by size, at the chosen epoch.",
        uirevision=f"distribution {record.config.num_layers}",
        xaxis={
            "title": {"text": "|g| of one entry; the ends hold all beyond"},
            "tickangle": 0,
            "range": [low - 3.25 * column, high + 3.25 * column],
            **ticks,
        },
        yaxis={
            "title": {"text": "layer"},
            "range": [-0.3, record.config.num_layers - 1 + HEIGHT + 0.1],
            "tickvals": places,
            "ticktext": [record.layer_names[place] for place in places],
        },
    )


def _reading(epoch: int, zero: Values, beyond: Values) -> str:
    worst = int(np.argmax(zero))
    if beyond.any():
        return f"Epoch {epoch}: up to {beyond.max():.0%} of a layer's entries are not finite."
    if zero[worst] == 0:
        return f"Epoch {epoch}: no entry is exactly zero."
    layer = "the output" if worst == len(zero) - 1 else f"layer {worst + 1}"
    return f"Epoch {epoch}: {zero[worst]:.1%} of the entries of {layer} are exactly zero, the most of all layers."
