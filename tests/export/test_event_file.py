"""Event files as TensorBoard reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import changed, foreign_record
from numpy.typing import NDArray
from tensorboard.backend.event_processing.event_accumulator import TENSORS, EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from vgdemo.export.event_file import event_file
from vgdemo.record import HISTOGRAM_BINS, HISTOGRAM_EDGES, RunRecord

MakeRecord = Callable[..., RunRecord]
ZERO, BELOW, FIRST, ABOVE, NOT_FINITE = 0, 1, 2, HISTOGRAM_BINS - 2, HISTOGRAM_BINS - 1


@pytest.fixture
def record(make_record: MakeRecord) -> RunRecord:
    return make_record(num_hidden_layers=5)


def read(record: RunRecord, folder: Path, replicate: int = 0) -> EventAccumulator:
    """TensorBoard's own reader of one replicate's events."""
    (folder / "events.out.tfevents.0").write_bytes(event_file(record, replicate))
    return EventAccumulator(str(folder), size_guidance={TENSORS: 0}).Reload()


def buckets(reader: EventAccumulator, tag: str) -> list[NDArray[np.float64]]:
    """(buckets, 3) left, right and count, epoch by epoch."""
    return [make_ndarray(event.tensor_proto) for event in reader.Tensors(tag)]


def with_counts(record: RunRecord, counts: dict[int, int], **sizes: float) -> RunRecord:
    """The record with the same histogram everywhere, given as bin to count."""
    kernels = record.panels["kernels"]
    histograms = np.zeros_like(kernels.histograms)
    for index, count in counts.items():
        histograms[..., index] = count
    record = replace(record, panels={**record.panels, "kernels": replace(kernels, histograms=histograms)})
    return changed(record, **{name: np.array(size) for name, size in sizes.items()})


def one_histogram(record: RunRecord, folder: Path) -> list[list[float]]:
    return buckets(read(record, folder), "kernel_0_grad")[0].tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("replicate", [0, 1])
def test_the_curves_are_those_of_the_replicate(record: RunRecord, tmp_path: Path, replicate: int) -> None:
    names = {
        "epoch_accuracy": "train_accuracy",
        "epoch_loss": "train_loss",
        "epoch_val_accuracy": "val_accuracy",
        "epoch_val_loss": "val_loss",
    }
    reader = read(record, tmp_path, replicate)
    for tag, name in names.items():
        events = reader.Scalars(tag)
        assert [event.step for event in events] == [0, 1, 2, 3]
        expected = record.curve_arrays[name][:, replicate].astype(np.float32)
        assert [event.value for event in events] == expected.tolist()


def test_the_gradient_of_each_kernel_has_a_histogram_at_every_epoch(record: RunRecord, tmp_path: Path) -> None:
    reader = read(record, tmp_path, replicate=1)
    assert sorted(reader.Tags()["tensors"]) == [f"kernel_{layer}_grad" for layer in range(6)]
    for layer, phrase in enumerate(["layer 1", "layer 2", "layer 3", "layer 4", "layer 5", "the output"]):
        counts = [histogram[:, 2].sum() for histogram in buckets(reader, f"kernel_{layer}_grad")]
        expected = record.panels["kernels"].histograms[:, 1, layer, :NOT_FINITE]
        assert counts == expected.sum(axis=-1).tolist()
        metadata = reader.SummaryMetadata(f"kernel_{layer}_grad")
        assert metadata.plugin_data.plugin_name == "histograms"
        assert f"that of {phrase}, on the whole training half" in metadata.summary_description
        assert "Signs are not kept" in metadata.summary_description


def test_buckets_have_the_edges_of_the_record_and_end_at_the_largest_entry(record: RunRecord, tmp_path: Path) -> None:
    first = FIRST + int(np.flatnonzero(HISTOGRAM_EDGES == -3)[0])
    rows = one_histogram(with_counts(record, {first: 4, first + 2: 1}, gradient_max_abs=0.02), tmp_path)
    np.testing.assert_allclose(rows, [[10**-3, 10**-2.5, 4], [10**-2.5, 10**-2, 0], [10**-2, 0.02, 1]])


def test_exact_zeros_are_counted_from_zero_on(record: RunRecord, tmp_path: Path) -> None:
    rows = one_histogram(with_counts(record, {ZERO: 9, BELOW: 1}, gradient_max_abs=0.0), tmp_path)
    np.testing.assert_allclose(rows, [[0, 1e-24, 10]])


def test_entries_beyond_the_last_edge_end_at_the_largest(record: RunRecord, tmp_path: Path) -> None:
    rows = one_histogram(with_counts(record, {ABOVE: 2}, gradient_max_abs=3e9), tmp_path)
    np.testing.assert_allclose(rows, [[1e6, 3e9, 2]])


def test_entries_that_are_not_finite_are_in_no_bucket(record: RunRecord, tmp_path: Path) -> None:
    assert one_histogram(with_counts(record, {NOT_FINITE: 5}, gradient_max_abs=np.nan), tmp_path) == []


def test_buckets_keep_their_edges_where_the_largest_entry_is_not_known(record: RunRecord, tmp_path: Path) -> None:
    known = with_counts(record, {FIRST: 3})
    kernels = replace(known.panels["kernels"], statistics={})
    rows = one_histogram(replace(known, panels={"kernels": kernels}), tmp_path)
    np.testing.assert_allclose(rows, [[1e-24, 10**-23.5, 3]])


def test_statistics_are_scalars_only_where_they_have_a_meaning(record: RunRecord, tmp_path: Path) -> None:
    reader = read(record, tmp_path)
    steps = {tag: [event.step for event in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}
    assert steps["gradient_mean_abs/kernel_5"] == steps["kernel_l1/kernel_0"] == [0, 1, 2, 3]
    assert steps["update_ratio/kernel_5"] == [1, 2, 3]
    assert steps["dead_share/activation_4"] == [0, 1, 2, 3]
    assert "dead_share/activation_5" not in steps  # The output's.
    values = [event.value for event in reader.Scalars("kernel_rms/kernel_2")]
    np.testing.assert_allclose(values, record.values("kernel_rms")[:, 0, 2], rtol=1e-6)


def test_tags_go_by_what_a_panel_is_of_and_not_by_its_name(record: RunRecord, tmp_path: Path) -> None:
    panels = {f"my {name}": panel for name, panel in record.panels.items()}
    tags = read(replace(record, panels=panels), tmp_path).Tags()
    assert {"update_ratio/kernel_5", "dead_share/activation_4"} <= set(tags["scalars"])
    assert set(tags["tensors"]) == {f"kernel_{layer}_grad" for layer in range(6)}


def test_a_panel_that_does_not_say_what_it_is_of_keeps_its_labels(record: RunRecord, tmp_path: Path) -> None:
    panels = {name: replace(panel, of=None) for name, panel in record.panels.items()}
    tags = read(replace(record, panels=panels), tmp_path).Tags()
    assert {"update_ratio/output", "dead_share/5"} <= set(tags["scalars"])
    assert set(tags["tensors"]) == {"1_grad", "2_grad", "3_grad", "4_grad", "5_grad", "output_grad"}


def test_a_network_of_somebodys_own_has_keras_names_and_what_was_measured_of_it(tmp_path: Path) -> None:
    record = foreign_record()
    reader = read(record, tmp_path)
    kernels = ["lstm/kernel", "lstm/recurrent_kernel", "dense/kernel", "answer/kernel"]
    assert reader.Tags()["tensors"] == [f"{kernel}_grad" for kernel in kernels]
    assert (
        "that of layer lstm/recurrent_kernel at the end of the epoch"
        in reader.SummaryMetadata("lstm/recurrent_kernel_grad").summary_description
    )
    steps = {tag: [event.step for event in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}
    assert {tag for tag in steps if "/" not in tag} == {"epoch_accuracy", "epoch_loss"}
    assert {tag.removeprefix("update_ratio/") for tag in steps if "update_ratio" in tag} == {*kernels}
    assert steps["update_ratio/lstm/kernel"] == [2, 4, 6]
    assert {tag for tag in steps if "dead_share" in tag} == {"dead_share/lstm", "dead_share/dense"}
    assert steps["state_gradient_rms/time_step_5"] == steps["epoch_loss"] == [0, 2, 4, 6]
    values = [event.value for event in reader.Scalars("gradient_rms/lstm/recurrent_kernel")]
    np.testing.assert_allclose(values, record.values("gradient_rms")[:, 0, 1], rtol=1e-6)
