"""The compiled program of a run: epochs of training, each followed by a measurement on the probe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.network.layers import (
    Architecture,
    Averages,
    Parameters,
    Pass,
    Points,
    activation_statistics,
    backward,
    forward,
    initial_averages,
    stack_parameters,
    updated_averages,
)
from vgdemo.network.optimizers import CLIPS, OPTIMIZERS, Rates, Step

KEPT_PROGRAMS = 32  # Compiled programs that a worker remembers; a few megabytes each.


class Data(NamedTuple):
    """What every replicate sees.

    Attributes:
        x: (1, 2, N + M) inputs of the training half, the probe, and then of the validation half.
        y_train: (N,) classes.
        y_val: (M,) classes.
    """

    x: tf.Tensor
    y_train: tf.Tensor
    y_val: tf.Tensor


class State(NamedTuple):
    """What training changes.

    Attributes:
        parameters: The weights.
        averages: Batch normalisation's running averages.
        slots: The optimiser's memory of each weight, one set for each kind.
        updates: How many there were.
    """

    parameters: Parameters
    averages: Averages
    slots: tuple[Parameters, ...]
    updates: tf.Tensor


class Plan(NamedTuple):
    """What one call trains; all of it may change without compiling again.

    Attributes:
        order: (C, R, S, B) the points of each step, for up to C epochs.
        shares: (S, B) what each point counts in its step's mean loss; 0 fills up a smaller last batch.
        epochs: () how many epochs to measure, at most C.
        untrained: () True if the first of them is epoch 0, which is measured before any update.
        rates: The scalars of an update.
    """

    order: tf.Tensor
    shares: tf.Tensor
    epochs: tf.Tensor
    untrained: tf.Tensor
    rates: Rates


class Measurement(NamedTuple):
    """One epoch, or C of them on a leading axis.

    Attributes:
        curves: (4, R) in the order of `vgdemo.record.CURVES`.
        activations: (H, R, 4) mean, deviation, saturated and dead share.
        gradients: Kernel gradients of the first, the other hidden and the output layer, each (layers, R, in, out).
        kernels: The kernels themselves.
    """

    curves: tf.Tensor
    activations: tf.Tensor
    gradients: tuple[tf.Tensor, ...]
    kernels: tuple[tf.Tensor, ...]


Program = Callable[[State, Data, Plan], tuple[State, Measurement]]


@lru_cache(maxsize=KEPT_PROGRAMS)
def program_for(recipe: Recipe, compiled: bool) -> Program:
    """The program of a recipe; TensorFlow compiles it once for each shape of its arguments."""
    return tf.function(recipe.train, jit_compile=compiled, autograph=False)  # type: ignore[no-any-return]


@lru_cache(maxsize=KEPT_PROGRAMS)
def surface_for(architecture: Architecture) -> Callable[[tf.Tensor, Parameters, Averages], tf.Tensor]:
    """Inputs (1, 2, P), weights and averages to the probability of class 1, (R, P).

    It is traced, which makes it several times faster, but it runs too seldom to be worth XLA's time.
    """

    def surface(x: tf.Tensor, parameters: Parameters, averages: Averages) -> tf.Tensor:
        return tf.sigmoid(forward(architecture, parameters, Points(x, tf.constant(0.0), averages)).logits)

    return tf.function(surface, autograph=False)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Recipe:
    """How to train: all that a program has built in.

    Attributes:
        architecture: The network.
        optimizer: A name of `OPTIMIZERS`.
        gradient_clip: A name of `CLIPS`.
    """

    architecture: Architecture
    optimizer: str
    gradient_clip: str = "none"

    def initial_state(self, kernels: list[NDArray[np.float32]]) -> State:
        """The state before the first update."""
        parameters = stack_parameters(kernels, self.architecture)
        slots = tuple(
            tf.nest.map_structure(lambda parameter, start=start: tf.fill(parameter.shape, start), parameters)
            for start in OPTIMIZERS[self.optimizer].slot_starts
        )
        return State(parameters, initial_averages(parameters, self.architecture), slots, tf.constant(0.0))

    def train(self, state: State, data: Data, plan: Plan) -> tuple[State, Measurement]:
        """Train and measure `plan.epochs` epochs."""
        capacity = plan.order.shape[0]

        def epoch(index: tf.Tensor, state: State, written: Measurement) -> tuple[tf.Tensor, State, Measurement]:
            steps = tf.where(plan.untrained & (index == 0), 0, plan.order.shape[2])
            state = self._train_epoch(state, data, plan, plan.order[index], steps)
            measurement = self._measure(state, data)
            return index + 1, state, _map(lambda array, value: array.write(index, value), written, measurement)

        _, state, written = tf.while_loop(
            lambda index, *_: index < plan.epochs,
            epoch,
            (0, state, _arrays(state, capacity)),
            maximum_iterations=capacity,
        )
        return state, _map(lambda array: array.stack(), written)

    def _train_epoch(self, state: State, data: Data, plan: Plan, order: tf.Tensor, steps: tf.Tensor) -> State:
        """Take the first steps of an epoch in the given order, (R, S, B)."""
        inputs = tf.transpose(tf.gather(data.x[0], order, axis=1), (2, 1, 0, 3))  # (S, R, 2, B)
        targets = tf.transpose(tf.gather(data.y_train, order), (1, 0, 2))

        def step(number: tf.Tensor, state: State) -> tuple[tf.Tensor, State]:
            points = Points(inputs[number], plan.shares[number])
            return number + 1, self._step(state, points, targets[number], plan.rates)

        return tf.while_loop(lambda number, _: number < steps, step, (0, state))[1]  # type: ignore[no-any-return]

    def _step(self, state: State, points: Points, targets: tf.Tensor, rates: Rates) -> State:
        done = forward(self.architecture, state.parameters, points)
        upstream = loss_gradient(done.logits, targets) * points.shares
        gradients = backward(self.architecture, state.parameters, points, done, upstream)
        clipped = CLIPS[self.gradient_clip](tf.nest.flatten(gradients), rates.clip_limit)
        update = Step(state.updates + 1, rates)
        parameters, slots = OPTIMIZERS[self.optimizer].updated(update, state.parameters, clipped, state.slots)
        averages = updated_averages(state.averages, done, points.shares)
        return State(parameters, averages, slots, update.number)

    def _measure(self, state: State, data: Data) -> Measurement:
        probe, gradients, both = self._probe(state, data)
        num_train = data.y_train.shape[0]
        curves = [
            *_loss_and_accuracy(both.logits[:, :num_train], data.y_train),
            *_loss_and_accuracy(both.logits[:, num_train:], data.y_val),
        ]
        return Measurement(
            tf.stack(curves),
            probe,
            tuple(layers["kernel"] for layers in gradients),
            tuple(layers["kernel"] for layers in state.parameters),
        )

    def _probe(self, state: State, data: Data) -> tuple[tf.Tensor, Parameters, Pass]:
        """Activation statistics and gradients, as in training, on the probe; all points, as in evaluation."""
        num_train = data.y_train.shape[0]
        shares = tf.fill([num_train], 1 / num_train)
        both = forward(self.architecture, state.parameters, Points(data.x, shares, state.averages))
        points = Points(data.x[..., :num_train], shares)
        if state.averages:  # Only batch normalisation treats training and evaluation differently.
            done = forward(self.architecture, state.parameters, points)
        else:
            done = Pass(*(tensor[..., :num_train] for tensor in both))
        upstream = loss_gradient(done.logits, data.y_train) * shares
        gradients = backward(self.architecture, state.parameters, points, done, upstream)
        return activation_statistics(self.architecture, state.parameters, points, done), gradients, both


def loss_gradient(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Of each point's binary cross-entropy, by its logit."""
    return tf.sigmoid(logits) - targets


def _loss_and_accuracy(logits: tf.Tensor, targets: tf.Tensor) -> list[tf.Tensor]:
    targets = tf.broadcast_to(targets, logits.shape)
    loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    hits = tf.cast((logits > 0) == (targets > 0.5), tf.float32)
    return [tf.reduce_mean(loss, axis=-1), tf.reduce_mean(hits, axis=-1)]


def _arrays(state: State, capacity: int) -> Measurement:
    """An array for each tensor of a measurement, to be written epoch by epoch."""
    kernels = tuple(layers["kernel"].shape for layers in state.parameters)
    replicates = kernels[0][1]
    shapes = Measurement((4, replicates), (kernels[1][0] + 1, replicates, 4), kernels, kernels)
    return _map(lambda shape: tf.TensorArray(tf.float32, capacity, element_shape=shape), shapes)


def _map(function: Callable[..., Any], *measurements: Measurement) -> Measurement:
    """Apply to each tensor; a Measurement is flat but for its tuples of kernels."""
    curves, activations, gradients, kernels = zip(*measurements, strict=True)
    return Measurement(
        function(*curves),
        function(*activations),
        tuple(function(*group) for group in zip(*gradients, strict=True)),
        tuple(function(*group) for group in zip(*kernels, strict=True)),
    )
