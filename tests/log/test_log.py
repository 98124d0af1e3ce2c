"""A log: what is written is read, also while it grows and after a kill; what is no log is refused with a sentence."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import LSTM

from vgdemo.log import LogError, LogReader, LogWriter, find_logs, read_log
from vgdemo.log.measurements import Measurements
from vgdemo.record import KERNEL_STATISTICS, Log, RunRecord, RunStatus

HEADER: dict[str, Any] = {
    "name": "mine",
    "model": LSTM.to_dict(),
    "planned": 9,
    "guessing_loss": 1.25,
    "majority_share": 0.5,
    "time_steps": {"lstm": [1, 2, "3"]},
    "versions": {"keras": "3"},
}


def record_of(epoch: int, **changes: Any) -> dict[str, Any]:
    """A record of the four kernels and two layers of `LSTM`."""
    return {
        "epoch": epoch,
        "seconds": epoch / 2,
        "curves": {"train_loss": 0.5 + epoch, "train_accuracy": float("nan")},
        "kernels": {"gradient_rms": [1e-30, epoch, float("inf"), None]},
        "activations": {"output_gradient_rms": [0.25, epoch], "dead_share": [None, 1]},
        "histograms": [[2, 5, 6], None, [63, 1], [0, *range(64)]],
        "steps": {"lstm": {"state_gradient_mean_abs": [1, 2, epoch]}},
        "learnt_later": {"by": ["nobody", {}]},
    } | changes


@pytest.fixture
def writer(tmp_path: Path) -> LogWriter:
    return LogWriter(tmp_path, HEADER)


def archive(**contents: str | bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in contents.items():
            written.writestr(f"log/{name.replace('_', '.')}", content)
    return buffer.getvalue()


def packed(header: dict[str, Any], *lines: str | bytes) -> bytes:
    """An archive of a log with these lines."""
    joined = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    return archive(run_json=json.dumps({"format": 1} | header), records_jsonl=joined)


def test_what_is_written_is_read(writer: LogWriter) -> None:
    for epoch in (0, 2):
        writer.append(record_of(epoch, **{"updates": {"update_ratio": [0.1] * 4}} if epoch else {}))
    record = LogReader(writer.folder).record
    assert isinstance(record.source, Log) and record.sentence == "mine" and len(record.run_key) == 64
    assert (record.model, record.replicates, record.epochs.tolist()) == (LSTM, 1, [0, 2])
    assert (record.status, record.planned_epochs, record.unit) == (RunStatus.RUNNING, 9, "epoch")
    assert (record.guessing_loss, record.majority_share, record.versions) == (1.25, 0.5, {"keras": "3"})
    assert record.seconds == {"train": 1.0}
    np.testing.assert_array_equal(record.curve_arrays["train_loss"], [[0.5], [2.5]])
    np.testing.assert_array_equal(record.curve_arrays["train_accuracy"], [[np.nan]] * 2)
    assert "val_loss" not in record.curve_arrays
    np.testing.assert_array_equal(record.values("gradient_rms")[1, 0], [1e-30, 2, np.inf, np.nan])
    assert not record.has("gradient_max_abs")
    np.testing.assert_array_equal(record.values("output_gradient_rms")[:, 0], [[0.25, 0], [0.25, 2]])
    assert record.panel_of("update_ratio").epochs.tolist() == [2]
    counts = record.panels["kernels"].histograms[1, 0]
    assert counts[0, 2:4].tolist() == [5, 6] and counts.sum(axis=1).tolist() == [11, 0, 1, 2016]
    assert counts[2, 63] == 1 and counts[3, 5] == 5
    steps = record.panels["steps/lstm"]
    assert (steps.axis, steps.labels) == ("time step", ("1", "2", "3"))
    np.testing.assert_array_equal(steps.statistics["state_gradient_mean_abs"][:, 0], [[1, 2, 0], [1, 2, 2]])


def test_the_accuracies_of_several_outputs_are_read_and_so_many_at_most(writer: LogWriter) -> None:
    many = {f"val_accuracy/{number}": 0.5 for number in range(100)}
    writer.append(record_of(0, curves={"train_accuracy/a": 0.25, "val_accuracy": 0.5, "other/a": 1.0} | many))
    read = LogReader(writer.folder).record.curve_arrays
    assert list(read)[:3] == ["val_accuracy", "train_accuracy/a", "val_accuracy/0"] and len(read) == 37
    assert read["train_accuracy/a"].tolist() == [[0.25]]


def test_a_reader_follows_a_log_and_reads_only_what_is_new(writer: LogWriter) -> None:
    reader = LogReader(writer.folder)
    assert reader.record.epochs.tolist() == []
    writer.append(record_of(0))
    first = reader.record
    assert first.epochs.tolist() == [0] and reader.record is first
    whole = json.dumps({"epoch": 1}).encode() + b"\n"
    for part, known in ((whole[:5], [0]), (whole[5:-1], [0]), (whole[-1:], [0, 1])):  # As a slow disk would.
        with (writer.folder / "records.jsonl").open("ab") as file:
            file.write(part)
        assert reader.record.epochs.tolist() == known
    writer.end("complete")
    assert reader.record.status is RunStatus.COMPLETE and reader.record.last_epoch == 1
    assert reader.record.run_key == first.run_key


def test_a_log_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    folders = [LogWriter(tmp_path / "log", HEADER).folder for _ in range(3)]
    assert [folder.relative_to(tmp_path).as_posix() for folder in folders] == ["log", "log/2", "log/3"]
    assert find_logs(tmp_path) == folders
    assert find_logs(tmp_path / "nowhere") == []


def test_a_log_that_takes_another_ones_place_is_read_from_its_beginning(tmp_path: Path) -> None:
    first, second = LogWriter(tmp_path / "a", HEADER), LogWriter(tmp_path / "b", HEADER | {"name": "other"})
    first.append(record_of(0))
    reader = LogReader(tmp_path / "a")
    assert reader.record.sentence == "mine"
    second.append(record_of(5))
    for name in ("run.json", "records.jsonl"):
        os.replace(second.folder / name, first.folder / name)
    assert (reader.record.sentence, reader.record.epochs.tolist()) == ("other", [5])


def lines(*losses: float) -> bytes:
    return b"".join(
        json.dumps({"epoch": at, "curves": {"train_loss": one}}).encode() + b"\n" for at, one in enumerate(losses)
    )


def in_place(folder: Path, content: bytes) -> None:
    (folder / "records.jsonl").write_bytes(content)


def by_another_file(folder: Path, content: bytes) -> None:
    (folder / "new").write_bytes(content)
    os.replace(folder / "new", folder / "records.jsonl")


def by_another_folder(folder: Path, content: bytes) -> None:
    description = (folder / "run.json").read_bytes()
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "run.json").write_bytes(description)
    in_place(folder, content)


@pytest.mark.parametrize("replaced", [in_place, by_another_file, by_another_folder])
@pytest.mark.parametrize(
    "losses",
    [(0.5,) * 6, (0.25,) * 9, (0.5, 0.5, 1.5), (1.5, 0.5, 0.5), (0.5,) * 3, (0.5,) * 2, (1.5, 1.5, 0.125, 1.5), ()],
)
def test_a_log_that_says_the_same_of_itself_and_is_written_anew_is_read_from_its_beginning(
    replaced: Callable[[Path, bytes], None], losses: tuple[float, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"format": 1} | HEADER))
    in_place(folder, lines(1.5, 1.5, 1.5))
    reader = LogReader(folder)
    assert len(reader.record.epochs) == 3
    replaced(folder, lines(*losses))
    assert reader.record.curve_arrays.get("train_loss", np.zeros((0, 1)))[:, 0].tolist() == [*losses]


def test_another_file_is_another_log_though_it_begins_and_ends_alike(writer: LogWriter) -> None:
    reader = LogReader(writer.folder)
    for losses in ((1.5, 1.5, 1.5), (1.5, 0.5, 1.5)):
        by_another_file(writer.folder, lines(*losses))
        assert reader.record.curve_arrays["train_loss"][:, 0].tolist() == [*losses]


def test_a_log_that_is_mended_is_read_again(writer: LogWriter) -> None:
    reader = LogReader(writer.folder)
    in_place(writer.folder, lines(1.5))
    assert reader.record.epochs.tolist() == [0]
    in_place(writer.folder, lines(1.5, 0.5) + b"{]\n")
    for _ in range(2):
        with pytest.raises(LogError, match="record 3"):
            reader.record  # noqa: B018
    in_place(writer.folder, lines(1.5, 0.5))
    assert reader.record.epochs.tolist() == [0, 1]


def test_what_is_known_of_a_log_is_not_read_again(writer: LogWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    add = Measurements.add
    monkeypatch.setattr(Measurements, "add", lambda self, line: (read.append(line), add(self, line)))
    reader = LogReader(writer.folder)
    for epoch in range(3):
        writer.append(record_of(epoch))
        assert reader.record.epochs.tolist() == [*range(epoch + 1)] and len(read) == epoch + 1


KILLED = """
import sys
from vgdemo.log import LogWriter
from vgdemo.model import Kernel, Model
writer = LogWriter(sys.argv[1], {"model": Model((Kernel("a", (2, 1)),) ).to_dict()})
for epoch in range(10**6):
    writer.append({"epoch": epoch, "kernels": {"gradient_rms": [epoch / 7]}, "histograms": [[0, *range(64)]]})
"""


def test_a_writer_that_is_killed_leaves_a_log_that_can_be_read(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    reader, seen = LogReader(tmp_path), 0
    try:
        until = time.monotonic() + 60
        while seen < 50 and time.monotonic() < until:
            seen = len(reader.record.epochs) if (tmp_path / "run.json").exists() else 0
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    for record in (reader.record, LogReader(tmp_path).record):
        assert len(record.epochs) >= 50 and record.status is RunStatus.RUNNING
        np.testing.assert_array_equal(record.epochs, np.arange(len(record.epochs)))
        np.testing.assert_array_equal(record.values("gradient_rms")[:, 0, 0], record.epochs / 7)


FULL = """
import resource, signal, sys
from vgdemo.log import LogWriter
from vgdemo.model import Model
writer = LogWriter(sys.argv[1], {"model": Model(()).to_dict()})
writer.append({"epoch": 0})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))  # The next line fits in part.
try:
    writer.append({"epoch": 1})
except OSError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
writer.append({"epoch": 2})
"""


def test_a_full_disk_costs_the_record_that_did_not_fit_and_no_other(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Expected room for a record")
    assert LogReader(tmp_path).record.epochs.tolist() == [0, 2]


def test_an_archive_is_read_from_bytes_and_from_a_file(writer: LogWriter, tmp_path: Path) -> None:
    writer.append(record_of(0))
    content = archive(
        **{name.replace(".", "_"): (writer.folder / name).read_bytes() for name in ("run.json", "records.jsonl")}
    )
    (tmp_path / "log.zip").write_bytes(content)
    for source in (content, tmp_path / "log.zip", tmp_path):
        assert read_log(source).run_key == LogReader(writer.folder).record.run_key
        assert read_log(source).epochs.tolist() == [0]


RECORD = json.dumps({"epoch": 0})


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"format": None},
        {"format": True},
        {"model": None},
        {"model": {"kernels": [], "layers": 3}},
        {"model": {"kernels": [{"layer": "a", "shape": [10**400]}], "layers": []}},
        {"model": {"kernels": [{"layer": f"k{n}", "shape": [1, 1]} for n in range(1001)], "layers": []}},
        {"model": {"kernels": [{"layer": "a", "shape": [1, 1]}] * 2, "layers": []}},
        {"model": {"kernels": [{"layer": "a", "shape": []}], "layers": []}},
        {"model": LSTM.to_dict() | {"num_classes": -1}},
        {"model": LSTM.to_dict() | {"optimizer": 3}},
        {"model": {"kernels": [], "layers": [{"name": "a" * 201}]}},
        {"name": ["mine"]},
        {"name": "half a sign \ud800"},
        {"model": {"kernels": [{"layer": "a", "shape": [1, 1], "kind": "\udfff"}], "layers": []}},
        {"status": "asleep"},
        {"status": {}},
        {"unit": "minute"},
        {"planned": -1},
        {"planned": 10**30},
        {"guessing_loss": "low"},
        {"guessing_loss": 10**400},
        {"guessing_loss": 1e101},
        {"majority_share": True},
        {"majority_share": -0.1},
        {"majority_share": 1.1},
        {"time_steps": {"lstm": [1] * 2}},
        {"time_steps": {"lstm": list(range(257))}},
        {"time_steps": {"lstm": [[1]]}},
        {"notices": "none"},
        {"notices": ["a" * 2001]},
        {"versions": {"keras": 3}},
    ],
)
def test_a_description_that_is_none_is_refused_with_a_sentence(changes: dict[str, Any]) -> None:
    with pytest.raises(LogError, match=r"^Expected .+ Received: .+") as caught:
        read_log(packed(HEADER | changes, RECORD))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "7",
        "{",
        "[" * 100_000,
        '{"epoch": 0, "a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"epoch": NaN}',
        '{"epoch": 1e3}',
        '{"epoch": -1}',
        '{"epoch": true}',
        '{"epoch": 99999999999}',
        '{"epoch": ' + "9" * 5000 + "}",
        '{"step": 1}',
        b"\xff\xfe{}",
        '{"epoch": 0, "curves": [1]}',
        '{"epoch": 0, "curves": {"train_loss": [1]}}',
        '{"epoch": 0, "curves": {"train_loss": Infinity}}',
        '{"epoch": 0, "curves": {"train_loss": 1' + "0" * 400 + "}}",
        '{"epoch": 0, "seconds": "long"}',
        '{"epoch": 0, "kernels": {"gradient_rms": [1, 2, 3]}}',
        '{"epoch": 0, "kernels": {"gradient_rms": [[1, 2], [3, 4]]}}',
        '{"epoch": 0, "kernels": {"gradient_rms": "1234"}}',
        '{"epoch": 0, "kernels": {"gradient_rms": ["big", 1, 2, 3]}}',
        '{"epoch": 0, "kernels": {"gradient_rms": [{}, 1, 2, 3]}}',
        '{"epoch": 0, "kernels": [1]}',
        '{"epoch": 0, "steps": {"lstm": 1}}',
        '{"epoch": 0, "steps": {"lstm": {"state_gradient_mean_abs": [1]}}}',
        '{"epoch": 0, "steps": []}',
        '{"epoch": 0, "kernels": {}, "histograms": [[0, 1]]}',
        '{"epoch": 0, "kernels": {}, "histograms": [[64, 1], null, null, null]}',
        '{"epoch": 0, "kernels": {}, "histograms": [[-1, 1], null, null, null]}',
        '{"epoch": 0, "kernels": {}, "histograms": [[0.5, 1], null, null, null]}',
        '{"epoch": 0, "kernels": {}, "histograms": [[0, -1], null, null, null]}',
        '{"epoch": 0, "kernels": {}, "histograms": [[0, 1.5], null, null, null]}',
        '{"epoch": 0, "kernels": {}, "histograms": [[0, 1e30], null, null, null]}',
        '{"epoch": 0, "kernels": {}, "histograms": [[0, "NaN"], null, null, null]}',
        '{"epoch": 0, "kernels": {}, "histograms": [[], null, null, null]}',
        '{"epoch": 0, "kernels": {}, "histograms": {"0": 1}}',
        '{"epoch": 0, "a": "' + "x" * 4_000_000 + '"}',
    ],
)
def test_a_record_that_is_none_is_refused_with_a_sentence(line: str | bytes) -> None:
    with pytest.raises(LogError, match=r"^Expected .+ Received: .+") as caught:
        read_log(packed(HEADER, line))
    assert len(str(caught.value)) < 400


def test_a_name_has_signs_of_all_alphabets_that_can_be_seen() -> None:
    assert read_log(packed(HEADER | {"name": "模型 🙂 \u202egpj"}, RECORD)).sentence == "模型 🙂  gpj"


def test_records_that_do_not_go_on_are_refused() -> None:
    with pytest.raises(LogError, match="record 2 of a log to come after 0"):
        read_log(packed(HEADER, RECORD, RECORD))


def test_more_records_than_memory_has_room_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vgdemo.log.measurements.MAX_CELLS", 3 * 9)  # Four kernels, two layers, three steps.
    lines = [json.dumps({"epoch": epoch}) for epoch in range(4)]
    assert len(read_log(packed(HEADER, *lines[:3])).epochs) == 3
    with pytest.raises(LogError, match="^Expected at most 3 records of 9 places"):
        read_log(packed(HEADER, *lines))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 nothing",
        archive(),
        archive(run_json="{}"),
        archive(run_json=json.dumps({"format": 1} | HEADER)),
        archive(records_jsonl=RECORD),
        packed(HEADER, RECORD)[:-30],
    ],
)
def test_what_is_no_archive_of_a_log_is_refused_with_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "log.zip").write_bytes(content)
    for source in (content, tmp_path / "log.zip"):
        with pytest.raises(LogError, match=r"^Expected .+ Received: .+"):
            read_log(source)


def test_an_archive_that_unpacks_to_much_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vgdemo.log.reader.MAX_ARCHIVE", 100_000)
    lines = [json.dumps({"epoch": epoch, "spaces": " " * 10_000}) for epoch in range(11)]
    content = packed(HEADER, *lines)
    assert len(content) < 2_000
    with pytest.raises(LogError, match="^Expected an archive of at most 100,000 bytes"):
        read_log(content)
    with pytest.raises(LogError, match="^Expected an archive of at most 100,000 bytes"):
        read_log(archive(run_json=b" " * 10**8, records_jsonl=b""))


def test_a_folder_without_a_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "run.json")  # Would keep waiting whoever opens it.
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "pipe"):
        with pytest.raises(LogError, match=r"^Expected .+ Received: .+"):
            LogReader(folder).record  # noqa: B018


def test_a_header_that_a_reader_would_refuse_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="unit"):
        LogWriter(tmp_path / "log", HEADER | {"unit": "minute"})
    assert not (tmp_path / "log").exists()


def test_numbers_survive_to_the_last_digit_and_arrays_are_written_too(writer: LogWriter) -> None:
    values = np.array([5e-324, 1.7976931348623157e308, -0.0, 1 / 3])
    writer.append({"epoch": 0, "kernels": {name: values for name in KERNEL_STATISTICS}})
    read = LogReader(writer.folder).record.values("kernel_mean")[0, 0]
    np.testing.assert_array_equal(read, values)
    assert np.signbit(read[2])


def test_what_was_not_measured_is_told_from_what_is_no_number_and_stays_so(writer: LogWriter, tmp_path: Path) -> None:
    for epoch, said in enumerate([{}, {"val_loss": float("nan")}, {"val_loss": None}, {"val_loss": 0.5}]):
        writer.append(record_of(epoch, curves={"train_loss": 1.0, "probe_loss": 2.0, **said}))
    record = LogReader(writer.folder).record
    record.save(tmp_path / "kept.zip")
    for one in (record, RunRecord.load(tmp_path / "kept.zip")):
        assert {name: gaps.tolist() for name, gaps in one.gaps.items()} == {"val_loss": [True, False, True, False]}
        epochs, values = one.curve("val_loss") or pytest.fail("not measured")
        assert epochs.tolist() == [1, 3]
        np.testing.assert_array_equal(values, [[np.nan], [0.5]])
        assert one.curve_arrays["probe_loss"].tolist() == [[2.0]] * 4 and one.curve("val_accuracy") is None
    assert record.beginning.gaps["val_loss"].tolist() == [True]
