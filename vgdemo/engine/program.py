"""The compiled program of a run: epochs of training, each followed by a measurement on the probe."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.engine import compile_cache
from vgdemo.engine.traced import Traced
from vgdemo.network.interface import (
    Batch,
    MovingAverages,
    Network,
    Parameters,
    Signals,
    Variant,
    mean_of_present,
    present,
)
from vgdemo.network.optimizers import Hyperparameters, Slots, initial_slots, updated
from vgdemo.room import Room

MAX_PROGRAMS = 32  # Compiled programs that a process remembers; tens of megabytes each.


class Data(NamedTuple):
    """What every replicate sees, and how much of the program's room there is of it.

    Attributes:
        x: (1, 2, 2 × P) inputs of the training half, the probe, and then of the validation half.
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
    """

    curves: tf.Tensor
    activations: tf.Tensor
    gradients: tuple[tf.Tensor, ...]
    kernels: tuple[tf.Tensor, ...]


class Build(StrEnum):
    """How a program is built, from the fastest to the surest."""

    COMPILED = "compiled, or found among the kept ones"
    ANEW = "compiled anew, under a name that no kept one has"
    PLAIN = "not compiled"


BUILDS = tuple(Build)


class Program:
    """Trains and measures, for arguments that fill a room. It is built at the first call.

    Attributes:
        build: How it is built, which is the fastest way that works here.
    """

    def __init__(self, recipe: Recipe, room: Room) -> None:
        self._recipe = recipe
        self._words = f"{recipe} {room}"
        self._lock = threading.Lock()
        self.build = Build.COMPILED
        self._call = self._built(self.build)

    def __call__(self, state: TrainingState, data: Data, plan: Plan) -> tuple[TrainingState, Measurement]:
        """Train and measure the epochs of the plan.

        Raises:
            tf.errors.OpError: If it fails even where it is not compiled.
        """
        build, call = self.build, self._call
        try:
            return call(state, data, plan)  # type: ignore[no-any-return]
        except tf.errors.OpError:
            if build is Build.PLAIN:
                raise
        with self._lock:
            if self.build is build:  # No other thread has found it out meanwhile.
                self._build_more_surely()
        return self(state, data, plan)

    def _build_more_surely(self) -> None:
        if self.build is Build.COMPILED:  # A kept program may be damaged, and TensorFlow does not look past it.
            compile_cache.forget(limit=0)
        surer = BUILDS[BUILDS.index(self.build) + 1]
        self._call = self._built(surer)
        self.build = surer

    def _built(self, build: Build) -> Traced:
        return Traced(
            self._recipe.train,
            f"{self._words} {build}",
            self._answer,
            jit_compile=build is not Build.PLAIN,
            is_kept=build is Build.COMPILED,
        )

    def _answer(self, state: TrainingState, data: Data, plan: Plan) -> tuple[TrainingState, Measurement]:
        """Something of the structure that a call answers."""
        kernels = self._recipe.network.kernels(state.parameters)
        return state, Measurement(data.y, data.y, kernels, kernels)


program_for = lru_cache(maxsize=MAX_PROGRAMS)(Program)


@lru_cache(maxsize=MAX_PROGRAMS)
def surface_for(network: Network, room: Room) -> Traced:
    """Inputs (1, 2, P), variant, weights and moving averages to the probability of class 1, (R, P).

    It is traced, which makes it several times faster, but it runs too seldom to be worth XLA's time.
    """

    def surface(x: tf.Tensor, variant: Variant, parameters: Parameters, moving_averages: MovingAverages) -> tf.Tensor:
        batch = Batch(x, tf.constant(0.0), variant, moving_averages)
        return tf.sigmoid(network.forward(parameters, batch).logits)

    return Traced(surface, f"surface {network} {room}", lambda x, *_: x, jit_compile=False)


@dataclass(frozen=True)
class Recipe:
    """How to train: all that a program has built in.

    Attributes:
        network: The network.
    """

    network: Network

    def initial_state(self, kernels: list[NDArray[np.float32]], optimizer: str) -> TrainingState:
        """The state before the first update, from the first kernels (R, inputs, units) in the order of data flow."""
        parameters = self.network.initial_parameters(kernels)
        averages = self.network.initial_averages(parameters)
        return TrainingState(parameters, averages, initial_slots(optimizer, parameters), tf.constant(0.0))

    def train(self, state: TrainingState, data: Data, plan: Plan) -> tuple[TrainingState, Measurement]:
        """Train and measure `plan.epochs` epochs."""
        capacity = plan.order.shape[0]

        def epoch(
            index: tf.Tensor, state: TrainingState, written: Measurement
        ) -> tuple[tf.Tensor, TrainingState, Measurement]:
            points = tf.where(plan.untrained & (index == 0), 0, data.points[0])
            state = self._train_epoch(state, data, plan, plan.order[index], points)
            measured = self._measure(state, data)
            written = tf.nest.map_structure(lambda array, value: array.write(index, value), written, measured)
            return index + 1, state, written

        _, state, written = tf.while_loop(
            lambda index, *_: index < plan.epochs,
            epoch,
            (0, state, self._arrays(state, capacity)),
            maximum_iterations=capacity,
        )
        return state, tf.nest.map_structure(lambda array: array.stack(), written)

    def _train_epoch(
        self, state: TrainingState, data: Data, plan: Plan, order: tf.Tensor, points: tf.Tensor
    ) -> TrainingState:
        """Take as many steps as the points need, in the given order, (R, P + B)."""
        inputs = tf.transpose(tf.gather(data.x[0], order, axis=1), (1, 0, 2))  # (R, 2, P + B)
        targets = tf.gather(data.y[0], order)
        replicates, room = order.shape[0], order.shape[1] - data.room

        def step(start: tf.Tensor, state: TrainingState) -> tuple[tf.Tensor, TrainingState]:
            size = tf.minimum(plan.batch_size, points - start)
            batch = Batch(tf.slice(inputs, (0, 0, start), (replicates, 2, room)), _even(size, room), data.variant)
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
        probe = Batch(data.x[..., : data.room], _even(data.points[0], data.room), data.variant)
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

    def _arrays(self, state: TrainingState, capacity: int) -> Measurement:
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


def _even(count: tf.Tensor, room: int) -> tf.Tensor:
    """(room,) sample weights: the first `count` points count the same, the others nothing."""
    return tf.where(present(count, room), 1 / tf.cast(count, tf.float32), 0.0)


def _loss_and_accuracy(logits: tf.Tensor, data: Data, half: int) -> list[tf.Tensor]:
    """Of the logits (R, P) of one half."""
    targets = tf.broadcast_to(data.y[half], logits.shape)
    loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    hits = tf.cast((logits > 0) == (targets > 0.5), tf.float32)
    is_point = present(data.points[half], data.room)
    return [mean_of_present(loss, is_point, -1), mean_of_present(hits, is_point, -1)]
