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

# Name to (layers, replicates, ...): "kernel" (..., inputs, units), "bias" and, if normalised, "scale" and "offset"
# (..., units, 1); of batch normalisation's running averages "mean" and "variance" (..., units, 1).
Layers = dict[str, tf.Tensor]
Parameters = tuple[Layers, Layers, Layers]  # The first hidden layer, the other hidden layers, the output layer.
Averages = tuple[Layers, ...]  # Of the first and the other hidden layers; empty without batch normalisation.

REDUCED_INPUTS = 16  # Up to here multiply-and-add runs up to twice as fast as the matrix product; beyond, slower.
SATURATED_SLOPE = 0.05  # A unit is saturated where its activation's slope is below this share of its maximum.
NORMALIZATION_EPSILON = 1e-3  # Keras's, for both kinds.
AVERAGE_MOMENTUM = 0.99  # Keras's share of the old running average.
LARGEST_SLOPE = {"sigmoid": 0.25, "selu": 1.7581, "gelu": 1.1289, "silu": 1.0998}  # 1 for all others.


@dataclass(frozen=True)
class Architecture:
    """What decides the shape of the program, and so when it is compiled again.

    Attributes:
        num_hidden_layers: Depth.
        activation: Keras's name.
        normalization: "none", or "batch" or "layer" between a layer's pre-activation and its activation.
        residual: Whether a hidden layer's input is added to its output, where their shapes allow it.
    """

    num_hidden_layers: int
    activation: str
    normalization: str = "none"
    residual: bool = False

    def activate(self, pre_activations: tf.Tensor) -> tf.Tensor:
        """Keras's own definition of the activation."""
        return keras.activations.get(self.activation)(pre_activations)

    def normalize(self, layer: Layers, pre_activations: tf.Tensor, points: Points) -> tf.Tensor:
        """Normalise (..., n, N) over the units, or over the points as the batch or as the running averages say."""
        if self.normalization == "none":
            return pre_activations
        if self.normalization == "layer":
            mean, variance = tf.nn.moments(pre_activations, axes=[-2], keepdims=True)
        elif points.averages:
            mean, variance = layer["mean"], layer["variance"]
        else:
            mean, variance = batch_moments(pre_activations, points.shares)
        return (pre_activations - mean) * tf.math.rsqrt(variance + NORMALIZATION_EPSILON) * layer["scale"] + layer[
            "offset"
        ]

    def adds_input(self, layer: Layers) -> bool:
        """Whether this hidden layer has a skip connection."""
        inputs, units = layer["kernel"].shape[-2:]
        return self.residual and inputs == units


class Points(NamedTuple):
    """What goes through a network.

    Attributes:
        inputs: (R or 1, 2, N).
        shares: (N,) what each point counts in means over the batch; they sum to 1.
        averages: Running averages to normalise with, as in evaluation; empty to normalise with the batch's own.
    """

    inputs: tf.Tensor
    shares: tf.Tensor
    averages: Averages = ()


class Pass(NamedTuple):
    """What a forward pass leaves for the backward one.

    Attributes:
        first: (R, n, N) pre-activations of the first hidden layer, before any normalisation.
        others: (H - 1, R, n, N) pre-activations of the other hidden layers.
        outputs: (H, R, n, N) outputs of all hidden layers, skip connections included.
        logits: (R, N) the output before its sigmoid.
    """

    first: tf.Tensor
    others: tf.Tensor
    outputs: tf.Tensor
    logits: tf.Tensor


def stack_parameters(kernels: list[NDArray[np.float32]], architecture: Architecture) -> Parameters:
    """Stack the kernels of layers 1 to H + 1, each (R, inputs, outputs); all else starts as in Keras."""
    replicates, units = kernels[0].shape[0], kernels[0].shape[2]
    others = np.stack(kernels[1:-1]) if len(kernels) > 2 else np.zeros((0, replicates, units, units), np.float32)
    normalized = architecture.normalization != "none"
    return _start(kernels[0][None], normalized), _start(others, normalized), _start(kernels[-1][None], False)


def initial_averages(parameters: Parameters, architecture: Architecture) -> Averages:
    """Batch normalisation's running averages before any update."""
    if architecture.normalization != "batch":
        return ()
    biases = [layers["bias"] for layers in parameters[:2]]
    return tuple({"mean": tf.zeros_like(bias), "variance": tf.ones_like(bias)} for bias in biases)


def updated_averages(averages: Averages, done: Pass, shares: tf.Tensor) -> Averages:
    """The running averages after one more batch."""
    if not averages:
        return averages
    updated = []
    for old, pre_activations in zip(averages, (done.first[None], done.others), strict=True):
        new = dict(zip(("mean", "variance"), batch_moments(pre_activations, shares), strict=True))
        updated.append({name: AVERAGE_MOMENTUM * old[name] + (1 - AVERAGE_MOMENTUM) * new[name] for name in old})
    return tuple(updated)


def batch_moments(pre_activations: tf.Tensor, shares: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and variance of (..., n, N) over the points, each (..., n, 1)."""
    mean = tf.reduce_sum(pre_activations * shares, axis=-1, keepdims=True)
    return mean, tf.reduce_sum(tf.square(pre_activations - mean) * shares, axis=-1, keepdims=True)


def forward(architecture: Architecture, parameters: Parameters, points: Points) -> Pass:
    """Run the points through the network."""
    output = parameters[2]
    first, others = _hidden(parameters, points)
    first_pre_activation = _pre_activate(_layer(first, 0), points.inputs)
    values = _respond(architecture, _layer(first, 0), first_pre_activation, points.inputs, points)
    count = others["kernel"].shape[0]
    pre_activations = tf.TensorArray(tf.float32, count, element_shape=values.shape)
    outputs = tf.TensorArray(tf.float32, count + 1, element_shape=values.shape).write(0, values)

    def step(
        index: tf.Tensor, values: tf.Tensor, pre_activations: tf.TensorArray, outputs: tf.TensorArray
    ) -> tuple[tf.Tensor, ...]:
        layer = _layer(others, index)
        pre_activation = _pre_activate(layer, values)
        values = _respond(architecture, layer, pre_activation, values, points)
        return index + 1, values, pre_activations.write(index, pre_activation), outputs.write(index + 1, values)

    if count:
        _, values, pre_activations, outputs = tf.while_loop(
            lambda index, *_: index < count, step, (0, values, pre_activations, outputs), maximum_iterations=count
        )
    logits = _pre_activate(_layer(output, 0), values)[:, 0, :]
    return Pass(first_pre_activation, pre_activations.stack(), outputs.stack(), logits)


def backward(
    architecture: Architecture, parameters: Parameters, points: Points, done: Pass, upstream: tf.Tensor
) -> Parameters:
    """Gradients of all parameters, given the loss's gradient by the logits: `upstream`, (R, N)."""
    first, others, output = parameters
    upstream = upstream[:, None, :]
    output_gradient = _stacked(_linear_gradients(done.outputs[-1], upstream))
    upstream = _back_through(output["kernel"][0], upstream)
    count = others["kernel"].shape[0]
    arrays = {
        name: tf.TensorArray(tf.float32, count, element_shape=tensor.shape[1:]) for name, tensor in others.items()
    }

    def step(
        index: tf.Tensor, upstream: tf.Tensor, arrays: dict[str, tf.TensorArray]
    ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.TensorArray]]:
        layer, inputs = _layer(others, index), done.outputs[index]
        gradients, upstream = _layer_gradients(
            architecture, layer, points._replace(inputs=inputs), done.others[index], upstream
        )
        return index - 1, upstream, {name: array.write(index, gradients[name]) for name, array in arrays.items()}

    if count:
        _, upstream, arrays = tf.while_loop(
            lambda index, *_: index >= 0, step, (count - 1, upstream, arrays), maximum_iterations=count
        )
    first_gradient, _ = _layer_gradients(architecture, _layer(first, 0), points, done.first, upstream)
    return _stacked(first_gradient), {name: array.stack() for name, array in arrays.items()}, output_gradient


def activation_statistics(architecture: Architecture, parameters: Parameters, points: Points, done: Pass) -> tf.Tensor:
    """(H, R, 4): mean, standard deviation, saturated and dead share of each hidden layer's units, before any skip."""
    first, others = _hidden(parameters, points)
    hidden = {name: tf.concat([first[name], others[name]], axis=0) for name in first if name != "kernel"}
    pre_activations = tf.concat([done.first[None], done.others], axis=0)
    slopes, activations = _slopes(architecture, architecture.normalize(hidden, pre_activations, points))
    over = (-2, -1)
    limit = SATURATED_SLOPE * LARGEST_SLOPE.get(architecture.activation, 1.0)
    saturated = tf.where(tf.math.is_nan(slopes), slopes, tf.cast(tf.abs(slopes) < limit, tf.float32))
    dead = tf.cast(tf.reduce_all(activations == 0, axis=-1), tf.float32)
    statistics = (
        tf.reduce_mean(activations, over),
        tf.math.reduce_std(activations, over),
        tf.reduce_mean(saturated, over),
        tf.reduce_mean(dead, -1),
    )
    return tf.stack(statistics, axis=-1)


def _slopes(architecture: Architecture, pre_activations: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The activation's derivative at each pre-activation, and its value."""
    with tf.GradientTape() as tape:
        tape.watch(pre_activations)
        activations = architecture.activate(pre_activations)
    return tape.gradient(activations, pre_activations), activations


def _hidden(parameters: Parameters, points: Points) -> tuple[Layers, Layers]:
    """The hidden layers, with the running averages where they normalise with them."""
    first, others, _ = parameters
    if not points.averages:
        return first, others
    return first | points.averages[0], others | points.averages[1]


def _respond(
    architecture: Architecture, layer: Layers, pre_activation: tf.Tensor, inputs: tf.Tensor, points: Points
) -> tf.Tensor:
    """A hidden layer's output, from its pre-activation and, for the skip connection, its inputs."""
    values = architecture.activate(architecture.normalize(layer, pre_activation, points))
    return values + inputs if architecture.adds_input(layer) else values


def _layer_gradients(
    architecture: Architecture, layer: Layers, points: Points, pre_activation: tf.Tensor, upstream: tf.Tensor
) -> tuple[Layers, tf.Tensor]:
    """Gradients of a hidden layer's parameters and of its inputs; `points.inputs` are the layer's own."""
    elementwise = {name: tensor for name, tensor in layer.items() if name in ("scale", "offset")}
    with tf.GradientTape() as tape:
        tape.watch((pre_activation, elementwise))
        values = architecture.activate(architecture.normalize(elementwise, pre_activation, points))
    back, gradients = tape.gradient(values, (pre_activation, elementwise), output_gradients=upstream)
    to_inputs = _back_through(layer["kernel"], back)
    if architecture.adds_input(layer):
        to_inputs += upstream
    return _linear_gradients(points.inputs, back) | gradients, to_inputs


def _start(kernel: NDArray[np.float32], normalized: bool) -> Layers:
    layers, replicates, _, units = kernel.shape
    zeros = tf.zeros((layers, replicates, units, 1))
    weights = {"kernel": tf.constant(kernel), "bias": zeros}
    return weights | {"scale": tf.ones_like(zeros), "offset": zeros} if normalized else weights


def _layer(layers: Layers, index: tf.Tensor | int) -> Layers:
    return {name: tensor[index] for name, tensor in layers.items()}


def _stacked(layer: Layers) -> Layers:
    return {name: tensor[None] for name, tensor in layer.items()}


def _pre_activate(layer: Layers, inputs: tf.Tensor) -> tf.Tensor:
    kernel = layer["kernel"]
    if kernel.shape[-2] <= REDUCED_INPUTS:
        return tf.reduce_sum(kernel[..., None] * inputs[:, :, None, :], axis=1) + layer["bias"]
    return tf.matmul(kernel, inputs, transpose_a=True) + layer["bias"]


def _linear_gradients(inputs: tf.Tensor, upstream: tf.Tensor) -> Layers:
    return {
        "kernel": tf.matmul(inputs, upstream, transpose_b=True),
        "bias": tf.reduce_sum(upstream, axis=-1, keepdims=True),
    }


def _back_through(kernel: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    if kernel.shape[-1] <= REDUCED_INPUTS:
        return tf.reduce_sum(kernel[..., None] * upstream[:, None, :, :], axis=2)
    return tf.matmul(kernel, upstream)
