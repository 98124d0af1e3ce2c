"""The accuracy of several runs in one picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures.curves import add_band
from vgdemo.figures.sampling import column_indices, quantile
from vgdemo.figures.style import RUN_COLORS, in_words, new_figure
from vgdemo.record import RunRecord


def overlaid_accuracy(records: Mapping[str, RunRecord], names: Mapping[str, str]) -> go.Figure:
    """Validation accuracy of each run: median and 10–90 % band over its replicates.

    Args:
        records: Letter to run, at most as many as there are `RUN_COLORS`.
        names: Letter to what the legend says.
    """
    figure = _axes(records)
    for (letter, record), color in zip(records.items(), RUN_COLORS, strict=False):
        shown = column_indices(record)
        epochs, accuracy = record.epochs[shown], record.curve_arrays["val_accuracy"][shown]
        add_band(figure, epochs, accuracy, color=color, axis="y")
        figure.add_scatter(
            x=epochs,
            y=quantile(accuracy, 0.5),
            name=names[letter],
            line={"color": color, "width": 2},
            hovertemplate=f"{letter}: %{{y:.3f}}<extra></extra>",
        )
    return figure


def _axes(records: Mapping[str, RunRecord]) -> go.Figure:
    epochs = max(record.config.epochs for record in records.values())
    lowest = min(float(np.nanmin(record.curve_arrays["val_accuracy"], initial=1)) for record in records.values())
    return new_figure(
        "Validation accuracy of all columns",
        _reading(records),
        "Line chart of the validation accuracy over epochs, one line with its band for each column.",
        over_epochs=True,
        uirevision=f"overlay {epochs}",
        hovermode="x unified",
        xaxis={"title": {"text": "epoch"}, "range": [0, epochs]},
        yaxis={"title": {"text": "accuracy, share"}, "range": [min(0.4, np.floor(lowest * 10) / 10), 1]},
    )


def _reading(records: Mapping[str, RunRecord]) -> str:
    medians = {
        letter: float(quantile(record.curve_arrays["val_accuracy"][-1:], 0.5)[0])
        for letter, record in records.items()
        if len(record.epochs)
    }
    if not medians:
        return "Nothing is trained yet."
    listed = ", ".join(f"{letter} {in_words(median)}" for letter, median in medians.items())
    return f"Line: median of the replicates, at the last epoch {listed}. Band: 10–90 % of them."
