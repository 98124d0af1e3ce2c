from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from conftest import changed, random_record

from vgdemo.activations import ACTIVATIONS
from vgdemo.config import SETTINGS, RunConfig
from vgdemo.initializers import INITIALIZERS
from vgdemo.record import RunRecord
from vgdemo.theory import Forecast, against_measurement, expectation, forecast_of, outlook

GLOROT = RunConfig(kernel_initializer="glorot_uniform", epochs=3)


def beginning(config: RunConfig, *sizes: float) -> RunRecord:
    """A record whose replicates all have these gradients at epoch 0."""

    def begin(values: np.ndarray) -> None:
        values[0] = sizes

    return changed(random_record(config), gradient_rms=begin)


def said(**settings: Any) -> str:
    return " ".join(outlook(forecast_of(RunConfig(output_initializer="glorot_uniform", **settings))))


@pytest.mark.parametrize("initializer", SETTINGS["kernel_initializer"].choices)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_and_initialisers_are_called_what_a_person_calls_them(activation: str, initializer: str) -> None:
    config = RunConfig(activation=activation, kernel_initializer=initializer, output_initializer="uniform_0_1")
    words = " ".join(outlook(forecast_of(config)))
    names = {one.name for one in (*ACTIVATIONS.values(), *INITIALIZERS.values()) if one.name != one.label}
    assert names.isdisjoint(re.findall(r"\w+", words))


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


@pytest.mark.parametrize(
    "settings",
    [
        {
            "activation": "tanh",
            "kernel_initializer": "glorot_uniform",
            "gain": 0.5,
            "num_hidden_layers": 15,
            "units": 64,
        },
        {"activation": "relu", "kernel_initializer": "he_normal", "num_hidden_layers": 20},
    ],
)
def test_a_factor_is_said_of_what_it_multiplies(settings: Any) -> None:
    """A weight's gradient may keep its size where that of the units' inputs does not."""
    first, *others = outlook(forecast_of(RunConfig(output_initializer="glorot_uniform", **settings)))
    assert re.search("the gradient of the weights to change ×(1|0.9)", first)
    assert any("A weight's gradient, which the figures show" in sentence for sentence in others)
    factors = [sentence for sentence in others if "shrinks" in sentence.partition(" is that of ")[0]]
    assert factors and all("gradient of a unit's input" in sentence for sentence in factors)


def test_a_replicate_that_is_not_a_number_does_not_hide_what_the_others_measured() -> None:
    record = beginning(GLOROT.with_changes(replicates=3), 1.0, 0.05, 0.5, 5.0, 50.0, 1.0)
    record.values("gradient_rms")[0, 1] = np.nan
    assert against_measurement(forecast_of(GLOROT), record).endswith("per layer, measured ×0.1.")


def test_a_narrow_relu_network_is_warned_of_its_birth_and_of_its_typical_gradient() -> None:
    sentences = said(activation="relu", kernel_initializer="he_normal")
    assert "born dead with probability 15 %" in sentences  # 1 - (1 - 2^-5)^5
    assert "×0.73 per layer of 5 units" in sentences  # exp(-0.6234 / 2)
    wide = said(activation="relu", kernel_initializer="he_normal", units=64)
    assert "born dead" not in wide


def test_the_spread_of_ten_networks_is_said() -> None:
    assert "Σ 1/width is 0.5:" in said(activation="tanh", kernel_initializer="glorot_normal", units=10)


def test_forecast_is_held_against_measurement() -> None:
    record = beginning(GLOROT, 1.0, 0.05, 0.5, 5.0, 50.0, 1.0)
    assert against_measurement(forecast_of(GLOROT), record).endswith("per layer, measured ×0.1.")


def test_of_a_shallow_network_the_first_layer_is_spoken_of() -> None:
    shallow = GLOROT.with_changes(num_hidden_layers=1)
    assert against_measurement(forecast_of(shallow), beginning(shallow, 0.25, 0.25)).endswith("measured 0.25.")
    assert expectation(forecast_of(shallow)).endswith("in layer 1.")


def test_without_theory_there_is_the_caveat_alone() -> None:
    config = RunConfig(epochs=3)
    expected = forecast_of(config)
    assert against_measurement(expected, random_record(config)) == expectation(expected) == expected.caveat


def test_numbers_are_written_as_everywhere() -> None:
    tiny = Forecast(GLOROT, gradient_rms=np.array([1, 1e-9, 1e-6, 1e-3, 1, 1]))
    assert "×1.0·10⁻³ per layer" in expectation(tiny)
    assert "around 0.5" in said(kernel_initializer="uniform_0_1")
