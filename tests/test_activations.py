from __future__ import annotations

import keras
import numpy as np
import pytest
from scipy.stats import norm

from vgdemo.activations import ACTIVATIONS, Activation
from vgdemo.initializers import INITIALIZERS

POINTS = np.linspace(-6, 6, 241) + 0.0123  # None of them at the kink.
each_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)


def test_every_row_stands_under_its_own_name() -> None:
    assert [activation.name for activation in ACTIVATIONS.values()] == list(ACTIVATIONS)


@each_activation
def test_functions_are_those_of_keras(activation: Activation) -> None:
    expected = keras.ops.convert_to_numpy(keras.activations.get(activation.name)(POINTS.astype(np.float32)))
    np.testing.assert_allclose(activation.function(POINTS), expected, rtol=1e-4, atol=1e-5)


@each_activation
def test_slopes_are_the_derivatives(activation: Activation) -> None:
    step = 1e-5
    difference = (activation.function(POINTS + step) - activation.function(POINTS - step)) / (2 * step)
    np.testing.assert_allclose(activation.slope(POINTS), difference, rtol=1e-6, atol=1e-9)


@each_activation
def test_no_slope_is_steeper_than_the_steepest(activation: Activation) -> None:
    slopes = np.abs(activation.slope(np.linspace(-30, 30, 600_001)))
    assert slopes.max() == pytest.approx(activation.steepest_slope, abs=5e-5)


@each_activation
def test_an_s_shape_is_flat_on_both_sides(activation: Activation) -> None:
    flat = np.abs(activation.slope(np.array([-10.0, 10.0]))) < 0.05 * activation.steepest_slope
    assert flat.all() == activation.is_s_shaped


@each_activation
def test_an_even_slope_is_the_same_on_both_sides(activation: Activation) -> None:
    assert np.allclose(activation.slope(POINTS), activation.slope(-POINTS)) == activation.has_even_slope


@each_activation
def test_a_small_slope_shrinks_the_gradient_where_weights_keep_the_signal(activation: Activation) -> None:
    signal, gradient = (
        norm.expect(lambda h, of=of: of(np.array(h)) ** 2, lb=-9, ub=9, points=[0])
        for of in (activation.function, activation.slope)
    )
    assert (gradient < signal / 2) == activation.has_small_slope


@each_activation
def test_units_die_where_value_and_slope_are_0_on_a_whole_side(activation: Activation) -> None:
    side = -np.geomspace(1e-3, 10, 50)
    is_silent = not (activation.function(side).any() or activation.slope(side).any())
    assert is_silent == activation.can_die


@each_activation
def test_the_suited_initializer_has_mean_0_and_an_author(activation: Activation) -> None:
    suited = INITIALIZERS[activation.suited]
    assert suited.mean == 0
    assert suited.author
    assert not suited.looks_at_data


@pytest.mark.parametrize(
    ("name", "author"), [("tanh", "Glorot"), ("sigmoid", "Glorot"), ("selu", "LeCun"), ("relu", "He"), ("mish", "He")]
)
def test_activations_have_the_initializer_of_their_papers(name: str, author: str) -> None:
    assert INITIALIZERS[ACTIVATIONS[name].suited].author == author
