"""Log folders: what is in them, and what is left alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import foreign_record
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from vgdemo.export import tensorboard_zip, write_tensorboard
from vgdemo.record import RunRecord


@pytest.fixture
def record(make_record: Callable[..., RunRecord]) -> RunRecord:
    return make_record()


def losses(folder: Path) -> list[float]:
    """The training losses that TensorBoard reads."""
    return [event.value for event in EventAccumulator(str(folder)).Reload().Scalars("epoch_loss")]


def test_each_replicate_is_a_run_and_each_layer(record: RunRecord, tmp_path: Path) -> None:
    write_tensorboard(record, tmp_path)
    runs = ["layer-1", "layer-2", "median", "output", "replicate-1", "replicate-2"]
    assert sorted(path.name for path in tmp_path.iterdir()) == runs
    for replicate in (0, 1):
        expected = record.curve_arrays["train_loss"][:, replicate]
        assert losses(tmp_path / f"replicate-{replicate + 1}") == pytest.approx(expected)


def test_a_training_of_somebodys_own_is_one_replicate(tmp_path: Path) -> None:
    write_tensorboard(foreign_record(), tmp_path)
    assert [path.name for path in tmp_path.glob("*replicate*")] == ["replicate-1"]
    assert losses(tmp_path / "replicate-1") == pytest.approx(foreign_record().curve_arrays["train_loss"][:, 0])


@pytest.mark.parametrize("name", ["empty", "new/folder"])
def test_a_folder_that_is_empty_or_new_is_written(record: RunRecord, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    write_tensorboard(record, tmp_path / name)
    assert (tmp_path / name / "replicate-1").is_dir()


def test_a_folder_that_holds_something_is_left_alone(record: RunRecord, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="Expected a log folder that is empty"):
        write_tensorboard(record, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_in_the_folders_place_is_left_alone(record: RunRecord, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("mine")
    with pytest.raises(FileExistsError, match="Expected a log folder"):
        write_tensorboard(record, tmp_path / "log")
    assert (tmp_path / "log").read_text() == "mine"


@pytest.mark.parametrize(("name", "folder"), [("My run", "My-run"), ("../..", "tanh-2x5-uniform_0_1")])
def test_the_archive_holds_the_same_runs_in_a_folder_of_the_runs_name(
    record: RunRecord, tmp_path: Path, name: str, folder: str
) -> None:
    with zipfile.ZipFile(io.BytesIO(tensorboard_zip(record, name))) as archive:
        archive.extractall(tmp_path)
    (found,) = tmp_path.iterdir()
    assert found.name.startswith(folder)
    write_tensorboard(record, tmp_path / "log")
    assert {path.name for path in found.iterdir()} == {path.name for path in (tmp_path / "log").iterdir()}
    assert losses(found / "replicate-2") == pytest.approx(record.curve_arrays["train_loss"][:, 1])
