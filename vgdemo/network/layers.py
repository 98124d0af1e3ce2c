"""Networks of one run as a program: all replicates at once, forward and backward, any depth in one loop.

Arrays are laid out (replicate, units, points): the points are innermost, so that the processor's vector units work on
whole batches even where a layer has five units. Layers of one shape are stacked, so that the program has the same size
for 5 layers and for 50, and compiles as quickly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Layers = dict[str, tf.Tensor]  # "kernel": (layers, replicates, inputs, units); "bias": (layers, replicates, units, 1).
Parameters = tuple[Layers, Layers, Layers]  # The first hidden layer, the other hidden layers, the output layer.

REDUCED_INPUTS = 16  # Up to here multiply-and-add runs up to twice as fast as the matrix product; beyond, slower.
SATURATED_SLOPE = 0.05  # A unit is saturated where its activation's slope is below this share of its usual maximum.
LARGEST_SLOPE = {"sigmoid": 0.25}  # 1, or close to it, for all others.


@dataclass(frozen=True)
class Architecture:
    """What decides the shape of the program, and so when it is compiled again."""

    num_hidden_layers: int
    activation: str

    def activate(self, pre_activations: tf.Tensor) -> tf.Tensor:
        """Keras's own definition of the activation."""
        return keras.activations.get(self.activation)(pre_activations)


class Pass(NamedTuple):
    """What a forward pass leaves for the backward one.

    Attributes:
        first: (R, n, N) pre-activations of the first hidden layer.
        others: (H - 1, R, n, N) pre-activations of the other hidden layers.
        activations: (H, R, n, N) outputs of all hidden layers.
        logits: (R, N) the output before its sigmoid.
    """

    first: tf.Tensor
    others: tf.Tensor
    activations: tf.Tensor
    logits: tf.Tensor


def stack_parameters(kernels: list[NDArray[np.float32]]) -> Parameters:
    """Stack the kernels of layers 1 to H + 1, each (R, inputs, outputs); biases start at zero as in Keras."""
    replicates, units = kernels[0].shape[0], kernels[0].shape[2]
    others = np.stack(kernels[1:-1]) if len(kernels) > 2 else np.zeros((0, replicates, units, units), np.float32)
    return _layers(kernels[0][None]), _layers(others), _layers(kernels[-1][None])


def _layers(kernel: NDArray[np.float32]) -> Layers:
    layers, replicates, _, units = kernel.shape
    return {"kernel": tf.constant(kernel), "bias": tf.zeros((layers, replicates, units, 1))}


def forward(architecture: Architecture, parameters: Parameters, inputs: tf.Tensor) -> Pass:
    """Run `inputs`, (R or 1, 2, N), through the network."""
    first, others, output = parameters
    pre_activation = _pre_activate(_layer(first, 0), inputs)
    activation = architecture.activate(pre_activation)
    count = others["kernel"].shape[0]
    pre_activations = tf.TensorArray(tf.float32, count, element_shape=activation.shape)
    activations = tf.TensorArray(tf.float32, count + 1, element_shape=activation.shape).write(0, activation)

    def step(
        index: tf.Tensor, activation: tf.Tensor, pre_activations: tf.TensorArray, activations: tf.TensorArray
    ) -> tuple[tf.Tensor, ...]:
        hidden = _pre_activate(_layer(others, index), activation)
        activation = architecture.activate(hidden)
        return index + 1, activation, pre_activations.write(index, hidden), activations.write(index + 1, activation)

    if count:
        _, activation, pre_activations, activations = tf.while_loop(
            lambda index, *_: index < count,
            step,
            (0, activation, pre_activations, activations),
            maximum_iterations=count,
        )
    logits = _pre_activate(_layer(output, 0), activation)[:, 0, :]
    return Pass(pre_activation, pre_activations.stack(), activations.stack(), logits)


def backward(
    architecture: Architecture, parameters: Parameters, inputs: tf.Tensor, done: Pass, upstream: tf.Tensor
) -> Parameters:
    """Gradients of all parameters, given the loss's gradient by the logits: `upstream`, (R, N)."""
    _, others, output = parameters
    upstream = upstream[:, None, :]
    output_gradient = _stacked(_gradients(done.activations[-1], upstream))
    upstream = _back_through(output["kernel"][0], upstream)
    count = others["kernel"].shape[0]
    arrays = {
        name: tf.TensorArray(tf.float32, count, element_shape=tensor.shape[1:]) for name, tensor in others.items()
    }

    def step(
        index: tf.Tensor, upstream: tf.Tensor, arrays: dict[str, tf.TensorArray]
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.TensorArray]]:
        upstream = upstream * slope(architecture, done.others[index])
        gradients = _gradients(done.activations[index], upstream)
        written = {name: array.write(index, gradients[name]) for name, array in arrays.items()}
        return index - 1, _back_through(others["kernel"][index], upstream), written

    if count:
        _, upstream, arrays = tf.while_loop(
            lambda index, *_: index >= 0, step, (count - 1, upstream, arrays), maximum_iterations=count
        )
    upstream = upstream * slope(architecture, done.first)
    first_gradient = _stacked(_gradients(inputs, upstream))
    return first_gradient, {name: array.stack() for name, array in arrays.items()}, output_gradient


def slope(architecture: Architecture, pre_activations: tf.Tensor) -> tf.Tensor:
    """The activation's derivative at each pre-activation."""
    with tf.GradientTape() as tape:
        tape.watch(pre_activations)
        activations = architecture.activate(pre_activations)
    return tape.gradient(activations, pre_activations)


def activation_statistics(architecture: Architecture, done: Pass) -> tf.Tensor:
    """(H, R, 4): mean, standard deviation, saturated share and dead share of each hidden layer's activations."""
    over = (-2, -1)
    mean = tf.reduce_mean(done.activations, over)
    deviation = tf.math.reduce_std(done.activations, over)
    slopes = slope(architecture, tf.concat([done.first[None], done.others], axis=0))
    limit = SATURATED_SLOPE * LARGEST_SLOPE.get(architecture.activation, 1.0)
    saturated = tf.where(tf.math.is_nan(slopes), slopes, tf.cast(tf.abs(slopes) < limit, tf.float32))
    dead = tf.cast(tf.reduce_all(done.activations == 0, axis=-1), tf.float32)
    return tf.stack([mean, deviation, tf.reduce_mean(saturated, over), tf.reduce_mean(dead, -1)], axis=-1)


def _layer(layers: Layers, index: tf.Tensor | int) -> Layers:
    return {name: tensor[index] for name, tensor in layers.items()}


def _stacked(layer: Layers) -> Layers:
    return {name: tensor[None] for name, tensor in layer.items()}


def _pre_activate(layer: Layers, inputs: tf.Tensor) -> tf.Tensor:
    kernel = layer["kernel"]
    if kernel.shape[-2] <= REDUCED_INPUTS:
        return tf.reduce_sum(kernel[..., None] * inputs[:, :, None, :], axis=1) + layer["bias"]
    return tf.matmul(kernel, inputs, transpose_a=True) + layer["bias"]


def _gradients(inputs: tf.Tensor, upstream: tf.Tensor) -> Layers:
    return {
        "kernel": tf.matmul(inputs, upstream, transpose_b=True),
        "bias": tf.reduce_sum(upstream, axis=-1, keepdims=True),
    }


def _back_through(kernel: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    if kernel.shape[-1] <= REDUCED_INPUTS:
        return tf.reduce_sum(kernel[..., None] * upstream[:, None, :, :], axis=2)
    return tf.matmul(kernel, upstream)
