"""One statistic over the layers at a chosen epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from vgdemo.figures import guide
from vgdemo.figures.axes import decades, from_first_to_last, place_axis
from vgdemo.figures.frames import Framed, Stop, Trace, with_frames
from vgdemo.figures.hover import told
from vgdemo.figures.sampling import absence, drawn_panel, frame_indices, of_replicates, who, with_special
from vgdemo.figures.scales import Fit, Statistic, Values, statistic_of
from vgdemo.figures.style import BLUE, ORANGE, SPECIAL_COLORS, new_figure, translucent
from vgdemo.learning import DECILES
from vgdemo.record import Panel, RunRecord, quantile
from vgdemo.theory import Band, Expected, against_measurement, expectation, line_over
from vgdemo.wording import capitalized, number

_MARKS = (
    *((name, color, "square") for name, color in SPECIAL_COLORS.items()),
    ("below the scale", BLUE, "triangle-down"),
    ("above the scale", BLUE, "triangle-up"),
)


def layer_profile(
    record: RunRecord,
    statistic: str = "gradient_rms",
    *,
    replicates: Sequence[int] = (),
    fit: Fit = False,
    forecast: Expected | None = None,
    color: str = BLUE,
) -> Framed:
    """The statistic from the first layer to the output, one frame for each stop of the epoch slider.

    Args:
        record: The run.
        statistic: A name in `statistics_of(record)`; along time steps if it was measured along them.
        replicates: Those (from 0) whose median and 10–90 % band are shown; all if none is named.
        fit: Let the axis end at this run's values, or at these ends, in place of the range that all runs share.
        forecast: What theory expects at epoch 0, drawn if it says something of the statistic.
        color: Of the line and the band.

    Example:
        >>> figure = layer_profile(record, "update_ratio")  # There is none before the first update.
        >>> [frame.name for frame in figure.frames]
        ['1', '2', '3']
    """
    panel, shown = drawn_panel(record, statistic), statistic_of(record, statistic)
    indices = frame_indices(record, panel.epochs)
    values = of_replicates(panel.statistics[statistic][indices], replicates)
    bands = np.stack([quantile(values, share) for share in DECILES], axis=1)
    profile = _Profile(shown, panel, bands, fit, color)
    theory = _Theory.of(record, statistic, forecast, profile)
    stops = [
        Stop(
            int(epoch),
            [*profile.changes(place), *theory.changes(int(epoch))],
            f"{capitalized(record.unit)} {epoch} ({who(record, replicates)}): "
            f"{theory.reading(int(epoch)) or profile.reading(place)}",
        )
        for place, epoch in enumerate(panel.epochs[indices])
    ]
    return with_frames(_layout(profile, theory), [*profile.traces(), *theory.traces()], stops)


def _layout(profile: _Profile, theory: _Theory) -> go.Figure:
    shown, panel, (low, high) = profile.shown, profile.panel, profile.ends
    margin = 0.04 * (high - low)
    ticks = decades(low, high) if shown.logarithmic else {}
    return new_figure(
        f"{shown.title} over {panel.axis}s",
        f"{absence(panel, shown.title)}{theory.expectation}",
        f"Line chart of {shown.label}{from_first_to_last(panel)} at the chosen epoch.",
        how=guide.of_profile(shown, panel, with_theory=theory.forecast is not None),
        scale=profile.ends,
        log10=shown.log10("yaxis"),
        uirevision=f"profile {panel.axis} {len(panel.labels)} {shown.name}",
        showlegend=True,  # One trace alone would not be named.
        xaxis=place_axis(panel),
        yaxis={"title": {"text": shown.label}, "range": [low - margin, high + margin], **ticks},
    )


@dataclass(frozen=True)
class _Profile:
    """What was measured: a band, its median, and marks at the end of the axis for what has no place on it.

    Attributes:
        shown: The statistic.
        panel: Where it was measured.
        bands: (E, 3, P) deciles over the replicates.
        fit: Whether the axis ends at these values.
        color: Of the line and the band.
    """

    shown: Statistic
    panel: Panel
    bands: Values
    fit: Fit
    color: str

    @cached_property
    def ends(self) -> tuple[float, float]:
        return self.shown.scale(self.shown.scaled(self.bands), fit=self.fit)

    def traces(self) -> list[Trace]:
        """What is the same at all stops."""
        axis, label = self.panel.axis, self.shown.label
        band = {"name": "10–90 %", "mode": "lines", "fill": "toself", "fillcolor": translucent(self.color)}
        median = {
            "name": "median",
            "mode": "lines+markers",
            "line": {"color": self.color, "width": 2},
            "marker": {"size": 6},
        }
        columns = {axis: "x[i]", "epoch": "meta.epoch", label: "customdata[i][1]"}
        quantiles = {"low (10 %)": "customdata[i][0]", "high (90 %)": "customdata[i][2]"}
        words = told(f"{axis} %{{x}}: ", "y", columns | quantiles, logarithmic=self.shown.logarithmic)
        return [
            {"type": "scatter", "line": {"width": 0}, "hoverinfo": "skip", **band},
            {"type": "scatter", **words, **median},
            *(self._mark(*mark) for mark in _MARKS),
        ]

    def _mark(self, name: str, color: str, symbol: str) -> Trace:
        return {
            "type": "scatter",
            "x": [],
            "y": [],
            "showlegend": False,
            "hovertemplate": f"{self.panel.axis} %{{x}}: %{{text}}<extra></extra>",
            "name": name,
            "mode": "markers",
            "marker": {"color": color, "size": 10, "symbol": symbol},
        }

    def changes(self, place: int) -> list[Trace]:
        """Band, median and marks at one stop; no change of the marks that occur at none."""
        deciles = self.bands[place]
        low, middle, high = self.shown.scaled(deciles)
        labels = np.array(self.panel.labels)
        band = np.isfinite(low) & np.isfinite(high)
        return [
            {
                "x": np.concatenate([labels[band], labels[band][::-1]]).tolist(),
                "y": np.concatenate([high[band], low[band][::-1]]),
            },
            {
                "x": labels.tolist(),
                "y": np.where(np.isfinite(middle), middle, np.nan),
                "customdata": deciles.T.astype(np.float32),
            },
            *(
                self._marks_at(where, end, deciles[1]) if occurs else {}
                for where, occurs, end in zip(self._unplaced[:, place], self._occurring, self._mark_ends, strict=True)
            ),
        ]

    def _marks_at(self, where: NDArray[np.bool_], end: float, middle: Values) -> Trace:
        labels = [label for label, is_marked in zip(self.panel.labels, where, strict=True) if is_marked]
        words = [number(float(value)) for value in middle[where]]
        return {"x": labels, "y": [end] * len(labels), "text": words, "showlegend": bool(labels)}

    @cached_property
    def _unplaced(self) -> NDArray[np.bool_]:
        """(5, E, P) whether a median has no place on the axis, for each of `_MARKS`."""
        middle, (low, high) = self.bands[:, 1], self.ends
        drawn = self.shown.scaled(middle)
        beyond = [np.isfinite(drawn) & (drawn < low), np.isfinite(drawn) & (drawn > high)]
        return np.concatenate([self.shown.special(middle), beyond])

    @cached_property
    def _occurring(self) -> NDArray[np.bool_]:
        """(5,) whether a mark occurs at any stop."""
        return np.asarray(self._unplaced.any(axis=(1, 2)))

    @property
    def _mark_ends(self) -> tuple[float, ...]:
        low, high = self.ends
        return low, high, high, low, high

    def reading(self, place: int) -> str:
        """The extremes at one stop in words."""
        middle, phrases = self.bands[place, 1], self.panel.phrases
        finite = np.where(np.isfinite(middle), middle, np.nan)
        if np.isnan(finite).all():
            return f"{with_special('', middle, self.shown, self.panel)}."
        smallest, largest = np.nanargmin(finite), np.nanargmax(finite)
        extremes = (
            f"smallest in {phrases[smallest]}, {number(middle[smallest])}; "
            f"largest in {phrases[largest]}, {number(middle[largest])}"
        )
        beyond = self.shown.beyond(middle, self.ends, self.panel.axis)
        return f"{with_special(extremes, middle, self.shown, self.panel)}.{beyond}"


@dataclass(frozen=True)
class _Theory:
    """The line and the band that hold most networks of the run's settings; nothing without a forecast.

    Attributes:
        record: The run.
        forecast: Of it, if it is of what is drawn.
        band: What it expects; None where it cannot say.
        profile: What it is drawn over.
    """

    record: RunRecord
    forecast: Expected | None
    band: Band | None
    profile: _Profile

    @classmethod
    def of(cls, record: RunRecord, statistic: str, forecast: Expected | None, profile: _Profile) -> _Theory:
        if forecast is None or statistic != forecast.statistic:
            return cls(record, None, None, profile)
        return cls(record, forecast, line_over(forecast, record), profile)

    @property
    def expectation(self) -> str:
        """What there is to say before any measurement, after a blank."""
        return f" {expectation(self.forecast)}" if self.forecast else ""

    def reading(self, epoch: int) -> str:
        """What there is to say at an epoch: theory is of the start alone."""
        return against_measurement(self.forecast, self.record) if self.forecast and epoch == 0 else ""

    def changes(self, epoch: int) -> list[Trace]:
        """Later the line stays as what training began with; the band would only be in the way."""
        return [{"visible": epoch == 0}, {}] if self.band else []

    def traces(self) -> list[Trace]:
        """The band and the line."""
        if self.band is None:
            return []
        low, middle, high = map(self.profile.shown.scaled, self.band)
        panel, bottom = self.profile.panel, self.profile.ends[0]
        low, high = (np.where(np.isneginf(end), bottom, end) for end in (low, high))  # Of networks born dead.
        return [_theory_band(list(panel.labels), low, high), _theory_line(panel, middle, self.profile.shown)]


def _theory_band(labels: list[str], low: Values, high: Values) -> Trace:
    return {
        "type": "scatter",
        "name": "theory, 10–90 % of networks",
        "x": [*labels, *labels[::-1]],
        "y": np.concatenate([high, low[::-1]]),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": translucent(ORANGE),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _theory_line(panel: Panel, values: Values, shown: Statistic) -> Trace:
    columns = {panel.axis: "x[i]", "epoch": [0], f"theory, {shown.label}": "y[i]"}
    return {
        "type": "scatter",
        "name": "theory, epoch 0",
        "x": list(panel.labels),
        "y": np.where(np.isfinite(values), values, np.nan),
        "mode": "lines",
        "line": {"color": ORANGE, "width": 2, "dash": "dot"},
        **told(f"{panel.axis} %{{x}}: theory ", "y", columns, logarithmic=shown.logarithmic),
    }
