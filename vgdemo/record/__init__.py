"""What a run measured: arrays with named axes, tidy tables on demand, Parquet files for keeping."""

from vgdemo.record.bounds import check_size
from vgdemo.record.files import FORMAT, READABLE_FORMATS, give_memory_back
from vgdemo.record.over_replicates import quantile
from vgdemo.record.panel import (
    ACTIVATION_STATISTICS,
    CURVES,
    HISTOGRAM_BINS,
    HISTOGRAM_EDGES,
    KERNEL_STATISTICS,
    OF_OUTPUTS,
    PROBE_LOSS,
    STEP_STATISTICS,
    SURFACE_AXIS,
    SURFACE_SIDE,
    UPDATE_STATISTICS,
    Panel,
    Surface,
)
from vgdemo.record.reach import Reach, Way, factor_per_step, reach
from vgdemo.record.record import RunRecord
from vgdemo.record.source import Log, Source, source_from_dict, source_to_dict
from vgdemo.record.status import RunStatus
from vgdemo.record.tables import axis_table, curves_table

__all__ = [
    "ACTIVATION_STATISTICS",
    "CURVES",
    "FORMAT",
    "HISTOGRAM_BINS",
    "HISTOGRAM_EDGES",
    "KERNEL_STATISTICS",
    "OF_OUTPUTS",
    "PROBE_LOSS",
    "READABLE_FORMATS",
    "STEP_STATISTICS",
    "SURFACE_AXIS",
    "SURFACE_SIDE",
    "UPDATE_STATISTICS",
    "Log",
    "Panel",
    "Reach",
    "RunRecord",
    "RunStatus",
    "Source",
    "Surface",
    "Way",
    "axis_table",
    "check_size",
    "curves_table",
    "factor_per_step",
    "give_memory_back",
    "quantile",
    "reach",
    "source_from_dict",
    "source_to_dict",
]
