"""What was measured as a record of a log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vgdemo.probe import Measured, Rows
from vgdemo.record import PROBE_LOSS

ACCURACIES = (
    "accuracy",
    "acc",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
)  # What Keras calls the accuracy in its logs.


def record_of(seconds: float, logs: Mapping[str, Any], measured: Measured) -> dict[str, Any]:
    """One record of a log, but for its number."""
    return {
        "seconds": seconds,
        "curves": _curves(logs) | ({} if measured.loss is None else {PROBE_LOSS: measured.loss}),
        "kernels": _columns(measured.kernels),
        "updates": _columns(measured.updates),
        "activations": _columns(measured.layers),
        "steps": {layer: {"state_gradient_mean_abs": sizes} for layer, sizes in measured.steps.items()},
        "histograms": [None if counts is None else _compact(counts) for counts in measured.histograms],
    }


def _curves(logs: Mapping[str, Any]) -> dict[str, float]:
    """The curves of a record, from what Keras calls them."""
    measured = {"loss": "loss"} | _accuracies(logs)
    names = {f"train_{curve}": name for curve, name in measured.items()}
    names |= {f"val_{curve}": f"val_{name}" for curve, name in measured.items()}
    return {curve: float(logs[name]) for curve, name in names.items() if logs.get(name) is not None}


def _accuracies(logs: Mapping[str, Any]) -> dict[str, str]:
    """The curve of the only output's accuracy, or of each output's, to what Keras calls it.

    Keras tells the loss of each output too; outputs without names have numbered accuracies instead.
    """
    outputs = [name.removesuffix("_loss") for name in logs if name.endswith("_loss") and not name.startswith("val_")]
    called = [(output, f"{output}_{name}") for output in outputs for name in ACCURACIES]
    of_outputs = {f"accuracy/{output}": name for output, name in called if name in logs}
    only = next((name for name in ACCURACIES if name in logs), "")
    numbered = [only, *(name for name in logs if re.fullmatch(rf"{only}_\d+", name))]
    if len(numbered) > 1:
        return {f"accuracy/{place}": name for place, name in enumerate(numbered, 1)}
    return of_outputs or {"accuracy": only}


def _columns(rows: Rows) -> dict[str, list[float | None]] | None:
    """Name of a statistic to its number at each place; None where it does not exist there."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names} or None


def _compact(counts: NDArray[np.int32]) -> list[int]:
    """The first bin that is not empty, and the counts from there to the last."""
    used = np.flatnonzero(counts)
    return [int(used[0]), *counts[used[0] : used[-1] + 1].tolist()]
