"""A record as tidy tables: one row for each thing that was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from vgdemo.record.record import RunRecord


Axes = dict[str, NDArray[Any]]  # Name of a column to its values, the slowest first.


def curves_table(record: RunRecord) -> pa.Table:
    """Columns epoch, replicate (from 0), then the curves, null in their gaps; one row for each epoch and replicate."""
    content = table({"epoch": record.epochs, "replicate": np.arange(record.replicates)}, record.curve_arrays)
    for name, gaps in record.gaps.items():
        measured = pa.array(record.curve_arrays[name].ravel(), mask=np.repeat(gaps, record.replicates))
        content = content.set_column(content.column_names.index(name), name, measured)
    return content


def axis_table(record: RunRecord, axis: str) -> pa.Table:
    """Every statistic along an axis, one row for each epoch, replicate and place; null where it is not measured.

    What several panels measure, such as two recurrent layers, has a column for each, with the panel's name before it.

    Args:
        record: The run.
        axis: Such as "layer"; the column of labels has its name.

    Example:
        >>> table = axis_table(record, "layer")
        >>> table.num_rows, table["dead_share"].null_count  # Of the output no unit is called dead.
        (24, 8)
    """
    panels = {name: panel for name, panel in record.panels.items() if panel.axis == axis}
    labels = list(dict.fromkeys(label for panel in panels.values() for label in panel.labels))
    count = Counter(statistic for panel in panels.values() for statistic in panel.statistics)
    replicates = np.arange(record.replicates)
    axes: Axes = {"epoch": record.epochs, "replicate": replicates, axis: np.array(labels, object)}
    columns = _axis_columns(axes)
    for name, panel in panels.items():
        places = np.array([labels.index(label) for label in panel.labels], np.intp)
        at = np.ix_(np.searchsorted(record.epochs, panel.epochs), replicates, places)
        absent = np.ones([len(places) for places in axes.values()], np.bool_)
        absent[at] = False
        for statistic, values in panel.statistics.items():
            grid = np.zeros(absent.shape)
            grid[at] = values
            column = statistic if count[statistic] == 1 else f"{name}/{statistic}"
            columns[column] = pa.array(grid.ravel(), mask=absent.ravel())
    return pa.table(columns)


def table(axes: Axes, values: Mapping[str, NDArray[Any]]) -> pa.Table:
    """One row for each combination of the axes; what a value has beyond them becomes a list in its cell."""
    columns = _axis_columns(axes)
    for name, value in values.items():
        flat = pa.array(value.ravel())
        cell = int(np.prod(value.shape[len(axes) :]))
        columns[name] = flat if value.ndim == len(axes) else pa.FixedSizeListArray.from_arrays(flat, cell)
    return pa.table(columns)


def _axis_columns(axes: Axes) -> dict[str, pa.Array]:
    grids = np.meshgrid(*axes.values(), indexing="ij")
    return {
        name: pa.array(grid.ravel(), pa.string() if grid.dtype == object else pa.int32())
        for name, grid in zip(axes, grids, strict=True)
    }
