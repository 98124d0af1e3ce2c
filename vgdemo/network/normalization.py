"""Batch and layer normalisation of pre-activations (..., units, N), as Keras defines them."""

from __future__ import annotations

import tensorflow as tf

from vgdemo.model import AVERAGE_MOMENTUM
from vgdemo.network.interface import Batch, mean_of_present

# Name to (..., units, 1): "gamma" and "beta", and in evaluation batch normalisation's "moving_mean" and
# "moving_variance"; empty without normalisation.
Normalization = dict[str, tf.Tensor]

EPSILON = 1e-3  # Keras's, for both kinds.


def initial_normalization(normalization: str, zeros: tf.Tensor) -> Normalization:
    """Weights before training, in the shape of the given zeros."""
    return {} if normalization == "none" else {"gamma": tf.ones_like(zeros), "beta": zeros}


def initial_moving_averages(zeros: tf.Tensor) -> Normalization:
    """Batch normalisation's moving averages before any update, in the shape of the given zeros."""
    return {"moving_mean": tf.zeros_like(zeros), "moving_variance": tf.ones_like(zeros)}


def updated_moving_averages(
    averages: Normalization, pre_activations: tf.Tensor, sample_weight: tf.Tensor
) -> Normalization:
    """The moving averages after one more batch."""
    new = dict(zip(("moving_mean", "moving_variance"), batch_moments(pre_activations, sample_weight), strict=True))
    return {name: AVERAGE_MOMENTUM * averages[name] + (1 - AVERAGE_MOMENTUM) * new[name] for name in averages}


def normalized(kind: str, weights: Normalization, pre_activations: tf.Tensor, batch: Batch) -> tf.Tensor:
    """Normalise over the units, or over the points: as the moving averages say if there are any, else as the batch."""
    if kind == "none":
        return pre_activations
    if kind == "layer":
        mean, variance = _layer_moments(pre_activations, batch.variant.is_unit)
    elif "moving_mean" in weights:
        mean, variance = weights["moving_mean"], weights["moving_variance"]
    else:
        mean, variance = batch_moments(pre_activations, batch.sample_weight)
    return (pre_activations - mean) * tf.math.rsqrt(variance + EPSILON) * weights["gamma"] + weights["beta"]


def _layer_moments(pre_activations: tf.Tensor, is_unit: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and variance over the units that there are, each (..., 1, N)."""
    if is_unit is None:
        return tf.nn.moments(pre_activations, axes=[-2], keepdims=True)  # type: ignore[no-any-return]
    mean = mean_of_present(pre_activations, is_unit, -2)[..., None, :]
    return mean, mean_of_present(tf.square(pre_activations - mean), is_unit, -2)[..., None, :]


def batch_moments(pre_activations: tf.Tensor, sample_weight: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and variance over the points, each (..., units, 1)."""
    mean = tf.reduce_sum(pre_activations * sample_weight, axis=-1, keepdims=True)
    return mean, tf.reduce_sum(tf.square(pre_activations - mean) * sample_weight, axis=-1, keepdims=True)
