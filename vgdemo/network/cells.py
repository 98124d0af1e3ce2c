"""One time step of Keras's recurrent layers, for all replicates at once, forward and backward.

A step leaves the derivatives that the way back multiplies with, rather than the numbers that they are made of: these
are fewer, and the activation, of which a number says which one applies, is computed in one place.

Arrays are (R, rows, N). What a kernel answers has the rows of each gate one after the other, in Keras's order. The
first state is also the output.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import tensorflow as tf

from vgdemo.network.activations import activated_with_slopes

Tensors = Sequence[tf.Tensor]
Step = tuple[Tensors, Tensors]  # The new states, and the derivatives that the step leaves.
StepBack = tuple[tf.Tensor, tf.Tensor, Tensors]  # Gradients of what both kernels answered, and of the old states.


class Cell(Protocol):
    """What happens in one time step.

    Attributes:
        num_states: Arrays that a step hands to the next.
        num_derivatives: Arrays that a step leaves for the way back, of units each, slopes of the activation first.
        num_biases: 1, or 2 if what the recurrent kernel answers has a bias of its own.
    """

    num_states: int
    num_derivatives: int
    num_biases: int

    def forward(self, activation: tf.Tensor, from_inputs: tf.Tensor, from_states: tf.Tensor, states: Tensors) -> Step:
        """Take a step.

        Args:
            activation: () its number.
            from_inputs: (R, gates · units, N) what the kernel and the bias make of the inputs.
            from_states: The same of the recurrent kernel and the first of the states.
            states: From the step before, (R, units, N) each.
        """

    def backward(self, derivatives: Tensors, upstream: Tensors) -> StepBack:
        """Go back through a step, given what it left and the gradients of its new states.

        The gradient of the first old state lacks what the recurrent kernel brings.
        """


class SimpleRNN:
    """h' = activation(from inputs + from states)."""

    num_states = num_derivatives = num_biases = 1

    def forward(self, activation: tf.Tensor, from_inputs: tf.Tensor, from_states: tf.Tensor, states: Tensors) -> Step:
        """Take a step."""
        state, slopes = activated_with_slopes(activation, from_inputs + from_states)
        return (state,), (slopes,)

    def backward(self, derivatives: Tensors, upstream: Tensors) -> StepBack:
        """Go back through a step."""
        to_gate = upstream[0] * derivatives[0]
        return to_gate, to_gate, (tf.zeros_like(to_gate),)


class LSTM:
    """Input gate i, forget gate f, candidate g, output gate o: c' = f c + i g, h' = o activation(c')."""

    num_states = 2
    num_derivatives = 7
    num_biases = 1

    def forward(self, activation: tf.Tensor, from_inputs: tf.Tensor, from_states: tf.Tensor, states: Tensors) -> Step:
        """Take a step; states are h and c."""
        to_input, to_forget, to_candidate, to_output = tf.split(from_inputs + from_states, 4, axis=1)
        i, f, o = map(tf.sigmoid, (to_input, to_forget, to_output))
        g, candidate_slopes = activated_with_slopes(activation, to_candidate)
        c = f * states[1] + i * g
        shown, slopes = activated_with_slopes(activation, c)
        of_gates = (g * i * (1 - i), states[1] * f * (1 - f), i * candidate_slopes, shown * o * (1 - o))
        return (o * shown, c), (slopes, o, f, *of_gates)

    def backward(self, derivatives: Tensors, upstream: Tensors) -> StepBack:
        """Go back through a step."""
        slopes, o, f, of_input, of_forget, of_candidate, of_output = derivatives
        to_output, to_cell = upstream
        to_cell += to_output * o * slopes
        to_gates = (to_cell * of_input, to_cell * of_forget, to_cell * of_candidate, to_output * of_output)
        back = tf.concat(to_gates, axis=1)
        return back, back, (tf.zeros_like(to_cell), to_cell * f)


class GRU:
    """Update gate z, reset gate r, candidate g: h' = z h + (1 - z) g.

    As by Keras's `reset_after`, r multiplies what the recurrent kernel and its own bias make of h for the candidate.
    """

    num_states = 1
    num_derivatives = 5
    num_biases = 2

    def forward(self, activation: tf.Tensor, from_inputs: tf.Tensor, from_states: tf.Tensor, states: Tensors) -> Step:
        """Take a step."""
        input_z, input_r, input_g = tf.split(from_inputs, 3, axis=1)
        state_z, state_r, state_g = tf.split(from_states, 3, axis=1)
        z, r = tf.sigmoid(input_z + state_z), tf.sigmoid(input_r + state_r)
        g, slopes = activated_with_slopes(activation, input_g + r * state_g)
        state = z * states[0] + (1 - z) * g
        return (state,), (slopes, z, r, (states[0] - g) * z * (1 - z), state_g * r * (1 - r))

    def backward(self, derivatives: Tensors, upstream: Tensors) -> StepBack:
        """Go back through a step."""
        slopes, z, r, of_update, of_reset = derivatives
        to_candidate = upstream[0] * (1 - z) * slopes
        to_gates = (upstream[0] * of_update, to_candidate * of_reset)
        from_inputs = tf.concat((*to_gates, to_candidate), axis=1)
        return from_inputs, tf.concat((*to_gates, to_candidate * r), axis=1), (upstream[0] * z,)


CELLS: dict[str, Cell] = {"simple_rnn": SimpleRNN(), "lstm": LSTM(), "gru": GRU()}
