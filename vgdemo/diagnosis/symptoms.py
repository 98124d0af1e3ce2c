"""What the rules look at: a few numbers for each replicate, at the start and over training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vgdemo.diagnosis.anatomy import (
    answers,
    answers_by_one_softmax,
    entries,
    flow,
    gated_layers,
    hidden_activations,
    hidden_layers,
    is_linear,
    kernel_activations,
    learning_part,
    learning_places,
    output_kernels,
)
from vgdemo.diagnosis.first_weights import pooled_shift, relative_scale
from vgdemo.diagnosis.through_time import ThroughTime, through_time
from vgdemo.learning import (
    final_accuracy,
    guessing_accuracy,
    has_learned,
    has_learned_by_loss,
    holds_nothing_to_learn,
    training_loss,
)
from vgdemo.model import AVERAGE_MOMENTUM, Model
from vgdemo.record import PROBE_LOSS, RunRecord
from vgdemo.sequences import TASKS

LAGGING = 0.05  # Of the first values, which say nothing of the signal, in a moving average.
SETTING_OUT = 0.98  # Of the loss of guessing: less than that is more than a plateau's wandering.
PARTLY = 0.95  # Of the loss of guessing: on a plateau it wanders by a few per cent.
EQUAL = 1e-6  # Relative: statistics of 32-bit weights that are one number come so near to it.

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Loss(NamedTuple):
    """`training_loss` of each replicate, (R,) each; the last two are medians over a tenth of the epochs.

    Attributes:
        start: Before the first update.
        middle: From half-way on.
        final: In the end.
    """

    start: Array
    middle: Array
    final: Array


@dataclass(frozen=True)
class Symptoms:
    """One record of at least one epoch, seen as the rules see it; what was not measured is None.

    Arrays are (R,), (R, K), (R, H) or (R, L): R replicates, K kernels, H of them hidden, L measured hidden layers. The
    start is the first epoch that was measured. A share of nothing is NaN, for which no comparison holds, and a gradient
    that is not a number counts as infinite.

    Attributes:
        record: What was measured.
    """

    record: RunRecord

    @cached_property
    def model(self) -> Model:
        """The network as far as it learns; `record.model` has the frozen kernels as well."""
        return learning_part(self.record.model)

    @property
    def trained_epochs(self) -> int:
        """Epochs between the first and the last that were measured."""
        return int(self.record.epochs[-1] - self.record.epochs[0])

    @property
    def updates(self) -> int | None:
        """Updates of the weights between the first measurement and the last; None if they are not known."""
        if self.record.unit == "step":
            return self.trained_epochs
        return None if self.model.epoch_updates is None else self.model.epoch_updates * self.trained_epochs

    @property
    def guessing_accuracy(self) -> float:
        """Validation accuracy of always answering the larger class."""
        return guessing_accuracy(self.record)

    @property
    def guessing_loss(self) -> float | None:
        """Loss of answering without looking; None if it is not known."""
        return self.record.guessing_loss

    @cached_property
    def final_accuracy(self) -> Array | None:
        """(R,) validation accuracy after the last epoch, that of guessing where the loss is no finite number."""
        return final_accuracy(self.record)

    @cached_property
    def has_learned(self) -> Mask | None:
        """(R,) whether it has learned by the last epoch."""
        return has_learned(self.record)

    @cached_property
    def has_not_learned(self) -> Mask | None:
        """(R,) whether it is known to have learned nothing; a final accuracy that is not a number says neither."""
        final, learned = self.final_accuracy, self.has_learned
        return None if final is None or learned is None else ~learned & ~np.isnan(final)

    @cached_property
    def has_learned_by_loss(self) -> Mask | None:
        """(R,) whether the loss says that it has learned; None where an accuracy says it."""
        return None if self.final_accuracy is not None else has_learned_by_loss(self.record)

    @cached_property
    def has_not_learned_by_loss(self) -> Mask | None:
        """(R,) whether the loss says that it has not; None where an accuracy says it, or guessing has no known loss."""
        learned, loss = self.has_learned_by_loss, self.loss
        if learned is None or loss is None or self.guessing_loss is None:
            return None
        return ~learned & ~np.isnan(loss.final)

    @cached_property
    def answer_is_fixed(self) -> Mask:
        """(R,) whether no step can move the answer: the softmax of one number, or an activation that starts dead."""
        shares, places = self._values("dead_share"), answers(self.record.model)
        if answers_by_one_softmax(self.record.model):
            return np.ones(self.record.replicates, dtype=bool)
        if shares is None or not places:
            return np.zeros(self.record.replicates, dtype=bool)
        return np.asarray((shares[0][:, places] >= 1).all(axis=-1))

    @property
    def nothing_learns(self) -> bool:
        """Whether there are kernels, and all are frozen, or none that could learn below the output is reached."""
        kernels = self.record.model.kernels
        wanted = [kernel for kernel in kernels if kernel.trainable and not kernel.is_output]
        if wanted:
            return not any(kernel.is_reached for kernel in wanted)
        return bool(kernels) and not any(kernel.trainable for kernel in kernels)

    @property
    def has_labels_out_of_range(self) -> Mask | None:
        """(R,) whether a cross-entropy ends below 0, which it cannot where labels are shares."""
        loss = self.loss
        return None if loss is None or "crossentropy" not in self.model.loss else loss.final < 0

    @property
    def holds_nothing_to_learn(self) -> bool:
        """Whether the points hide their classes in noise."""
        return holds_nothing_to_learn(self.record)

    @cached_property
    def loss(self) -> Loss | None:
        """Training loss at the start, half-way and in the end."""
        values = training_loss(self.record)
        if values is None:
            return None
        middle = len(values) // 2
        return Loss(values[0], _median(values[middle : middle + _tenth(values)]), _at_end(values))

    @cached_property
    def averages_lag(self) -> Mask:
        """(R,) whether batch normalisation's averages still hold first values, and evaluation is worse than a guess.

        After n updates the first values are left with a weight of 0.99^n, in Keras as here.
        """
        loss, guessing, updates = self._evaluated_loss, self.guessing_loss, self.updates
        if self.model.normalization != "batch" or updates is None or loss is None or guessing is None:
            return np.zeros(self.record.replicates, dtype=bool)
        return (AVERAGE_MOMENTUM**updates >= LAGGING) & (loss > guessing)

    @property
    def _evaluated_loss(self) -> Array | None:
        """(R,) final loss as averages have it: in a log the validation loss, unless training is no better than a guess.

        A log's training loss is that of batches normalised by themselves.
        """
        if self.record.config is not None:
            return None if self.loss is None else self.loss.final
        validation = self.record.curve("val_loss")
        if validation is None or self.loss is None or self.guessing_loss is None:
            return None
        return np.where(self.loss.final < self.guessing_loss, validation[1][-1], np.nan)

    @property
    def fits(self) -> Mask:
        """(R,) whether training itself reports a final loss below that of guessing."""
        reported = self.record.curve("train_loss")
        if reported is None or self.guessing_loss is None:
            return np.zeros(self.record.replicates, dtype=bool)
        return np.asarray(reported[1][-1] < self.guessing_loss)

    @cached_property
    def has_learned_a_part(self) -> Mask:
        """(R,) whether the loss comes to rest below that of guessing."""
        loss, guessing = self.loss, self.guessing_loss
        if loss is None or guessing is None:
            return np.zeros(self.record.replicates, dtype=bool)
        return loss.final < PARTLY * guessing

    def falls_on(self, factor: float) -> Mask:
        """(R,) whether the loss ends below that of guessing, and so many times as far below as half-way.

        Where nothing bends in what learns, or nothing below the answer learns, there is soon nothing left to learn,
        however the loss falls.
        """
        loss, guessing = self.loss, self.guessing_loss
        is_line = is_linear(self.model) or all(kernel.is_output for kernel in self.model.kernels)
        if loss is None or guessing is None or is_line:
            return np.zeros(self.record.replicates, dtype=bool)
        has_set_out = loss.final < SETTING_OUT * guessing
        return has_set_out & (guessing - loss.final >= factor * (guessing - loss.middle))

    @cached_property
    def broken_from(self) -> Array:
        """(R,) first epoch at which loss or gradient is not a finite number; infinite where there is none."""
        first = np.full(self.record.replicates, np.inf)
        for name in ("train_loss", PROBE_LOSS):
            if (loss := self.record.curve(name)) is not None:
                first = np.minimum(first, _first(loss[0], ~np.isfinite(loss[1])))
        if (gradients := self._values("gradient_rms")) is not None:
            epochs = self.record.panel_of("gradient_rms").epochs
            first = np.minimum(first, _first(epochs, np.asarray((~np.isfinite(gradients)).any(axis=-1))))
        return first

    @property
    def start_gradient(self) -> Array | None:
        """(R, K) gradient size of each kernel before the first update."""
        return None if self._gradient is None else self._gradient[0]

    @property
    def final_gradient(self) -> Array | None:
        """(R, K) gradient size of each kernel after the last epoch."""
        return None if self._gradient is None else self._gradient[-1]

    @property
    def start_hidden_gradient(self) -> Array | None:
        """(R,) largest gradient size of a hidden kernel before the first update."""
        sizes = self.start_gradient
        return None if sizes is None or not self.model.hidden else sizes[:, self.model.hidden].max(axis=-1)

    @property
    def start_growth(self) -> Array | None:
        """(R,) largest gradient size of a hidden kernel over that of the output's, before the first update."""
        sizes, largest = self.start_gradient, self.start_hidden_gradient
        outputs = output_kernels(self.model)
        return None if sizes is None or largest is None or not outputs else largest / sizes[:, outputs].max(axis=-1)

    @property
    def start_shrinkage(self) -> Array | None:
        """(R,) smallest gradient of a hidden kernel over the largest of all, by `_lengths`, before the first update.

        Behind skip connections it is the first kernel's: what goes around a layer need not go through it.
        """
        return None if self._shrinkage is None else self._shrinkage[0]

    @cached_property
    def late_shrinkage(self) -> Array | None:
        """(R,) the same over the second half of the epochs: the median."""
        return None if self._shrinkage is None else _median(self._shrinkage[len(self._shrinkage) // 2 :])

    @property
    def has_flow(self) -> bool:
        """Whether the loss was differentiated by the layers' outputs, which compare where kernels do not."""
        return self._flow is not None

    @property
    def start_flow(self) -> Array | None:
        """(R,) derivative by the first learning layer's output over the largest of the hidden ones, at the start."""
        return None if self._flow is None else self._flow[0, ..., 0] / self._flow[0].max(axis=-1)

    @cached_property
    def late_flow(self) -> Array | None:
        """(R,) the same over the second half of the epochs: the median."""
        if self._flow is None:
            return None
        return _median((self._flow[..., 0] / self._flow.max(axis=-1))[len(self._flow) // 2 :])

    @property
    def start_flow_growth(self) -> Array | None:
        """(R,) derivative by the first learning layer's output over that by the last hidden one's, at the start."""
        return None if self._flow is None else self._flow[0, ..., 0] / self._flow[0, ..., -1]

    @property
    def needs_memory(self) -> bool | None:
        """Whether what decides the answer may lie many time steps back; None where nobody knows."""
        task = None if self.record.config is None else TASKS.get(self.record.config.dataset)
        return None if task is None else task.needs_memory

    @cached_property
    def start_through_time(self) -> tuple[ThroughTime, ...]:
        """What becomes of the derivative by a state on its way back through time, before the first update."""
        return through_time(self.record, slice(0, 1))

    @cached_property
    def late_through_time(self) -> tuple[ThroughTime, ...]:
        """The same over the second half of the epochs: the medians."""
        return through_time(self.record, slice(len(self.record.epochs) // 2, None))

    @cached_property
    def start_underflow(self) -> Array | None:
        """(R,) share of exact zeros in all gradients of kernels, embeddings apart, at the start, in 16-bit numbers."""
        zeros = self._values("gradient_zero_share")
        counts = [0 if kernel.kind == "Embedding" else math.prod(kernel.shape) for kernel in self.model.kernels]
        if zeros is None or self.model.compute_dtype != "float16" or not sum(counts):
            return None
        return np.average(zeros[0], axis=-1, weights=counts)

    @property
    def start_saturated(self) -> Array | None:
        """(R, L) share of units and points on the flat of an S-shaped activation, before the first update."""
        return None if self._saturated is None else self._saturated[0]

    @property
    def first_saturated(self) -> Array | None:
        """(R,) that share in the first layer, which reads the inputs."""
        shares = self.start_saturated
        return None if shares is None or not shares.shape[-1] else shares[:, 0]

    @cached_property
    def final_saturated(self) -> Array | None:
        """(R, L) share of units and points on the flat of an S-shaped activation: median of the epochs' last tenth."""
        return None if self._saturated is None else _at_end(self._saturated)

    @property
    def start_dead(self) -> Array | None:
        """(R, L) share of units that give 0 for every point, before the first update; 0 where a skip goes around."""
        return self._blocking_at(0)

    @property
    def final_dead(self) -> Array | None:
        """(R, L) share of units that give 0 for every point, after the last epoch; 0 where a skip goes around."""
        return self._blocking_at(-1)

    @property
    def start_signal(self) -> Array | None:
        """(R, L) standard deviation of each hidden layer's activations before the first update."""
        return self._layers_at("activation_std", 0)

    @cached_property
    def start_weights(self) -> Array | None:
        """(R, H) root mean square of each hidden kernel before the first update."""
        return self._hidden_at("kernel_rms", 0)

    @cached_property
    def weight_scale(self) -> Array | None:
        """(R,) mean square of the first weights over the variance that suits their activation, all kernels together."""
        if self.start_weights is None:
            return None
        return relative_scale(self.start_weights, self.model.hidden_kernels, kernel_activations(self.model))

    @cached_property
    def recurrent_scale(self) -> Array | None:
        """(R,) σw², units times the mean square of the first recurrent weights, of all layers without gates.

        An orthogonal kernel has 1.
        """
        hidden, gated = self.model.hidden_kernels, gated_layers(self.model)
        places = [
            at for at, kernel in enumerate(hidden) if kernel.name == "recurrent_kernel" and kernel.layer not in gated
        ]
        if self.start_weights is None or not places:
            return None
        units = np.array([hidden[place].shape[0] for place in places])
        return np.asarray((units * self.start_weights[:, places] ** 2).mean(axis=-1))

    @cached_property
    def shifted_mean(self) -> float | None:
        """Mean of the hidden kernels' first weights, all replicates together; None unless it is far from 0."""
        means, sizes = self._hidden_at("kernel_mean", 0), self.start_weights
        return None if means is None or sizes is None else pooled_shift(means, sizes, self.model.hidden_kernels)

    @cached_property
    def movement(self) -> Array | None:
        """(R,) how far the kernel that moved most went over the whole run, in its own length: at most this far.

        None unless every epoch was measured.
        """
        moves = self._values("update_ratio")
        if moves is None or len(moves) < self.trained_epochs:
            return None
        return np.asarray(np.where(np.isnan(moves), np.inf, moves).sum(axis=0).max(axis=-1))

    @cached_property
    def longest_move(self) -> Array | None:
        """(R,) how far a kernel went in one epoch, at most, in its own length; NaN if no kernel has a length."""
        moves = self._values("update_ratio")
        return None if moves is None else np.asarray(np.fmax.reduce(moves, axis=(0, 2)))

    @cached_property
    def steps(self) -> Array | None:
        """(R,) how far the kernel that went farthest was led by its gradient, in lengths of its average gradient.

        That is the learning rate times the number of updates if steps follow the gradient, more with momentum, less
        with clipping. NaN where no gradient arrives, None unless every epoch was measured.
        """
        moves, weights, gradients = map(self._values, ("update_ratio", "kernel_rms", "gradient_rms"))
        if moves is None or weights is None or gradients is None or not len(moves) == len(weights) - 1 > 0:
            return None
        way = np.where(np.isnan(moves), 0, moves * weights[:-1]).sum(axis=0)
        length = gradients[:-1].mean(axis=0)
        return np.asarray(np.fmax.reduce(np.where(length > 0, way / length, np.nan), axis=-1))

    @cached_property
    def weights_left(self) -> Array | None:
        """(R,) root mean square of the hidden kernels after the last epoch over that before the first, at most."""
        start, end = self.start_weights, self._hidden_at("kernel_rms", -1)
        return None if start is None or end is None else np.asarray((end / start).max(axis=-1))

    @cached_property
    def has_equal_weights(self) -> bool:
        """Whether all weights of every hidden kernel are one number before the first update, and not 0."""
        means, sizes = self._hidden_at("kernel_mean", 0), self.start_weights
        counts = [math.prod(kernel.shape) for kernel in self.model.hidden_kernels]
        if means is None or sizes is None or max(counts) == 1:
            return False
        return bool((sizes > 0).all() and np.allclose(np.abs(means), sizes, rtol=EQUAL))

    @cached_property
    def _gradient(self) -> Array | None:
        sizes = self._values("gradient_rms")
        return None if sizes is None else np.where(np.isnan(sizes), np.inf, sizes) / self._touched

    @property
    def _touched(self) -> Array | float:
        """(E, R, K) root of the share of an embedding's entries that were looked up, 1 for other kernels."""
        zeros, kinds = self._values("gradient_zero_share"), [kernel.kind for kernel in self.model.kernels]
        if zeros is None or "Embedding" not in kinds:
            return 1.0
        is_partly_touched = (np.array(kinds) == "Embedding") & (zeros < 1)
        return np.where(is_partly_touched, np.sqrt(1 - zeros), 1)

    @cached_property
    def _flow(self) -> Array | None:
        """(E, R, L) size of the loss's derivative by the whole output of each layer on the gradient's way."""
        sizes, model = self._values("output_gradient_rms"), self.record.model
        places = [] if sizes is None else [place for place in flow(model) if not np.isnan(sizes[0, :, place]).any()]
        if sizes is None or not places:
            return None
        return np.asarray(sizes[..., places] * np.sqrt([entries(model.layers[place]) for place in places]))

    @cached_property
    def _shrinkage(self) -> Array | None:
        lengths = self._lengths
        if lengths is None or not self.model.hidden:
            return None
        on_the_way = self.model.hidden[:1] if self.model.residual else self.model.hidden
        return np.asarray(lengths[..., on_the_way].min(axis=-1) / lengths.max(axis=-1))

    @property
    def _lengths(self) -> Array | None:
        """(E, R, K) root mean square of the gradient of all weights that leave one input of the kernel, together.

        An entry of a kernel into many units gets a small gradient because each of them has a small part in the answer.
        """
        fan_out = [kernel.fan_out for kernel in self.model.kernels]
        return None if self._gradient is None else self._gradient * np.sqrt(fan_out)

    def _blocking_at(self, epoch: int) -> Array | None:
        """(R, L) dead shares; behind a skip connection none counts while the first kernel still gets a gradient."""
        shares, sizes = self._layers_at("dead_share", epoch), self._gradient
        if shares is None or sizes is None or not (self.model.residual and self.model.hidden):
            return shares
        return np.where(sizes[epoch][:, self.model.hidden[:1]] > 0, 0, shares)

    @cached_property
    def _saturated(self) -> Array | None:
        shares = self._layers("saturated_share")
        if shares is None:
            return None
        is_s_shaped = [
            activation is not None and activation.is_s_shaped for activation in hidden_activations(self.record.model)
        ]
        return np.where(is_s_shaped, shares, 0)

    def _layers_at(self, statistic: str, epoch: int) -> Array | None:
        values = self._layers(statistic)
        return None if values is None else values[epoch]

    def _layers(self, statistic: str) -> Array | None:
        values, places = self._values(statistic), hidden_layers(self.record.model)
        return None if values is None or not places else values[..., places]

    def _hidden_at(self, statistic: str, epoch: int) -> Array | None:
        values = self._values(statistic)
        return None if values is None or not self.model.hidden else values[epoch][:, self.model.hidden]

    def _values(self, statistic: str) -> Array | None:
        if not self.record.has(statistic):
            return None
        panel = self.record.panel_of(statistic)
        values = panel.statistics[statistic]
        if panel.of == "kernel" and self.model is not self.record.model:
            values = values[..., learning_places(self.record.model)]
        return values if values.size else None


def _tenth(values: Array) -> int:
    return max(1, len(values) // 10)


def _at_end(values: Array) -> Array:
    return _median(values[-_tenth(values) :])


def _median(values: Array) -> Array:
    """Over the first axis; NaN where one of the values is."""
    return np.asarray(np.median(values, axis=0))


def _first(epochs: NDArray[np.int32], holds: Mask) -> Array:
    """(R,) the first epoch at which something holds, (E, R); infinite if it never does."""
    return np.where(holds.any(axis=0), epochs[holds.argmax(axis=0)], np.inf)
