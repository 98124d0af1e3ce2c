"""What a figure takes from a record: which panel, which epochs, and one number for all replicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vgdemo.figures.scales import Statistic, Values, statistic_of
from vgdemo.record import HISTOGRAM_BINS, Log, Panel, RunRecord, RunStatus, quantile
from vgdemo.wording import counted, number

MAX_COLUMNS = 600  # A heatmap has about as many pixels.
NUM_FRAMES = 40  # Steps of the epoch slider.
LIVE_STEP = 4  # One stop in so many while a run grows: each new chunk draws them all again.
NOT_YET = "Nothing is measured yet."

Indices = NDArray[np.intp]


def drawn_panel(record: RunRecord, statistic: str) -> Panel:
    """The panel that has a statistic; one without places, so that nothing is drawn, if it was not measured."""
    found = record.find_panel(statistic)
    nowhere = Panel("layer", (), (), record.epochs[:0], {statistic: np.zeros((0, record.replicates, 0))})
    return found if found is not None and found.labels else nowhere


def counted_panel(record: RunRecord) -> tuple[Panel, NDArray[np.uint32]]:
    """The panel whose gradient entries were counted by size, and the counts; one without places if there is none."""
    for panel in record.panels.values():
        if panel.histograms is not None and panel.labels:
            return panel, panel.histograms
    nowhere = Panel("layer", (), (), record.epochs[:0], {})
    return nowhere, np.zeros((0, record.replicates, 0, HISTOGRAM_BINS), np.uint32)


def column_indices(record: RunRecord, epochs: NDArray[np.int32]) -> Indices:
    """Which of the measured epochs a heatmap or a line shows: the first of each `column_step`, and the end.

    The training's length alone says how many, so that none ever shifts while the record grows.
    """
    is_first = np.diff(epochs // column_step(record), prepend=-1) > 0
    return np.flatnonzero(is_first | (epochs == record.last_epoch))


def column_step(record: RunRecord) -> int:
    """Every how many epochs are shown."""
    return -(-(record.last_epoch + 1) // MAX_COLUMNS)


def frame_indices(record: RunRecord, epochs: NDArray[np.int32]) -> Indices:
    """Which of the measured epochs the slider stops at: those of the decision surfaces, so that all figures share them.

    Without surfaces, the first from each of even steps on. The last that there is comes always.
    """
    steps = (
        np.linspace(0, record.last_epoch, NUM_FRAMES + 1).round() if record.surface is None else record.surface.epochs
    )
    stops = np.searchsorted(epochs, steps[steps <= epochs.max(initial=-1)])
    return fewer_while_growing(record, np.unique(np.append(stops, np.arange(len(epochs))[-1:])))


def fewer_while_growing(record: RunRecord, indices: Indices) -> Indices:
    """The stops of the slider or, while the run trains, every fourth and the last of them."""
    has_ended = record.status in (RunStatus.STOPPED, RunStatus.FAILED)
    is_growing = record.epochs.max(initial=0) < record.last_epoch and not has_ended
    if not is_growing:
        return indices
    places = np.arange(len(indices))
    return np.asarray(indices[(places % LIVE_STEP == 0) | (places == len(indices) - 1)])


def of_replicates(values: NDArray[Any], replicates: Sequence[int]) -> NDArray[Any]:
    """(E, R, ...) values of these replicates (from 0), of all if none is named."""
    return values[:, list(replicates)] if replicates else values


def who(record: RunRecord, replicates: Sequence[int] = (), several: str = "median of {}") -> str:
    """In words, whose value it is: that of these replicates (from 0), or of all.

    Example:
        >>> who(record), who(record, (0,)), who(record, several="{} together")
        ('median of 2 replicates', 'replicate 1', '2 replicates together')
    """
    if record.replicates == 1:
        return "one training" if isinstance(record.source, Log) else "the only replicate"
    return f"replicate {replicates[0] + 1}" if len(replicates) == 1 else several.format(how_many(record, replicates))


def how_many(record: RunRecord, replicates: Sequence[int] = ()) -> str:
    """How many replicates are shown, in words.

    Example:
        >>> how_many(record), how_many(record, (1,))
        ('2 replicates', '1 of 2 replicates')
    """
    total = counted(record.replicates, "replicate")
    return f"{len(replicates)} of {total}" if 0 < len(replicates) < record.replicates else total


@dataclass(frozen=True)
class Sample:
    """What a figure draws of a statistic over the epochs: the median over replicates.

    Axes: E epochs drawn, P places.

    Attributes:
        shown: The statistic.
        panel: Where it was measured.
        epochs: (E,) the epochs, thinned if there are many.
        values: (E, P).
        whose: Whose values they are.
        unit: What the epochs are called: of a log that counts updates, "step".
    """

    shown: Statistic
    panel: Panel
    epochs: Values
    values: Values
    whose: str
    unit: str

    @classmethod
    def of(cls, record: RunRecord, name: str, replicates: Sequence[int] = ()) -> Sample:
        """The sample of a record; without places if the statistic was not measured."""
        panel = drawn_panel(record, name)
        columns = column_indices(record, panel.epochs)
        values = quantile(of_replicates(panel.statistics[name][columns], replicates), 0.5)
        epochs, whose = panel.epochs[columns], who(record, replicates)
        return cls(statistic_of(record, name), panel, epochs, values, whose, record.unit)

    @property
    def ends(self) -> str:
        """The last values of the first and the last place in words, or why there are none."""
        if not self.values.size:
            return absence(self.panel, self.shown.title)
        last, places = self.values[-1], dict.fromkeys([0, len(self.panel.phrases) - 1])
        ends = ", ".join(f"{number(float(last[place]))} in {self.panel.phrases[place]}" for place in places)
        return with_special(ends, last, self.shown, self.panel)

    def beyond(self, scale: tuple[float, float]) -> str:
        """How many values lie beyond a scale at any epoch that is drawn, after a blank."""
        return self.shown.beyond(self.values, scale, self.panel.axis, self.epochs.tolist())


def with_special(words: str, values: Values, shown: Statistic, panel: Panel) -> str:
    """Words about the values of a panel, and how many of these have no place on the scale; that alone if all have none.

    Args:
        words: About the ordinary values.
        values: (P,) at one epoch.
        shown: The statistic. A share of 0 is an ordinary value, unless there is no other.
        panel: Where it was measured.

    Example:
        >>> panel, sizes = record.panels["kernels"], statistic_of(record, "gradient_rms")
        >>> with_special("0 in layer 1, 2 in the output", np.array([0.0, 1.0, 2.0]), sizes, panel)
        '0 in layer 1, 2 in the output; exactly zero in 1 of 3 layers'
        >>> with_special("", np.array([0.0, np.nan, np.nan]), sizes, panel)
        'exactly zero in 1 of 3 layers, not a number in 2 of 3 layers'
    """
    zero = (values == 0) & (shown.logarithmic | (values == 0).all())
    kinds = {"exactly zero": zero, "not a number": np.isnan(values), "infinite": np.isinf(values)}
    told = [f"{name} in {_so_many(where, panel.axis)}" for name, where in kinds.items() if where.any()]
    return ", ".join(told) if np.any([*kinds.values()], axis=0).all() else "; ".join([words, *told])


def _so_many(holds: Values, axis: str) -> str:
    return f"every {axis}" if holds.all() else f"{holds.sum()} of {len(holds)} {axis}s"


def absence(panel: Panel, title: str) -> str:
    """Why there is nothing to draw of a panel, in one sentence."""
    return NOT_YET if panel.labels else f"{title}: not measured."


def absence_of_counts(panel: Panel) -> str:
    """Why there is nothing to draw of a `counted_panel`, in one sentence."""
    return NOT_YET if panel.labels else "The entries of gradients were not counted by size."
