"""Tables as files: every number, none of them a spreadsheet's formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vgdemo.export import Exhibit, curves_table, layers_table, to_csv, to_parquet
from vgdemo.record import CURVES, LAYER_STATISTICS, RunRecord

MakeRecord = Callable[..., RunRecord]


def rows(content: bytes) -> list[list[str]]:
    """The cells of a CSV file, read without pandas or Arrow."""
    return list(csv.reader(io.StringIO(content.decode())))


def test_the_tables_of_several_runs_stand_below_each_other_under_their_names(make_record: MakeRecord) -> None:
    one, other = make_record(), make_record(epochs=1)
    table = curves_table([Exhibit(one, "first"), Exhibit(other)])
    assert list(table.columns) == ["run", "epoch", "replicate", *CURVES]
    assert table.run.tolist() == ["first"] * 4 * 2 + [other.config.sentence] * 2 * 2
    pd.testing.assert_frame_equal(table[table.run == "first"].drop(columns="run"), one.curves)


def test_layers_have_a_row_for_each_epoch_replicate_and_layer(make_record: MakeRecord) -> None:
    record = make_record()
    table = layers_table([Exhibit(record)])
    assert list(table.columns) == ["run", "epoch", "replicate", "layer", *LAYER_STATISTICS]
    assert len(table) == 4 * 2 * 3


def test_csv_keeps_every_digit_and_what_is_no_number(make_record: MakeRecord) -> None:
    record = make_record()
    loss = record.curve_arrays["val_loss"].copy()
    loss[0, 0], loss[1, 0], loss[2, 0] = np.nan, np.inf, -np.inf
    record = replace(record, curve_arrays={**record.curve_arrays, "val_loss": loss})
    header, *cells = rows(to_csv(curves_table([Exhibit(record)])))
    column = header.index("val_loss")
    np.testing.assert_array_equal([float(row[column]) for row in cells], loss.ravel())


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_a_spreadsheet_would_run_is_defused(make_record: MakeRecord, sign: str) -> None:
    table = curves_table([Exhibit(make_record(), f"{sign}HYPERLINK(1)")])
    _, first, *_ = rows(to_csv(table))
    assert first[0] == f"'{sign}HYPERLINK(1)"
    assert table.run[0] == f"{sign}HYPERLINK(1)"  # The table itself stays as it is.


def test_a_negative_number_and_an_ordinary_text_stay_as_they_are() -> None:
    content = to_csv(pd.DataFrame({"run": ["5 × 5 tanh, a = b"], "value": [-0.5]}))
    assert rows(content) == [["run", "value"], ["5 × 5 tanh, a = b", "-0.5"]]


def test_parquet_gives_the_same_table_back(make_record: MakeRecord) -> None:
    table = layers_table([Exhibit(make_record())])
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(to_parquet(table))), table)
