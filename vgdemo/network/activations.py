"""Keras's activations, of which a number says which one applies, so that a compiled program serves them all."""

from __future__ import annotations

import math
from collections.abc import Callable

import keras
import tensorflow as tf

from vgdemo.activations import ACTIVATIONS, LEAKY_SLOPE, SATURATED_SLOPE
from vgdemo.network.choice import Choice, Function

Gradient = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]  # Of inputs, values, upstream, by the inputs.


def _gelu(inputs: tf.Tensor, values: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    density = tf.exp(-tf.square(inputs) / 2) / math.sqrt(2 * math.pi)
    return upstream * ((1 + tf.math.erf(inputs / math.sqrt(2))) / 2 + inputs * density)


def _silu(inputs: tf.Tensor, values: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    gate = tf.sigmoid(inputs)
    return upstream * (gate + values * (1 - gate))


def _mish(inputs: tf.Tensor, values: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    gate = tf.tanh(tf.nn.softplus(inputs))
    return upstream * (gate + inputs * tf.sigmoid(inputs) * (1 - tf.square(gate)))


# Keras's own, too, but from values that are known already, and of few operations.
_GRADIENTS: dict[str, Gradient] = {
    "linear": lambda inputs, values, upstream: tf.identity(upstream),
    "sigmoid": lambda inputs, values, upstream: tf.raw_ops.SigmoidGrad(y=values, dy=upstream),
    "tanh": lambda inputs, values, upstream: tf.raw_ops.TanhGrad(y=values, dy=upstream),
    "softsign": lambda inputs, values, upstream: tf.raw_ops.SoftsignGrad(gradients=upstream, features=inputs),
    "relu": lambda inputs, values, upstream: tf.where(values > 0, upstream, 0.0),
    "leaky_relu": lambda inputs, values, upstream: tf.where(inputs > 0, upstream, LEAKY_SLOPE * upstream),
    "elu": lambda inputs, values, upstream: tf.raw_ops.EluGrad(gradients=upstream, outputs=values),
    "selu": lambda inputs, values, upstream: tf.raw_ops.SeluGrad(gradients=upstream, outputs=values),
    "gelu": _gelu,
    "silu": _silu,
    "softplus": lambda inputs, values, upstream: tf.raw_ops.SoftplusGrad(gradients=upstream, features=inputs),
    "mish": _mish,
}


def activated(number: tf.Tensor | int, inputs: tf.Tensor) -> tf.Tensor:
    """The values of the activation with this number in `NUMBERS`."""
    return _ACTIVATIONS(number, [inputs], [inputs.shape])[0]


def activation_gradient(
    number: tf.Tensor | int, inputs: tf.Tensor, values: tf.Tensor, upstream: tf.Tensor
) -> tf.Tensor:
    """The loss's gradient by the activation's inputs.

    Args:
        number: Of the activation, in `NUMBERS`.
        inputs: Of the activation.
        values: What it answered.
        upstream: The loss's gradient by the values.
    """
    return _ACTIVATION_GRADIENTS(number, [inputs, values, upstream], [inputs.shape])[0]


def activated_with_slopes(number: tf.Tensor | int, inputs: tf.Tensor) -> list[tf.Tensor]:
    """The values of the activation with this number, and its derivative at the inputs."""
    return _ACTIVATIONS_WITH_SLOPES(number, [inputs], [inputs.shape] * 2)


def saturated_slope(number: tf.Tensor) -> tf.Tensor:
    """() the size below which a slope counts as flat."""
    return tf.gather(tf.constant([SATURATED_SLOPE * row.steepest_slope for row in ACTIVATIONS.values()]), number)


def _activation(name: str) -> Function:
    if name == "relu":  # The same, but TensorFlow takes ten times as long to translate Keras's.
        return lambda inputs: [tf.maximum(inputs, 0.0)]
    return lambda inputs: [tf.identity(keras.activations.get(name)(inputs))]


def _gradient(name: str) -> Function:
    return lambda *arguments: [_GRADIENTS[name](*arguments)]


def _activation_with_slopes(name: str) -> Function:
    def both(inputs: tf.Tensor) -> list[tf.Tensor]:
        (values,) = _activation(name)(inputs)
        return [values, _GRADIENTS[name](inputs, values, tf.ones_like(inputs))]

    return both


_ACTIVATIONS = Choice("activation", {name: _activation(name) for name in ACTIVATIONS})
_ACTIVATION_GRADIENTS = Choice("activation gradient", {name: _gradient(name) for name in ACTIVATIONS})
_ACTIVATIONS_WITH_SLOPES = Choice(
    "activation with slopes", {name: _activation_with_slopes(name) for name in ACTIVATIONS}
)
NUMBERS = _ACTIVATIONS.numbers
