"""How to train and measure: epochs of training, each followed by a measurement on the probe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tensorflow as tf

from vgdemo.network.interface import MovingAverages, Network, Parameters, Variant, present
from vgdemo.network.optimizers import Hyperparameters, Slots, initial_slots


class Data(NamedTuple):
    """What every replicate sees, and how much of the program's room there is of it.

    Attributes:
        x: (1, 2, 2 × P) inputs of the training half, the probe, and then of the validation half; (T, 1, 2, 2 × P) of
            sequences.
        y: (2, P) classes of both.
        points: (2,) how many points each half has; the rest fill up.
        variant: Which network it is.
    """

    x: tf.Tensor
    y: tf.Tensor
    points: tf.Tensor
    variant: Variant

    @property
    def room(self) -> int:
        """P, the points that there is room for in each half."""
        return self.y.shape[1]  # type: ignore[no-any-return]


class TrainingState(NamedTuple):
    """What training changes.

    Attributes:
        parameters: The weights.
        moving_averages: Those of batch normalisation.
        slots: What the optimiser remembers.
        updates: How many there were.
    """

    parameters: Parameters
    moving_averages: MovingAverages
    slots: Slots
    updates: tf.Tensor


class Plan(NamedTuple):
    """What one call trains; all of it may change without compiling again.

    Attributes:
        order: (C, R, P + B) the points of each epoch in their order, for up to C epochs; what fills up may be any.
        batch_size: () points of a step; the last one takes what is left.
        epochs: () how many epochs to measure, at most C.
        untrained: () True if the first of them is epoch 0, which is measured before any update.
        hyperparameters: How to update.
    """

    order: tf.Tensor
    batch_size: tf.Tensor
    epochs: tf.Tensor
    untrained: tf.Tensor
    hyperparameters: Hyperparameters


class Measurement(NamedTuple):
    """One epoch, or C of them on a leading axis.

    Attributes:
        curves: (4, R) in the order of `vgdemo.record.CURVES`.
        activations: (H, R, 4) in the order of `vgdemo.record.ACTIVATION_STATISTICS`.
        gradients: Of the kernels, in groups of one shape in the order of data flow, each (layers, R, inputs, units).
        kernels: The kernels, in the groups and shapes of their gradients.
        steps: Of recurrent layers, (H, T, R) each, in the order of `vgdemo.record.STEP_STATISTICS`.
    """

    curves: tf.Tensor
    activations: tf.Tensor
    gradients: tuple[tf.Tensor, ...]
    kernels: tuple[tf.Tensor, ...]
    steps: Sequence[tf.Tensor] = ()


@dataclass(frozen=True)
class Recipe(ABC):
    """How to train: all that a program has built in.

    Attributes:
        network: The network.
    """

    network: Network

    def initial_state(self, parameters: Parameters, optimizer: str) -> TrainingState:
        """The state before the first update."""
        averages = self.network.initial_averages(parameters)
        return TrainingState(parameters, averages, initial_slots(optimizer, parameters), tf.constant(0.0))

    def answer(self, state: TrainingState, data: Data, plan: Plan) -> tuple[TrainingState, Measurement]:
        """Something of the structure that `train` answers."""
        kernels = self.network.kernels(state.parameters)
        return state, Measurement(data.y, data.y, kernels, kernels)

    def train(self, state: TrainingState, data: Data, plan: Plan) -> tuple[TrainingState, Measurement]:
        """Train and measure `plan.epochs` epochs."""
        capacity = plan.order.shape[0]

        def epoch(
            index: tf.Tensor, state: TrainingState, written: Measurement
        ) -> tuple[tf.Tensor, TrainingState, Measurement]:
            points = tf.where(plan.untrained & (index == 0), 0, data.points[0])
            state, measured = self._epoch(state, data, plan, plan.order[index], points)
            written = tf.nest.map_structure(lambda array, value: array.write(index, value), written, measured)
            return index + 1, state, written

        _, state, written = tf.while_loop(
            lambda index, *_: index < plan.epochs,
            epoch,
            (0, state, self._arrays(state, data, capacity)),
            maximum_iterations=capacity,
        )
        return state, tf.nest.map_structure(lambda array: array.stack(), written)

    @abstractmethod
    def _epoch(
        self, state: TrainingState, data: Data, plan: Plan, order: tf.Tensor, points: tf.Tensor
    ) -> tuple[TrainingState, Measurement]:
        """Train so many points in the given order, (R, P + B), and measure."""

    def _arrays(self, state: TrainingState, data: Data, capacity: int) -> Measurement:
        """An array for each tensor of a measurement, to be written epoch by epoch."""
        kernels = [kernel.shape for kernel in self.network.kernels(state.parameters)]
        replicates = kernels[0][1]

        def array(shape: tuple[int, ...]) -> tf.TensorArray:
            return tf.TensorArray(tf.float32, capacity, element_shape=shape)

        return Measurement(
            array((4, replicates)),
            array((self.network.num_hidden_layers, replicates, 4)),
            tuple(map(array, kernels)),
            tuple(map(array, kernels)),
        )


def loss_gradient(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Of each point's binary cross-entropy, by its logit."""
    return tf.sigmoid(logits) - targets


def even_weights(count: tf.Tensor, room: int) -> tf.Tensor:
    """(room,) sample weights: the first `count` points count the same, the others nothing."""
    return tf.where(present(count, room), 1 / tf.cast(count, tf.float32), 0.0)
