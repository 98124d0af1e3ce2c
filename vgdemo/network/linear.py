"""The linear map of a layer for all replicates, forward and backward: inputs (R or 1, inputs, N) to (R, units, N)."""

from __future__ import annotations

import tensorflow as tf

REDUCED_INPUTS = 16  # Up to here multiply-and-add runs up to twice as fast as the matrix product; beyond, slower.


def pre_activate(kernel: tf.Tensor, bias: tf.Tensor, inputs: tf.Tensor) -> tf.Tensor:
    """A layer's pre-activations, from its kernel (R, inputs, units) and bias (R, units, 1)."""
    if kernel.shape[-2] <= REDUCED_INPUTS:
        return tf.reduce_sum(kernel[..., None] * inputs[:, :, None, :], axis=1) + bias
    return tf.matmul(kernel, inputs, transpose_a=True) + bias


def kernel_gradients(inputs: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """Gradients of the kernel, given those of the pre-activations, (R, units, N)."""
    return tf.matmul(inputs, upstream, transpose_b=True)


def bias_gradients(upstream: tf.Tensor) -> tf.Tensor:
    """Gradients of the bias, given those of the pre-activations, (R, units, N)."""
    return tf.reduce_sum(upstream, axis=-1, keepdims=True)


def input_gradients(kernel: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """Gradients of the inputs, given those of the pre-activations, (R, units, N)."""
    if kernel.shape[-1] <= REDUCED_INPUTS:
        return tf.reduce_sum(kernel[..., None] * upstream[:, None, :, :], axis=2)
    return tf.matmul(kernel, upstream)
