"""The events of a training for TensorBoard, while it goes on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from vgdemo.model import Model
from vgdemo.probe import Measured


class EventFile:
    """What TensorBoard reads of a training while it goes on. No file stays open."""

    def __init__(self, folder: Path) -> None:
        from vgdemo.export.event_file import file_beginning, growing_event  # TensorBoard is optional.

        self._event = growing_event
        self._path = folder / f"events.out.tfevents.{int(time.time())}.vgdemo"
        self._write(file_beginning())

    def append(self, count: int, curves: Mapping[str, float], model: Model, measured: Measured) -> None:
        """Write one event."""
        pairs = zip(model.kernel_labels, measured.histograms, strict=True)
        gradients = {label: counts for label, counts in pairs if counts is not None}
        self._write(self._event(count, curves, gradients, model))

    def _write(self, content: bytes) -> None:
        with self._path.open("ab", buffering=0) as file:
            file.write(content)
