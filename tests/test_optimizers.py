"""The table of optimisers against Keras."""

from __future__ import annotations

import inspect

import keras
import pytest

from vgdemo.network.optimizers import CLIPS, UPDATES
from vgdemo.optimizers import GRADIENT_CLIPS, OPTIMIZERS


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_row_is_keras_optimizer_of_that_name(name: str) -> None:
    row = OPTIMIZERS[name]
    made = keras.optimizers.get(name)
    assert type(made) is getattr(keras.optimizers, row.keras_class)
    default = float(made.learning_rate.numpy())
    assert row.usual_learning_rate == pytest.approx(10 * default if name == "adagrad" else default)


@pytest.mark.parametrize("argument", GRADIENT_CLIPS.values())
def test_every_optimizer_takes_the_argument_of_a_clip(argument: str) -> None:
    for row in OPTIMIZERS.values():
        assert argument in inspect.signature(getattr(keras.optimizers, row.keras_class)).parameters


def test_the_engine_has_a_rule_for_every_setting() -> None:
    assert UPDATES.keys() == OPTIMIZERS.keys()
    assert CLIPS.keys() == {"none", *GRADIENT_CLIPS}
