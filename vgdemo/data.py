"""The data sets: two classes of points in the plane, or of sequences of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.preprocessing import MinMaxScaler

from vgdemo.config import RunConfig
from vgdemo.sequences import TASKS, make_sequences

Points = tuple[NDArray[np.float64], NDArray[np.int64]]


@dataclass(frozen=True)
class Dataset:
    """The points of a run, inputs scaled to [-1, 1] over both halves as the article does, or its sequences as they are.

    Attributes:
        x_train: (N, 2) inputs of the training half, which is also the probe; (N, T, 2) of sequences of T time steps.
        y_train: (N,) classes, 0 or 1.
        x_val: (M, 2) or (M, T, 2) inputs of the validation half.
        y_val: (M,) classes.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.float32]
    x_val: NDArray[np.float32]
    y_val: NDArray[np.float32]

    @property
    def majority_share(self) -> float:
        """Validation accuracy of always answering the larger class."""
        share = float(self.y_val.mean())
        return max(share, 1 - share)


def make_dataset(config: RunConfig) -> Dataset:
    """Draw the points of a run; the same settings always give the same points.

    Example:
        >>> data = make_dataset(RunConfig())
        >>> data.x_train.shape, round(data.majority_share, 3)
        ((500, 2), 0.504)
        >>> make_dataset(RunConfig(network="gru", time_steps=20)).x_val.shape
        (500, 20, 2)
    """
    x, classes = _inputs_and_classes(config)
    y = classes.astype(np.float32)
    half = config.n_train
    return Dataset(x_train=x[:half], y_train=y[:half], x_val=x[half:], y_val=y[half:])


def _inputs_and_classes(config: RunConfig) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    if config.dataset in TASKS:
        return make_sequences(config.dataset, config.n_samples, config.time_steps, config.noise, config.data_seed)
    points, classes = MAKERS[config.dataset](config.n_samples, config.noise, config.data_seed)
    return MinMaxScaler((-1, 1)).fit_transform(points).astype(np.float32), classes


def _circles(n_samples: int, noise: float, seed: int) -> Points:
    return datasets.make_circles(n_samples, noise=noise, random_state=seed)  # type: ignore[no-any-return]


def _moons(n_samples: int, noise: float, seed: int) -> Points:
    return datasets.make_moons(n_samples, noise=noise, random_state=seed)  # type: ignore[no-any-return]


def _gaussians(n_samples: int, noise: float, seed: int) -> Points:
    return datasets.make_blobs(  # type: ignore[no-any-return]
        n_samples, centers=[(-0.5, -0.5), (0.5, 0.5)], cluster_std=noise, random_state=seed
    )


def _xor(n_samples: int, noise: float, seed: int) -> Points:
    generator = np.random.default_rng(seed)
    x = generator.uniform(-1, 1, (n_samples, 2))
    y = (x[:, 0] * x[:, 1] < 0).astype(np.int64)
    return x + noise * generator.standard_normal(x.shape), y


def _spirals(n_samples: int, noise: float, seed: int) -> Points:
    """Two arms of Archimedes' spiral, 1.5 turns each, radius 0 to 1."""
    generator = np.random.default_rng(seed)
    y = generator.permutation(n_samples) % 2
    radius = np.sqrt(generator.uniform(0, 1, n_samples))
    angle = 3 * np.pi * radius + np.pi * y
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + noise * generator.standard_normal(x.shape), y


MAKERS: dict[str, Callable[[int, float, int], Points]] = {
    "circles": _circles,
    "moons": _moons,
    "xor": _xor,
    "spirals": _spirals,
    "gaussians": _gaussians,
}
