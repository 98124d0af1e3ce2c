"""The same network in plain Keras, trained by `keras.Model.fit` on the same batches."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from vgdemo.config import RunConfig
from vgdemo.data import Dataset, make_dataset
from vgdemo.engine.training import Training
from vgdemo.network.initializers import BATCH_ORDER_STREAM, generator
from vgdemo.record import CURVES, RunRecord

SMALL = RunConfig(  # Trains in a blink. 50 points in batches of 16 leave a last batch of 2.
    n_samples=100,
    batch_size=16,
    num_hidden_layers=3,
    units=4,
    epochs=3,
    replicates=2,
    kernel_initializer="glorot_uniform",
    output_initializer="glorot_uniform",
    learning_rate=0.05,
)
SMALL_RECURRENT = RunConfig(
    network="simple_rnn",
    n_samples=100,
    batch_size=16,
    time_steps=6,
    units=4,
    epochs=3,
    replicates=2,
    learning_rate=0.05,
)
RECURRENT = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
NORMALIZATIONS = {"batch": keras.layers.BatchNormalization, "layer": keras.layers.LayerNormalization}
OPTIMIZERS = {
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adagrad": keras.optimizers.Adagrad,
    "adam": keras.optimizers.Adam,
}
CLIPS = {"global_norm": "global_clipnorm", "value": "clipvalue"}


def assert_trains_as_keras(config: RunConfig) -> None:
    """Compare the last replicate: in the first a mix-up of replicates would not show."""
    replicate = config.replicates - 1
    training = Training(config)
    twin = keras_twin(config, [kernel[replicate] for kernel in training.kernels])
    record = RunRecord.joined(list(training.chunks()))
    curves = np.stack([record.curve_arrays[name][:, replicate] for name in CURVES], axis=1)
    np.testing.assert_allclose(curves, fit_as(config, replicate, twin), rtol=1e-4)
    for ours, variable in zip(training.kernels, kernels_of(twin), strict=True):
        kernel = variable.numpy()
        np.testing.assert_allclose(ours[replicate], kernel, rtol=1e-4, atol=1e-4 * np.abs(kernel).mean())


def keras_twin(config: RunConfig, kernels: list[NDArray[np.float32]]) -> keras.Model:
    """Keras's model of a run, compiled, with the given first kernels of one replicate, (inputs, outputs) each."""
    if config.architecture.is_recurrent:
        return _compiled(config, _recurrent(config), kernels)
    values = inputs = keras.Input((2,))
    for _ in range(config.num_hidden_layers):
        hidden = keras.layers.Dense(config.units)(values)
        if config.normalization != "none":
            hidden = NORMALIZATIONS[config.normalization]()(hidden)
        hidden = keras.layers.Activation(config.activation)(hidden)
        skips = config.residual and values.shape[-1] == config.units
        values = keras.layers.Add()([hidden, values]) if skips else hidden
    return _compiled(config, keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(values)), kernels)


def _recurrent(config: RunConfig) -> keras.Model:
    make, settings = RECURRENT[config.network], {"activation": config.activation}
    if config.network == "lstm":
        settings["unit_forget_bias"] = config.unit_forget_bias
    below = [make(config.units, return_sequences=True, **settings) for _ in range(config.num_hidden_layers - 1)]
    layers = [*below, make(config.units, **settings), keras.layers.Dense(1, activation="sigmoid")]
    return keras.Sequential([keras.Input((config.time_steps, 2)), *layers])


def _compiled(config: RunConfig, model: keras.Model, kernels: list[NDArray[np.float32]]) -> keras.Model:
    for variable, kernel in zip(kernels_of(model), kernels, strict=True):
        variable.assign(kernel)
    model.compile(
        _optimizer(config), "binary_crossentropy", run_eagerly=True
    )  # Tracing takes longer than so few steps.
    return model


def fit_as(config: RunConfig, replicate: int, model: keras.Model) -> NDArray[np.float64]:
    """Train on the batches of one replicate; (epochs + 1, 4) losses and accuracies in the order of `CURVES`."""
    data, order = make_dataset(config), generator(config, replicate, BATCH_ORDER_STREAM)
    curves = [_evaluate(model, data)]
    for _ in range(config.epochs):
        points = order.permutation(config.n_train)
        model.fit(data.x_train[points], data.y_train[points], config.batch_size, shuffle=False, verbose=0)
        curves.append(_evaluate(model, data))
    return np.array(curves)


def kernels_of(model: keras.Model) -> list[keras.Variable]:
    """The kernels, in the order of data flow."""
    return [weight for weight in model.trainable_weights if weight.name in ("kernel", "recurrent_kernel")]


def _optimizer(config: RunConfig) -> keras.optimizers.Optimizer:
    settings = {"learning_rate": config.learning_rate, "weight_decay": config.weight_decay or None}
    if config.optimizer == "sgd":
        settings |= {"momentum": config.momentum, "nesterov": config.nesterov}
    if config.gradient_clip != "none":
        settings[CLIPS[config.gradient_clip]] = config.clip_limit
    return OPTIMIZERS[config.optimizer](**settings)


def _evaluate(model: keras.Model, data: Dataset) -> list[float]:
    return [*_loss_and_accuracy(model, data.x_train, data.y_train), *_loss_and_accuracy(model, data.x_val, data.y_val)]


def _loss_and_accuracy(model: keras.Model, x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[float, float]:
    predicted = model(x)[:, 0]
    accuracy = np.mean(keras.metrics.binary_accuracy(y, predicted))
    return float(keras.losses.binary_crossentropy(y, predicted)), float(accuracy)
