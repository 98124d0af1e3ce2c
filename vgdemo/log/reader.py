"""Reads a log while it grows: a reader keeps what it has parsed, and looks at what is new alone."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from vgdemo.archive import unpacked
from vgdemo.log.header import Header
from vgdemo.log.measurements import Measurements
from vgdemo.log.strict_json import MAX_LINE, LogError, parsed
from vgdemo.record import RunRecord

DESCRIPTION, RECORDS = "run.json", "records.jsonl"
MAX_ARCHIVE = 256_000_000  # Bytes of records that an archive may unpack to.
MAX_LOGS, MAX_DEPTH = 1_000, 6
SEAM = 4_096  # Bytes of a line by which it is known again.


class LogReader:
    """A log in a folder, read as far as it is written.

    A log that grows is read on from where one was. One that has taken another's place is read from its beginning:
    it is another file, or has other lines where the first and the last one were that are known.

    Args:
        folder: That holds a `run.json`.

    Example:
        >>> import tempfile
        >>> from vgdemo.log import LogWriter
        >>> writer = LogWriter(tempfile.mkdtemp(), {"name": "mine", "model": record.model.to_dict()})
        >>> reader = LogReader(writer.folder)
        >>> writer.append({"epoch": 0, "curves": {"train_loss": 0.7}})
        >>> reader.record.curve_arrays["train_loss"].tolist()
        [[0.7]]
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._header: Header | None = None
        self._run_key = ""
        self._record: RunRecord | None = None

    @property
    def record(self) -> RunRecord:
        """What is written until now; the same object as long as nothing is new.

        Raises:
            LogError: If the folder holds no log, or a broken one.
        """
        try:
            return self._current(Header.of(parsed(self._description(), f"{DESCRIPTION} of a log")))
        except OSError as error:
            raise LogError(f"Expected the log in {self.folder} to be readable. Received: {error}") from error

    def _current(self, header: Header) -> RunRecord:
        with self._records() as file:
            if header.run_key != self._run_key or not self._goes_on(file):
                self._run_key, self._file, self._record = header.run_key, _identity(file), None
                self._measurements, self._offset, self._first, self._last = Measurements(header), 0, b"", b""
            self._read_on(file)
        if self._record is None or header != self._header or len(self._record.epochs) < len(self._measurements):
            self._header, self._record = header, self._measurements.record(header)
        return self._record

    def _description(self) -> bytes:
        path = self.folder / DESCRIPTION
        if path.is_file():  # Else it may be a pipe, which would wait.
            with path.open("rb") as file:
                return file.read(MAX_LINE + 1)
        raise LogError(f"Expected a log in {self.folder}, with a {DESCRIPTION}. Received: none")

    def _records(self) -> IO[bytes]:
        path = self.folder / RECORDS
        return path.open("rb") if path.is_file() else open(os.devnull, "rb")  # Else none is written yet.

    def _goes_on(self, file: IO[bytes]) -> bool:
        """Whether a file begins with what is known, as far as that can be seen without reading all of it."""
        lines = ((0, self._first), (self._offset - len(self._last), self._last))
        return _identity(file) == self._file and all(_at(file, place, len(line)) == line for place, line in lines)

    def _read_on(self, file: IO[bytes]) -> None:
        """Take in the whole lines that are new."""
        file.seek(self._offset)
        for line in whole_lines(file):
            self._measurements.add(line)
            self._first, self._last = self._first or line[:SEAM], line[-SEAM:]
            self._offset += len(line)


def _identity(file: IO[bytes]) -> tuple[int, int]:
    """Which file it is, where the file system knows; a later one may get the same."""
    about = os.fstat(file.fileno())
    return about.st_dev, about.st_ino


def _at(file: IO[bytes], place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)


def read_log(source: bytes | str | Path) -> RunRecord:
    """The record of a log: a folder, or a zip or tar archive of its two files as a path or as bytes.

    Raises:
        LogError: If it is no log, or a broken one.
    """
    if not isinstance(source, bytes) and Path(source).is_dir():
        return LogReader(source).record
    try:
        files = unpacked(source, (DESCRIPTION, RECORDS), MAX_ARCHIVE)
    except (OSError, ValueError) as error:
        raise LogError(str(error)) from error
    return read_files(files)


def read_files(files: Mapping[str, bytes]) -> RunRecord:
    """The record of a log whose two files are in one folder: name, with its folder, to content.

    Raises:
        LogError: If it is no log, or a broken one.
    """
    names = [name for name in files if name.rpartition("/")[2] == DESCRIPTION]
    if len(names) != 1:
        raise LogError(f"Expected an archive with one {DESCRIPTION}. Received: {len(names) or 'none'}")
    records = files.get(f"{names[0].removesuffix(DESCRIPTION)}{RECORDS}")
    if records is None:
        raise LogError(f"Expected {RECORDS} beside {DESCRIPTION}. Received: none")
    header = Header.of(parsed(files[names[0]], f"{DESCRIPTION} of a log"))
    measurements = Measurements(header)
    for line in whole_lines(io.BytesIO(records)):
        measurements.add(line)
    return measurements.record(header)


def find_logs(root: str | Path) -> list[Path]:
    """The folders below a root that hold a `run.json`, the root included; not all of very many or deep ones."""
    found = []
    for folder, folders, files in os.walk(root):
        deep = len(Path(folder).relative_to(root).parts) >= MAX_DEPTH
        folders[:] = [] if deep else sorted(name for name in folders if not name.startswith("."))
        if DESCRIPTION in files:
            found.append(Path(folder))
        if len(found) == MAX_LOGS:
            break
    return found


def whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file that end; a line that does not is still being written.

    Raises:
        LogError: If a line is longer than any record.
    """
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise LogError(f"Expected records of at most {MAX_LINE:,} bytes. Received: a longer line")
        if not line.endswith(b"\n"):
            return
        yield line
