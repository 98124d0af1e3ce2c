"""The size of tables is known before they are read, whatever they say of themselves."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import foreign_record

from vgdemo.record import bounds
from vgdemo.record.bounds import check_size


def written(content: pa.Table, **options: object) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(content, buffer, **options)
    return buffer.getvalue()


def size_of(*tables: bytes) -> int:
    """What is said of tables that are larger than nothing."""
    with pytest.raises(ValueError, match="at most 0 bytes") as caught:
        check_size({f"{place}.parquet": content for place, content in enumerate(tables)}, 0)
    return int(str(caught.value).rpartition(" ")[2].replace(",", ""))


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "none"},
        {"compression": "zstd", "use_dictionary": False},
        {"compression": "gzip", "data_page_version": "2.0"},
        {"compression": "snappy", "data_page_size": 1_000, "row_group_size": 3_000, "write_page_checksum": True},
        {"write_page_index": True, "column_encoding": "BYTE_STREAM_SPLIT", "use_dictionary": False},
    ],
)
def test_all_pages_of_all_columns_count_however_they_are_written(options: dict[str, object]) -> None:
    """Parquet's own sum has the headers too, which are a few bytes a page."""
    values = np.random.default_rng(0).normal(size=10_000)
    content = written(pa.table({"a": values, "b": values[::-1]}), **options)
    described = pq.read_metadata(io.BytesIO(content))
    groups = [described.row_group(place) for place in range(described.num_row_groups)]
    whole = sum(group.column(place).total_uncompressed_size for group in groups for place in (0, 1))
    assert 0.95 * whole < size_of(content) - 8 * 20_000 <= whole


def test_what_a_record_writes_is_within_bounds() -> None:
    check_size(foreign_record().to_files(), 10**6)


def test_words_are_refused_since_a_few_may_stand_for_many() -> None:
    with pytest.raises(ValueError, match="Received: other things than numbers"):
        check_size({"curves.parquet": written(pa.table({"epoch": ["long" * 10**6] * 3}))}, 10**9)


def test_any_change_of_a_byte_leaves_a_sentence_or_a_size() -> None:
    """What is broken in any way ends, and takes no longer than what is whole."""
    content = written(pa.table({"a": np.arange(300.0)}), compression="zstd")
    for place in range(len(content)):
        for byte in (0, 255, content[place] ^ 128):
            changed = content[:place] + bytes([byte]) + content[place + 1 :]
            try:
                check_size({"a.parquet": changed}, 10**6)
            except ValueError as error:
                assert str(error).startswith("Expected ")


def test_endless_headers_end(monkeypatch: pytest.MonkeyPatch) -> None:
    content = written(
        pa.table({"a": np.arange(10_000.0)}), data_page_size=100, use_dictionary=False, write_batch_size=10
    )
    monkeypatch.setattr(bounds, "MAX_PAGES", 100)
    with pytest.raises(ValueError, match="too many pages"):
        check_size({"a.parquet": content}, 10**9)
    monkeypatch.setattr(bounds, "MAX_END", 10)
    with pytest.raises(ValueError, match="too long a description"):
        check_size({"a.parquet": content}, 10**9)
