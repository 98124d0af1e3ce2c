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
from vgdemo.diagnosis.remedies import EVERYTHING_USUAL
from vgdemo.model import Layer
from vgdemo.optimizers import OPTIMIZERS
from vgdemo.record import RunRecord

from .conftest import PLATEAU, RECIPES, REPAIRS, SETTINGS, filled, foreign, record_of, without


def shown(name: str, value: Any, where: Any, **settings: Any) -> Diagnosis:
    """The diagnosis of a failing run with one sign of illness."""
    return diagnose(filled(record_of(PLATEAU, **settings), name, value, where))


def first_remedy(diagnosis: Diagnosis, **settings: Any) -> RunConfig:
    """What the first remedy against the cause makes of the run that was shown with these settings."""
    config = RunConfig(**SETTINGS | settings)
    against = [remedy for remedy in diagnosis.remedies if remedy.label != "Everything as usual"]
    return possible(against, config)[0].applied(config)


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


@pytest.mark.parametrize(
    ("settings", "name", "value", "where", "together"),
    [
        ({"gain": 0.0}, "kernel_rms", 0.0, START, {"gain", "units"}),
        ({"gain": 10.0}, "gradient_rms", 100.0, START, {"gain", "units"}),
        ({"kernel_initializer": "uniform_0_1"}, "gradient_rms", 100.0, START, {"kernel_initializer", "units"}),
        ({"activation": "linear", "learning_rate": 10.0}, "train_loss", np.nan, END, {"learning_rate", "activation"}),
        ({"learning_rate": 1e-6}, "update_ratio", 1e-6, np.s_[:], {"learning_rate", "epochs"}),
        ({"num_hidden_layers": 1, "units": 1}, "update_ratio", 0.02, np.s_[:], {"units", "epochs"}),
    ],
)
def test_where_lifting_the_cause_may_not_suffice_one_of_the_first_three_remedies_changes_more(
    settings: dict[str, Any], name: str, value: float, where: Any, together: set[str]
) -> None:
    """Of such networks, trained for few epochs, one change alone cured none."""
    config = RunConfig(**SETTINGS | settings)
    first = possible(shown(name, value, where, **settings).remedies, config)[:3]
    assert any(remedy.changes.keys() >= together for remedy in first)


def test_a_linear_network_that_diverges_is_told_of_both_its_faults() -> None:
    diagnosis = shown("train_loss", np.nan, END, activation="linear")
    assert "too long" in diagnosis.cause
    assert "straight line" in diagnosis.cause
    assert not any("straight line" in sentence for sentence in diagnosis.evidence), "it is said once"


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


@pytest.mark.parametrize(
    ("curve", "is_begun"),
    [
        ((0.69, 0.685, 0.67), True),
        ((0.69, 0.675, 0.66), True),
        ((0.69, 0.66, 0.655), False),
        ((0.69, 0.69, 0.69), False),
    ],
)
def test_a_loss_that_falls_on_slowly_asks_for_more_epochs_whatever_the_first_weights(
    curve: tuple[float, float, float], is_begun: bool
) -> None:
    """Guessing costs 0.693; the curve is given at the start, at half-time and in the end."""
    moving = filled(record_of(PLATEAU, kernel_initializer="uniform_0_1"), "update_ratio", 0.02)
    loss = np.interp(np.linspace(0, 2, len(moving.epochs)), range(3), curve)[:, None]
    diagnosis = diagnose(filled(moving, "train_loss", loss))
    assert ("steps are too few:" in diagnosis.cause) is is_begun
    assert (diagnosis.remedies[0].changes == {"epochs": 4 * SETTINGS["epochs"]}) is is_begun


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
    of_causes = {recipe for cause in CAUSES for recipe in cause.recipes}
    known = {*RECIPES.values(), *REPAIRS.values()}
    assert of_causes | {EVERYTHING_USUAL} == known and EVERYTHING_USUAL not in of_causes
    assert all(rule.reason.endswith(".") and "{" not in rule.in_words for rule in RULES)


def test_an_unknown_verdict_says_what_would_decide() -> None:
    few = diagnose(record_of(PLATEAU, epochs=5))
    assert few.verdict is Verdict.UNKNOWN
    assert first_remedy(few, epochs=5) == RunConfig(**SETTINGS | {"epochs": 20})


def test_steps_that_lead_nowhere_are_told_from_a_bad_start_that_hurt() -> None:
    """At a learning rate of 1e-6 nothing has come of an exploding, vanishing or dead start yet."""
    for name, value in (("gradient_rms", 100.0), ("activation_std", 1e-4)):
        ill = filled(record_of(PLATEAU, learning_rate=1e-6), name, value)
        assert diagnose(ill).verdict in (Verdict.EXPLODING, Verdict.VANISHING)
        unmoved = diagnose(filled(ill, "update_ratio", 1e-6))
        assert unmoved.verdict is Verdict.STUCK and "too short" in unmoved.cause
        assert first_remedy(unmoved, learning_rate=1e-6).learning_rate == 0.01
    tiny = filled(filled(record_of(PLATEAU), "gradient_rms", 1e-8), "update_ratio", 1e-6)
    assert diagnose(tiny).verdict is Verdict.VANISHING, "the steps follow the gradient, which is tiny"


def test_a_tiny_learning_rate_on_a_bad_start_is_offered_both_remedies_in_one() -> None:
    """Usual steps alone leave the bad start, a usual start alone the tiny steps."""
    for start in ({"gain": 0.1}, {"gain": 5.0}, {"kernel_initializer": "uniform_0_1"}):
        settings = {"learning_rate": 1e-6, **start}
        diagnosis = diagnose(filled(record_of(PLATEAU, **settings), "update_ratio", 1e-6))
        assert "too short to undo a bad start" in diagnosis.cause
        both = first_remedy(diagnosis, **settings)
        assert (both.learning_rate, both.gain, both.kernel_initializer) == (0.01, 1, "glorot_uniform")


def test_what_is_in_the_way_is_named_and_lifted() -> None:
    still, zero, large = ("update_ratio", 1e-6), ("update_ratio", 0.0), ("update_ratio", 3.0)
    for settings, sign, words, lifted in (
        ({"gradient_clip": "value"}, still, "Clipping", {"gradient_clip": "none"}),
        ({"normalization": "batch", "batch_size": 1}, zero, "batch of one point", {"normalization": "none"}),
        ({"normalization": "layer", "units": 1}, zero, "single unit", {"units": 4}),
        ({"momentum": 0.999, "learning_rate": 0.005}, large, "steps are too long", {"momentum": 0.9}),
    ):
        diagnosis = diagnose(filled(record_of(PLATEAU, **settings), *sign))
        assert words in diagnosis.cause, diagnosis.cause
        config = RunConfig(**SETTINGS | settings)
        assert first_remedy(diagnosis, **settings) == config.with_changes(**lifted)


@pytest.mark.parametrize("loss", [(0.7, 0.9), (0.7, 40.0)])
def test_averages_of_batch_normalisation_that_lag_are_told_from_steps_that_are_too_long(
    loss: tuple[float, float],
) -> None:
    settings = {"normalization": "batch", "batch_size": 500, "n_samples": 1000}
    risen = PLATEAU | {"train_loss": loss, "val_loss": loss}
    lagging = diagnose(record_of(risen, **settings))  # 100 updates leave 0.37 of the first values.
    assert lagging.verdict is Verdict.STUCK and "moving averages lag" in lagging.cause
    assert first_remedy(lagging, **settings).batch_size == 32
    for change in ({"batch_size": 32}, {"normalization": "layer"}):  # 1,600 updates; and no averages.
        other = diagnose(record_of(risen, **settings | change))
        assert "averages" not in other.cause
        assert (other.verdict is Verdict.DIVERGED) == (loss[1] == 40)
    assert "averages" not in diagnose(filled(record_of(risen, **settings), "update_ratio", 3.0)).cause  # Long steps.


def test_weights_that_decay_away_are_blamed_on_the_decay_in_whatever_they_end() -> None:
    decayed = filled(record_of(PLATEAU, weight_decay=0.5), "kernel_rms", 1e-4, np.s_[-1])
    for record in (decayed, filled(decayed, "dead_share", 1.0, END)):
        diagnosis = diagnose(record)
        assert "weight decay" in diagnosis.cause
        assert first_remedy(diagnosis, weight_decay=0.5).weight_decay == 0
    assert "weight decay" not in diagnose(filled(record_of(PLATEAU), "kernel_rms", 1e-4, np.s_[-1])).cause


def test_equal_weights_of_somebody_elses_network_are_found() -> None:
    assert "copies of one another" in diagnose(foreign(gradient_rms=1e-9, kernel_mean=0.05, kernel_rms=0.05)).cause


def test_a_dead_branch_is_no_illness_while_a_skip_connection_goes_around_it() -> None:
    around = filled(record_of(PLATEAU, activation="relu", residual=True), "dead_share", 1.0, np.s_[:, :, 2])
    assert diagnose(around).verdict is Verdict.STUCK
    assert diagnose(filled(around, "gradient_rms", 0.0)).verdict is Verdict.DEAD, "where nothing arrives at the bottom"
    no_branch = filled(record_of(PLATEAU, residual=True), "gradient_rms", 1e-9, np.s_[:, :, 2])
    assert diagnose(no_branch).verdict is Verdict.STUCK
    assert diagnose(filled(no_branch, "gradient_rms", 1e-9, np.s_[:, :, 0])).verdict is Verdict.VANISHING


def test_long_steps_explain_a_divergence_before_a_shifted_mean_does() -> None:
    assert "too long" in shown("train_loss", 1.5, np.s_[50:], kernel_initializer="uniform_0_1").cause


def test_one_unit_has_none_to_push_the_same_way() -> None:
    ones = record_of(PLATEAU, kernel_initializer="uniform_0_1", num_hidden_layers=1, units=1)
    assert "mean is shifted" not in diagnose(ones).cause


def test_too_few_units_are_told_from_too_few_layers() -> None:
    tiny = diagnose(filled(record_of(PLATEAU, num_hidden_layers=1, units=2), "update_ratio", 0.05))
    assert first_remedy(tiny, num_hidden_layers=1, units=2).units == 8
    settings = {"num_hidden_layers": 1, "units": 12}
    at_rest = filled(record_of(PLATEAU, **settings), "train_loss", 0.6, END)
    partly = diagnose(filled(at_rest, "update_ratio", 0.05))
    assert "learns a part" in partly.cause
    assert first_remedy(partly, **settings).num_hidden_layers == 3


def test_weights_that_cost_more_than_any_guess_are_named() -> None:
    far = {"train_loss": (30.0, 0.7)}
    diagnosis = diagnose(filled(record_of(PLATEAU | far, gain=10.0, num_hidden_layers=1), "update_ratio", 0.05))
    assert "loss starts far above that of any guess" in diagnosis.cause
    assert first_remedy(diagnosis, gain=10.0, num_hidden_layers=1).gain == 1


def test_one_hidden_layer_contracts_nothing() -> None:
    """A kernel into 128 units has small entries, and each is as good as one of 128 large ones."""
    wide = record_of(PLATEAU, activation="sigmoid", num_hidden_layers=1, units=128)
    assert diagnose(filled(wide, "gradient_rms", [0.0011, 0.1])).verdict is Verdict.STUCK
    assert diagnose(filled(wide, "gradient_rms", [0.00008, 0.1])).verdict is Verdict.VANISHING, "a hundredth of √128"
    assert "very layer" not in diagnose(filled(wide, "gradient_rms", [0.00008, 0.1])).cause


def test_the_part_that_counts_most_is_blamed_and_not_a_setting() -> None:
    steep = {"activation": "sigmoid", "gain": 0.58, "num_hidden_layers": 20, "units": 100, "replicates": 1}
    diagnosis = shown("gradient_rms", 1e-9, START, **steep)
    assert "slope" in diagnosis.cause, "with a gain of 1 it is still ×0.24 per layer"
    assert {"gain": 1.0} not in [dict(remedy.changes) for remedy in diagnosis.remedies]


def test_in_narrow_layers_a_steeper_activation_comes_with_more_units() -> None:
    narrow = {"activation": "sigmoid", "num_hidden_layers": 20}
    changed = first_remedy(shown("gradient_rms", 1e-9, START, **narrow), **narrow)
    assert (changed.activation, changed.units) == ("tanh", 20)
    wide = narrow | {"units": 20}
    assert first_remedy(shown("gradient_rms", 1e-9, START, **wide), **wide).units == 20
