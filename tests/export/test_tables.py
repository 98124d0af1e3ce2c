"""Tables as files: every number, none of them a spreadsheet's formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import changed, cut, foreign_record
from pyarrow import parquet

from vgdemo.export import ReportedRun, axes, axis_table, curves_table, to_csv, to_parquet
from vgdemo.record import ACTIVATION_STATISTICS, CURVES, KERNEL_STATISTICS, UPDATE_STATISTICS, Log, RunRecord

MakeRecord = Callable[..., RunRecord]
STATISTICS = (*KERNEL_STATISTICS, *UPDATE_STATISTICS, *ACTIVATION_STATISTICS)


def rows(content: bytes) -> list[list[str]]:
    """The cells of a CSV file, read without pandas or Arrow."""
    return list(csv.reader(io.StringIO(content.decode())))


def cells(table: pa.Table, **place: str | int) -> list[dict[str, str]]:
    """The rows of the table's CSV that have these values in these columns."""
    found = csv.DictReader(io.StringIO(to_csv(table).decode()))
    return [row for row in found if all(row[name] == str(value) for name, value in place.items())]


def test_the_tables_of_several_runs_stand_below_each_other_under_their_names(make_record: MakeRecord) -> None:
    one, other = make_record(), make_record(epochs=1)
    table = curves_table([ReportedRun(one, "first"), ReportedRun(other)])
    assert table.column_names == ["run", "epoch", "replicate", *CURVES]
    assert table["run"].to_pylist() == ["first"] * 4 * 2 + [other.config.sentence] * 2 * 2
    loss = np.array(table["val_loss"][:8]).reshape(4, 2)
    np.testing.assert_array_equal(loss, one.curve_arrays["val_loss"])


def test_layers_have_a_row_for_each_epoch_replicate_and_layer(make_record: MakeRecord) -> None:
    table = axis_table([ReportedRun(make_record())], "layer")
    assert table.column_names == ["run", "epoch", "replicate", "layer", *STATISTICS]
    assert table.num_rows == 4 * 2 * 3


def test_replicates_and_layers_are_counted_from_1(make_record: MakeRecord) -> None:
    record = make_record()
    for table in (curves_table([ReportedRun(record)]), axis_table([ReportedRun(record), ReportedRun(record)], "layer")):
        assert set(table["replicate"].to_pylist()) == {1, 2}
    assert table["layer"].to_pylist()[:4] == ["1", "2", "output", "1"]
    (row,) = cells(curves_table([ReportedRun(record)]), epoch=3, replicate=2)
    assert float(row["val_loss"]) == record.curve_arrays["val_loss"][3, 1]


@pytest.mark.parametrize("name", ["own", "foreign", "one of one", "diverged", "stopped"])
def test_pandas_reads_every_table_back(make_record: MakeRecord, name: str) -> None:
    records = {
        "own": make_record(),
        "foreign": foreign_record(),
        "one of one": make_record(num_hidden_layers=1, units=1, epochs=1, replicates=1),
        "diverged": changed(make_record(), train_loss=np.array(np.nan), gradient_rms=np.array(np.inf)),
        "stopped": cut(make_record(), 2),
    }
    run = ReportedRun(records[name], 'A · "quoted", and\nbroken')
    for table in (curves_table([run]), *(axis_table([run], axis) for axis in axes([run]))):
        read = pd.read_csv(io.BytesIO(to_csv(table)), dtype={"layer": str, "time step": str})
        pd.testing.assert_frame_equal(read, table.to_pandas(), check_dtype=False, rtol=1e-12)


def test_not_a_number_infinity_zero_and_nothing_can_be_told_apart(make_record: MakeRecord) -> None:
    sizes = np.array([np.nan, np.inf, 0, 1e-300])[:, None, None]
    table = axis_table([ReportedRun(changed(make_record(), gradient_rms=sizes))], "layer")
    assert [row["gradient_rms"] for row in cells(table, replicate=1, layer="1")] == ["nan", "inf", "0", "1e-300"]
    (unmeasured,) = cells(table, epoch=0, replicate=1, layer="1")
    assert unmeasured["update_ratio"] == ""


def test_csv_keeps_every_digit_and_what_is_no_number(make_record: MakeRecord) -> None:
    record = make_record()
    loss = record.curve_arrays["val_loss"].copy()
    loss[0, 0], loss[1, 0], loss[2, 0] = np.nan, np.inf, -np.inf
    record = replace(record, curve_arrays={**record.curve_arrays, "val_loss": loss})
    found = [float(row["val_loss"]) for row in cells(curves_table([ReportedRun(record)]))]
    np.testing.assert_array_equal(found, loss.ravel())


def test_a_cell_is_empty_where_nothing_was_measured_and_nan_where_nan_was(make_record: MakeRecord) -> None:
    record = changed(make_record(), gradient_rms=np.array(np.nan))
    table = axis_table([ReportedRun(record)], "layer")
    (output,) = cells(table, epoch=0, replicate=1, layer="output")
    assert output["gradient_rms"] == "nan"
    assert output["dead_share"] == output["update_ratio"] == ""  # The output's, and before the first update.
    (hidden,) = cells(table, epoch=1, replicate=1, layer="1")
    assert "" not in hidden.values()


def test_time_steps_have_a_table_of_their_own() -> None:
    record = foreign_record()
    assert axes([ReportedRun(record)]) == ("layer", "time step")
    table = axis_table([ReportedRun(record)], "time step")
    assert table.column_names == ["run", "epoch", "replicate", "time step", "state_gradient_rms"]
    (row,) = cells(table, epoch=6, **{"time step": 5})
    assert float(row["state_gradient_rms"]) == record.values("state_gradient_rms")[3, 0, 4]


def test_layers_of_somebodys_own_network_have_their_names() -> None:
    record = foreign_record()
    table = axis_table([ReportedRun(record)], "layer")
    (row,) = cells(table, epoch=4, layer="lstm/recurrent_kernel")
    assert float(row["gradient_rms"]) == record.values("gradient_rms")[2, 0, 1]
    (row,) = cells(table, epoch=4, layer="lstm")  # The layer's output.
    assert float(row["activation_std"]) == record.values("activation_std")[2, 0, 0]
    assert row["gradient_rms"] == ""


def test_what_one_of_the_runs_lacks_is_empty_in_its_rows(make_record: MakeRecord) -> None:
    runs = [ReportedRun(make_record(), "own settings"), ReportedRun(foreign_record())]
    table = curves_table(runs)
    assert [row["val_loss"] for row in cells(table, run="my_model")] == [""] * 4
    assert "" not in [row["val_loss"] for row in cells(table, run="own settings")]
    assert set(axis_table(runs, "time step")["run"].to_pylist()) == {"my_model"}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_a_spreadsheet_would_run_is_defused(make_record: MakeRecord, sign: str) -> None:
    table = curves_table([ReportedRun(make_record(), f"{sign}HYPERLINK(1)")])
    _, first, *_ = rows(to_csv(table))
    assert first[0] == f"'{sign}HYPERLINK(1)"
    assert table["run"][0].as_py() == f"{sign}HYPERLINK(1)"  # The table itself stays as it is.


def test_a_name_that_a_spreadsheet_would_run_is_defused() -> None:
    record = replace(foreign_record(), source=Log("@SUM(1)", "f" * 64))
    steps = replace(record.panels["steps"], statistics={"=1+1": record.values("state_gradient_rms")})
    table = axis_table([ReportedRun(replace(record, panels={"steps": steps}))], "time step")
    header, first, *_ = rows(to_csv(table))
    assert header[-1] == "'=1+1" and first[0] == "'@SUM(1)"


def test_a_negative_number_and_an_ordinary_text_stay_as_they_are() -> None:
    content = to_csv(pa.table({"run": ["5 × 5 tanh, a = b"], "value": [-0.5]}))
    assert rows(content) == [["run", "value"], ["5 × 5 tanh, a = b", "-0.5"]]


def test_parquet_gives_the_same_table_back(make_record: MakeRecord) -> None:
    table = axis_table([ReportedRun(make_record()), ReportedRun(foreign_record())], "layer")
    assert parquet.read_table(io.BytesIO(to_parquet(table))).equals(table)
