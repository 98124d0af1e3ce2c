"""A record as files: Parquet for keeping, Arrow for another process, and a description in JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from vgdemo.config import RunConfig
from vgdemo.model import Model
from vgdemo.record.panel import HISTOGRAM_BINS, SURFACE_SIDE, Panel, Surface
from vgdemo.record.source import source_from_dict, source_to_dict
from vgdemo.record.status import RunStatus
from vgdemo.record.tables import Axes, curves_table, table
from vgdemo.wording import listed

if TYPE_CHECKING:
    from vgdemo.record.record import RunRecord

FORMAT = 2  # Raise it when older code would misread the files, or today's code cannot read those of before.
READABLE_FORMATS = (FORMAT,)  # Those that `decode` reads.
AXES = ("epoch", "replicate", "place")  # Columns that are no measurement.
LARGEST = 1e100  # Beyond any number that a description has; its square is a number too.
MAX_EPOCHS = 2**31
MAX_DESCRIPTION = 4_000_000  # Bytes; read, they may be a hundred times as many.
HISTOGRAM = "gradient_histogram"  # A column of lists.


def give_memory_back() -> None:
    """Have Arrow give back what it has freed, which its own pools keep; for a process that reads many records."""
    pa.set_memory_pool(pa.system_memory_pool())


class Form(NamedTuple):
    """A way to write a table.

    Attributes:
        ending: Of the file's name.
        write: Table to content.
        read: Content to table.
    """

    ending: str
    write: Callable[[pa.Table], bytes]
    read: Callable[[bytes], pa.Table]


def _to_parquet(content: pa.Table) -> bytes:
    buffer = io.BytesIO()
    dictionaries = [name for name in AXES if name in content.column_names]
    pq.write_table(content, buffer, compression="zstd", use_dictionary=dictionaries)
    return buffer.getvalue()


def _from_parquet(content: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(content))


def _to_arrow(content: pa.Table) -> bytes:
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, content.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
        stream.write_table(content)
    return buffer.getvalue()


def _from_arrow(content: bytes) -> pa.Table:
    # Arrow's own pools keep what was freed; a web process that hears of many runs would grow.
    return pa.ipc.open_stream(content, memory_pool=pa.system_memory_pool()).read_all()


PARQUET = Form("parquet", _to_parquet, _from_parquet)
ARROW = Form("arrow", _to_arrow, _from_arrow)


def encode(record: RunRecord, form: Form) -> dict[str, bytes]:
    """File name to content."""
    stems = _stems(record.panels)
    contents = {f"{stems.get(name, name)}.{form.ending}": form.write(content) for name, content in _tables(record)}
    return contents | {"run.json": json.dumps(_description(record), indent=2).encode()}


def decode(files: Mapping[str, bytes], form: Form) -> dict[str, Any]:
    """The fields of the record that `encode` wrote. Which statistics and curves there are, the files say.

    Raises:
        ValueError: If the files are not those of a run, or of another format.
    """
    try:
        if len(files["run.json"]) > MAX_DESCRIPTION:
            raise ValueError(f"a description of more than {MAX_DESCRIPTION:,} bytes")
        description = json.loads(files["run.json"])
        json.dumps(description, ensure_ascii=False).encode()  # Half a sign, as JSON can spell it, fits in no page.
        if description.get("format") not in READABLE_FORMATS:
            readable = listed([*map(str, READABLE_FORMATS)])
            raise ValueError(f"format {description.get('format', 1)}; format {readable} can be read")
        ending = f".{form.ending}"
        tables = {
            name.removesuffix(ending): form.read(content) for name, content in files.items() if name.endswith(ending)
        }
        _refuse_other_kinds(description)
        fields = _fields(tables, description)
        _refuse_misfits(fields)
        return fields
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError, pa.ArrowException) as error:
        reason = f"no {error.args[0]}" if isinstance(error, KeyError) else error
        raise ValueError(f"Expected the files of a run. Received: {reason}") from error


def _refuse_other_kinds(description: Mapping[str, Any]) -> None:
    """See that a description says numbers and words where whoever reads it relies on them.

    Raises:
        ValueError: If it does not.
    """
    log = description["source"].get("log", {})
    words = [
        *log.values(),
        *description["notices"],
        *description["versions"].values(),
        description.get("unit", "epoch"),
    ]
    names = ("planned_epochs", "majority_share", "ceiling", "guess")
    said = {name: description[name] for name in names if description.get(name) is not None}
    for name, number in [*said.items(), *description["seconds"].items()]:
        if not is_number(number):
            raise ValueError(f"{name:.40} {number!r:.40}, where a number is expected")
    for name in ("majority_share", "ceiling"):
        if not 0 <= said.get(name, 0) <= 1:
            raise ValueError(f"{name} {said[name]!r:.40}, where a share from 0 to 1 is expected")
    planned = said.get("planned_epochs", 0)
    if not isinstance(planned, int) or not 0 <= planned < MAX_EPOCHS:
        raise ValueError(f"planned_epochs {planned!r:.40}, where a whole number from 0 on is expected")
    if not all(isinstance(word, str) for word in words):
        raise ValueError("a description with other things than words")


def is_number(value: object) -> bool:
    """Whether something in a description is a number that all that is reckoned with it can have."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def _refuse_misfits(fields: Mapping[str, Any]) -> None:
    """See that the parts of a record from anywhere fit together, so that whoever draws it may rely on that.

    Raises:
        ValueError: If they do not.
    """
    counts = {"kernel": len(fields["model"].kernels), "layer": len(fields["model"].layers)}
    arrays = [*fields["curve_arrays"].values()]
    for name, panel in fields["panels"].items():
        places = len(panel.labels)
        words = (panel.axis, *panel.labels, *panel.phrases)
        is_named = len(panel.phrases) == places and all(isinstance(word, str) for word in words)
        if not is_named or (panel.of is not None and counts.get(panel.of) != places):
            raise ValueError(f"a panel {name!r:.40} whose places are not those of the model")
        if not np.isin(panel.epochs, fields["epochs"]).all():
            raise ValueError(f"a panel {name!r:.40} of other epochs")
        if panel.histograms is not None and panel.histograms.shape[3:] != (HISTOGRAM_BINS,):
            raise ValueError(f"histograms of other than {HISTOGRAM_BINS} bins")
        arrays += panel.statistics.values()
    if not all(np.issubdtype(array.dtype, np.number) for array in arrays):
        raise ValueError("a table of other things than numbers")


def _stems(panels: Iterable[str]) -> dict[str, str]:
    """Name of a panel to that of its file: a layer may have a name that no file can have."""
    return {name: name if name.isidentifier() else f"panel-{place}" for place, name in enumerate(panels)}


def _tables(record: RunRecord) -> Iterator[tuple[str, pa.Table]]:
    replicates = np.arange(record.replicates)
    yield "curves", curves_table(record)
    for name, panel in record.panels.items():
        counts = {} if panel.histograms is None else {HISTOGRAM: panel.histograms}
        axes: Axes = dict(zip(AXES, (panel.epochs, replicates, np.arange(len(panel.labels))), strict=True))
        yield name, table(axes, {**panel.statistics, **counts})
    if record.surface is not None:
        axes = {"epoch": record.surface.epochs, "replicate": replicates}
        yield "surface", table(axes, {"probability": record.surface.probabilities})


def _description(record: RunRecord) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "source": source_to_dict(record.source),
        "model": record.model.to_dict(),
        "replicates": record.replicates,
        "planned_epochs": record.planned_epochs,
        "majority_share": record.majority_share,
        "ceiling": record.ceiling,
        "has_surface": record.surface is not None,
        "panels": {
            name: {"axis": panel.axis, "labels": panel.labels, "phrases": panel.phrases, "of": panel.of}
            for name, panel in record.panels.items()
        },
        "status": record.status,
        "seconds": dict(record.seconds),
        "notices": list(record.notices),
        "versions": dict(record.versions),
        **_said_of_logs(record),
    }


def _said_of_logs(record: RunRecord) -> dict[str, Any]:
    """What the files of a run of settings do not say."""
    said = {"unit": record.unit, "guess": record.guess}
    return {name: value for name, value in said.items() if value not in ("epoch", None)}


def _fields(tables: Mapping[str, pa.Table], description: Mapping[str, Any]) -> dict[str, Any]:
    replicates = int(description["replicates"])
    curves = _with_values(tables["curves"])
    epochs = _epochs(curves, replicates)
    source, described = source_from_dict(description["source"]), Model.from_dict(description["model"])
    panels, stems = description["panels"], _stems(description["panels"])
    return {
        "source": source,
        "model": source.model if isinstance(source, RunConfig) else described,  # Settings know more than old files say.
        "replicates": replicates,
        "epochs": epochs,
        "curve_arrays": _columns(curves, (len(epochs), replicates)),
        "panels": {name: _panel(tables[stems[name]], places, replicates) for name, places in panels.items()},
        "planned_epochs": description["planned_epochs"],
        "majority_share": description["majority_share"],
        "ceiling": description.get("ceiling"),  # Runs of before have none.
        "surface": _surface(tables["surface"], replicates) if description["has_surface"] else None,
        "status": RunStatus(description["status"]),
        "seconds": description["seconds"],
        "notices": tuple(description["notices"]),
        "versions": description["versions"],
        "unit": description.get("unit", "epoch"),
        "guess": description.get("guess"),
        "gaps": _gaps(curves, replicates),
    }


def _with_values(curves: pa.Table) -> pa.Table:
    """Without the columns that are null throughout: those curves were not measured."""
    return curves.drop_columns([name for name in curves.column_names if 0 < curves[name].null_count == len(curves)])


def _gaps(curves: pa.Table, replicates: int) -> dict[str, NDArray[np.bool_]]:
    """Name of a curve that has nulls to (E,) where they are, for whichever replicate."""
    absent = {name: curves[name].combine_chunks().is_null() for name in curves.column_names if curves[name].null_count}
    return {
        name: np.asarray(nulls.to_numpy(zero_copy_only=False).reshape(-1, replicates).any(axis=1))
        for name, nulls in absent.items()
    }


def _panel(content: pa.Table, places: Mapping[str, Any], replicates: int) -> Panel:
    count = len(places["labels"])
    epochs = _epochs(content, replicates * count)
    columns = _columns(content, (len(epochs), replicates, count))
    histograms = columns.pop(HISTOGRAM, None)
    labels, phrases = tuple(places["labels"]), tuple(places["phrases"])
    return Panel(places["axis"], labels, phrases, epochs, columns, histograms, places.get("of"))


def _surface(content: pa.Table, replicates: int) -> Surface:
    epochs = _epochs(content, replicates)
    points = _columns(content, (len(epochs), replicates))["probability"]
    return Surface(epochs, points.reshape(len(epochs), replicates, SURFACE_SIDE, SURFACE_SIDE))


def _columns(content: pa.Table, shape: tuple[int, ...]) -> dict[str, NDArray[Any]]:
    """The columns that are no axis, in this shape; a column of lists has one axis more."""
    return {name: _values(content, name, shape) for name in content.column_names if name not in AXES}


def _values(content: pa.Table, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    column = content[name].combine_chunks()
    if pa.types.is_fixed_size_list(column.type):
        shape = (*shape, column.type.list_size)
        column = column.flatten()
    return np.reshape(column.to_numpy(zero_copy_only=False), shape)


def _epochs(content: pa.Table, repeats: int) -> NDArray[np.int32]:
    """The epochs of a table that has so many rows for each of them.

    Raises:
        ValueError: If it is a table of other rows, such as one of more replicates.
    """
    rows: NDArray[np.int32] = np.asarray(content["epoch"])
    epochs = rows[:: max(1, repeats)]
    is_whole = len(rows) == len(epochs) * repeats
    if not is_whole or (np.diff(epochs) <= 0).any() or not np.array_equal(rows, np.repeat(epochs, repeats)):
        raise ValueError(f"a table that has not {repeats} rows for each epoch")
    return epochs
