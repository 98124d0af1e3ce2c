from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from vgdemo.ceiling import MOST_POINTS, ceiling
from vgdemo.config import RunConfig
from vgdemo.data import MAKERS, make_dataset
from vgdemo.sequences import TASKS, reachable_accuracy

CLEAN_POINTS = 3000  # Of each data set, drawn by another seed; what lies between them is far below the noise.


def best_possible(config: RunConfig) -> float:
    """Accuracy of the Bayes classifier on the validation half, from the densities by which the points were drawn.

    A class has the density of its points without noise, a Monte Carlo draw, blurred by the noise.
    """
    points, classes = MAKERS[config.dataset](config.n_samples, config.noise, config.data_seed)
    clean, clean_classes = MAKERS[config.dataset](CLEAN_POINTS, 0, 12345)
    validation = points[config.n_train :]

    def density(of_class: int) -> NDArray[np.float64]:
        distances = ((validation[:, None] - clean[clean_classes == of_class]) ** 2).sum(axis=-1)
        return np.asarray(np.exp(-distances / 2 / config.noise**2).mean(axis=1))

    return float(((density(1) > density(0)) == classes[config.n_train :]).mean())


@pytest.mark.parametrize(
    ("dataset", "noise", "known"),
    [
        ("circles", 0.1, 0.85),
        ("circles", 0.3, 0.63),
        ("moons", 0.3, 0.9),
        ("moons", 1, 0.66),
        ("xor", 0.1, 0.91),
        ("xor", 0.3, 0.77),
        ("spirals", 0.1, 0.91),
        ("spirals", 0.3, 0.65),
        ("gaussians", 0.5, 0.92),
    ],
)
def test_the_ceiling_is_near_the_best_possible(dataset: str, noise: float, known: float) -> None:
    config = RunConfig(dataset=dataset, noise=noise)
    assert -0.045 < ceiling(config) - best_possible(config) < 0.02
    assert ceiling(config) == pytest.approx(known, abs=0.035)


@pytest.mark.parametrize("dataset", [name for name in MAKERS if name != "gaussians"])
def test_points_without_noise_can_be_told_apart(dataset: str) -> None:
    assert ceiling(RunConfig(dataset=dataset, noise=0)) >= 0.97


@pytest.mark.parametrize("data_seed", range(6))
def test_the_ceiling_is_never_below_the_larger_class(data_seed: int) -> None:
    config = RunConfig(noise=1, n_samples=100, data_seed=data_seed)
    assert ceiling(config) >= make_dataset(config).majority_share


def test_of_many_points_some_are_fitted() -> None:
    config = RunConfig(dataset="circles", noise=1, n_samples=10_000)
    began = time.process_time()
    assert config.n_train > 9 * MOST_POINTS and ceiling(config) < 0.56
    assert time.process_time() - began < 2


def test_the_same_points_are_fitted_once() -> None:
    config = RunConfig(dataset="xor", noise=0.25)
    ceiling(config)
    began = time.process_time()
    assert ceiling(config.with_changes(activation="relu", epochs=7)) == ceiling(config)
    assert time.process_time() - began < 0.05


@pytest.mark.parametrize("task", TASKS)
def test_of_sequences_the_ceiling_is_what_the_best_answer_can_expect(task: str) -> None:
    config = RunConfig(network="gru", dataset=task, time_steps=5, noise=0.6)
    assert ceiling(config) == reachable_accuracy(task, 5, 0.6) > 0.7


def test_where_few_sequences_are_of_one_class_by_chance_that_counts() -> None:
    config = RunConfig(network="gru", dataset="waves", time_steps=2, noise=1, n_samples=100, data_seed=7)
    assert ceiling(config) == make_dataset(config).majority_share > reachable_accuracy("waves", 2, 1)
