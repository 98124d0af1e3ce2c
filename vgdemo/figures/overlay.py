"""The accuracy of several runs in one picture."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from vgdemo.figures.axes import epoch_range
from vgdemo.figures.curves import accuracy_axis, add_band
from vgdemo.figures.sampling import column_indices
from vgdemo.figures.scales import Values
from vgdemo.figures.style import RUN_COLORS, new_figure
from vgdemo.learning import accuracy, accuracy_deciles, quantile
from vgdemo.record import RunRecord
from vgdemo.wording import number


def overlaid_accuracy(records: Mapping[str, RunRecord], names: Mapping[str, str]) -> go.Figure:
    """Validation accuracy of each run: median and 10–90 % band over its replicates.

    Args:
        records: Letter to run, at most as many as there are `RUN_COLORS`; one without this accuracy is not drawn.
        names: Letter to what the legend says.

    Example:
        >>> figure = overlaid_accuracy({"A": record}, {"A": "A · relu"})
        >>> figure.data[-1].name, figure.data[-1].x.tolist()
        ('A · relu', [0, 1, 2, 3])
    """
    accuracies = {letter: accuracy(record) for letter, record in records.items()}
    figure = _axes(records, [values for values in accuracies.values() if values is not None])
    for (letter, record), color in zip(records.items(), RUN_COLORS, strict=False):
        values, shown = accuracies[letter], column_indices(record, record.epochs)
        if values is not None:
            add_band(figure, record.epochs[shown], values[shown], color=color, axis="y")
            figure.add_scatter(
                x=record.epochs[shown],
                y=quantile(values[shown], 0.5),
                name=names[letter],
                line={"color": color, "width": 2},
                hovertemplate=f"{letter}: %{{y:.3f}}<extra></extra>",
            )
    return figure


def _axes(records: Mapping[str, RunRecord], accuracies: list[Values]) -> go.Figure:
    epochs = max(epoch_range(record) for record in records.values())
    return new_figure(
        "Validation accuracy of all columns",
        _reading(records),
        "Line chart of the validation accuracy over epochs, one line with its band for each column.",
        over_epochs=True,
        uirevision=f"overlay {epochs[1]}",
        hovermode="x unified",
        xaxis={"title": {"text": "epoch"}, "range": epochs},
        yaxis=accuracy_axis(accuracies),
    )


def _reading(records: Mapping[str, RunRecord]) -> str:
    trained = {letter: accuracy_deciles(record) for letter, record in records.items() if len(record.epochs)}
    if not trained:
        return "Nothing is trained yet."
    medians = [f"{letter} {number(deciles[1]) if deciles else 'not measured'}" for letter, deciles in trained.items()]
    return f"Line: median of the replicates, at the last epoch {', '.join(medians)}. Band: 10–90 % of them."
