"""TensorFlow's file format, against the published check value and TensorBoard's own writer."""

from __future__ import annotations

import io

import numpy as np
from tensorboard.summary.writer.record_writer import RecordWriter

from vgdemo.export.framing import crc32c, framed


def test_the_checksum_has_its_published_values() -> None:
    zeros, ones = bytes(32), b"\xff" * 32  # RFC 3720, appendix B.4.
    assert crc32c([b"123456789", zeros, ones, b""]).tolist() == [0xE3069283, 0x8A9136AA, 0x62A8AB43, 0]


def test_a_file_is_what_tensorboard_itself_would_write() -> None:
    generator = np.random.default_rng(0)
    records = [generator.bytes(length) for length in (0, 1, 7, 300, 8)]
    expected = io.BytesIO()
    writer = RecordWriter(expected)
    for record in records:
        writer.write(record)
    assert framed(records) == expected.getvalue()


def test_a_file_without_records_is_empty() -> None:
    assert framed([]) == b""
