"""Logs and records that a visit uploads."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import foreign_record
from streamlit.testing.v1 import AppTest

from vgdemo.record import RunRecord
from vgdemo.ui import uploads
from vgdemo.ui.session import SESSION
from vgdemo.ui.uploads import record_of

from .test_your_model import begun, drawn, progress


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def packed(folder: Path) -> dict[str, bytes]:
    """A log's folder as people send it: by its files, as a zip archive, as a tar archive."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        archive.add(folder, "./mine")
    return {
        "mine.zip": zipped({f"mine/{name}": content for name, content in files.items()}),
        "mine.tgz": tar.getvalue(),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    begun(tmp_path / "mine").end("complete")
    return tmp_path / "mine"


def test_a_log_is_read_from_its_files_and_from_archives_of_its_folder(folder: Path) -> None:
    sent = [{path.name: path.read_bytes() for path in folder.iterdir()}]
    sent += [{name: content} for name, content in packed(folder).items()]
    assert [record_of(files).epochs.tolist() for files in sent] == [[0, 1, 2]] * 3


def test_a_saved_record_is_read(tmp_path: Path, make_record: Callable[..., RunRecord]) -> None:
    for record in (make_record(), foreign_record()):
        record.save(tmp_path / "run.zip")
        read = record_of({"run.zip": (tmp_path / "run.zip").read_bytes()})
        assert read.run_key == record.run_key and [*read.panels] == [*record.panels]


def saved(record: RunRecord, **changes: Any) -> dict[str, bytes]:
    """A saved record whose description says something else."""
    files = record.to_files()
    return {"run.zip": zipped(files | {"run.json": json.dumps(json.loads(files["run.json"]) | changes).encode()})}


def tables(record: RunRecord, **content: pa.Table) -> dict[str, bytes]:
    """A saved record with other tables."""
    written = {}
    for name, table in content.items():
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        written[f"{name}.parquet"] = buffer.getvalue()
    return {"run.zip": zipped(record.to_files() | written)}


def hostile_files() -> dict[str, dict[str, bytes]]:
    """Files that are none of a log or a saved run, or too much of one."""
    record = foreign_record()
    rows = pa.table({"epoch": pa.array(np.zeros(10**8, np.int32)), "train_loss": pa.array(np.zeros(10**8))})
    few = pa.table({"epoch": [0], "replicate": [0], "train_loss": ["<script>"]})
    return {
        "nothing": {"run.zip": b""},
        "a picture": {"run.png": b"\x89PNG\r\n"},
        "a model": {"model.keras": zipped({"config.json": b"{}", "model.weights.h5": b"\x89HDF"})},
        "a pickle": {"run.zip": zipped({"run.pkl": b"cos\nsystem\n(S'true'\ntR."})},
        "no records": {"run.json": b"{}"},
        "no description": {"records.jsonl": b"{}\n"},
        "two archives": {"a.zip": b"", "b.zip": b""},
        "a bomb": {"run.zip": zipped({"run.json": b"{}", "records.jsonl": b" " * 300_000_000})},
        "a table that is a bomb": tables(record, curves=rows),
        "a table of words": tables(record, curves=few),
        "deep": {"run.zip": zipped({"run.json": b"[" * 10**6, "curves.parquet": b""})},
    }


def hostile_descriptions() -> dict[str, dict[str, bytes]]:
    """Saved runs of which something is said that cannot be."""
    record = foreign_record()
    described = json.loads(record.to_files()["run.json"])
    model, panels = described["model"], described["panels"]
    kernels = panels["kernels"]
    changes: dict[str, dict[str, object]] = {
        "many replicates": {"replicates": 10**9},
        "negative replicates": {"replicates": -1},
        "no replicates": {"replicates": 0},
        "fewer names": {"panels": panels | {"kernels": kernels | {"labels": kernels["labels"][:-1]}}},
        "names that are none": {"panels": panels | {"kernels": kernels | {"labels": [{}, [], 3, None]}}},
        "of what is not there": {"panels": panels | {"kernels": kernels | {"of": "layer"}}},
        "endless": {"planned_epochs": 10**30},
        "negative end": {"planned_epochs": -5},
        "no number": {"planned_epochs": "many", "ceiling": "high"},
        "a ceiling of words": {"ceiling": "high"},
        "notices that are none": {"notices": [1, {}]},
        "seconds that are none": {"seconds": {"train": "long"}},
        "a name that is none": {"source": {"log": {"name": [], "run_key": 3}}},
        "half a sign": {"notices": ["\ud800"]},
        "more than all": {"majority_share": 1.5},
        "a ceiling that is none": {"ceiling": -0.5},
        "a shape that is none": {"model": model | {"kernels": [{"layer": "a", "shape": []}]}},
        "negative classes": {"model": model | {"num_classes": -1}},
        "a unit that is none": {"unit": {"a": 1}},
        "a guess that is none": {"guess": "good"},
    }
    return {name: saved(record, **change) for name, change in changes.items()}


def test_what_is_broken_foreign_or_hostile_gets_a_sentence() -> None:
    for name, files in (hostile_files() | hostile_descriptions()).items():
        with pytest.raises(ValueError, match=r"^Expected .+ Received: .+") as caught:
            record_of(files)
        assert len(str(caught.value)) < 1000, name


def lying(rows: int, told: int) -> bytes:
    """A table whose end says that it has fewer rows than its pages have, of which the first is unpacked whole."""

    def varint(number: int, length: int) -> bytes:
        groups = [number >> 7 * place & 127 for place in range(length)]
        return bytes([group | 128 for group in groups[:-1]] + groups[-1:])

    buffer = io.BytesIO()
    content = pa.table({"epoch": pa.array(np.zeros(rows, np.int32)), "train_loss": np.zeros(rows)})
    pq.write_table(content, buffer, compression="zstd", use_dictionary=False, data_page_size=2**30, row_group_size=rows)
    whole, length = buffer.getvalue(), -(-(2 * rows).bit_length() // 7)  # Whole numbers are doubled, for their sign.
    end = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    return whole[:end] + whole[end:].replace(varint(2 * rows, length), varint(2 * told, length))


def test_a_table_that_says_less_than_it_holds_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    content = lying(4_000_000, told=4)
    described = pq.read_metadata(io.BytesIO(content))
    assert described.num_rows == described.row_group(0).column(1).num_values == 4
    monkeypatch.setattr(uploads, "MAX_UNPACKED", 10**7)
    files = foreign_record().to_files() | {"curves.parquet": content}
    with pytest.raises(ValueError, match=r"Expected tables of at most 10,000,000 bytes\. Received: 4\d,\d{3},\d{3}"):
        record_of({"run.zip": zipped(files)})


def test_more_than_may_be_uploaded_is_refused_by_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_MEGABYTES", 1)
    with pytest.raises(ValueError, match="^Expected at most 1 MB. Received: 2 MB$"):
        record_of({"run.zip": b"0" * 2 * 10**6})


def test_an_upload_is_shown_and_is_gone_with_the_visit(
    your_model: Callable[..., AppTest], tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VGDEMO_LOGS", raising=False)
    page = your_model()
    page.file_uploader[0].upload("mine.zip", packed(folder)["mine.zip"], "application/zip").run()
    assert not page.exception
    assert progress(page).startswith("Complete after epoch 2.")
    assert "layers" in drawn(page)
    assert list(page.session_state[SESSION].uploads) == ["mine (uploaded)"]
    assert list(your_model().session_state[SESSION].uploads) == []


def test_an_upload_is_called_in_signs_that_are_seen(
    your_model: Callable[..., AppTest], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VGDEMO_LOGS", raising=False)
    page = your_model()
    page.file_uploader[0].upload("\u202egpj.zip", packed(folder)["mine.zip"], "application/zip").run()
    assert not page.exception
    assert list(page.session_state[SESSION].uploads) == [" gpj (uploaded)"]


def test_a_broken_upload_is_said_and_what_was_there_stays(
    your_model: Callable[..., AppTest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VGDEMO_LOGS", str(tmp_path))
    begun(tmp_path / "one").end("complete")
    page = your_model()
    page.file_uploader[0].upload("holiday.zip", b"a picture", "application/zip").run()
    assert not page.exception
    assert page.warning[0].value.startswith("Expected a zip\\, tar or tar\\.gz archive")
    assert progress(page).startswith("Complete after epoch 2.")


def test_a_visit_keeps_the_latest_uploads_alone(
    your_model: Callable[..., AppTest], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VGDEMO_LOGS", raising=False)
    page = your_model()
    for place in range(6):
        page.file_uploader[0].upload(f"log{place}.zip", packed(folder)["mine.zip"], "application/zip").run()
    assert list(page.session_state[SESSION].uploads) == [f"log{place} (uploaded)" for place in (2, 3, 4, 5)]
