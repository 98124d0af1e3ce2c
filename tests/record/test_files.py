"""A record as files and messages: nothing is lost on the way, and what is no run is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import TINY, foreign_record, random_record
from record.same import assert_same

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord, RunStatus

MakeRecord = Callable[..., RunRecord]


@pytest.fixture
def record(make_record: MakeRecord) -> RunRecord:
    return make_record()


def test_a_record_survives_its_files(record: RunRecord) -> None:
    assert_same(RunRecord.from_files(record.to_files()), record)


def test_a_record_survives_a_message(record: RunRecord) -> None:
    assert_same(RunRecord.from_message(record.to_message()), record)


def test_a_record_that_no_settings_could_make_survives_files_messages_and_archives(tmp_path: Path) -> None:
    record = foreign_record(status=RunStatus.STOPPED, notices=("Cut short.",), versions={"keras": "3"})
    record.values("dead_share")[1, 0, 0] = np.nan
    record.save(tmp_path / "log.zip")
    for survivor in (
        RunRecord.from_files(record.to_files()),
        RunRecord.from_message(record.to_message()),
        RunRecord.load(tmp_path / "log.zip"),
    ):
        assert_same(survivor, record)


def test_a_record_without_anything_but_its_epochs_survives(record: RunRecord) -> None:
    bare = replace(record, curve_arrays={}, panels={}, surface=None, planned_epochs=None, majority_share=None)
    assert_same(RunRecord.from_files(bare.to_files()), bare)


def test_what_can_be_reached_is_kept_and_a_run_of_before_has_none(record: RunRecord) -> None:
    known = replace(record, ceiling=0.84)
    for survivor in (RunRecord.from_files(known.to_files()), RunRecord.from_message(known.to_message())):
        assert_same(survivor, known)
    files = known.to_files()
    description = json.loads(files["run.json"])
    assert description.pop("ceiling") == 0.84
    assert RunRecord.from_files(files | {"run.json": json.dumps(description).encode()}).ceiling is None


def test_what_logs_say_survives_and_the_files_of_a_run_of_settings_say_nothing_of_it(record: RunRecord) -> None:
    assert {"unit", "guess"}.isdisjoint(json.loads(record.to_files()["run.json"]))
    counted = foreign_record(unit="step", guess=1.2, status=RunStatus.FAILED)
    for survivor in (RunRecord.from_files(counted.to_files()), RunRecord.from_message(counted.to_message())):
        assert_same(survivor, counted)


def test_a_panel_may_have_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    record = foreign_record()
    steps = record.panels["steps"]
    later = replace(steps, statistics={name: values + 1 for name, values in steps.statistics.items()})
    named = replace(record, panels=record.panels | {"steps/encoder/lstm": steps, "../steps": later, "": steps})
    assert all(name.replace("-", "").replace(".", "").isalnum() for name in named.to_files())
    named.save(tmp_path / "log.zip")
    assert_same(RunRecord.load(tmp_path / "log.zip"), named)


def test_a_message_that_is_no_run_is_refused_with_a_sentence(record: RunRecord) -> None:
    whole = record.to_message()
    for message in ({}, record.to_files(), whole | {"kernels.arrow": whole["kernels.arrow"][:100]}):
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
    for arrays in (record.curve_arrays, *(panel.statistics for panel in record.panels.values())):
        for array in arrays.values():
            array[...] = np.resize(odd, array.shape)
    record.surface.probabilities[0, 0, 0, :3] = [np.nan, np.inf, np.finfo(np.float32).smallest_subnormal]
    record.panels["kernels"].histograms[0, 0, 0, 0] = 2**32 - 1
    record.save(tmp_path / "run.zip")
    loaded = RunRecord.load(tmp_path / "run.zip")
    assert_same(loaded, record)
    assert np.signbit(loaded.curve_arrays["val_loss"].ravel()[4])
    assert loaded.layers["gradient_rms"].isna().sum() == record.layers["gradient_rms"].isna().sum() == 3


def test_another_program_reads_the_tables(record: RunRecord) -> None:
    files = record.to_files()
    tables = ("curves", "kernels", "updates", "activations", "surface")
    assert files.keys() == {"run.json", *(f"{name}.parquet" for name in tables)}
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(files["curves.parquet"])), record.curves)
    kernels = pq.read_table(io.BytesIO(files["kernels.parquet"]))
    assert kernels.column_names[:4] == ["epoch", "replicate", "place", "gradient_mean_abs"]
    assert kernels.column_names[-1] == "gradient_histogram"
    # Rows run through layers first, then replicates, then epochs: epoch 2, replicate 1, layer 3 of 4 x 2 x 3.
    row = kernels.slice(2 * 6 + 1 * 3 + 2, 1).to_pylist()[0]
    assert (row["epoch"], row["replicate"], row["place"]) == (2, 1, 2)
    assert row["gradient_rms"] == record.values("gradient_rms")[2, 1, 2]
    np.testing.assert_array_equal(row["gradient_histogram"], record.panels["kernels"].histograms[2, 1, 2])
    updates = pq.read_table(io.BytesIO(files["updates.parquet"]))
    assert updates["epoch"].to_pylist()[:7] == [1] * 6 + [2]  # Before any update there is none.
    surface = pq.read_table(io.BytesIO(files["surface.parquet"]))
    assert surface.column_names == ["epoch", "replicate", "probability"]
    np.testing.assert_array_equal(surface["probability"][3].as_py(), record.surface.probabilities[1, 1].ravel())
    description = json.loads(files["run.json"])
    assert description["source"]["config"]["num_hidden_layers"] == 2
    assert description["panels"]["kernels"]["labels"] == ["1", "2", "output"]


def test_what_a_panel_is_of_is_kept_and_may_be_missing(record: RunRecord) -> None:
    files = record.to_files()
    description = json.loads(files["run.json"])
    kinds = {name: places.pop("of") for name, places in description["panels"].items()}
    assert kinds == {"kernels": "kernel", "updates": "kernel", "activations": "layer"}
    read = RunRecord.from_files(files | {"run.json": json.dumps(description).encode()})
    assert [panel.of for panel in read.panels.values()] == [None, None, None]
    assert_same(replace(read, panels={name: replace(read.panels[name], of=kinds[name]) for name in kinds}), record)


@pytest.mark.parametrize("settings", [{"replicates": 1}, {"num_hidden_layers": 1}, {"epochs": 1, "replicates": 1}])
def test_axes_of_length_one_survive(make_record: MakeRecord, settings: dict[str, int]) -> None:
    record = make_record(**settings)
    assert_same(RunRecord.from_files(record.to_files()), record)


def broken(files: dict[str, bytes]) -> list[dict[str, bytes]]:
    description = json.loads(files["run.json"])
    others = [random_record(RunConfig(**TINY | {"replicates": count})).to_files() for count in (1, 3, 4)]
    tables = ("curves.parquet", "kernels.parquet", "surface.parquet")

    def described(**changes: object) -> dict[str, bytes]:
        return files | {"run.json": json.dumps(description | changes).encode()}

    return [
        {},
        files | {"run.json": b"not JSON"},
        files | {"run.json": b"[]"},
        files | {"run.json": b"\xff\xfe"},
        described(status="asleep"),
        described(source={"config": {"epochs": 0}}),
        described(source={}),
        described(model={"kernels": []}),
        described(replicates="two"),
        files | {"run.json": json.dumps({"format": description["format"]}).encode()},
        files | {"kernels.parquet": b"not Parquet"},
        files | {"kernels.parquet": files["kernels.parquet"][:100]},
        files | {"kernels.parquet": files["curves.parquet"]},
        *(files | {name: other[name]} for other in others for name in tables),  # Of other replicates than described.
        *({name: content for name, content in files.items() if name != missing} for missing in files),
    ]


@pytest.mark.parametrize("index", range(28))
def test_files_that_are_no_run_are_refused_with_a_sentence(record: RunRecord, index: int) -> None:
    with pytest.raises(ValueError, match="^Expected the files of a run"):
        RunRecord.from_files(broken(record.to_files())[index])


def test_every_way_to_break_the_files_is_tried(record: RunRecord) -> None:
    assert len(broken(record.to_files())) == 28


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


def test_an_archive_that_unpacks_to_more_than_any_run_has_is_refused(record: RunRecord, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run.json", b" " * 10**7)
    assert path.stat().st_size < 20_000
    with pytest.raises(ValueError, match=r"^Expected a saved run\. .*at most 1,000,000 bytes"):
        RunRecord.load(path, most_bytes=10**6)


def test_a_table_that_stands_for_more_than_any_run_has_is_refused_before_it_is_read(
    record: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, buffer = pa.table({"epoch": pa.array(np.zeros(10**7, np.int32))}), io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd")
    assert len(buffer.getvalue()) < 50_000
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (record.to_files() | {"curves.parquet": buffer.getvalue()}).items():
            archive.writestr(name, content)
    monkeypatch.setattr(pq, "read_table", lambda *_: pytest.fail("it was read"))
    with pytest.raises(ValueError, match=r"^Expected a saved run\. .*Expected tables of at most 50,000,000 bytes"):
        RunRecord.load(path, most_bytes=50 * 10**6)


def test_a_curve_that_is_null_throughout_was_not_measured() -> None:
    record = foreign_record()
    gaps = {"train_loss": np.ones(len(record.epochs), np.bool_)}
    read = RunRecord.from_files(replace(record, gaps=gaps).to_files())
    assert [*read.curve_arrays] == ["train_accuracy"] and not read.gaps
