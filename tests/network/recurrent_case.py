"""A recurrent network with weights and sequences, as ours, and one replicate of it as the oracle's and as Keras's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from network.recurrent_oracle import Array, Layer, Recurrent

from vgdemo.architectures import ARCHITECTURES
from vgdemo.network.activations import NUMBERS
from vgdemo.network.cells import CELLS
from vgdemo.network.interface import Batch, Variant
from vgdemo.network.recurrent import (
    RecurrentGradients,
    RecurrentNetwork,
    RecurrentParameters,
    RecurrentSignals,
)
from vgdemo.network.recurrent_statistics import StepStatistics, Sums, activation_statistics, step_statistics

KERAS = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
REPLICATES = 2


class Room(NamedTuple):
    """For how much more than there is."""

    layers: int = 0
    units: int = 0
    time_steps: int = 0
    points: int = 0


NONE = Room()


class Passed(NamedTuple):
    """What a pass forwards and backwards found, and what was measured of it."""

    signals: RecurrentSignals
    gradients: RecurrentGradients
    activations: tf.Tensor
    steps: StepStatistics


@dataclass
class Case:
    """Which network, drawn from one seed."""

    cell: str
    num_layers: int = 1
    activation: str = "tanh"
    units: int = 3
    time_steps: int = 4
    points: int = 5
    gain: float = 1.0

    def __post_init__(self) -> None:
        draw = np.random.default_rng(7)
        self.x = draw.uniform(-1, 1, (self.points, self.time_steps, 2)).astype(np.float32)
        self.y = draw.integers(0, 2, self.points).astype(np.float32)
        columns = ARCHITECTURES[self.cell].gates * self.units
        bias = (2, columns) if CELLS[self.cell].num_biases == 2 else (columns,)
        self.replicates = []
        for _ in range(REPLICATES):
            layers = []
            for layer in range(self.num_layers):
                rows = self.units if layer else 2
                shapes = ((rows, columns), (self.units, columns), bias)
                drawn = [self.gain * draw.normal(size=shape) / np.sqrt(rows) for shape in shapes]
                layers.append(Layer(self.cell, self.activation, *map(rounded, drawn)))
            output, output_bias = (rounded(draw.normal(size=shape)) for shape in ((self.units, 1), (1,)))
            self.replicates.append(Recurrent(layers, output, output_bias))

    def passed(self, room: Room = NONE, *, compiled: bool = False) -> Passed:
        """Ours, of all points and replicates."""
        network = RecurrentNetwork(self.cell, self.num_layers + room.layers)
        parameters, batch, targets = self.parameters(room), self.batch(room), np.pad(self.y, (0, room.points))

        def both(parameters: RecurrentParameters, batch: Batch) -> Passed:
            signals = network.forward(parameters, batch)
            upstream = (tf.sigmoid(signals.logits) - targets) * batch.sample_weight
            none = network.no_steps(parameters, batch.inputs.shape[0])
            gradients = network.backward_by_step(parameters, batch, signals, upstream, none)
            points, sums = tf.constant(self.points), Sums.of(batch, signals, gradients)
            steps = step_statistics(sums, gradients.by_step, batch.variant, points)
            return Passed(signals, gradients, activation_statistics(sums, batch.variant, points), steps)

        passing = tf.function(both, autograph=False, jit_compile=True) if compiled else both
        return passing(parameters, batch)  # type: ignore[no-any-return]

    def parameters(self, room: Room = NONE) -> RecurrentParameters:
        """All replicates' weights, padded."""
        network, gates = RecurrentNetwork(self.cell, self.num_layers + room.layers), ARCHITECTURES[self.cell].gates
        kernels = []
        for layers in zip(*(replicate.layers for replicate in self.replicates), strict=True):
            rows = room.units if kernels else 0
            kernels.append(_stacked([layer.kernel for layer in layers], gates, rows, room.units))
            kernels.append(_stacked([layer.recurrent_kernel for layer in layers], gates, room.units, room.units))
        kernels += [np.zeros_like(kernels[1])] * (2 * room.layers)
        kernels.append(_stacked([replicate.output for replicate in self.replicates], 1, room.units, 0))
        parameters = network.initial_parameters(kernels)
        biases = []
        for which in range(CELLS[self.cell].num_biases):
            stacks = [
                _stacked(
                    [np.atleast_2d(r.layers[place].bias)[which : which + 1] for r in self.replicates],
                    gates,
                    0,
                    room.units,
                )
                for place in range(self.num_layers)
            ]
            of_layers = np.pad(np.swapaxes(stacks, 2, 3), [(0, room.layers), (0, 0), (0, 0), (0, 0)])
            biases.append(tf.constant(of_layers))
        output = np.array([replicate.output_bias for replicate in self.replicates], np.float32)
        return parameters._replace(biases=(*biases, tf.constant(output[None, :, :, None])))

    def batch(self, room: Room = NONE) -> Batch:
        """All points, padded with others."""
        inputs = np.pad(self.x, [(0, room.points), (0, room.time_steps), (0, 0)], constant_values=3.0)
        weights = np.pad(np.full(self.points, 1 / self.points, np.float32), (0, room.points))
        is_unit = tf.range(self.units + room.units)[:, None] < self.units if room.units else None
        variant = Variant(
            tf.constant(self.num_layers), tf.constant(NUMBERS[self.activation]), is_unit, tf.constant(self.time_steps)
        )
        return Batch(tf.constant(inputs.transpose(1, 2, 0)[:, None]), tf.constant(weights), variant)

    def in_keras(self, replicate: int) -> keras.Model:
        """The same network in Keras."""
        layers = self.replicates[replicate].layers
        named = {"activation": self.activation, "return_sequences": True}
        recurrent = [KERAS[self.cell](self.units, **named) for _ in layers[1:]]
        last = KERAS[self.cell](self.units, activation=self.activation)
        output = keras.layers.Dense(1, activation="sigmoid")
        model = keras.Sequential([keras.Input((self.time_steps, 2)), *recurrent, last, output])
        model.set_weights([*self.replicates[replicate].weights])
        return model

    def in_keras_order(self, parameters: RecurrentParameters, replicate: int) -> list[Array]:
        """One replicate's weights, or gradients, of a network without more room, in Keras's order and shapes."""
        first, others, output = (group.numpy()[:, replicate] for group in parameters.kernels)
        *biases, output_bias = (bias.numpy()[:, replicate] for bias in parameters.biases)
        matrices, found = [*first, *others], []
        for layer in range(self.num_layers):
            bias = np.stack([stack[layer, :, 0] for stack in biases])
            found += [*matrices[2 * layer : 2 * layer + 2], bias if len(biases) == 2 else bias[0]]
        return [*found, output[0], output_bias[0, :, 0]]


def rounded(values: Array) -> Array:
    """Numbers that float32 holds."""
    return values.astype(np.float32).astype(np.float64)


def _stacked(matrices: list[Array], gates: int, rows: int, columns: int) -> np.ndarray:
    """(R, rows, columns) of all replicates, with zeros for more rows, and for more columns of each gate."""
    stack = np.stack(matrices).astype(np.float32)
    by_gate = stack.reshape(*stack.shape[:2], gates, -1)
    padded = np.pad(by_gate, [(0, 0), (0, rows), (0, 0), (0, columns)])
    return padded.reshape(*padded.shape[:2], -1)
