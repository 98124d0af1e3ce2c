"""`keras.Model.fit` on the first weights and the batch order of a replicate of a run."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from vgdemo.config import RunConfig
from vgdemo.data import Dataset, make_dataset
from vgdemo.network.initializers import BATCH_ORDER_STREAM, generator, initial_kernels

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


@dataclass(frozen=True)
class Reference:
    """What Keras made of one replicate.

    Attributes:
        curves: (epochs + 1, 4): training loss and accuracy, validation loss and accuracy, from epoch 0.
        kernels: Those of layers 1 to H + 1 after the last epoch.
    """

    curves: NDArray[np.float64]
    kernels: list[NDArray[np.float32]]


def fit(config: RunConfig, replicate: int) -> Reference:
    """Train with Keras; it is told the order of each epoch by reordering the data."""
    data = make_dataset(config)
    order = generator(config, replicate, BATCH_ORDER_STREAM)
    model = _model(config, [kernel[replicate] for kernel in initial_kernels(config)])
    curves = [_evaluate(model, data)]
    for _ in range(config.epochs):
        points = order.permutation(config.n_train)
        model.fit(data.x_train[points], data.y_train[points], config.batch_size, shuffle=False, verbose=0)
        curves.append(_evaluate(model, data))
    return Reference(np.array(curves), [layer.get_weights()[0] for layer in model.layers])


def _model(config: RunConfig, kernels: list[NDArray[np.float32]]) -> keras.Model:
    hidden = [keras.layers.Dense(config.units, activation=config.activation) for _ in range(config.num_hidden_layers)]
    model = keras.Sequential([keras.Input((2,)), *hidden, keras.layers.Dense(1, activation="sigmoid")])
    for layer, kernel in zip(model.layers, kernels, strict=True):
        layer.set_weights([kernel, np.zeros(kernel.shape[1])])
    model.compile(_optimizer(config), loss="binary_crossentropy", run_eagerly=True)  # Tracing takes longer than this.
    return model


def _optimizer(config: RunConfig) -> keras.Optimizer:
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(config.learning_rate, config.momentum, config.nesterov)
    return keras.optimizers.get({"class_name": config.optimizer, "config": {"learning_rate": config.learning_rate}})


def _evaluate(model: keras.Model, data: Dataset) -> list[float]:
    return [*_loss_and_accuracy(model, data.x_train, data.y_train), *_loss_and_accuracy(model, data.x_val, data.y_val)]


def _loss_and_accuracy(model: keras.Model, x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[float, float]:
    predicted = model(x)[:, 0]
    accuracy = np.mean(keras.metrics.binary_accuracy(y, predicted))
    return float(keras.losses.binary_crossentropy(y, predicted)), float(accuracy)
