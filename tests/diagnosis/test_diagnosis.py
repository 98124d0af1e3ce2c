from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import random_record
from hypothesis import given
from hypothesis import strategies as st

from vgdemo import diagnose
from vgdemo.config import ACTIVATIONS, INITIALIZERS, RunConfig
from vgdemo.diagnosis import RULES, Verdict
from vgdemo.record import CURVES, LAYER_STATISTICS, RunRecord

from .conftest import changed, record_of

NUMBERS = np.array([0.0, 1.0, 0.5, 0.7, 0.01, -1.0, 1e-30, 1e-300, 1e300, np.inf, -np.inf, np.nan])


def fill(values: Any, where: Any = np.s_[:]) -> Any:
    """A change that sets part of an array."""
    return lambda array: array.__setitem__(where, values)


def test_a_run_that_learns_is_healthy_and_needs_no_remedy(learning: RunRecord) -> None:
    diagnosis = diagnose(learning)
    assert diagnosis.verdict is Verdict.HEALTHY
    assert diagnosis.remedies == ()
    assert diagnosis.counts == {Verdict.HEALTHY: 4}
    assert diagnosis.confidence == "All 4 replicates show it."
    assert diagnosis.sentence == "Healthy: the gradient reaches every layer."


@pytest.mark.parametrize("name", ["saturated_share", "gradient_rms"])
def test_a_run_that_learns_is_not_ill_for_a_bad_start(learning: RunRecord, name: str) -> None:
    bad = {"saturated_share": 1.0, "gradient_rms": [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-2]}[name]
    diagnosis = diagnose(changed(learning, name, fill(bad)))
    assert diagnosis.verdict is Verdict.HEALTHY


@pytest.mark.parametrize(
    ("name", "values", "where", "verdict"),
    [
        ("gradient_rms", 20.0, np.s_[0], Verdict.EXPLODING),
        ("gradient_rms", 1e-4, np.s_[0, :, -1], Verdict.EXPLODING),
        ("gradient_rms", np.nan, np.s_[0, :, 1], Verdict.EXPLODING),
        ("dead_share", 1.0, np.s_[0, :, 2], Verdict.DEAD),
        ("saturated_share", 0.6, np.s_[0, :, 3], Verdict.SATURATED),
        ("gradient_rms", 9e-6, np.s_[0], Verdict.VANISHING),
        ("gradient_rms", 9e-5, np.s_[0, :, 2], Verdict.VANISHING),
        ("dead_share", 1.0, np.s_[-1, :, 2], Verdict.DEAD),
        ("saturated_share", 0.6, np.s_[60:, :, 3], Verdict.SATURATED),
        ("gradient_rms", 9e-5, np.s_[40:, :, 2], Verdict.VANISHING),
        ("train_loss", np.nan, np.s_[50], Verdict.DIVERGED),
        ("train_loss", 1.5, np.s_[50:], Verdict.DIVERGED),
        ("gradient_rms", np.inf, np.s_[50, :, 0], Verdict.DIVERGED),
        ("train_loss", 0.6, np.s_[80:], Verdict.UNKNOWN),
        ("gradient_rms", 0.01, np.s_[:], Verdict.STUCK),
    ],
)
def test_each_rule_finds_its_own_sign(
    failing: RunRecord, name: str, values: float, where: Any, verdict: Verdict
) -> None:
    diagnosis = diagnose(changed(failing, name, fill(values, where)))
    assert diagnosis.verdict is verdict
    assert diagnosis.counts == {verdict: 4}


@pytest.mark.parametrize(
    ("name", "values", "where"),
    [
        ("gradient_rms", 9.0, np.s_[0]),
        ("gradient_rms", 2e-4, np.s_[0, :, -1]),
        ("dead_share", 0.8, np.s_[:, :, 2]),
        ("saturated_share", 0.4, np.s_[:, :, 3]),
        ("gradient_rms", 2e-4, np.s_[:, :, 2]),
        ("train_loss", 1.3, np.s_[50:]),
        ("train_loss", 0.65, np.s_[80:]),
    ],
)
def test_a_weaker_sign_is_not_enough(failing: RunRecord, name: str, values: float, where: Any) -> None:
    assert diagnose(changed(failing, name, fill(values, where))).verdict is Verdict.STUCK


def test_a_profile_with_its_lowest_point_in_the_middle_vanishes(failing: RunRecord) -> None:
    u_shaped = [0.027, 0.004, 0.0025, 0.0031, 0.012, 0.4]
    diagnosis = diagnose(changed(failing, "gradient_rms", fill(u_shaped, np.s_[0])))
    assert diagnosis.verdict is Verdict.VANISHING
    assert any("smallest in layer 3" in sentence for sentence in diagnosis.evidence)


def test_half_of_a_relu_layer_without_slope_is_not_saturation() -> None:
    record = record_of({"train_loss": (0.69, 0.69), "val_accuracy": (0.5, 0.5)}, activation="relu")
    assert diagnose(changed(record, "saturated_share", fill(0.9))).verdict is Verdict.STUCK


def test_few_epochs_are_not_enough() -> None:
    record = record_of({"train_loss": (0.69, 0.69), "val_accuracy": (0.5, 0.5)}, epochs=5)
    assert diagnose(record).verdict is Verdict.UNKNOWN


def test_nothing_measured_is_not_enough() -> None:
    diagnosis = diagnose(RunRecord.empty(RunConfig()))
    assert diagnosis.verdict is Verdict.UNKNOWN
    assert diagnosis.sentence == "Not enough to say: nothing was measured yet."
    assert diagnosis.confidence == "Nothing was measured."
    assert diagnosis.share is None


def test_a_mixed_outcome_is_said_as_such(failing: RunRecord) -> None:
    dead = changed(failing, "dead_share", fill(1.0, np.s_[-1, 1:3, 2]))
    mixed = changed(dead, "val_accuracy", fill(0.9, np.s_[-1, 0]))
    diagnosis = diagnose(mixed)
    assert diagnosis.verdict is Verdict.DEAD
    assert diagnosis.counts == {Verdict.DEAD: 2, Verdict.HEALTHY: 1, Verdict.STUCK: 1}
    assert diagnosis.sentence.endswith("Of 4 replicates 2 have a dead layer, 1 learns and 1 is stuck.")
    assert diagnosis.share is not None
    assert (diagnosis.share.count, diagnosis.share.total) == (2, 4)
    assert any(sentence.startswith("50% of replicates are dead, 0% from the start") for sentence in diagnosis.evidence)


def test_three_learning_of_four_are_healthy_with_remedies_for_the_fourth(failing: RunRecord) -> None:
    diagnosis = diagnose(changed(failing, "val_accuracy", fill(0.9, np.s_[-1, :3])))
    assert diagnosis.verdict is Verdict.HEALTHY
    assert diagnosis.sentence.endswith("Of 4 replicates 3 learn and 1 is stuck.")
    assert diagnosis.remedies


def test_two_learning_of_four_are_not_healthy(failing: RunRecord) -> None:
    assert diagnose(changed(failing, "val_accuracy", fill(0.9, np.s_[-1, :2]))).verdict is Verdict.STUCK


def test_the_start_is_blamed_before_what_follows_from_it(failing: RunRecord) -> None:
    vanishing = changed(failing, "gradient_rms", fill(1e-9, np.s_[0]))
    assert diagnose(changed(vanishing, "dead_share", fill(1.0, np.s_[-1]))).verdict is Verdict.VANISHING


@st.composite
def records(draw: st.DrawFn) -> RunRecord:
    """Records of any numbers, of few and many epochs, layers and replicates."""
    config = RunConfig(
        num_hidden_layers=draw(st.integers(1, 4)),
        epochs=draw(st.integers(1, 30)),
        replicates=draw(st.integers(1, 3)),
        units=draw(st.integers(1, 3)),
        activation=draw(st.sampled_from(ACTIVATIONS)),
        kernel_initializer=draw(st.sampled_from(INITIALIZERS)),
        n_samples=100,
    )
    epochs = draw(st.integers(1, config.epochs + 1))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    pool = draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=4))
    curves, layers = (epochs, config.replicates), (epochs, config.replicates, config.num_layers)
    return random_record(
        config,
        epochs=np.arange(epochs, dtype=np.int32),
        curve_arrays={name: generator.choice(pool, curves) for name in CURVES},
        layer_arrays={name: generator.choice(pool, layers) for name in LAYER_STATISTICS},
    )


@given(records())
def test_any_record_gets_a_diagnosis_without_a_warning(record: RunRecord) -> None:
    diagnosis = diagnose(record)
    assert sum(diagnosis.counts.values()) == record.config.replicates
    assert diagnosis.rule in RULES
    sentences = (diagnosis.sentence, diagnosis.cause, diagnosis.confidence, *diagnosis.evidence)
    assert all(sentence.endswith(".") and "nan" not in sentence for sentence in sentences)
    assert record.config not in [remedy.config for remedy in diagnosis.remedies]


@given(records())
def test_a_loss_that_is_not_a_number_in_the_end_is_never_healthy(record: RunRecord) -> None:
    assert diagnose(changed(record, "train_loss", fill(np.nan, np.s_[-1]))).verdict is not Verdict.HEALTHY
