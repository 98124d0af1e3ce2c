"""How learning depends on depth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures import guide
from vgdemo.figures.curves import add_ceiling
from vgdemo.figures.hover import told
from vgdemo.figures.scales import Values
from vgdemo.figures.style import BLUE, GREEN, new_figure
from vgdemo.learning import ACCURACY_RANGE, Share, final_accuracy, has_learned
from vgdemo.record import RunRecord, quantile
from vgdemo.wording import percent

COLUMNS_OF_SHARES = {
    "hidden layers": "x[i]",
    "share that learns": "y[i]",
    "low (95 %)": "customdata[i][0]",
    "high (95 %)": "customdata[i][1]",
}
COLUMNS_OF_REPLICATES = {"hidden layers": "x[i]", "replicate": "customdata[i]", "final accuracy": "y[i]"}


def depths(records: Mapping[int, RunRecord]) -> go.Figure:
    """Share that learns above, with its interval; final validation accuracy of each replicate below.

    Args:
        records: Number of hidden layers to the run; one whose accuracy was not measured is not drawn.

    Example:
        >>> depths({2: record}).layout.title.subtitle.text
        'Share of the replicates that learns, by hidden layers: 0 % with 2.'
    """
    accuracies, shares = {}, {}
    for depth, record in records.items():
        final, learned = final_accuracy(record), has_learned(record)
        if final is not None and learned is not None:
            accuracies[depth], shares[depth] = final, Share.of(learned)
    figure = _axes(list(shares), _reading(shares), guide.of_depths(records.values()))
    _add_shares(figure, shares)
    _add_accuracies(figure, accuracies)
    for ceiling in {record.ceiling for record in records.values()}:
        add_ceiling(figure, np.array([*shares]), ceiling, axis="y2", along="hidden layers")
    return figure


def _add_shares(figure: go.Figure, shares: Mapping[int, Share]) -> None:
    values = [share.value for share in shares.values()]
    ends = np.array([share.interval for share in shares.values()]).reshape(-1, 2)
    figure.add_scatter(
        x=list(shares),
        y=values,
        mode="lines+markers",
        name="share that learns, 95 % interval",
        line={"color": GREEN, "width": 2},
        marker={"size": 7},
        error_y={"type": "data", "symmetric": False, "array": ends[:, 1] - values, "arrayminus": values - ends[:, 0]},
        customdata=ends,
        text=[str(share) for share in shares.values()],
        meta={"columns": COLUMNS_OF_SHARES},
        hovertemplate="%{x} hidden layers: %{text}<extra></extra>",
    )


def _add_accuracies(figure: go.Figure, accuracies: Mapping[int, Values]) -> None:
    points = [(depth, *point) for depth, values in accuracies.items() for point in enumerate(values, 1)]
    figure.add_scatter(
        x=[depth for depth, _, _ in points],
        y=[value for _, _, value in points],
        customdata=[replicate for _, replicate, _ in points],
        yaxis="y2",
        mode="markers",
        name="replicate",
        marker={"color": BLUE, "size": 5, "opacity": 0.8},
        **told("%{x} hidden layers, replicate %{customdata}: accuracy ", "y", COLUMNS_OF_REPLICATES),
    )
    figure.add_scatter(
        x=list(accuracies),
        y=[float(quantile(values, 0.5, axis=0)) for values in accuracies.values()],
        yaxis="y2",
        name="median",
        line={"color": BLUE, "width": 2},
        **told("%{x} hidden layers: median ", "y", {"hidden layers": "x[i]", "median accuracy": "y[i]"}),
    )


def _axes(layers: list[int], reading: str, how: str) -> go.Figure:
    return new_figure(
        "Learning against depth",
        reading,
        "Two charts over the number of hidden layers: share of replicates that learns, and their final accuracies.",
        how=how,
        uirevision="depths",
        xaxis={
            "title": {"text": "hidden layers"},
            "anchor": "y2",
            "tickvals": layers,
            "range": [min(layers, default=1) - 0.5, max(layers, default=1) + 0.5],
        },
        yaxis={
            "title": {"text": "learn"},
            "range": [-0.03, 1.03],
            "tickformat": ".0%",
            "domain": [0.55, 1],
        },
        yaxis2={"title": {"text": "accuracy"}, "range": list(ACCURACY_RANGE), "domain": [0, 0.45]},
    )


def _reading(shares: Mapping[int, Share]) -> str:
    if not shares:
        return "No accuracy is measured yet."
    words = [f"{percent(share.value)} with {depth}" for depth, share in shares.items()]
    return f"Share of the replicates that learns, by hidden layers: {', '.join(words)}."
