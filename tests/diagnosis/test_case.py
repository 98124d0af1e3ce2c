"""Each sign of a case where it is there, where it is not, and where nothing was measured that could show it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vgdemo.diagnosis import RULES
from vgdemo.diagnosis.case import Case
from vgdemo.diagnosis.symptoms import Symptoms
from vgdemo.record import RunRecord

from .conftest import PLATEAU, filled, foreign, over_time, record_of, without
from .test_own_models import SIGNS_OF_LOGS

START = np.s_[0]


def case_of(record: RunRecord, *replicates: bool, rule: int = -2) -> Case:
    return Case(Symptoms(record), RULES[rule], np.array(replicates or (True,) * record.replicates))


def plain(**settings: Any) -> RunRecord:
    return record_of(PLATEAU, **settings)


def with_model(record: RunRecord, **changes: Any) -> RunRecord:
    return replace(record, model=replace(record.model, **changes))


# Glorot's variance for 5 units to 5 units is 0.2, most of the six kernels have these.
SIGNS: dict[str, tuple[RunRecord, RunRecord]] = {
    "starts_uneven": (
        filled(plain(), "gradient_rms", 0.9e-4, np.s_[0, :, 2]),
        filled(plain(), "gradient_rms", 1.1e-4, np.s_[0, :, 2]),
    ),
    "has_gradients": (plain(), without(plain(), "gradient_rms")),
    "starts_at_zero": (filled(plain(), "kernel_rms", 0.0, START), filled(plain(), "kernel_rms", 0.0, np.s_[0, :, :2])),
    "is_shifted": (plain(kernel_initializer="uniform_0_1"), plain()),
    "is_normalized": (plain(normalization="batch"), plain()),
    "has_large_weights": (
        filled(plain(), "kernel_rms", np.sqrt(0.31), START),
        filled(plain(), "kernel_rms", np.sqrt(0.29), START),
    ),
    "reads_large_inputs": (
        filled(plain(), "saturated_share", 0.5, np.s_[0, :, 0]),
        filled(plain(), "saturated_share", 0.5, np.s_[0, :, 1]),
    ),
    "has_small_weights": (
        filled(plain(), "kernel_rms", np.sqrt(0.13), START),
        filled(plain(), "kernel_rms", np.sqrt(0.15), START),
    ),
    "has_small_slope": (plain(activation="sigmoid"), plain(activation="tanh")),
    "is_narrow": (plain(num_hidden_layers=5, units=10), plain(num_hidden_layers=5, units=11)),
    "takes_long_steps": (plain(learning_rate=0.1), plain(learning_rate=0.09)),
    "is_measured_moving": (plain(), without(plain(), "update_ratio")),
    "hardly_moves": (  # A hundred epochs.
        filled(plain(), "update_ratio", 0.0009),
        filled(plain(), "update_ratio", 0.0011),
    ),
    "has_far_weights": (plain(gain=1.8), plain(gain=1.7)),  # 3.2 and 2.9 times the mean square of Glorot's.
    "hardly_moves_from_far_weights": (
        filled(plain(gain=0.5), "update_ratio", 0.0009),
        filled(plain(gain=0.6), "update_ratio", 0.0009),
    ),
    "moves_little": (filled(plain(), "update_ratio", 0.009), filled(plain(), "update_ratio", 0.011)),
    "leaps": (filled(plain(), "update_ratio", 1.1, np.s_[50, :, 2]), filled(plain(), "update_ratio", 0.9, np.s_[50])),
    "leaps_through_time": (
        filled(over_time(1.0), "update_ratio", 1.1, np.s_[50]),
        filled(plain(), "update_ratio", 1.1, np.s_[50]),
    ),
    "has_equal_weights": (filled(plain(), "kernel_mean", -np.sqrt(0.2)), filled(plain(), "kernel_mean", 0.4)),
    "is_residual": (plain(residual=True), plain()),
    "is_deep": (plain(num_hidden_layers=2), plain(num_hidden_layers=1)),
    "is_tiny": (plain(units=2), plain(units=3)),
    "starts_far_off": (  # Guessing costs 0.69.
        filled(plain(), "train_loss", 2.1, START),
        filled(plain(), "train_loss", 2.0, START),
    ),
    "averages_lag": (  # 300 updates would leave 0.05 of the first values; guessing costs 0.693.
        record_of(PLATEAU | {"train_loss": (0.693, 0.8)}, normalization="batch", batch_size=25),
        record_of(PLATEAU | {"train_loss": (0.693, 0.8)}, normalization="batch", batch_size=13),
    ),
    "has_learned_a_part": (filled(plain(), "train_loss", 0.65), filled(plain(), "train_loss", 0.67)),
    "is_decayed": (
        filled(plain(weight_decay=0.1), "kernel_rms", 0.04, np.s_[-1]),
        filled(plain(), "kernel_rms", 0.04, np.s_[-1]),
    ),
    "normalizes_single_units": (plain(normalization="layer", units=1), plain(normalization="layer", units=2)),
    "sees_single_points": (plain(normalization="batch", batch_size=1), plain(normalization="batch", batch_size=2)),
    "is_clipped": (
        filled(plain(gradient_clip="value"), "update_ratio", 1e-4),
        filled(plain(), "update_ratio", 1e-4),
    ),
    "has_small_slope_and_is_narrow": (
        plain(activation="sigmoid", num_hidden_layers=20),
        plain(activation="sigmoid", num_hidden_layers=20, units=20),
    ),
    "is_recurrent": (over_time(1.0), plain()),
    "passes_little_through_time": (over_time(0.9, dataset="waves"), over_time(0.95)),  # Over 90 steps: 8e-5, 0.01.
    "vanishes_through_time": (over_time(0.9), over_time(0.9, dataset="waves")),
    "explodes_through_time": (over_time(1.03), over_time(1.02)),  # Over 90 steps: 14, 6.
    "overflows_through_time": (
        filled(over_time(1.0), "gradient_rms", np.nan, START),
        filled(over_time(1.0), "gradient_rms", np.nan, np.s_[1]),
    ),
    "vanishes_in_gates": (over_time(0.9, network="lstm"), over_time(0.9)),
    "vanishes_in_half_closed_gates": (
        over_time(0.9, network="lstm", unit_forget_bias=False),
        over_time(0.9, network="lstm"),
    ),
    "vanishes_by_small_recurrent_weights": (  # Of 5 units, whose mean square is 0.2 in a rotation.
        filled(over_time(0.9), "kernel_rms", np.sqrt(0.13), np.s_[0, :, 1]),
        filled(over_time(0.9), "kernel_rms", np.sqrt(0.15), np.s_[0, :, 1]),
    ),
    "vanishes_on_the_flat": (
        filled(over_time(0.9), "saturated_share", 0.2, START),
        filled(over_time(0.9), "saturated_share", 0.19, START),
    ),
    "vanishes_by_small_slopes": (over_time(0.9, activation="sigmoid"), over_time(0.9, activation="relu")),
    "explodes_by_large_recurrent_weights": (
        filled(over_time(1.1), "kernel_rms", np.sqrt(0.31), np.s_[0, :, 1]),
        filled(over_time(1.1), "kernel_rms", np.sqrt(0.29), np.s_[0, :, 1]),
    ),
    "is_linear": (plain(activation="linear"), plain(activation="relu")),
    "is_trained": (plain(epochs=1), replace(plain(), epochs=plain().epochs[:1])),
}


@pytest.mark.parametrize("shape", [{"num_hidden_layers": 1}, {"units": 1}], ids=str)
def test_a_shifted_mean_matters_where_layers_of_several_units_pass_it_on(shape: dict[str, int]) -> None:
    """The article's one hidden layer learns with it."""
    assert not case_of(plain(kernel_initializer="uniform_0_1", **shape)).is_shifted()


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_is_there_or_it_is_not(sign: str) -> None:
    there, absent = SIGNS[sign]
    assert getattr(case_of(there), sign)() is True
    assert getattr(case_of(absent), sign)() is False


def test_every_sign_is_held_here() -> None:
    signs = {name for name, one in vars(Case).items() if callable(one) and not name.startswith("_")}
    assert signs - {"median", "profile"} == {*SIGNS, "lacks_accuracy", *SIGNS_OF_LOGS}


@pytest.mark.parametrize(
    "sign", ["starts_uneven", "has_gradients", "starts_at_zero", "is_shifted", "has_large_weights"]
)
def test_a_sign_that_needs_what_was_not_measured_is_not_there(sign: str) -> None:
    assert not getattr(case_of(without(SIGNS[sign][0], "kernels")), sign)()


@pytest.mark.parametrize("sign", ["has_large_weights", "has_small_weights"])
def test_the_size_of_weights_does_not_matter_where_signals_are_normalised(sign: str) -> None:
    there, _ = SIGNS[sign]
    assert not getattr(case_of(with_model(there, normalization="layer")), sign)()


def test_an_unknown_learning_rate_or_activation_is_not_blamed() -> None:
    assert not case_of(with_model(plain(learning_rate=1.0), learning_rate=None)).takes_long_steps()
    unknown = with_model(foreign(), layers=(replace(foreign().model.layers[0], activation="mine"),))
    assert not case_of(unknown).has_small_slope() and not case_of(unknown).is_linear()


def test_a_movement_of_which_epochs_are_missing_is_not_measured() -> None:
    case = case_of(foreign(update_ratio=1e-9))
    assert not case.is_measured_moving() and not case.hardly_moves()


def test_an_accuracy_is_lacking_where_no_other_rule_holds() -> None:
    bare = without(plain(), "val_accuracy")
    assert case_of(bare, rule=-1).lacks_accuracy()
    assert not case_of(bare, rule=-2).lacks_accuracy()
    assert not case_of(plain(), rule=-1).lacks_accuracy()


def test_only_the_replicates_of_the_case_are_looked_at() -> None:
    """Two of four start with an uneven gradient, and their kernels move by different amounts."""
    record = filled(plain(), "gradient_rms", 1e-9, np.s_[0, 2:, 2])
    assert case_of(record, False, False, True, True).starts_uneven()
    assert not case_of(record, True, True, False, False).starts_uneven()
    assert not case_of(filled(plain(), "kernel_rms", 0.0, np.s_[0, :1])).starts_at_zero()
    assert case_of(filled(plain(), "kernel_rms", 0.0, np.s_[0, :1]), True, False, False, False).starts_at_zero()


def test_medians_are_over_the_replicates_of_the_case() -> None:
    case = case_of(plain(), True, False, True, True)
    assert case.median(np.array([1.0, 100.0, 2.0, 4.0])) == 2
    np.testing.assert_array_equal(case.profile(np.array([[1.0, 9.0], [100, 100], [2, 8], [4, 1]])), [2, 8])
    assert case.median(None) is None and case.profile(None) is None
