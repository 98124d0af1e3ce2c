"""What is measured at each time step is what differences of a float64 oracle say, and what logs measure."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf
from engine.oracle import ACTIVATIONS, SATURATED
from network.recurrent_case import KERAS, Case
from network.test_recurrent import assert_close

from vgdemo.probe import Probe, batch_of


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", KERAS)
def test_every_step_is_measured_as_the_oracle_does(cell: str, layers: int) -> None:
    case = Case(cell, layers)
    steps = case.passed().steps
    for replicate, oracle in enumerate(case.replicates):
        for layer in range(layers):
            times = range(case.time_steps)
            sizes = np.abs([oracle.state_gradient(layer, time, case.x, case.y) for time in times])
            oracle.nudged_states.clear()
            of_steps = np.array([oracle.recurrent_gradient(layer, time, case.x, case.y) for time in times])
            oracle.nudged_kernels.clear()
            norms = np.linalg.norm(of_steps, axis=(1, 2))
            expected = {
                "state_gradient_mean_abs": sizes.mean((1, 2)),
                "state_gradient_rms": np.sqrt(np.square(sizes).mean((1, 2))),
                "recurrent_gradient_rms": np.sqrt(np.square(of_steps).mean((1, 2))),
                "recurrent_gradient_share": norms / norms.sum(),
            }
            for name, values in expected.items():
                assert_close(getattr(steps, name)[layer, :, replicate], values)


@pytest.mark.parametrize("cell", KERAS)
def test_states_are_measured_over_all_steps(cell: str) -> None:
    case = Case(cell, 2, gain=3)
    ours = case.passed().activations
    for replicate, oracle in enumerate(case.replicates):
        for layer, outputs in enumerate(oracle.outputs(case.x)):
            assert_close(ours[layer, replicate, 0], outputs.mean())
            assert_close(ours[layer, replicate, 1], outputs.std())


def test_a_simple_layers_saturated_share_is_that_of_its_pre_activations() -> None:
    case = Case("simple_rnn", gain=4)
    ours = case.passed().activations
    for replicate, oracle in enumerate(case.replicates):
        (outputs,) = oracle.outputs(case.x)
        slopes = ACTIVATIONS["tanh"][1](np.arctanh(outputs))
        assert 0 < ours[0, replicate, 2] < 1
        assert_close(ours[0, replicate, 2], (slopes < SATURATED).mean())


def test_logs_measure_the_same_of_a_state() -> None:
    case = Case("lstm", 2)
    steps = case.passed().steps.state_gradient_mean_abs
    model = case.in_keras(1)
    model.compile(loss="binary_crossentropy")
    found = Probe(model, batch_of(case.x, case.y[:, None])).measure().steps
    for layer, sizes in enumerate(found.values()):
        assert_close(steps[layer, :, 1], np.array(sizes))


@pytest.mark.parametrize("compiled", [False, True], ids=["traced", "compiled"])
def test_squares_do_not_underflow(compiled: bool) -> None:
    case = Case("simple_rnn", activation="linear", units=2, time_steps=3)
    for oracle in case.replicates:
        oracle.layers[0].recurrent_kernel[:] = 1e-15 * np.eye(2)
    steps = case.passed(compiled=compiled).steps
    first, _, last = steps.state_gradient_rms[0, :, 0].numpy()
    assert math.isclose(first, 1e-30 * last, rel_tol=1e-5)
    shares = steps.recurrent_gradient_share[0, :, 0].numpy()
    assert shares[0] == 0  # Before it there is no state.
    assert 1e-16 < shares[1] < 1e-14


def test_an_exact_zero_stays_one() -> None:
    case = Case("simple_rnn", 2)
    for oracle in case.replicates:
        oracle.layers[1].kernel[:] = 0  # Nothing comes from the layer below.
        oracle.layers[1].recurrent_kernel[:] = 0
    steps = case.passed().steps
    assert not steps.state_gradient_rms[0].numpy().any()
    assert not steps.recurrent_gradient_rms[0].numpy().any()
    assert np.isnan(steps.recurrent_gradient_share[0]).all()  # Of nothing.
    sizes = steps.state_gradient_mean_abs[1].numpy()
    assert not sizes[:-1].any() and sizes[-1].all()


def test_a_layer_that_is_off_is_dead() -> None:
    case = Case("simple_rnn", 2, activation="relu")
    for oracle in case.replicates:
        oracle.layers[0].bias[:] = [-100, -100, 1]
        oracle.layers[0].kernel[:] = 0
        oracle.layers[0].recurrent_kernel[:] = 0
    assert_close(case.passed().activations[0, :, 3], np.array([2 / 3, 2 / 3]))


@pytest.mark.parametrize("compiled", [False, True], ids=["traced", "compiled"])
def test_what_explodes_is_not_a_number(compiled: bool) -> None:
    case = Case("simple_rnn", activation="relu", time_steps=60)
    for oracle in case.replicates:
        oracle.layers[0].recurrent_kernel[:] = [[1e3, -1e3, 1e3], [1e3, 1e3, -1e3], [-1e3, 1e3, 1e3]]
    passed = case.passed(compiled=compiled)
    assert np.isnan(passed.signals.logits).all()
    assert np.isnan(passed.activations).all()
    for values in passed.steps:
        assert np.isnan(values[:, 1:]).all()
    assert tf.reduce_all(tf.math.is_nan(passed.gradients.parameters.kernels[1]))
