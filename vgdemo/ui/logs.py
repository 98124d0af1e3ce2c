"""The logs that a page shows: those below the folder that the dashboard was started with, and what a visit uploads."""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from vgdemo.environment import LOGS
from vgdemo.jobs import JobState, Progress
from vgdemo.log import LogError, LogReader, find_logs
from vgdemo.record import RunRecord, RunStatus
from vgdemo.wording import readable

LIST_SECONDS = 2  # A list of the logs is at most this old, however many visits poll.
LEAST_SILENCE, MANY_RECORDS = 20.0, 10  # Seconds, and what ten records take: whoever writes nothing for both has ended.
SILENCE_AT_START = 600.0  # Before two records nobody knows how long one takes.
STATES = {
    RunStatus.RUNNING: JobState.TRAINING,
    RunStatus.COMPLETE: JobState.DONE,
    RunStatus.STOPPED: JobState.STOPPED,
    RunStatus.FAILED: JobState.FAILED,
}

Stamp = tuple[tuple[str, int, int, int], ...]

_log = logging.getLogger(__name__)
_tick = itertools.count(1).__next__


@dataclass(frozen=True)
class ShownLog:
    """A log as it was when it was looked at, which the parts of a page follow as they follow a job.

    Attributes:
        name: What a person calls it: its folder below that of all logs, or its file, in signs that can be shown.
        record: What is measured until now.
        version: Another one for each record.
        is_silent: Whether so long nothing was written that the training has most likely ended without a word.
    """

    name: str
    record: RunRecord
    version: int
    is_silent: bool = False
    config: None = None

    @property
    def run_key(self) -> str:
        """What identifies it."""
        return self.record.run_key

    @property
    def is_running(self) -> bool:
        """Whether more may come; of a silent one too."""
        return self.record.status is RunStatus.RUNNING

    @property
    def progress(self) -> Progress:
        """Where it stands: a silent one has stopped, until it is heard again."""
        state = JobState.STOPPED if self.is_silent else STATES[self.record.status]
        return Progress(state, int(self.record.epochs.max(initial=0)), self.record.last_epoch)


def uploaded(name: str, record: RunRecord) -> ShownLog:
    """A log of which nothing more comes."""
    return ShownLog(name, record, _tick(), is_silent=record.status is RunStatus.RUNNING)


def log_folder() -> Path | None:
    """The folder of all logs; None if the dashboard was started without one, or with what can be none."""
    said = os.environ.get(LOGS)
    return _folder(said) if said else None


@cache
def _folder(said: str) -> Path | None:
    folder = os.path.expanduser(said)  # Leaves the home of a user as it is whom nobody knows.
    if folder.startswith("~") or os.path.isfile(folder) or readable(folder) != folder:
        _log.warning("Expected %s to be a folder. Received: %r. No log is followed.", LOGS, said)
        return None
    return Path(folder)


def log_names() -> tuple[str, ...]:
    """What the logs in the folder are called: of two that look alike, the first one alone."""
    return tuple(_logs())


def latest_log() -> str | None:
    """The name of the log that was written to last; None if there is none."""
    logs = _logs()
    return max(logs, key=lambda name: _written(logs[name]), default=None)


def look_at_log(name: str) -> ShownLog:
    """One of the `log_names` as it is now. All visits share what is read of it.

    Raises:
        LogError: If there is no log any more, or a broken one.
    """
    log = _logs().get(name)
    if log is None:
        raise LogError("Expected a log of this dashboard. Received: one that is no longer there")
    return _watch(os.fsencode(log), name).look()


def _logs() -> Mapping[str, Path]:
    """Name to folder: whatever signs a folder's name has, a page, an address and a figure can have the log's."""
    folder = log_folder()
    return {} if folder is None else _found(folder)


@st.cache_resource(show_spinner=False, ttl=LIST_SECONDS)
def _found(folder: Path) -> Mapping[str, Path]:
    logs: dict[str, Path] = {}
    for log in find_logs(folder):
        logs.setdefault(readable(log.relative_to(folder).as_posix()), log)
    return logs


def _written(log: Path) -> float:
    """When something was last written there, in seconds as `time.time` counts them."""
    try:
        return max(path.stat().st_mtime for path in log.iterdir())
    except (OSError, ValueError):  # Deleted since it was found.
        return 0.0


def _stamp(log: Path) -> Stamp:
    """What changes whenever something is written there; a description that replaces another is another file."""
    try:
        found = [(path.name, path.stat()) for path in sorted(log.iterdir())]
    except OSError:  # Deleted since it was found: whoever reads it says so.
        return ()
    return tuple((name, about.st_ino, about.st_size, about.st_mtime_ns) for name, about in found)


@st.cache_resource(show_spinner=False, max_entries=50)
def _watch(folder: bytes, name: str) -> _Watch:
    return _Watch(Path(os.fsdecode(folder)), name)


class _Watch:
    """A log that is read as it grows, by one visit at a time."""

    def __init__(self, folder: Path, name: str) -> None:
        self._reader, self._name = LogReader(folder), name
        self._lock = threading.Lock()
        self._record: RunRecord | None = None
        self._version = 0
        self._stamp: Stamp = ()

    def look(self) -> ShownLog:
        with self._lock:
            stamp = _stamp(self._reader.folder)
            if self._record is None or stamp != self._stamp:  # Else there is nothing new to read, nor to parse.
                record = self._reader.record
                if record is not self._record:
                    self._record, self._version = record, _tick()
                self._stamp = stamp
            record = self._record
            return ShownLog(self._name, record, self._version, self._is_silent(record))

    def _is_silent(self, record: RunRecord) -> bool:
        return record.status is RunStatus.RUNNING and time.time() - _written(self._reader.folder) > _patience(record)


def _patience(record: RunRecord) -> float:
    """Seconds without a word after which a training has most likely ended."""
    count = len(record.epochs) - 1
    if count < 1:
        return SILENCE_AT_START
    return max(LEAST_SILENCE, MANY_RECORDS * record.seconds.get("train", 0.0) / count)
