"""The compiled program of a run: epochs of training, each followed by a measurement on the probe."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import tensorflow as tf

from vgdemo.network.layers import Architecture, Parameters, Pass, activation_statistics, backward, forward
from vgdemo.network.optimizers import OPTIMIZERS, Optimizer, Step

KEPT_PROGRAMS = 32  # Compiled programs that a worker remembers; a few megabytes each.


class Points(NamedTuple):
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
    """What training changes: parameters, the optimiser's memory of each (slots), and the updates so far."""

    parameters: Parameters
    slots: tuple[Parameters, ...]
    updates: tf.Tensor


class Plan(NamedTuple):
    """What one call trains; all of it may change without compiling again.

    Attributes:
        order: (C, R, S, B) the points of each step, for up to C epochs.
        weights: (S, B) what each point counts in its step's mean loss; 0 fills up a smaller last batch.
        epochs: () how many epochs to measure, at most C.
        untrained: () True if the first of them is epoch 0, which is measured before any update.
        learning_rate: () as in `Step`.
        momentum: () as in `Step`.
        nesterov: () as in `Step`.
    """

    order: tf.Tensor
    weights: tf.Tensor
    epochs: tf.Tensor
    untrained: tf.Tensor
    learning_rate: tf.Tensor
    momentum: tf.Tensor
    nesterov: tf.Tensor


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


Program = Callable[[State, Points, Plan], tuple[State, Measurement]]


@lru_cache(maxsize=KEPT_PROGRAMS)
def program_for(architecture: Architecture, optimizer: str, compiled: bool) -> Program:
    """The program of an architecture; TensorFlow compiles it once for each shape of its arguments."""

    def run(state: State, points: Points, plan: Plan) -> tuple[State, Measurement]:
        """Train and measure `plan.epochs` epochs."""
        return _epochs(architecture, OPTIMIZERS[optimizer], state, points, plan)

    return tf.function(run, jit_compile=compiled, autograph=False)  # type: ignore[no-any-return]


def initial_state(parameters: Parameters, optimizer: str) -> State:
    """Parameters with the optimiser's memory as it is before the first update."""
    starts = OPTIMIZERS[optimizer].slot_starts
    slots = tuple(tf.nest.map_structure(lambda p, start=start: tf.fill(p.shape, start), parameters) for start in starts)
    return State(parameters, slots, tf.constant(0.0))


def _epochs(
    architecture: Architecture, optimizer: Optimizer, state: State, points: Points, plan: Plan
) -> tuple[State, Measurement]:
    capacity = plan.order.shape[0]
    written = _arrays(architecture, state, points, capacity)

    def epoch(index: tf.Tensor, state: State, written: Measurement) -> tuple[tf.Tensor, State, Measurement]:
        untrained = plan.untrained & (index == 0)
        state = _train_epoch(architecture, optimizer, state, points, plan, index, untrained)
        measurement = _measure(architecture, state.parameters, points)
        return index + 1, state, _map(lambda array, value: array.write(index, value), written, measurement)

    _, state, written = tf.while_loop(
        lambda index, *_: index < plan.epochs, epoch, (0, state, written), maximum_iterations=capacity
    )
    return state, _map(lambda array: array.stack(), written)


def _train_epoch(
    architecture: Architecture,
    optimizer: Optimizer,
    state: State,
    points: Points,
    plan: Plan,
    index: tf.Tensor,
    untrained: tf.Tensor,
) -> State:
    order = plan.order[index]
    inputs = tf.gather(points.x[0], order, axis=1)  # (2, R, S, B)
    inputs = tf.transpose(inputs, (2, 1, 0, 3))
    targets = tf.transpose(tf.gather(points.y_train, order), (1, 0, 2))
    steps = tf.where(untrained, 0, order.shape[1])

    def step(number: tf.Tensor, state: State) -> tuple[tf.Tensor, State]:
        x, y, weights = inputs[number], targets[number], plan.weights[number]
        done = forward(architecture, state.parameters, x)
        gradients = backward(architecture, state.parameters, x, done, loss_gradient(done.logits, y) * weights)
        return number + 1, _updated(optimizer, state, gradients, plan)

    return tf.while_loop(lambda number, _: number < steps, step, (0, state))[1]  # type: ignore[no-any-return]


def _updated(optimizer: Optimizer, state: State, gradients: Parameters, plan: Plan) -> State:
    number = state.updates + 1
    step = Step(number, plan.learning_rate, plan.momentum, plan.nesterov)
    flat_slots = zip(*(tf.nest.flatten(slot) for slot in state.slots), strict=True)
    parameters, slots = [], []
    for parameter, gradient, memory in zip(
        tf.nest.flatten(state.parameters), tf.nest.flatten(gradients), flat_slots, strict=True
    ):
        change, memory = optimizer.update(step, gradient, memory)
        parameters.append(parameter + change)
        slots.append(memory)
    packed = (tf.nest.pack_sequence_as(state.parameters, list(slot)) for slot in zip(*slots, strict=True))
    return State(tf.nest.pack_sequence_as(state.parameters, parameters), tuple(packed), number)


def _measure(architecture: Architecture, parameters: Parameters, points: Points) -> Measurement:
    num_train = points.y_train.shape[0]
    both = forward(architecture, parameters, points.x)
    probe = Pass(*(tensor[..., :num_train] for tensor in both))
    upstream = loss_gradient(probe.logits, points.y_train) / num_train
    gradients = backward(architecture, parameters, points.x[..., :num_train], probe, upstream)
    curves = [
        *_loss_and_accuracy(probe.logits, points.y_train),
        *_loss_and_accuracy(both.logits[:, num_train:], points.y_val),
    ]
    return Measurement(
        tf.stack(curves),
        activation_statistics(architecture, probe),
        tuple(layers["kernel"] for layers in gradients),
        tuple(layers["kernel"] for layers in parameters),
    )


def loss_gradient(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Of each point's binary cross-entropy, by its logit."""
    return tf.sigmoid(logits) - targets


def _loss_and_accuracy(logits: tf.Tensor, targets: tf.Tensor) -> list[tf.Tensor]:
    targets = tf.broadcast_to(targets, logits.shape)
    loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    hits = tf.cast((logits > 0) == (targets > 0.5), tf.float32)
    return [tf.reduce_mean(loss, axis=-1), tf.reduce_mean(hits, axis=-1)]


def _arrays(architecture: Architecture, state: State, points: Points, capacity: int) -> Measurement:
    """An array for each tensor of a measurement, to be written epoch by epoch."""
    kernels = tuple(layers["kernel"].shape for layers in state.parameters)
    replicates = kernels[0][1]
    shapes = Measurement((4, replicates), (architecture.num_hidden_layers, replicates, 4), kernels, kernels)
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
