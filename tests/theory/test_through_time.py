"""The forecast through time against networks drawn and differentiated independently, and against closed forms."""

from __future__ import annotations

from functools import cache
from math import comb
from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from theory.test_forecast import drawn_kernel

from vgdemo.activations import ACTIVATIONS
from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.record import Way
from vgdemo.theory import ThroughTime, mean_field_chi, through_time, through_time_of


def simple(activation: str, initializer: str, gain: float, units: int, **others: Any) -> RunConfig:
    return RunConfig(
        **{
            "network": "simple_rnn",
            "activation": activation,
            "recurrent_initializer": initializer,
            "recurrent_gain": gain,
            "units": units,
            "dataset": "marked_sum",
            "time_steps": 30,
            "n_samples": 100,
            "noise": 0.3,
            "epochs": 1,
            "replicates": 1,
            **others,
        }
    )


def recurrent_kernel(generator: np.random.Generator, config: RunConfig) -> np.ndarray:
    if config.recurrent_initializer == "identity":
        return config.recurrent_gain * np.eye(config.units)
    shape = (config.units, config.units)
    return config.recurrent_gain * drawn_kernel(generator, config.recurrent_initializer, shape)


def backpropagated(config: RunConfig, generator: np.random.Generator) -> np.ndarray:
    """(T,) RMS over points and units of ∂L/∂h_t of one fresh SimpleRNN of one layer, in that of the last step."""
    data, activation = make_dataset(config), ACTIVATIONS[config.activation]
    kernel = drawn_kernel(generator, config.kernel_initializer, (2, config.units))
    recurrent = recurrent_kernel(generator, config)
    output = drawn_kernel(generator, config.output_initializer, (config.units, 1))
    state, before = np.zeros((len(data.x_train), config.units)), []
    for time in range(config.time_steps):
        before.append(data.x_train[:, time].astype(float) @ kernel + state @ recurrent)
        state = activation.function(before[-1])
    delta = (expit(state @ output) - data.y_train[:, None]) @ output.T
    sizes = []
    for pre_activation in reversed(before):
        sizes.append(np.sqrt(np.mean(delta**2)))
        delta = delta * activation.slope(pre_activation) @ recurrent.T
    return np.array(sizes[::-1]) / sizes[0]


@cache
def simulated(config: RunConfig, count: int) -> np.ndarray:
    generator = np.random.default_rng(11)
    return np.array([backpropagated(config, generator) for _ in range(count)])


SETTINGS = [
    (activation, initializer, gain, units)
    for activation in ("tanh", "relu", "linear")
    for initializer in ("orthogonal", "glorot_uniform", "identity")
    for gain in (0.5, 1.0, 1.5)
    for units in (16, 256)
    if units == 16 or (activation, initializer, gain) in {("tanh", "orthogonal", 1.0), ("relu", "glorot_uniform", 1.5)}
]


@pytest.mark.parametrize(("activation", "initializer", "gain", "units"), SETTINGS)
def test_eight_of_ten_networks_lie_in_the_band_and_their_median_on_the_line(
    activation: str, initializer: str, gain: float, units: int
) -> None:
    config = simple(activation, initializer, gain, units)
    expected, measured = through_time_of(config), simulated(config, 8 if units == 256 else 60)
    size = expected.size
    assert size is not None and expected.factor is not None
    low, high = size.low[0] * (1 - 1e-9), size.high[0] * (1 + 1e-9)
    earlier = low[:-1] > 0  # The last step is 1 for all, and some have no gradient at the first.
    inside = ((low <= measured) & (measured <= high))[:, :-1].mean()
    assert inside > (0.45 if units == 256 else 0.65)
    spread = np.log10(high[:-1][earlier] / low[:-1][earlier])
    off = np.abs(np.log10(size.median[0, :-1][earlier] / np.median(measured, axis=0)[:-1][earlier]))
    assert (off <= 0.03 + 0.5 * spread).all()


@pytest.mark.parametrize("network", ["simple_rnn", "lstm", "gru"])
@pytest.mark.parametrize("num_hidden_layers", [1, 2])
def test_two_steps_are_enough(network: str, num_hidden_layers: int) -> None:
    config = RunConfig(network=network, num_hidden_layers=num_hidden_layers, time_steps=2, units=4)
    expected = through_time_of(config)
    assert expected.size is not None and expected.factor is not None
    assert expected.size.median.shape == (num_hidden_layers, 2) and expected.size.median[-1, 1] == 1
    np.testing.assert_allclose(expected.factor.median[-1], expected.size.median[-1, 0])


def test_the_first_step_is_that_of_a_state_that_starts_at_zero() -> None:
    """With two steps and a SimpleRNN, ∂h_2/∂h_1 is W φ'(x_2 V + φ(x_1 V) W): by hand for one unit and one network."""
    config = simple("tanh", "glorot_uniform", 1.0, 1, time_steps=2)
    measured, expected = simulated(config, 400), through_time_of(config).size
    assert expected is not None
    for share, line in ((0.1, expected.low), (0.5, expected.median), (0.9, expected.high)):
        assert line[0, 0] == pytest.approx(np.quantile(measured[:, 0], share), rel=0.2)


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("initializer", ["orthogonal", "identity"])
def test_a_linear_orthogonal_state_changes_by_the_gain_at_every_step(initializer: str, gain: float) -> None:
    config = simple("linear", initializer, gain, 16, time_steps=100)
    expected = through_time_of(config)
    assert expected.factor is not None and expected.size is not None
    np.testing.assert_allclose(np.ravel(expected.factor), gain)
    np.testing.assert_allclose(expected.size.median[0], gain ** np.arange(99, -1, -1.0), rtol=1e-9)
    if initializer == "orthogonal":
        assert expected.chi is not None
        np.testing.assert_allclose(expected.chi, gain**2)


def test_an_identity_of_relus_that_are_all_on_keeps_the_gradient() -> None:
    """Inputs that are 0 after a first step leave the state as it is: who was on stays on (Le et al. 2015)."""
    config = simple("relu", "identity", 1.0, 16, time_steps=50, dataset="first_symbol", noise=0.0)
    size = through_time_of(config).size
    assert size is not None
    np.testing.assert_allclose(size.median[0, :-1], size.median[0, 0])
    assert 0.5 < size.median[0, 0] < 1  # The share of the gradient that goes to units that are on.


def powers_of_the_sum(kept: float, added: float, ages: np.ndarray) -> np.ndarray:
    """Mean square of what (kept + W)^age makes of a vector, for one wide random W with a mean square of `added`.

    W's powers are orthogonal to each other, and each has the power of its mean square (Haagerup & Larsen 2000), so that
    the binomial coefficients stand squared: W is the same at every step.
    """
    return np.array(
        [sum(comb(age, j) ** 2 * kept ** (2 * (age - j)) * added**j for j in range(age + 1)) for age in ages]
    )


@pytest.mark.parametrize(("is_one", "gate"), [(True, expit(1)), (False, 0.5)])
def test_an_lstm_without_inputs_is_linear(is_one: bool, gate: float) -> None:
    """With x = 0 all gates stand still: c' = f c + W h / 2 with h = c / 2, and f = σ(1) or 1/2.

    Each entry of W has variance 1 / (4 units). The gradient enters by h, goes back by c and comes out by W / 2.
    """
    config = RunConfig(network="lstm", units=64, time_steps=20, unit_forget_bias=is_one)
    expected = through_time(config, np.zeros((4, 20, 2)), np.array([0, 1, 0, 1]))
    assert expected.gate is not None and expected.size is not None
    np.testing.assert_allclose(np.ravel(expected.gate), gate)
    squares = powers_of_the_sum(gate, 1 / 64, np.arange(18, -1, -1)) / 64
    np.testing.assert_allclose(expected.size.median[0, :-1], np.sqrt(squares), rtol=0.08)
    assert expected.chi is None


def test_a_gru_without_inputs_keeps_half_and_adds_a_quarter_of_its_kernel() -> None:
    """With x = 0: h' = h / 2 + tanh(h W / 2) / 2, where each entry of W has variance 1 / (3 units)."""
    config = RunConfig(network="gru", units=64, time_steps=20)
    expected = through_time(config, np.zeros((4, 20, 2)), np.array([0, 1, 0, 1]))
    assert expected.gate is not None and expected.size is not None
    np.testing.assert_allclose(np.ravel(expected.gate), 0.5)
    squares = powers_of_the_sum(0.5, 1 / 48, np.arange(19, -1, -1))
    np.testing.assert_allclose(expected.size.median[0], np.sqrt(squares), rtol=0.08)


def test_without_recurrent_weights_an_lstm_keeps_what_its_gates_let_pass() -> None:
    config = RunConfig(network="lstm", units=16, time_steps=40, recurrent_gain=0.0)
    expected = through_time_of(config)
    assert expected.reach is not None and expected.reach.way is Way.ENDS  # To no state, but to the cell behind it.
    assert expected.gate is not None
    assert expected.gate.median[0] == pytest.approx(expit(1), abs=0.01)


@pytest.mark.parametrize(
    ("activation", "initializer", "gain", "num_hidden_layers"),
    [
        ("tanh", "orthogonal", 1.0, 1),
        ("relu", "glorot_normal", 1.2, 2),
        ("softsign", "orthogonal", 0.7, 2),
        ("elu", "orthogonal", 0.7, 1),
    ],
)
def test_chi_is_the_factor_of_wide_networks_at_every_step(
    activation: str, initializer: str, gain: float, num_hidden_layers: int
) -> None:
    """Of the last layer; a few steps suffice, from the first of which the signal has not yet settled."""
    config = simple(activation, initializer, gain, 200, time_steps=6, num_hidden_layers=num_hidden_layers)
    expected = through_time_of(config)
    assert expected.chi is not None and expected.size is not None
    assert expected.chi.shape == (num_hidden_layers, 5)
    line = np.sqrt(np.cumprod(expected.chi[-1, ::-1])[::-1])
    np.testing.assert_allclose(line, expected.size.median[-1, :-1], rtol=0.12)


def test_chi_rests_where_the_input_drives_the_signal() -> None:
    """In the linear network q is the sum of a geometric series, and the slope 1; in tanh the drive brings χ below 1."""
    x = np.full((3, 200, 2), 0.8)
    driven = mean_field_chi(simple("tanh", "orthogonal", 1.0, 64, time_steps=200), x)
    idle = mean_field_chi(simple("tanh", "orthogonal", 1.0, 64, time_steps=200), 0.01 * x)
    assert driven is not None and idle is not None
    assert driven[0, 0] > driven[0, 5] > driven[0, -1] == pytest.approx(driven[0, -2], rel=1e-3)
    assert driven[0, -1] < 0.9 < idle[0, 0]


@pytest.mark.parametrize(
    "changes",
    [
        {"network": "lstm"},
        {"network": "gru"},
        {"recurrent_initializer": "identity"},
        {"recurrent_initializer": "uniform_0_1"},
        {"kernel_initializer": "uniform_0_1"},
    ],
)
def test_where_the_theory_of_many_units_does_not_hold_there_is_a_line_but_no_chi(changes: dict[str, str]) -> None:
    expected = through_time_of(RunConfig(**{"network": "simple_rnn", "time_steps": 10, **changes}))
    assert expected.chi is None
    assert expected.size is not None and np.isfinite(expected.size).all()


def test_what_takes_too_long_has_a_sentence_and_no_line() -> None:
    size = {"units": 128, "time_steps": 400, "num_hidden_layers": 2, "batch_size": 1}
    config = RunConfig(network="lstm", n_samples=100, epochs=1, replicates=1, **size)
    expected = through_time_of(config)
    assert expected.caveat.startswith("No forecast: ") and expected == ThroughTime(config, expected.caveat)
    assert expected.reach is None


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "selu"])
@pytest.mark.parametrize("network", ["simple_rnn", "lstm", "gru"])
def test_extreme_networks_give_finite_numbers(network: str, activation: str) -> None:
    for gain, steps in ((10, 30), (0.001, 400)):
        config = RunConfig(
            network=network, activation=activation, units=2, time_steps=steps, recurrent_gain=gain, n_samples=100
        )
        size = through_time_of(config).size
        assert size is not None and np.isfinite(size).all()
        assert (size.low <= size.median).all() and (size.median <= size.high).all()
