"""What the engine replaces: `keras.Model.fit` with a callback that records the same statistics."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from vgdemo.config import RunConfig
from vgdemo.data import Dataset, make_dataset
from vgdemo.statistics import gradient_histograms, gradient_statistics, kernel_statistics, update_statistics


class Recorder(keras.callbacks.Callback):
    """Gradients, kernels, activations and the loss on the training half, at the end of each epoch."""

    def __init__(self, model: keras.Model, data: Dataset) -> None:
        super().__init__()
        self._data = data
        self._kernels = [layer.kernel for layer in model.layers if isinstance(layer, keras.layers.Dense)]
        self._hidden = [layer.output for layer in model.layers if isinstance(layer, keras.layers.Activation)][:-1]
        self._inside = keras.Model(model.inputs, [*self._hidden, model.outputs[0]])
        self._previous = [_entries(kernel) for kernel in self._kernels]
        self._probe = tf.function(self._gradients_and_activations)
        self.epochs: list[list[dict[str, float]]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Measure on the probe."""
        self.model.evaluate(self._data.x_train, self._data.y_train, batch_size=len(self._data.y_train), verbose=0)
        gradients, activations = self._probe()
        kernels = [_entries(kernel) for kernel in self._kernels]
        layers = [
            gradient_statistics(gradient)
            | {"histogram": gradient_histograms(gradient)}
            | kernel_statistics(kernel)
            | update_statistics(kernel, previous)
            for gradient, kernel, previous in zip(map(_entries, gradients), kernels, self._previous, strict=True)
        ]
        for layer, activation in zip(layers, activations, strict=False):
            layer |= _activation_statistics(activation.numpy())
        self._previous = kernels
        self.epochs.append(layers)

    def _gradients_and_activations(self) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            *activations, predicted = self._inside(self._data.x_train)
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(self._data.y_train[:, None], predicted))
        return tape.gradient(loss, [kernel.value for kernel in self._kernels]), activations


def _entries(tensor: tf.Tensor) -> np.ndarray:
    return tensor.numpy().ravel()


def _activation_statistics(activations: np.ndarray) -> dict[str, float]:
    return {
        "mean": activations.mean(),
        "deviation": activations.std(),
        "saturated": (activations <= 0).mean(),  # As it is for ReLU, with which this is compared.
        "dead": (activations == 0).all(axis=0).mean(),
    }


def fit(config: RunConfig) -> None:
    """Train one replicate of a run with Keras, recording."""
    data = make_dataset(config)
    model = keras.Sequential([keras.Input((2,))])
    for _ in range(config.num_hidden_layers):
        model.add(keras.layers.Dense(config.units, kernel_initializer=config.kernel_initializer))
        model.add(keras.layers.Activation(config.activation))
    model.add(keras.layers.Dense(1, kernel_initializer=config.output_initializer))
    model.add(keras.layers.Activation("sigmoid"))
    train(model, config, data, Recorder(model, data))


def train(model: keras.Model, config: RunConfig, data: Dataset, recorder: keras.callbacks.Callback) -> None:
    """Train a model of a run's network as the run says, by SGD."""
    optimizer = keras.optimizers.SGD(config.learning_rate, config.momentum)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    model.fit(
        data.x_train,
        data.y_train,
        config.batch_size,
        config.epochs,
        verbose=0,
        validation_data=(data.x_val, data.y_val),
        callbacks=[recorder],
    )
