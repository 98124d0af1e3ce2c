import math

import numpy as np
import pytest

from vgdemo.theory import born_dead, expected_log_jacobian, inverse_width_sum


@pytest.mark.parametrize(("depth", "probability"), [(5, 0.147), (10, 0.272), (15, 0.379), (20, 0.470)])
def test_born_dead_probabilities_of_five_units(depth: int, probability: float) -> None:
    assert born_dead(depth, 5) == pytest.approx(probability, abs=5e-4)


def test_born_dead_is_the_share_of_simulated_networks_that_pass_no_signal() -> None:
    generator = np.random.default_rng(0)
    signal = np.broadcast_to([0.3, -0.8], (20_000, 2))
    for _ in range(4):
        kernels = generator.normal(size=(*signal.shape, 3))
        signal = np.maximum(np.einsum("ri,rij->rj", signal, kernels), 0)
    assert np.mean((signal == 0).all(axis=1)) == pytest.approx(born_dead(4, 3), abs=0.01)


def test_the_typical_jacobian_of_narrow_he_networks_shrinks() -> None:
    assert expected_log_jacobian([5, 5]) == pytest.approx(-0.6234, abs=5e-5)
    assert np.exp(expected_log_jacobian([5] * 21) / 2) == pytest.approx(0.0020, abs=5e-5)
    assert np.exp(expected_log_jacobian([25] * 21) / 2) == pytest.approx(0.34, abs=5e-3)


def test_the_typical_jacobian_is_that_of_simulated_networks() -> None:
    generator = np.random.default_rng(0)
    mask = generator.integers(0, 2, (200_000, 4))
    vector = mask * generator.normal(0, (2 / 3) ** 0.5, (200_000, 4))  # He with 3 units below, from a unit vector.
    alive = mask.any(axis=1)
    measured = np.log((vector[alive] ** 2).sum(axis=1)).mean()
    assert expected_log_jacobian([3, 4]) == pytest.approx(measured, abs=0.02)


def test_he_keeps_the_mean_jacobian_and_spreads_it_with_each_layer() -> None:
    """E‖Jv‖² = N_H/N_0, and E‖Jv‖⁴ is (1 + 5/N) times its square in every layer, below e^(5β)."""
    generator = np.random.default_rng(0)
    vector = np.zeros((400_000, 6))
    vector[:, 0] = 1
    for _ in range(2):
        size = np.linalg.norm(vector, axis=1, keepdims=True)
        vector = size * generator.integers(0, 2, vector.shape) * generator.normal(0, (2 / 6) ** 0.5, vector.shape)
    squares = (vector**2).sum(axis=1)
    assert squares.mean() == pytest.approx(1, rel=0.02)
    ratio = np.mean(squares**2) / np.mean(squares) ** 2
    assert ratio == pytest.approx((1 + 5 / 6) ** 2, rel=0.05)
    assert ratio < math.exp(5 * inverse_width_sum([6, 6]))


@pytest.mark.parametrize("units", range(1, 257, 5))
def test_the_sum_of_inverse_widths_has_no_rounding_errors(units: int) -> None:
    assert [inverse_width_sum([units] * depth) for depth in range(1, 51)] == [depth / units for depth in range(1, 51)]


def test_the_sum_of_inverse_widths_takes_layers_of_any_width() -> None:
    assert inverse_width_sum([2, 4, 8, 8]) == 1
