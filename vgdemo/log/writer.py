"""Writes a log: whoever is killed in the middle leaves one that can be read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from vgdemo.log.header import FORMAT, Header
from vgdemo.log.reader import DESCRIPTION, RECORDS
from vgdemo.log.strict_json import line


class LogWriter:
    """A log that a training appends to. Where a log is already, it goes into the next free subfolder.

    Args:
        folder: Where; made if it is not there.
        header: What `run.json` says, but for "format", "started" and "status".

    Attributes:
        folder: Where the log is.

    Raises:
        LogError: If the header is none.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> writer = LogWriter(folder, {"name": "mine", "model": record.model.to_dict()})
        >>> writer.append({"epoch": 0, "curves": {"train_loss": 0.7}})
        >>> writer.end("complete")
        >>> LogWriter(folder, {"model": record.model.to_dict()}).folder.name
        '2'
    """

    def __init__(self, folder: str | Path, header: Mapping[str, Any]) -> None:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        self._header = {"format": FORMAT, "started": started, "status": "running", **header}
        content = _described(self._header)
        self.folder = _claimed(Path(folder))
        self._replace_description(content)

    def append(self, record: Mapping[str, Any]) -> None:
        """Append one record, in one write that is not buffered. No file stays open."""
        self.append_line(line(record))

    def append_line(self, content: bytes) -> None:
        """The same of a record that is a line already."""
        with (self.folder / RECORDS).open("ab", buffering=0) as file:
            whole = file.tell()
            if file.write(content) != len(content):
                file.truncate(whole)  # The next record begins a line of its own.
                raise OSError(f"Expected room for a record in {self.folder}. Received: a full disk")

    def end(self, status: str, **changes: Any) -> None:
        """Say how far the training has come, and what else is to be said anew, such as notices."""
        self._header |= {"status": status, **changes}
        self._replace_description(_described(self._header))

    def _replace_description(self, content: bytes) -> None:
        temporary = self.folder / f"{DESCRIPTION}.{os.getpid()}.tmp"
        temporary.write_bytes(content)
        os.replace(temporary, self.folder / DESCRIPTION)


def _described(header: Mapping[str, Any]) -> bytes:
    """The content of `run.json`; LogError if a reader would refuse it."""
    content = line(header)
    Header.of(json.loads(content))
    return content


def _claimed(folder: Path) -> Path:
    """The folder, or the first of its numbered subfolders, in which no log is; from now on one is there."""
    for number in count(1):
        place = folder if number == 1 else folder / str(number)
        place.mkdir(parents=True, exist_ok=True)
        if (place / DESCRIPTION).exists():
            continue
        try:
            (place / RECORDS).open("xb").close()  # Of two writers at once one comes first.
            return place
        except FileExistsError:
            continue
    raise AssertionError("unreachable")
