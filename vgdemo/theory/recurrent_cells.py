"""One time step of Keras's recurrent layers, for networks drawn at random: forward, and backward through it.

Arrays are (R, n, columns), of R networks at n points. The columns of a kernel's answer are those of each gate in turn,
in Keras's order.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from scipy.special import expit

from vgdemo.activations import Activation, Array

Arrays = tuple[Array, ...]


class Step(NamedTuple):
    """What a cell makes of a time step.

    Attributes:
        states: The new ones; the first is also the output.
        derivatives: What the way back multiplies with. Where the cell has a gate that lets a state pass to the next
            step, that gate comes first.
    """

    states: Arrays
    derivatives: Arrays


class StepBack(NamedTuple):
    """What the gradient of a cell's new states brings.

    Attributes:
        from_inputs: Gradient by what the kernel made of the inputs.
        from_state: Gradient by what the recurrent kernel made of the output of the step before.
        states: Gradients by the states of the step before, but for what passes the recurrent kernel.
    """

    from_inputs: Array
    from_state: Array
    states: Arrays


class Cell(Protocol):
    """A recurrent layer's cell.

    Attributes:
        num_states: How many arrays it hands to the next step.
        num_derivatives: How many each step leaves for the way back.
        gate: What the gate is called that lets a state pass; empty if there is none.
    """

    num_states: int
    num_derivatives: int
    gate: str

    def forward(self, activation: Activation, from_inputs: Array, from_state: Array, states: Arrays) -> Step:
        """Take a step: kernels' answers to the inputs and to the last output, and the states of the step before."""

    def backward(self, derivatives: Arrays, gradients: Arrays) -> StepBack:
        """Go back through a step, given what it left and the gradients of its new states."""


class SimpleRNN:
    """h' = φ(from inputs + from state)."""

    num_states, num_derivatives, gate = 1, 1, ""

    def forward(self, activation: Activation, from_inputs: Array, from_state: Array, states: Arrays) -> Step:
        """Take a step."""
        h = from_inputs + from_state
        return Step((activation.function(h),), (activation.slope(h),))

    def backward(self, derivatives: Arrays, gradients: Arrays) -> StepBack:
        """Go back through a step."""
        back = gradients[0] * derivatives[0]
        return StepBack(back, back, (np.zeros_like(back),))


class LSTM:
    """c' = f c + i g, h' = o φ(c'), with input gate i, forget gate f, candidate g and output gate o."""

    num_states, num_derivatives, gate = 2, 6, "forget gate"

    def forward(self, activation: Activation, from_inputs: Array, from_state: Array, states: Arrays) -> Step:
        """Take a step; the states are h and c."""
        to_i, to_f, to_g, to_o = np.split(from_inputs + from_state, 4, axis=-1)
        i, f, o, g, c = expit(to_i), expit(to_f), expit(to_o), activation.function(to_g), states[1]
        new = f * c + i * g
        shown = activation.function(new)
        gates = (g * i * (1 - i), c * f * (1 - f), i * activation.slope(to_g), shown * o * (1 - o))
        return Step((o * shown, new), (f, o * activation.slope(new), *gates))

    def backward(self, derivatives: Arrays, gradients: Arrays) -> StepBack:
        """Go back through a step."""
        f, of_cell, of_i, of_f, of_g, of_o = derivatives
        output, cell = gradients
        cell = cell + output * of_cell
        back = np.concatenate([cell * of_i, cell * of_f, cell * of_g, output * of_o], axis=-1)
        return StepBack(back, back, (np.zeros_like(output), cell * f))


class GRU:
    """h' = z h + (1 − z) g, with update gate z, reset gate r and candidate g.

    As by Keras's `reset_after`, r multiplies what the recurrent kernel makes of h for the candidate.
    """

    num_states, num_derivatives, gate = 1, 5, "update gate"

    def forward(self, activation: Activation, from_inputs: Array, from_state: Array, states: Arrays) -> Step:
        """Take a step."""
        (input_z, input_r, input_g), (state_z, state_r, state_g) = (
            np.split(part, 3, axis=-1) for part in (from_inputs, from_state)
        )
        z, r, h = expit(input_z + state_z), expit(input_r + state_r), states[0]
        to_g = input_g + r * state_g
        g = activation.function(to_g)
        of_g = (1 - z) * activation.slope(to_g)
        gates = ((h - g) * z * (1 - z), of_g * state_g * r * (1 - r), of_g)
        return Step((z * h + (1 - z) * g,), (z, *gates, r))

    def backward(self, derivatives: Arrays, gradients: Arrays) -> StepBack:
        """Go back through a step."""
        z, of_z, of_r, of_g, r = derivatives
        output = gradients[0]
        back = np.concatenate([output * of_z, output * of_r, output * of_g], axis=-1)
        to_state = np.concatenate([output * of_z, output * of_r, output * of_g * r], axis=-1)
        return StepBack(back, to_state, (output * z,))


CELLS: dict[str, Cell] = {"simple_rnn": SimpleRNN(), "lstm": LSTM(), "gru": GRU()}
