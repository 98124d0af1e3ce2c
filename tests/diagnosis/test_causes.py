from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vgdemo import diagnose
from vgdemo.diagnosis import RULES, Diagnosis
from vgdemo.diagnosis.causes import CAUSES
from vgdemo.diagnosis.remedies import RECIPES
from vgdemo.record import RunRecord

from .conftest import PLATEAU, changed, record_of


def shown(name: str, value: Any, where: Any, **settings: Any) -> Diagnosis:
    """The diagnosis of a failing run with one sign of illness."""
    return diagnose(changed(record_of(PLATEAU, **settings), name, lambda array: array.__setitem__(where, value)))


START, END = np.s_[0], np.s_[1:]


@pytest.mark.parametrize(
    ("name", "where", "value"),
    [
        ("saturated_share", START, 0.9),
        ("gradient_rms", START, 1e-7),
        ("gradient_rms", START, 100.0),
        ("dead_share", END, 1.0),
    ],
)
def test_a_shifted_mean_is_told_from_all_else(name: str, where: Any, value: float) -> None:
    diagnosis = shown(name, value, where, kernel_initializer="uniform_0_1")
    assert "mean is shifted" in diagnosis.cause
    assert diagnosis.remedies[0].config.kernel_initializer == "glorot_uniform"


def test_small_weights_are_told_from_a_flat_activation() -> None:
    small = changed(record_of(PLATEAU), "kernel_rms", lambda array: array.__setitem__(np.s_[:], 0.03))
    diagnosis = diagnose(changed(small, "gradient_rms", lambda array: array.__setitem__(START, 1e-7)))
    assert "weights are too small" in diagnosis.cause
    assert "slope" in shown("gradient_rms", 1e-7, START, activation="sigmoid").cause
    assert "narrow" in shown("gradient_rms", 1e-7, START).cause
    wide = shown("gradient_rms", 1e-7, START, units=32, kernel_initializer="orthogonal", activation="linear")
    assert "too large" not in wide.cause


def test_death_before_training_is_told_from_death_in_training() -> None:
    assert "born dead" in shown("dead_share", 1.0, np.s_[:], activation="relu").cause
    assert "died in training" in shown("dead_share", 1.0, END, activation="relu").cause


def test_long_steps_are_blamed_for_death_only_if_they_are_long() -> None:
    assert "long steps" in shown("dead_share", 1.0, END, activation="relu", learning_rate=1.0).cause
    assert "long steps" not in shown("dead_share", 1.0, END, activation="relu").cause


def test_saturation_by_large_weights_is_told_from_saturation_by_training() -> None:
    assert "first weights" in shown("saturated_share", 0.9, np.s_[:]).cause
    assert "Training itself" in shown("saturated_share", 0.9, END).cause


def test_short_steps_are_told_from_a_plateau() -> None:
    short = shown("update_ratio", 1e-6, np.s_[:], learning_rate=1e-6)
    assert "too short" in short.cause
    assert short.remedies[0].config.learning_rate == 0.01
    assert "plateau" in shown("update_ratio", 0.01, np.s_[:]).cause


def test_a_straight_line_is_blamed_on_the_activation(failing: RunRecord) -> None:
    diagnosis = diagnose(record_of(PLATEAU, activation="linear"))
    assert "straight line" in diagnosis.cause
    assert diagnosis.remedies[0].config.activation == "tanh"


def test_a_gain_of_zero_is_found() -> None:
    diagnosis = shown("gradient_rms", 0.0, np.s_[:], gain=0.0)
    assert "gain of 0" in diagnosis.cause
    assert diagnosis.remedies[0].config.gain == 1


def test_every_rule_has_a_cause_and_every_cause_known_remedies() -> None:
    for rule in RULES:
        last = [cause for cause in CAUSES if rule.verdict in cause.verdicts and cause.phase in ("", rule.phase)][-1]
        assert last.holds(None)  # type: ignore[arg-type]  # Without conditions: it looks at nothing.
    assert {name for cause in CAUSES for name in cause.remedies} == set(RECIPES)
    assert all(rule.reason.endswith(".") and "{" not in rule.in_words for rule in RULES)
