"""Where gradients survive: order and chaos over gain and depth."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.figures.sampling import Values
from vgdemo.figures.style import DIVERGING, decades, in_words, new_figure
from vgdemo.meanfield import FixedPoint, fixed_point_chi

GAINS = np.geomspace(0.1, 10, 121)
DECADES = 8  # Powers of ten on each side of 1 that the colours tell apart, as many as the gradient's fixed scale has.
DARK = "#1B2330"  # What is drawn on the light middle of the scale.


def phases(config: RunConfig, point: FixedPoint) -> go.Figure:
    """What of the gradient reaches layer 1, over gain and depth, for the run's activation and initialiser.

    Depth counts from the last hidden layer down to the first. χ is that of the fixed point, so the first few layers of
    a network may differ.

    Args:
        config: The run, drawn as a point.
        point: Its fixed point.
    """
    depths = np.arange(1, int(SETTINGS["num_hidden_layers"].maximum) + 1)
    chi = fixed_point_chi(config.activation, point.weight_variance * (GAINS / config.gain) ** 2, 0.0)
    exponents = (depths[:, None] - 1) / 2 * np.log10(np.maximum(chi, np.finfo(float).tiny))
    figure = _axes(config, point)
    _add_map(figure, depths, exponents)
    _add_edge(figure, chi)
    figure.add_scatter(
        x=[np.log10(config.gain)],
        y=[config.num_hidden_layers],
        mode="markers",
        name="this network",
        showlegend=True,
        marker={"symbol": "star", "size": 15, "color": "#FFFFFF", "line": {"color": DARK, "width": 1.5}},
        hovertemplate=f"gain {config.gain:g}, {config.num_hidden_layers} hidden layers<extra></extra>",
    )
    return figure


def _axes(config: RunConfig, point: FixedPoint) -> go.Figure:
    ticks = (0.1, 0.2, 0.5, 1, 2, 5, 10)
    return new_figure(
        "Order and chaos",
        f"{config.activation}, {config.kernel_initializer}: χ = {in_words(point.chi)}, {point.phase}. "
        "The colour is what a wide network's gradient is multiplied by on its way to layer 1.",
        "Map over gain and depth of the factor on the gradient, with the line χ = 1 and this network as a point.",
        uirevision="phases",
        xaxis={
            "title": {"text": "gain"},
            "range": [-1, 1],
            "tickvals": np.log10(ticks),
            "ticktext": [f"{tick:g}" for tick in ticks],
        },
        yaxis={"title": {"text": "hidden layers"}, "range": [1, SETTINGS["num_hidden_layers"].maximum]},
        margin={"l": 58, "r": 64, "t": 64, "b": 44},
    )


def _add_map(figure: go.Figure, depths: Values, exponents: Values) -> None:
    figure.add_heatmap(
        x=np.log10(GAINS),
        y=depths,
        z=np.clip(exponents, -99, 99).astype(np.float32),
        zmin=-DECADES,
        zmax=DECADES,
        colorscale=DIVERGING,
        colorbar={"thickness": 12, "outlinewidth": 0, "xpad": 8, **decades(-DECADES, DECADES)},
        name="factor on the gradient",
        hovertemplate="%{y} hidden layers: gradient × 10<sup>%{z:.1f}</sup><extra></extra>",
    )


def _add_edge(figure: go.Figure, chi: Values) -> None:
    """A line where χ passes 1, and the names of both sides; an activation may never get there."""
    crossing = np.flatnonzero(np.diff(np.sign(chi - 1)) > 0)
    for place in crossing[:1]:
        edge = float(np.log10(GAINS[place]))
        figure.add_scatter(
            x=[edge, edge],
            y=[1, SETTINGS["num_hidden_layers"].maximum],
            mode="lines",
            name="χ = 1",
            line={"color": DARK, "width": 2, "dash": "dash"},
            hoverinfo="skip",
        )
    for name, is_there, x in (("ordered", (chi < 1).any(), -0.95), ("chaotic", (chi > 1).any(), 0.95)):
        if is_there:
            anchor = "left" if x < 0 else "right"
            figure.add_annotation(
                x=x, y=47, text=name, showarrow=False, xanchor=anchor, font={"color": "#FFFFFF", "size": 13}
            )
