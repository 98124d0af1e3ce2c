"""Drawn recurrent networks against finite differences, and against what Keras draws and differentiates."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from network.recurrent_oracle import Layer, Recurrent

from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.theory.drawn_recurrent import MOST_POINTS, Kernels, drawn_through_time, through_time_of_kernels

CELLS = ("simple_rnn", "lstm", "gru")
KERAS = {"simple_rnn": keras.layers.SimpleRNNCell, "lstm": keras.layers.LSTMCell, "gru": keras.layers.GRUCell}


def small(cell: str, **changes: object) -> RunConfig:
    size = {"time_steps": 5, "units": 3, "n_samples": 100, "epochs": 1, "replicates": 1}
    return RunConfig(**{"network": cell, **size, **changes})


def random_kernels(config: RunConfig, networks: int, generator: np.random.Generator) -> Kernels:
    *hidden, output = [generator.normal(0, 0.7, (networks, *shape)) for shape in config.kernel_shapes]
    return Kernels(tuple(zip(hidden[::2], hidden[1::2], strict=True)), output)


def bias_of(config: RunConfig) -> np.ndarray:
    columns = config.architecture.gates * config.units
    bias = np.zeros((2, columns) if config.network == "gru" else columns)
    if config.network == "lstm" and config.unit_forget_bias:
        bias[config.units : 2 * config.units] = 1
    return bias


def by_differences(config: RunConfig, kernels: Kernels, network: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(L, T) log10 of the state's gradient, RMS over points and units, over that of the last layer's last step."""
    layers = [
        Layer(config.network, config.activation, kernel[network].copy(), recurrent[network].copy(), bias_of(config))
        for kernel, recurrent in kernels.layers
    ]
    oracle = Recurrent(layers, kernels.output[network].copy(), np.zeros(1))
    sizes = np.empty((len(layers), x.shape[1]))
    for layer, time in np.ndindex(sizes.shape):
        sizes[layer, time] = np.sqrt(np.square(oracle.state_gradient(layer, time, x, y)).mean())
        del oracle.nudged_states[layer, time]
    return np.log10(sizes / sizes[-1, -1])


@pytest.mark.parametrize("activation", ["tanh", "leaky_relu", "linear", "softplus"])
@pytest.mark.parametrize("num_hidden_layers", [1, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_by_the_state_are_those_of_differences(cell: str, num_hidden_layers: int, activation: str) -> None:
    config = small(cell, num_hidden_layers=num_hidden_layers, activation=activation)
    generator = np.random.default_rng(3)
    kernels, x, y = random_kernels(config, 2, generator), generator.normal(size=(4, 5, 2)), np.array([0, 1, 1, 0])
    found = through_time_of_kernels(config, kernels, x, y).log_sizes
    expected = [by_differences(config, kernels, network, x, y) for network in range(2)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_forget_bias_is_the_settings() -> None:
    generator = np.random.default_rng(4)
    configs = [small("lstm", unit_forget_bias=is_one) for is_one in (True, False)]
    kernels, x, y = random_kernels(configs[0], 1, generator), generator.normal(size=(4, 5, 2)), np.array([0, 1, 1, 0])
    for config in configs:
        found = through_time_of_kernels(config, kernels, x, y).log_sizes[0]
        np.testing.assert_allclose(found, by_differences(config, kernels, 0, x, y), atol=1e-5)


def by_keras(config: RunConfig, x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """(T,) the same of one network of one layer that Keras draws and differentiates."""
    cell = KERAS[config.network](
        config.units,
        activation=config.activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        recurrent_initializer=keras.initializers.get(config.recurrent_initializer).__class__(
            **({} if config.recurrent_initializer == "identity" else {"seed": seed + 1000})
        ),
        dtype="float64",
    )
    cell.build((None, 2))
    cell.recurrent_kernel.assign(config.recurrent_gain * cell.recurrent_kernel)
    output = keras.initializers.GlorotUniform(seed=seed + 2000)((config.units, 1), "float64")
    added = [tf.zeros((len(x), config.units), tf.float64) for _ in range(x.shape[1])]
    with tf.GradientTape() as tape:
        tape.watch(added)
        states = [tf.zeros((len(x), config.units), tf.float64)] * (2 if config.network == "lstm" else 1)
        for time, addition in enumerate(added):
            state, states = cell(tf.constant(x[:, time], tf.float64), states)
            states = [state + addition, *states[1:]]
        logits = (states[0] @ output)[:, 0]
        loss = tf.nn.sigmoid_cross_entropy_with_logits(tf.constant(y, tf.float64), logits)
    sizes = [np.sqrt(np.square(one).mean()) for one in tape.gradient(loss, added)]
    return np.log10(np.maximum(sizes, 1e-300) / sizes[-1])


@pytest.mark.parametrize(
    ("cell", "initializer", "gain"),
    [
        ("simple_rnn", "orthogonal", 1.0),
        ("simple_rnn", "identity", 1.2),
        ("lstm", "orthogonal", 1.0),
        ("gru", "orthogonal", 2.0),
    ],
)
def test_networks_are_drawn_as_keras_draws_them(cell: str, initializer: str, gain: float) -> None:
    """A recurrent kernel of all gates is drawn as one."""
    config = small(cell, units=6, time_steps=8, recurrent_initializer=initializer, recurrent_gain=gain, noise=0.5)
    data = make_dataset(config)
    x, y = data.x_train[:MOST_POINTS], data.y_train[:MOST_POINTS]
    drawn = drawn_through_time(config, x, y).log_sizes[:, 0]
    made = np.array([by_keras(config, x, y, seed) for seed in range(25)])
    spread = np.maximum(made.std(axis=0), 1e-9)
    assert (np.abs(drawn.mean(axis=0) - made.mean(axis=0)) <= 4 * spread / 25**0.5).all()
    np.testing.assert_allclose(drawn[:, :-1].std(axis=0), spread[:-1], rtol=0.5)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_that_no_number_holds_are_not_lost(cell: str) -> None:
    """Every weight of the state is scaled down so far that each step takes more than a decade."""
    config = small(cell, time_steps=400, activation="sigmoid", recurrent_gain=0.01, kernel_initializer="he_normal")
    config = config.with_changes(unit_forget_bias=False) if cell == "lstm" else config
    data = make_dataset(config)
    log_sizes = drawn_through_time(config, data.x_train, data.y_train).log_sizes
    assert np.isfinite(log_sizes).all()
    slopes = np.diff(np.median(log_sizes[:, 0], axis=0))
    np.testing.assert_allclose(slopes[5:190].mean(), slopes[190:380].mean(), rtol=0.05)
    assert cell != "simple_rnn" or log_sizes[:, 0, 0].max() < -400


@pytest.mark.parametrize(("cell", "activation"), [("simple_rnn", "relu"), ("lstm", "linear"), ("gru", "linear")])
def test_states_that_explode_are_followed(cell: str, activation: str) -> None:
    config = small(cell, time_steps=400, activation=activation, recurrent_gain=10, units=8)
    data = make_dataset(config)
    log_sizes = drawn_through_time(config, data.x_train, data.y_train).log_sizes
    assert not np.isnan(log_sizes).any()
    assert np.median(log_sizes[:, 0, 0]) > 10


def test_without_recurrent_weights_nothing_comes_back_to_an_earlier_state() -> None:
    config = small("simple_rnn", recurrent_gain=0.0)
    data = make_dataset(config)
    log_sizes = drawn_through_time(config, data.x_train, data.y_train).log_sizes
    assert (log_sizes[..., -1] == 0).all() and np.isneginf(log_sizes[..., :-1]).all()


def test_the_same_settings_give_the_same_networks() -> None:
    config = small("gru", time_steps=20)
    data = make_dataset(config)
    first, again = (drawn_through_time(config, data.x_train, data.y_train) for _ in range(2))
    np.testing.assert_array_equal(first.log_sizes, again.log_sizes)
    assert len(np.unique(first.log_sizes[:, 0, 0])) == len(first.log_sizes) >= 16
