"""How a dense network is trained, and measured on all points at once."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from vgdemo.engine.recipe import Data, Measurement, Plan, Recipe, TrainingState, even_weights, loss_gradient
from vgdemo.network.dense import DenseNetwork
from vgdemo.network.interface import Batch, Parameters, Signals, mean_of_present, present
from vgdemo.network.optimizers import Hyperparameters, updated


@dataclass(frozen=True)
class DenseRecipe(Recipe):
    """How to train a dense network.

    Attributes:
        network: The network.
    """

    network: DenseNetwork

    def _epoch(
        self, state: TrainingState, data: Data, plan: Plan, order: tf.Tensor, points: tf.Tensor
    ) -> tuple[TrainingState, Measurement]:
        """Train so many points in the given order, (R, P + B), and measure."""
        state = self._train_epoch(state, data, plan, order, points)
        return state, self._measure(state, data)

    def _train_epoch(
        self, state: TrainingState, data: Data, plan: Plan, order: tf.Tensor, points: tf.Tensor
    ) -> TrainingState:
        """Take as many steps as the points need, in the given order, (R, P + B)."""
        inputs = tf.transpose(tf.gather(data.x[0], order, axis=1), (1, 0, 2))  # (R, 2, P + B)
        targets = tf.gather(data.y[0], order)
        replicates, room = order.shape[0], order.shape[1] - data.room

        def step(start: tf.Tensor, state: TrainingState) -> tuple[tf.Tensor, TrainingState]:
            size = tf.minimum(plan.batch_size, points - start)
            batch = Batch(
                tf.slice(inputs, (0, 0, start), (replicates, 2, room)), even_weights(size, room), data.variant
            )
            classes = tf.slice(targets, (0, start), (replicates, room))
            return start + plan.batch_size, self._step(state, batch, classes, plan.hyperparameters)

        return tf.while_loop(lambda start, _: start < points, step, (0, state))[1]  # type: ignore[no-any-return]

    def _step(
        self, state: TrainingState, batch: Batch, targets: tf.Tensor, hyperparameters: Hyperparameters
    ) -> TrainingState:
        """The state after one update."""
        signals = self.network.forward(state.parameters, batch)
        gradients = self._gradients(state, batch, signals, targets)
        number = state.updates + 1
        parameters, slots = updated(number, hyperparameters, state.parameters, gradients, state.slots)
        averages = self.network.updated_averages(state.moving_averages, signals, batch.sample_weight)
        return TrainingState(parameters, averages, slots, number)

    def _gradients(self, state: TrainingState, batch: Batch, signals: Signals, targets: tf.Tensor) -> Parameters:
        """Of the mean loss over the batch, by all weights."""
        upstream = loss_gradient(signals.logits, targets) * batch.sample_weight
        return self.network.backward(state.parameters, batch, signals, upstream)

    def _measure(self, state: TrainingState, data: Data) -> Measurement:
        """Losses and accuracies on all points, as in evaluation; all else on the probe, as in training."""
        probe = Batch(data.x[..., : data.room], even_weights(data.points[0], data.room), data.variant)
        evaluated, signals = self._evaluate(state, data, probe)
        gradients = self._gradients(state, probe, signals, data.y[0])
        halves = tf.reshape(evaluated.logits, (-1, 2, data.room))
        curves = [curve for half in range(2) for curve in _loss_and_accuracy(halves[:, half], data, half)]
        return Measurement(
            tf.stack(curves),
            self.network.activation_statistics(state.parameters, probe, signals),
            self.network.kernels(gradients),
            self.network.kernels(state.parameters),
        )

    def _evaluate(self, state: TrainingState, data: Data, probe: Batch) -> tuple[Signals, Signals]:
        """Signals of all points as in evaluation, and of the probe as in training."""
        everything = Batch(data.x, probe.sample_weight, data.variant, state.moving_averages)
        evaluated = self.network.forward(state.parameters, everything)
        if state.moving_averages:  # Only batch normalisation treats training and evaluation differently.
            return evaluated, self.network.forward(state.parameters, probe)
        return evaluated, tf.nest.map_structure(lambda signal: signal[..., : data.room], evaluated)


def _loss_and_accuracy(logits: tf.Tensor, data: Data, half: int) -> list[tf.Tensor]:
    """Of the logits (R, P) of one half."""
    targets = tf.broadcast_to(data.y[half], logits.shape)
    loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    hits = tf.cast((logits > 0) == (targets > 0.5), tf.float32)
    is_point = present(data.points[half], data.room)
    return [mean_of_present(loss, is_point, -1), mean_of_present(hits, is_point, -1)]
