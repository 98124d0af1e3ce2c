"""One statistic of every layer at every epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures import guide
from vgdemo.figures.axes import decades, from_first_to_last, place_axis
from vgdemo.figures.sampling import Sample, column_step
from vgdemo.figures.scales import Statistic, Values
from vgdemo.figures.style import MARGIN_BESIDE_COLORS, SEQUENTIAL, SPECIAL, SPECIAL_COLORS, new_figure
from vgdemo.record import RunRecord


def layer_heatmap(
    record: RunRecord, statistic: str = "gradient_rms", *, replicates: Sequence[int] = (), fit: bool = False
) -> go.Figure:
    """Layer × epoch, in powers of ten for sizes; exact zero, NaN and infinity have colours outside the scale.

    Args:
        record: The run.
        statistic: A name in `statistics_of(record)`; along time steps if it was measured along them.
        replicates: Those (from 0) whose median is shown; all if none is named.
        fit: Stretch the colours over this run's values in place of the range that all runs share.

    Example:
        >>> figure = layer_heatmap(record, "kernel_l1")
        >>> figure.layout.title.text, list(figure.data[0].y)
        ('Kernel, L1 norm, layer by layer', ['1', '2', 'output'])
    """
    sample = Sample.of(record, statistic, replicates)
    shown, drawn = sample.shown, sample.shown.scaled(sample.values)
    figure = _axes(record, sample)
    figure.add_heatmap(
        name=shown.label,
        z=np.where(np.isfinite(drawn), drawn, np.nan).T.astype(np.float32),
        hovertemplate=f"epoch %{{x}}, {sample.panel.axis} %{{y}}<br>{shown.label} {_hover_value(shown)}<extra></extra>",
        **_places(sample),
        **_colors(shown, *shown.scale(drawn, fit=fit)),
    )
    _add_special(figure, sample, _special(sample.values, drawn))
    return figure


def _axes(record: RunRecord, sample: Sample) -> go.Figure:
    shown, panel = sample.shown, sample.panel
    return new_figure(
        f"{shown.title}, {panel.axis} by {panel.axis}",
        _reading(record, sample),
        f"Heatmap of {shown.label}: epochs to the right, {panel.axis}s upwards{from_first_to_last(panel)}.",
        how=guide.of_layers(shown.name, panel),
        over_epochs=True,
        log10=shown.log10("z"),
        margin=MARGIN_BESIDE_COLORS,
        uirevision=f"heatmap {record.last_epoch} {panel.axis} {len(panel.labels)}",
        xaxis={"title": {"text": "epoch"}, "range": [-0.5, record.last_epoch + 0.5]},
        yaxis=place_axis(panel),
    )


def _places(sample: Sample) -> dict[str, Any]:
    return {"x": sample.epochs, "y": list(sample.panel.labels), "hoverongaps": False}


def _colors(shown: Statistic, low: float, high: float) -> dict[str, Any]:
    ticks = decades(low, high) if shown.logarithmic else {}
    return {
        "colorscale": SEQUENTIAL,
        "zmin": low,
        "zmax": high,
        "colorbar": {"thickness": 12, "outlinewidth": 0, "xpad": 8, **ticks},
    }


def _hover_value(shown: Statistic) -> str:
    return "10<sup>%{z:.2f}</sup>" if shown.logarithmic else "%{z:.3f}"


def _special(values: Values, drawn: Values) -> Values:
    """0 for an exact zero whose logarithm is wanted, 1 for not a number, 2 for infinite; a gap elsewhere."""
    codes = np.full(values.shape, np.nan, np.float32)
    codes[np.isneginf(drawn)] = 0
    codes[np.isnan(values)] = 1
    codes[np.isinf(values)] = 2
    return codes


def _add_special(figure: go.Figure, sample: Sample, codes: Values) -> None:
    colors = SPECIAL_COLORS.values()
    figure.add_heatmap(
        z=codes.T,
        zmin=-0.5,
        zmax=2.5,
        colorscale=[(edge / 3, color) for code, color in enumerate(colors) for edge in (code, code + 1)],
        showscale=False,
        meta=SPECIAL,
        **_places(sample),
        **_names(sample, codes),
    )
    for name, color in SPECIAL_COLORS.items():
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=name, marker={"symbol": "square", "size": 9, "color": color}
        )


def _names(sample: Sample, codes: Values) -> dict[str, Any]:
    """What each special cell is; nothing if there are none."""
    if not np.isfinite(codes).any():
        return {}
    lookup = np.array([*SPECIAL_COLORS, ""])
    names = lookup[np.where(np.isfinite(codes), codes, len(SPECIAL_COLORS)).astype(int)]
    hover = f"epoch %{{x}}, {sample.panel.axis} %{{y}}<br>%{{text}}<extra></extra>"
    return {"text": names.T.tolist(), "hovertemplate": hover}


def _reading(record: RunRecord, sample: Sample) -> str:
    if not sample.values.size:
        return sample.ends
    step, measured = column_step(record), len(sample.panel.epochs)
    thinned = f"; one epoch in {step} is drawn" if len(sample.epochs) < measured else ""
    return f"{sample.ends} at epoch {sample.epochs[-1]} ({sample.whose}{thinned})."
