"""Accuracy and loss over the epochs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vgdemo.figures import guide
from vgdemo.figures.axes import epoch_axis, log_axis
from vgdemo.figures.hover import Place, told
from vgdemo.figures.sampling import column_indices, how_many, of_replicates, who
from vgdemo.figures.scales import Values
from vgdemo.figures.style import REFERENCE, SPECIAL_COLORS, TRAIN, VALIDATION, literal, new_figure, translucent
from vgdemo.learning import DECILES, accuracy, without_finite_loss
from vgdemo.record import RunRecord, quantile
from vgdemo.wording import capitalized, number, uncapitalized

ABOVE, BELOW, WHOLE = [0.47, 1], [0, 0.4], [0, 1]  # Of the figure's height.
DASHES = ("solid", "dash", "dot", "dashdot")  # Of the accuracies of several outputs.
USUAL_LOSS = 0.32  # The logarithm of what the axis of losses reaches to: its tick at 2 is drawn.
COLUMNS_OF_BAND: dict[str, Place] = {
    "median": "y[i]",
    "low (10 %)": "customdata[i][0]",
    "high (90 %)": "customdata[i][1]",
}
Measured = tuple[NDArray[np.int32], Values]  # (M,) epochs and (M, R) what a curve was at them.


class Curve(NamedTuple):
    """A measured curve.

    Attributes:
        measure: "accuracy" or "loss".
        half: "training" or "validation".
        name: What the legend calls the half.
        color: Of the half.
        epochs: (M,) at which it was measured.
        values: (M, R).
        output: Of which it is the accuracy, if the network has several.
        dash: Of its line.
    """

    measure: str
    half: str
    name: str
    color: str
    epochs: NDArray[np.int32]
    values: Values
    output: str = ""
    dash: str = "solid"

    def thinned(self, record: RunRecord) -> Curve:
        """As much of it as a line shows."""
        shown = column_indices(record, self.epochs)
        return self._replace(epochs=self.epochs[shown], values=self.values[shown])

    @property
    def columns(self) -> dict[str, Place]:
        """What all rows of its numbers begin with."""
        output = {"output": [self.output]} if self.output else {}
        return {"epoch": "x[i]", "half": [self.half], "measure": [self.measure]} | output


def curves(record: RunRecord, *, replicates: Sequence[int] = (), singles: bool = False) -> go.Figure:
    """Accuracy above, loss below: median and 10–90 % band over the replicates. What was not measured is not drawn.

    A replicate whose loss is no finite number has the accuracy of guessing, as everywhere.

    Args:
        record: The run.
        replicates: Those (from 0) that are shown; all if none is named.
        singles: Draw every replicate's own line too.

    Example:
        >>> figure = curves(record)
        >>> figure.layout.title.text, figure.layout.yaxis2.title.text
        ('Accuracy and loss', 'loss, nats')
    """
    measured = list(measured_curves(record, replicates))
    figure = _axes(record, measured, _reading(record, measured, replicates))
    drawn = [curve.thinned(record) for curve in measured]
    for curve in drawn:
        _add_curve(figure, curve, replicates, singles=singles)
    if any(curve.measure == "accuracy" for curve in drawn):
        add_ceiling(figure, line_of_epochs(record), record.ceiling)
    for curve in drawn:
        if curve.measure == "loss":
            add_marks(figure, curve.epochs, curve.name, curve.values)
    return figure


def measured_curves(record: RunRecord, replicates: Sequence[int] = ()) -> Iterator[Curve]:
    """What was measured of these replicates (from 0), of all if none is named; those of outputs come last."""
    halves = (("train", "training", "train", TRAIN), ("val", "validation", "validation", VALIDATION))
    for measure in ("accuracy", "loss"):
        for key, half, name, color in halves:
            measured = _measured(record, measure, key)
            if measured is not None:
                epochs, values = measured
                yield Curve(measure, half, name, color, epochs, of_replicates(values, replicates))
    for key, half, name, color in halves:
        for (output, (epochs, values)), dash in zip(_of_outputs(record, key), itertools.cycle(DASHES), strict=False):
            chosen = of_replicates(values, replicates)
            yield Curve("accuracy", half, f"{name}, {literal(output)}", color, epochs, chosen, output, dash)


def _measured(record: RunRecord, measure: str, key: str) -> Measured | None:
    name = f"{key}_{measure}"
    measured, values = record.curve(name), accuracy(record, key) if measure == "accuracy" else None
    return measured if measured is None or values is None else (measured[0], values[record.is_measured(name)])


def _of_outputs(record: RunRecord, key: str) -> Iterator[tuple[str, Measured]]:
    """Each of several outputs with its accuracy."""
    for name in record.curve_arrays:
        measure, _, output = name.partition("/")
        measured = record.curve(name)
        if output and measure == f"{key}_accuracy" and measured is not None:
            yield output, measured


def _add_curve(figure: go.Figure, curve: Curve, replicates: Sequence[int], *, singles: bool) -> None:
    axis = "y" if curve.measure == "accuracy" else "y2"
    is_named = any(trace.name == curve.name for trace in figure.data)
    add_band(figure, curve.epochs, curve.values, color=curve.color, axis=axis)
    if singles:
        _add_singles(figure, curve, replicates, axis=axis)
    figure.add_scatter(
        x=curve.epochs,
        y=quantile(curve.values, 0.5),
        yaxis=axis,
        name=curve.name,
        legendgroup=curve.name,
        showlegend=not is_named,
        line={"color": curve.color, "width": 2, "dash": curve.dash},
        customdata=ends_of_band(curve.values),
        **told(f"{curve.name} {curve.measure} ", "y", curve.columns | COLUMNS_OF_BAND),
    )


def ends_of_band(values: Values) -> Values:
    """(E, 2) the 10–90 % of (E, R) values over the replicates."""
    return np.stack([quantile(values, 0.1), quantile(values, 0.9)], axis=1).astype(np.float32)


def add_band(figure: go.Figure, epochs: Values, values: Values, *, color: str, axis: str) -> None:
    """Draw the 10–90 % band of (E, R) values over the replicates."""
    low, high = quantile(values, 0.1), quantile(values, 0.9)
    drawn = np.isfinite(low) & np.isfinite(high)
    figure.add_scatter(
        x=np.concatenate([epochs[drawn], epochs[drawn][::-1]]),
        y=np.concatenate([high[drawn], low[drawn][::-1]]),
        yaxis=axis,
        mode="lines",
        name="10–90 % of replicates",
        fill="toself",
        fillcolor=translucent(color),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )


def line_of_epochs(record: RunRecord) -> Values:
    """The epochs at which a straight line answers whoever points at it: those that are drawn, and the last to come."""
    return np.union1d(record.epochs[column_indices(record, record.epochs)], [0, record.last_epoch])


def add_ceiling(
    figure: go.Figure, x: Values, ceiling: float | None, *, whose: str = "", axis: str = "y", along: str = "epoch"
) -> None:
    """Draw what accuracy can be reached, if it is known, as a thin line with its name on it.

    An entry in the legend, which comes later than the curves, could take another row of it and move the picture.

    Args:
        figure: The figure.
        x: Where the line has its points.
        ceiling: The accuracy.
        whose: The runs of which it is, unless that goes without saying.
        axis: The axis of accuracies.
        along: What `x` is, for the table.
    """
    if ceiling is None:
        return
    words = f"reachable{whose}: "
    figure.add_scatter(
        x=x,
        y=np.full(len(x), ceiling),
        yaxis=axis,
        mode="lines",
        name=f"{words}{number(ceiling)}",
        showlegend=False,
        line={"color": REFERENCE, "width": 1, "dash": "dot"},
        **told(words, "y", {along: "x[i]", f"reachable accuracy{whose}": "y[i]"}),
    )
    beside = {"xref": "x domain", "yref": axis, "xanchor": "left", "yanchor": "top", "showarrow": False}
    figure.add_annotation(x=0, y=ceiling, text=f"{words}{number(ceiling)}", font={"size": 11}, **beside)


def _add_singles(figure: go.Figure, curve: Curve, replicates: Sequence[int], *, axis: str) -> None:
    """All replicates as one trace, with a gap after each: thirty traces of their own would be slow."""
    epochs, count = curve.epochs, curve.values.shape[1]
    numbers = np.array(replicates or range(count), np.int32) + 1
    gap = np.full((1, count), np.nan)
    figure.add_scatter(
        x=np.tile(np.append(epochs, epochs[-1:]), count),
        y=np.concatenate([curve.values, gap[: len(epochs[-1:])]]).T.ravel(),
        customdata=np.repeat(numbers, len(epochs) + len(epochs[-1:])),
        yaxis=axis,
        name="single replicates",
        line={"color": translucent(curve.color, 0.5), "width": 0.7},
        hoverinfo="skip",
        showlegend=False,
        meta={"columns": curve.columns | {"replicate": "customdata[i]", "value": "y[i]"}, "needed": "y[i]"},
    )


def add_marks(figure: go.Figure, epochs: Values, whose: str, values: Values, axis: str = "y2") -> None:
    """Squares at an end of the axis where the median of (E, R) losses has no place on it."""
    shown, middle = figure.layout[f"yaxis{axis[1:]}"], quantile(values, 0.5)
    low, high = (10**end if shown.type == "log" else end for end in shown.range)
    places = (middle == 0) & (shown.type == "log"), np.isnan(middle), np.isinf(middle)
    for (name, color), where, end in zip(SPECIAL_COLORS.items(), places, (low, high, high), strict=True):
        if where.any():
            figure.add_scatter(
                x=epochs[where],
                y=np.full(int(where.sum()), end),
                yaxis=axis,
                mode="markers",
                name=f"loss {name}",
                showlegend=not any(trace.name == f"loss {name}" for trace in figure.data),
                marker={"color": color, "size": 6, "symbol": "square"},
                cliponaxis=False,
                hovertemplate=f"{whose} loss {name}<extra></extra>",
            )


def _axes(record: RunRecord, measured: Sequence[Curve], reading: str) -> go.Figure:
    accuracies, losses = (
        [curve.values for curve in measured if curve.measure == measure] for measure in ("accuracy", "loss")
    )
    has_both = bool(accuracies and losses)
    return new_figure(
        "Accuracy and loss",
        reading,
        "Line chart over epochs: accuracy above, loss below, training and validation.",
        how=guide.of_curves(record),
        over_epochs=True,
        uirevision=f"curves {record.last_epoch}",
        hovermode="x unified",
        xaxis=epoch_axis(record) | {"anchor": "y2" if losses else "y"},
        yaxis=accuracy_axis(accuracies) | {"domain": ABOVE if has_both else WHOLE, "visible": bool(accuracies)},
        yaxis2=loss_axis([record], losses) | {"domain": BELOW if has_both else WHOLE, "visible": bool(losses)},
    )


def accuracy_axis(values: Sequence[Values]) -> dict[str, Any]:
    """An axis from 0.4, where chance stands well above it, to 1; from lower if some of the accuracies are."""
    lowest = min((float(np.nanmin(one, initial=1)) for one in values), default=1)
    return {"title": {"text": "accuracy"}, "range": [min(0.4, np.floor(lowest * 10) / 10), 1]}


def loss_axis(records: Iterable[RunRecord], values: Sequence[Values]) -> dict[str, Any]:
    """From 0.1 to 2, wider by whole powers of ten only if the runs go there; a plain axis if they go below 0."""
    titles = {_title_of_loss(record) for record in records}
    title = {"title": {"text": "loss" if len(titles) > 1 else titles.pop()}}
    seen = np.concatenate([one[np.isfinite(one)] for one in values] or [np.zeros(0)])
    if (seen < 0).any():
        return {**title, "range": [float(seen.min()), float(seen.max(initial=0))]}
    sizes = np.log10(seen[seen > 0])
    low, high = float(sizes.min(initial=0)), float(sizes.max(initial=0))
    ends = (min(-1, math.floor(low)), USUAL_LOSS if high <= USUAL_LOSS else math.ceil(high))
    return {**title, "range": list(ends), **log_axis(*ends, most=5)}


def _title_of_loss(record: RunRecord) -> str:
    """With its unit, if that is known: several outputs may have several."""
    loss = "nats" if record.model.guessing_loss is not None else record.model.loss.replace("_", " ")
    return "loss" if loss == "loss" else f"loss, {loss}"


def _reading(record: RunRecord, measured: Sequence[Curve], replicates: Sequence[int]) -> str:
    if not len(record.epochs):
        return "Nothing is trained yet."
    if not measured:
        return "Neither accuracy nor loss was measured."
    told = max(measured, key=lambda curve: (curve.measure == "accuracy", curve.half == "validation"))
    low, middle, high = (number(float(quantile(told.values[-1:], share)[0])) for share in DECILES)
    if told.output:
        middle = last_in_words([one for one in measured if (one.measure, one.half) == (told.measure, told.half)])
    sentence = f"{told.half.capitalize()} {told.measure} {middle} at {record.unit} {told.epochs[-1]}"
    count = told.values.shape[1]
    if count > 1:
        sentence = f"Median {uncapitalized(sentence)}; 10–90 % of {how_many(record, replicates)}: {low} to {high}"
    elif record.replicates > 1:
        sentence = f"{capitalized(who(record, replicates))}: {uncapitalized(sentence)}"
    lost = int(of_replicates(without_finite_loss(record), replicates)[-1].sum())
    reachable = f"; {number(record.ceiling)} can be reached" if record.ceiling and told.measure == "accuracy" else ""
    return f"{sentence}{reachable}" + (f"; {lost} of {count} without finite loss." if lost else ".")


def last_in_words(curves: Sequence[Curve]) -> str:
    """The last median of a curve; of those of several outputs the worst and the best, with their names."""
    ends = sorted((float(quantile(curve.values[-1:], 0.5)[0]), curve.output) for curve in curves)
    named = [number(value) + (f" ({output})" if output else "") for value, output in ends]
    return " to ".join(dict.fromkeys([named[0], named[-1]]))
