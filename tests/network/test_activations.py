"""Activations and their gradients by number, against Keras's own."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from vgdemo.activations import ACTIVATIONS
from vgdemo.network.activations import NUMBERS, activated, activation_gradient, saturated_slope

INPUTS = tf.constant([[-90.0, -3.0, -0.5, 0.0, 0.5, 3.0, 90.0, np.nan]])
UPSTREAM = tf.constant([[2.0, -1.0, 3.0, 1.0, 0.5, -2.0, 1.0, 1.0]])


@pytest.mark.parametrize("compiled", [False, True], ids=["traced", "compiled"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_number_chooses_keras_activation_and_its_gradient(name: str, compiled: bool) -> None:
    def ours(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        values = activated(number, INPUTS)
        return values, activation_gradient(number, INPUTS, values, UPSTREAM)

    def theirs() -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(INPUTS)
            values = keras.activations.get(name)(INPUTS)
        return values, tape.gradient(values, INPUTS, output_gradients=UPSTREAM)

    expected = tf.function(theirs, jit_compile=compiled, autograph=False)()
    answers = tf.function(ours, jit_compile=compiled, autograph=False)(tf.constant(NUMBERS[name]))
    np.testing.assert_allclose(answers[0], expected[0], rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(answers[1], expected[1], rtol=2e-6, atol=1e-6)


def test_what_counts_as_flat_follows_the_steepest_slope() -> None:
    assert float(saturated_slope(tf.constant(NUMBERS["sigmoid"]))) == pytest.approx(0.05 * 0.25)
    assert float(saturated_slope(tf.constant(NUMBERS["tanh"]))) == pytest.approx(0.05)
