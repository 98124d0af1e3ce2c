"""A run's record: tidy tables, files, and nothing lost on the way."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import TINY, random_record

from vgdemo.config import RunConfig
from vgdemo.record import CURVES, HISTOGRAM_BINS, HISTOGRAM_EDGES, LAYER_STATISTICS, SURFACE_AXIS, RunRecord, RunStatus

MakeRecord = Callable[..., RunRecord]


@pytest.fixture
def record(make_record: MakeRecord) -> RunRecord:
    return make_record()


def assert_same(one: RunRecord, other: RunRecord) -> None:
    """Equal in every field, bit for bit and in type; NaN equals NaN."""
    for name in (field.name for field in fields(RunRecord)):
        left, right = getattr(one, name), getattr(other, name)
        if not name.endswith("_arrays"):
            left, right = {name: left}, {name: right}
        assert left.keys() == right.keys()
        for key in left:
            np.testing.assert_array_equal(left[key], right[key], strict=isinstance(left[key], np.ndarray))


def test_the_curves_table_has_one_row_for_each_epoch_and_replicate(record: RunRecord) -> None:
    table = record.curves
    assert list(table.columns) == [
        "epoch",
        "replicate",
        "train_loss",
        "train_accuracy",
        "val_loss",
        "val_accuracy",
    ]
    assert len(table) == 4 * 2
    for epoch, replicate in ((0, 0), (2, 1), (3, 0)):
        (row,) = table[(table.epoch == epoch) & (table.replicate == replicate)].to_dict("records")
        assert row["val_loss"] == record.curve_arrays["val_loss"][epoch, replicate]


def test_the_layers_table_has_one_row_for_each_epoch_replicate_and_layer(record: RunRecord) -> None:
    table = record.layers
    assert list(table.columns) == ["epoch", "replicate", "layer", *LAYER_STATISTICS]
    assert len(table) == 4 * 2 * 3
    for epoch, replicate, layer in ((0, 0, 1), (2, 1, 3), (3, 0, 2)):
        found = (table.epoch == epoch) & (table.replicate == replicate) & (table.layer == layer)
        (row,) = table[found].to_dict("records")
        assert row["gradient_rms"] == record.layer_arrays["gradient_rms"][epoch, replicate, layer - 1]


def test_layers_are_named_from_the_first_hidden_one_to_the_output(record: RunRecord) -> None:
    assert record.layer_names == ("1", "2", "output")


def test_a_histogram_has_a_bin_for_each_half_decade_and_for_what_has_no_size() -> None:
    assert len(HISTOGRAM_EDGES) == 61
    np.testing.assert_allclose(np.diff(HISTOGRAM_EDGES), 0.5)
    assert (HISTOGRAM_EDGES[0], HISTOGRAM_EDGES[-1]) == (-24, 6)
    assert HISTOGRAM_BINS == 1 + 1 + 60 + 1 + 1  # Zero, below, between, above, not finite.
    assert (SURFACE_AXIS[0], SURFACE_AXIS[-1]) == (-1.2, 1.2)


def test_a_record_survives_its_files(record: RunRecord) -> None:
    assert_same(RunRecord.from_files(record.to_files()), record)


def test_a_record_survives_a_message(record: RunRecord) -> None:
    assert_same(RunRecord.from_message(record.to_message()), record)
    assert_same(RunRecord.from_message(epochs_of(record, slice(0, 0)).to_message()), epochs_of(record, slice(0, 0)))


def test_a_message_that_is_no_run_is_refused_with_a_sentence(record: RunRecord) -> None:
    whole = record.to_message()
    for message in ({}, record.to_files(), whole | {"layers.arrow": whole["layers.arrow"][:100]}):
        with pytest.raises(ValueError, match="^Expected the files of a run"):
            RunRecord.from_message(message)


def test_a_record_survives_a_saved_file(record: RunRecord, tmp_path: Path) -> None:
    full = replace(
        record, status=RunStatus.STOPPED, notices=("No XLA: slower.",), versions={"tensorflow": "2.21.0", "keras": "3"}
    )
    full.save(tmp_path / "run.zip")
    loaded = RunRecord.load(tmp_path / "run.zip")
    assert_same(loaded, full)
    assert loaded.status is RunStatus.STOPPED


def test_nan_infinities_zeros_and_the_smallest_numbers_survive(record: RunRecord, tmp_path: Path) -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1.7976931348623157e308, 1e-23])
    for arrays in (record.curve_arrays, record.layer_arrays):
        for array in arrays.values():
            array[...] = np.resize(odd, array.shape)
    record.surfaces[0, 0, 0, :3] = [np.nan, np.inf, np.finfo(np.float32).smallest_subnormal]
    record.histograms[0, 0, 0, 0] = 2**32 - 1
    record.save(tmp_path / "run.zip")
    loaded = RunRecord.load(tmp_path / "run.zip")
    assert_same(loaded, record)
    assert np.signbit(loaded.curve_arrays["val_loss"].ravel()[4])
    assert loaded.layers["gradient_rms"].isna().sum() == record.layers["gradient_rms"].isna().sum() == 3


def test_another_program_reads_the_tables(record: RunRecord) -> None:
    files = record.to_files()
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(files["layers.parquet"])), record.layers)
    histograms = pq.read_table(io.BytesIO(files["histograms.parquet"]))
    assert histograms.column_names == ["epoch", "replicate", "layer", "counts"]
    # Rows run through layers first, then replicates, then epochs: epoch 2, replicate 1, layer 3 of 4 x 2 x 3.
    np.testing.assert_array_equal(histograms["counts"][2 * 6 + 1 * 3 + 2].as_py(), record.histograms[2, 1, 2])
    surfaces = pq.read_table(io.BytesIO(files["surfaces.parquet"]))
    assert surfaces.column_names == ["epoch", "replicate", "probability"]
    np.testing.assert_array_equal(surfaces["probability"][3].as_py(), record.surfaces[1, 1].ravel())
    assert json.loads(files["run.json"])["config"]["num_hidden_layers"] == 2


@pytest.mark.parametrize("settings", [{"replicates": 1}, {"num_hidden_layers": 1}, {"epochs": 1, "replicates": 1}])
def test_axes_of_length_one_survive(make_record: MakeRecord, settings: dict[str, int]) -> None:
    record = make_record(**settings)
    assert_same(RunRecord.from_files(record.to_files()), record)


def epochs_of(record: RunRecord, chosen: slice) -> RunRecord:
    """The chosen epochs of a record that has a surface at every epoch."""
    return replace(
        record,
        epochs=record.epochs[chosen],
        curve_arrays={name: record.curve_arrays[name][chosen] for name in CURVES},
        layer_arrays={name: record.layer_arrays[name][chosen] for name in LAYER_STATISTICS},
        histograms=record.histograms[chosen],
        surface_epochs=record.surface_epochs[chosen],
        surfaces=record.surfaces[chosen],
    )


def test_chunks_join_to_the_whole_record(record: RunRecord) -> None:
    chunks = [epochs_of(record, chosen) for chosen in (slice(0, 1), slice(1, 3), slice(3, 4))]
    assert_same(RunRecord.joined(chunks), record)


def test_the_last_chunk_says_how_the_run_ended(record: RunRecord) -> None:
    first = replace(epochs_of(record, slice(0, 2)), notices=("early",))
    last = replace(epochs_of(record, slice(2, 4)), status=RunStatus.STOPPED, seconds={"train": 9.0}, notices=("late",))
    joined = RunRecord.joined([first, last])
    assert (joined.status, joined.seconds, joined.notices) == (RunStatus.STOPPED, {"train": 9.0}, ("late",))


def test_a_chunk_without_epochs_survives(record: RunRecord) -> None:
    empty = epochs_of(record, slice(0, 0))
    assert_same(RunRecord.from_files(empty.to_files()), empty)


def broken(files: dict[str, bytes]) -> list[dict[str, bytes]]:
    description = json.loads(files["run.json"])
    other = random_record(RunConfig(**TINY | {"replicates": 3})).to_files()
    return [
        {},
        files | {"run.json": b"not JSON"},
        files | {"run.json": b"[]"},
        files | {"run.json": b"\xff\xfe"},
        files | {"run.json": json.dumps(description | {"status": "asleep"}).encode()},
        files | {"run.json": json.dumps(description | {"config": {"epochs": 0}}).encode()},
        files | {"run.json": json.dumps({"config": {}}).encode()},
        files | {"layers.parquet": b"not Parquet"},
        files | {"layers.parquet": files["layers.parquet"][:100]},
        files | {"layers.parquet": files["curves.parquet"]},
        files | {"curves.parquet": other["curves.parquet"]},
        files | {"histograms.parquet": other["histograms.parquet"]},
        {name: content for name, content in files.items() if name != "surfaces.parquet"},
    ]


@pytest.mark.parametrize("index", range(13))
def test_files_that_are_no_run_are_refused_with_a_sentence(record: RunRecord, index: int) -> None:
    with pytest.raises(ValueError, match="^Expected the files of a run"):
        RunRecord.from_files(broken(record.to_files())[index])


def test_a_file_that_is_no_archive_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(b"not a zip archive")
    with pytest.raises(ValueError, match=r"^Expected a saved run\. Received: .*holiday\.jpg"):
        RunRecord.load(path)


def test_an_archive_that_was_damaged_is_refused(record: RunRecord, tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    record.save(path)
    content = bytearray(path.read_bytes())
    content[zipfile.sizeFileHeader + 200] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="^Expected"):
        RunRecord.load(path)
