"""Dense networks of any depth, all replicates at once: forward and backward in one loop over the hidden layers.

Layers are stacked, so that the program has the same size for 5 layers and for 50, and compiles as quickly. Stacks and
layers may have room for more than there is: loops end at the last layer, units that only fill up answer 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.config import NUM_INPUTS
from vgdemo.network.activations import activated, activation_gradient, saturated_slope
from vgdemo.network.interface import Batch, is_nan, mean_of_present, of_units
from vgdemo.network.linear import bias_gradients, input_gradients, kernel_gradients, pre_activate
from vgdemo.network.normalization import (
    Normalization,
    initial_moving_averages,
    initial_normalization,
    normalized,
    updated_moving_averages,
)


class DenseParameters(NamedTuple):
    """All weights, or their gradients.

    Attributes:
        kernels: Of the first, the other hidden and the output layer, each (layers, R, inputs, units).
        biases: (H, R, units, 1) of the hidden layers and (1, R, 1, 1) of the output.
        normalization: Of each name (H, R, units, 1).
    """

    kernels: tuple[tf.Tensor, ...]
    biases: tuple[tf.Tensor, ...]
    normalization: Normalization


class DenseSignals(NamedTuple):
    """What a forward pass leaves for the backward one; zeros beyond the last layer.

    Attributes:
        pre_activations: (H, R, units, N) of all hidden layers, before any normalisation.
        activations: (H, R, units, N) what their activation answers.
        outputs: (H, R, units, N) the same with what skip connections add.
        logits: (R, N) the output before its sigmoid.
    """

    pre_activations: tf.Tensor
    activations: tf.Tensor
    outputs: tf.Tensor
    logits: tf.Tensor


@dataclass(frozen=True)
class DenseNetwork:
    """Hidden layers of one width and an output of one unit.

    Attributes:
        num_hidden_layers: Depth, H, that there is room for; a batch's variant says how much of it there is.
        normalization: "none", or "batch" or "layer" between a layer's pre-activation and its activation.
        residual: Whether a hidden layer's input is added to its output, where their shapes allow it.
    """

    num_hidden_layers: int
    normalization: str = "none"
    residual: bool = False

    def initial_parameters(self, kernels: list[NDArray[np.float32]]) -> DenseParameters:
        """Weights before training: kernels (R, inputs, units) of layers 1 to H + 1 as given, the rest as in Keras."""
        replicates, units = kernels[0].shape[0], kernels[0].shape[2]
        first, *others, output = kernels
        stacked = np.stack(others) if others else np.zeros((0, replicates, units, units), np.float32)
        zeros = tf.zeros((self.num_hidden_layers, replicates, units, 1))
        return DenseParameters(
            tuple(map(tf.constant, (first[None], stacked, output[None]))),
            (zeros, tf.zeros((1, replicates, 1, 1))),
            initial_normalization(self.normalization, zeros),
        )

    def initial_averages(self, parameters: DenseParameters) -> Normalization:
        """Batch normalisation's moving averages before any update."""
        return initial_moving_averages(parameters.biases[0]) if self.normalization == "batch" else {}

    def updated_averages(
        self, averages: Normalization, signals: DenseSignals, sample_weight: tf.Tensor
    ) -> Normalization:
        """The moving averages after one more batch."""
        return averages and updated_moving_averages(averages, signals.pre_activations, sample_weight)

    def kernels(self, parameters: DenseParameters) -> tuple[tf.Tensor, ...]:
        """Of the first, the other hidden and the output layer, each (layers, R, inputs, units)."""
        return parameters.kernels

    def forward(self, parameters: DenseParameters, batch: Batch) -> DenseSignals:
        """Run the batch through the network."""
        first, _, output = parameters.kernels
        weights = parameters.normalization | dict(batch.moving_averages)
        shape = (first.shape[1], first.shape[3], batch.inputs.shape[-1])
        num_arrays = 3 if self.residual else 2  # Without skip connections activations are outputs.

        def step(index: tf.Tensor, values: tf.Tensor, *arrays: tf.TensorArray) -> tuple[tf.Tensor, ...]:
            pre_activation = _pre_activate(parameters, index, values, batch)
            inputs = self._normalize(_of_layer(weights, index), pre_activation, batch)
            activation = of_units(activated(batch.variant.activation, inputs), batch.variant)
            values = activation + values if self.residual else activation
            signals = (pre_activation, values, activation)
            written = (array.write(index, signal) for array, signal in zip(arrays, signals, strict=False))
            return index + 1, values, *written

        _, values, *arrays = tf.while_loop(
            lambda index, *_: index < batch.variant.num_hidden_layers,
            step,
            (
                0,
                _skipped_inputs(batch, shape),
                *(_array(self.num_hidden_layers, shape) for _ in range(num_arrays)),
            ),
            maximum_iterations=self.num_hidden_layers,
        )
        logits = pre_activate(output[0], parameters.biases[1][0], values)[:, 0, :]
        pre_activations, outputs, *activations = (array.stack() for array in arrays)
        return DenseSignals(pre_activations, activations[0] if activations else outputs, outputs, logits)

    def backward(
        self, parameters: DenseParameters, batch: Batch, signals: DenseSignals, upstream: tf.Tensor
    ) -> DenseParameters:
        """Gradients of all weights, given the loss's gradient by the logits: `upstream`, (R, N)."""
        _, _, output = parameters.kernels
        upstream = upstream[:, None, :]
        last = batch.variant.num_hidden_layers - 1
        inputs = tf.gather(signals.outputs, last)  # XLA would compile the index of a slice in.

        def step(
            index: tf.Tensor, upstream: tf.Tensor, _: tf.Tensor, arrays: DenseGradients
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, DenseGradients]:
            back, of_normalization = self._back(parameters, index, batch, signals, upstream)
            of_kernel, to_inputs = _back_between(parameters, index, signals, back)
            gradients = (of_kernel, bias_gradients(back), of_normalization)
            written = tf.nest.map_structure(lambda array, gradient: array.write(index, gradient), arrays, gradients)
            return index - 1, to_inputs + upstream if self.residual else to_inputs, back, written

        to_last = input_gradients(output[0], upstream)
        _, _, of_first, arrays = tf.while_loop(
            lambda index, *_: index >= 0,
            step,
            (last, to_last, to_last, self._gradient_arrays(parameters)),
            maximum_iterations=self.num_hidden_layers,
        )
        of_kernels, of_biases, of_normalization = tf.nest.map_structure(lambda array: array.stack(), arrays)
        of_first_kernel, of_output = kernel_gradients(batch.inputs, of_first), kernel_gradients(inputs, upstream)
        return DenseParameters(
            (of_first_kernel[None], of_kernels[1:], of_output[None]),
            (of_biases, bias_gradients(upstream)[None]),
            of_normalization,
        )

    def activation_statistics(self, parameters: DenseParameters, batch: Batch, signals: DenseSignals) -> tf.Tensor:
        """(H, R, 4): mean, deviation, saturated and dead share of each hidden layer's activations, before any skip.

        Of a unit whose input is not a number nothing is known, so shares with such a unit are not numbers either.
        """
        weights, activations = parameters.normalization | dict(batch.moving_averages), signals.activations
        inputs, number = self._normalize(weights, signals.pre_activations, batch), batch.variant.activation
        slopes = activation_gradient(number, inputs, activations, tf.ones_like(inputs))
        unknown = is_nan(inputs)
        is_unit = tf.fill((inputs.shape[-2], 1), True) if batch.variant.is_unit is None else batch.variant.is_unit
        is_point = batch.sample_weight > 0

        def mean(values: tf.Tensor) -> tf.Tensor:
            """Over units and points."""
            return mean_of_present(mean_of_present(values, is_unit, -2), is_point, -1)

        middle = mean(activations)
        is_flat = tf.maximum(slopes, -slopes) < saturated_slope(number)
        is_dead = tf.reduce_all((activations == 0) | ~is_point, -1)
        statistics = (
            middle,
            tf.sqrt(mean(tf.square(activations - middle[..., None, None]))),
            mean(_known(is_flat, unknown | is_nan(slopes))),
            mean_of_present(_known(is_dead, tf.reduce_any(unknown & is_point, -1)), is_unit[:, 0], -1),
        )
        return tf.stack(statistics, axis=-1)

    def _normalize(self, weights: Normalization, pre_activations: tf.Tensor, batch: Batch) -> tf.Tensor:
        """What enters the activation; 0 where there is no unit."""
        return of_units(normalized(self.normalization, weights, pre_activations, batch), batch.variant)

    def _back(
        self, parameters: DenseParameters, index: tf.Tensor, batch: Batch, signals: DenseSignals, upstream: tf.Tensor
    ) -> tuple[tf.Tensor, Normalization]:
        """Gradients of a hidden layer's pre-activations and of the weights that normalise them."""
        sources = (signals.pre_activations[index], _of_layer(parameters.normalization, index))
        with tf.GradientTape() as tape:
            tape.watch(sources)
            inputs = self._normalize(sources[1], sources[0], batch)
        to_activation, values = of_units(upstream, batch.variant), signals.activations[index]
        to_inputs = activation_gradient(batch.variant.activation, inputs, values, to_activation)
        return tape.gradient(inputs, sources, output_gradients=to_inputs)  # type: ignore[no-any-return]

    def _gradient_arrays(self, parameters: DenseParameters) -> DenseGradients:
        """An array for each gradient of a hidden layer's weights, to be written layer by layer."""
        like = (parameters.kernels[1], parameters.biases[0], parameters.normalization)
        return tf.nest.map_structure(lambda weights: _array(self.num_hidden_layers, weights.shape[1:]), like)  # type: ignore[no-any-return]


DenseGradients = tuple[tf.TensorArray, tf.TensorArray, dict[str, tf.TensorArray]]


def _array(layers: int, shape: tuple[int, ...]) -> tf.TensorArray:
    return tf.TensorArray(tf.float32, layers, element_shape=shape)


def _of_layer(weights: Normalization, index: tf.Tensor) -> Normalization:
    return {name: stack[index] for name, stack in weights.items()}


def _known(holds: tf.Tensor, unknown: tf.Tensor) -> tf.Tensor:
    """1 where it holds, 0 where not, NaN where it is unknown."""
    return tf.where(unknown, np.nan, tf.cast(holds, tf.float32))


def _skipped_inputs(batch: Batch, shape: tuple[int, ...]) -> tf.Tensor:
    """(R, units, N) what a skip connection adds to the first hidden layer: the network's inputs if they fit, else 0."""
    return tf.broadcast_to(batch.inputs, shape) if shape[1] == NUM_INPUTS else tf.zeros(shape)


def _pre_activate(parameters: DenseParameters, index: tf.Tensor, values: tf.Tensor, batch: Batch) -> tf.Tensor:
    """A hidden layer's pre-activations, from the values of the layer before it or, of the first, from the batch."""
    first, others, _ = parameters.kernels
    bias = parameters.biases[0][index]

    def from_batch() -> tf.Tensor:
        return pre_activate(first[0], bias, batch.inputs)

    if not others.shape[0]:
        return from_batch()
    return tf.cond(index > 0, lambda: pre_activate(others[index - 1], bias, values), from_batch)


def _back_between(
    parameters: DenseParameters, index: tf.Tensor, signals: DenseSignals, back: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Gradients of a hidden layer's kernel and inputs; of the first, whose kernel has another shape, nothing of use."""
    others = parameters.kernels[1]

    def before_first() -> tuple[tf.Tensor, tf.Tensor]:
        return tf.zeros(others.shape[1:]), tf.identity(back)

    def between() -> tuple[tf.Tensor, tf.Tensor]:
        return kernel_gradients(signals.outputs[index - 1], back), input_gradients(others[index - 1], back)

    return tf.cond(index > 0, between, before_first) if others.shape[0] else before_first()
