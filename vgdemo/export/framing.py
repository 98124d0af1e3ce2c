"""The file format of TensorFlow's records: each has its length, its data and a checksum of both."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CASTAGNOLI = 0x82F63B78  # The checksum's polynomial, least significant bit first.
MASK = 0xA282EAD8  # What the format adds to a rotated checksum.


def framed(records: Sequence[bytes]) -> bytes:
    """The content of a file of these records."""
    lengths = [struct.pack("<Q", len(record)) for record in records]
    parts = zip(lengths, _checksums(lengths), records, _checksums(records), strict=True)
    return b"".join(part for parts_of_one in parts for part in parts_of_one)


def _checksums(messages: Sequence[bytes]) -> list[bytes]:
    """The masked checksum of each message, four bytes little-endian."""
    crc = crc32c(messages)
    masked = ((crc >> 15) | (crc << 17)) + np.uint32(MASK)  # Modulo 2^32, as unsigned arrays add.
    return [checksum.tobytes() for checksum in masked.astype("<u4")]


def crc32c(messages: Sequence[bytes]) -> NDArray[np.uint32]:
    """The cyclic redundancy check of each message, all messages at once: byte by byte would take seconds."""
    lengths = np.array([len(message) for message in messages], np.int64)
    columns = np.zeros((lengths.max(initial=0), len(messages)), np.uint8)
    for index, message in enumerate(messages):
        columns[: len(message), index] = np.frombuffer(message, np.uint8)
    crc = np.full(len(messages), 0xFFFFFFFF, np.uint32)
    for position, column in enumerate(columns):
        crc = np.where(position < lengths, _TABLE[(crc ^ column) & 0xFF] ^ (crc >> 8), crc)
    return ~crc


def _table() -> NDArray[np.uint32]:
    """What a byte adds to the checksum, by its value."""
    crc = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        crc = np.where(crc & 1, (crc >> 1) ^ np.uint32(CASTAGNOLI), crc >> 1)
    return crc


_TABLE = _table()
