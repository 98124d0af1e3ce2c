"""A run's record, which stands for itself: it says which kernels and layers it measured, whoever trained them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vgdemo.archive import unpacked
from vgdemo.config import RunConfig
from vgdemo.model import Model
from vgdemo.record.bounds import check_size
from vgdemo.record.files import ARROW, PARQUET, decode, encode
from vgdemo.record.panel import (
    ACTIVATION_STATISTICS,
    CURVES,
    HISTOGRAM_BINS,
    KERNEL_STATISTICS,
    STEP_STATISTICS,
    SURFACE_SIDE,
    UPDATE_STATISTICS,
    Array,
    Panel,
    Surface,
    joined_arrays,
)
from vgdemo.record.source import Source
from vgdemo.record.status import RunStatus
from vgdemo.record.tables import axis_table, curves_table

MAX_BYTES = 1_000_000_000  # That a saved record may unpack to.


@dataclass(frozen=True)
class RunRecord:
    """The measurements of one run, or of a chunk of its epochs.

    Axes: E epochs measured (0 is before any update), R replicates.

    Attributes:
        source: Who made it: the settings that were trained, or a log of somebody's own training.
        model: The network that was measured.
        replicates: R, how many trainings of it there are.
        epochs: (E,) epoch numbers.
        curve_arrays: Name of `CURVES` to (E, R): mean loss, in nats for a cross-entropy, and accuracy as a share. What
            was not measured is not there. A network with several outputs has "val_accuracy/<output>" and the like, and
            a log may have `PROBE_LOSS`.
        panels: Name to statistics along an axis. A trained run has "kernels", "updates" (how far each kernel moved in
            an epoch, from epoch 1 on) and "activations" (of the hidden layers), and a panel "steps/<layer>" for each
            recurrent one, which the record of a log has as well, beside "activations" of every layer. There NaN also
            stands where a statistic does not exist, and the model says why: a kernel is frozen or not reached, a layer
            has no activation.
        planned_epochs: The last epoch of the training, if it is known.
        majority_share: Validation accuracy of always answering the larger class, if it is known.
        ceiling: Validation accuracy that can be reached on these points, if it is known.
        surface: What the network answers over the plane, if that is where its points are.
        status: Whether all epochs were trained.
        seconds: Stage ("compile", "train") to seconds.
        notices: Sentences for the person, such as a lost speed.
        versions: Package name to version that trained the run.
        unit: What its epochs count: "epoch", or "step" where it was measured every so many updates.
        guess: Loss of answering without looking, if it was measured on the data.
        gaps: Name of a curve to (E,) where it was not measured, as between validations; there it is NaN, which
            elsewhere is a measurement. A curve that is not named was measured at every epoch.

    Example:
        >>> record.values("gradient_rms").shape  # Epochs 0 to 3, two replicates, two hidden layers and the output.
        (4, 2, 3)
        >>> record.panel_of("gradient_rms").labels
        ('1', '2', 'output')
        >>> list(record.curves.columns[:3])
        ['epoch', 'replicate', 'train_loss']
    """

    source: Source
    model: Model
    replicates: int
    epochs: NDArray[np.int32]
    curve_arrays: Mapping[str, Array]
    panels: Mapping[str, Panel]
    planned_epochs: int | None = None
    majority_share: float | None = None
    ceiling: float | None = None
    surface: Surface | None = None
    status: RunStatus = RunStatus.COMPLETE
    seconds: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    unit: str = "epoch"
    guess: float | None = None
    gaps: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """The run in a line: its arrays fill pages."""
        return f"RunRecord({self.sentence!r}, epochs={len(self.epochs)}, replicates={self.replicates})"

    @classmethod
    def empty(cls, config: RunConfig) -> RunRecord:
        """A run of which nothing is measured yet."""
        none, replicates, model = np.zeros(0, np.int32), config.replicates, config.model

        def statistics(names: Sequence[str], places: int) -> dict[str, Array]:
            return {name: np.zeros((0, replicates, places)) for name in names}

        kernels = len(model.kernels)
        histograms = np.zeros((0, replicates, kernels, HISTOGRAM_BINS), np.uint32)
        return cls(
            source=config,
            model=model,
            replicates=replicates,
            epochs=none,
            curve_arrays={name: np.zeros((0, replicates)) for name in CURVES},
            panels={
                "kernels": Panel.of_kernels(model, none, statistics(KERNEL_STATISTICS, kernels), histograms),
                "updates": Panel.of_kernels(model, none, statistics(UPDATE_STATISTICS, kernels)),
                "activations": Panel.of_layers(model, none, statistics(ACTIVATION_STATISTICS, len(model.layers))),
                **{
                    f"steps/{layer}": Panel.of_time_steps(steps, none, statistics(STEP_STATISTICS, len(steps)))
                    for layer, steps in config.states.items()
                },
            },
            planned_epochs=config.epochs,
            surface=None
            if config.architecture.is_recurrent
            else Surface(none, np.zeros((0, replicates, SURFACE_SIDE, SURFACE_SIDE), np.float32)),
        )

    @classmethod
    def joined(cls, chunks: Sequence[RunRecord]) -> RunRecord:
        """One record of consecutive chunks; all but the epochs comes from the last of them."""
        surfaces = [chunk.surface for chunk in chunks if chunk.surface is not None]
        return replace(
            chunks[-1],
            epochs=np.concatenate([chunk.epochs for chunk in chunks]),
            curve_arrays=joined_arrays([chunk.curve_arrays for chunk in chunks]),
            panels={name: Panel.joined([chunk.panels[name] for chunk in chunks]) for name in chunks[-1].panels},
            surface=Surface.joined(surfaces) if surfaces else None,
        )

    @property
    def beginning(self) -> RunRecord:
        """What was measured at the first epoch, without histograms and surfaces: the same as long as a run trains.

        Example:
            >>> record.beginning.epochs.tolist(), record.beginning.values("gradient_rms").shape
            ([0], (1, 2, 3))
        """
        return replace(
            self,
            epochs=self.epochs[:1],
            curve_arrays={name: values[:1] for name, values in self.curve_arrays.items()},
            gaps={name: values[:1] for name, values in self.gaps.items()},
            panels={name: panel.until(int(self.epochs[0])) for name, panel in self.panels.items()},
            surface=None,
        )

    @property
    def config(self) -> RunConfig | None:
        """The settings, if the run was made of settings."""
        return self.source if isinstance(self.source, RunConfig) else None

    @property
    def run_key(self) -> str:
        """What identifies the run."""
        return self.source.run_key

    @property
    def sentence(self) -> str:
        """The run in one line of words."""
        return self.source.sentence

    @property
    def last_epoch(self) -> int:
        """The epoch at which the training ends, or has come to if that is not known."""
        return int(self.epochs.max(initial=0)) if self.planned_epochs is None else self.planned_epochs

    @property
    def guessing_loss(self) -> float | None:
        """Loss of answering without looking: as it was measured, else as the model has it; None if neither is known.

        Example:
            >>> round(record.guessing_loss, 3)  # Of two classes that are equally likely.
            0.693
        """
        return self.model.guessing_loss if self.guess is None else self.guess

    def curve(self, name: str) -> tuple[NDArray[np.int32], Array] | None:
        """(M,) the epochs at which a curve was measured, and (M, R) what it was; None if it never was.

        Example:
            >>> epochs, values = record.curve("val_loss")
            >>> epochs.tolist(), values.shape
            ([0, 1, 2, 3], (4, 2))
        """
        if name not in self.curve_arrays:
            return None
        measured = self.is_measured(name)
        return self.epochs[measured], self.curve_arrays[name][measured]

    def is_measured(self, name: str) -> NDArray[np.bool_]:
        """(E,) where a curve that was measured has no gap."""
        return ~self.gaps.get(name, np.zeros(len(self.epochs), np.bool_))

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        surface = 0 if self.surface is None else self.surface.probabilities.nbytes
        curves = sum(values.nbytes for values in self.curve_arrays.values())
        return surface + curves + sum(panel.nbytes for panel in self.panels.values())

    def compact(self) -> RunRecord:
        """The same record in less memory: of the default size half as many bytes."""
        return replace(self, panels={name: panel.compact() for name, panel in self.panels.items()})

    def find_panel(self, statistic: str) -> Panel | None:
        """The panel that has a statistic; None if it was not measured."""
        return next((panel for panel in self.panels.values() if statistic in panel.statistics), None)

    def has(self, statistic: str) -> bool:
        """Whether a statistic was measured."""
        return self.find_panel(statistic) is not None

    def panel_of(self, statistic: str) -> Panel:
        """The panel that has a statistic.

        Raises:
            KeyError: If it was not measured.
        """
        panel = self.find_panel(statistic)
        if panel is None:
            raise KeyError(statistic)
        return panel

    def values(self, statistic: str) -> Array:
        """(E, R, P) the values of a statistic, at the epochs and places of its panel.

        Raises:
            KeyError: If it was not measured.
        """
        return self.panel_of(statistic).statistics[statistic]

    @property
    def curves(self) -> pd.DataFrame:
        """Columns epoch, replicate (from 0), then the curves; one row for each epoch and replicate."""
        return pd.DataFrame(curves_table(self).to_pandas())

    @property
    def layers(self) -> pd.DataFrame:
        """Columns epoch, replicate (from 0), layer (its label), then every statistic along layers."""
        return pd.DataFrame(axis_table(self, "layer").to_pandas())

    def to_files(self) -> dict[str, bytes]:
        """File name to content: Parquet tables and `run.json`."""
        return encode(self, PARQUET)

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> RunRecord:
        """The record that `to_files` wrote. Statistics and curves are those that the files have.

        Raises:
            ValueError: If the files are not those of a run.
        """
        return cls(**decode(files, PARQUET))

    def to_message(self) -> dict[str, bytes]:
        """File name to content for another process: a little larger than `to_files`, five times faster both ways."""
        return encode(self, ARROW)

    @classmethod
    def from_message(cls, message: Mapping[str, bytes]) -> RunRecord:
        """The record that `to_message` wrote.

        Raises:
            ValueError: If the message is not a run's.
        """
        return cls(**decode(message, ARROW))

    def save(self, path: str | Path) -> None:
        """Write the record as one zip archive of its files."""
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in self.to_files().items():
                archive.writestr(name, content)

    @classmethod
    def load(cls, source: bytes | str | Path, most_bytes: int = MAX_BYTES) -> RunRecord:
        """The record that `save` wrote.

        Args:
            source: The archive, or where it is.
            most_bytes: That it may unpack to.

        Raises:
            ValueError: If it is not a saved run, or a larger one.
        """
        try:
            files = unpacked(source, (".json", ".parquet"), most_bytes)
            check_size(files, most_bytes)
            return cls.from_files(files)
        except ValueError as error:
            received = "a file" if isinstance(source, bytes) else source
            raise ValueError(f"Expected a saved run. Received: {received}. {error}") from error
