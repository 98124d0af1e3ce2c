"""What theory says of a layer, against random networks that NumPy draws, and against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit

from vgdemo.activations import ACTIVATIONS
from vgdemo.theory import factors

SLOPES = {
    "sigmoid": (expit, lambda h: expit(h) * (1 - expit(h))),
    "tanh": (np.tanh, lambda h: 1 - np.tanh(h) ** 2),
    "silu": (lambda h: h * expit(h), lambda h: expit(h) * (1 + h * (1 - expit(h)))),
}


def drawn(name: str, depth: int, width: int, deviation: float) -> float:
    """The factor per layer on a random direction that goes through a random network: the mean of its logarithm."""
    function, slope = SLOPES[name]
    generator, logarithms = np.random.default_rng(0), []
    for _draw in range(20):
        signal, direction = generator.standard_normal((2, width))
        length = np.linalg.norm(direction)
        for kernel in generator.normal(0, deviation, (depth, width, width)):
            before = signal @ kernel
            signal, direction = function(before), direction @ kernel * slope(before)
        logarithms.append(math.log(np.linalg.norm(direction) / length))
    return math.exp(np.mean(logarithms) / depth)


@pytest.mark.parametrize(
    ("name", "variance", "scale"),
    [("sigmoid", 1 / 100, 0.58**2), ("sigmoid", 1 / 100, 1.0), ("tanh", 1 / 100, 0.05), ("silu", 2 / 100, 1.0)],
)
def test_the_factor_is_that_of_random_networks(name: str, variance: float, scale: float) -> None:
    measured = drawn(name, 20, 100, math.sqrt(scale * variance))
    assert factors(ACTIVATIONS[name], 20, 100, scale).actual == pytest.approx(measured, rel=0.1)


def test_a_relu_contributes_what_its_weights_do() -> None:
    """With He's variance χ is 1; a share s of it leaves √s of the gradient in each wide layer."""
    wide = factors(ACTIVATIONS["relu"], 50, 10_000, 0.25)
    assert (wide.actual, wide.weights, wide.width) == pytest.approx((0.5, 1, 0.5), rel=2e-3)
    assert wide.leading == "weights"


def test_width_contributes_what_chance_takes() -> None:
    """A product of N squared normal weights: its mean logarithm, by drawing them."""
    squares = np.random.default_rng(1).standard_normal((200_000, 3)) ** 2
    narrow = factors(ACTIVATIONS["linear"], 10, 3, 1)
    assert narrow.actual == pytest.approx(math.exp(np.log(squares.mean(axis=1)).mean() / 2), rel=0.01)
    assert narrow.width == pytest.approx(1)
    assert narrow.leading == "width"


@pytest.mark.parametrize(
    ("activation", "depth", "width", "scale", "part"),
    [
        ("sigmoid", 20, 100, 0.58**2, "slope"),  # With a gain of 1 it is still ×0.24 per layer.
        ("sigmoid", 20, 5, 1, "slope"),
        ("silu", 24, 16, 1, "slope"),  # He's variance makes χ 1/2.
        ("tanh", 10, 256, 0.05, "weights"),
        ("relu", 50, 16, 0.5, "weights"),
        ("linear", 8, 16, 0.09, "weights"),
        ("tanh", 20, 32, 25, "weights"),
        ("relu", 20, 5, 1, "width"),
        ("tanh", 50, 1, 1, "width"),
    ],
)
def test_the_part_that_counts_is_the_one_that_mends_most(
    activation: str, depth: int, width: int, scale: float, part: str
) -> None:
    assert factors(ACTIVATIONS[activation], depth, width, scale).leading == part


def test_weights_beyond_all_bounds_have_a_factor_still() -> None:
    for scale in (1e-30, 1e30):
        assert all(0 < value < math.inf for value in factors(ACTIVATIONS["relu"], 50, 5, scale))
