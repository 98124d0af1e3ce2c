"""Keras's weight updates, with Keras's defaults, on stacked parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

Slots = tuple[tf.Tensor, ...]
EPSILON = 1e-7
ADAGRAD_START = 0.1
RMSPROP_DECAY = 0.9
ADAM_DECAYS = (0.9, 0.999)


@dataclass(frozen=True)
class Step:
    """The numbers of one update, as scalars that may change without compiling again.

    Attributes:
        number: Updates so far, this one included.
        learning_rate: Size of a step.
        momentum: Share of the last step that sgd repeats.
        nesterov: 1 if sgd looks ahead along the momentum, else 0.
    """

    number: tf.Tensor
    learning_rate: tf.Tensor
    momentum: tf.Tensor
    nesterov: tf.Tensor


Update = Callable[[Step, tf.Tensor, Slots], tuple[tf.Tensor, Slots]]  # (step, gradient, slots) to (change, new slots)


@dataclass(frozen=True)
class Optimizer:
    """How a gradient becomes a change of weights.

    Attributes:
        slot_starts: First value of each number that is remembered for every weight.
        update: From a gradient to the change, and the slots to remember.
    """

    slot_starts: tuple[float, ...]
    update: Update


def _sgd(step: Step, gradient: tf.Tensor, slots: Slots) -> tuple[tf.Tensor, Slots]:
    velocity = step.momentum * slots[0] - step.learning_rate * gradient
    ahead = step.momentum * velocity - step.learning_rate * gradient
    return tf.where(step.nesterov > 0, ahead, velocity), (velocity,)


def _rmsprop(step: Step, gradient: tf.Tensor, slots: Slots) -> tuple[tf.Tensor, Slots]:
    square = RMSPROP_DECAY * slots[0] + (1 - RMSPROP_DECAY) * tf.square(gradient)
    return -step.learning_rate * gradient / tf.sqrt(square + EPSILON), (square,)


def _adagrad(step: Step, gradient: tf.Tensor, slots: Slots) -> tuple[tf.Tensor, Slots]:
    total = slots[0] + tf.square(gradient)
    return -step.learning_rate * gradient / tf.sqrt(total + EPSILON), (total,)


def _adam(step: Step, gradient: tf.Tensor, slots: Slots) -> tuple[tf.Tensor, Slots]:
    first_decay, second_decay = ADAM_DECAYS
    mean = first_decay * slots[0] + (1 - first_decay) * gradient
    square = second_decay * slots[1] + (1 - second_decay) * tf.square(gradient)
    correction = tf.sqrt(1 - second_decay**step.number) / (1 - first_decay**step.number)
    return -step.learning_rate * correction * mean / (tf.sqrt(square) + EPSILON), (mean, square)


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer((0.0,), _sgd),
    "rmsprop": Optimizer((0.0,), _rmsprop),
    "adagrad": Optimizer((ADAGRAD_START,), _adagrad),
    "adam": Optimizer((0.0, 0.0), _adam),
}
