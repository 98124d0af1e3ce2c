"""Several runs in one picture, each in its colour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
import plotly.graph_objects as go

from vgdemo.figures import guide
from vgdemo.figures.axes import decades, epoch_axis, epoch_range, place_axis
from vgdemo.figures.curves import (
    COLUMNS_OF_BAND,
    Curve,
    accuracy_axis,
    add_band,
    add_ceiling,
    add_marks,
    ends_of_band,
    last_in_words,
    line_of_epochs,
    loss_axis,
    measured_curves,
)
from vgdemo.figures.frames import Framed, Stop, Trace, with_frames
from vgdemo.figures.hover import told
from vgdemo.figures.profile import layer_profile
from vgdemo.figures.sampling import drawn_panel, of_replicates, who
from vgdemo.figures.scales import Fit, Values
from vgdemo.figures.style import RUN_COLORS, literal, new_figure
from vgdemo.record import Log, Panel, RunRecord, quantile
from vgdemo.wording import capitalized, listed, number

Names = Mapping[str, str]
Replicates = Mapping[str, Sequence[int]]
Overlay = Callable[..., go.Figure]  # As `overlaid_accuracy`.
ALL: Replicates = MappingProxyType({})


Lines = Mapping[str, list[Curve]]  # Letter of a run to its curve, or to those of its outputs; none if it has none.


def overlays_of(records: Iterable[RunRecord]) -> dict[str, Overlay]:
    """Name to picture of all the curves that runs side by side share: accuracy and, of logs, the loss.

    The losses of runs that were made of settings stand in each one's own figure; a log may have nothing else.

    Example:
        >>> list(overlays_of([record]))
        ['overlay']
    """
    every = [*records]
    has_logs = any(isinstance(record.source, Log) for record in every)
    has_accuracy = any(_curves_of(record, "accuracy") for record in every)
    pictures = {"overlay": overlaid_accuracy} if has_accuracy or not has_logs else {}
    return pictures | ({"overlay loss": overlaid_loss} if has_logs else {})


def overlaid_accuracy(records: Mapping[str, RunRecord], names: Names, *, replicates: Replicates = ALL) -> go.Figure:
    """Validation accuracy of each run, or that of training if there is no other: median and 10–90 % band.

    Args:
        records: Letter to run, at most as many as there are `RUN_COLORS`; one without an accuracy is not drawn.
        names: Letter to what the legend says.
        replicates: Letter to the replicates (from 0) that are drawn; all, if there are none.

    Example:
        >>> figure = overlaid_accuracy({"A": record}, {"A": "A · relu"})
        >>> figure.data[-1].name, figure.data[-1].x.tolist()
        ('A · relu', [0, 1, 2, 3])
    """
    figure = _overlaid(records, "accuracy", names, replicates)
    for whose, ceiling in _ceilings(records).items():
        add_ceiling(figure, line_of_epochs(_longest(records)), ceiling, whose=whose)
    return figure


def overlaid_loss(records: Mapping[str, RunRecord], names: Names, *, replicates: Replicates = ALL) -> go.Figure:
    """The same of the losses.

    Example:
        >>> overlaid_loss({"A": record}, {"A": "A"}).layout.title.text
        'Validation loss of all columns'
    """
    figure = _overlaid(records, "loss", names, replicates)
    for letter, record in records.items():
        for curve in _curves_of(record, "loss", replicates.get(letter, ())):
            drawn = curve.thinned(record)
            add_marks(figure, drawn.epochs, letter, drawn.values, axis="y")
    return figure


def _curves_of(record: RunRecord, measure: str, replicates: Sequence[int] = ()) -> list[Curve]:
    """Those of validation or, if there are none, of training."""
    measured = [curve for curve in measured_curves(record, replicates) if curve.measure == measure]
    return [curve for curve in measured if curve.half == "validation"] or measured


def _overlaid(records: Mapping[str, RunRecord], measure: str, names: Names, replicates: Replicates) -> go.Figure:
    """Median and band of each run in its colour; where they are not of the same half, the legend says of which."""
    lines = {letter: _curves_of(record, measure, replicates.get(letter, ())) for letter, record in records.items()}
    halves = _halves(lines)
    figure = _axes(records, lines, " ".join([*halves, measure] if len(halves) == 1 else [measure]), replicates)
    for (letter, curves), color in zip(lines.items(), RUN_COLORS, strict=False):
        for curve in curves:
            parts = [names[letter], curve.output, curve.half if len(halves) > 1 else ""]
            name = ", ".join(filter(None, parts))
            _add_line(figure, curve.thinned(records[letter])._replace(name=name, color=color), letter)
    return figure


def _halves(lines: Lines) -> set[str]:
    return {curve.half for curves in lines.values() for curve in curves} or {"validation"}


def _add_line(figure: go.Figure, curve: Curve, letter: str) -> None:
    add_band(figure, curve.epochs, curve.values, color=curve.color, axis="y")
    figure.add_scatter(
        x=curve.epochs,
        y=quantile(curve.values, 0.5),
        name=literal(curve.name),
        line={"color": curve.color, "width": 2, "dash": curve.dash},
        customdata=ends_of_band(curve.values),
        **told(f"{letter}: ", "y", {"epoch": "x[i]", "run": [curve.name]} | COLUMNS_OF_BAND),
    )


def _longest(records: Mapping[str, RunRecord]) -> RunRecord:
    return max(records.values(), key=epoch_range)


def _ceilings(records: Mapping[str, RunRecord]) -> dict[str, float]:
    """Whose to what can be reached, as far as that is known; of one number for all it is not said whose."""
    ceilings = {letter: record.ceiling for letter, record in records.items() if record.ceiling is not None}
    whose = {one: [letter for letter, other in ceilings.items() if other == one] for one in ceilings.values()}
    return {f" by {listed(letters)}" if len(whose) > 1 else "": one for one, letters in whose.items()}


def _axes(records: Mapping[str, RunRecord], lines: Lines, drawn: str, replicates: Replicates) -> go.Figure:
    longest = _longest(records)
    values = [curve.values for curves in lines.values() for curve in curves]
    axis = accuracy_axis(values) if drawn.endswith("accuracy") else loss_axis(records.values(), values)
    return new_figure(
        f"{capitalized(drawn)} of all columns",
        _reading(records, lines, replicates),
        f"Line chart of the {drawn} over epochs, one line with its band for each column.",
        how=guide.of_overlay(records.values(), drawn),
        over_epochs=True,
        uirevision=f"overlay {longest.last_epoch}",
        hovermode="x unified",
        xaxis=epoch_axis(longest),
        yaxis=axis,
    )


def _reading(records: Mapping[str, RunRecord], lines: Lines, replicates: Replicates) -> str:
    trained = {letter: record for letter, record in records.items() if len(record.epochs)}
    if not trained:
        return "Nothing is trained yet."
    whose = {letter: f" ({who(records[letter], chosen)})" for letter, chosen in replicates.items() if chosen}
    is_mixed = len(_halves(lines)) > 1
    finals = {letter: _final(lines[letter], says_half=is_mixed) for letter in trained}
    medians = ", ".join(f"{letter} {final}{whose.get(letter, '')}" for letter, final in finals.items())
    last = f"at the last {' or '.join(dict.fromkeys(record.unit for record in trained.values()))} {medians}"
    reachable = "".join(f" Reachable{whose}: {number(ceiling)}." for whose, ceiling in _ceilings(records).items())
    if all(_is_one(record, replicates.get(letter, ())) for letter, record in trained.items()):
        kind = "training" if any(isinstance(record.source, Log) for record in trained.values()) else "replicate"
        return f"Line: one {kind} of each, {last}.{reachable}"
    return f"Line: median of the replicates, {last}. Band: 10–90 % of them.{reachable}"


def _final(curves: Sequence[Curve], *, says_half: bool) -> str:
    """The median after the last epoch, in words."""
    if not curves:
        return "not measured"
    return f"{last_in_words(curves)} in {curves[0].half}" if says_half else last_in_words(curves)


def _is_one(record: RunRecord, replicates: Sequence[int]) -> bool:
    return record.replicates == 1 or len(replicates) == 1


def overlaid_profiles(
    records: Mapping[str, RunRecord],
    statistic: str = "gradient_rms",
    *,
    replicates: Replicates = ALL,
    fit: Fit = False,
) -> go.Figure:
    """The profile of each run over its layers, one frame for each stop of any of them.

    Args:
        records: Letter to run, at most as many as there are `RUN_COLORS`.
        statistic: A name in `statistics_of` each of them; along time steps if it was measured along them.
        replicates: Letter to the replicates (from 0) whose median and 10–90 % band are drawn; all, if there are none.
        fit: Let the axis end at these runs' values in place of the range that all runs share.

    Example:
        >>> figure = overlaid_profiles({"A": record, "B": record})
        >>> figure.data[1].name, [frame.name for frame in figure.frames]
        ('A', ['0', '1', '2', '3'])
    """
    runs = [
        _Run.of(letter, place, record, statistic, replicates=replicates.get(letter, ()), fit=fit)
        for place, (letter, record) in enumerate(records.items())
    ]
    stops = [
        Stop(epoch, [change for run in runs for change in run.changes(epoch)], _told(runs, epoch))
        for epoch in sorted({epoch for run in runs for epoch in run.frames})
    ]
    return with_frames(_profile_axes(runs, statistic), [trace for run in runs for trace in run.traces], stops)


@dataclass(frozen=True)
class _Run:
    """The profile of one run among others.

    Attributes:
        letter: Of the run.
        place: Which of the runs it is, from 0.
        profile: Its own figure.
        panel: What is drawn.
        values: (E, P) at the panel's epochs.
        whose: Whose values they are.
    """

    letter: str
    place: int
    profile: Framed
    panel: Panel
    values: Values
    whose: str

    @classmethod
    def of(
        cls, letter: str, place: int, record: RunRecord, statistic: str, *, replicates: Sequence[int], fit: Fit
    ) -> _Run:
        """The profile of a record."""
        figure = layer_profile(record, statistic, replicates=replicates, fit=fit, color=RUN_COLORS[place])
        panel = drawn_panel(record, statistic)
        values = quantile(of_replicates(panel.statistics[statistic], replicates), 0.5)
        return cls(letter, place, figure, panel, values, who(record, replicates))

    @cached_property
    def frames(self) -> dict[int, Trace]:
        """Epoch to frame."""
        return {int(frame["name"]): frame for frame in self.profile.plain_frames}

    @property
    def traces(self) -> list[Trace]:
        """Its own traces, told from those of the others by letter and colour."""
        return [self._lettered(trace.to_plotly_json()) for trace in self.profile.data]

    def _lettered(self, trace: Trace) -> Trace:
        hover = str(trace.get("hovertemplate", "")).replace("<extra></extra>", f"<extra>{self.letter}</extra>")
        hovered = {"hovertemplate": hover} if hover else {}
        if trace["name"] == "median":
            meta = trace["meta"] | {"columns": {"run": [self.letter], **trace["meta"]["columns"]}}
            return trace | hovered | {"name": self.letter, "meta": meta}
        named = trace | hovered | {"name": f"{self.letter}, {trace['name']}", "showlegend": False}
        return named if trace["mode"] == "lines" else named | {"marker": self._marker(trace["marker"])}

    def _marker(self, marker: Trace) -> Trace:
        """Open and of a size of its own, as marks of several runs may lie on one another."""
        size = marker["size"] + 4 * self.place
        return marker | {"color": RUN_COLORS[self.place], "symbol": f"{marker['symbol']}-open", "size": size}

    def changes(self, epoch: int) -> list[Trace]:
        """What its traces become at its last stop until an epoch, or at its first."""
        stop = self._stop(epoch)
        frame = {"traces": [], "data": []} if stop is None else self.frames[stop]
        moving = dict(zip(frame["traces"], frame["data"], strict=True))
        return [moving.get(place, {}) for place in range(len(self.profile.data))]

    def _stop(self, epoch: int) -> int | None:
        until = [stop for stop in self.frames if stop <= epoch] or [*self.frames][:1]
        return until[-1] if until else None

    def told(self, epoch: int, *, says_whose: bool) -> str:
        """The values of its first and its last place at that stop; the stop, if it is another than the epoch."""
        stop = self._stop(epoch)
        if stop is None:
            return f"{self.letter} nothing yet"
        first, last = self.values[np.searchsorted(self.panel.epochs, stop), [0, -1]]
        at, whose = "" if stop == epoch else f" at epoch {stop}", f" ({self.whose})" if says_whose else ""
        return f"{self.letter}{at}{whose} {number(float(first))} to {number(float(last))}"


def _told(runs: Sequence[_Run], epoch: int) -> str:
    """Whose values they are is said once if it is the same of all."""
    kinds = {run.whose for run in runs}
    whose = f" ({runs[0].whose})" if len(kinds) == 1 else ""
    values = "; ".join(run.told(epoch, says_whose=not whose) for run in runs)
    return f"Epoch {epoch}{whose}, first to last {runs[0].panel.axis}: {values}."


def _profile_axes(runs: Sequence[_Run], statistic: str) -> go.Figure:
    deepest = max(runs, key=lambda run: len(run.panel.labels))
    figure, panel = go.Figure(layout=deepest.profile.layout), deepest.panel
    labels = tuple(dict.fromkeys(label for run in (deepest, *runs) for label in run.panel.labels))
    ends = [run.profile.layout.yaxis.range for run in runs]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    figure.layout.uirevision = f"profiles {panel.axis} {len(labels)} {statistic}"
    figure.layout.xaxis = place_axis(replace(panel, labels=labels))
    figure.layout.yaxis.update(range=[low, high], **(decades(low, high) if figure.layout.meta["log10"] else {}))
    figure.layout.meta |= {"alt": f"{figure.layout.meta['alt'].removesuffix('.')}, one line for each column."}
    return figure
