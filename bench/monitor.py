"""What the monitor costs beside the training of three small models on scikit-learn's digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras
import numpy as np
import psutil
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits

from bench.result import Result, repeated, seconds
from vgdemo import GradientMonitor

PROBE, BATCH, TIMES, RECORDS = 256, 32, 40, 400


def dense() -> list[layers.Layer]:
    """Five layers of tanh."""
    return [layers.Flatten(), *(layers.Dense(64, "tanh") for _ in range(5))]


def convolutional() -> list[layers.Layer]:
    """Three convolutions with batch normalisation and dropout."""
    block = [[layers.Conv2D(16, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()] for _ in range(3)]
    return [layers.Reshape((8, 8, 1)), *sum(block, []), layers.Dropout(0.3), layers.GlobalAveragePooling2D()]


def recurrent() -> list[layers.Layer]:
    """An LSTM over the 64 pixels."""
    return [layers.Reshape((64, 1)), layers.LSTM(32)]


MODELS: dict[str, Callable[[], list[layers.Layer]]] = {
    "MLP of 5 × 64 tanh": dense,
    "CNN of 3 convolutions": convolutional,
    "LSTM of 32 over 64 steps": recurrent,
}


def costs() -> Iterator[Result]:
    """A record against a training step on the probe and against an epoch, and what many records leave in memory."""
    images, labels = load_digits(return_X_y=True)
    x, y = (images / 16).reshape(-1, 8, 8).astype("float32"), labels
    for name, parts in MODELS.items():
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((8, 8)), *parts(), layers.Dense(10, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        monitor = GradientMonitor(x[:PROBE], y[:PROBE])
        yield from _of_model(name, model, monitor, x, y)


def _of_model(
    name: str, model: keras.Model, monitor: GradientMonitor, x: np.ndarray, y: np.ndarray
) -> Iterator[Result]:
    def fit(*callbacks: keras.callbacks.Callback) -> None:
        model.fit(x, y, batch_size=BATCH, verbose=0, callbacks=list(callbacks))

    fit(monitor)
    probe = tf.constant(x[:PROBE]), tf.constant(y[:PROBE])
    step = tf.function(lambda: model.train_step(probe))
    step()
    epoch = repeated(fit)
    monitor.on_train_begin()
    monitor.on_epoch_end(1)
    pairs = [(seconds(step), seconds(lambda: monitor.on_epoch_end(2))) for _ in range(TIMES)]
    steps, records = zip(*pairs, strict=True)
    yield Result(f"{name}: a record", [1000 * record for record in records], unit="ms")
    yield Result(f"{name}: a record, in training steps on its probe", [min(records) / min(steps)], 2, "steps")
    yield Result(f"{name}: a record, of an epoch", [100 * float(np.median(records) / np.median(epoch))], 5, "%")
    before = _memory()
    for _ in range(RECORDS):
        monitor.on_epoch_end(3)
    yield Result(f"{name}: memory after {RECORDS} more records", [_memory() - before], unit="MB")


def _memory() -> float:
    return float(psutil.Process().memory_info().rss / 1e6)


if __name__ == "__main__":
    for result in costs():
        print(result, flush=True)
