"""Keras's weight updates, with Keras's defaults, on stacked parameters; numbers say which optimiser and clip apply.

Roots are powers: XLA makes the same of both, but TensorFlow takes a hundred times as long to translate `tf.sqrt`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from vgdemo.config import RunConfig
from vgdemo.network.choice import Choice, Function
from vgdemo.network.interface import Parameters

EPSILON = 1e-7
INITIAL_ACCUMULATOR_VALUE = 0.1  # Of adagrad.
RHO = 0.9  # Of rmsprop.
BETA_1, BETA_2 = 0.9, 0.999  # Of adam.


class Hyperparameters(NamedTuple):
    """How to update; all of it may change without compiling again.

    Attributes:
        optimizer: () its number.
        gradient_clip: () its number.
        clip_limit: () largest norm or entry of a gradient.
        learning_rate: () size of a step.
        momentum: () share of the last step that sgd repeats.
        nesterov: () 1 if sgd looks ahead along the momentum, else 0.
        weight_decay: () share of a weight, times the learning rate, that each update takes away.
    """

    optimizer: tf.Tensor
    gradient_clip: tf.Tensor
    clip_limit: tf.Tensor
    learning_rate: tf.Tensor
    momentum: tf.Tensor
    nesterov: tf.Tensor
    weight_decay: tf.Tensor

    @classmethod
    def of(cls, config: RunConfig) -> Hyperparameters:
        """Those of a run."""
        numbers = _OPTIMIZERS.numbers[config.optimizer], _CLIPS.numbers[config.gradient_clip]
        return cls(*map(tf.constant, numbers), *(tf.constant(float(getattr(config, name))) for name in cls._fields[2:]))


class Step(NamedTuple):
    """One update.

    Attributes:
        number: () from 1.
        learning_rate: () and what follows as in `Hyperparameters`.
    """

    number: tf.Tensor
    learning_rate: tf.Tensor
    momentum: tf.Tensor
    nesterov: tf.Tensor
    weight_decay: tf.Tensor


class Moved(NamedTuple):
    """What an optimiser makes of a gradient.

    Attributes:
        change: To be added to the weights.
        first: A number that it remembers for each weight, if any.
        second: Another.
    """

    change: tf.Tensor
    first: tf.Tensor
    second: tf.Tensor


Update = Callable[[Step, tf.Tensor, tf.Tensor, tf.Tensor], Moved]  # Of step, gradient, and both numbers remembered.
Slots = tuple[Parameters, Parameters]  # What an optimiser remembers of each weight.


def initial_slots(optimizer: str, parameters: Parameters) -> Slots:
    """What an optimiser remembers before the first update."""
    first = INITIAL_ACCUMULATOR_VALUE if optimizer == "adagrad" else 0.0
    return (
        tf.nest.map_structure(lambda weights: tf.fill(weights.shape, first), parameters),
        tf.nest.map_structure(tf.zeros_like, parameters),
    )


def updated(
    number: tf.Tensor, chosen: Hyperparameters, parameters: Parameters, gradients: Parameters, slots: Slots
) -> tuple[Parameters, Slots]:
    """Parameters and slots after the update of this number, from 1."""
    old, gradients, *memories = map(tf.nest.flatten, (parameters, gradients, *slots))
    shapes = [weights.shape for weights in old]
    clipped = _CLIPS(chosen.gradient_clip, [chosen.clip_limit, *gradients], shapes)
    step = Step(number, *chosen[3:])
    moved = _OPTIMIZERS(chosen.optimizer, [*step, *old, *clipped, *memories[0], *memories[1]], shapes * 3)
    new, first, second = (tf.nest.pack_sequence_as(parameters, part) for part in _parts(moved, 3))
    return new, (first, second)


def _optimizer(update: Update) -> Function:
    def move(*tensors: tf.Tensor) -> list[tf.Tensor]:
        """Weights and what is remembered of them, from a step, weights, gradients and what was remembered."""
        size = len(Step._fields)
        step = Step(*tensors[:size])
        kept = 1 - step.weight_decay * step.learning_rate
        moved = []
        for old, *arguments in zip(*_parts(tensors[size:], 4), strict=True):
            change, *memories = update(step, *arguments)
            moved.append((kept * old + change, *memories))
        return [tensor for part in zip(*moved, strict=True) for tensor in part]

    return move


def _parts(tensors: Sequence[tf.Tensor], count: int) -> list[Sequence[tf.Tensor]]:
    size = len(tensors) // count
    return [tensors[start : start + size] for start in range(0, len(tensors), size)]


def _sgd(step: Step, gradient: tf.Tensor, velocity: tf.Tensor, unused: tf.Tensor) -> Moved:
    velocity = step.momentum * velocity - step.learning_rate * gradient
    ahead = step.momentum * velocity - step.learning_rate * gradient
    return Moved(tf.where(step.nesterov > 0, ahead, velocity), velocity, unused)


def _rmsprop(step: Step, gradient: tf.Tensor, velocity: tf.Tensor, unused: tf.Tensor) -> Moved:
    velocity = RHO * velocity + (1 - RHO) * tf.square(gradient)
    return Moved(-step.learning_rate * gradient / (velocity + EPSILON) ** 0.5, velocity, unused)


def _adagrad(step: Step, gradient: tf.Tensor, accumulator: tf.Tensor, unused: tf.Tensor) -> Moved:
    accumulator += tf.square(gradient)
    return Moved(-step.learning_rate * gradient / (accumulator + EPSILON) ** 0.5, accumulator, unused)


def _adam(step: Step, gradient: tf.Tensor, momentum: tf.Tensor, velocity: tf.Tensor) -> Moved:
    momentum = BETA_1 * momentum + (1 - BETA_1) * gradient
    velocity = BETA_2 * velocity + (1 - BETA_2) * tf.square(gradient)
    correction = (1 - BETA_2**step.number) ** 0.5 / (1 - BETA_1**step.number)
    change = -step.learning_rate * correction * momentum / (velocity**0.5 + EPSILON)
    return Moved(change, momentum, velocity)


def _keep(limit: tf.Tensor, *gradients: tf.Tensor) -> list[tf.Tensor]:
    return [tf.identity(gradient) for gradient in gradients]


def _clip_by_global_norm(limit: tf.Tensor, *gradients: tf.Tensor) -> list[tf.Tensor]:
    """Scale all gradients of a replicate, (layers, R, ...), so that their joint norm is at most the limit."""
    squares = [tf.reduce_sum(tf.square(gradient), axis=(0, 2, 3), keepdims=True) for gradient in gradients]
    norm = tf.add_n(squares) ** 0.5
    return [gradient * (limit / tf.maximum(norm, limit)) for gradient in gradients]


def _clip_by_value(limit: tf.Tensor, *gradients: tf.Tensor) -> list[tf.Tensor]:
    return [tf.clip_by_value(gradient, -limit, limit) for gradient in gradients]


UPDATES: dict[str, Update] = {"sgd": _sgd, "rmsprop": _rmsprop, "adagrad": _adagrad, "adam": _adam}
CLIPS: dict[str, Function] = {"none": _keep, "global_norm": _clip_by_global_norm, "value": _clip_by_value}
_OPTIMIZERS = Choice("optimizer", {name: _optimizer(update) for name, update in UPDATES.items()})
_CLIPS = Choice("clip", CLIPS)
