"""One statistic of every layer at every epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures.sampling import Values, column_indices, column_step, one_value, who
from vgdemo.figures.statistics import STATISTICS, Statistic
from vgdemo.figures.style import MARGIN, SEQUENTIAL, SPECIAL_COLORS, decades, in_words, layer_axis, new_figure
from vgdemo.record import RunRecord


def layer_heatmap(
    record: RunRecord, statistic: str = "gradient_rms", *, replicate: int | None = None, fit: bool = False
) -> go.Figure:
    """Layer × epoch, in powers of ten for sizes; exact zero, NaN and infinity have colours outside the scale.

    Args:
        record: The run.
        statistic: A name in `STATISTICS`.
        replicate: One replicate (from 0) in place of the median over all.
        fit: Stretch the colours over this run's values in place of the range that all runs share.
    """
    shown = STATISTICS[statistic]
    columns = column_indices(record)[0 if shown.has_start else 1 :]
    values = one_value(record.layer_arrays[statistic][columns], replicate)[:, : shown.layer_count(record)]
    drawn = shown.scaled(values)
    figure = _axes(record, shown, _reading(record, shown, values, replicate))
    layers = list(record.layer_names[: shown.layer_count(record)])
    figure.add_heatmap(
        name=shown.label,
        x=record.epochs[columns],
        y=layers,
        z=np.where(np.isfinite(drawn), drawn, np.nan).T.astype(np.float32),
        hovertemplate=f"epoch %{{x}}, layer %{{y}}<br>{shown.label} {_hover_value(shown)}<extra></extra>",
        hoverongaps=False,
        **_colors(shown, *shown.scale(drawn, fit=fit)),
    )
    _add_special(figure, record.epochs[columns], layers, _special(values, drawn))
    return figure


def _axes(record: RunRecord, shown: Statistic, reading: str) -> go.Figure:
    epochs = record.config.epochs
    return new_figure(
        f"{shown.label[0].upper()}{shown.label[1:]}, layer by layer",
        reading,
        f"Heatmap of {shown.label}: epochs to the right, layers upwards from the input to the output.",
        over_epochs=True,
        margin=MARGIN | {"r": 64},  # The colour bar has its place before it comes.
        uirevision=f"heatmap {epochs} {record.config.num_layers}",
        xaxis={"title": {"text": "epoch"}, "range": [-0.5, epochs + 0.5]},
        yaxis=layer_axis(record.layer_names[: shown.layer_count(record)]),
    )


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


def _add_special(figure: go.Figure, epochs: Values, layers: list[str], codes: Values) -> None:
    names, colors = list(SPECIAL_COLORS), list(SPECIAL_COLORS.values())
    figure.add_heatmap(
        x=epochs,
        y=layers,
        z=codes.T,
        zmin=-0.5,
        zmax=2.5,
        colorscale=[(edge / 3, color) for code, color in enumerate(colors) for edge in (code, code + 1)],
        showscale=False,
        hoverongaps=False,
        hovertemplate="epoch %{x}, layer %{y}<br>%{text}<extra></extra>" if np.isfinite(codes).any() else None,
        text=_special_names(codes, names),
    )
    for name, color in SPECIAL_COLORS.items():
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=name, marker={"symbol": "square", "size": 9, "color": color}
        )


def _special_names(codes: Values, names: list[str]) -> list[list[str]] | None:
    if not np.isfinite(codes).any():
        return None
    lookup = np.array([*names, ""])
    return lookup[np.where(np.isfinite(codes), codes, len(names)).astype(int)].T.tolist()  # type: ignore[no-any-return]


def _reading(record: RunRecord, shown: Statistic, values: Values, replicate: int | None) -> str:
    if not len(values):
        return "Nothing is measured yet."
    step = column_step(record)
    thinned = "" if step == 1 else f"; one epoch in {step} is drawn"
    first, last = in_words(values[-1, 0]), in_words(values[-1, -1])
    top = "the output" if shown.has_output else "the last hidden layer"
    return f"{first} in layer 1, {last} in {top} at epoch {record.epochs[-1]} ({who(record, replicate)}{thinned})."
