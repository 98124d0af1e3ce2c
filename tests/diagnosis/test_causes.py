from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vgdemo import diagnose
from vgdemo.config import RunConfig
from vgdemo.diagnosis import RULES, Diagnosis, Verdict, possible
from vgdemo.diagnosis.case import LONG_STEPS
from vgdemo.diagnosis.causes import CAUSES
from vgdemo.model import Layer
from vgdemo.optimizers import OPTIMIZERS
from vgdemo.record import RunRecord

from .conftest import PLATEAU, RECIPES, SETTINGS, filled, foreign, record_of, without


def shown(name: str, value: Any, where: Any, **settings: Any) -> Diagnosis:
    """The diagnosis of a failing run with one sign of illness."""
    return diagnose(filled(record_of(PLATEAU, **settings), name, value, where))


def first_remedy(diagnosis: Diagnosis, **settings: Any) -> RunConfig:
    """What the first remedy makes of the run that was shown with these settings."""
    config = RunConfig(**SETTINGS | settings)
    return possible(diagnosis.remedies, config)[0].applied(config)


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
    assert first_remedy(diagnosis, kernel_initializer="uniform_0_1").kernel_initializer == "glorot_uniform"


def test_a_shifted_mean_is_measured_and_not_read_from_the_settings() -> None:
    ill = filled(record_of(PLATEAU), "saturated_share", 0.9, START)
    assert "mean is shifted" not in diagnose(ill).cause
    assert "mean is shifted" in diagnose(filled(ill, "kernel_mean", -0.4, START)).cause
    named = filled(record_of(PLATEAU, kernel_initializer="uniform_0_1"), "saturated_share", 0.9, START)
    assert "mean is shifted" not in diagnose(filled(named, "kernel_mean", 0.0, START)).cause
    assert "first weights are too large" in diagnose(without(named, "kernel_mean")).cause, "an older record lacks it"


def test_a_shifted_mean_of_the_output_alone_is_not_blamed() -> None:
    ill = filled(record_of(PLATEAU), "saturated_share", 0.9, START)
    assert "mean is shifted" not in diagnose(filled(ill, "kernel_mean", 0.4, np.s_[0, :, -1])).cause


def test_a_network_of_somebody_else_has_its_shifted_mean_found() -> None:
    shifted = foreign(gradient_rms=1e-9, kernel_mean=0.04, kernel_rms=0.05)
    assert "mean is shifted" in diagnose(shifted).cause


def test_small_weights_are_told_from_a_flat_activation() -> None:
    small = filled(record_of(PLATEAU), "kernel_rms", 0.03)
    assert "weights are too small" in diagnose(filled(small, "gradient_rms", 1e-7, START)).cause
    assert "slope" in shown("gradient_rms", 1e-7, START, activation="sigmoid").cause
    assert "narrow" in shown("gradient_rms", 1e-7, START).cause
    wide = shown("gradient_rms", 1e-7, START, units=32, kernel_initializer="orthogonal", activation="linear")
    assert "too large" not in wide.cause


def test_death_before_training_is_told_from_death_in_training() -> None:
    assert "born dead" in shown("dead_share", 1.0, np.s_[:], activation="relu").cause
    assert "died in training" in shown("dead_share", 1.0, END, activation="relu").cause


def test_long_steps_are_blamed_for_death_only_if_they_are_long() -> None:
    assert "long steps" in shown("dead_share", 1.0, END, activation="relu", learning_rate=1.0).cause
    dead = filled(record_of(PLATEAU, activation="relu"), "dead_share", 1.0, END)
    assert "long steps" not in diagnose(dead).cause
    assert "long steps" not in diagnose(replace(dead, model=replace(dead.model, learning_rate=None))).cause


def test_long_steps_are_long_for_every_optimiser() -> None:
    usual = [optimizer.usual_learning_rate for optimizer in OPTIMIZERS.values()]
    assert min(LONG_STEPS / rate for rate in usual) == pytest.approx(10)
    assert max(LONG_STEPS / rate for rate in usual) == pytest.approx(100)


def test_saturation_by_large_weights_is_told_from_saturation_by_training() -> None:
    assert "first weights" in shown("saturated_share", 0.9, np.s_[:]).cause
    assert "Training itself" in shown("saturated_share", 0.9, END).cause


def test_short_steps_are_told_from_a_plateau() -> None:
    short = shown("update_ratio", 1e-6, np.s_[:], learning_rate=1e-6)
    assert "too short" in short.cause
    assert first_remedy(short, learning_rate=1e-6).learning_rate == 0.01
    assert "plateau" in shown("update_ratio", 0.01, np.s_[:]).cause


def test_a_straight_line_is_blamed_on_the_activation(failing: RunRecord) -> None:
    diagnosis = diagnose(record_of(PLATEAU, activation="linear"))
    assert "straight line" in diagnosis.cause
    assert first_remedy(diagnosis, activation="linear").activation == "tanh"


def test_a_network_with_a_bend_in_one_layer_is_not_called_straight(failing: RunRecord) -> None:
    layers = (Layer("1", activation="linear"), Layer("2", "Activation", "relu"))
    assert "straight line" not in diagnose(replace(failing, model=replace(failing.model, layers=layers))).cause


def test_movement_that_was_not_measured_in_every_epoch_is_not_judged() -> None:
    short = filled(record_of(PLATEAU), "update_ratio", 1e-6)
    assert "too short" in diagnose(short).cause
    moves = short.panels["updates"]
    every_second = replace(moves, epochs=moves.epochs[::2], statistics={"update_ratio": np.full((50, 4, 6), 1e-6)})
    gaps = replace(short, panels=dict(short.panels) | {"updates": every_second})
    assert "too short" not in diagnose(gaps).cause
    assert "too short" not in diagnose(without(short, "updates")).cause


def test_a_gain_of_zero_is_found() -> None:
    diagnosis = shown("gradient_rms", 0.0, np.s_[:], gain=0.0)
    assert "gain of 0" in diagnosis.cause
    assert first_remedy(diagnosis, gain=0.0).gain == 1
    zeros = foreign(gradient_rms=0.0, kernel_rms=0.0)
    assert "start at 0" in diagnose(zeros).cause
    assert possible(diagnose(zeros).remedies, None)[0].label == "Glorot initialiser"


def test_a_recurrent_layer_is_as_narrow_as_its_units_and_not_as_its_gates() -> None:
    record = foreign(gradient_rms=1e-9)
    wide = replace(record.model.kernels[2], shape=(8, 64))
    assert "narrow" not in diagnose(_with_kernel(record, 2, wide)).cause, "1/8 + 1/64"
    narrow = replace(record.model.kernels[1], shape=(2, 8))
    assert "narrow" in diagnose(_with_kernel(_with_kernel(record, 2, wide), 1, narrow)).cause, "1/2 + 1/64"


def _with_kernel(record: RunRecord, place: int, kernel: Any) -> RunRecord:
    kernels = [*record.model.kernels]
    kernels[place] = kernel
    return replace(record, model=replace(record.model, kernels=tuple(kernels)))


def test_every_rule_has_a_cause_and_every_remedy_a_use() -> None:
    for rule in RULES:
        last = [cause for cause in CAUSES if rule.verdict in cause.verdicts and cause.phase in ("", rule.phase)][-1]
        assert last.holds(None)  # type: ignore[arg-type]  # Without conditions: it looks at nothing.
    assert {recipe for cause in CAUSES for recipe in cause.recipes} == set(RECIPES.values())
    assert all(rule.reason.endswith(".") and "{" not in rule.in_words for rule in RULES)


def test_an_unknown_verdict_says_what_would_decide() -> None:
    few = diagnose(record_of(PLATEAU, epochs=5))
    assert few.verdict is Verdict.UNKNOWN
    assert [remedy.changes for remedy in few.remedies] == [{"epochs": 20}]
