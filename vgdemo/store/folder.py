"""A folder on any file system of fsspec: files are whole or absent, and every error names the folder's URL."""

from __future__ import annotations

import errno
import logging
import math
import os
import re
import stat
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from vgdemo.environment import STORE_GB

_logger = logging.getLogger(__name__)

BUCKETS = frozenset(("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az"))  # fsspec's names; their files come whole.
READ_ONLY = re.compile("(data|gist|git|github|https?|libarchive|tar|zip):")


# `s3fs` asks a silent service five times, `botocore` each time five times, and a minute each. Whoever waits for a page
# is told within a minute instead.
S3_PATIENCE: dict[str, Any] = {"connect_timeout": 3, "read_timeout": 5, "retries": {"total_max_attempts": 2}}


class StoreError(Exception):
    """The run store cannot be read or written; the message is one sentence that names its URL."""


class OddEntryError(StoreError):
    """One entry of the run store cannot be read; the others can."""


class NoFileError(OddEntryError):
    """What lies where a file should is none: a folder, a pipe, a link that leads nowhere."""


class StoreFullError(StoreError):
    """There is no room left where the run store is; the message says what can be done."""


FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
NO_FILE = frozenset((errno.EISDIR, errno.ELOOP, errno.ENOTDIR))
ODD = NO_FILE | {errno.EACCES, errno.EPERM}
WHAT_TO_DO = f"Delete runs in the Library, or have {STORE_GB} name less than there is room for."


class Folder:
    """The files below one URL; their paths are relative to it.

    A process has one object for each URL, however often one is sent to it, so what that object counts goes on.

    Attributes:
        url: Where it is, as it was given.
        unlisted: Bytes that this process has written to it since somebody last listed it; infinite before.
    """

    def __init__(self, url: str, file_system: Any, path: str) -> None:
        self.url = url
        self.unlisted = math.inf
        self._fs = file_system
        self._path = path
        self._is_local = isinstance(file_system, LocalFileSystem)
        protocols = file_system.protocol
        self._is_bucket = not BUCKETS.isdisjoint([protocols] if isinstance(protocols, str) else protocols)

    def __str__(self) -> str:
        """The URL without a user name or password, for messages."""
        return _without_password(self.url)

    def __reduce__(self) -> tuple[Callable[..., Folder], tuple[Any, ...]]:
        """How to pickle it: where it arrives, it is the object that the process has."""
        return _folder, (self.url, self._fs, self._path)

    def read(self, path: str) -> bytes:
        """The content of a file.

        Raises:
            FileNotFoundError: If there is none.
            OddEntryError: If it alone cannot be read; NoFileError if it is no file.
        """
        place = self._absolute(path)
        with self._naming_itself("readable", FileNotFoundError, path):
            if self._is_local and not stat.S_ISREG(os.stat(place).st_mode):  # A pipe would be waited for without end.
                raise IsADirectoryError(errno.EISDIR, "It is no file")
            return bytes(self._fs.cat_file(place))

    def read_all(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of those files that are still there, by path; an odd one is left out."""
        if self._is_local:
            return dict(self._read_each(paths))
        paths = [*paths]
        with self._naming_itself("readable"):
            contents = self._fs.cat_ranges([self._absolute(path) for path in paths], 0, None)
            unread = [one for one in contents if not isinstance(one, (bytes, FileNotFoundError))]
            if unread:
                raise unread[0]
        return {path: content for path, content in zip(paths, contents, strict=True) if isinstance(content, bytes)}

    def _read_each(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for path in paths:
            with suppress(FileNotFoundError), leaving_out():
                yield path, self.read(path)

    def names(self, path: str) -> list[str]:
        """What a folder holds, files and folders; nothing if it is absent."""
        with suppress(FileNotFoundError), self._naming_itself("readable", FileNotFoundError, path):
            return [name.rstrip("/").rpartition("/")[2] for name in self._fs.ls(self._absolute(path), detail=False)]
        return []

    def find(self, path: str) -> dict[str, int]:
        """All files below a folder, and their sizes in bytes; an odd one is left out."""
        with self._naming_itself("readable"):
            root = self._absolute(path)
            sizes = self._local_sizes(root) if self._is_local else self._sizes(root)
        return {name.removeprefix(f"{self._path}/"): size for name, size in sizes.items()}

    def _sizes(self, root: str) -> dict[str, int]:
        return {name: info["size"] for name, info in self._fs.find(root, detail=True).items()}

    def _local_sizes(self, root: str) -> dict[str, int]:
        """All files below a folder of this machine.

        The `find` of fsspec takes a folder that cannot be read for an empty one.
        """
        sizes = {}
        for folder, _, names in os.walk(root, onerror=self._leave_out):
            for path in [f"{folder}/{name}".replace(os.sep, "/") for name in names]:
                try:
                    sizes[path] = os.stat(path).st_size
                except OSError as error:
                    self._leave_out(error)
        return sizes

    def _leave_out(self, error: OSError) -> None:
        """Go on without an entry that is odd, or that others have removed meanwhile; raise any other error."""
        path = str(error.filename).replace(os.sep, "/").removeprefix(f"{self._path}/")
        with suppress(FileNotFoundError), leaving_out(), self._naming_itself("readable", FileNotFoundError, path):
            raise error

    def last_use(self, path: str) -> datetime:
        """When a file was written or last marked as used; long ago if it was removed meanwhile."""
        with suppress(FileNotFoundError), self._naming_itself("readable", FileNotFoundError):
            modified: datetime = self._fs.modified(self._absolute(path))
            return modified
        return datetime.min.replace(tzinfo=UTC)

    def mark_use(self, path: str) -> None:
        """Make now the last use of a file, where the file system can; what is read-only can still be read."""
        if self._is_local:
            with suppress(OSError):
                os.utime(self._absolute(path))

    def make(self, path: str) -> None:
        """Make a folder, unless it is there."""
        with self._naming_itself("writable"):
            self._fs.makedirs(self._absolute(path), exist_ok=True)

    def write(self, path: str, content: bytes) -> None:
        """Write so that a reader sees the whole file or none, as a bucket does by itself."""
        target = self._absolute(path)
        with self._naming_itself("writable"):
            if self._is_bucket:
                self._fs.pipe_file(target, content)
            else:
                self._write_and_rename(target, content)
        self.unlisted += len(content)

    def move(self, path: str, target: str) -> None:
        """Move a folder with all that is in it.

        Raises:
            FileNotFoundError: If there is none.
        """
        source, destination = self._absolute(path), self._absolute(target)
        with self._naming_itself("writable", FileNotFoundError):
            if self._is_local:
                self._fs.mv(source, destination, recursive=True)
            else:
                self._move_files(source, destination)

    def _move_files(self, source: str, destination: str) -> None:
        """A bucket has no folders: to move one there fails at the folder itself."""
        files = self._fs.find(source)
        if not files:
            raise FileNotFoundError(source)
        for file in files:
            self._fs.cp_file(file, destination + file.removeprefix(source))
        self._fs.rm(files)

    def remove(self, path: str) -> None:
        """Remove a folder with all that is in it; an absent one stays so."""
        with self._naming_itself("writable"), suppress(FileNotFoundError):
            self._fs.rm(self._absolute(path), recursive=True)

    def remove_file(self, path: str) -> None:
        """Remove a file; an absent one stays so, and a folder stays."""
        with self._naming_itself("writable"), suppress(FileNotFoundError, IsADirectoryError):
            self._fs.rm_file(self._absolute(path))

    def _absolute(self, path: str) -> str:
        return f"{self._path}/{path}"

    def _write_and_rename(self, target: str, content: bytes) -> None:
        """Write to a temporary name, flush, rename."""
        temporary = f"{target}.{uuid.uuid4().hex}.tmp"
        try:
            self._write_through(temporary, content)
            self._rename(temporary, target)
        except Exception:
            with suppress(Exception):
                self._fs.rm_file(temporary)
            raise

    def _write_through(self, path: str, content: bytes) -> None:
        with self._fs.open(path, "wb") as file:
            file.write(content)
            if self._is_local:
                file.flush()
                os.fsync(file.fileno())

    def _rename(self, path: str, target: str) -> None:
        if self._is_local:
            os.replace(path, target)
        else:
            self._fs.mv(path, target)

    @contextmanager
    def _naming_itself(self, ability: str, expected: type[OSError] | tuple[()] = (), path: str = "") -> Iterator[None]:
        """Turn errors of the file system, except an expected one, into a sentence of the entry at a path, or of all."""
        try:
            yield
        except expected:
            raise
        except StoreError:  # It is a sentence.
            raise
        except Exception as error:  # A bucket's client raises errors of its own.
            number = error.errno if isinstance(error, OSError) else None
            if number in FULL:
                received = f"{os.strerror(number)}. {WHAT_TO_DO}"
                raise StoreFullError(f"Expected room in the run store {self}. Received: {received}") from error
            if number in ODD and self._holds(path):
                kind = NoFileError if number in NO_FILE else OddEntryError
                raise kind(f"Expected {path} in the run store {self} to be {ability}. Received: {error}") from error
            raise StoreError(f"Expected the run store {self} to be {ability}. Received: {_words(error)}") from error

    def _holds(self, path: str) -> bool:
        """Whether what is wrong with an entry is wrong with it alone: the folder at the top of its path can be read."""
        top, slash, _ = path.partition("/")
        if self._is_local and slash:
            with suppress(OSError):
                os.scandir(self._absolute(top)).close()
                return True
        return False


def open_folder(url: str) -> Folder:
    """The folder at a URL, which need not exist.

    Raises:
        StoreError: If the URL is of no known kind, or of one that can only be read.
    """
    named = "Expected a URL of a run store"
    if READ_ONLY.match(url):
        raise StoreError(f"{named}, where files can be written. Received: {_without_password(url)}")
    try:
        is_s3 = url.startswith(("s3://", "s3a://"))
        file_system, path = url_to_fs(
            url, use_listings_cache=False, **({"config_kwargs": S3_PATIENCE} if is_s3 else {})
        )
    except Exception as error:  # Each kind of file system raises its own.
        raise StoreError(f"{named}. Received: {_without_password(f'{url}: {_words(error)}')}") from error
    return _folder(url, file_system, path.rstrip("/"))


@contextmanager
def leaving_out() -> Iterator[None]:
    """Go on without an odd entry, which is told of once in the log."""
    try:
        yield
    except OddEntryError as error:
        log_once(f"It is left out. {error}")


@cache
def log_once(sentence: str) -> None:
    """Tell of something that would else be told of at every look."""
    _logger.warning(sentence)


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@cache
def _folder(url: str, file_system: Any, path: str) -> Folder:
    return Folder(url, file_system, path)


def _without_password(url: str) -> str:
    return re.sub(r"//[^/]*@", "//", url)
