"""Curves and statistics of runs as files for a spreadsheet or a notebook."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from vgdemo import record as records
from vgdemo.export.reported_run import ReportedRun
from vgdemo.record import RunRecord

FORMULA = "^([=+\\-@\t\r\n＝＋－＠])"  # A spreadsheet takes full-width signs for signs.
DEFUSED = r"'\1"


def curves_table(runs: Sequence[ReportedRun]) -> pa.Table:
    """One row for each run, epoch and replicate.

    | column | is |
    | --- | --- |
    | `run` | the run's heading |
    | `epoch` | 0 before any update, then the end of each |
    | `replicate` | its number, from 1 |
    | `train_loss`, `val_loss` | mean loss, in nats for a cross-entropy, on the training and on the validation half |
    | `train_accuracy`, `val_accuracy` | share of the points that is answered right |

    A cell is null where a run did not measure it, and NaN where NaN was measured.

    Example:
        >>> curves_table([ReportedRun(record, "A"), ReportedRun(record, "B")]).num_rows  # Two runs of 4 epochs × 2.
        16
    """
    return _joined(runs, records.curves_table)


def axis_table(runs: Sequence[ReportedRun], axis: str) -> pa.Table:
    """One row for each run, epoch, replicate and place along the axis.

    | column | is |
    | --- | --- |
    | `run`, `epoch`, `replicate` | as in `curves_table` |
    | `layer` | its number, from 1, or its name; the output is "output", one of several kernels "1/recurrent_kernel" |
    | `gradient_mean_abs`, `gradient_max_abs` | mean and largest size of the entries of the kernel's gradient |
    | `gradient_rms`, `gradient_zero_share` | their root mean square, and the share that is exactly zero |
    | `kernel_l1`, `kernel_rms`, `kernel_mean` | sum of the sizes, root mean square and mean of the kernel's entries |
    | `update_ratio` | how far the kernel moved in the epoch, relative to its norm before: ‖ΔW‖/‖W‖ |
    | `activation_mean`, `activation_std` | mean and standard deviation of what the layer gives |
    | `saturated_share` | share of the layer's answers where its activation is nearly flat |
    | `dead_share` | share of the layer's units that are zero on all points |

    Along "time step" there are, for the states of each recurrent layer:

    | column | is |
    | --- | --- |
    | `layer`, `time step` | the layer's number or name, and the number of the step, from 1 |
    | `state_gradient_mean_abs`, `state_gradient_rms` | size of the loss's gradient by the layer's state at the step |
    | `recurrent_gradient_rms` | root mean square of what the step adds to the gradient of the recurrent kernel |
    | `recurrent_gradient_share` | its norm's share of the sum of those of all steps |

    What somebody's own training measured beyond these follows under its own name. A cell is null where a statistic is
    not measured, and NaN where NaN was measured.

    Args:
        runs: One that measured nothing along the axis has no row.
        axis: One of `axes`, such as "layer".

    Example:
        >>> axis_table([ReportedRun(record, "A")], "layer").column_names[:5]
        ['run', 'epoch', 'replicate', 'layer', 'gradient_mean_abs']
    """
    return _joined(runs, lambda record: records.axis_table(record, axis))


def axes(runs: Sequence[ReportedRun]) -> tuple[str, ...]:
    """What the runs measured along: each axis has a table of its own.

    Example:
        >>> axes([ReportedRun(record)])
        ('layer',)
    """
    return tuple(dict.fromkeys(panel.axis for run in runs for panel in run.record.panels.values()))


def to_csv(table: pa.Table) -> bytes:
    """A table as CSV, null as an empty cell and NaN as nan.

    A text that a spreadsheet would run as a formula gets an apostrophe in front of it.

    Example:
        >>> print(to_csv(pa.table({"run": ["=1+1"], "loss": [0.5], "accuracy": [float("nan")]})).decode())
        "run","loss","accuracy"
        "'=1+1",0.5,nan
        <BLANKLINE>
    """
    columns = [_defused(column) if pa.types.is_string(column.type) else column for column in table.columns]
    names = [re.sub(FORMULA, DEFUSED, name) for name in table.column_names]
    buffer = io.BytesIO()
    csv.write_csv(pa.table(columns, names), buffer)
    return buffer.getvalue()


def to_parquet(table: pa.Table) -> bytes:
    """A table as Parquet, in the numbers' full precision.

    Example:
        >>> content = to_parquet(curves_table([ReportedRun(record)]))
        >>> parquet.read_table(io.BytesIO(content)).num_rows
        8
    """
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _joined(runs: Sequence[ReportedRun], table_of: Callable[[RunRecord], pa.Table]) -> pa.Table:
    """The tables of all runs below each other; a column that one of them lacks is null there."""
    tables = [table_of(run.record) for run in runs]
    named = [
        _counted_from_1(table).add_column(0, "run", [pa.repeat(run.heading, table.num_rows)])
        for run, table in zip(runs, tables, strict=True)
    ]
    return pa.concat_tables(named, promote_options="default")


def _counted_from_1(table: pa.Table) -> pa.Table:
    place = table.column_names.index("replicate")
    return table.set_column(place, "replicate", pc.add(table["replicate"], pa.scalar(1, pa.int32())))


def _defused(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(texts, FORMULA, DEFUSED)
