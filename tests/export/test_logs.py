"""Log folders as TensorBoard reads them."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tensorboard.backend.event_processing.event_accumulator import TENSORS, EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from vgdemo.export import tensorboard, tensorboard_zip
from vgdemo.record import HISTOGRAM_BINS, HISTOGRAM_EDGES, RunRecord

MakeRecord = Callable[..., RunRecord]
ZERO, BELOW, FIRST, ABOVE, NOT_FINITE = 0, 1, 2, HISTOGRAM_BINS - 2, HISTOGRAM_BINS - 1


@pytest.fixture
def record(make_record: MakeRecord) -> RunRecord:
    return make_record(num_hidden_layers=5)


def read(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder), size_guidance={TENSORS: 0}).Reload()


def buckets(reader: EventAccumulator, tag: str) -> list[NDArray[np.float64]]:
    """(buckets, 3) left, right and count, epoch by epoch."""
    return [make_ndarray(event.tensor_proto) for event in reader.Tensors(tag)]


def with_counts(record: RunRecord, counts: dict[int, int], largest: float) -> RunRecord:
    """The record with the same histogram everywhere, given as bin to count."""
    histograms = np.zeros_like(record.histograms)
    for index, count in counts.items():
        histograms[..., index] = count
    sizes = np.full_like(record.layer_arrays["gradient_max_abs"], largest)
    return replace(record, histograms=histograms, layer_arrays={**record.layer_arrays, "gradient_max_abs": sizes})


def one_histogram(record: RunRecord, tmp_path: Path) -> list[list[float]]:
    tensorboard(record, tmp_path / "logs")
    return buckets(read(tmp_path / "logs" / "replicate_0"), "kernel_0_grad")[0].tolist()  # type: ignore[no-any-return]


def test_each_replicate_is_a_run_with_the_curves_of_the_record(record: RunRecord, tmp_path: Path) -> None:
    tensorboard(record, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["replicate_0", "replicate_1"]
    names = {
        "epoch_accuracy": "train_accuracy",
        "epoch_loss": "train_loss",
        "epoch_val_accuracy": "val_accuracy",
        "epoch_val_loss": "val_loss",
    }
    for replicate in (0, 1):
        reader = read(tmp_path / f"replicate_{replicate}")
        for tag, name in names.items():
            events = reader.Scalars(tag)
            assert [event.step for event in events] == [0, 1, 2, 3]
            expected = record.curve_arrays[name][:, replicate].astype(np.float32)
            assert [event.value for event in events] == expected.tolist()


def test_the_gradient_of_each_kernel_has_a_histogram_at_every_epoch(record: RunRecord, tmp_path: Path) -> None:
    tensorboard(record, tmp_path)
    reader = read(tmp_path / "replicate_1")
    assert sorted(reader.Tags()["tensors"]) == [f"kernel_{layer}_grad" for layer in range(6)]
    for layer in range(6):
        counts = [histogram[:, 2].sum() for histogram in buckets(reader, f"kernel_{layer}_grad")]
        assert counts == record.histograms[:, 1, layer, :NOT_FINITE].sum(axis=-1).tolist()
        metadata = reader.SummaryMetadata(f"kernel_{layer}_grad")
        assert metadata.plugin_data.plugin_name == "histograms"
        assert f"layer {layer + 1}" in metadata.summary_description
        assert "Signs are not kept" in metadata.summary_description


def test_buckets_have_the_edges_of_the_record_and_end_at_the_largest_entry(record: RunRecord, tmp_path: Path) -> None:
    first = FIRST + int(np.flatnonzero(HISTOGRAM_EDGES == -3)[0])
    rows = one_histogram(with_counts(record, {first: 4, first + 2: 1}, largest=0.02), tmp_path)
    np.testing.assert_allclose(rows, [[10**-3, 10**-2.5, 4], [10**-2.5, 10**-2, 0], [10**-2, 0.02, 1]])


def test_exact_zeros_are_counted_from_zero_on(record: RunRecord, tmp_path: Path) -> None:
    rows = one_histogram(with_counts(record, {ZERO: 9, BELOW: 1}, largest=0.0), tmp_path)
    np.testing.assert_allclose(rows, [[0, 1e-24, 10]])


def test_entries_beyond_the_last_edge_end_at_the_largest(record: RunRecord, tmp_path: Path) -> None:
    rows = one_histogram(with_counts(record, {ABOVE: 2}, largest=3e9), tmp_path)
    np.testing.assert_allclose(rows, [[1e6, 3e9, 2]])


def test_entries_that_are_not_finite_are_in_no_bucket(record: RunRecord, tmp_path: Path) -> None:
    assert one_histogram(with_counts(record, {NOT_FINITE: 5}, largest=np.nan), tmp_path) == []


def test_statistics_are_scalars_only_where_they_have_a_meaning(record: RunRecord, tmp_path: Path) -> None:
    tensorboard(record, tmp_path)
    reader = read(tmp_path / "replicate_0")
    steps = {tag: [event.step for event in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}
    assert steps["gradient_mean_abs/kernel_5"] == steps["kernel_l1/kernel_0"] == [0, 1, 2, 3]
    assert steps["update_ratio/kernel_5"] == [1, 2, 3]
    assert steps["dead_share/activation_4"] == [0, 1, 2, 3]
    assert "dead_share/activation_5" not in steps  # The output's.
    values = [event.value for event in reader.Scalars("kernel_rms/kernel_2")]
    np.testing.assert_allclose(values, record.layer_arrays["kernel_rms"][:, 0, 2], rtol=1e-6)


@pytest.mark.parametrize("name", ["empty", "new/folder"])
def test_a_folder_that_is_empty_or_new_is_written(record: RunRecord, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    tensorboard(record, tmp_path / name)
    assert (tmp_path / name / "replicate_0").is_dir()


def test_a_folder_that_holds_something_is_left_alone(record: RunRecord, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="Expected a log folder that is empty"):
        tensorboard(record, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_in_the_folders_place_is_left_alone(record: RunRecord, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("mine")
    with pytest.raises(FileExistsError, match="Expected a log folder"):
        tensorboard(record, tmp_path / "log")
    assert (tmp_path / "log").read_text() == "mine"


def test_the_archive_holds_the_same_runs(record: RunRecord, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(tensorboard_zip(record))) as archive:
        archive.extractall(tmp_path)
    assert len(read(tmp_path / "replicate_1").Scalars("epoch_loss")) == 4


def test_without_tensorboard_the_error_names_the_package(
    record: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "vgdemo.export.events", raising=False)
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)
    with pytest.raises(ModuleNotFoundError, match="pip install tensorboard"):
        tensorboard(record, tmp_path / "logs")
    assert not (tmp_path / "logs").exists()
