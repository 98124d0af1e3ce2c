"""What the rules look at: a few numbers for each replicate, at the start and over training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vgdemo.config import RunConfig
from vgdemo.diagnosis.suited import suited_initializer
from vgdemo.learning import MARGIN, final_accuracy, learning_threshold
from vgdemo.meanfield import kernel_moments
from vgdemo.record import RunRecord

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

S_SHAPED = ("sigmoid", "tanh", "softsign")  # Flat on both sides; a ReLU's zero slope on one side is how it works.


@dataclass(frozen=True)
class Symptoms:
    """One record, seen as the rules see it.

    Arrays are (R,) or (R, H), R replicates and H hidden layers. A share of nothing is NaN, for which no comparison
    holds, and a gradient that is not a number counts as infinite.
    """

    record: RunRecord

    @property
    def config(self) -> RunConfig:
        """The settings of the run."""
        return self.record.config

    @property
    def trained_epochs(self) -> int:
        """Epochs after the first that was measured."""
        return len(self.record.epochs) - 1

    @property
    def replicates(self) -> int:
        """How many there are."""
        return int(self._loss.shape[1])

    @cached_property
    def majority_share(self) -> float:
        """Validation accuracy of always answering the larger class."""
        return learning_threshold(self.config) - MARGIN

    @cached_property
    def final_accuracy(self) -> Array:
        """Validation accuracy after the last epoch; NaN where training diverged."""
        return final_accuracy(self.record)

    @property
    def start_loss(self) -> Array:
        """Training loss before the first update."""
        return np.asarray(self._loss[0])

    @cached_property
    def middle_loss(self) -> Array:
        """Training loss half-way, the median over a tenth of the epochs."""
        middle = len(self._loss) // 2
        return _median(self._loss[middle : middle + self._tenth])

    @cached_property
    def final_loss(self) -> Array:
        """Training loss, the median over the last tenth of the epochs."""
        return _median(self._loss[-self._tenth :])

    @cached_property
    def broken_from(self) -> NDArray[np.int_]:
        """First epoch at which loss or gradient is not a finite number; -1 where there is none."""
        gradients = self.record.layer_arrays["gradient_rms"]
        broken = ~(np.isfinite(self._loss) & np.isfinite(gradients).all(axis=-1))
        return np.where(broken.any(axis=0), self.record.epochs[broken.argmax(axis=0)], -1)

    @cached_property
    def start_gradient(self) -> Array:
        """(R, H + 1) gradient size of each kernel before the first update."""
        return np.asarray(self._gradient[0])

    @property
    def start_hidden_gradient(self) -> Array:
        """Largest gradient size of a hidden layer before the first update."""
        return np.asarray(self.start_gradient[:, :-1].max(axis=-1))

    @property
    def start_growth(self) -> Array:
        """The same over the output layer's."""
        return _quotient(self.start_hidden_gradient, self.start_gradient[:, -1])

    @property
    def start_shrinkage(self) -> Array:
        """The smallest hidden layer's gradient over the largest of all layers, before the first update."""
        return _shrinkage(self.start_gradient)

    @cached_property
    def late_shrinkage(self) -> Array:
        """The same, the median over the second half of the epochs."""
        return _median(_shrinkage(self._gradient[len(self._gradient) // 2 :]))

    @cached_property
    def start_saturated(self) -> Array:
        """(R, H) share of units and points on the flat of an S-shaped activation, before the first update."""
        return np.asarray(self._saturated[0])

    @cached_property
    def final_saturated(self) -> Array:
        """(R, H) the same, the median over the last tenth of the epochs."""
        return _median(self._saturated[-self._tenth :])

    @property
    def start_dead(self) -> Array:
        """(R, H) share of units that give 0 for every point, before the first update."""
        return np.asarray(self._hidden("dead_share")[0])

    @property
    def final_dead(self) -> Array:
        """(R, H) the same after the last epoch."""
        return np.asarray(self._hidden("dead_share")[-1])

    @property
    def start_signal(self) -> Array:
        """(R, H) standard deviation of each hidden layer's activations before the first update."""
        return np.asarray(self._hidden("activation_std")[0])

    @cached_property
    def weight_scale(self) -> Array:
        """Mean square of the first weights over the variance that suits the activation, the median over layers."""
        name = suited_initializer(self.config.activation).name
        suited = [kernel_moments(name, *shape)[1] for shape in self.config.kernel_shapes[:-1]]
        return _median((self._hidden("kernel_rms")[0] ** 2 / np.array(suited)).T)

    @cached_property
    def movement(self) -> Array:
        """How far the kernel that moved most went over the whole run, in its own length: at most this far."""
        moves = self.record.layer_arrays["update_ratio"][1:]
        moves = np.where(np.isnan(moves), np.inf, moves)
        return np.asarray(moves.sum(axis=0).max(axis=-1))

    @property
    def _loss(self) -> Array:
        return self.record.curve_arrays["train_loss"]

    @property
    def _tenth(self) -> int:
        return max(1, len(self.record.epochs) // 10)

    @cached_property
    def _gradient(self) -> Array:
        sizes = self.record.layer_arrays["gradient_rms"]
        return np.where(np.isnan(sizes), np.inf, sizes)

    @property
    def _saturated(self) -> Array:
        shares = self._hidden("saturated_share")
        return shares if self.config.activation in S_SHAPED else np.zeros_like(shares)

    def _hidden(self, statistic: str) -> Array:
        return np.asarray(self.record.layer_arrays[statistic][..., :-1])


def _quotient(numerator: Array, denominator: Array) -> Array:
    return np.asarray(numerator / denominator)


def _shrinkage(gradient: Array) -> Array:
    return _quotient(gradient[..., :-1].min(axis=-1), gradient.max(axis=-1))


def _median(values: Array) -> Array:
    """Over the first axis; NaN where one of the values is."""
    return np.asarray(np.median(values, axis=0))
