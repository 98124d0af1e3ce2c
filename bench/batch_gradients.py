"""How much the points in it change a gradient: mean |g| of the whole training half, and of batches.

Keras's callback for TensorBoard with `write_grads=True` took gradients of the validation half, batch by batch. Here
they are taken of the whole training half, where the points pull against one another. Keras alone is at work in this.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.presets import DEEP_RELU, DEEP_TANH
from vgdemo.wording import number

NETWORKS, EVERY = 10, 25  # Networks of each experiment; epochs between two looks.
WHOLE, BATCHES, LARGEST = "of the whole training half", "of batches of 32", "largest entry, of batches of 32"
ROWS = {"6, output": (DEEP_TANH, -1), "6, layer 1": (DEEP_TANH, 0), "7, layer 1": (DEEP_RELU, 0)}
INITIALIZERS: dict[str, Callable[[], keras.Initializer]] = {
    "uniform_0_1": lambda: keras.initializers.RandomUniform(0, 1),
    "he_uniform": keras.initializers.HeUniform,
    "glorot_uniform": keras.initializers.GlorotUniform,
}

Halves = tuple[np.ndarray, np.ndarray]


class Network:
    """One network of the article's, each layer with an initialiser of its own."""

    def __init__(self, config: RunConfig) -> None:
        names = [config.kernel_initializer] * config.num_hidden_layers + [config.output_initializer]
        *hidden, output = [INITIALIZERS[name]() for name in names]
        layers = [keras.layers.Dense(config.units, config.activation, kernel_initializer=draw) for draw in hidden]
        last = keras.layers.Dense(1, "sigmoid", kernel_initializer=output)
        self._model = keras.Sequential([keras.Input((2,)), *layers, last])
        self._optimizer = keras.optimizers.SGD(config.learning_rate, config.momentum)
        self._optimizer.build(self._model.trainable_variables)
        self._batch_size = config.batch_size
        self.train_epoch = tf.function(self._train_epoch)
        self.gradients = tf.function(self._gradients, reduce_retracing=True)

    def batches(self, half: Halves) -> list[Halves]:
        """A half of the points in batches, in its order."""
        starts = range(0, len(half[0]), self._batch_size)
        return [
            (half[0][start : start + self._batch_size], half[1][start : start + self._batch_size]) for start in starts
        ]

    def _gradients(self, points: tf.Tensor, labels: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(labels[:, None], self._model(points)))
        return tape.gradient(loss, [variable.value for variable in self._model.trainable_variables])

    def _train_epoch(self, points: tf.Tensor, labels: tf.Tensor) -> None:
        for start in range(0, points.shape[0], self._batch_size):
            stop = start + self._batch_size
            gradients = self._gradients(points[start:stop], labels[start:stop])
            self._optimizer.apply(gradients, self._model.trainable_variables)


def sizes(config: RunConfig) -> Iterator[dict[str, np.ndarray]]:
    """For each network, a size of each kernel's gradient for every way to take it, averaged over the training."""
    data = make_dataset(config)
    whole, held_out = (data.x_train, data.y_train), (data.x_val, data.y_val)
    for seed in range(NETWORKS):
        keras.utils.set_random_seed(seed)
        network, orders = Network(config), np.random.default_rng(seed)
        looks = []
        for epoch in range(config.epochs):
            order = orders.permutation(len(data.x_train))
            network.train_epoch(tf.constant(data.x_train[order]), tf.constant(data.y_train[order]))
            if epoch % EVERY == 0:
                looks.append(_look(network, whole, held_out))
        print(".", end="", file=sys.stderr, flush=True)
        yield {name: np.mean([look[name] for look in looks], axis=0) for name in looks[0]}


def _look(network: Network, whole: Halves, held_out: Halves) -> dict[str, np.ndarray]:
    batches = [_kernels(network, *batch) for batch in network.batches(held_out)]
    return {
        WHOLE: np.array([size.mean() for size in _kernels(network, *whole)]),
        BATCHES: np.mean([[size.mean() for size in kernels] for kernels in batches], axis=0),
        LARGEST: np.mean([[size.max() for size in kernels] for kernels in batches], axis=0),
    }


def _kernels(network: Network, points: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """|g| of each kernel; every other variable is a bias."""
    return [np.abs(gradient.numpy()) for gradient in network.gradients(tf.constant(points), tf.constant(labels))[::2]]


def main() -> None:
    """Train with Keras alone, and print the median of the networks."""
    measured = {config: list(sizes(config)) for config in (DEEP_TANH, DEEP_RELU)}
    for row, (config, layer) in ROWS.items():
        medians = {
            name: np.median([one[name][layer] for one in measured[config]]) for name in (WHOLE, BATCHES, LARGEST)
        }
        print(f"{row}: " + "; ".join(f"{number(float(median))} {name}" for name, median in medians.items()))


if __name__ == "__main__":
    main()
