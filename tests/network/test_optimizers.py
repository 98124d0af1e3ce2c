"""The engine updates weights as `keras.Model.fit` does."""

from __future__ import annotations

from typing import Any

import pytest
from engine.twin import SMALL, assert_trains_as_keras

UPDATES = {
    "sgd": {"momentum": 0.0},
    "sgd with momentum": {},
    "sgd with nesterov": {"nesterov": True},
    "rmsprop": {"optimizer": "rmsprop", "learning_rate": 0.01},
    "adagrad": {"optimizer": "adagrad"},
    "adam": {"optimizer": "adam", "learning_rate": 0.01},
}


@pytest.mark.parametrize("update", UPDATES)
def test_every_optimizer_updates_as_in_keras(update: str) -> None:
    assert_trains_as_keras(SMALL.with_changes(**UPDATES[update]))


@pytest.mark.parametrize(
    "remedy",
    [
        {"gradient_clip": "global_norm", "clip_limit": 0.05},
        {"gradient_clip": "value", "clip_limit": 0.01},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "optimizer": "adam", "learning_rate": 0.01},
    ],
    ids=str,
)
def test_every_remedy_of_an_update_trains_as_in_keras(remedy: dict[str, Any]) -> None:
    assert_trains_as_keras(SMALL.with_changes(**remedy))
