"""A recurrent network answers and goes back as Keras's layers do, and as differences of a float64 oracle say."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from network.recurrent_case import KERAS, REPLICATES, Case, Passed, Room

from vgdemo.activations import ACTIVATIONS
from vgdemo.network.recurrent import RecurrentNetwork

CASES = [
    *(Case(cell, layers) for cell in KERAS for layers in (1, 3)),
    *(Case(cell, 2, units=1, time_steps=2) for cell in KERAS),
    *(Case(cell, units=18, time_steps=2) for cell in KERAS),  # Wide layers multiply in another way.
]


def assert_close(ours: object, expected: np.ndarray, relative: float = 1e-4) -> None:
    np.testing.assert_allclose(ours, expected, rtol=relative, atol=relative * np.abs(expected).max(initial=1e-30))


def assert_as_in_keras(case: Case) -> None:
    passed = case.passed()
    for replicate in range(REPLICATES):
        model = case.in_keras(replicate)
        with tf.GradientTape() as tape:
            predicted = model(case.x)[:, 0]
            loss = keras.losses.binary_crossentropy(case.y, predicted)
        assert_close(tf.sigmoid(passed.signals.logits[replicate]), predicted.numpy())
        expected = tape.gradient(loss, model.trainable_weights)
        ours = case.in_keras_order(passed.gradients.parameters, replicate)
        for gradient, of_keras in zip(ours, expected, strict=True):
            assert_close(gradient, of_keras.numpy())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_cell_and_shape_answers_and_goes_back_as_in_keras(case: Case) -> None:
    assert_as_in_keras(case)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("cell", KERAS)
def test_every_activation_answers_and_goes_back_as_in_keras(cell: str, activation: str) -> None:
    assert_as_in_keras(Case(cell, activation=activation, time_steps=3))


@pytest.mark.parametrize("cell", KERAS)
def test_the_gradients_are_the_slopes_of_the_oracles_loss(cell: str) -> None:
    case = Case(cell, 2, activation="gelu")
    gradients = case.passed().gradients.parameters
    for replicate, oracle in enumerate(case.replicates):
        ours = case.in_keras_order(gradients, replicate)
        for gradient, weight in zip(ours, oracle.weights, strict=True):
            assert_close(gradient, oracle.gradient(weight, case.x, case.y))


@pytest.mark.parametrize("cell", KERAS)
def test_the_plain_backward_pass_is_that_of_the_measured_one(cell: str) -> None:
    case = Case(cell, 2)
    network, parameters, batch = RecurrentNetwork(cell, 2), case.parameters(), case.batch()
    signals = network.forward(parameters, batch)
    upstream = (tf.sigmoid(signals.logits) - case.y) * batch.sample_weight
    plain = network.backward(parameters, batch, signals, upstream)
    for ours, measured in zip(*map(tf.nest.flatten, (plain, case.passed().gradients.parameters)), strict=True):
        assert_close(ours, measured.numpy(), 1e-6)


@pytest.mark.parametrize("room", [Room(layers=2), Room(units=2), Room(time_steps=3), Room(points=4), Room(1, 1, 1, 1)])
@pytest.mark.parametrize("activation", ["tanh", "softplus"])  # The latter of nothing is not nothing.
@pytest.mark.parametrize("cell", KERAS)
def test_more_room_changes_nothing(cell: str, activation: str, room: Room) -> None:
    case = Case(cell, 2, activation)
    exact, padded = case.passed(), case.passed(room)
    for ours, expected in zip(cropped(case, padded), cropped(case, exact), strict=True):
        assert_close(ours, expected, 1e-5)
    assert_nothing_beyond(case, padded, room)


def cropped(case: Case, passed: Passed) -> list[np.ndarray]:
    """What there is of the answers, gradients and statistics."""
    layers, units, steps = case.num_layers, case.units, case.time_steps
    first, others, output = passed.gradients.parameters.kernels

    def of_gates(values: tf.Tensor) -> np.ndarray:
        room = passed.signals.last.shape[1]
        by_gate = values.numpy().reshape(*values.shape[:3], -1, room)
        return by_gate[..., :units]

    *biases, output_bias = passed.gradients.parameters.biases
    return [
        passed.signals.logits.numpy()[:, : case.points],
        of_gates(first),
        of_gates(others)[: 2 * layers - 1, :, :units],
        output.numpy()[:, :, :units],
        *(of_gates(tf.transpose(bias, (0, 1, 3, 2)))[:layers] for bias in biases),
        output_bias.numpy(),
        passed.activations.numpy()[:layers],
        *(statistic.numpy()[:layers, :steps] for statistic in passed.steps),
    ]


def assert_nothing_beyond(case: Case, passed: Passed, room: Room) -> None:
    """The weights that only fill up have no gradient, so that they stay zeros."""
    of_layers = passed.gradients.parameters.kernels[1].numpy()
    assert not of_layers[2 * case.num_layers - 1 :].any()
    assert not of_layers[:, :, case.units :].any()
    assert not of_layers.reshape(*of_layers.shape[:3], -1, case.units + room.units)[..., case.units :].any()


def test_only_an_lstms_forget_gate_starts_with_a_bias() -> None:
    for cell in KERAS:
        parameters = Case(cell, 2).parameters()
        first, others, output = (group.numpy() for group in parameters.kernels)
        fresh = RecurrentNetwork(cell, 2).initial_parameters([*first, *others, *output], forget_bias=1.0)
        *biases, of_output = (bias.numpy() for bias in fresh.biases)
        expected = np.zeros_like(biases[0])
        if cell == "lstm":
            expected[:, :, 3:6] = 1
        for bias in biases:
            np.testing.assert_array_equal(bias, expected)
        assert not of_output.any()
        for group, expected_group in zip(fresh.kernels, (first, others, output), strict=True):
            np.testing.assert_array_equal(group, expected_group)


def test_an_lstm_starts_with_keras_biases() -> None:
    case = Case("lstm", 1)
    layer = keras.layers.LSTM(case.units)
    layer.build((None, case.time_steps, 2))
    kernels = [group.numpy()[0] for group in case.parameters().kernels]
    ours = RecurrentNetwork("lstm", 1).initial_parameters(kernels, forget_bias=1.0).biases[0]
    np.testing.assert_array_equal(ours[0, 0, :, 0], layer.cell.bias.numpy())
