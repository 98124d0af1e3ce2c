"""A record as tidy tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from conftest import foreign_record, random_record

from vgdemo.config import RunConfig
from vgdemo.record import STEP_STATISTICS, RunRecord, axis_table, curves_table

MakeRecord = Callable[..., RunRecord]


def absent(table: pa.Table, column: str) -> list[dict[str, object]]:
    """The rows in which the column was not measured."""
    return [row for row in table.select([*table.column_names[:3], column]).to_pylist() if row[column] is None]


def test_what_is_not_measured_is_null_in_the_table(make_record: MakeRecord) -> None:
    table = axis_table(make_record(), "layer")
    assert table["gradient_rms"].null_count == 0
    assert {row["layer"] for row in absent(table, "dead_share")} == {"output"}
    assert table["dead_share"].null_count == 4 * 2  # Epochs times replicates, of the output.
    assert {row["epoch"] for row in absent(table, "update_ratio")} == {0}
    assert table["update_ratio"].null_count == 2 * 3  # Replicates times layers, before any update.


def test_a_measured_nan_is_a_number_in_the_table_and_not_null(make_record: MakeRecord) -> None:
    record = make_record()
    record.values("dead_share")[2, 1, 0] = np.nan
    column = axis_table(record, "layer")["dead_share"]
    assert column.null_count == 4 * 2
    assert [i for i, value in enumerate(column.to_pylist()) if value is not None and np.isnan(value)] == [
        2 * 6 + 1 * 3 + 0
    ]


def test_layers_with_several_kernels_and_layers_with_outputs_stand_side_by_side() -> None:
    record = foreign_record()
    table = axis_table(record, "layer")
    labels = ["lstm/kernel", "lstm/recurrent_kernel", "dense", "answer", "lstm"]  # "dense" has both.
    assert table["layer"].to_pylist()[:5] == labels
    rows = {(row["epoch"], row["layer"]): row for row in table.to_pylist()}
    assert rows[4, "dense"]["gradient_rms"] == record.values("gradient_rms")[2, 0, 2]
    assert rows[4, "dense"]["dead_share"] == record.values("dead_share")[2, 0, 1]
    assert rows[4, "dense"]["update_ratio"] == record.values("update_ratio")[1, 0, 2]
    assert rows[4, "lstm"]["gradient_rms"] is None
    assert rows[0, "dense"]["update_ratio"] is None


def test_another_axis_has_a_table_of_its_own() -> None:
    record = foreign_record()
    table = axis_table(record, "time step")
    assert table.column_names == ["epoch", "replicate", "time step", "state_gradient_rms"]
    assert table.num_rows == 4 * 1 * 5
    assert table["time step"].to_pylist()[:5] == ["1", "2", "3", "4", "5"]
    np.testing.assert_array_equal(table["state_gradient_rms"], record.values("state_gradient_rms").ravel())


def test_the_time_steps_of_two_layers_stand_below_each_other() -> None:
    record = foreign_record()
    steps = record.panels["steps"]
    longer = replace(
        steps,
        labels=(*steps.labels, "6"),
        phrases=(*steps.phrases, "time step 6"),
        statistics={name: values[..., [0, 0, 1, 2, 3, 4]] for name, values in steps.statistics.items()},
    )
    table = axis_table(replace(record, panels={"steps/a": steps, "steps/b": longer}), "time step")
    assert table.column_names == ["epoch", "replicate", "layer", "time step", "state_gradient_rms"]
    assert table.num_rows == 4 * (5 + 6)
    for layer, panel in (("a", steps), ("b", longer)):
        rows = [row for row in table.to_pylist() if row["layer"] == layer]
        assert [row["time step"] for row in rows] == [*panel.labels] * 4
        assert [row["state_gradient_rms"] for row in rows] == [*panel.statistics["state_gradient_rms"].ravel()]


def test_a_recurrent_run_says_of_which_layer_its_time_steps_are() -> None:
    record = random_record(RunConfig(network="gru", time_steps=7, num_hidden_layers=2, n_samples=100, epochs=1))
    steps = axis_table(record, "time step")
    assert steps.column_names == ["epoch", "replicate", "layer", "time step", *STEP_STATISTICS]
    assert steps.num_rows == 2 * 5 * 2 * 7 and steps["layer"].unique().to_pylist() == ["1", "2"]
    layers = axis_table(record, "layer")["layer"].unique().to_pylist()
    assert layers == [*record.model.kernel_labels, "1", "2"]


def test_columns_have_the_types_of_what_they_hold(make_record: MakeRecord) -> None:
    curves = curves_table(make_record())
    assert [*map(str, curves.schema.types)] == ["int32", "int32", *["double"] * 4]
    layers = axis_table(make_record(), "layer")
    assert [*map(str, layers.schema.types[:4])] == ["int32", "int32", "string", "double"]


@pytest.mark.parametrize("axis", ["layer", "time step"])
def test_a_record_without_epochs_has_empty_tables(make_record: MakeRecord, axis: str) -> None:
    empty = RunRecord.empty(make_record().config)
    table = axis_table(empty, axis)
    assert table.num_rows == 0
    assert table.column_names[:3] == ["epoch", "replicate", axis]
