"""What a figure takes from a record: which epochs, and one number for all replicates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vgdemo.record import RunRecord, RunStatus
from vgdemo.replicates import Values as Values
from vgdemo.replicates import quantile as quantile

MAX_COLUMNS = 600  # A heatmap has about as many pixels.
NUM_FRAMES = 40  # Steps of the epoch slider.
LIVE_STEP = 4  # One stop in so many while a run grows: each new chunk draws them all again.


def column_indices(record: RunRecord) -> NDArray[np.intp]:
    """Which of the record's epochs a heatmap or a line shows; the settings alone say so, so that none ever shifts."""
    step = column_step(record)
    return np.flatnonzero((record.epochs % step == 0) | (record.epochs == record.config.epochs))


def column_step(record: RunRecord) -> int:
    """Every how many epochs are shown."""
    return -(-(record.config.epochs + 1) // MAX_COLUMNS)


def frame_indices(record: RunRecord) -> NDArray[np.intp]:
    """Which of the record's epochs the slider stops at: even steps, and the last one there is."""
    stops = np.linspace(0, record.config.epochs, NUM_FRAMES + 1).round()
    indices = np.flatnonzero(np.isin(record.epochs, stops) | (record.epochs == record.epochs.max(initial=-1)))
    return fewer_while_growing(record, indices)


def fewer_while_growing(record: RunRecord, indices: NDArray[np.intp]) -> NDArray[np.intp]:
    """The stops of the slider or, while the run trains, every fourth and the last of them."""
    is_growing = record.epochs.max(initial=0) < record.config.epochs and record.status is not RunStatus.STOPPED
    if not is_growing:
        return indices
    places = np.arange(len(indices))
    return np.asarray(indices[(places % LIVE_STEP == 0) | (places == len(indices) - 1)])


def one_value(values: Values, replicate: int | None) -> Values:
    """The median over the replicates, or one of them (from 0)."""
    return quantile(values, 0.5) if replicate is None else values[:, replicate]


def who(record: RunRecord, replicate: int | None) -> str:
    """In words, whose value it is."""
    if replicate is not None:
        return f"replicate {replicate + 1}"
    return "the only replicate" if record.config.replicates == 1 else f"median of {record.config.replicates} replicates"
