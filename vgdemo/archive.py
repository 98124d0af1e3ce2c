"""Archives of files from anywhere, unpacked in memory and within bounds."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TypeVar, cast

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # Others may ask for any amount of memory.
MAX_FILES = 10_000  # Of whatever kind, folders too.
MAX_LIST = 6_000_000  # Bytes that say which files there are; to read them takes a second.
LONG_LIST = f"Expected an archive whose list of files has at most {MAX_LIST:,} bytes. Received: more"
Member = TypeVar("Member")
GZIP = b"\x1f\x8b"

_BROKEN = (OSError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error)


def unpacked(source: bytes | str | Path, endings: tuple[str, ...], most: int) -> dict[str, bytes]:
    """Name to content of those files in a zip, tar or tar.gz archive that are asked for.

    Args:
        source: The archive, or where it is.
        endings: Of the names of the files that are asked for.
        most: Bytes that they may have together; of a tar archive, all files.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is no such archive, or holds more.

    Example:
        >>> buffer = io.BytesIO()
        >>> with zipfile.ZipFile(buffer, "w") as archive:
        ...     archive.writestr("run.json", "{}")
        >>> unpacked(buffer.getvalue(), (".json",), most=100)
        {'run.json': b'{}'}
    """
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    try:
        members = _zipped if zipfile.is_zipfile(io.BytesIO(content)) else _tarred
        files, left = {}, most
        for name, file in members(content, endings, most):
            files[name] = _read(file, left, most)
            left -= len(files[name])
        return files
    except _TooLargeError:
        raise
    except _BROKEN as error:
        raise ValueError(f"Expected a zip, tar or tar.gz archive. Received: {error or 'a broken one'}") from error


class _TooLargeError(ValueError):
    """Expected an archive of at most so many bytes."""


def _read(file: IO[bytes], left: int, most: int) -> bytes:
    content = file.read(left + 1)
    if len(content) > left:
        raise _TooLargeError(f"Expected an archive of at most {most:,} bytes of contents. Received: more")
    return content


def _zipped(content: bytes, endings: tuple[str, ...], most: int) -> Iterator[tuple[str, IO[bytes]]]:
    end = zipfile._EndRecData(io.BytesIO(content))  # type: ignore[attr-defined]  # ZipFile reads the list at once.
    if end[zipfile._ECD_SIZE] > MAX_LIST:  # type: ignore[attr-defined]
        raise _TooLargeError(LONG_LIST)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in [one for one in _few(archive.infolist()) if one.filename.endswith(endings)]:
            if member.compress_type not in METHODS:
                raise ValueError("a compression other than deflate")
            with archive.open(member) as file:
                yield member.filename, file


def _tarred(content: bytes, endings: tuple[str, ...], most: int) -> Iterator[tuple[str, IO[bytes]]]:
    stream = gzip.GzipFile(fileobj=io.BytesIO(content)) if content.startswith(GZIP) else io.BytesIO(content)
    bounded = _BoundedStream(cast(IO[bytes], stream))
    with tarfile.open(fileobj=cast(IO[bytes], bounded), mode="r|") as archive:
        left = most
        for member in _few(archive):
            left -= member.size
            if left < 0:
                raise _TooLargeError(f"Expected an archive of at most {most:,} bytes of contents. Received: more")
            bounded.left += member.size + tarfile.BLOCKSIZE
            file = archive.extractfile(member) if member.isreg() and member.name.endswith(endings) else None
            if file is not None:
                yield member.name.removeprefix("./"), file
    while bounded.read(tarfile.RECORDSIZE):
        pass  # The checksum of what was compressed comes last.


class _BoundedStream:
    """Of the stream of an archive no more is read than it may have before its next file is known.

    Attributes:
        left: Bytes that may still be read.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.left = stream, MAX_LIST

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self.left -= len(content)
        if self.left < 0:
            raise _TooLargeError(LONG_LIST)
        return content


def _few(members: Iterable[Member]) -> Iterator[Member]:
    for place, member in enumerate(members):
        if place == MAX_FILES:
            raise _TooLargeError(f"Expected an archive of at most {MAX_FILES:,} files. Received: more")
        yield member
