"""Event files as TensorBoard reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from conftest import changed, foreign_record, random_record, with_counts
from numpy.typing import NDArray
from tensorboard.backend.event_processing.event_accumulator import TENSORS, EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from vgdemo.config import RunConfig
from vgdemo.export.event_file import event_files
from vgdemo.record import HISTOGRAM_BINS, HISTOGRAM_EDGES, RunRecord

MakeRecord = Callable[..., RunRecord]
ZERO, BELOW, FIRST, ABOVE, NOT_FINITE = 0, 1, 2, HISTOGRAM_BINS - 2, HISTOGRAM_BINS - 1


@pytest.fixture
def record(make_record: MakeRecord) -> RunRecord:
    return make_record(num_hidden_layers=5)


def read(record: RunRecord, folder: Path, run: str = "median") -> EventAccumulator:
    """TensorBoard's own reader of one of the record's runs."""
    (folder / "events.out.tfevents.0").write_bytes(event_files(record)[run])
    return EventAccumulator(str(folder), size_guidance={TENSORS: 0}).Reload()


def scalars(reader: EventAccumulator, tag: str) -> dict[int, float]:
    """Epoch to number."""
    return {event.step: event.value for event in reader.Scalars(tag)}


def buckets(reader: EventAccumulator, tag: str) -> list[NDArray[np.float64]]:
    """(buckets, 3) left, right and count, epoch by epoch."""
    return [make_ndarray(event.tensor_proto) for event in reader.Tensors(tag)]


def one_histogram(record: RunRecord, folder: Path) -> list[list[float]]:
    return buckets(read(record, folder), "gradients/log10 kernel_1_grad")[0].tolist()  # type: ignore[no-any-return]


NAMES = {
    "epoch_accuracy": "train_accuracy",
    "epoch_loss": "train_loss",
    "epoch_val_accuracy": "val_accuracy",
    "epoch_val_loss": "val_loss",
}


@pytest.mark.parametrize("replicate", [0, 1])
def test_the_curves_are_those_of_the_replicate(record: RunRecord, tmp_path: Path, replicate: int) -> None:
    reader = read(record, tmp_path, f"replicate-{replicate + 1}")
    for tag, name in NAMES.items():
        expected = record.curve_arrays[name][:, replicate].astype(np.float32)
        assert scalars(reader, tag) == dict(enumerate(expected.tolist()))
    assert reader.Tags()["tensors"] == []


def test_the_curves_of_the_median_are_in_the_middle(make_record: MakeRecord, tmp_path: Path) -> None:
    record = make_record(replicates=3)
    reader = read(record, tmp_path)
    for tag, name in NAMES.items():
        expected = np.median(record.curve_arrays[name], axis=1).astype(np.float32)
        assert scalars(reader, tag) == dict(enumerate(expected.tolist()))


def test_a_single_replicate_is_its_own_median(make_record: MakeRecord, tmp_path: Path) -> None:
    record = make_record(replicates=1)
    assert [*event_files(record)] == ["replicate-1", "layer-1", "layer-2", "output"]
    assert read(record, tmp_path, "replicate-1").Tags()["tensors"] == [
        "gradients/log10 kernel_1_grad",
        "gradients/log10 kernel_2_grad",
        "gradients/log10 kernel_output_grad",
    ]


def test_the_gradient_of_each_kernel_has_a_histogram_at_every_epoch(record: RunRecord, tmp_path: Path) -> None:
    reader = read(record, tmp_path)
    tags = [f"gradients/log10 kernel_{layer}_grad" for layer in (1, 2, 3, 4, 5, "output")]
    assert sorted(reader.Tags()["tensors"]) == tags
    phrases = ["layer 1", "layer 2", "layer 3", "layer 4", "layer 5", "the output"]
    for place, (tag, phrase) in enumerate(zip(tags, phrases, strict=True)):
        counts = [histogram[:, 2].sum() for histogram in buckets(reader, tag)]
        expected = record.panels["kernels"].histograms[:, :, place, BELOW:NOT_FINITE]
        assert counts == expected.sum(axis=(1, 2)).tolist()
        metadata = reader.SummaryMetadata(tag)
        assert metadata.plugin_data.plugin_name == "histograms"
        assert f"that of {phrase}, on the whole training half" in metadata.summary_description
        assert "Signs are not kept" in metadata.summary_description


def test_buckets_are_half_a_decade_wide_and_hold_all_replicates(record: RunRecord, tmp_path: Path) -> None:
    first = FIRST + int(np.flatnonzero(HISTOGRAM_EDGES == -3)[0])
    rows = one_histogram(with_counts(record, {first: 4, first + 2: 1}), tmp_path)
    assert rows == [[-3, -2.5, 2 * 4], [-2.5, -2, 0], [-2, -1.5, 2 * 1]]


@pytest.mark.parametrize(
    ("place", "bucket"), [(BELOW, [-24.5, -24, 6]), (FIRST, [-24, -23.5, 6]), (ABOVE, [6, 6.5, 6])]
)
def test_all_that_is_smaller_or_larger_than_the_edges_is_in_the_buckets_at_the_ends(
    record: RunRecord, tmp_path: Path, place: int, bucket: list[float]
) -> None:
    assert one_histogram(with_counts(record, {place: 3}), tmp_path) == [bucket]


@pytest.mark.parametrize("place", [ZERO, NOT_FINITE])
def test_exact_zeros_and_entries_that_are_not_finite_are_in_no_bucket(
    record: RunRecord, tmp_path: Path, place: int
) -> None:
    assert one_histogram(with_counts(record, {place: 5}), tmp_path) == []
    assert one_histogram(with_counts(record, {place: 5, FIRST: 1}), tmp_path) == [[-24, -23.5, 2]]


def test_all_layers_are_in_one_chart_of_a_statistic(make_record: MakeRecord) -> None:
    """A chart of TensorBoard's holds all runs that have its tag: here twelve statistics, whatever the depth."""
    for depth in (2, 20):
        layers = [f"layer-{number}" for number in range(1, depth + 1)]
        contents = tags_of_scalars(make_record(num_hidden_layers=depth))
        assert [*contents] == ["median", "replicate-1", "replicate-2", *layers, "output"]
        assert len({tag for tags in contents.values() for tag in tags}) == 4 + 12
        assert all(contents[layer] == contents["layer-1"] for layer in layers)
        assert contents["layer-1"] - contents["output"] == {
            "layers/activation mean",
            "layers/log10 activation std",
            "layers/saturated share",
            "layers/dead share",
        }


def tags_of_scalars(record: RunRecord) -> dict[str, set[str]]:
    """Run to its tags."""
    with TemporaryDirectory() as folder:
        return {run: set(read(record, Path(folder), run).Tags()["scalars"]) for run in event_files(record)}


def test_statistics_are_scalars_only_where_they_have_a_meaning(record: RunRecord, tmp_path: Path) -> None:
    reader = read(record, tmp_path, "output")
    steps = {tag: [*scalars(reader, tag)] for tag in reader.Tags()["scalars"]}
    assert steps["layers/log10 gradient mean abs"] == steps["layers/log10 kernel l1"] == [0, 1, 2, 3]
    assert steps["layers/log10 update ratio"] == [1, 2, 3]
    assert "layers/dead share" not in steps
    reader = read(record, tmp_path, "layer-5")
    assert [*scalars(reader, "layers/dead share")] == [0, 1, 2, 3]


def test_a_statistic_is_its_median_and_a_size_its_power_of_ten(make_record: MakeRecord, tmp_path: Path) -> None:
    record = make_record(replicates=3)
    reader = read(record, tmp_path, "layer-2")
    for tag, name, drawn in (
        ("log10 kernel rms", "kernel_rms", np.log10),
        ("log10 gradient rms", "gradient_rms", np.log10),
        ("kernel mean", "kernel_mean", np.asarray),
        ("saturated share", "saturated_share", np.asarray),
    ):
        expected = drawn(np.median(record.values(name)[:, :, 1], axis=1))
        np.testing.assert_allclose([*scalars(reader, f"layers/{tag}").values()], expected, rtol=1e-5, atol=1e-6)
        assert "The median" in reader.SummaryMetadata(f"layers/{tag}").summary_description
    assert "-8 is 1e-8" in reader.SummaryMetadata("layers/log10 gradient rms").summary_description
    assert "-8 is 1e-8" not in reader.SummaryMetadata("layers/kernel mean").summary_description


def test_tiny_sizes_stay_and_exact_zeros_are_left_out(make_record: MakeRecord, tmp_path: Path) -> None:
    sizes = np.array([1e-300, 0, np.inf, np.nan])[:, None, None]
    record = changed(make_record(), gradient_rms=sizes, dead_share=np.array(0.0))
    reader = read(record, tmp_path, "layer-1")
    found = scalars(reader, "layers/log10 gradient rms")
    assert [*found] == [0, 2, 3]
    np.testing.assert_allclose([*found.values()], [-300, np.inf, np.nan])
    assert scalars(reader, "layers/dead share") == dict.fromkeys(range(4), 0)


def test_a_layer_of_zeros_alone_has_no_logarithm_at_all(make_record: MakeRecord, tmp_path: Path) -> None:
    record = changed(make_record(), gradient_rms=np.array(0.0))
    assert "layers/log10 gradient rms" not in read(record, tmp_path, "layer-1").Tags()["scalars"]


def test_a_statistic_without_negative_numbers_has_the_tag_that_it_has_in_every_run(
    make_record: MakeRecord, tmp_path: Path
) -> None:
    for sign in (1, -1):
        record = changed(make_record(), kernel_mean=np.array(0.5 * sign))
        tags = read(record, tmp_path, "layer-1").Tags()["scalars"]
        assert "layers/kernel mean" in tags and "layers/log10 kernel mean" not in tags


def test_tags_go_by_what_a_panel_is_of_and_not_by_its_name(record: RunRecord) -> None:
    panels = {f"my {name}": panel for name, panel in record.panels.items()}
    renamed = replace(record, panels=panels)
    assert tags_of_scalars(renamed) == tags_of_scalars(record)


def test_a_panel_that_does_not_say_what_it_is_of_keeps_its_labels(record: RunRecord, tmp_path: Path) -> None:
    panels = {name: replace(panel, of=None) for name, panel in record.panels.items()}
    tags = read(replace(record, panels=panels), tmp_path).Tags()
    assert set(tags["tensors"]) == {f"gradients/log10 {label}_grad" for label in ("1", "2", "3", "4", "5", "output")}


def test_a_network_of_somebodys_own_has_keras_names_and_what_was_measured_of_it(tmp_path: Path) -> None:
    record = foreign_record()
    layers = ["lstm-kernel", "lstm-recurrent_kernel", "dense", "answer", "lstm"]
    assert [*event_files(record)] == ["replicate-1", *layers, *(f"time-step-{step}" for step in range(1, 6))]
    reader = read(record, tmp_path, "replicate-1")
    kernels = ["lstm/kernel", "lstm/recurrent_kernel", "dense/kernel", "answer/kernel"]
    assert reader.Tags()["tensors"] == [f"gradients/log10 {kernel}_grad" for kernel in kernels]
    assert (
        "that of layer lstm/recurrent_kernel at the end of the epoch"
        in reader.SummaryMetadata("gradients/log10 lstm/recurrent_kernel_grad").summary_description
    )
    assert {*reader.Tags()["scalars"]} == {"epoch_accuracy", "epoch_loss"}
    assert [*scalars(reader, "epoch_loss")] == [0, 2, 4, 6]
    tags = tags_of_scalars(record)
    assert {run for run in tags if "layers/log10 update ratio" in tags[run]} == {*layers[:4]}
    assert {run for run in tags if "layers/dead share" in tags[run]} == {"lstm", "dense"}
    reader = read(record, tmp_path, "time-step-5")
    assert [*scalars(reader, "time steps/log10 state gradient rms")] == [0, 2, 4, 6]
    reader = read(record, tmp_path, "lstm-recurrent_kernel")
    assert [*scalars(reader, "layers/log10 update ratio")] == [2, 4, 6]
    expected = np.log10(record.values("gradient_rms")[:, 0, 1])
    found = [*scalars(reader, "layers/log10 gradient rms").values()]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_recurrent_run_has_its_kernels_and_the_time_steps_of_each_layer_for_themselves(tmp_path: Path) -> None:
    record = random_record(RunConfig(network="lstm", num_hidden_layers=2, time_steps=3, n_samples=100, epochs=2))
    kernels = [f"layer-{layer}-{kernel}" for layer in (1, 2) for kernel in ("kernel", "recurrent_kernel")]
    _, _, _, _, _, _, *others = event_files(record)  # The median and five replicates.
    assert others == [*kernels, "output", "layer-1", "layer-2", "time-step-1", "time-step-2", "time-step-3"]
    names = [f"{kernel}_{layer}" for kernel in ("kernel", "recurrent_kernel") for layer in (1, 2)]
    found = {*read(record, tmp_path).Tags()["tensors"]}
    assert found == {f"gradients/log10 {name}_grad" for name in (*names, "kernel_output")}
    reader = read(record, tmp_path, "time-step-3")
    for layer in (1, 2):
        sizes = np.median(record.panels[f"steps/{layer}"].statistics["state_gradient_rms"][:, :, 2], axis=1)
        expected = dict(enumerate(np.log10(sizes)))
        assert scalars(reader, f"time steps of layer {layer}/log10 state gradient rms") == pytest.approx(
            expected, rel=1e-5
        )


def test_no_layers_name_leads_out_of_the_folder_or_hides_another(make_record: MakeRecord) -> None:
    record = make_record(num_hidden_layers=4)
    labels = ("../../x", "..\\..\\X", "median", "🙂", "CON")
    panels = {"kernels": replace(record.panels["kernels"], labels=labels)}
    runs = [*event_files(replace(record, panels=panels))]
    assert runs == ["median", "replicate-1", "replicate-2", "x", "X-2", "median-2", "layer", "run-CON"]
