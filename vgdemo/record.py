"""What a run measured: arrays with named axes, tidy tables on demand, Parquet files for keeping."""

from __future__ import annotations

import enum
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from vgdemo.config import RunConfig

CURVES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
LAYER_STATISTICS = (
    "gradient_mean_abs",
    "gradient_rms",
    "gradient_max_abs",
    "gradient_zero_share",
    "kernel_l1",
    "kernel_rms",
    "update_ratio",
    "activation_mean",
    "activation_std",
    "saturated_share",
    "dead_share",
)
HISTOGRAM_EDGES = np.linspace(-24, 6, 61)  # log10|g|, half a decade each.
TABLES = ("curves", "layers", "histograms", "surfaces")
HISTOGRAM_BINS = len(HISTOGRAM_EDGES) + 3  # zero, below the first edge, the 60 between, above the last, not finite.
SURFACE_SIDE = 32  # Grid points along each axis of a decision surface.
SURFACE_AXIS = np.linspace(-1.2, 1.2, SURFACE_SIDE)


class RunStatus(enum.StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    STOPPED = "stopped"


@dataclass(frozen=True)
class RunRecord:
    """The measurements of one run, or of a chunk of its epochs.

    Axes: E epochs measured (0 is before any update), R replicates, L layers (1 to H hidden, then the output),
    S epochs with a decision surface, B histogram bins, G grid points along an axis.

    Attributes:
        config: The settings that were trained.
        epochs: (E,) epoch numbers.
        curve_arrays: Name of `CURVES` to (E, R): mean binary cross-entropy in nats, accuracy as a share.
        layer_arrays: Name of `LAYER_STATISTICS` to (E, R, L); NaN where a statistic has no meaning: those of
            activations for the output layer, the update ratio at epoch 0.
        histograms: (E, R, L, B) counts of the kernel's gradient entries by log10 of their size. Bins: exact zero,
            below `HISTOGRAM_EDGES[0]`, one for each interval between edges, from the last edge on, not finite.
        surface_epochs: (S,) epoch numbers of the decision surfaces.
        surfaces: (S, R, G, G) probability of class 1 at (x2, x1) = `SURFACE_AXIS` × `SURFACE_AXIS`.
        status: Whether all epochs were trained.
        seconds: Stage ("compile", "train") to seconds.
        notices: Sentences for the person, such as a lost speed.
        versions: Package name to version that trained the run.
    """

    config: RunConfig
    epochs: NDArray[np.int32]
    curve_arrays: Mapping[str, NDArray[np.float64]]
    layer_arrays: Mapping[str, NDArray[np.float64]]
    histograms: NDArray[np.uint32]
    surface_epochs: NDArray[np.int32]
    surfaces: NDArray[np.float32]
    status: RunStatus = RunStatus.COMPLETE
    seconds: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, config: RunConfig) -> RunRecord:
        """A run of which nothing is measured yet."""
        replicates, layers = config.replicates, config.num_layers
        no_epochs = np.zeros(0, np.int32)
        return cls(
            config=config,
            epochs=no_epochs,
            curve_arrays={name: np.zeros((0, replicates)) for name in CURVES},
            layer_arrays={name: np.zeros((0, replicates, layers)) for name in LAYER_STATISTICS},
            histograms=np.zeros((0, replicates, layers, HISTOGRAM_BINS), np.uint32),
            surface_epochs=no_epochs,
            surfaces=np.zeros((0, replicates, SURFACE_SIDE, SURFACE_SIDE), np.float32),
        )

    @classmethod
    def joined(cls, chunks: Sequence[RunRecord]) -> RunRecord:
        """One record of consecutive chunks; all but the epochs comes from the last of them."""
        return replace(
            chunks[-1],
            epochs=np.concatenate([chunk.epochs for chunk in chunks]),
            curve_arrays={name: np.concatenate([chunk.curve_arrays[name] for chunk in chunks]) for name in CURVES},
            layer_arrays={
                name: np.concatenate([chunk.layer_arrays[name] for chunk in chunks]) for name in LAYER_STATISTICS
            },
            histograms=np.concatenate([chunk.histograms for chunk in chunks]),
            surface_epochs=np.concatenate([chunk.surface_epochs for chunk in chunks]),
            surfaces=np.concatenate([chunk.surfaces for chunk in chunks]),
        )

    @property
    def layer_names(self) -> tuple[str, ...]:
        """What figures call the layers: "1" to "H", then "output"."""
        return (*(str(layer + 1) for layer in range(self.config.num_hidden_layers)), "output")

    @property
    def curves(self) -> pd.DataFrame:
        """Columns epoch, replicate (from 0), then `CURVES`; one row for each epoch and replicate."""
        return pd.DataFrame(self._curves_table().to_pandas())

    @property
    def layers(self) -> pd.DataFrame:
        """Columns epoch, replicate (from 0), layer (1 to H + 1), then `LAYER_STATISTICS`."""
        return pd.DataFrame(self._layers_table().to_pandas())

    def to_files(self) -> dict[str, bytes]:
        """File name to content: four Parquet tables and `run.json`."""
        return self._encoded(_PARQUET)

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> RunRecord:
        """The record that `to_files` wrote.

        Raises:
            ValueError: If the files are not those of a run.
        """
        return cls._decoded(files, _PARQUET)

    def to_message(self) -> dict[str, bytes]:
        """The same for another process: a little larger than the files, and five times faster to write and to read."""
        return self._encoded(_ARROW)

    @classmethod
    def from_message(cls, message: Mapping[str, bytes]) -> RunRecord:
        """The record that `to_message` wrote.

        Raises:
            ValueError: If the message is not a run's.
        """
        return cls._decoded(message, _ARROW)

    def _encoded(self, form: _Format) -> dict[str, bytes]:
        surface_axes: dict[str, NDArray[Any]] = {
            "epoch": self.surface_epochs,
            "replicate": np.arange(self.config.replicates),
        }
        tables = {
            "curves": self._curves_table(),
            "layers": self._layers_table(),
            "histograms": _table(self._layer_axes, {"counts": self.histograms}),
            "surfaces": _table(surface_axes, {"probability": self.surfaces}),
        }
        contents = {f"{name}.{form.ending}": form.write(table) for name, table in tables.items()}
        return contents | {"run.json": json.dumps(self._description(), indent=2).encode()}

    @classmethod
    def _decoded(cls, files: Mapping[str, bytes], form: _Format) -> RunRecord:
        try:
            tables = {name: form.read(files[f"{name}.{form.ending}"]) for name in TABLES}
            return cls._of_tables(tables, json.loads(files["run.json"]))
        except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
            raise ValueError(f"Expected the files of a run. Received: {error}") from error

    @classmethod
    def _of_tables(cls, tables: Mapping[str, pa.Table], description: Mapping[str, Any]) -> RunRecord:
        config = RunConfig.from_json(json.dumps(description["config"]))
        epochs = _axis(tables["curves"], config.replicates)
        surface_epochs = _axis(tables["surfaces"], config.replicates)
        by_replicate = (len(epochs), config.replicates)
        by_layer = (*by_replicate, config.num_layers)
        by_point = (len(surface_epochs), config.replicates, SURFACE_SIDE, SURFACE_SIDE)
        return cls(
            config=config,
            epochs=epochs,
            curve_arrays={name: _values(tables["curves"], name, by_replicate) for name in CURVES},
            layer_arrays={name: _values(tables["layers"], name, by_layer) for name in LAYER_STATISTICS},
            histograms=_values(tables["histograms"], "counts", (*by_layer, HISTOGRAM_BINS)),
            surface_epochs=surface_epochs,
            surfaces=_values(tables["surfaces"], "probability", by_point),
            status=RunStatus(description["status"]),
            seconds=description["seconds"],
            notices=tuple(description["notices"]),
            versions=description["versions"],
        )

    def save(self, path: str | Path) -> None:
        """Write the record as one zip archive of its files."""
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in self.to_files().items():
                archive.writestr(name, content)

    @classmethod
    def load(cls, path: str | Path) -> RunRecord:
        """The record that `save` wrote.

        Raises:
            ValueError: If the file is not a saved run.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                return cls.from_files({name: archive.read(name) for name in archive.namelist()})
        except zipfile.BadZipFile as error:
            raise ValueError(f"Expected a saved run. Received: {path}, {error}") from error

    def _curves_table(self) -> pa.Table:
        return _table({"epoch": self.epochs, "replicate": np.arange(self.config.replicates)}, self.curve_arrays)

    @property
    def _layer_axes(self) -> dict[str, NDArray[Any]]:
        return {
            "epoch": self.epochs,
            "replicate": np.arange(self.config.replicates),
            "layer": np.arange(self.config.num_layers) + 1,
        }

    def _layers_table(self) -> pa.Table:
        return _table(self._layer_axes, self.layer_arrays)

    def _description(self) -> dict[str, Any]:
        return {
            "config": json.loads(self.config.to_json()),
            "status": self.status,
            "seconds": dict(self.seconds),
            "notices": list(self.notices),
            "versions": dict(self.versions),
        }


def _table(axes: Mapping[str, NDArray[Any]], values: Mapping[str, NDArray[Any]]) -> pa.Table:
    """One row for each combination of the axes; what a value has beyond them becomes a list in its cell."""
    grids = np.meshgrid(*axes.values(), indexing="ij")
    columns = {name: pa.array(grid.ravel().astype(np.int32)) for name, grid in zip(axes, grids, strict=True)}
    for name, value in values.items():
        flat = pa.array(value.ravel())
        cell = int(np.prod(value.shape[len(axes) :]))
        columns[name] = flat if value.ndim == len(axes) else pa.FixedSizeListArray.from_arrays(flat, cell)
    return pa.table(columns)


def _to_parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", use_dictionary=["epoch", "replicate", "layer"])
    return buffer.getvalue()


def _from_parquet(content: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(content))


def _to_arrow(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as stream:
        stream.write_table(table)
    return buffer.getvalue()


def _from_arrow(content: bytes) -> pa.Table:
    # Arrow's own pools keep what was freed; a web process that hears of many runs would grow.
    return pa.ipc.open_stream(content, memory_pool=pa.system_memory_pool()).read_all()


class _Format(NamedTuple):
    """A way to write a table.

    Attributes:
        ending: Of the file's name.
        write: Table to content.
        read: Content to table.
    """

    ending: str
    write: Callable[[pa.Table], bytes]
    read: Callable[[bytes], pa.Table]


_PARQUET = _Format("parquet", _to_parquet, _from_parquet)
_ARROW = _Format("arrow", _to_arrow, _from_arrow)


def _values(table: pa.Table, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    column = table[name].combine_chunks()
    if pa.types.is_fixed_size_list(column.type):
        column = column.flatten()
    return np.reshape(column.to_numpy(zero_copy_only=False), shape)


def _axis(table: pa.Table, repeats: int) -> NDArray[np.int32]:
    """The epochs of a table that has one row for each epoch and replicate."""
    return np.asarray(table["epoch"])[::repeats]
