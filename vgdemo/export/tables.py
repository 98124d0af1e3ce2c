"""Curves and statistics of layers as files for a spreadsheet or a notebook."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
from pyarrow import csv, parquet

from vgdemo.export.exhibit import Exhibit

FORMULA = r"^([=+\-@\t\r\n＝＋－＠])"  # A spreadsheet takes full-width signs for signs.


def curves_table(exhibits: Sequence[Exhibit]) -> pd.DataFrame:
    """Columns run (its heading), epoch, replicate, then loss and accuracy on both halves."""
    return _joined(exhibits, [exhibit.record.curves for exhibit in exhibits])


def layers_table(exhibits: Sequence[Exhibit]) -> pd.DataFrame:
    """Columns run (its heading), epoch, replicate, layer (1 to H + 1), then the statistics of a layer."""
    return _joined(exhibits, [exhibit.record.layers for exhibit in exhibits])


def to_csv(table: pd.DataFrame) -> bytes:
    """A table as CSV; a text that a spreadsheet would run as a formula gets an apostrophe in front of it."""
    defused = table.copy(deep=False)
    for name in table.select_dtypes(exclude="number"):
        defused[name] = table[name].str.replace(FORMULA, r"'\1", regex=True)
    buffer = io.BytesIO()
    csv.write_csv(_arrow(defused), buffer)
    return buffer.getvalue()


def to_parquet(table: pd.DataFrame) -> bytes:
    """A table as Parquet, in the numbers' full precision."""
    buffer = io.BytesIO()
    parquet.write_table(_arrow(table), buffer, compression="zstd")
    return buffer.getvalue()


def _joined(exhibits: Sequence[Exhibit], tables: list[pd.DataFrame]) -> pd.DataFrame:
    headings = [exhibit.heading for exhibit in exhibits]
    return pd.concat(tables, keys=headings, names=["run"]).reset_index(level="run").reset_index(drop=True)


def _arrow(table: pd.DataFrame) -> pa.Table:
    """The table with NaN as NaN; by Arrow's own way from pandas it would be a gap."""
    return pa.table({name: pa.array(column.to_numpy()) for name, column in table.items()})
