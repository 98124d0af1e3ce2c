"""One statistic of every layer at every epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures import guide
from vgdemo.figures.axes import decades, epoch_axis, from_first_to_last, place_axis
from vgdemo.figures.hover import Place, told
from vgdemo.figures.sampling import Sample, column_step
from vgdemo.figures.scales import Fit, Statistic, Values
from vgdemo.figures.style import MARGIN_BESIDE_COLORS, SEQUENTIAL, SPECIAL_COLORS, SPECIAL_VALUES, new_figure
from vgdemo.record import RunRecord
from vgdemo.wording import capitalized, power_of_ten


def layer_heatmap(
    record: RunRecord,
    statistic: str = "gradient_rms",
    *,
    replicates: Sequence[int] = (),
    fit: Fit = False,
    smallest_first: bool = False,
) -> go.Figure:
    """Layer × epoch, in powers of ten for sizes; exact zero, NaN and infinity have colours outside the scale.

    Args:
        record: The run.
        statistic: A name in `statistics_of(record)`; along time steps if it was measured along them.
        replicates: Those (from 0) whose median is shown; all if none is named.
        fit: Stretch the colours over this run's values, or from one end to another, in place of the range that all
            runs share.
        smallest_first: Order the rows by their last value, the smallest at the bottom, in place of the data's flow.

    Example:
        >>> figure = layer_heatmap(record, "kernel_l1")
        >>> figure.layout.title.text, list(figure.data[0].y)
        ('Kernel, L1 norm, layer by layer', ['1', '2', 'output'])
    """
    sample = Sample.of(record, statistic, replicates)
    shown, drawn = sample.shown, sample.shown.scaled(sample.values)
    scale = shown.scale(drawn, fit=fit)
    figure = _axes(record, sample, scale)
    if smallest_first and sample.values.size:
        figure.layout.yaxis = place_axis(sample.panel, np.argsort(sample.values[-1], kind="stable").tolist())
    figure.add_heatmap(
        name=shown.label,
        z=np.where(np.isfinite(drawn), drawn, np.nan).T.astype(np.float32),
        **_told(sample),
        **_places(sample),
        **colors(shown, drawn, scale),
    )
    for (name, color), where in zip(SPECIAL_COLORS.items(), shown.special(sample.values), strict=True):
        if where.any():
            _add_special(figure, sample, name, color, where)
    for name, color in SPECIAL_COLORS.items():
        if shown.lacks(SPECIAL_VALUES[name]):
            add_to_legend(figure, name, color)
    return figure


def _axes(record: RunRecord, sample: Sample, scale: tuple[float, float]) -> go.Figure:
    shown, panel = sample.shown, sample.panel
    return new_figure(
        f"{shown.title}, {panel.axis} by {panel.axis}",
        _reading(record, sample, scale),
        f"Heatmap of {shown.label}: epochs to the right, {panel.axis}s upwards{from_first_to_last(panel)}.",
        how=guide.of_layers(shown, panel),
        scale=scale,
        over_epochs=True,
        log10=shown.log10("z"),
        margin=MARGIN_BESIDE_COLORS,
        uirevision=f"heatmap {record.last_epoch} {panel.axis} {len(panel.labels)}",
        xaxis=epoch_axis(record, beside=0.5),
        yaxis=place_axis(panel),
    )


def _places(sample: Sample) -> dict[str, Any]:
    return {"x": sample.epochs, "y": list(sample.panel.labels), "hoverongaps": False}


def _hover(sample: Sample) -> str:
    return f"{sample.unit} %{{x}}, {sample.panel.axis} %{{y}}<br>{sample.shown.label} "


def _columns(sample: Sample, value: Place) -> dict[str, Place]:
    return {"epoch": "x[i]", sample.panel.axis: "y[j]", sample.shown.label: value}


def _told(sample: Sample) -> dict[str, Any]:
    columns = _columns(sample, "z[j][i]")
    return told(_hover(sample), "z", columns, logarithmic=sample.shown.logarithmic, needed="z[j][i]")


def colors(shown: Statistic, drawn: Values, scale: tuple[float, float], colorscale: Any = SEQUENTIAL) -> dict[str, Any]:
    """A heatmap's scale of colours; its ends tell whether they stand for all beyond, too."""
    low, high = scale
    ticks = _ends_named(decades(low, high), drawn, scale) if shown.logarithmic else {}
    return {
        "colorscale": colorscale,
        "zmin": low,
        "zmax": high,
        "colorbar": {"thickness": 12, "outlinewidth": 0, "xpad": 8, **ticks},
    }


def _ends_named(ticks: dict[str, Any], drawn: Values, scale: tuple[float, float]) -> dict[str, Any]:
    named = dict(zip(ticks["tickvals"], ticks["ticktext"], strict=True))
    finite = drawn[np.isfinite(drawn)]
    for end, sign, is_beyond in zip(scale, "≤≥", ((finite < scale[0]).any(), (finite > scale[1]).any()), strict=True):
        if is_beyond and end == int(end):
            named[int(end)] = f"{sign}{power_of_ten(int(end))}"
    return {"tickvals": list(named), "ticktext": list(named.values())}


def _add_special(figure: go.Figure, sample: Sample, name: str, color: str, where: Values) -> None:
    figure.add_heatmap(
        z=np.where(where, 0, np.nan).T.astype(np.float32),
        colorscale=[(0, color), (1, color)],
        showscale=False,
        name=name,
        hovertemplate=f"{_hover(sample)}{name}<extra></extra>",
        meta={"columns": _columns(sample, [SPECIAL_VALUES[name]]), "needed": "z[j][i]"},
        **_places(sample),
    )


def add_to_legend(figure: go.Figure, name: str, color: str) -> None:
    """Name a colour."""
    marker = {"symbol": "square", "size": 9, "color": color}
    figure.add_scatter(x=[None], y=[None], mode="markers", name=name, marker=marker)


def _reading(record: RunRecord, sample: Sample, scale: tuple[float, float]) -> str:
    if not sample.values.size:
        return sample.ends
    step, measured = column_step(record), len(sample.panel.epochs)
    thinned = f"; one {sample.unit} in {step} is drawn" if len(sample.epochs) < measured else ""
    when = f"{sample.unit} {sample.epochs[-1]} ({sample.whose}{thinned})"
    return f"{capitalized(sample.ends)} at {when}.{sample.beyond(scale)}"
