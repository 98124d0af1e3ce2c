"""Dense networks of any depth, all replicates at once: forward and backward in one loop over the layers.

Layers of one shape are stacked, so that the program has the same size for 5 layers and for 50, and compiles as quickly.
Stacks and layers may have room for more than there is: loops end at the last layer, units that only fill up answer 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.activations import ACTIVATIONS, SATURATED_SLOPE
from vgdemo.network.interface import Batch, mean_of_present
from vgdemo.network.linear import input_gradients, pre_activate, weight_gradients
from vgdemo.network.normalization import (
    Normalization,
    initial_moving_averages,
    initial_normalization,
    normalized,
    updated_moving_averages,
)


class Layers(NamedTuple):
    """Weights, or their gradients, of layers of one shape, stacked; one layer's have no leading axis.

    Attributes:
        bias: (layers, R, units, 1).
        kernel: (layers, R, inputs, units).
        normalization: Of each name (layers, R, units, 1).
    """

    bias: tf.Tensor
    kernel: tf.Tensor
    normalization: Normalization

    def layer(self, index: tf.Tensor | int) -> Layers:
        """One of the stack."""
        return tf.nest.map_structure(lambda weights: weights[index], self)  # type: ignore[no-any-return]

    def stacked(self) -> Layers:
        """A stack of this one layer."""
        return tf.nest.map_structure(lambda weights: weights[None], self)  # type: ignore[no-any-return]


class DenseParameters(NamedTuple):
    """All weights, or their gradients.

    Attributes:
        first: The first hidden layer, whose inputs are the network's.
        others: The other hidden layers, H - 1 of them.
        output: The output layer.
    """

    first: Layers
    others: Layers
    output: Layers


DenseAverages = tuple[Normalization, ...]  # Of the first and the other hidden layers; empty but for "batch".


class DenseSignals(NamedTuple):
    """What a forward pass leaves for the backward one.

    Attributes:
        pre_activations: (H, R, units, N) of all hidden layers, before any normalisation; zeros beyond the last.
        outputs: (H, R, units, N) outputs of all hidden layers, skip connections included; zeros beyond the last.
        logits: (R, N) the output before its sigmoid.
    """

    pre_activations: tf.Tensor
    outputs: tf.Tensor
    logits: tf.Tensor


@dataclass(frozen=True)
class DenseNetwork:
    """Hidden layers of one width and an output of one unit.

    Attributes:
        num_hidden_layers: Depth, H, that there is room for; a batch's extent says how much of it there is.
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

    def initial_parameters(self, kernels: list[NDArray[np.float32]]) -> DenseParameters:
        """Weights before training: kernels (R, inputs, units) of layers 1 to H + 1 as given, the rest as in Keras."""
        replicates, units = kernels[0].shape[0], kernels[0].shape[2]
        others = np.stack(kernels[1:-1]) if len(kernels) > 2 else np.zeros((0, replicates, units, units), np.float32)
        return DenseParameters(
            _initial_layers(kernels[0][None], self.normalization),
            _initial_layers(others, self.normalization),
            _initial_layers(kernels[-1][None], "none"),
        )

    def initial_averages(self, parameters: DenseParameters) -> DenseAverages:
        """Batch normalisation's moving averages before any update."""
        if self.normalization != "batch":
            return ()
        return tuple(initial_moving_averages(layers.bias) for layers in parameters[:2])

    def updated_averages(
        self, averages: DenseAverages, signals: DenseSignals, sample_weight: tf.Tensor
    ) -> DenseAverages:
        """The moving averages after one more batch."""
        if not averages:
            return averages
        first, others = averages
        return (
            updated_moving_averages(first, signals.pre_activations[:1], sample_weight),
            updated_moving_averages(others, signals.pre_activations[1:], sample_weight),
        )

    def kernels(self, parameters: DenseParameters) -> tuple[tf.Tensor, ...]:
        """Of the first, the other hidden and the output layer, each (layers, R, inputs, units)."""
        return tuple(layers.kernel for layers in parameters)

    def forward(self, parameters: DenseParameters, batch: Batch) -> DenseSignals:
        """Run the batch through the network."""
        first, others = _hidden(parameters, batch)
        room = others.kernel.shape[0]

        def layer_after(layer: Layers, inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            pre_activation = _pre_activate(layer, inputs)
            return pre_activation, self._respond(layer, pre_activation, inputs, batch)

        def step(
            index: tf.Tensor, values: tf.Tensor, pre_activations: tf.TensorArray, outputs: tf.TensorArray
        ) -> tuple[tf.Tensor, ...]:
            pre_activation, values = layer_after(others.layer(index), values)
            index += 1
            return index, values, pre_activations.write(index, pre_activation), outputs.write(index, values)

        pre_activation, values = layer_after(first.layer(0), batch.inputs)
        pre_activations, outputs = (
            tf.TensorArray(tf.float32, room + 1, element_shape=values.shape).write(0, signal)
            for signal in (pre_activation, values)
        )
        if room:
            _, values, pre_activations, outputs = tf.while_loop(
                lambda index, *_: index < batch.extent.num_hidden_layers - 1,
                step,
                (0, values, pre_activations, outputs),
                maximum_iterations=room,
            )
        logits = _pre_activate(parameters.output.layer(0), values)[:, 0, :]
        return DenseSignals(pre_activations.stack(), outputs.stack(), logits)

    def backward(
        self, parameters: DenseParameters, batch: Batch, signals: DenseSignals, upstream: tf.Tensor
    ) -> DenseParameters:
        """Gradients of all weights, given the loss's gradient by the logits: `upstream`, (R, N)."""
        first, others, output = parameters
        upstream = upstream[:, None, :]
        last = batch.extent.num_hidden_layers - 1
        output_gradients = _linear_gradients(tf.gather(signals.outputs, last), upstream)  # XLA compiles a slice in.
        upstream = input_gradients(output.kernel[0], upstream)
        room = others.kernel.shape[0]
        arrays = tf.nest.map_structure(
            lambda weights: tf.TensorArray(tf.float32, room, element_shape=weights.shape[1:]), others
        )

        def step(index: tf.Tensor, upstream: tf.Tensor, arrays: Layers) -> tuple[tf.Tensor, tf.Tensor, Layers]:
            through = batch._replace(inputs=signals.outputs[index])
            gradients, upstream = self._back(others.layer(index), through, signals.pre_activations[index + 1], upstream)
            written = tf.nest.map_structure(lambda array, gradient: array.write(index, gradient), arrays, gradients)
            return index - 1, upstream, written

        if room:
            _, upstream, arrays = tf.while_loop(
                lambda index, *_: index >= 0, step, (last - 1, upstream, arrays), maximum_iterations=room
            )
        first_gradients, _ = self._back(first.layer(0), batch, signals.pre_activations[0], upstream)
        other_gradients = tf.nest.map_structure(lambda array: array.stack(), arrays)
        return DenseParameters(first_gradients.stacked(), other_gradients, output_gradients.stacked())

    def activation_statistics(self, parameters: DenseParameters, batch: Batch, signals: DenseSignals) -> tf.Tensor:
        """(H, R, 4): mean, deviation, saturated and dead share of each hidden layer's activations, before any skip.

        Of a unit whose input is not a number nothing is known, so shares with such a unit are not numbers either.
        """
        first, others = (layers.normalization for layers in _hidden(parameters, batch))
        weights = {name: tf.concat([first[name], others[name]], axis=0) for name in first}
        inputs = self._normalize(weights, signals.pre_activations, batch)
        activations = self.activate(inputs) if self.residual else signals.outputs  # Which need not be computed again.
        slopes = self._slopes(inputs)
        limit = SATURATED_SLOPE * ACTIVATIONS[self.activation].steepest_slope
        unknown = tf.math.is_nan(inputs)
        is_unit = tf.fill((inputs.shape[-2], 1), True) if batch.extent.is_unit is None else batch.extent.is_unit
        is_point = batch.sample_weight > 0

        def mean(values: tf.Tensor) -> tf.Tensor:
            """Over units and points."""
            return mean_of_present(mean_of_present(values, is_unit, -2), is_point, -1)

        middle = mean(activations)
        is_dead = tf.reduce_all((activations == 0) | ~is_point, -1)
        statistics = (
            middle,
            tf.sqrt(mean(tf.square(activations - middle[..., None, None]))),
            mean(_known(tf.abs(slopes) < limit, unknown | tf.math.is_nan(slopes))),
            mean_of_present(_known(is_dead, tf.reduce_any(unknown & is_point, -1)), is_unit[:, 0], -1),
        )
        return tf.stack(statistics, axis=-1)

    def _normalize(self, weights: Normalization, pre_activations: tf.Tensor, batch: Batch) -> tf.Tensor:
        """What enters the activation; 0 where there is no unit."""
        return _of_units(normalized(self.normalization, weights, pre_activations, batch), batch)

    def _activities(self, weights: Normalization, pre_activations: tf.Tensor, batch: Batch) -> tf.Tensor:
        return _of_units(self.activate(self._normalize(weights, pre_activations, batch)), batch)

    def _adds_input(self, layer: Layers) -> bool:
        """Whether this hidden layer has a skip connection."""
        inputs, units = layer.kernel.shape[-2:]
        return self.residual and inputs == units

    def _respond(self, layer: Layers, pre_activation: tf.Tensor, inputs: tf.Tensor, batch: Batch) -> tf.Tensor:
        """A hidden layer's output, from its pre-activation and, for the skip connection, its inputs."""
        values = self._activities(layer.normalization, pre_activation, batch)
        return values + inputs if self._adds_input(layer) else values

    def _back(
        self, layer: Layers, batch: Batch, pre_activation: tf.Tensor, upstream: tf.Tensor
    ) -> tuple[Layers, tf.Tensor]:
        """Gradients of a hidden layer's weights and of its inputs; those of the batch are the layer's own."""
        sources = (pre_activation, layer.normalization)
        with tf.GradientTape() as tape:
            tape.watch(sources)
            values = self._activities(layer.normalization, pre_activation, batch)
        back, of_normalization = tape.gradient(values, sources, output_gradients=upstream)
        to_inputs = input_gradients(layer.kernel, back)
        if self._adds_input(layer):
            to_inputs += upstream
        return _linear_gradients(batch.inputs, back)._replace(normalization=of_normalization), to_inputs

    def _slopes(self, pre_activations: tf.Tensor) -> tf.Tensor:
        """The activation's derivative at each pre-activation."""
        with tf.GradientTape() as tape:
            tape.watch(pre_activations)
            activations = self.activate(pre_activations)
        return tape.gradient(activations, pre_activations)


def _initial_layers(kernel: NDArray[np.float32], kind: str) -> Layers:
    layers, replicates, _, units = kernel.shape
    zeros = tf.zeros((layers, replicates, units, 1))
    return Layers(zeros, tf.constant(kernel), initial_normalization(kind, zeros))


def _hidden(parameters: DenseParameters, batch: Batch) -> tuple[Layers, Layers]:
    """The hidden layers; in evaluation with the moving averages that they normalise with."""
    first, others, _ = parameters
    if not batch.moving_averages:
        return first, others
    of_first, of_others = batch.moving_averages
    return (
        first._replace(normalization=first.normalization | of_first),
        others._replace(normalization=others.normalization | of_others),
    )


def _of_units(values: tf.Tensor, batch: Batch) -> tf.Tensor:
    """(..., units, N) the values of the units that there are, else 0."""
    return values if batch.extent.is_unit is None else tf.where(batch.extent.is_unit, values, 0.0)


def _known(holds: tf.Tensor, unknown: tf.Tensor) -> tf.Tensor:
    """1 where it holds, 0 where not, NaN where it is unknown."""
    return tf.where(unknown, np.nan, tf.cast(holds, tf.float32))


def _pre_activate(layer: Layers, inputs: tf.Tensor) -> tf.Tensor:
    return pre_activate(layer.kernel, layer.bias, inputs)


def _linear_gradients(inputs: tf.Tensor, upstream: tf.Tensor) -> Layers:
    kernel, bias = weight_gradients(inputs, upstream)
    return Layers(bias, kernel, {})
