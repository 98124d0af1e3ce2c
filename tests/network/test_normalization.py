"""Against Keras's own layers, on pre-activations (R, units, N), which Keras wants as (N, units)."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from vgdemo.network.interface import Batch, Variant
from vgdemo.network.normalization import (
    initial_moving_averages,
    initial_normalization,
    normalized,
    updated_moving_averages,
)

LAYERS = {"batch": keras.layers.BatchNormalization, "layer": keras.layers.LayerNormalization}
VALUES = np.random.default_rng(0).normal(3, 2, (1, 4, 9)).astype(np.float32)
ZEROS = tf.zeros((1, 4, 1))
EVEN = np.full(9, 1 / 9, np.float32)


def batch(sample_weight: np.ndarray = EVEN, is_unit: np.ndarray | None = None) -> Batch:
    """Points of these weights, in a layer of these units."""
    return Batch(tf.zeros(()), sample_weight, Variant(tf.constant(1), tf.constant(0), is_unit))


@pytest.mark.parametrize("kind", LAYERS)
def test_each_kind_normalises_as_keras_does_in_training(kind: str) -> None:
    ours = normalized(kind, initial_normalization(kind, ZEROS), VALUES, batch())
    theirs = LAYERS[kind]()(VALUES[0].T, training=True)
    np.testing.assert_allclose(ours[0], np.transpose(theirs), rtol=1e-4, atol=1e-5)


def test_moving_averages_move_and_normalise_as_in_keras() -> None:
    theirs = LAYERS["batch"]()
    theirs(VALUES[0].T, training=True)
    averages = updated_moving_averages(initial_moving_averages(ZEROS), VALUES, EVEN)
    for name, average in averages.items():
        np.testing.assert_allclose(average[0, :, 0], getattr(theirs, name), rtol=1e-5)
    weights = initial_normalization("batch", ZEROS) | averages
    expected = np.transpose(theirs(VALUES[0].T, training=False))
    np.testing.assert_allclose(normalized("batch", weights, VALUES, batch())[0], expected, rtol=1e-4, atol=1e-5)


def test_a_point_of_weight_zero_is_not_in_the_batch() -> None:
    """A smaller last batch is filled up with such points."""
    weights = initial_normalization("batch", ZEROS)
    first = normalized("batch", weights, VALUES[..., :5], batch(EVEN[:5] * 9 / 5))
    sample_weight = np.array([1 / 5] * 5 + [0] * 4, np.float32)
    np.testing.assert_allclose(
        normalized("batch", weights, VALUES, batch(sample_weight))[..., :5], first, rtol=1e-4, atol=1e-5
    )


def test_a_unit_that_only_fills_up_is_not_in_the_layer() -> None:
    weights, values = initial_normalization("layer", ZEROS), VALUES.copy()
    values[:, 3:] = 0
    expected = np.transpose(LAYERS["layer"]()(VALUES[0, :3].T))
    ours = normalized("layer", weights, values, batch(is_unit=np.arange(4)[:, None] < 3))
    np.testing.assert_allclose(ours[0, :3], expected, rtol=1e-4, atol=1e-5)


def test_none_leaves_everything_as_it_is() -> None:
    assert initial_normalization("none", ZEROS) == {}
    np.testing.assert_array_equal(normalized("none", {}, VALUES, batch()), VALUES)
