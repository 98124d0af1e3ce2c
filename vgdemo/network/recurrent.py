"""Recurrent networks of one to a few layers, all replicates at once, with exact backpropagation through time.

Each layer gives its whole sequence of outputs to the next, the last one its last state to the output. Layers, time
steps and units may have room for more than there is, as in `vgdemo.network.dense`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.config import NUM_INPUTS
from vgdemo.network import recurrent_layer
from vgdemo.network.cells import CELLS, Tensors
from vgdemo.network.interface import Batch, MovingAverages
from vgdemo.network.linear import bias_gradients, input_gradients, kernel_gradients, pre_activate
from vgdemo.network.recurrent_layer import LayerGradients, LayerParameters, LayerSignals


class RecurrentParameters(NamedTuple):
    """All weights, or their gradients.

    Attributes:
        kernels: In the order of data flow, (layers, R, inputs, columns) each: the first layer's kernel; its recurrent
            kernel, then kernel and recurrent kernel of each other layer; the output's.
        biases: Of the layers, as `LayerParameters` has them, (L, R, gates · units, 1) each, and (1, R, 1, 1) of the
            output.
    """

    kernels: tuple[tf.Tensor, ...]
    biases: Tensors


class RecurrentSignals(NamedTuple):
    """What a forward pass leaves for the backward one; zeros beyond the last layer and step.

    Attributes:
        layers: Those of each layer, on a leading axis.
        last: (R, units, N) the last state of the last layer.
        logits: (R, N) the output before its sigmoid.
    """

    layers: LayerSignals
    last: tf.Tensor
    logits: tf.Tensor


class RecurrentGradients(NamedTuple):
    """What a backward pass finds.

    Attributes:
        parameters: Of all weights.
        by_step: (L, T, R, units, gates · units) what each step adds to the recurrent kernels', on what was given.
        to_states: (L, T, R, units, N) of each layer's output at each step.
    """

    parameters: RecurrentParameters
    by_step: tf.Tensor
    to_states: tf.Tensor


@dataclass(frozen=True)
class RecurrentNetwork:
    """Recurrent layers of one width and an output of one unit.

    Attributes:
        cell: Name of the cell, in `CELLS`.
        num_layers: L, that there is room for; a batch's variant says how many of them there are.
    """

    cell: str
    num_layers: int

    @property
    def num_hidden_layers(self) -> int:
        """L, all of whose outputs are measured."""
        return self.num_layers

    def initial_parameters(self, kernels: list[NDArray[np.float32]], forget_bias: float = 0.0) -> RecurrentParameters:
        """Weights before training: kernels (R, inputs, columns) in the order of data flow as given, other biases 0.

        Args:
            kernels: Of each layer its kernel and its recurrent kernel; the output's.
            forget_bias: Of an LSTM's forget gate.
        """
        first, *others, output = kernels
        replicates, units, columns = others[0].shape
        biases = np.zeros((self.num_layers, replicates, columns, 1), np.float32)
        if self.cell == "lstm":
            biases[:, :, units : 2 * units] = forget_bias
        of_layers = [tf.constant(biases)] * CELLS[self.cell].num_biases
        return RecurrentParameters(
            tuple(map(tf.constant, (first[None], np.stack(others), output[None]))),
            (*of_layers, tf.zeros((1, replicates, 1, 1))),
        )

    def initial_averages(self, parameters: RecurrentParameters) -> MovingAverages:
        """None: nothing is normalised."""
        return ()

    def updated_averages(
        self, averages: MovingAverages, signals: RecurrentSignals, sample_weight: tf.Tensor
    ) -> MovingAverages:
        """None either."""
        return averages

    def kernels(self, parameters: RecurrentParameters) -> tuple[tf.Tensor, ...]:
        """Of the first layer, in turn the recurrent and the input kernels that follow, and of the output."""
        return parameters.kernels

    def no_steps(self, parameters: RecurrentParameters, time_steps: int) -> tf.Tensor:
        """(L, T, R, units, gates · units) zeros, to which a backward pass adds what each step brings."""
        return tf.zeros((self.num_layers, time_steps, *parameters.kernels[1].shape[1:]))

    def forward(self, parameters: RecurrentParameters, batch: Batch) -> RecurrentSignals:
        """Run sequences (T, R or 1, 2, N) through the network."""
        cell, layers, inputs = CELLS[self.cell], self._layers(parameters), self._inputs(parameters, batch)
        steps, shape = inputs.shape[0], (*parameters.kernels[1].shape[1:3], inputs.shape[-1])
        left = LayerSignals(
            tf.TensorShape((steps + 1, *shape)), (tf.TensorShape((steps, *shape)),) * cell.num_derivatives
        )

        def step(index: tf.Tensor, carried: tuple[tf.Tensor, tf.Tensor]) -> tuple[Any, LayerSignals]:
            sequence = self._sequence(index, inputs, carried[1])
            last, signals = recurrent_layer.forward(cell, _of(layers, index), sequence, batch.variant)
            return (last, signals.states), signals

        (last, _), signals = self._each_layer(batch, step, (tf.zeros(shape), tf.zeros(left.states)), left)
        logits = pre_activate(parameters.kernels[2][0], parameters.biases[-1][0], last)[:, 0, :]
        return RecurrentSignals(signals, last, logits)

    def backward(
        self, parameters: RecurrentParameters, batch: Batch, signals: RecurrentSignals, upstream: tf.Tensor
    ) -> RecurrentParameters:
        """Gradients of all weights, given the loss's gradient by the logits: `upstream`, (R, N)."""
        by_step = self.no_steps(parameters, batch.inputs.shape[0])
        return self.backward_by_step(parameters, batch, signals, upstream, by_step).parameters

    def backward_by_step(
        self,
        parameters: RecurrentParameters,
        batch: Batch,
        signals: RecurrentSignals,
        upstream: tf.Tensor,
        by_step: tf.Tensor,
    ) -> RecurrentGradients:
        """The same with what each time step brings, added to `by_step`."""
        upstream = upstream[:, None, :]
        layers, inputs = self._layers(parameters), self._inputs(parameters, batch)
        to_last = input_gradients(parameters.kernels[2][0], upstream)
        is_last = tf.range(inputs.shape[0]) == batch.variant.time_steps - 1
        left = LayerGradients(layers, by_step, signals.layers.states[:, 1:])

        def step(index: tf.Tensor, to_outputs: tf.Tensor) -> tuple[tf.Tensor, LayerGradients]:
            sequence = self._sequence(index, inputs, signals.layers.states[tf.maximum(index - 1, 0)])
            of_layer = (_of(layers, index), sequence, batch.variant, _of(signals.layers, index))
            to_sequence, gradients = recurrent_layer.backward(CELLS[self.cell], *of_layer, to_outputs, by_step[index])
            return to_sequence[:, :, : to_last.shape[1]], gradients

        _, gradients = self._each_layer(
            batch,
            step,
            tf.where(is_last[:, None, None, None], to_last, 0.0),
            tf.nest.map_structure(lambda stack: stack.shape[1:], left),
            backwards=True,
        )
        kernels = (*self._in_order(gradients.parameters), kernel_gradients(signals.last, upstream)[None])
        biases = (*gradients.parameters.biases, bias_gradients(upstream)[None])
        return RecurrentGradients(RecurrentParameters(kernels, biases), gradients.by_step, gradients.to_states)

    def _each_layer(
        self,
        batch: Batch,
        step: Callable[[tf.Tensor, Any], tuple[Any, Any]],
        start: Any,
        left: Any,
        *,
        backwards: bool = False,
    ) -> tuple[Any, Any]:
        """Step through the layers that there are; what the last step hands on, and what each left, stacked.

        Args:
            batch: Whose network it is.
            step: From a layer's number and what is handed on to what it hands on, and leaves.
            start: What the first is handed.
            left: Shapes of what a step leaves.
            backwards: Whether the last layer comes first.
        """
        if self.num_layers == 1:
            handed_on, only = step(tf.constant(0), start)
            return handed_on, tf.nest.map_structure(lambda value: value[None], only)
        count = batch.variant.num_hidden_layers

        def write(number: tf.Tensor, handed_on: Any, arrays: Any) -> tuple[tf.Tensor, Any, Any]:
            index = count - 1 - number if backwards else number
            handed_on, found = step(index, handed_on)
            written = tf.nest.map_structure(lambda array, value: array.write(index, value), arrays, found)
            return number + 1, handed_on, written

        arrays = tf.nest.map_structure(
            lambda shape: tf.TensorArray(tf.float32, self.num_layers, element_shape=shape), left
        )
        _, handed_on, arrays = tf.while_loop(
            lambda number, *_: number < count, write, (0, start, arrays), maximum_iterations=self.num_layers
        )
        return handed_on, tf.nest.map_structure(lambda array: array.stack(), arrays)

    def _inputs(self, parameters: RecurrentParameters, batch: Batch) -> tf.Tensor:
        """The sequences, in the shape of any layer's, (T, R, rows, N), if there is room for more than one."""
        if self.num_layers == 1:
            return batch.inputs
        replicates, units = parameters.kernels[1].shape[1:3]
        inputs = tf.broadcast_to(batch.inputs, (batch.inputs.shape[0], replicates, *batch.inputs.shape[2:]))
        return _with_rows(inputs, units)

    def _sequence(self, index: tf.Tensor, inputs: tf.Tensor, below: tf.Tensor) -> tf.Tensor:
        """What a layer reads: the inputs, or the states (T + 1, R, units, N) of the layer below."""
        if self.num_layers == 1:
            return inputs
        return tf.where(index > 0, _with_rows(below[1:], below.shape[2]), inputs)

    def _layers(self, parameters: RecurrentParameters) -> LayerParameters:
        """The weights of each layer, on a leading axis; kernels with as many rows as the largest has."""
        first, others, _ = parameters.kernels
        *biases, _ = parameters.biases
        if self.num_layers > 1:
            units = others.shape[2]
            first = tf.concat([_with_rows(first, units), _with_rows(others[1::2], units)], axis=0)
        return LayerParameters(first, others[::2], tuple(biases))

    def _in_order(self, layers: LayerParameters) -> tuple[tf.Tensor, tf.Tensor]:
        """The first kernel, and the others in the order of data flow, of what each layer has of them."""
        _, *kernels = tf.unstack(layers.kernel)
        recurrent, *others = tf.unstack(layers.recurrent_kernel)
        pairs = zip([kernel[:, : recurrent.shape[1]] for kernel in kernels], others, strict=True)
        others = tf.stack([recurrent, *chain.from_iterable(pairs)])
        return layers.kernel[:1, :, :NUM_INPUTS], others


def _of(stacks: Any, index: tf.Tensor) -> Any:
    return tf.nest.map_structure(lambda stack: stack[index], stacks)


def _with_rows(values: tf.Tensor, units: int) -> tf.Tensor:
    """Values (..., rows, columns), with zeros for rows that they lack to be the inputs of any layer."""
    room = max(NUM_INPUTS, units)
    return tf.pad(values, [(0, 0), (0, 0), (0, room - values.shape[2]), (0, 0)])
