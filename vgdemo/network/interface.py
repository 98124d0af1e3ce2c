"""What a program asks of a network, whatever its layers are.

All replicates of a run are one network. Arrays end with the points, so that the processor's vector units work on whole
batches even where a layer has five units. R counts replicates, N points.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import tensorflow as tf

Parameters = Any  # A structure of tensors (layers of one shape, R, rows, columns); each network has its own.
MovingAverages = Any  # A structure of tensors; an empty tuple for a network that needs none.
Signals = Any  # A structure of tensors (..., N), among them `logits`, (R, N): the output before its sigmoid.


class Variant(NamedTuple):
    """Which one it is of the networks that a program trains; what it does not use of its room is zeros that stay zeros.

    Attributes:
        num_hidden_layers: () of one width, from the first.
        activation: () its number in `vgdemo.network.activations.NUMBERS`.
        is_unit: (units, 1) which units of a hidden layer there are; None if there is room for no more than these.
        time_steps: () of a sequence, from the first.
    """

    num_hidden_layers: tf.Tensor
    activation: tf.Tensor
    is_unit: tf.Tensor | None = None
    time_steps: tf.Tensor | int = 1


class Batch(NamedTuple):
    """What goes through a network at once.

    Attributes:
        inputs: (R or 1, ..., N).
        sample_weight: (N,) what each point counts in means over the batch; they sum to 1. A point of weight 0 only
            fills up the batch.
        variant: Which network it is.
        moving_averages: What to normalise with, as in evaluation; empty to normalise with the batch's own moments.
    """

    inputs: tf.Tensor
    sample_weight: tf.Tensor
    variant: Variant
    moving_averages: MovingAverages = ()


class Network(Protocol):
    """A network without its weights. A program is compiled for each that differs from the others, hence hashable."""

    def __hash__(self) -> int:
        """Equal networks share a program."""

    @property
    def num_hidden_layers(self) -> int:
        """H, the layers whose outputs are measured; of a batch's network as many as its variant says."""

    def initial_averages(self, parameters: Parameters) -> MovingAverages:
        """Moving averages before any update."""

    def updated_averages(self, averages: MovingAverages, signals: Signals, sample_weight: tf.Tensor) -> MovingAverages:
        """Moving averages after one more batch, which left these signals."""

    def kernels(self, parameters: Parameters) -> tuple[tf.Tensor, ...]:
        """The kernels among weights or gradients, in the order of data flow, each (layers, R, inputs, units)."""

    def forward(self, parameters: Parameters, batch: Batch) -> Signals:
        """Run a batch through the network."""

    def backward(self, parameters: Parameters, batch: Batch, signals: Signals, upstream: tf.Tensor) -> Parameters:
        """Gradients of all weights, from what `forward` left and the loss's gradient by the logits, (R, N)."""


def present(count: tf.Tensor, room: int) -> tf.Tensor:
    """(room,) True for the first `count` places, False for those that only fill up."""
    return tf.range(room) < count


def is_nan(values: tf.Tensor) -> tf.Tensor:
    """As TensorFlow's own, which takes long to translate for XLA."""
    return tf.not_equal(values, values)


def of_units(values: tf.Tensor, variant: Variant) -> tf.Tensor:
    """The values (..., units, N), or those of each gate one after the other, of the units that there are, else 0."""
    if variant.is_unit is None:
        return values
    num_gates = values.shape[-2] // variant.is_unit.shape[0]
    return tf.where(tf.concat([variant.is_unit] * num_gates, axis=0), values, 0.0)


def mean_of_present(values: tf.Tensor, is_present: tf.Tensor, axis: int) -> tf.Tensor:
    """Mean along one of the last axes of the values (..., places), of the places (places) that are present."""
    count = tf.reduce_sum(tf.cast(is_present, tf.float32), axis)
    return tf.reduce_sum(tf.where(is_present, values, 0.0), axis) / count
