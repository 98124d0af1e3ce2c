"""The trainer that labels stand on, against plain Keras, and what points allow, against closed forms."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from bench.oracle import Network, best_accuracy, best_of, evidence, line_accuracy, needed_epochs, started, training
from vgdemo.config import RunConfig
from vgdemo.data import make_dataset

NETWORK = RunConfig(
    kernel_initializer="glorot_uniform",
    output_initializer="glorot_uniform",
    num_hidden_layers=3,
    units=4,
    n_samples=100,
    batch_size=50,
    learning_rate=0.3,
    epochs=3,
    replicates=2,
)
NORMALIZATIONS = {"batch": keras.layers.BatchNormalization, "layer": keras.layers.LayerNormalization}
OPTIMIZERS = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop, "adagrad": keras.optimizers.Adagrad}


def keras_twin(config: RunConfig, network: Network) -> keras.Model:
    """The first replicate in plain Keras."""
    inputs = signal = keras.Input((2,))
    dense = [keras.layers.Dense(config.units) for _ in range(config.num_hidden_layers)]
    for index, layer in enumerate(dense):
        values = layer(signal)
        if config.normalization != "none":
            values = NORMALIZATIONS[config.normalization]()(values)
        values = keras.activations.get(config.activation)(values)
        signal = values + signal if config.residual and index else values
    dense.append(keras.layers.Dense(1, "sigmoid"))
    model = keras.Model(inputs, dense[-1](signal))
    for layer, weights in zip(dense, network.layers, strict=True):
        layer.set_weights([weights["kernel"][0], weights["bias"][0, 0]])
    model.compile(keras_optimizer(config), "binary_crossentropy")
    return model


def keras_optimizer(config: RunConfig) -> keras.Optimizer:
    clips = {
        "none": {},
        "value": {"clipvalue": config.clip_limit},
        "global_norm": {"global_clipnorm": config.clip_limit},
    }
    settings = {"weight_decay": config.weight_decay or None, **clips[config.gradient_clip]}
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(config.learning_rate, config.momentum, config.nesterov, **settings)
    return OPTIMIZERS[config.optimizer](config.learning_rate, **settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adam", "learning_rate": 0.01, "activation": "silu", "normalization": "layer"},
        {"optimizer": "rmsprop", "learning_rate": 0.01, "gradient_clip": "value", "clip_limit": 0.01},
        {"optimizer": "adagrad", "activation": "elu", "gradient_clip": "global_norm", "clip_limit": 0.05},
        {"nesterov": True, "normalization": "batch", "residual": True, "weight_decay": 0.1},
    ],
)
def test_the_trainer_does_what_keras_does(changes: dict[str, object]) -> None:
    config = NETWORK.with_changes(**changes)
    network, data = started(config, 2, seed=0), make_dataset(config)
    model = keras_twin(config, network)
    orders = np.random.default_rng(0)
    for _ in range(config.epochs):
        order = orders.permutation(config.n_train)
        x, y = data.x_train[order].astype(float), data.y_train[order].astype(float)
        model.train_on_batch(x, y)
        network.step(np.stack([x, x]), np.stack([y, y]))
    logits = network.forward(data.x_val)[0]
    np.testing.assert_allclose(expit(logits[0]), model(data.x_val).numpy()[:, 0], atol=2e-5)


def test_what_it_trains_learns() -> None:
    seen = evidence(NETWORK.with_changes(dataset="gaussians", noise=0.3, num_hidden_layers=1, epochs=20), replicates=2)
    assert seen.learned == 2
    assert "2 of 2 learn" in str(seen)


def test_layers_are_scaled_to_unit_variance_where_they_are_to_be() -> None:
    network = started(NETWORK.with_changes(kernel_initializer="lsuv"), 3, seed=0)
    seen = network.forward(make_dataset(NETWORK).x_train)[1]
    np.testing.assert_allclose([saw["pre"].std(axis=(1, 2)) for saw in seen[:-1]], 1)


def test_hidden_layers_of_one_shape_share_a_draw_where_they_are_to() -> None:
    first, second, third, output = [
        layer["kernel"] for layer in started(NETWORK.with_changes(shared_draw=True), 2, seed=0).layers
    ]
    np.testing.assert_array_equal(second, third)
    assert first.shape != second.shape != output.shape and not np.array_equal(second[0], second[1])


def test_every_epoch_is_trained() -> None:
    assert list(training(started(NETWORK, 1, seed=0), NETWORK)) == [1, 2, 3]


@pytest.mark.parametrize("noise", [0.4, 1.0])
def test_the_best_for_two_gaussians_is_the_closed_form(noise: float) -> None:
    expected = norm.cdf(np.hypot(0.5, 0.5) / noise)
    assert best_accuracy("gaussians", 4000, noise, 1) == pytest.approx(expected, abs=0.02)


def test_the_best_for_noisy_xor_is_the_sign_of_the_product() -> None:
    config = RunConfig(dataset="xor", noise=0.3, n_samples=4000)
    x = np.random.default_rng(1)
    points = x.uniform(-1, 1, (4000, 2))
    noisy = points + 0.3 * x.standard_normal(points.shape)
    right = (points.prod(axis=1) < 0) == (noisy.prod(axis=1) < 0)
    assert best_of(config) == pytest.approx(right[2000:].mean(), abs=0.01)


def test_without_noise_all_can_be_right() -> None:
    assert best_of(RunConfig(noise=0)) == 1


@pytest.mark.parametrize("dataset", ["circles", "moons", "xor"])
def test_no_logistic_regression_beats_the_best_line(dataset: str) -> None:
    config = RunConfig(dataset=dataset, noise=0.1)
    data = make_dataset(config)
    regression = LogisticRegression(C=1e6).fit(data.x_val, data.y_val)
    assert regression.score(data.x_val, data.y_val) <= line_accuracy(config) <= 1


def test_a_line_parts_what_lies_apart() -> None:
    assert line_accuracy(RunConfig(dataset="gaussians", noise=0.1)) == 1


def test_good_settings_learn_in_a_few_epochs_but_not_in_none() -> None:
    moons = RunConfig(dataset="moons", n_samples=200, epochs=60)
    assert 1 <= needed_epochs(moons) <= 60
    assert needed_epochs(RunConfig(dataset="spirals", n_samples=200, epochs=1)) == np.inf
