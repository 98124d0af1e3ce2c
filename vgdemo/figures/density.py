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
GAP = 0.025  # Between panels, as a share of the height.


def gradient_density(record: RunRecord) -> go.Figure:
    """Share of the gradient's entries by size over the epochs, all replicates together; the output is on top.

    An exact zero has no place on the logarithmic axis: the reading says how many there are.
    """
    layers = named_places(record.config.num_layers, MAX_PANELS)
    columns = _columns(len(record.epochs))
    counts = record.histograms[columns][:, :, layers].sum(axis=1)
    shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    figure = _axes(record, layers, _reading(record, layers, shares[..., 0]))
    inside = clipped(shares[..., 1:-1], LOW, HIGH).astype(np.float32)
    for panel in range(len(layers)):
        figure.add_heatmap(
            x=record.epochs[columns] if len(columns) else [0],
            y=_centres(),
            z=inside[:, panel].T,
            yaxis=_axis_name("y", panel),
            coloraxis="coloraxis",
            hovertemplate="epoch %{x}<br>10<sup>%{y}</sup>: %{z:.1%} of the entries<extra></extra>",
            name=_label(record, layers[panel]),
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


def _axis_name(letter: str, panel: int) -> str:
    return letter if panel == 0 else f"{letter}{panel + 1}"


def _axes(record: RunRecord, layers: list[int], reading: str) -> go.Figure:
    height = (1 + GAP) / len(layers)
    panels: dict[str, Any] = {
        _axis_name("y", panel).replace("y", "yaxis"): {
            "title": {"text": _label(record, layer).replace("layer ", ""), "standoff": 4},
            "domain": [panel * height, (panel + 1) * height - GAP],
            "range": [LOW, HIGH],
            **decades(LOW + 2, HIGH - 2, 2),
        }
        for panel, layer in enumerate(layers)
    }
    return new_figure(
        "Gradient entries by size over the epochs",
        reading,
        "Heatmaps over epochs, one panel for each layer: share of the gradient's entries by size, in powers of ten.",
        over_epochs=True,
        uirevision=f"density {record.config.epochs} {len(layers)}",
        xaxis={"title": {"text": "epoch"}, "range": [0, record.config.epochs], "anchor": "y"},
        coloraxis={
            "colorscale": SEQUENTIAL,
            "cmin": 0,
            "cmax": 0.5,
            "colorbar": {"title": {"text": "share of entries", "side": "right"}, "thickness": 10, "tickformat": ".0%"},
        },
        **panels,
    )


def _reading(record: RunRecord, layers: list[int], zeros: Values) -> str:
    if not len(zeros):
        return "Nothing is measured yet."
    worst = int(np.argmax(zeros[-1]))
    if not zeros[-1, worst]:
        return f"Upwards, |g| of one entry; none is exactly zero at epoch {record.epochs[-1]}."
    return (
        f"Upwards, |g| of one entry; exact zeros are not drawn: at epoch {record.epochs[-1]} "
        f"{100 * zeros[-1, worst]:.0f} % of {_label(record, layers[worst])}."
    )
