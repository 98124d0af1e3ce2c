"""How a recurrent network is trained and measured: batch by batch, so that memory does not grow with the points.

An epoch goes through the points in three stretches: the training half in order and with updates, the validation half,
and the probe. They share one loop body, which is compiled once and keeps the states of one batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import tensorflow as tf

from vgdemo.engine.recipe import Data, Measurement, Plan, Recipe, TrainingState, loss_gradient
from vgdemo.network.interface import Batch, present
from vgdemo.network.optimizers import Hyperparameters, updated
from vgdemo.network.recurrent import RecurrentNetwork, RecurrentParameters
from vgdemo.network.recurrent_statistics import StepStatistics, Sums, activation_statistics, step_statistics

TRAINING, VALIDATION, PROBE = STRETCHES = range(3)


class Stretch(NamedTuple):
    """A pass over some points.

    Attributes:
        number: () which of `STRETCHES`.
        order: (R, P + B) the points among those of both halves, in their order; what fills up may be any.
        points: () how many there are.
    """

    number: tf.Tensor
    order: tf.Tensor
    points: tf.Tensor


class Found(NamedTuple):
    """What has been summed over the batches of a stretch.

    Attributes:
        curves: (2, R) loss, summed over points, and how many of them are told right.
        gradients: Of the weights.
        by_step: (H, T, R, units, gates · units) what each step adds to those of the recurrent kernels.
        sums: Of states and their gradients; nothing but on the probe.
    """

    curves: tf.Tensor
    gradients: RecurrentParameters
    by_step: tf.Tensor
    sums: Sums


@dataclass(frozen=True)
class RecurrentRecipe(Recipe):
    """How to train a recurrent network.

    Attributes:
        network: The network.
    """

    network: RecurrentNetwork

    def answer(self, state: TrainingState, data: Data, plan: Plan) -> tuple[TrainingState, Measurement]:
        """Something of the structure that `train` answers."""
        state, measured = super().answer(state, data, plan)
        return state, measured._replace(steps=StepStatistics(data.y, data.y, data.y, data.y))

    def _epoch(
        self, state: TrainingState, data: Data, plan: Plan, order: tf.Tensor, points: tf.Tensor
    ) -> tuple[TrainingState, Measurement]:
        """Train so many points in the given order, (R, P + B), and measure."""
        every = tf.broadcast_to(tf.minimum(tf.range(order.shape[1]), data.room - 1), order.shape)
        orders = tf.stack([order, data.room + every, every])
        counts = tf.stack([points, data.points[1], data.points[0]])

        def go_through(
            number: tf.Tensor, state: TrainingState, before: Found, _: tf.Tensor
        ) -> tuple[tf.Tensor, TrainingState, Found, tf.Tensor]:
            stretch = Stretch(number, orders[number], counts[number])
            return number + 1, *self._through(stretch, state, data, plan), before.curves

        nothing = self._nothing(state, data)
        _, state, of_probe, of_validation = tf.while_loop(
            lambda number, *_: number < len(STRETCHES), go_through, (0, state, nothing, nothing.curves)
        )
        return state, self._measurement(state, data, of_probe, of_validation)

    def _through(self, stretch: Stretch, state: TrainingState, data: Data, plan: Plan) -> tuple[TrainingState, Found]:
        """Go through the points of a stretch, batch by batch."""

        def step(start: tf.Tensor, state: TrainingState, found: Found) -> tuple[tf.Tensor, TrainingState, Found]:
            batch, targets = _batch(stretch, start, data, plan)
            state, found = self._step(stretch, state, batch, targets, plan.hyperparameters, found)
            return start + plan.batch_size, state, found

        start = (0, state, self._nothing(state, data))
        _, state, found = tf.while_loop(lambda start, *_: start < stretch.points, step, start)
        return state, found

    def _step(
        self,
        stretch: Stretch,
        state: TrainingState,
        batch: Batch,
        targets: tf.Tensor,
        hyperparameters: Hyperparameters,
        found: Found,
    ) -> tuple[TrainingState, Found]:
        """Run a batch through the network and, unless it only validates, back; update in training."""
        parameters, weight = state.parameters, batch.sample_weight
        signals = self.network.forward(parameters, batch)
        upstream = loss_gradient(signals.logits, targets) * weight
        steps = tf.where(stretch.number == VALIDATION, 0, batch.variant.time_steps)
        backwards = batch._replace(variant=batch.variant._replace(time_steps=steps))
        gradients = self.network.backward_by_step(parameters, backwards, signals, upstream, found.by_step)

        def update() -> TrainingState:
            number = state.updates + 1
            new, slots = updated(number, hyperparameters, parameters, gradients.parameters, state.slots)
            return state._replace(parameters=new, slots=slots, updates=number)

        def added() -> Sums:
            return tf.nest.map_structure(tf.add, found.sums, Sums.of(batch, signals, gradients))  # type: ignore[no-any-return]

        found = Found(
            found.curves + _losses_and_hits(signals.logits, targets, weight > 0),
            tf.nest.map_structure(tf.add, found.gradients, gradients.parameters),
            gradients.by_step,
            tf.cond(stretch.number == PROBE, added, lambda: found.sums),
        )
        return tf.cond(stretch.number == TRAINING, update, lambda: state), found

    def _nothing(self, state: TrainingState, data: Data) -> Found:
        """Before any batch."""
        by_step = self.network.no_steps(state.parameters, data.x.shape[0])
        gradients = tf.nest.map_structure(tf.zeros_like, state.parameters)
        return Found(tf.zeros((2, by_step.shape[2])), gradients, by_step, Sums.none(*by_step.shape[:4]))

    def _measurement(self, state: TrainingState, data: Data, of_probe: Found, of_validation: tf.Tensor) -> Measurement:
        """What was found, as it is recorded."""

        def count(half: int) -> tf.Tensor:
            return tf.cast(data.points[half], tf.float32)

        measured = (data.variant, data.points[0])
        return Measurement(
            tf.concat([of_probe.curves / count(0), of_validation / count(1)], axis=0),
            activation_statistics(of_probe.sums, *measured),
            self.network.kernels(of_probe.gradients),
            self.network.kernels(state.parameters),
            step_statistics(of_probe.sums, of_probe.by_step, *measured),
        )

    def _arrays(self, state: TrainingState, data: Data, capacity: int) -> Measurement:
        """An array for each tensor of a measurement, to be written epoch by epoch."""
        arrays = super()._arrays(state, data, capacity)
        steps = self._nothing(state, data).sums.sizes.shape
        of_steps = (tf.TensorArray(tf.float64, capacity, element_shape=steps) for _ in StepStatistics._fields)
        return arrays._replace(steps=StepStatistics(*of_steps))


def _batch(stretch: Stretch, start: tf.Tensor, data: Data, plan: Plan) -> tuple[Batch, tf.Tensor]:
    """So many points from a place in the order on, and their classes, (R, B).

    They count as parts of the batch in training, else of all points.
    """
    replicates, room = stretch.order.shape[0], stretch.order.shape[1] - data.room
    points = tf.slice(stretch.order, (0, start), (replicates, room))
    inputs = tf.transpose(tf.gather(data.x[:, 0], points, axis=2), (0, 2, 1, 3))
    size = tf.minimum(plan.batch_size, stretch.points - start)
    count = tf.where(stretch.number == TRAINING, size, stretch.points)
    weight = tf.where(present(size, room), 1 / tf.cast(count, tf.float32), 0.0)
    return Batch(inputs, weight, data.variant), tf.gather(tf.reshape(data.y, [-1]), points)


def _losses_and_hits(logits: tf.Tensor, targets: tf.Tensor, is_point: tf.Tensor) -> tf.Tensor:
    """(2, R) sums over the points that there are."""
    loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    hits = tf.cast((logits > 0) == (targets > 0.5), tf.float32)
    return tf.reduce_sum(tf.where(is_point, tf.stack([loss, hits]), 0.0), -1)
