"""How the gradient's entries are spread over sizes at every epoch, one panel for each layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures import guide
from vgdemo.figures.axes import decades, epoch_axis, named_places, shortened
from vgdemo.figures.distribution import HIGH, LOW, clipped, size_ranges
from vgdemo.figures.hover import Place, told
from vgdemo.figures.sampling import Indices, absence_of_counts, counted_panel
from vgdemo.figures.scales import Values
from vgdemo.figures.style import LIGHT, SEQUENTIAL, literal, new_figure
from vgdemo.record import HISTOGRAM_EDGES, Panel, RunRecord
from vgdemo.wording import percent

MAX_PANELS = 6  # The article's networks have six kernels; of deeper ones every few layers.
MAX_EPOCHS = 100
PER_ROW = 3
MAX_NAME = 14  # Characters of a layer's name that a panel is wide.
SHADE = "rgba(27, 35, 48, 0.7)"  # Behind a name: it can be read where there are many entries, too.
GAP = 0.03  # Between panels, as a share of the figure.
_SHARES = {"tickvals": [0, 0.1, 0.2, 0.3], "ticktext": ["0 %", "10 %", "20 %", "≥30 %"]}
FULL = 0.3  # The share of a layer's entries within half a power of ten that has the last colour.


def gradient_density(record: RunRecord) -> go.Figure:
    """Share of the gradient's entries by size over the epochs, all replicates together, a panel for each layer.

    Exact zeros and what is not finite have a row of their own beside the logarithmic axis.

    Args:
        record: The run.

    Example:
        >>> [heatmap.name for heatmap in gradient_density(record).data[::3]]
        ['layer 1', 'layer 2', 'the output']
    """
    panel, histograms = counted_panel(record)
    places = named_places(len(panel.labels), MAX_PANELS)
    columns = _columns(len(panel.epochs))
    counts = histograms[columns][:, :, places].sum(axis=1)
    shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    figure = _layout(record, panel, [panel.phrases[place] for place in places], _reading(record, places, shares))
    epochs = panel.epochs[columns] if len(columns) else [0]
    inside = clipped(shares[..., 1:-1], LOW, HIGH)
    for number, place in enumerate(places, 1):
        label, image = panel.labels[place], {"name": panel.phrases[place], "x": epochs, "coloraxis": "coloraxis"}
        image |= {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        figure.add_heatmap(y=_centres(), z=_image(inside[:, number - 1]), **_told_by_size(label, record.unit), **image)
        for beside in BESIDE:
            figure.add_heatmap(
                z=_image(shares[:, number - 1, [beside.bin]]), **beside.told(label, record.unit), **image
            )
    return figure


def _image(shares: Values) -> Values:
    """(bins, epochs) of (epochs, bins)."""
    return shares.T.astype(np.float32)


def _told_by_size(label: str, unit: str) -> dict[str, Any]:
    columns = _table(label, "meta.ranges[j][0]", "meta.ranges[j][1]")
    words = told(
        f"{unit} %{{x}}, %{{z:.1%}} of the entries: |g| near ", "y", columns, logarithmic=True, needed="z[j][i]"
    )
    return {**words, "meta": {**words["meta"], "ranges": size_ranges(_edges())}}


def _table(label: str, low: Place, high: Place) -> dict[str, Place]:
    return {"layer": [label], "epoch": "x[i]", "from": low, "to": high, "share": "z[j][i]"}


class _Beside(NamedTuple):
    """A row of its own for entries without a size.

    Attributes:
        name: What they are.
        bin: Where they are counted.
        ends: From where to where the row reaches on the axis.
        value: What a file writes in place of a size.
        tick: What the axis calls them.
    """

    name: str
    bin: int
    ends: tuple[float, float]
    value: float | str
    tick: str

    def told(self, label: str, unit: str) -> dict[str, Any]:
        return {
            "y": self.ends,
            "hovertemplate": f"{unit} %{{x}}, %{{z:.1%}} of the entries: {self.name}<extra></extra>",
            "meta": {"columns": _table(label, [self.value], [self.value]), "needed": "z[j][i]"},
        }


BESIDE = (
    _Beside("exactly zero", 0, (LOW - 1.75, LOW - 0.5), 0, "0"),
    _Beside("not finite", -1, (HIGH + 0.5, HIGH + 1.75), "NaN", "∞"),
)


def _columns(count: int) -> Indices:
    """Which of so many epochs are drawn: evenly spaced, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, MAX_EPOCHS)).round().astype(np.intp))


def _edges() -> Values:
    return HISTOGRAM_EDGES[(HISTOGRAM_EDGES >= LOW) & (HISTOGRAM_EDGES <= HIGH)]


def _centres() -> Values:
    return np.asarray((_edges()[1:] + _edges()[:-1]) / 2)


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
        axes |= _axes(cell, epoch_axis(record))
    return new_figure(
        "Gradient entries by size over the epochs",
        reading,
        "Heatmaps over epochs, one panel for each layer: share of the gradient's entries by size, in powers of ten.",
        how=guide.of_density(panel),
        log10=[cell.axis("y") for cell in cells],
        uirevision=f"density {record.last_epoch} {len(names)}",
        annotations=[_name(cell, literal(name)) for cell, name in zip(cells, names, strict=True)],
        coloraxis={
            "colorscale": SEQUENTIAL,
            "cmin": 0,
            "cmax": FULL,
            "colorbar": {"title": {"text": "share of entries", "side": "right"}, "thickness": 10, **_SHARES},
        },
        **axes,
    )


def _axes(cell: _Cell, epochs: dict[str, Any]) -> dict[str, Any]:
    """Both axes of a panel; the outer panels name theirs."""
    number, is_bottom, is_left = cell.place + 1, cell.row == 0, cell.column == 0
    first, last = epochs["range"]
    across = {**epochs, "tickvals": sorted({first, last // 2 or last}), "domain": cell.across, "anchor": f"y{number}"}
    up = {"range": [BESIDE[0].ends[0], BESIDE[1].ends[1]], **_ticks(), "domain": cell.up, "anchor": f"x{number}"}
    return {
        cell.axis("x"): {
            **across,
            "title": epochs["title"] if is_bottom else {"text": ""},
            "showticklabels": is_bottom,
        },
        cell.axis("y"): {**up, "title": {"text": "|g|" if is_left else ""}, "showticklabels": is_left},
    }


def _ticks() -> dict[str, Any]:
    sizes, (below, above) = decades(LOW, HIGH, 3), BESIDE
    inner = slice(1, -1)  # The names of the ends would lie on those of the rows beside them.
    return {
        "tickvals": [sum(below.ends) / 2, *sizes["tickvals"][inner], sum(above.ends) / 2],
        "ticktext": [below.tick, *sizes["ticktext"][inner], above.tick],
    }


def _name(cell: _Cell, name: str) -> dict[str, Any]:
    """On the dark end of the colour scale, which is the same on a light and on a dark page."""
    corner = {"xref": "paper", "yref": cell.axis("y").replace("axis", ""), "xanchor": "left", "yanchor": "top"}
    words = {
        "text": shortened(name, MAX_NAME),
        "showarrow": False,
        "font": {"color": LIGHT, "size": 11},
        "bgcolor": SHADE,
    }
    return {**corner, "x": cell.across[0], "y": HIGH, **words}


def _reading(record: RunRecord, places: list[int], shares: Values) -> str:
    panel, _ = counted_panel(record)
    if not panel.labels or not len(shares):
        return absence_of_counts(panel)
    zeros, when = shares[-1, :, 0], f"{record.unit} {panel.epochs[-1]}"
    worst = int(np.argmax(zeros))
    if not zeros[worst]:
        return f"All replicates together; no entry is exactly zero at {when}."
    share, where = percent(zeros[worst]), panel.phrases[places[worst]]
    return f"All replicates together; at {when} {share} of the entries of {where} are exactly zero."
