from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_circles
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import MinMaxScaler

from vgdemo.config import DATASETS, RunConfig
from vgdemo.data import Dataset, make_dataset
from vgdemo.sequences import TASKS, make_sequences


def points_of(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([data.x_train, data.x_val]), np.concatenate([data.y_train, data.y_val])


def test_the_default_points_are_the_articles() -> None:
    x, y = make_circles(n_samples=1000, noise=0.1, random_state=1)
    x = MinMaxScaler(feature_range=(-1, 1)).fit_transform(x)
    data = make_dataset(RunConfig())
    np.testing.assert_array_equal(data.x_train, x[:500].astype(np.float32))
    np.testing.assert_array_equal(data.x_val, x[500:].astype(np.float32))
    np.testing.assert_array_equal(np.concatenate([data.y_train, data.y_val]), y)


def test_class_0_of_the_circles_is_the_outer_one() -> None:
    x, y = points_of(make_dataset(RunConfig(noise=0)))
    radius = np.hypot(*x.T)
    assert radius[y == 0].min() > radius[y == 1].max()


@pytest.mark.parametrize("dataset", DATASETS)
def test_halves_scale_and_classes_are_as_promised(dataset: str) -> None:
    data = make_dataset(RunConfig(dataset=dataset, n_samples=401))
    assert (len(data.x_train), len(data.y_train), len(data.x_val), len(data.y_val)) == (200, 200, 201, 201)
    x, y = points_of(data)
    np.testing.assert_allclose([x.min(axis=0), x.max(axis=0)], [[-1, -1], [1, 1]], atol=1e-6)
    assert set(y) == {0, 1}
    assert {array.dtype for array in (data.x_train, data.y_train, data.x_val, data.y_val)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("dataset", DATASETS)
def test_each_half_has_about_as_many_points_of_either_class(dataset: str) -> None:
    data = make_dataset(RunConfig(dataset=dataset))
    assert 0.4 < data.y_train.mean() < 0.6
    assert 0.5 <= data.majority_share < 0.6


def test_the_majority_share_is_that_of_the_larger_class() -> None:
    nothing = np.zeros((0, 2), np.float32)
    for classes in ([1, 1, 1, 0], [0, 0, 0, 1]):
        assert Dataset(nothing, nothing, nothing, np.array(classes, np.float32)).majority_share == 0.75


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_seed_fixes_the_points_and_another_gives_others(dataset: str) -> None:
    first, again, other = (make_dataset(RunConfig(dataset=dataset, data_seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.x_train, again.x_train)
    assert not np.array_equal(first.x_train, other.x_train)


@pytest.mark.parametrize("dataset", DATASETS)
def test_noise_moves_the_points(dataset: str) -> None:
    clean, noisy = (make_dataset(RunConfig(dataset=dataset, noise=noise)) for noise in (0.0, 0.3))
    assert not np.allclose(clean.x_train, noisy.x_train, atol=0.1)


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_classes_can_be_told_apart(dataset: str) -> None:
    data = make_dataset(RunConfig(dataset=dataset, noise=0.02))
    neighbours = KNeighborsClassifier(5).fit(data.x_train, data.y_train)
    assert neighbours.score(data.x_val, data.y_val) > 0.9


@pytest.mark.parametrize("dataset", sorted(set(DATASETS) - {"gaussians"}))
def test_a_straight_line_does_not_tell_the_classes_apart(dataset: str) -> None:
    data = make_dataset(RunConfig(dataset=dataset, noise=0.02))
    assert LogisticRegression().fit(data.x_train, data.y_train).score(data.x_val, data.y_val) < 0.95


@pytest.mark.parametrize("task", TASKS)
def test_a_recurrent_run_gets_the_sequences_of_its_task_as_they_are(task: str) -> None:
    config = RunConfig(network="lstm", dataset=task, n_samples=201, time_steps=7, noise=0.2, data_seed=4, epochs=1)
    data = make_dataset(config)
    x, y = make_sequences(task, 201, 7, 0.2, 4)
    np.testing.assert_array_equal(np.concatenate([data.x_train, data.x_val]), x)
    np.testing.assert_array_equal(np.concatenate([data.y_train, data.y_val]), y)
    assert (data.x_train.shape, data.x_val.shape) == ((100, 7, 2), (101, 7, 2))
    assert {array.dtype for array in (data.x_train, data.y_train, data.x_val, data.y_val)} == {np.dtype(np.float32)}
