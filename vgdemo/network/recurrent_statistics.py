"""What is measured of a recurrent network's states and of their gradients at each time step.

All of it comes from sums over points, which batch after batch adds to, so that no more than a batch is kept at a time.
They are of float64, in which the squares of what float32 holds do not underflow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from vgdemo.network.activations import saturated_slope
from vgdemo.network.interface import Batch, Variant, is_nan, present
from vgdemo.network.recurrent import RecurrentGradients, RecurrentSignals


class Sums(NamedTuple):
    """Over points; by layer, replicate and more.

    Attributes:
        states: (L, R) the outputs of all units and steps.
        squares: (L, R) their squares.
        flat: (L, R) how many slopes of the activation are flat; NaN if one is not a number.
        alive: (L, R, units) how many outputs are not 0; NaN if one is not a number.
        sizes: (L, T, R) |∂L/∂h| of all units.
        size_squares: (L, T, R) its squares.
    """

    states: tf.Tensor
    squares: tf.Tensor
    flat: tf.Tensor
    alive: tf.Tensor
    sizes: tf.Tensor
    size_squares: tf.Tensor

    @classmethod
    def none(cls, layers: int, steps: int, replicates: int, units: int) -> Sums:
        """Before any point."""
        shapes = [(layers, replicates)] * 3 + [(layers, replicates, units)] + [(layers, steps, replicates)] * 2
        return cls(*(tf.zeros(shape, tf.float64) for shape in shapes))

    @classmethod
    def of(cls, batch: Batch, signals: RecurrentSignals, gradients: RecurrentGradients) -> Sums:
        """Over the points of a batch."""
        outputs, slopes = signals.layers.states[:, 1:], signals.layers.derivatives[0]
        _, steps, _, units, _ = outputs.shape
        counts = batch.sample_weight > 0
        if batch.variant.is_unit is not None:
            counts &= batch.variant.is_unit
        is_step = present(batch.variant.time_steps, steps)[:, None, None, None]

        def total(values: tf.Tensor, axes: tuple[int, ...], counts: tf.Tensor = counts & is_step) -> tf.Tensor:
            return tf.reduce_sum(tf.where(counts, tf.cast(values, tf.float64), 0.0), axes)

        is_flat = tf.abs(slopes) < saturated_slope(batch.variant.activation)
        to_states = tf.abs(gradients.to_states)
        return cls(
            total(outputs, (1, 3, 4)),
            total(tf.square(tf.cast(outputs, tf.float64)), (1, 3, 4)),
            total(_known(is_flat, outputs + slopes), (1, 3, 4)),
            total(_known(outputs != 0, outputs), (1, 4)),
            total(to_states, (3, 4)),
            total(tf.square(tf.cast(to_states, tf.float64)), (3, 4)),
        )


class StepStatistics(NamedTuple):
    """At each time step, (L, T, R) each, in float64.

    Attributes:
        state_gradient_mean_abs: Of the loss's derivative by a layer's output, through all later steps and all layers
            above, over points and units.
        state_gradient_rms: Its root mean square.
        recurrent_gradient_rms: Root mean square of what the step adds to the gradient of the recurrent kernel.
        recurrent_gradient_share: The norm of that over the sum of these norms; NaN if all are 0.
    """

    state_gradient_mean_abs: tf.Tensor
    state_gradient_rms: tf.Tensor
    recurrent_gradient_rms: tf.Tensor
    recurrent_gradient_share: tf.Tensor


def activation_statistics(sums: Sums, variant: Variant, points: tf.Tensor) -> tf.Tensor:
    """(L, R, 4) in the order of `vgdemo.record.ACTIVATION_STATISTICS`, of the outputs at all steps.

    Saturated is the activation that an output is made with: SimpleRNN's, that of an LSTM's cell state, that of a GRU's
    candidate.

    Args:
        sums: Over all points.
        variant: Which network it is.
        points: () how many points there are.
    """
    units = _num_units(sums, variant)
    count = units * tf.cast(variant.time_steps * points, tf.float64)
    mean = sums.states / count
    deviation = tf.sqrt(tf.maximum(sums.squares / count - tf.square(mean), 0.0))
    is_dead = _known(sums.alive == 0, sums.alive)
    is_unit = True if variant.is_unit is None else variant.is_unit[:, 0]
    dead = tf.reduce_sum(tf.where(is_unit, is_dead, 0.0), -1) / units
    return tf.cast(tf.stack([mean, deviation, sums.flat / count, dead], axis=-1), tf.float32)


def step_statistics(sums: Sums, by_step: tf.Tensor, variant: Variant, points: tf.Tensor) -> StepStatistics:
    """What is measured at each step; by_step is that of `RecurrentGradients` for the same points."""
    units = _num_units(sums, variant)
    count = units * tf.cast(points, tf.float64)
    norms = tf.sqrt(tf.reduce_sum(tf.square(tf.cast(by_step, tf.float64)), (3, 4)))
    num_gates = by_step.shape[4] // by_step.shape[3]
    return StepStatistics(
        sums.sizes / count,
        tf.sqrt(sums.size_squares / count),
        norms / (units * np.sqrt(num_gates)),
        norms / tf.reduce_sum(norms, 1, keepdims=True),
    )


def _num_units(sums: Sums, variant: Variant) -> tf.Tensor:
    if variant.is_unit is None:
        return tf.constant(float(sums.alive.shape[-1]), tf.float64)
    return tf.reduce_sum(tf.cast(variant.is_unit, tf.float64))


def _known(holds: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """1 where it holds of the values, 0 where not, NaN where they are not numbers."""
    return tf.where(is_nan(values), tf.constant(np.nan, tf.float64), tf.cast(holds, tf.float64))
