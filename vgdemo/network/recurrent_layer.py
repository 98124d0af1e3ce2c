"""One recurrent layer over time, all replicates at once, forward and backward: a loop whose length is data.

Arrays have room for T time steps. Steps beyond the last are zeros. States and gradients are products of matrices
however narrow the layer is: XLA would compute them again for each of the sums that they enter.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from vgdemo.network.cells import Cell, Tensors
from vgdemo.network.interface import Variant, of_units
from vgdemo.network.linear import bias_gradients, kernel_gradients, pre_activate


class LayerParameters(NamedTuple):
    """The weights of a layer, or their gradients.

    Attributes:
        kernel: (R, inputs, gates · units).
        recurrent_kernel: (R, units, gates · units).
        biases: Of the kernel and, in a cell that has one there, of the recurrent kernel: (R, gates · units, 1) each.
    """

    kernel: tf.Tensor
    recurrent_kernel: tf.Tensor
    biases: Tensors


class LayerSignals(NamedTuple):
    """What a forward pass leaves for the backward one.

    Attributes:
        states: (T + 1, R, units, N) the output at each step, after zeros before the first.
        derivatives: (T, R, units, N) each, what the cell's steps left.
    """

    states: tf.Tensor
    derivatives: Tensors


class LayerGradients(NamedTuple):
    """What a backward pass finds.

    Attributes:
        parameters: Of the weights, through all steps.
        by_step: (T, R, units, gates · units) what each step adds to the recurrent kernel's, on top of what was given.
        to_states: (T, R, units, N) of the output at each step, through all later steps and all layers above.
    """

    parameters: LayerParameters
    by_step: tf.Tensor
    to_states: tf.Tensor


def forward(
    cell: Cell, parameters: LayerParameters, sequence: tf.Tensor, variant: Variant
) -> tuple[tf.Tensor, LayerSignals]:
    """The last state, (R, units, N), and what is left of all steps, of a sequence (T, R or 1, inputs, N)."""
    kernel, recurrent_kernel, biases = parameters
    room, shape = sequence.shape[0], (*recurrent_kernel.shape[:2], sequence.shape[-1])
    zeros = tf.zeros(shape)

    def step(
        time: tf.Tensor, states: Tensors, outputs: tf.TensorArray, derivatives: list[tf.TensorArray]
    ) -> tuple[tf.Tensor, Tensors, tf.TensorArray, list[tf.TensorArray]]:
        from_inputs = pre_activate(kernel, biases[0], sequence[time])
        from_states = tf.matmul(recurrent_kernel, states[0], transpose_a=True)
        if cell.num_biases == 2:
            from_states += biases[1]
        (output, *others), left = cell.forward(variant.activation, from_inputs, from_states, states)
        output = of_units(output, variant)
        written = [array.write(time, value) for array, value in zip(derivatives, left, strict=True)]
        return time + 1, (output, *others), outputs.write(time + 1, output), written

    _, (output, *_), outputs, derivatives = tf.while_loop(
        lambda time, *_: time < variant.time_steps,
        step,
        (
            0,
            (zeros,) * cell.num_states,
            _array(room + 1, shape),
            [_array(room, shape) for _ in range(cell.num_derivatives)],
        ),
        maximum_iterations=room,
    )
    return output, LayerSignals(outputs.stack(), tuple(array.stack() for array in derivatives))


def backward(
    cell: Cell,
    parameters: LayerParameters,
    sequence: tf.Tensor,
    variant: Variant,
    signals: LayerSignals,
    to_outputs: tf.Tensor,
    by_step: tf.Tensor,
) -> tuple[tf.Tensor, LayerGradients]:
    """Backpropagation through time: gradients of the sequence, and all others.

    Args:
        cell: The cell.
        parameters: The weights.
        sequence: (T, R or 1, inputs, N) as `forward` got it.
        variant: As `forward` got it.
        signals: What it left.
        to_outputs: (T, R, units, N) the loss's gradient by each step's output, other than through later steps.
        by_step: (T, R, units, gates · units) to what the recurrent kernel's gradients are added, step by step.
    """
    room, shape = to_outputs.shape[0], to_outputs.shape[1:]

    def step(
        time: tf.Tensor, later: Tensors, sums: LayerParameters, arrays: tuple[tf.TensorArray, ...]
    ) -> tuple[tf.Tensor, Tensors, LayerParameters, tuple[tf.TensorArray, ...]]:
        to_state = of_units(to_outputs[time] + later[0], variant)
        derivatives = [array[time] for array in signals.derivatives]
        from_inputs, from_states, (past, *others) = cell.backward(derivatives, (to_state, *later[1:]))
        from_inputs, from_states = (of_units(back, variant) for back in (from_inputs, from_states))
        of_step = _gradients(cell, sequence[time], signals.states[time], from_inputs, from_states)
        past += tf.matmul(parameters.recurrent_kernel, from_states)
        added, to_states, to_sequence = arrays
        written = (
            added.write(time, added.read(time) + of_step.recurrent_kernel),
            to_states.write(time, to_state),
            to_sequence.write(time, tf.matmul(parameters.kernel, from_inputs)),
        )
        return time - 1, (past, *others), tf.nest.map_structure(tf.add, sums, of_step), written

    _, _, sums, arrays = tf.while_loop(
        lambda time, *_: time >= 0,
        step,
        (
            variant.time_steps - 1,
            (tf.zeros(shape),) * cell.num_states,
            tf.nest.map_structure(tf.zeros_like, parameters),
            (
                _array(room, by_step.shape[1:]).unstack(by_step),
                _array(room, shape),
                _array(room, (shape[0], *sequence.shape[2:])),
            ),
        ),
        maximum_iterations=room,
    )
    of_steps, to_states, to_sequence = (array.stack() for array in arrays)
    return to_sequence, LayerGradients(sums, of_steps, to_states)


def _gradients(
    cell: Cell, inputs: tf.Tensor, states: tf.Tensor, from_inputs: tf.Tensor, from_states: tf.Tensor
) -> LayerParameters:
    """Of the weights, through one step."""
    of_kernel, of_recurrent_kernel = kernel_gradients(inputs, from_inputs), kernel_gradients(states, from_states)
    biases = tuple(map(bias_gradients, (from_inputs, from_states)[: cell.num_biases]))
    return LayerParameters(of_kernel, of_recurrent_kernel, biases)


def _array(steps: int, shape: tuple[int, ...]) -> tf.TensorArray:
    return tf.TensorArray(tf.float32, steps, element_shape=shape)
