"""TensorFlow's file format, against the published check values and TensorBoard's own writer."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from tensorboard.summary.writer.record_writer import RecordWriter

from vgdemo.export.tfrecord import tfrecord

MASK = 0xA282EAD8


@pytest.mark.parametrize(
    ("data", "published"),
    [  # RFC 3720, appendix B.4, but for the first, the usual check value.
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (b"", 0),
    ],
)
def test_the_checksum_at_the_end_has_its_published_value_under_the_mask(data: bytes, published: int) -> None:
    (masked,) = struct.unpack("<I", tfrecord([data])[-4:])
    rotated = (masked - MASK) % 2**32
    assert (rotated << 15 | rotated >> 17) % 2**32 == published


def test_a_file_is_what_tensorboard_itself_would_write() -> None:
    generator = np.random.default_rng(0)
    records = [generator.bytes(length) for length in (0, 1, 7, 300, 8)]
    expected = io.BytesIO()
    writer = RecordWriter(expected)
    for record in records:
        writer.write(record)
    assert tfrecord(records) == expected.getvalue()


def test_a_file_without_records_is_empty() -> None:
    assert tfrecord([]) == b""
