"""Where finished runs are kept: a folder of Parquet and JSON on any fsspec URL, which behaves like a mapping."""

from __future__ import annotations

import logging
import os
import re
import time
import uuid
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from vgdemo.manifest import StoredFile, StoredRun
from vgdemo.record import RunRecord

DEFAULT_MAX_BYTES = 4 * 2**30  # More than a thousand runs of the default size.
MANIFEST = "manifest.json"
LEFTOVER_AGE = timedelta(hours=1)  # No write takes that long: what is older and in no manifest was interrupted.

_KEY = re.compile(r"[0-9a-f]{64}")
_FOLDER = re.compile(r"/v1/(?:[0-9a-f]{2}|quarantine)/[0-9a-f]{64}[^/]*$")  # Nothing else is ever removed.
_logger = logging.getLogger(__name__)


class StoreError(Exception):
    """The run store cannot be read or written; the message is one sentence that names its URL."""


class _DamagedRunError(Exception):
    """What a stored run's manifest promises is not what its files hold."""


class RunStore(MutableMapping[str, RunRecord]):
    """Finished runs by `run_key`. Whoever asks for a run gets it whole and unaltered, or not at all.

    A run is a folder `v1/<first two digits>/<run_key>/`. Its manifest is written last and makes it present. A run whose
    files are not what its manifest promises is moved to `v1/quarantine/` and is absent, so that it is trained again.
    Past `max_bytes` the runs that were not used for longest are removed, except pinned ones; where the file system
    cannot mark a use, as in a bucket, the oldest go first.

    Args:
        url: A folder or any fsspec URL; the environment variable VGDEMO_STORE or the user's cache folder if None.
        max_bytes: Size that the store keeps to after each write.

    Raises:
        StoreError: If the URL is of no known kind. Later, from every method: if the store cannot be read or written.
    """

    def __init__(self, url: str | None = None, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.url = url or os.environ.get("VGDEMO_STORE") or _cache_url()
        self.max_bytes = max_bytes
        try:
            self._fs, path = url_to_fs(self.url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise StoreError(f"Expected a URL of a run store. Received: {self}: {error}") from error
        self._root = f"{path.rstrip('/')}/v1"
        self._is_local = isinstance(self._fs, LocalFileSystem)

    def __str__(self) -> str:
        """The URL without a user name or password, for messages."""
        return re.sub(r"//[^/]*@", "//", self.url)

    def __getitem__(self, key: str) -> RunRecord:
        """The run, checked against its checksums; KeyError if it is absent or damaged."""
        try:
            record = self._record(self._manifest(key))
        except _DamagedRunError as error:
            self._set_aside(key, error)
            raise KeyError(key) from error
        if self._is_local:
            with suppress(OSError):  # A read-only store still reads.
                os.utime(f"{self._folder(key)}/{MANIFEST}")
        return record

    def __setitem__(self, key: str, record: RunRecord) -> None:
        """Keep a run under its own `run_key`."""
        if key != record.config.run_key:
            raise ValueError(f"Expected the run's own key, {record.config.run_key}. Received: {key!r}")
        folder = self._folder(key)
        contents = record.to_files()
        run = StoredRun.of(record, contents)
        with self._naming_itself("writable"):
            self._fs.makedirs(folder, exist_ok=True)
            for name, content in contents.items():
                self._write(f"{folder}/{run.files[name].name}", content)
            self._write(f"{folder}/{MANIFEST}", run.to_bytes())
            self._evict(key)

    def __delitem__(self, key: str) -> None:
        """Remove a run; KeyError if it is absent."""
        if key not in self:
            raise KeyError(key)
        with self._naming_itself("writable"):
            self._remove(self._folder(key))

    def __iter__(self) -> Iterator[str]:
        """Keys of the runs that have a manifest."""
        return (folder.rpartition("/")[2] for folder in self._present())

    def __len__(self) -> int:
        """How many runs have a manifest."""
        return len(self._present())

    def __contains__(self, key: object) -> bool:
        """Whether the run has a manifest; its files are checked when they are read."""
        return isinstance(key, str) and _is_key(key) and bool(self._fs.exists(f"{self._folder(key)}/{MANIFEST}"))

    def summaries(self) -> list[StoredRun]:
        """What the manifests say of all runs, newest first; no run is read."""
        manifests = self._fs.cat_ranges([f"{folder}/{MANIFEST}" for folder in self._present()], 0, None)
        runs = []
        for content in manifests:
            if not isinstance(content, bytes):
                continue  # Removed by another process since it was listed.
            with suppress(ValueError):  # A damaged manifest is for `check` and for who asks for the run.
                runs.append(StoredRun.from_bytes(content))
        return sorted(runs, key=lambda run: run.written, reverse=True)

    @property
    def pinned(self) -> frozenset[str]:
        """Keys of the runs that are never removed to make room."""
        with self._naming_itself("readable"):
            return frozenset(path.rpartition("/")[2] for path in self._fs.find(f"{self._root}/pins"))

    def pin(self, key: str) -> None:
        """Never remove this run to make room, from now on and in every process; it need not be stored yet."""
        with self._naming_itself("writable"):
            self._fs.makedirs(f"{self._root}/pins", exist_ok=True)
            self._write(self._pin(key), b"")

    def unpin(self, key: str) -> None:
        """Take a pin back; a run that is not pinned stays so."""
        with self._naming_itself("writable"), suppress(FileNotFoundError):
            self._fs.rm_file(self._pin(key))

    def check(self) -> tuple[str, ...]:
        """Read every run, set damaged ones aside, remove what interrupted writes left; one sentence for each."""
        sentences = []
        for folder, files in self._runs().items():
            key = folder.rpartition("/")[2]
            try:
                run = self._manifest(key)
                self._record(run)
                promised = {MANIFEST, *(file.name for file in run.files.values())}
            except KeyError:
                promised = set()
            except _DamagedRunError as error:
                self._set_aside(key, error)
                sentences.append(f"Run {key} was damaged and is set aside: {error}.")
                continue
            sentences += self._sweep(f"{folder}/{name}" for name in files.keys() - promised)
        return tuple(sentences)

    def _folder(self, key: str) -> str:
        if not _is_key(key):
            raise KeyError(key)
        return f"{self._root}/{key[:2]}/{key}"

    def _pin(self, key: str) -> str:
        if not _is_key(key):
            raise KeyError(key)
        return f"{self._root}/pins/{key}"

    def _manifest(self, key: str) -> StoredRun:
        with self._naming_itself("readable"):
            try:
                run = StoredRun.from_bytes(self._fs.cat_file(f"{self._folder(key)}/{MANIFEST}"))
            except FileNotFoundError as error:
                raise KeyError(key) from error
            except ValueError as error:
                raise _DamagedRunError(error) from error
        if run.run_key != key:
            raise _DamagedRunError(f"its manifest is that of run {run.run_key}")
        return run

    def _record(self, run: StoredRun) -> RunRecord:
        contents = {name: self._content(run.run_key, file) for name, file in run.files.items()}
        try:
            return RunRecord.from_files(contents)
        except ValueError as error:
            raise _DamagedRunError(error) from error

    def _content(self, key: str, file: StoredFile) -> bytes:
        with self._naming_itself("readable"):
            try:
                content = bytes(self._fs.cat_file(f"{self._folder(key)}/{file.name}"))
            except FileNotFoundError as error:
                raise _DamagedRunError(f"{file.name} is missing") from error
        if not file.holds(content):
            raise _DamagedRunError(f"{file.name} is truncated or altered")
        return content

    def _write(self, path: str, content: bytes) -> None:
        """Write to a temporary name, flush, rename: a reader sees the whole file or none."""
        temporary = f"{path}.{uuid.uuid4().hex}.tmp"
        try:
            with self._fs.open(temporary, "wb") as file:
                file.write(content)
                if self._is_local:
                    file.flush()
                    os.fsync(file.fileno())
            if self._is_local:
                os.replace(temporary, path)
            else:
                self._fs.mv(temporary, path)
        except OSError:
            with suppress(OSError):
                self._fs.rm_file(temporary)
            raise

    def _set_aside(self, key: str, reason: _DamagedRunError) -> None:
        _logger.warning("Run %s in %s is damaged and will be trained again: %s", key, self, reason)
        quarantine = f"{self._root}/quarantine"
        with suppress(OSError):  # Another process was faster, or the store is read-only; absent it is all the same.
            self._fs.makedirs(quarantine, exist_ok=True)
            self._fs.mv(self._folder(key), f"{quarantine}/{key}-{time.time_ns()}", recursive=True)

    def _remove(self, folder: str) -> None:
        """Take the manifest first, so that a removal that is cut short leaves an absent run."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(f"{folder}/{MANIFEST}")
        with suppress(FileNotFoundError):
            self._fs.rm(folder, recursive=True)

    def _files(self) -> dict[str, dict[str, int]]:
        """Folder of a run, stored or set aside, to the names and sizes of its files."""
        folders: dict[str, dict[str, int]] = {}
        for path, info in self._fs.find(self._root, detail=True).items():
            folder, _, name = path.rpartition("/")
            if _FOLDER.search(folder):
                folders.setdefault(folder, {})[name] = info["size"]
        return folders

    def _runs(self) -> dict[str, dict[str, int]]:
        with self._naming_itself("readable"):
            files = self._files()
        return {folder: names for folder, names in files.items() if not folder.startswith(f"{self._root}/quarantine/")}

    def _present(self) -> list[str]:
        return [folder for folder, files in self._runs().items() if MANIFEST in files]

    def _evict(self, newest: str) -> None:
        sizes = {folder: sum(files.values()) for folder, files in self._files().items()}
        excess = sum(sizes.values()) - self.max_bytes
        if excess <= 0:
            return
        kept = {self._folder(key) for key in (newest, *self.pinned)}
        for folder in sorted(sizes.keys() - kept, key=self._last_use):
            self._remove(folder)
            excess -= sizes[folder]
            if excess <= 0:
                return

    def _last_use(self, folder: str) -> datetime:
        return max((self._modified(path) for path in self._fs.find(folder)), default=datetime.min.replace(tzinfo=UTC))

    def _modified(self, path: str) -> datetime:
        try:
            modified: datetime = self._fs.modified(path)
        except FileNotFoundError:  # Removed by another process since it was listed.
            return datetime.min.replace(tzinfo=UTC)
        return modified

    def _sweep(self, paths: Iterable[str]) -> Iterator[str]:
        """Remove files that no manifest promises and that no write can still be at."""
        for path in paths:
            if datetime.now(UTC) - self._modified(path) > LEFTOVER_AGE:
                with self._naming_itself("writable"), suppress(FileNotFoundError):
                    self._fs.rm_file(path)
                yield f"Removed what an interrupted write left: {path}."

    @contextmanager
    def _naming_itself(self, ability: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"Expected the run store {self} to be {ability}. Received: {error}") from error


def _is_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None


def _cache_url() -> str:
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    return f"{cache}/vgdemo/runs"
