from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vgdemo.config import RunConfig
from vgdemo.figures import Figure, phases
from vgdemo.theory import fixed_point


def picture(activation: str, weight_variance: float, **settings: float) -> Figure:
    config = RunConfig(activation=activation, kernel_initializer="he_normal", **settings)  # type: ignore[arg-type]
    return phases(config, fixed_point(activation, weight_variance * config.gain**2))


def trace(figure: Figure, name: str) -> Any:
    return next(one for one in figure.data if one.name == name)


@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_a_relu_network_changes_its_gradient_by_the_gain_in_each_layer(gain: float) -> None:
    """With He's variance χ is the gain squared, wherever the run itself stands."""
    factors = trace(picture("relu", 2.0, gain=gain), "factor on the gradient")
    exponents = np.asarray(factors["z"])
    gains, depths = np.asarray(factors["x"]), np.asarray(factors["y"])
    np.testing.assert_allclose(exponents, (depths[:, None] - 1) * gains, atol=1e-4)


def test_the_network_is_a_point() -> None:
    point = trace(picture("relu", 2.0, gain=2.0, num_hidden_layers=7), "this network")
    assert (point.x[0], point.y[0]) == (pytest.approx(np.log10(2)), 7)


@pytest.mark.parametrize(("activation", "weight_variance"), [("tanh", 1.0), ("linear", 1.0), ("relu", 2.0)])
def test_the_edge_lies_at_the_textbook_variance(activation: str, weight_variance: float) -> None:
    figure = picture(activation, weight_variance)
    assert trace(figure, "χ = 1").x == pytest.approx((0, 0), abs=0.05)
    assert [one.text for one in figure.layout.annotations] == ["ordered", "chaotic"]


def test_a_sigmoid_network_is_ordered_at_every_gain() -> None:
    figure = picture("sigmoid", 1.0)
    assert [one.text for one in figure.layout.annotations] == ["ordered"]
    assert "χ = 1" not in {one.name for one in figure.data}
    assert "ordered" in figure.layout.title.subtitle.text


def test_gain_and_factor_are_drawn_as_logarithms() -> None:
    assert picture("relu", 2.0).layout.meta["log10"] == ["xaxis", "z"]


def test_the_names_of_the_phases_stand_inside_the_picture() -> None:
    layout = picture("tanh", 1.0).layout
    low, high = layout.yaxis.range
    assert all(low < name.y < high for name in layout.annotations)
