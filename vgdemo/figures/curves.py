"""Accuracy and loss over the epochs."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures.sampling import Values, column_indices, quantile
from vgdemo.figures.style import TRAIN, VALIDATION, in_words, new_figure, translucent
from vgdemo.record import RunRecord

HALVES = (("train", "train", TRAIN), ("val", "validation", VALIDATION))


def curves(record: RunRecord, *, singles: bool = False) -> go.Figure:
    """Accuracy above, loss below: median and 10–90 % band over the replicates.

    Args:
        record: The run.
        singles: Draw every replicate's own line too.
    """
    shown = column_indices(record)
    figure = _axes(record)
    for measure, axis in (("accuracy", "y"), ("loss", "y2")):
        for half, label, color in HALVES:
            values = record.curve_arrays[f"{half}_{measure}"][shown]
            add_band(figure, record.epochs[shown], values, color=color, axis=axis)
            if singles:
                _add_singles(figure, record.epochs[shown], values, color=color, axis=axis)
            figure.add_scatter(
                x=record.epochs[shown],
                y=quantile(values, 0.5),
                yaxis=axis,
                name=label,
                legendgroup=half,
                showlegend=axis == "y",
                line={"color": color, "width": 2},
                hovertemplate=f"{label} {measure} %{{y:.3f}}<extra></extra>",
            )
    return figure


def _axes(record: RunRecord) -> go.Figure:
    epochs = record.config.epochs
    return new_figure(
        "Accuracy and loss",
        _reading(record),
        "Line chart over epochs: accuracy above, loss below, training and validation.",
        over_epochs=True,
        uirevision=f"curves {epochs}",
        hovermode="x unified",
        xaxis={"title": {"text": "epoch"}, "range": [0, epochs], "anchor": "y2"},
        yaxis={"title": {"text": "accuracy, share"}, "range": _accuracy_range(record), "domain": [0.47, 1]},
        yaxis2={
            "title": {"text": "loss, nats"},
            "type": "log",
            "dtick": 1,
            "range": _loss_range(record),
            "domain": [0, 0.4],
        },
    )


def _accuracy_range(record: RunRecord) -> list[float]:
    """From 0.4, where chance stands well above the axis; lower only if the run goes there."""
    lowest = min(float(np.nanmin(record.curve_arrays[name], initial=1)) for name in ("train_accuracy", "val_accuracy"))
    return [min(0.4, np.floor(lowest * 10) / 10), 1]


def _loss_range(record: RunRecord) -> list[float]:
    """Logarithms of 0.1 to 2, wider by whole decades only if the run goes there."""
    loss = np.concatenate([record.curve_arrays["train_loss"], record.curve_arrays["val_loss"]])
    seen = np.log10(loss[np.isfinite(loss) & (loss > 0)])
    low, high = float(seen.min(initial=0)), float(seen.max(initial=0))
    return [min(-1, math.floor(low)), 0.3 if high <= 0.3 else math.ceil(high)]


def add_band(figure: go.Figure, epochs: Values, values: Values, *, color: str, axis: str) -> None:
    """Draw the 10–90 % band of (E, R) values over the replicates."""
    low, high = quantile(values, 0.1), quantile(values, 0.9)
    drawn = np.isfinite(low) & np.isfinite(high)
    figure.add_scatter(
        x=np.concatenate([epochs[drawn], epochs[drawn][::-1]]),
        y=np.concatenate([high[drawn], low[drawn][::-1]]),
        yaxis=axis,
        name="10–90 % of replicates",
        fill="toself",
        fillcolor=translucent(color),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )


def _add_singles(figure: go.Figure, epochs: Values, values: Values, *, color: str, axis: str) -> None:
    """All replicates as one trace, with a gap after each: thirty traces of their own would be slow."""
    gap = np.full((1, values.shape[1]), np.nan)
    figure.add_scatter(
        x=np.tile(np.append(epochs, epochs[-1:]), values.shape[1]),
        y=np.concatenate([values, gap[: len(epochs[-1:])]]).T.ravel(),
        yaxis=axis,
        name="single replicates",
        line={"color": translucent(color, 0.5), "width": 0.7},
        hoverinfo="skip",
        showlegend=False,
    )


def _reading(record: RunRecord) -> str:
    if not len(record.epochs):
        return "Nothing is trained yet."
    last = {name: values[-1:] for name, values in record.curve_arrays.items()}
    low, middle, high = (in_words(quantile(last["val_accuracy"], share)[0]) for share in (0.1, 0.5, 0.9))
    sentence = f"Validation accuracy {middle} at epoch {record.epochs[-1]}"
    if record.config.replicates > 1:
        sentence = f"Median {sentence[0].lower()}{sentence[1:]}; 10–90 % of replicates: {low} to {high}"
    diverged = int((~np.isfinite(last["train_loss"])).sum())
    return sentence + (f"; {diverged} of {record.config.replicates} diverged." if diverged else ".")
