import numpy as np
import pytest

from vgdemo.config import DATASETS, RunConfig
from vgdemo.data import make_dataset
from vgdemo.theory.point_pairs import PointPairs


def laplace_like(inner: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """A smooth covariance of radii and angle that is no polynomial."""
    return np.exp(inner - (first**2 + second**2) / 2)


@pytest.mark.parametrize("dataset", DATASETS)
def test_means_agree_with_the_sum_over_all_pairs(dataset: str) -> None:
    data = make_dataset(RunConfig(dataset=dataset))
    points, weights = data.x_train.astype(float), data.y_train - 0.5
    pairs = PointPairs(points)
    radius = np.hypot(*points.T)
    expected = weights @ laplace_like(points @ points.T, radius[:, None], radius) @ weights / len(points) ** 2
    kernel = laplace_like(pairs.inner_products, pairs.radii[:, None, None], pairs.radii[:, None])
    assert pairs.mean(kernel, pairs.moments(weights[None])) == pytest.approx(expected, rel=1e-3)


def test_values_at_the_points_follow_the_radius() -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    pairs = PointPairs(points)
    np.testing.assert_allclose(pairs.at_points(np.cos(pairs.radii)), np.cos(np.hypot(*points.T)), atol=1e-6)


def test_points_may_share_one_radius() -> None:
    angle = np.linspace(0, 6, 20)
    pairs = PointPairs(np.stack([np.cos(angle), np.sin(angle)], axis=1))
    expected = np.mean(np.cos(angle[:, None] - angle))
    computed = pairs.mean(pairs.inner_products, pairs.moments(np.ones((1, 20))))
    assert computed == pytest.approx(expected, rel=1e-4)


def test_random_functions_have_their_covariance() -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (6, 2))
    pairs = PointPairs(points)
    kernel = laplace_like(pairs.inner_products, pairs.radii[:, None, None], pairs.radii[:, None])
    draws = pairs.normal_functions(kernel, 40_000)
    radius = np.hypot(*points.T)
    expected = laplace_like(points @ points.T, radius[:, None], radius)
    np.testing.assert_allclose(draws.T @ draws / len(draws), expected, atol=0.03)
