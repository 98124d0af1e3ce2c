"""A run's record: its parts by name, tidy tables, and chunks that join."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from conftest import LSTM, foreign_record
from record.same import assert_same

from vgdemo.config import RunConfig
from vgdemo.record import (
    ACTIVATION_STATISTICS,
    KERNEL_STATISTICS,
    UPDATE_STATISTICS,
    Panel,
    RunRecord,
    RunStatus,
    Surface,
)

MakeRecord = Callable[..., RunRecord]


@pytest.fixture
def record(make_record: MakeRecord) -> RunRecord:
    return make_record()


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


def test_the_curves_table_has_what_was_measured(record: RunRecord) -> None:
    assert list(foreign_record().curves.columns) == ["epoch", "replicate", "train_loss", "train_accuracy"]
    assert foreign_record().curves["epoch"].tolist() == [0, 2, 4, 6]


def test_the_layers_table_has_one_row_for_each_epoch_replicate_and_layer(record: RunRecord) -> None:
    table = record.layers
    statistics = [*KERNEL_STATISTICS, *UPDATE_STATISTICS, *ACTIVATION_STATISTICS]
    assert list(table.columns) == ["epoch", "replicate", "layer", *statistics]
    assert len(table) == 4 * 2 * 3
    for epoch, replicate, layer in ((0, 0, "1"), (2, 1, "output"), (3, 0, "2")):
        found = (table.epoch == epoch) & (table.replicate == replicate) & (table.layer == layer)
        (row,) = table[found].to_dict("records")
        place = ["1", "2", "output"].index(layer)
        assert row["gradient_rms"] == record.values("gradient_rms")[epoch, replicate, place]


def test_layers_are_named_from_the_first_hidden_one_to_the_output(record: RunRecord) -> None:
    assert record.panel_of("gradient_rms").labels == ("1", "2", "output")
    assert record.panel_of("gradient_rms").phrases == ("layer 1", "layer 2", "the output")
    assert record.panel_of("dead_share").labels == ("1", "2")  # The output's units are not measured.


def test_a_statistic_is_found_in_the_panel_that_has_it() -> None:
    record = foreign_record()
    steps = record.panels["steps"]
    assert record.panel_of("state_gradient_rms") is steps
    assert record.values("state_gradient_rms") is steps.statistics["state_gradient_rms"]
    assert record.panel_of("gradient_rms").labels == ("lstm/kernel", "lstm/recurrent_kernel", "dense", "answer")
    assert record.panel_of("update_ratio").epochs.tolist() == [2, 4, 6]


def test_a_statistic_that_was_not_measured_is_said_to_be_absent(record: RunRecord) -> None:
    assert record.has("gradient_rms") and not record.has("state_gradient_rms")
    assert record.find_panel("gradient_rms") is record.panels["kernels"]
    assert record.find_panel("state_gradient_rms") is None
    for look_up in (record.values, record.panel_of):
        with pytest.raises(KeyError, match="state_gradient_rms"):
            look_up("state_gradient_rms")


def test_a_run_of_settings_and_a_log_are_told_apart_by_their_source(record: RunRecord) -> None:
    assert (record.config, record.run_key, record.sentence) == (
        record.source,
        record.source.run_key,
        record.source.sentence,
    )
    foreign = foreign_record()
    assert foreign.config is None
    assert (foreign.run_key, foreign.sentence) == ("f" * 64, "my_model")


def test_the_last_epoch_is_the_planned_one_or_else_the_last_that_was_measured(record: RunRecord) -> None:
    assert epochs_of(record, slice(0, 2)).last_epoch == 3
    assert foreign_record().last_epoch == 6
    none = np.zeros(0, np.int32)
    assert foreign_record(epochs=none).last_epoch == 0


def test_guessing_costs_what_was_measured_or_else_what_the_model_says(record: RunRecord) -> None:
    assert record.guessing_loss == record.model.guessing_loss == pytest.approx(np.log(2))
    assert replace(record, guess=0.5).guessing_loss == 0.5
    assert replace(record, model=replace(record.model, loss="mean_squared_error")).guessing_loss is None


def test_a_record_knows_the_bytes_of_its_arrays(make_record: MakeRecord) -> None:
    record = make_record(epochs=1, replicates=1, num_hidden_layers=1)
    curves = 2 * 4 * 8  # Two epochs, four curves, eight bytes each.
    kernels = 2 * 2 * (7 * 8 + 64 * 4)  # Two epochs, two kernels; seven statistics and 64 bins.
    updates, activations = 2 * 1 * 8, 2 * 1 * 4 * 8  # At epoch 1 alone; of one hidden layer.
    surface = 2 * 32 * 32 * 4
    assert record.nbytes == curves + kernels + updates + activations + surface


def epochs_of(record: RunRecord, chosen: slice) -> RunRecord:
    """The chosen epochs of a record that has a surface at every epoch."""
    epochs = record.epochs[chosen]

    def part(panel: Panel) -> Panel:
        kept = np.isin(panel.epochs, epochs)
        return replace(
            panel,
            epochs=panel.epochs[kept],
            statistics={name: values[kept] for name, values in panel.statistics.items()},
            histograms=None if panel.histograms is None else panel.histograms[kept],
        )

    surface = record.surface and Surface(record.surface.epochs[chosen], record.surface.probabilities[chosen])
    return replace(
        record,
        epochs=epochs,
        curve_arrays={name: values[chosen] for name, values in record.curve_arrays.items()},
        panels={name: part(panel) for name, panel in record.panels.items()},
        surface=surface,
    )


@pytest.mark.parametrize("make", [lambda make_record: make_record(), lambda _: foreign_record()])
def test_chunks_join_to_the_whole_record(make: Callable[..., RunRecord], make_record: MakeRecord) -> None:
    record = make(make_record)
    chunks = [epochs_of(record, chosen) for chosen in (slice(0, 1), slice(1, 3), slice(3, 4))]
    assert_same(RunRecord.joined(chunks), record)


def test_a_run_begins_empty_in_the_form_of_what_comes(record: RunRecord) -> None:
    empty = RunRecord.empty(record.config)
    assert_same(RunRecord.joined([empty, record]), record)
    assert len(empty.epochs) == 0 and empty.last_epoch == 3


def test_the_last_chunk_says_how_the_run_ended(record: RunRecord) -> None:
    first = replace(epochs_of(record, slice(0, 2)), notices=("early",))
    last = replace(epochs_of(record, slice(2, 4)), status=RunStatus.STOPPED, seconds={"train": 9.0}, notices=("late",))
    joined = RunRecord.joined([first, last])
    assert (joined.status, joined.seconds, joined.notices) == (RunStatus.STOPPED, {"train": 9.0}, ("late",))


@pytest.mark.parametrize("make", [lambda make_record: make_record(), lambda _: foreign_record()])
def test_a_chunk_without_epochs_survives_files_and_messages(
    make: Callable[..., RunRecord], make_record: MakeRecord
) -> None:
    empty = epochs_of(make(make_record), slice(0, 0))
    assert_same(RunRecord.from_files(empty.to_files()), empty)
    assert_same(RunRecord.from_message(empty.to_message()), empty)


def test_a_records_parts_are_those_of_its_model() -> None:
    config = RunConfig(num_hidden_layers=1, units=3)
    record = RunRecord.empty(config)
    assert record.model == config.model
    assert foreign_record().model is LSTM


def test_the_beginning_is_the_first_epoch_of_all_that_was_measured_then(record: RunRecord) -> None:
    beginning = record.beginning
    assert beginning.epochs.tolist() == [0]
    assert {len(panel.epochs) for panel in beginning.panels.values()} == {0, 1}  # No kernel has moved yet.
    np.testing.assert_array_equal(beginning.values("gradient_rms"), record.values("gradient_rms")[:1])
    np.testing.assert_array_equal(beginning.curve_arrays["val_loss"], record.curve_arrays["val_loss"][:1])
