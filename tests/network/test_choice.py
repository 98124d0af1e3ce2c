from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from vgdemo.network.choice import Choice

CHOICE = Choice("sum or difference", {"sum": lambda x, y: [x + y, x], "difference": lambda x, y: [x - y, y]})


@pytest.mark.parametrize("compiled", [False, True], ids=["traced", "compiled"])
def test_one_program_serves_all_functions(compiled: bool) -> None:
    traces = []

    @tf.function(jit_compile=compiled, autograph=False)
    def program(number: tf.Tensor, x: tf.Tensor, y: tf.Tensor) -> list[tf.Tensor]:
        traces.append(number)
        return CHOICE(number, [x, y], [x.shape, x.shape])

    x, y = tf.constant([3.0, 4.0]), tf.constant([1.0, 2.0])
    for name, expected in [("sum", [[4, 6], [3, 4]]), ("difference", [[2, 2], [1, 2]])]:
        np.testing.assert_array_equal(program(tf.constant(CHOICE.numbers[name]), x, y), expected)
    assert len(traces) == 1


def test_the_answers_keep_their_shapes_where_they_are_traced() -> None:
    @tf.function(autograph=False)
    def program(x: tf.Tensor) -> tf.Tensor:
        answer, _ = CHOICE(tf.constant(0), [x, x], [x.shape, x.shape])
        assert answer.shape == (2, 3)
        return answer

    assert program(tf.ones((2, 3))).shape == (2, 3)
