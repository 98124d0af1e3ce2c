"""How learning depends on depth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures.outcome import ACCURACY_RANGE
from vgdemo.figures.sampling import Values
from vgdemo.figures.style import BLUE, GREEN, new_figure
from vgdemo.learning import Share


def depths(accuracies: Mapping[int, Values], shares: Mapping[int, Share]) -> go.Figure:
    """Share that learns above, with its interval; final validation accuracy of each replicate below.

    Args:
        accuracies: Number of hidden layers to (R,) final validation accuracies.
        shares: The same to the share of replicates that learns.
    """
    figure = _axes(list(accuracies), _reading(shares))
    _add_shares(figure, shares)
    points = [(depth, value) for depth, values in accuracies.items() for value in values[np.isfinite(values)]]
    figure.add_scatter(
        x=[depth for depth, _ in points],
        y=[value for _, value in points],
        yaxis="y2",
        mode="markers",
        name="replicate",
        marker={"color": BLUE, "size": 5, "opacity": 0.8},
        hovertemplate="%{x} hidden layers: accuracy %{y:.3f}<extra></extra>",
    )
    figure.add_scatter(
        x=list(accuracies),
        y=[float(np.nanmedian(values)) if np.isfinite(values).any() else None for values in accuracies.values()],
        yaxis="y2",
        name="median",
        line={"color": BLUE, "width": 2},
        hovertemplate="%{x} hidden layers: median %{y:.3f}<extra></extra>",
    )
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
        text=[str(share) for share in shares.values()],
        hovertemplate="%{x} hidden layers: %{text}<extra></extra>",
    )


def _axes(layers: list[int], reading: str) -> go.Figure:
    return new_figure(
        "Learning against depth",
        reading,
        "Two charts over the number of hidden layers: share of replicates that learns, and their final accuracies.",
        uirevision="depths",
        xaxis={
            "title": {"text": "hidden layers"},
            "anchor": "y2",
            "tickvals": layers,
            "range": [min(layers, default=1) - 0.5, max(layers, default=1) + 0.5],
        },
        yaxis={
            "title": {"text": "learn, share"},
            "range": [-0.03, 1.03],
            "tickformat": ".0%",
            "domain": [0.55, 1],
        },
        yaxis2={"title": {"text": "accuracy, share"}, "range": list(ACCURACY_RANGE), "domain": [0, 0.45]},
    )


def _reading(shares: Mapping[int, Share]) -> str:
    if not shares:
        return "Nothing is trained yet."
    words = [f"{100 * share.value:.0f} % with {depth}" for depth, share in shares.items()]
    return f"Share of the replicates that learns, by hidden layers: {', '.join(words)}."
