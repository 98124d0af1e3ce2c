"""TensorFlow's file format of records, in which TensorBoard keeps its events."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import google_crc32c

MASK = 0xA282EAD8  # What the format adds to a rotated checksum.


def tfrecord(records: Iterable[bytes]) -> bytes:
    """The content of a file of records: each has its length, its data and a masked CRC-32C of both.

    Example:
        >>> len(tfrecord([b"an event", b"another"]))  # 8 + 4 and 4 bytes around each.
        47
    """
    return b"".join(part for record in records for part in _framed(record))


def _framed(record: bytes) -> tuple[bytes, ...]:
    length = struct.pack("<Q", len(record))
    return length, _checksum(length), record, _checksum(record)


def _checksum(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF)
