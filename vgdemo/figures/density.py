"""How the gradient's entries are spread over sizes at every epoch, one panel for each layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vgdemo.figures.distribution import HIGH, LOW, clipped
from vgdemo.figures.sampling import Values
from vgdemo.figures.style import SEQUENTIAL, decades, named_places, new_figure
from vgdemo.record import HISTOGRAM_EDGES, RunRecord

MAX_PANELS = 6  # The article's networks have six kernels; of deeper ones every few layers.
MAX_EPOCHS = 100
PER_ROW = 3
GAP = 0.03  # Between panels, as a share of the figure.
FULL = 0.3  # The share of a layer's entries within half a power of ten that has the last colour.


def gradient_density(record: RunRecord) -> go.Figure:
    """Share of the gradient's entries by size over the epochs, all replicates together, a panel for each layer.

    An exact zero has no place on the logarithmic axis: the reading says how many there are.
    """
    layers = named_places(record.config.num_layers, MAX_PANELS)
    columns = _columns(len(record.epochs))
    counts = record.histograms[columns][:, :, layers].sum(axis=1)
    shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    figure = _axes(record, layers, _reading(record, layers, shares[..., 0]))
    inside = clipped(shares[..., 1:-1], LOW, HIGH).astype(np.float32)
    for panel, layer in enumerate(layers):
        figure.add_heatmap(
            x=record.epochs[columns] if len(columns) else [0],
            y=_centres(),
            z=inside[:, panel].T,
            xaxis=f"x{panel + 1}",
            yaxis=f"y{panel + 1}",
            coloraxis="coloraxis",
            hovertemplate="epoch %{x}<br>|g| near 10<sup>%{y}</sup>: %{z:.1%} of the entries<extra></extra>",
            name=_label(record, layer),
        )
    return figure


def _columns(count: int) -> NDArray[np.intp]:
    """Which of so many epochs are drawn: evenly spaced, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, MAX_EPOCHS)).round().astype(np.intp))


def _centres() -> Values:
    inside = HISTOGRAM_EDGES[(HISTOGRAM_EDGES >= LOW) & (HISTOGRAM_EDGES <= HIGH)]
    return np.asarray((inside[1:] + inside[:-1]) / 2)


def _label(record: RunRecord, layer: int) -> str:
    name = record.layer_names[layer]
    return name if name == "output" else f"layer {name}"


def _axes(record: RunRecord, layers: list[int], reading: str) -> go.Figure:
    rows, columns = -(-len(layers) // PER_ROW), min(PER_ROW, len(layers))
    panels: dict[str, Any] = {}
    names = []
    for panel, layer in enumerate(layers):
        row, column = divmod(panel, columns)
        across, up = _domain(column, columns), _domain(rows - 1 - row, rows)
        panels |= {
            f"xaxis{panel + 1}": _epoch_axis(record, across, f"y{panel + 1}", is_named=row == rows - 1),
            f"yaxis{panel + 1}": _size_axis(up, f"x{panel + 1}", is_named=column == 0),
        }
        names.append(_panel_name(_label(record, layer), across[0], up[1]))
    return new_figure(
        "Gradient entries by size over the epochs",
        reading,
        "Heatmaps over epochs, one panel for each layer: share of the gradient's entries by size, in powers of ten.",
        uirevision=f"density {record.config.epochs} {len(layers)}",
        annotations=names,
        coloraxis={
            "colorscale": SEQUENTIAL,
            "cmin": 0,
            "cmax": FULL,
            "colorbar": {"title": {"text": "share of entries", "side": "right"}, "thickness": 10, "tickformat": ".0%"},
        },
        **panels,
    )


def _domain(place: int, count: int) -> list[float]:
    width = (1 + GAP) / count
    return [place * width, (place + 1) * width - GAP]


def _epoch_axis(record: RunRecord, domain: list[float], anchor: str, *, is_named: bool) -> dict[str, Any]:
    axis = {"range": [0, record.config.epochs], "domain": domain, "anchor": anchor, "nticks": 3}
    return {**axis, "title": {"text": "epoch" if is_named else ""}, "showticklabels": is_named}


def _size_axis(domain: list[float], anchor: str, *, is_named: bool) -> dict[str, Any]:
    axis = {"range": [LOW, HIGH], "domain": domain, "anchor": anchor, **decades(LOW, HIGH, 3)}
    return {**axis, "title": {"text": "|g|" if is_named else ""}, "showticklabels": is_named}


def _panel_name(text: str, x: float, y: float) -> dict[str, Any]:
    """On the dark end of the colour scale, which is the same on a light and on a dark page."""
    place = {"xref": "paper", "yref": "paper", "x": x, "y": y, "xanchor": "left", "yanchor": "top"}
    return {**place, "text": text, "showarrow": False, "font": {"color": "#FFFFFF", "size": 11}}


def _reading(record: RunRecord, layers: list[int], zeros: Values) -> str:
    if not len(zeros):
        return "Nothing is measured yet."
    worst = int(np.argmax(zeros[-1]))
    if not zeros[-1, worst]:
        return f"All replicates together; no entry is exactly zero at epoch {record.epochs[-1]}."
    return (
        f"All replicates together; exact zeros are not drawn: at epoch {record.epochs[-1]} "
        f"{100 * zeros[-1, worst]:.0f} % of {_label(record, layers[worst])}."
    )
