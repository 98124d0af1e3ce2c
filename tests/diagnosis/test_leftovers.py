from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vgdemo import diagnose
from vgdemo.diagnosis import possible
from vgdemo.record import RunRecord

from .conftest import PLATEAU, filled, record_of

USUAL = {"n_samples": 1000}  # Sixteen updates in each of a hundred epochs.
ALL = "Everything as usual"


def labels(record: RunRecord) -> list[str]:
    """Of what is offered, in its order."""
    return [remedy.label for remedy in possible(diagnose(record).remedies, record.config)]


def clipped(**settings: Any) -> RunRecord:
    """It does not move, for its gradient is cut down."""
    record = record_of(PLATEAU, gradient_clip="value", clip_limit=1e-6, **USUAL | settings)
    return filled(record, "update_ratio", 1e-6)


# Settings that leave something wrong when the gradient is no longer clipped, and next to them some that do not.
EDGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "decay": ({"weight_decay": 0.01}, {}),
    "long steps": ({"learning_rate": 0.031}, {"learning_rate": 0.03}),
    "short steps": ({"learning_rate": 0.003}, {"learning_rate": 0.0034}),
    "momentum": ({"momentum": 0.99}, {"momentum": 0.95}),  # Ten times as far; twice.
    "steps that become shorter": ({"optimizer": "adagrad"}, {"optimizer": "rmsprop", "learning_rate": 0.001}),
    "few updates": ({"epochs": 31}, {"epochs": 32}),  # 496 and 512.
    "narrow": ({"units": 4}, {"units": 5}),
    "deep": ({"num_hidden_layers": 13}, {"num_hidden_layers": 12}),
    "flat": ({"activation": "sigmoid"}, {"activation": "softsign"}),
    "straight": ({"activation": "linear"}, {"activation": "elu"}),
    # Of ten layers of five units one is dead for a given point with probability 0.27, of nine 0.25; of eight 0.22.
    "born dead": (
        {"activation": "relu", "kernel_initializer": "he_uniform", "num_hidden_layers": 10},
        {"activation": "relu", "kernel_initializer": "he_uniform", "num_hidden_layers": 8},
    ),
    # 3.24 and 2.89 times the mean square that suits tanh; normalised, it does not matter.
    "large weights": ({"gain": 1.8}, {"gain": 1.7}),
    "small weights": ({"gain": 0.57}, {"gain": 0.57, "normalization": "layer"}),
    "shifted weights": ({"kernel_initializer": "uniform_0_1"}, {}),
}


@pytest.mark.parametrize("edge", EDGES)
def test_a_remedy_that_leaves_something_wrong_comes_after_all_that_sets_all_right(edge: str) -> None:
    wrong, right = EDGES[edge]
    assert labels(clipped(**wrong)).index(ALL) == 0
    offered = labels(clipped(**right))
    assert offered[0] == "No clipping" and offered.index(ALL) == 2


def test_what_the_remedy_itself_sets_right_or_wrong_counts() -> None:
    """Its own initialiser is the remedy of shifted weights; ten times the usual rate is far from usual."""
    shifted = record_of(PLATEAU, kernel_initializer="uniform_0_1", **USUAL)
    assert labels(shifted)[0] == "Glorot initialiser" and labels(shifted)[2] == ALL
    slow = filled(record_of(PLATEAU, learning_rate=0.001, **USUAL), "update_ratio", 0.005)
    assert labels(slow)[0] == "Learning rate: 0.01, epochs: 400" and labels(slow)[2] == ALL
    usual = filled(record_of(PLATEAU, **USUAL), "update_ratio", 0.005)
    assert labels(usual)[:2] == [ALL, "Learning rate: 0.1, epochs: 400"]


def test_a_run_that_learns_as_it_is_gets_more_epochs_first() -> None:
    begun = record_of(PLATEAU | {"train_loss": (np.log(2), 0.67)}, units=3, **USUAL)
    assert labels(filled(begun, "update_ratio", 0.02))[0] == "Epochs: 400"


def test_a_run_of_few_epochs_gets_more_of_them_first_if_they_decide() -> None:
    assert labels(record_of(PLATEAU, epochs=15, **USUAL)) == ["Epochs: 60", ALL]
    assert labels(record_of(PLATEAU, epochs=15, units=3, **USUAL)) == [ALL, "Epochs: 60"]


def test_a_momentum_that_keeps_all_steps_is_no_reason_to_fail() -> None:
    record = clipped()
    assert ALL in [one.label for one in diagnose(replace(record, model=replace(record.model, momentum=1.0))).remedies]
