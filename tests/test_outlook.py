from __future__ import annotations

import re
from typing import Any

import pytest

from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.outlook import outlook
from vgdemo.theory import forecast


def said(**settings: Any) -> str:
    config = RunConfig(output_initializer="glorot_uniform", **settings)
    data = make_dataset(config)
    return " ".join(outlook(forecast(config, data.x_train, data.y_train)))


def test_where_the_theory_does_not_hold_only_that_is_said() -> None:
    assert said(kernel_initializer="uniform_0_1").startswith("No forecast")
    assert "χ" not in said(kernel_initializer="uniform_0_1")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"activation": "sigmoid", "kernel_initializer": "glorot_uniform"}, "ordered: .* shrinks"),
        ({"activation": "tanh", "kernel_initializer": "lecun_uniform", "gain": 3}, "chaotic: .* grows"),
        ({"activation": "relu", "kernel_initializer": "he_normal"}, "keeps its mean size"),
    ],
)
def test_the_phase_is_named(settings: Any, words: str) -> None:
    assert re.search(words, said(**settings))


def test_a_narrow_relu_network_is_warned_of_its_birth_and_of_its_typical_gradient() -> None:
    sentences = said(activation="relu", kernel_initializer="he_normal")
    assert "born dead with probability 15 %" in sentences  # 1 - (1 - 2^-5)^5
    assert "×0.73 per layer of 5 units" in sentences  # exp(-0.6234 / 2)
    wide = said(activation="relu", kernel_initializer="he_normal", units=64)
    assert "born dead" not in wide


def test_the_spread_of_ten_networks_is_said() -> None:
    assert "Σ 1/width is 0.5:" in said(activation="tanh", kernel_initializer="glorot_normal", units=10)
