"""The measured numbers of a record: statistics along an axis, and answers over the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vgdemo.model import Model
from vgdemo.record.over_replicates import quantile
from vgdemo.record.reach import Reach, factor_per_step, reach

CURVES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
OF_OUTPUTS = ("train_accuracy/", "val_accuracy/")  # What the curve of one of several outputs begins with.
PROBE_LOSS = "probe_loss"  # A curve of logs alone: the loss of examples that stay the same.
KERNEL_STATISTICS = (
    "gradient_mean_abs",
    "gradient_rms",
    "gradient_max_abs",
    "gradient_zero_share",
    "kernel_l1",
    "kernel_rms",
    "kernel_mean",
)
UPDATE_STATISTICS = ("update_ratio",)
STEP_STATISTICS = (
    "state_gradient_mean_abs",
    "state_gradient_rms",
    "recurrent_gradient_rms",
    "recurrent_gradient_share",
)
ACTIVATION_STATISTICS = ("activation_mean", "activation_std", "saturated_share", "dead_share")
HISTOGRAM_EDGES = np.linspace(-24, 6, 61)  # log10|g|, half a decade each.
HISTOGRAM_BINS = len(HISTOGRAM_EDGES) + 3  # zero, below the first edge, the 60 between, above the last, not finite.
MAX_DIGITS = 10  # Of a time step's number, and its differences from others fit any integer.
SURFACE_SIDE = 32  # Grid points along each axis of a decision surface.
SURFACE_AXIS = np.linspace(-1.2, 1.2, SURFACE_SIDE)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """Statistics along one axis, such as the kernels of a network or the time steps of a sequence.

    Axes: E epochs, R replicates, P places along the axis, B histogram bins.

    Attributes:
        axis: What figures call the axis: "layer", "time step".
        labels: What the axis calls its P places.
        phrases: What a sentence calls them, such as "layer 1", "the output".
        epochs: (E,) the epochs at which these statistics were measured.
        statistics: Name to (E, R, P).
        histograms: (E, R, P, B) counts of a kernel's gradient entries by log10 of their size; None if none were kept.
            Bins: exact zero, below `HISTOGRAM_EDGES[0]`, one for each interval between edges, from the last edge on,
            not finite.
        of: What its places are: the model's kernels or its layers; None if the model does not name them.

    Example:
        >>> panel = record.panels["activations"]
        >>> panel.axis, panel.phrases, panel.statistics["dead_share"].shape  # Epochs 0 to 3, two replicates.
        ('layer', ('layer 1', 'layer 2'), (4, 2, 2))
    """

    axis: str
    labels: tuple[str, ...]
    phrases: tuple[str, ...]
    epochs: NDArray[np.int32]
    statistics: Mapping[str, Array]
    histograms: NDArray[np.uint32] | None = None
    of: Literal["kernel", "layer"] | None = None

    @classmethod
    def of_kernels(
        cls,
        model: Model,
        epochs: NDArray[np.int32],
        statistics: Mapping[str, Array],
        histograms: NDArray[np.uint32] | None = None,
    ) -> Panel:
        """Statistics of every kernel of a model."""
        return cls("layer", model.kernel_labels, model.kernel_phrases, epochs, statistics, histograms, of="kernel")

    @classmethod
    def of_layers(cls, model: Model, epochs: NDArray[np.int32], statistics: Mapping[str, Array]) -> Panel:
        """Statistics of the activations of a model's layers."""
        return cls("layer", model.layer_labels, model.layer_phrases, epochs, statistics, of="layer")

    @classmethod
    def of_time_steps(cls, labels: Sequence[str], epochs: NDArray[np.int32], statistics: Mapping[str, Array]) -> Panel:
        """Statistics of a recurrent layer at every time step.

        Example:
            >>> Panel.of_time_steps(("1", "2"), np.array([0]), {"state_gradient_rms": np.ones((1, 1, 2))}).phrases
            ('time step 1', 'time step 2')
        """
        return cls("time step", tuple(labels), tuple(f"time step {label}" for label in labels), epochs, statistics)

    @classmethod
    def joined(cls, panels: Sequence[Panel]) -> Panel:
        """One panel of consecutive epochs."""
        histograms = [panel.histograms for panel in panels if panel.histograms is not None]
        return replace(
            panels[-1],
            epochs=np.concatenate([panel.epochs for panel in panels]),
            statistics=joined_arrays([panel.statistics for panel in panels]),
            histograms=np.concatenate(histograms) if histograms else None,
        )

    @property
    def factors_per_step(self) -> Array | None:
        """(E, R) by what each time step multiplies the derivative by the state, on its way back to the step before it.

        It is the geometric mean between the first and the last step at which there is such a derivative; of a layer
        that reads backwards, whose derivative goes to later steps, one over that. None unless the panel has time steps.

        Example:
            >>> labels, halving = ("1", "2", "3"), np.array([[[1.0, 2.0, 4.0]]])
            >>> panel = Panel("time step", labels, labels, np.array([0]), {"state_gradient_mean_abs": halving})
            >>> panel.factors_per_step.tolist()
            [[0.5]]
        """
        if self.state_gradient is None:
            return None
        with np.errstate(divide="ignore"):
            log_sizes = np.log10(self.state_gradient)
        return np.array([[factor_per_step(one, self.steps) for one in of_epoch] for of_epoch in log_sizes])

    @property
    def state_gradient(self) -> Array | None:
        """(E, R, P) size of the derivative by the state at each time step; None unless the panel has time steps.

        It is the root mean square where that was measured, else the mean absolute value.
        """
        return self.statistics.get("state_gradient_rms", self.statistics.get("state_gradient_mean_abs"))

    def reach_at(self, epoch: int) -> Reach | None:
        """How far back the median replicate's derivative by the state reaches, at the last measured epoch by then.

        None if there is none, or the panel has no time steps.

        Example:
            >>> halving = {"state_gradient_rms": 0.5 ** np.arange(40.0)[None, None, ::-1]}
            >>> panel = Panel.of_time_steps(tuple(map(str, range(1, 41))), np.array([0]), halving)
            >>> panel.reach_at(0).steps
            10
        """
        measured = np.flatnonzero(self.epochs <= epoch)
        if self.state_gradient is None or not len(measured):
            return None
        return reach(quantile(self.state_gradient[measured[-1]], 0.5, axis=0), self.steps)

    @property
    def steps(self) -> NDArray[np.int64]:
        """(P,) the number of each place in time, or of the last step of a group.

        They are what the labels say where these are whole numbers from 1 on that rise, else 1 to P.

        Example:
            >>> [Panel.of_time_steps(labels, np.array([0]), {}).steps.tolist() for labels in (("5", "10"), ("b", "a"))]
            [[5, 10], [1, 2]]
        """
        numbers = [int(label) if label.isdecimal() and len(label) < MAX_DIGITS else 0 for label in self.labels]
        do_rise = all(before < after for before, after in pairwise([0, *numbers]))
        return np.array(numbers if do_rise else range(1, len(self.labels) + 1), np.int64)

    def until(self, epoch: int) -> Panel:
        """What was measured up to an epoch, without histograms.

        Example:
            >>> record.panels["updates"].until(2).epochs.tolist()  # None at epoch 0.
            [1, 2]
        """
        kept = self.epochs <= epoch
        statistics = {name: values[kept] for name, values in self.statistics.items()}
        return replace(self, epochs=self.epochs[kept], statistics=statistics, histograms=None)

    def compact(self) -> Panel:
        """The same counts of gradient entries, which most of a record is, in the smallest type that holds them.

        Example:
            >>> panel = record.panels["kernels"]
            >>> panel.histograms.dtype, panel.compact().histograms.dtype
            (dtype('uint32'), dtype('uint8'))
        """
        if self.histograms is None:
            return self
        smallest = np.min_scalar_type(int(self.histograms.max(initial=0)))
        return replace(self, histograms=self.histograms.astype(smallest))

    def outputs(self, model: Model) -> tuple[int, ...]:
        """Which of its places belong to the layer that gives the network's answer, from 0.

        Example:
            >>> record.panels["kernels"].outputs(record.model), record.panels["activations"].outputs(record.model)
            ((2,), ())
        """
        answering = {kernel.layer for kernel in model.kernels if kernel.is_output}
        layers = {"kernel": [kernel.layer for kernel in model.kernels], "layer": [layer.name for layer in model.layers]}
        return tuple(place for place, layer in enumerate(layers.get(self.of or "", [])) if layer in answering)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        counts = 0 if self.histograms is None else self.histograms.nbytes
        return counts + sum(values.nbytes for values in self.statistics.values())


@dataclass(frozen=True)
class Surface:
    """What a network with two inputs answers all over their plane.

    Attributes:
        epochs: (S,) epoch numbers.
        probabilities: (S, R, G, G) probability of class 1 at (x2, x1) = `SURFACE_AXIS` × `SURFACE_AXIS`.
    """

    epochs: NDArray[np.int32]
    probabilities: NDArray[np.float32]

    @classmethod
    def joined(cls, surfaces: Sequence[Surface]) -> Surface:
        """One of consecutive epochs."""
        return cls(
            np.concatenate([surface.epochs for surface in surfaces]),
            np.concatenate([surface.probabilities for surface in surfaces]),
        )


def joined_arrays(arrays: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Arrays of the same names, one after the other along their first axis."""
    return {name: np.concatenate([one[name] for one in arrays]) for name in arrays[-1]}
