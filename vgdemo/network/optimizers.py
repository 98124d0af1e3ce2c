"""Keras's weight updates, with Keras's defaults, on stacked parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import tensorflow as tf

from vgdemo.network.interface import Parameters

Slots = tuple[tf.Tensor, ...]

EPSILON = 1e-7
INITIAL_ACCUMULATOR_VALUE = 0.1  # Of adagrad.
RHO = 0.9  # Of rmsprop.
BETA_1, BETA_2 = 0.9, 0.999  # Of adam.


class Hyperparameters(NamedTuple):
    """The scalars of an update; they may change without compiling again.

    Attributes:
        learning_rate: Size of a step.
        momentum: Share of the last step that sgd repeats.
        nesterov: 1 if sgd looks ahead along the momentum, else 0.
        weight_decay: Share of a weight, times the learning rate, that each update takes away.
        clip_limit: Largest norm or entry of a gradient.
    """

    learning_rate: tf.Tensor
    momentum: tf.Tensor
    nesterov: tf.Tensor
    weight_decay: tf.Tensor
    clip_limit: tf.Tensor


class Step(NamedTuple):
    """One update.

    Attributes:
        number: From 1.
        hyperparameters: Its scalars.
    """

    number: tf.Tensor
    hyperparameters: Hyperparameters


Update = Callable[[Step, tf.Tensor, Slots], tuple[tf.Tensor, Slots]]  # (step, gradient, slots) to (change, new slots)


@dataclass(frozen=True)
class UpdateRule:
    """How a gradient becomes a change of weights.

    Attributes:
        slot_starts: First value of each number that is remembered for every weight.
        update: From a gradient to the change, and the slots to remember.
    """

    slot_starts: tuple[float, ...]
    update: Update

    def updated(
        self, step: Step, parameters: Parameters, gradients: list[tf.Tensor], slots: tuple[Parameters, ...]
    ) -> tuple[Parameters, tuple[Parameters, ...]]:
        """Parameters and slots after one update, by flat gradients."""
        kept = 1 - step.hyperparameters.weight_decay * step.hyperparameters.learning_rate
        memories = zip(*(tf.nest.flatten(slot) for slot in slots), strict=True)
        updates = [self.update(step, *pair) for pair in zip(gradients, memories, strict=True)]
        moved = [kept * old + change for old, (change, _) in zip(tf.nest.flatten(parameters), updates, strict=True)]
        remembered = zip(*(memory for _, memory in updates), strict=True)
        return _like(parameters, moved), tuple(_like(parameters, slot) for slot in remembered)


def _like(parameters: Parameters, flat: Iterable[tf.Tensor]) -> Parameters:
    return tf.nest.pack_sequence_as(parameters, list(flat))


def _sgd(step: Step, gradient: tf.Tensor, slots: Slots) -> tuple[tf.Tensor, Slots]:
    learning_rate, momentum, nesterov, *_ = step.hyperparameters
    velocity = momentum * slots[0] - learning_rate * gradient
    ahead = momentum * velocity - learning_rate * gradient
    return tf.where(nesterov > 0, ahead, velocity), (velocity,)


def _rmsprop(step: Step, gradient: tf.Tensor, slots: Slots) -> tuple[tf.Tensor, Slots]:
    velocity = RHO * slots[0] + (1 - RHO) * tf.square(gradient)
    return -step.hyperparameters.learning_rate * gradient / tf.sqrt(velocity + EPSILON), (velocity,)


def _adagrad(step: Step, gradient: tf.Tensor, slots: Slots) -> tuple[tf.Tensor, Slots]:
    accumulator = slots[0] + tf.square(gradient)
    return -step.hyperparameters.learning_rate * gradient / tf.sqrt(accumulator + EPSILON), (accumulator,)


def _adam(step: Step, gradient: tf.Tensor, slots: Slots) -> tuple[tf.Tensor, Slots]:
    momentum = BETA_1 * slots[0] + (1 - BETA_1) * gradient
    velocity = BETA_2 * slots[1] + (1 - BETA_2) * tf.square(gradient)
    correction = tf.sqrt(1 - BETA_2**step.number) / (1 - BETA_1**step.number)
    change = -step.hyperparameters.learning_rate * correction * momentum / (tf.sqrt(velocity) + EPSILON)
    return change, (momentum, velocity)


UPDATE_RULES: dict[str, UpdateRule] = {
    "sgd": UpdateRule((0.0,), _sgd),
    "rmsprop": UpdateRule((0.0,), _rmsprop),
    "adagrad": UpdateRule((INITIAL_ACCUMULATOR_VALUE,), _adagrad),
    "adam": UpdateRule((0.0, 0.0), _adam),
}


def _keep(gradients: list[tf.Tensor], limit: tf.Tensor) -> list[tf.Tensor]:
    return gradients


def _clip_by_global_norm(gradients: list[tf.Tensor], limit: tf.Tensor) -> list[tf.Tensor]:
    """Scale all gradients of a replicate, (layers, R, ...), so that their joint norm is at most the limit."""
    squares = [tf.reduce_sum(tf.square(gradient), axis=(0, 2, 3), keepdims=True) for gradient in gradients]
    norm = tf.sqrt(tf.add_n(squares))
    return [gradient * (limit / tf.maximum(norm, limit)) for gradient in gradients]


def _clip_by_value(gradients: list[tf.Tensor], limit: tf.Tensor) -> list[tf.Tensor]:
    return [tf.clip_by_value(gradient, -limit, limit) for gradient in gradients]


CLIPS: dict[str, Callable[[list[tf.Tensor], tf.Tensor], list[tf.Tensor]]] = {
    "none": _keep,
    "global_norm": _clip_by_global_norm,
    "value": _clip_by_value,
}
