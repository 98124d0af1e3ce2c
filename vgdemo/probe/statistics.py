"""What is measured of a kernel, its gradient and a layer's output, in the graph.

The definitions are those of `vgdemo.statistics` and of the engine; here no array leaves TensorFlow.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from vgdemo.activations import ACTIVATIONS, SATURATED_SLOPE
from vgdemo.probe import keras_internals
from vgdemo.probe.taps import Call
from vgdemo.record import HISTOGRAM_BINS, HISTOGRAM_EDGES

Statistics = dict[str, tf.Tensor]  # Name to a scalar of float64.


def gradient_statistics(gradient: tf.Tensor) -> Statistics:
    """Mean, root mean square and largest of |g|, and the share of exact zeros."""
    size = tf.abs(gradient)
    return {
        "gradient_mean_abs": tf.reduce_mean(size),
        "gradient_rms": _rms(size),
        "gradient_max_abs": tf.reduce_max(size),
        "gradient_zero_share": _share(tf.equal(size, 0)),
    }


def kernel_statistics(kernel: tf.Tensor) -> Statistics:
    """Sum of |w|, root mean square and mean."""
    return {
        "kernel_l1": tf.reduce_sum(tf.abs(kernel)),
        "kernel_rms": _rms(kernel),
        "kernel_mean": tf.reduce_mean(kernel),
    }


def update_statistics(kernel: tf.Tensor, before: tf.Tensor) -> Statistics:
    """The norm of the change over the norm before it."""
    return {"update_ratio": tf.norm(kernel - before) / tf.norm(before)}


def histogram(gradient: tf.Tensor, *, compiled: bool = False) -> tf.Tensor:
    """(`HISTOGRAM_BINS`,) counts of |g|; the bins are those of `Panel.histograms`.

    Args:
        gradient: Of any shape.
        compiled: Whether XLA may have to compile it, which takes three times as long without it.
    """
    size = tf.reshape(tf.abs(gradient), [-1])
    per_decade = 1 / (HISTOGRAM_EDGES[1] - HISTOGRAM_EDGES[0])
    places = tf.floor((tf.math.log(size) / np.log(10) - HISTOGRAM_EDGES[0]) * per_decade) + 2
    bins = tf.cast(tf.clip_by_value(places, 1, HISTOGRAM_BINS - 2), tf.int32)
    bins = tf.where(tf.equal(size, 0), 0, tf.where(tf.math.is_finite(size), bins, HISTOGRAM_BINS - 1))
    if compiled:
        return tf.math.unsorted_segment_sum(tf.ones_like(bins), bins, HISTOGRAM_BINS)
    return tf.math.bincount(bins, minlength=HISTOGRAM_BINS, maxlength=HISTOGRAM_BINS)


def signal_statistics(call: Call, gradient: tf.Tensor | None, scale: tf.Tensor) -> Statistics:
    """Of a layer's output: mean, deviation, saturated and dead share, and size of the loss's derivative by it.

    Steps that are masked do not count. A share is there only where the layer has an activation that can be so. Outputs
    are larger than kernels and stay in float32; the scale of the loss is taken out of the derivative's size.
    """
    values = _narrow(call.output)
    counts = _counts(call)
    mean = _mean(values, counts)
    statistics = {"activation_mean": mean, "activation_std": tf.sqrt(_mean(tf.square(values - mean), counts))}
    if (slopes := _slopes(call)) is not None:
        flat = tf.abs(slopes) < SATURATED_SLOPE * ACTIVATIONS[call.activation or ""].steepest_slope
        share = _mean(tf.cast(flat, tf.float32), counts)
        statistics["saturated_share"] = _unless_unknown(share, tf.reduce_sum(slopes))
    if call.activation in ACTIVATIONS and ACTIVATIONS[call.activation].can_die:
        statistics["dead_share"] = _dead_share(call, values, counts)
    wide = {name: tf.cast(value, tf.float64) for name, value in statistics.items()}
    if gradient is not None:
        wide["output_gradient_rms"] = _rms_of_narrow(_narrow(gradient)) / tf.cast(scale, tf.float64)
    return wide


def _counts(call: Call) -> tf.Tensor | None:
    """What each entry of a layer's output counts: 0 at steps that are masked; None if all count."""
    mask = keras_internals.mask_of(call.output)
    if mask is None:
        return None
    mask = tf.reshape(mask, [*mask.shape, *[1] * (call.output.shape.rank - mask.shape.rank)])
    return tf.broadcast_to(tf.cast(mask, tf.float32), tf.shape(call.output))


def _slopes(call: Call) -> tf.Tensor | None:
    """The activation's derivative at each entry of a layer's output; None if it was not seen, or does not saturate."""
    if call.activation not in ACTIVATIONS:
        return None
    if call.activate is None:
        squares = type(call.layer) is keras.layers.SimpleRNN and call.activation == "tanh"
        return 1 - tf.square(_narrow(call.output)) if squares else None
    if call.pre_activation.shape != call.output.shape:
        return None
    with tf.GradientTape() as tape:
        tape.watch(call.pre_activation)
        activations = call.activate(call.pre_activation)
    return _narrow(tape.gradient(activations, call.pre_activation))


def _dead_share(call: Call, values: tf.Tensor, counts: tf.Tensor | None) -> tf.Tensor:
    """Share of units, or of channels, that are 0 for every example, at every place and step."""
    channel = 1 if getattr(call.layer, "data_format", None) == "channels_first" else values.shape.rank - 1
    over = [axis for axis in range(values.shape.rank) if axis != channel]
    is_zero = tf.equal(values, 0) if counts is None else tf.equal(values * counts, 0)
    dead = tf.cast(tf.reduce_all(is_zero, over), tf.float32)
    return _unless_unknown(tf.reduce_mean(dead), tf.reduce_sum(values))


def _unless_unknown(share: tf.Tensor, total: tf.Tensor) -> tf.Tensor:
    """A share, or NaN where the sum of what it is about is NaN, since of such values nothing is known."""
    return tf.where(tf.math.is_nan(total), tf.constant(np.nan), share)


def _narrow(values: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.convert_to_tensor(values), tf.float32)


def _rms_of_narrow(values: tf.Tensor) -> tf.Tensor:
    """Relative to the largest, as float32 squares underflow near 1e-23."""
    size = tf.abs(values)
    largest = tf.reduce_max(size)
    unit = tf.where(tf.math.is_finite(largest) & (largest > 0), largest, 1)
    mean = tf.reduce_mean(tf.square(size / unit))
    return tf.sqrt(tf.cast(mean, tf.float64)) * tf.cast(unit, tf.float64)


def _mean(values: tf.Tensor, counts: tf.Tensor | None) -> tf.Tensor:
    return tf.reduce_mean(values) if counts is None else tf.reduce_sum(values * counts) / tf.reduce_sum(counts)


def _share(holds: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(holds, tf.float64))


def _rms(values: tf.Tensor) -> tf.Tensor:
    return tf.sqrt(tf.reduce_mean(tf.square(values)))
