"""Where gradients survive: order and chaos over gain and depth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.figures import guide
from vgdemo.figures.axes import decades
from vgdemo.figures.hover import told
from vgdemo.figures.scales import Values
from vgdemo.figures.style import DARK, DIVERGING, LIGHT, MARGIN_BESIDE_COLORS, new_figure
from vgdemo.theory import FixedPoint, fixed_point_chi
from vgdemo.wording import number

GAINS = np.geomspace(0.1, 10, 121)
DEEPEST = int(SETTINGS["num_hidden_layers"].maximum)
DECADES = 8  # Powers of ten on each side of 1 that the colours tell apart, as many as the gradient's fixed scale has.
COLUMNS = {"gain": "x[i]", "hidden layers": "y[j]", "factor on the gradient": "z[j][i]"}
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10)


def phases(config: RunConfig, point: FixedPoint) -> go.Figure:
    """What of the gradient reaches layer 1, over gain and depth, for the run's activation and initialiser.

    Depth counts from the last hidden layer down to the first. χ is that of the fixed point, so the first few layers of
    a network may differ.

    Args:
        config: The run, drawn as a point.
        point: Its fixed point.

    Example:
        >>> from vgdemo.theory import fixed_point
        >>> phases(record.config, fixed_point("relu", 2.0)).layout.title.text
        'Order and chaos'
    """
    depths = np.arange(1, DEEPEST + 1)
    chi = fixed_point_chi(config.activation, point.weight_variance * (GAINS / config.gain) ** 2, 0.0)
    exponents = (depths[:, None] - 1) / 2 * np.log10(np.maximum(chi, np.finfo(float).tiny))
    figure = _axes(config, point)
    _add_map(figure, depths, exponents)
    _add_edge(figure, chi)
    _name_sides(figure, chi)
    _add_network(figure, config)
    return figure


def _axes(config: RunConfig, point: FixedPoint) -> go.Figure:
    return new_figure(
        "Order and chaos",
        f"{config.activation}, {config.kernel_initializer}: χ = {number(point.chi)}, {point.phase}. "
        "The colour is what a wide network's gradient is multiplied by on its way to layer 1.",
        "Map over gain and depth of the factor on the gradient, with the line χ = 1 and this network as a point.",
        how=guide.PHASES,
        log10=["xaxis", "z"],
        uirevision="phases",
        xaxis={
            "title": {"text": "gain"},
            "range": [-1, 1],
            "tickvals": np.log10(TICKS),
            "ticktext": [f"{tick:g}" for tick in TICKS],
        },
        yaxis={"title": {"text": "hidden layers"}, "range": [1, DEEPEST]},
        margin=MARGIN_BESIDE_COLORS,
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
        **told("%{y} hidden layers: gradient × ", "z", COLUMNS, logarithmic=True),
    )


def edge_of_chaos(activation: str, weight_variance: float) -> float | None:
    """The gain at which χ of the fixed point passes 1; None if it does not between 0.1 and 10.

    Args:
        activation: A name of `ACTIVATIONS`.
        weight_variance: σw² with a gain of 1.

    Example:
        >>> round(edge_of_chaos("relu", 0.5), 6)  # χ is half of σw².
        2.0
    """
    return _passing_of_one(fixed_point_chi(activation, weight_variance * GAINS**2, 0.0))


def _passing_of_one(chi: Values) -> float | None:
    """Of the gains at which χ is taken the one, or what lies between two, at which it has risen to 1."""
    (places,) = np.nonzero((chi[:-1] < 1) & (chi[1:] >= 1))
    if not places.size:
        return None
    two = slice(places[0], places[0] + 2)
    return float(np.exp(np.interp(0, np.log(chi[two]), np.log(GAINS[two]))))


def edge_line(x: Sequence[float], y: Sequence[float], color: str = DARK) -> dict[str, Any]:
    """The line χ = 1 as a trace."""
    line = {"color": color, "width": 2, "dash": "dash"}
    return {"x": x, "y": y, "mode": "lines", "name": "χ = 1", "line": line, "hoverinfo": "skip"}


def _add_edge(figure: go.Figure, chi: Values) -> None:
    """A line where χ passes 1; an activation may never get there."""
    gain = _passing_of_one(chi)
    if gain is not None:
        figure.add_scatter(**edge_line([math.log10(gain)] * 2, [1, DEEPEST]))


def _name_sides(figure: go.Figure, chi: Values) -> None:
    """In the upper corners, the names of the phases that there are, on a ground on which they can be read."""
    left: dict[str, Any] = {"x": -0.95, "text": "ordered", "xanchor": "left"}
    right: dict[str, Any] = {"x": 0.95, "text": "chaotic", "xanchor": "right"}
    for name, is_there in ((left, (chi < 1).any()), (right, (chi > 1).any())):
        if is_there:
            font = {"color": DARK, "size": 13}
            figure.add_annotation(y=DEEPEST - 3, showarrow=False, font=font, bgcolor=LIGHT, **name)


def _add_network(figure: go.Figure, config: RunConfig) -> None:
    figure.add_scatter(
        x=[np.log10(config.gain)],
        y=[config.num_hidden_layers],
        mode="markers",
        name="this network",
        showlegend=True,
        marker={"symbol": "star", "size": 15, "color": LIGHT, "line": {"color": DARK, "width": 1.5}},
        hovertemplate=f"gain {config.gain:g}, {config.num_hidden_layers} hidden layers<extra></extra>",
    )
