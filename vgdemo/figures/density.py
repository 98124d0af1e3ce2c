"""How the gradient's entries are spread over sizes at every epoch, one panel for each layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures import guide
from vgdemo.figures.axes import decades, epoch_range, named_places, shortened
from vgdemo.figures.distribution import HIGH, LOW, clipped
from vgdemo.figures.sampling import Indices, counted_panel
from vgdemo.figures.scales import Values
from vgdemo.figures.style import LIGHT, SEQUENTIAL, new_figure
from vgdemo.record import HISTOGRAM_EDGES, Panel, RunRecord
from vgdemo.wording import percent

MAX_PANELS = 6  # The article's networks have six kernels; of deeper ones every few layers.
MAX_EPOCHS = 100
PER_ROW = 3
MAX_NAME = 14  # Characters of a layer's name that a panel is wide.
GAP = 0.03  # Between panels, as a share of the figure.
FULL = 0.3  # The share of a layer's entries within half a power of ten that has the last colour.


def gradient_density(record: RunRecord) -> go.Figure:
    """Share of the gradient's entries by size over the epochs, all replicates together, a panel for each layer.

    An exact zero has no place on the logarithmic axis: the reading says how many there are.

    Args:
        record: The run.

    Example:
        >>> [heatmap.name for heatmap in gradient_density(record).data]
        ['layer 1', 'layer 2', 'the output']
    """
    panel, histograms = counted_panel(record)
    places = named_places(len(panel.labels), MAX_PANELS)
    columns = _columns(len(panel.epochs))
    counts = histograms[columns][:, :, places].sum(axis=1)
    shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    figure = _layout(record, panel, [panel.phrases[place] for place in places], _reading(panel, places, shares[..., 0]))
    inside = clipped(shares[..., 1:-1], LOW, HIGH).astype(np.float32)
    for number, place in enumerate(places, 1):
        figure.add_heatmap(
            x=panel.epochs[columns] if len(columns) else [0],
            y=_centres(),
            z=inside[:, number - 1].T,
            xaxis=f"x{number}",
            yaxis=f"y{number}",
            coloraxis="coloraxis",
            hovertemplate="epoch %{x}<br>|g| near 10<sup>%{y}</sup>: %{z:.1%} of the entries<extra></extra>",
            name=panel.phrases[place],
        )
    return figure


def _columns(count: int) -> Indices:
    """Which of so many epochs are drawn: evenly spaced, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, MAX_EPOCHS)).round().astype(np.intp))


def _centres() -> Values:
    inside = HISTOGRAM_EDGES[(HISTOGRAM_EDGES >= LOW) & (HISTOGRAM_EDGES <= HIGH)]
    return np.asarray((inside[1:] + inside[:-1]) / 2)


@dataclass(frozen=True)
class _Cell:
    """One of several panels in rows of three.

    Attributes:
        place: Which one, from 0 at the top left.
        count: Of so many.
    """

    place: int
    count: int

    @property
    def column(self) -> int:
        return self.place % PER_ROW

    @property
    def row(self) -> int:
        """From 0 at the bottom."""
        return (self.count - 1) // PER_ROW - self.place // PER_ROW

    @property
    def across(self) -> list[float]:
        return _domain(self.column, min(PER_ROW, self.count))

    @property
    def up(self) -> list[float]:
        return _domain(self.row, -(-self.count // PER_ROW))

    def axis(self, letter: str) -> str:
        """What the layout calls an axis, "yaxis" of the first and "yaxis2" of the second panel."""
        return f"{letter}axis{self.place + 1}" if self.place else f"{letter}axis"


def _domain(place: int, count: int) -> list[float]:
    width = (1 + GAP) / count
    return [place * width, (place + 1) * width - GAP]


def _layout(record: RunRecord, panel: Panel, names: list[str], reading: str) -> go.Figure:
    cells = [_Cell(place, len(names)) for place in range(len(names))]
    axes: dict[str, Any] = {}
    for cell in cells:
        axes |= _axes(cell, epoch_range(record))
    return new_figure(
        "Gradient entries by size over the epochs",
        reading,
        "Heatmaps over epochs, one panel for each layer: share of the gradient's entries by size, in powers of ten.",
        how=guide.of_density(panel),
        log10=[cell.axis("y") for cell in cells],
        uirevision=f"density {record.last_epoch} {len(names)}",
        annotations=[_name(cell, name) for cell, name in zip(cells, names, strict=True)],
        coloraxis={
            "colorscale": SEQUENTIAL,
            "cmin": 0,
            "cmax": FULL,
            "colorbar": {"title": {"text": "share of entries", "side": "right"}, "thickness": 10, "tickformat": ".0%"},
        },
        **axes,
    )


def _axes(cell: _Cell, epochs: list[int]) -> dict[str, Any]:
    """Both axes of a panel; the outer panels name theirs."""
    number, is_bottom, is_left = cell.place + 1, cell.row == 0, cell.column == 0
    across = {"range": epochs, "nticks": 3, "domain": cell.across, "anchor": f"y{number}"}
    up = {"range": [LOW, HIGH], **decades(LOW, HIGH, 3), "domain": cell.up, "anchor": f"x{number}"}
    return {
        cell.axis("x"): {**across, "title": {"text": "epoch" if is_bottom else ""}, "showticklabels": is_bottom},
        cell.axis("y"): {**up, "title": {"text": "|g|" if is_left else ""}, "showticklabels": is_left},
    }


def _name(cell: _Cell, name: str) -> dict[str, Any]:
    """On the dark end of the colour scale, which is the same on a light and on a dark page."""
    corner = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"}
    words = {"text": shortened(name, MAX_NAME), "showarrow": False, "font": {"color": LIGHT, "size": 11}}
    return {**corner, "x": cell.across[0], "y": cell.up[1], **words}


def _reading(panel: Panel, places: list[int], zeros: Values) -> str:
    if not panel.labels:
        return "The entries of gradients were not counted by size."
    if not len(zeros):
        return "Nothing is measured yet."
    worst, epoch = int(np.argmax(zeros[-1])), panel.epochs[-1]
    if not zeros[-1, worst]:
        return f"All replicates together; no entry is exactly zero at epoch {epoch}."
    share, where = percent(zeros[-1, worst]), panel.phrases[places[worst]]
    return f"All replicates together; exact zeros are not drawn: at epoch {epoch} {share} of {where}."
