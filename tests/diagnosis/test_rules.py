from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vgdemo import diagnose, learning
from vgdemo.diagnosis import RULES, Verdict
from vgdemo.diagnosis.rules import NOT_MEASURED, Rule, first_rules
from vgdemo.diagnosis.symptoms import Symptoms
from vgdemo.learning import has_learned
from vgdemo.record import RunRecord

from .conftest import PLATEAU, filled, record_of, without
from .test_own_models import OF_LOGS


@pytest.mark.parametrize("name", ["saturated_share", "gradient_rms"])
def test_a_run_that_learns_is_not_ill_for_a_bad_start(learning: RunRecord, name: str) -> None:
    bad = {"saturated_share": 1.0, "gradient_rms": [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-2]}[name]
    diagnosis = diagnose(filled(learning, name, bad))
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
    diagnosis = diagnose(filled(failing, name, values, where))
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
    ],
)
def test_a_weaker_sign_is_not_enough(failing: RunRecord, name: str, values: float, where: Any) -> None:
    assert diagnose(filled(failing, name, values, where)).verdict is Verdict.STUCK


def test_half_of_a_relu_layer_without_slope_is_not_saturation() -> None:
    record = record_of(PLATEAU, activation="relu")
    assert diagnose(filled(record, "saturated_share", 0.9)).verdict is Verdict.STUCK


def test_few_epochs_are_not_enough() -> None:
    record = record_of(PLATEAU, epochs=5)
    assert diagnose(record).verdict is Verdict.UNKNOWN


def test_the_start_is_blamed_before_what_follows_from_it(failing: RunRecord) -> None:
    vanishing = filled(failing, "gradient_rms", 1e-9, np.s_[0])
    assert diagnose(filled(vanishing, "dead_share", 1.0, np.s_[-1])).verdict is Verdict.VANISHING


def test_healthy_are_those_that_have_learned(failing: RunRecord) -> None:
    mixed = filled(failing, "val_accuracy", [0.69, 0.7, 0.71, np.nan], np.s_[-1])
    diagnosis = diagnose(mixed)
    assert diagnosis.counts[Verdict.HEALTHY] == has_learned(mixed).sum() == 2  # type: ignore[union-attr]


def test_a_diverged_replicate_is_not_healthy_however_well_it_is_said_to_answer(learning: RunRecord) -> None:
    diverged = filled(learning, "train_loss", np.nan, np.s_[50:, :2])
    assert diagnose(diverged).counts == {Verdict.HEALTHY: 2, Verdict.DIVERGED: 2}


def test_more_classes_make_guessing_dearer() -> None:
    ends = {"train_loss": (1.3, 2.5), "val_accuracy": (0.25, 0.25)}
    ten = replace(record_of(ends), majority_share=None)
    assert diagnose(ten).verdict is Verdict.DIVERGED, "2.5 is more than twice ln 2"
    four = replace(ten, model=replace(ten.model, loss="sparse_categorical_crossentropy", num_classes=4))
    assert diagnose(four).verdict is Verdict.STUCK, "and less than twice ln 4"


def test_what_has_learned_is_reckoned_in_one_place(failing: RunRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    record = filled(failing, "val_accuracy", [0.55, 0.65, 0.75, 0.95], np.s_[-1])
    assert diagnose(record).counts == {Verdict.HEALTHY: 2, Verdict.STUCK: 2}
    monkeypatch.setattr(learning, "MARGIN", 0.1)
    assert diagnose(record).counts == {Verdict.HEALTHY: 3, Verdict.STUCK: 1}
    monkeypatch.setattr(learning, "MARGIN", 0.4)
    assert diagnose(record).counts == {Verdict.HEALTHY: 1, Verdict.STUCK: 3}


def test_the_last_rule_holds_where_no_other_does() -> None:
    assert RULES[-1] is NOT_MEASURED


# What the record that guesses to the end is filled with, on either side of each rule's number. The last fifth of the
# epochs or more is what medians over a tenth see; 0.69 is the loss of guessing between two classes.
EDGES = {
    "learns": ("val_accuracy", np.s_[-1], 0.7001, 0.6999, Verdict.HEALTHY),
    "large at the start": ("gradient_rms", np.s_[0], 10.0, 9.99, Verdict.EXPLODING),
    "grows at the start": ("gradient_rms", np.s_[0, :, -1], 0.0001, 0.000101, Verdict.EXPLODING),
    "dead at the start": ("dead_share", np.s_[0, :, 2], 1.0, 0.999, Verdict.DEAD),
    "loss too large": ("train_loss", np.s_[50:], 1.387, 1.386, Verdict.DIVERGED),
    "loss still falls": ("train_loss", np.s_[80:], 0.62, 0.6215, Verdict.UNKNOWN),
    "saturated at the start": ("saturated_share", np.s_[0, :, 3], 0.5, 0.499, Verdict.SATURATED),
    "small at the start": ("gradient_rms", np.s_[0], 0.99e-5, 1e-5, Verdict.VANISHING),
    "begins to learn": ("train_loss", np.s_[95:], 0.679, 0.6793, Verdict.LEARNING),  # Below 0.98 ln 2.
    "never moves": ("update_ratio", np.s_[:], 2.2e-5, 2.3e-5, Verdict.STUCK),  # √0.2 long, a gradient of 0.01.
    "fades at the start": ("activation_std", np.s_[0, :, -1], 0.0099, 0.01, Verdict.VANISHING),
    "decayed": ("kernel_rms", np.s_[-1, :, :-1], 0.0447, 0.0448, Verdict.STUCK),  # Of √0.2.
    "shrinks at the start": ("gradient_rms", np.s_[0, :, 2], 0.99e-4, 1.01e-4, Verdict.VANISHING),
    "dead in the end": ("dead_share", np.s_[-1, :, 2], 1.0, 0.999, Verdict.DEAD),
    "saturated in the end": ("saturated_share", np.s_[60:, :, 3], 0.5, 0.499, Verdict.SATURATED),
    "shrinks later": ("gradient_rms", np.s_[40:, :, 2], 0.99e-4, 1.01e-4, Verdict.VANISHING),
}


@pytest.mark.parametrize("edge", EDGES)
def test_each_rule_holds_up_to_its_number_and_not_beyond(edge: str, failing: RunRecord) -> None:
    name, where, ill, well, verdict = EDGES[edge]
    assert {rule.verdict for rule in rules_of(filled(failing, name, ill, where))} == {verdict}
    left = Verdict.LEARNING if edge == "loss still falls" else Verdict.STUCK
    assert {rule.verdict for rule in rules_of(filled(failing, name, well, where))} == {left}


def test_every_rule_with_a_number_of_its_own_has_been_to_its_edge(failing: RunRecord) -> None:
    """What is left: nothing to learn, too few epochs, too low an accuracy, nothing measured, what logs alone show.

    And what early states of a sequence get at the start, which `test_through_time` holds.
    """
    seen = [rules_of(filled(failing, name, ill, where))[0] for name, where, ill, _, _ in EDGES.values()]
    assert len({RULES.index(rule) for rule in seen}) == len(EDGES) == len(RULES) - 5 - len(OF_LOGS)


@pytest.mark.parametrize(("epochs", "verdict"), [(19, Verdict.UNKNOWN), (20, Verdict.STUCK)])
def test_a_plateau_is_believed_from_twenty_epochs_on(epochs: int, verdict: Verdict) -> None:
    assert {rule.verdict for rule in rules_of(record_of(PLATEAU, epochs=epochs))} == {verdict}


def test_each_replicate_has_the_first_rule_that_holds_for_it(failing: RunRecord) -> None:
    """Replicate 0 explodes, dies and saturates, 1 dies and saturates, 2 dies late, 3 has no sign at all."""
    ill = filled(failing, "dead_share", 1.0, np.s_[:, :2, 2])
    ill = filled(ill, "dead_share", 1.0, np.s_[-1, 2, 2])
    ill = filled(ill, "saturated_share", 1.0, np.s_[:, :2])
    ill = filled(ill, "gradient_rms", 20.0, np.s_[0, 0])
    assert [(rule.verdict, rule.phase) for rule in rules_of(ill)] == [
        (Verdict.EXPLODING, "start"),
        (Verdict.DEAD, "start"),
        (Verdict.DEAD, "training"),
        (Verdict.STUCK, "training"),
    ]
    assert rules_of(filled(ill, "val_accuracy", 0.9, np.s_[-1, :2]))[0].verdict is Verdict.HEALTHY


def test_rules_are_told_apart_by_their_words_which_have_their_numbers() -> None:
    assert len({rule.in_words for rule in RULES}) == len(RULES)
    assert {rule.phase for rule in RULES} == {"start", "training"}
    words = " ".join(rule.in_words for rule in RULES)
    assert "below 1.0·10⁻⁵ in every hidden layer" in words and "Fewer than 20 epochs" in words


def test_points_that_hold_nothing_to_learn_are_blamed_before_all_else_but_learning(failing: RunRecord) -> None:
    ill = filled(failing, "gradient_rms", 1e-9, np.s_[0])
    noisy = replace(ill, ceiling=0.55)
    assert {rule.verdict for rule in rules_of(noisy)} == {Verdict.NOISE}
    assert diagnose(noisy).sentence.startswith("Nothing to learn: the points are too few or too noisy")
    assert not diagnose(noisy).remedies
    assert {rule.verdict for rule in rules_of(replace(ill, ceiling=0.95))} == {Verdict.VANISHING}
    assert {rule.verdict for rule in rules_of(filled(noisy, "val_accuracy", 0.9, np.s_[-1]))} == {Verdict.HEALTHY}


def test_a_run_that_has_begun_to_learn_is_not_called_stuck() -> None:
    """A straight line from ln 2 has fallen 1.8 times as far in the end as just after half-time; a plateau, as far."""
    begun = record_of(PLATEAU | {"train_loss": (np.log(2), 0.67)})
    for movement, cause in ((0.02, "only begun to learn"), (0.009, "too few or too short"), (1e-4, "too short: ")):
        diagnosis = diagnose(filled(begun, "update_ratio", movement))
        assert diagnosis.headline == "Still learning" and cause in diagnosis.cause
        assert "epochs" in diagnosis.remedies[0].changes or "learning_rate" in diagnosis.remedies[0].changes
    assert diagnose(filled(begun, "train_loss", 0.67, np.s_[1:])).verdict is Verdict.STUCK
    assert diagnose(without(begun, "val_accuracy", "val_loss")).verdict is Verdict.LEARNING
    assert diagnose(filled(begun, "val_accuracy", 0.9, np.s_[-1])).verdict is Verdict.HEALTHY
    straight = record_of(PLATEAU | {"train_loss": (np.log(2), 0.67)}, activation="linear")
    assert diagnose(straight).verdict is Verdict.STUCK, "it can draw no more than a straight line"


def rules_of(record: RunRecord) -> list[Rule]:
    return first_rules(Symptoms(record))


@pytest.mark.parametrize(
    ("reported", "probe", "verdict"),
    [
        (3.0, 0.69, Verdict.STUCK),  # A class weighs more than one, so that the loss is larger than it is.
        (0.1, 3.0, Verdict.STUCK),  # The probe is none of the examples that are trained on, and those are fitted.
        (3.0, 3.0, Verdict.DIVERGED),
    ],
)
def test_a_training_diverges_where_both_it_and_its_probe_do(reported: float, probe: float, verdict: Verdict) -> None:
    record = filled(record_of(PLATEAU), "train_loss", reported, np.s_[1:])
    losses = np.full_like(record.curve_arrays["train_loss"], 0.69)
    losses[1:] = probe
    record = replace(record, curve_arrays={**record.curve_arrays, "probe_loss": losses})
    assert {rule.verdict for rule in rules_of(record)} == {verdict}


@pytest.mark.parametrize(
    ("unit", "epoch_updates", "verdict"),
    [
        ("epoch", None, Verdict.UNKNOWN),
        ("epoch", 199, Verdict.UNKNOWN),
        ("epoch", 200, Verdict.STUCK),
        ("step", 200, Verdict.UNKNOWN),  # Ten steps are ten, whatever an epoch has.
    ],
)
def test_few_epochs_of_many_updates_are_not_few(unit: str, epoch_updates: int | None, verdict: Verdict) -> None:
    record = record_of(PLATEAU, epochs=10)
    record = replace(record, unit=unit, model=replace(record.model, epoch_updates=epoch_updates))
    assert {rule.verdict for rule in rules_of(record)} == {verdict}
