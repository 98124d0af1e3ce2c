"""A record as tidy tables: one row for each thing that was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vgdemo.record.panel import Panel

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

    Where panels are about a layer each, as those of the time steps of recurrent layers are, a column says about which.

    Args:
        record: The run.
        axis: Such as "layer"; the column of labels has its name.

    Example:
        >>> table = axis_table(record, "layer")
        >>> table.num_rows, table["dead_share"].null_count  # Of the output no unit is called dead.
        (24, 8)
    """
    panels = {name: panel for name, panel in record.panels.items() if panel.axis == axis}
    layers: dict[str, list[Panel]] = {}
    for name, panel in panels.items():
        layers.setdefault(name.partition("/")[2], []).append(panel)
    tables = [_of_layer(record, axis, *one) for one in (layers or {"": []}).items()]
    return pa.concat_tables(tables, promote_options="default")


def _of_layer(record: RunRecord, axis: str, layer: str, panels: Sequence[Panel]) -> pa.Table:
    """Of panels that stand side by side, as they measure different things; the layer is empty if they are of many."""
    labels = list(dict.fromkeys(label for panel in panels for label in panel.labels))
    replicates = np.arange(record.replicates)
    of = {"layer": np.array([layer], object)} if layer else {}
    axes: Axes = {"epoch": record.epochs, "replicate": replicates, **of, axis: np.array(labels, object)}
    columns, shape = _axis_columns(axes), (len(record.epochs), len(replicates), len(labels))
    for panel in panels:
        places = np.array([labels.index(label) for label in panel.labels], np.intp)
        at = np.ix_(np.searchsorted(record.epochs, panel.epochs), replicates, places)
        absent = np.ones(shape, np.bool_)
        absent[at] = False
        for statistic, values in panel.statistics.items():
            grid = np.zeros(shape)
            grid[at] = values
            columns[statistic] = pa.array(grid.ravel(), mask=absent.ravel())
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
