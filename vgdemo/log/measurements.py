"""The records of a log, kept as arrays as they come, and the `RunRecord` that they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vgdemo.log.header import Header
from vgdemo.log.strict_json import LogError, count, finite, mapping, parsed, sequence, text
from vgdemo.record import (
    ACTIVATION_STATISTICS,
    CURVES,
    HISTOGRAM_BINS,
    KERNEL_STATISTICS,
    OF_OUTPUTS,
    PROBE_LOSS,
    UPDATE_STATISTICS,
    Log,
    Panel,
    RunRecord,
    RunStatus,
)

LOG_CURVES = (*CURVES, PROBE_LOSS)
MAX_RECORDS = 100_000
MAX_CURVES = 37  # Those of 16 outputs, in training and validation, and of the probe.
MAX_CELLS = 2_000_000  # Records times places: with all statistics and histograms these are 700 MB.
LAYER_STATISTICS = (*ACTIVATION_STATISTICS, "output_gradient_rms")
OF_LOGGED_STEPS = ("state_gradient_mean_abs",)

Array = NDArray[np.float64]


class _Row(NamedTuple):
    """What a record tells of one panel: its epoch, name of a statistic to (P,), and (P, bins) if there are any."""

    epoch: int
    statistics: dict[str, Array]
    histograms: NDArray[np.uint32] | None = None


class Measurements:
    """All records of a log until now.

    Args:
        header: What `run.json` says.
    """

    def __init__(self, header: Header) -> None:
        self._header = header
        self._epochs: list[int] = []
        self._curves: list[dict[str, float]] = []
        self._rows: dict[str, list[_Row]] = {name: [] for name in (*_PANELS, *_step_panels(header))}
        self._seconds = 0.0

    def __len__(self) -> int:
        """How many records there are."""
        return len(self._epochs)

    def add(self, line: bytes) -> None:
        """Take in one line of `records.jsonl`.

        Raises:
            LogError: If it is no record of this log. What came before stays.
        """
        self._refuse_too_many()
        what = f"record {len(self) + 1} of a log"
        record = parsed(line, what)
        epoch = self._epoch(record, what)
        try:
            curves, seconds = _curves(record), _seconds(record, self._seconds)
            rows = {name: row for name in self._rows if (row := self._row(name, epoch, record)) is not None}
        except (LogError, TypeError, ValueError, OverflowError) as error:
            raise LogError(f"Expected {what} to fit its run.json. Received: {error!s:.160}") from error
        self._epochs.append(epoch)
        self._curves.append(curves)
        for name, row in rows.items():
            self._rows[name].append(row)
        self._seconds = seconds

    def record(self, header: Header) -> RunRecord:
        """All until now as one record; the header may say another status than when the log began."""
        curves = self._curve_arrays()
        return RunRecord(
            source=Log(header.name, header.run_key),
            model=header.model,
            replicates=1,
            epochs=np.array(self._epochs, np.int32),
            curve_arrays=curves,
            gaps=self._gaps(curves),
            panels={name: self._panel(name) for name, rows in self._rows.items() if rows},
            planned_epochs=None if header.status is RunStatus.COMPLETE else header.planned,
            majority_share=header.majority_share,
            status=header.status,
            seconds={"train": self._seconds},
            notices=header.notices,
            versions=header.versions,
            unit=header.unit,
            guess=header.guess,
        )

    def _curve_arrays(self) -> dict[str, Array]:
        """(E, 1) of each curve that some record has."""
        measured = dict.fromkeys(name for curves in self._curves for name in curves)
        names = [name for name in dict.fromkeys([*LOG_CURVES, *measured]) if name in measured][:MAX_CURVES]
        return {name: np.array([[curves.get(name, np.nan)] for curves in self._curves]) for name in names}

    def _gaps(self, names: Iterable[str]) -> dict[str, NDArray[np.bool_]]:
        """(E,) where a curve that some record has is in no other."""
        absent = {name: np.array([name not in curves for curves in self._curves]) for name in names}
        return {name: gaps for name, gaps in absent.items() if gaps.any()}

    def _refuse_too_many(self) -> None:
        most = min(MAX_RECORDS, MAX_CELLS // max(1, self._header.num_places))
        if len(self) >= most:
            raise LogError(f"Expected at most {most:,} records of {self._header.num_places:,} places. Received: more")

    def _epoch(self, record: Mapping[str, Any], what: str) -> int:
        unit = self._header.unit
        epoch = count(record.get(unit), f"the {unit} of {what}")
        if self._epochs and epoch <= self._epochs[-1]:
            raise LogError.of(f"the {unit} of {what} to come after {self._epochs[-1]}", epoch)
        return epoch

    def _row(self, name: str, epoch: int, record: Mapping[str, Any]) -> _Row | None:
        """What a record says of a panel; None if it says nothing."""
        at, _, layer = name.partition("/")
        content = record.get(at)
        if layer:
            content = mapping(content if content is not None else {}, at).get(layer)
        if content is None:
            return None
        places = self._num_places(name)
        said, names = mapping(content, name), _PANELS.get(at, OF_LOGGED_STEPS)
        statistics = {one: _numbers(said[one], places) for one in names if said.get(one) is not None}
        counts = record.get("histograms") if name == "kernels" else None
        return _Row(epoch, statistics, None if counts is None else _histograms(counts, places))

    def _num_places(self, name: str) -> int:
        if name.startswith("steps/"):
            return len(self._header.time_steps[name.removeprefix("steps/")])
        return len(self._header.model.layers if name == "activations" else self._header.model.kernels)

    def _panel(self, name: str) -> Panel:
        rows, places = self._rows[name], self._num_places(name)
        epochs = np.array([row.epoch for row in rows], np.int32)
        statistics = {one: _stacked(rows, one, places) for one in _names(rows)}
        if name == "activations":
            return Panel.of_layers(self._header.model, epochs, statistics)
        if name.startswith("steps/"):
            labels = self._header.time_steps[name.removeprefix("steps/")]
            return Panel.of_time_steps(labels, epochs, statistics)
        return Panel.of_kernels(self._header.model, epochs, statistics, _stacked_histograms(rows, places))


_PANELS = {"kernels": KERNEL_STATISTICS, "updates": UPDATE_STATISTICS, "activations": LAYER_STATISTICS}


def _step_panels(header: Header) -> list[str]:
    return [f"steps/{layer}" for layer in header.time_steps]


def _names(rows: Sequence[_Row]) -> list[str]:
    known = dict.fromkeys(name for row in rows for name in row.statistics)
    return [
        name for name in (*KERNEL_STATISTICS, *UPDATE_STATISTICS, *LAYER_STATISTICS, *OF_LOGGED_STEPS) if name in known
    ]


def _curves(record: Mapping[str, Any]) -> dict[str, float]:
    """Name to number of the curves that a record has."""
    said = mapping(record.get("curves", {}), "curves")
    known = [name for name in said if name in LOG_CURVES or (name.startswith(OF_OUTPUTS) and text(name, "a curve"))]
    return {name: float(_numbers([said[name]], 1)[0]) for name in known if said[name] is not None}


def _seconds(record: Mapping[str, Any], before: float) -> float:
    """Since the start; as before if the record does not say it."""
    return before if record.get("seconds") is None else finite(record["seconds"], "seconds")


def _numbers(content: object, places: int) -> Array:
    """(P,) numbers; what is null was not measured, and is NaN as well as "NaN"."""
    values = np.array(content, np.float64)
    if not isinstance(content, list) or values.shape != (places,):
        raise LogError.of(f"a list of {places} numbers", content)
    return values


def _histograms(content: object, places: int) -> NDArray[np.uint32]:
    """(P, bins) counts of [first bin, counts…] for each place; a place that is null has none."""
    counts, rows = np.zeros((places, HISTOGRAM_BINS)), sequence(content, "histograms", places)
    if len(rows) != places:
        raise LogError.of(f"histograms of {places} kernels", content)
    for place, row in enumerate(rows):
        if row is not None:
            first, *values = sequence(row, "a histogram", HISTOGRAM_BINS + 1)
            if type(first) is not int or not 0 <= first <= HISTOGRAM_BINS - len(values):
                raise LogError.of(f"a histogram within {HISTOGRAM_BINS} bins", row)
            counts[place, first : first + len(values)] = values
    if not ((counts >= 0) & (counts < 2**32) & (counts == np.rint(counts))).all():
        raise LogError.of("histograms of whole numbers from 0 on", content)
    return counts.astype(np.uint32)


def _stacked(rows: Sequence[_Row], statistic: str, places: int) -> Array:
    """(E, 1, P) of a statistic; NaN where a record does not have it."""
    absent = np.full(places, np.nan)
    return np.stack([row.statistics.get(statistic, absent) for row in rows])[:, None]


def _stacked_histograms(rows: Sequence[_Row], places: int) -> NDArray[np.uint32] | None:
    if all(row.histograms is None for row in rows):
        return None
    absent = np.zeros((places, HISTOGRAM_BINS), np.uint32)
    return np.stack([absent if row.histograms is None else row.histograms for row in rows])[:, None]
