"""The records of a training: in memory, and as a log."""

from __future__ import annotations

import json
import weakref
from pathlib import Path
from typing import Any

from vgdemo.log import FORMAT, LogWriter
from vgdemo.log.header import Header
from vgdemo.log.measurements import Measurements
from vgdemo.log.strict_json import line
from vgdemo.record import RunRecord


class History:
    """All records of a training: in memory and, if it has a folder, as a log.

    Args:
        content: What `run.json` says.
        log_dir: Folder of the log, or None.
    """

    def __init__(self, content: dict[str, Any], log_dir: str | Path | None) -> None:
        self._content = content
        self._measurements = Measurements(self._header)
        self._writer = None if log_dir is None else LogWriter(log_dir, content)
        self.folder = None if self._writer is None else self._writer.folder
        self._record: RunRecord | None = None
        self.last = -1
        self._end: weakref.finalize[..., Any] | None = None

    @property
    def _header(self) -> Header:
        return Header.of(json.loads(line({"format": FORMAT, **self._content})))

    @property
    def record(self) -> RunRecord:
        """All until now; the same object as long as nothing is new."""
        if self._record is None:
            self._record = self._measurements.record(self._header)
        return self._record

    def append(self, record: dict[str, Any]) -> None:
        """Take in one more."""
        content = line(record)
        self._measurements.add(content)
        if self._writer is not None:
            self._writer.append_line(content)
        self.last, self._record = record[self._content["unit"]], None

    def say(self, status: str, **changes: Any) -> None:
        """How far the training has come, and what else is to be said anew."""
        self._content |= {"status": status, **changes}
        self._record = None
        if self._writer is not None:
            self._writer.end(status, **changes)

    def ends_with(self, holder: Any) -> None:
        """Keras does not tell of an exception: a training whose end never came is stopped when this object is gone."""
        if self._end is not None:  # A traceback may still hold that of a training before.
            self._end.detach()
        self._end = weakref.finalize(holder, self.stop)

    def stop(self) -> None:
        """Say that a training has ended whose end never came."""
        if self._content["status"] == "running":
            self.say("stopped")
