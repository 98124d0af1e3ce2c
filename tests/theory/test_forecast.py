import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import truncnorm

from vgdemo.activations import ACTIVATIONS
from vgdemo.config import OUTPUT_INITIALIZERS, RunConfig
from vgdemo.data import make_dataset
from vgdemo.initializers import INITIALIZERS
from vgdemo.theory import Forecast, born_dead, factor_per_layer, forecast

DEEP = {
    "n_samples": 200,
    "num_hidden_layers": 8,
    "units": 64,
    "epochs": 1,
    "replicates": 20,
    "output_initializer": "glorot_uniform",
}
PAIRS = [
    ("tanh", "glorot_uniform"),
    ("sigmoid", "glorot_normal"),
    ("relu", "he_normal"),
    ("selu", "lecun_normal"),
    ("elu", "orthogonal"),
    ("softsign", "random_normal"),
    ("gelu", "he_uniform"),
    ("leaky_relu", "lecun_uniform"),
    ("silu", "random_uniform"),
]


RELU = {"activation": "relu", "kernel_initializer": "he_normal"}


def forecast_of(config: RunConfig) -> Forecast:
    data = make_dataset(config)
    return forecast(config, data.x_train, data.y_train)


def drawn_kernel(generator: np.random.Generator, initializer: str, shape: tuple[int, int]) -> np.ndarray:
    mean, variance = INITIALIZERS[initializer].mean, INITIALIZERS[initializer].variance(*shape)
    if initializer == "orthogonal":
        rotation, triangle = np.linalg.qr(generator.standard_normal((max(shape), min(shape))))
        rotation = rotation * np.sign(np.diag(triangle))
        return rotation if shape[0] >= shape[1] else rotation.T
    if initializer == "random_normal":
        return generator.normal(mean, variance**0.5, shape)
    if initializer.endswith("normal"):
        return variance**0.5 / 0.87962566 * truncnorm.rvs(-2, 2, size=shape, random_state=generator)
    return generator.uniform(mean - (3 * variance) ** 0.5, mean + (3 * variance) ** 0.5, shape)


def backpropagated(config: RunConfig, generator: np.random.Generator) -> list[float]:
    """RMS of each kernel's gradient of the mean binary cross-entropy, of one fresh network."""
    data = make_dataset(config)
    activation = ACTIVATIONS[config.activation]
    names = [config.kernel_initializer] * config.num_hidden_layers + [config.output_initializer]
    kernels = [drawn_kernel(generator, *row) for row in zip(names, config.kernel_shapes, strict=True)]
    if config.shared_draw:
        kernels[2:-1] = kernels[1:2] * (config.num_hidden_layers - 2)
    signals, before = [data.x_train.astype(float)], []
    for kernel in kernels[:-1]:
        before.append(signals[-1] @ (kernel * config.gain))
        signals.append(activation.function(before[-1]))
    delta = (1 / (1 + np.exp(-signals[-1] @ kernels[-1])) - data.y_train[:, None]) / len(data.y_train)
    sizes = []
    for layer in reversed(range(config.num_layers)):
        sizes.append(np.sqrt(np.mean((signals[layer].T @ delta) ** 2)))
        if layer:
            gain = 1 if layer == config.num_hidden_layers else config.gain
            delta = delta @ kernels[layer].T * gain * activation.slope(before[layer - 1])
    return sizes[::-1]


def input_gradients(config: RunConfig, generator: np.random.Generator) -> list[float]:
    """RMS over points and units of the gradient of one fresh network's logit by the inputs of each hidden layer."""
    data, activation = make_dataset(config), ACTIVATIONS[config.activation]
    names = [config.kernel_initializer] * config.num_hidden_layers + [config.output_initializer]
    kernels = [drawn_kernel(generator, *row) for row in zip(names, config.kernel_shapes, strict=True)]
    signal, before = data.x_train.astype(float), []
    for kernel in kernels[:-1]:
        before.append(signal @ (kernel * config.gain))
        signal = activation.function(before[-1])
    delta, sizes = kernels[-1].T, []
    for layer in reversed(range(config.num_hidden_layers)):
        delta = delta * activation.slope(before[layer])
        sizes.append(np.sqrt(np.mean(delta**2)))
        delta = delta @ (config.gain * kernels[layer].T)
    return sizes[::-1]


@cache
def simulated(config: RunConfig, count: int = 20) -> np.ndarray:
    """(count, layers) gradient sizes of untrained networks."""
    generator = np.random.default_rng(0)
    return np.array([backpropagated(config, generator) for _ in range(count)])


@pytest.mark.parametrize(("activation", "initializer"), PAIRS)
def test_the_factor_per_layer_is_that_of_simulated_networks(activation: str, initializer: str) -> None:
    config = RunConfig(activation=activation, kernel_initializer=initializer, **DEEP)
    measured = np.exp(np.mean([np.log(factor_per_layer(sizes[:-1])) for sizes in simulated(config)]))
    assert forecast_of(config).factor == pytest.approx(measured, rel=0.1)


@pytest.mark.parametrize(
    ("activation", "initializer", "gain"), [(*pair, 1.0) for pair in PAIRS] + [("tanh", "glorot_uniform", 0.5)]
)
def test_chi_is_the_factor_of_the_gradient_of_a_units_input_in_simulated_networks(
    activation: str, initializer: str, gain: float
) -> None:
    """Where the signal shrinks as the gradient does, that of the weights keeps its size whatever happens."""
    config = shaped(activation, initializer, 8, 96, gain=gain)
    generator = np.random.default_rng(0)
    factors = [factor_per_layer(input_gradients(config, generator)) for _ in range(20)]
    expected = np.exp(np.log(forecast_of(config).chi[1:-1]).mean() / 2)
    assert expected == pytest.approx(np.exp(np.mean(np.log(factors))), rel=0.1)


@pytest.mark.parametrize(("activation", "initializer"), PAIRS)
def test_the_line_and_its_band_hold_simulated_networks(activation: str, initializer: str) -> None:
    config = RunConfig(activation=activation, kernel_initializer=initializer, **DEEP)
    expected, measured = forecast_of(config), simulated(config)
    inside = (expected.low <= measured) & (measured <= expected.high)
    assert inside.mean() > 0.6  # Of 80 % expected; the layers of one network go up and down together.
    np.testing.assert_allclose(expected.gradient_rms, np.median(measured, axis=0), rtol=0.7)


def shaped(activation: str, initializer: str, layers: int, units: int, **others: Any) -> RunConfig:
    size = {"num_hidden_layers": layers, "units": units}
    return RunConfig(activation=activation, kernel_initializer=initializer, **DEEP | size | others)


NARROW_SHAPES = [
    ("tanh", "orthogonal", 20, 4),
    ("softsign", "glorot_uniform", 50, 2),
    ("tanh", "glorot_uniform", 50, 1),
    ("leaky_relu", "orthogonal", 20, 5),
    ("elu", "he_uniform", 30, 8),
    ("relu", "he_uniform", 5, 5),
    ("tanh", "glorot_uniform", 5, 5),
    ("tanh", "orthogonal", 10, 8),
    ("sigmoid", "glorot_normal", 20, 5),
    ("linear", "lecun_uniform", 12, 3),
    ("silu", "he_normal", 15, 6),
]
WIDER_SHAPES = [
    ("tanh", "orthogonal", 20, 16),
    ("relu", "he_normal", 20, 13),
    ("linear", "orthogonal", 10, 32),
    ("tanh", "orthogonal", 20, 48),
    ("selu", "lecun_normal", 10, 32),
    ("tanh", "glorot_uniform", 30, 24),
]


@pytest.mark.parametrize("shape", NARROW_SHAPES + WIDER_SHAPES, ids=lambda shape: "-".join(map(str, shape)))
def test_eight_of_ten_networks_lie_in_the_band_however_narrow_or_deep(shape: tuple[str, str, int, int]) -> None:
    config = shaped(*shape)
    expected, measured = forecast_of(config), simulated(config, 120)
    inside = (expected.low <= measured) & (measured <= expected.high)
    assert 0.7 <= inside.mean() <= 0.9
    assert np.abs(np.log10(expected.gradient_rms / np.median(measured, axis=0))).max() < 0.8


def test_a_network_that_may_be_born_dead_has_a_band_from_zero() -> None:
    config = shaped("relu", "he_normal", 20, 4)
    expected, measured = forecast_of(config), simulated(config, 120)
    assert (expected.low == 0).all()
    assert (expected.high > 0).all()
    assert 0.7 <= (measured <= expected.high).mean() <= 0.9


def test_where_chaos_is_deep_beside_its_width_no_band_is_promised() -> None:
    expected = forecast_of(shaped("tanh", "glorot_normal", 20, 32, gain=3.0))
    assert np.isnan([expected.low, expected.high]).all()
    assert (expected.gradient_rms > 0).all()
    assert np.isfinite(forecast_of(shaped("tanh", "glorot_normal", 8, 32, gain=3.0)).low).all()


@pytest.mark.parametrize(
    "config",
    [
        shaped("tanh", "glorot_normal", 8, 64, shared_draw=True),
        shaped("relu", "he_normal", 8, 6, shared_draw=True),
        shaped("softplus", "glorot_normal", 4, 8, output_initializer="uniform_0_1"),
        shaped("selu", "lecun_normal", 5, 5, output_initializer="uniform_0_1"),
    ],
    ids=["tanh, shared", "narrow ReLU, shared", "softplus, uniform output", "SELU, uniform output"],
)
def test_what_correlates_gradient_and_signal_is_forecast_where_it_is_drawn_or_cancels(config: RunConfig) -> None:
    expected, measured = forecast_of(config), simulated(config, 120)
    assert not expected.caveat
    inside = (expected.low <= measured) & (measured <= expected.high)
    assert 0.65 <= inside.mean() <= 0.9


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_an_output_drawn_around_one_half_is_forecast_where_slopes_are_even(activation: str) -> None:
    config = RunConfig(
        activation=activation, kernel_initializer="glorot_normal", **DEEP | {"output_initializer": "uniform_0_1"}
    )
    expected, measured = forecast_of(config), simulated(config)
    np.testing.assert_allclose(expected.gradient_rms, np.median(measured, axis=0), rtol=0.5)


def test_the_gain_multiplies_hidden_kernels_but_not_the_output() -> None:
    config = RunConfig(activation="tanh", kernel_initializer="glorot_normal", gain=0.3, **DEEP)
    expected, measured = forecast_of(config), simulated(config)
    assert expected.factor == pytest.approx(factor_per_layer(np.median(measured, axis=0)[:-1]), rel=0.1)
    np.testing.assert_allclose(expected.gradient_rms, np.median(measured, axis=0), rtol=0.5)
    assert expected.fixed_point is not None
    assert expected.fixed_point.weight_variance == pytest.approx(0.3**2)


def test_chi_of_sigmoid_with_glorot_is_its_published_value_deep_down() -> None:
    config = RunConfig(activation="sigmoid", kernel_initializer="glorot_uniform", **DEEP)
    assert forecast_of(config).chi[2:-1] == pytest.approx(0.0557, abs=1e-4)


def test_chi_takes_the_fans_of_the_kernel_above() -> None:
    config = RunConfig(activation="linear", kernel_initializer="he_normal", **DEEP)
    glorot_of_output = 64 * 2 / (64 + 1)
    np.testing.assert_allclose(forecast_of(config).chi, [2.0] * 7 + [glorot_of_output])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kernel_initializer": "uniform_0_1", "output_initializer": "glorot_uniform"}, "mean 0"),
        ({"activation": "relu", "kernel_initializer": "he_normal", "units": 64}, "output's weights"),
        ({"kernel_initializer": "glorot_uniform", "gain": 0}, "gain of 0"),
        ({"kernel_initializer": "glorot_uniform", "normalization": "batch"}, "batch normalisation"),
        ({"kernel_initializer": "glorot_uniform", "residual": True}, "residual"),
        ({"kernel_initializer": "lsuv"}, "LSUV"),
        ({**RELU, "units": 64, "shared_draw": True, "output_initializer": "glorot_uniform"}, "share a draw"),
        ({"network": "lstm"}, "every time step"),
    ],
)
def test_without_theory_there_is_a_sentence_and_no_line(changes: dict[str, object], reason: str) -> None:
    config = RunConfig(**changes)
    expected = forecast_of(config)
    assert reason in expected.caveat
    assert expected.gradient_rms.size == expected.low.size == expected.chi.size == 0
    assert math.isnan(expected.factor)
    assert expected.fixed_point is None


@pytest.mark.parametrize(("layers", "units", "gain"), [(1, 1, 1.0), (50, 4, 0.001), (8, 64, 10.0)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_extreme_networks_give_finite_numbers(activation: str, layers: int, units: int, gain: float) -> None:
    names = {"activation": activation, "kernel_initializer": "he_normal", "output_initializer": "he_normal"}
    size = {"num_hidden_layers": layers, "units": units, "epochs": 1, "n_samples": 100}
    expected = forecast_of(RunConfig(gain=gain, **names, **size))
    assert np.isfinite([expected.low, expected.gradient_rms, expected.high]).all()
    assert (expected.low <= expected.gradient_rms).all()
    assert (expected.gradient_rms <= expected.high).all()


@pytest.mark.parametrize("initializer", OUTPUT_INITIALIZERS[1:])
def test_every_initializer_with_mean_0_has_a_forecast(initializer: str) -> None:
    expected = forecast_of(RunConfig(kernel_initializer=initializer))
    assert (expected.gradient_rms > 0).all()


def test_the_same_settings_give_the_same_forecast() -> None:
    config = RunConfig(kernel_initializer="glorot_uniform")
    np.testing.assert_allclose(forecast_of(config).gradient_rms, forecast_of(config).gradient_rms, rtol=1e-12)


def test_narrow_networks_differ_more_than_wide_ones() -> None:
    narrow, wide = (
        forecast_of(RunConfig(kernel_initializer="glorot_uniform", epochs=1, num_hidden_layers=20, units=units))
        for units in (5, 100)
    )
    assert (narrow.high / narrow.low).min() > 3 * (wide.high / wide.low).max()


def test_the_factor_leaves_out_the_first_layer() -> None:
    assert factor_per_layer([7, 1, 2, 4]) == pytest.approx(0.5)
    assert math.isnan(factor_per_layer([7, 1]))
    assert math.isnan(factor_per_layer([7, 0, 2]))


def test_only_a_relu_network_is_born_dead() -> None:
    dying = {"kernel_initializer": "he_normal", "output_initializer": "glorot_uniform"}
    assert forecast_of(RunConfig(activation="relu", **dying)).born_dead == born_dead(5, 5)
    assert forecast_of(RunConfig(activation="elu", **dying)).born_dead == 0
