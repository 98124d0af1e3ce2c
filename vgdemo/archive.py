"""Archives of files from anywhere, unpacked in memory and within bounds."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TypeVar, cast

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # Others may ask for any amount of memory.
MAX_FILES = 10_000
Member = TypeVar("Member")
GZIP = b"\x1f\x8b"

_BROKEN = (OSError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error)


def unpacked(source: bytes | str | Path, endings: tuple[str, ...], most: int) -> dict[str, bytes]:
    """Name to content of those files in a zip, tar or tar.gz archive that are asked for.

    Args:
        source: The archive, or where it is.
        endings: Of the names of the files that are asked for.
        most: Bytes that they may have together.

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
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in _few([one for one in archive.infolist() if one.filename.endswith(endings)]):
            if member.compress_type not in METHODS:
                raise ValueError("a compression other than deflate")
            with archive.open(member) as file:
                yield member.filename, file


def _tarred(content: bytes, endings: tuple[str, ...], most: int) -> Iterator[tuple[str, IO[bytes]]]:
    if content.startswith(GZIP):
        with gzip.open(io.BytesIO(content)) as stream:
            content = _read(cast(IO[bytes], stream), most, most)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for member in _few([one for one in archive if one.isreg() and one.name.endswith(endings)]):
            file = archive.extractfile(member)
            if file is not None:
                yield member.name.removeprefix("./"), file


def _few(members: list[Member]) -> list[Member]:
    if len(members) > MAX_FILES:
        raise _TooLargeError(f"Expected an archive of at most {MAX_FILES:,} files. Received: {len(members):,}")
    return members
