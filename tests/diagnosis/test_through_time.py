"""What becomes of the derivative by a state on its way back through time, and what a verdict makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vgdemo import diagnose
from vgdemo.architectures import RECURRENT
from vgdemo.config import RunConfig
from vgdemo.diagnosis import Verdict, possible, so_far
from vgdemo.diagnosis.symptoms import Symptoms
from vgdemo.diagnosis.through_time import ThroughTime, through_time
from vgdemo.engine import train
from vgdemo.record import Panel, RunRecord

from .conftest import LEARNING, filled, over_time

STATE = ("state_gradient_mean_abs", "state_gradient_rms")
ALL = np.array([True])
LEARNS = {name: ends for name, ends in LEARNING.items() if name.endswith(("loss", "accuracy"))}


def with_state(record: RunRecord, sizes: Any, where: Any = np.s_[:]) -> RunRecord:
    """The record with this size of the derivative by the state."""
    return filled(filled(record, STATE[0], sizes, where), STATE[1], sizes, where)


def of(sizes: Any, is_backwards: bool = False) -> ThroughTime:
    """One layer of one replicate, measured once."""
    (found,) = through_time(with_sizes(sizes, is_backwards), slice(0, 1))
    return found


def with_sizes(sizes: Any, is_backwards: bool = False) -> RunRecord:
    record = over_time(1.0, time_steps=len(sizes), replicates=1, epochs=1)
    kernels = tuple(replace(kernel, go_backwards=is_backwards) for kernel in record.model.kernels)
    return replace(with_state(record, sizes), model=replace(record.model, kernels=kernels))


@pytest.mark.parametrize("factor", [0.5, 0.83, 1.0, 1.2])
def test_a_geometric_profile_has_its_factor_whichever_way_the_layer_reads(factor: float) -> None:
    sizes = 3e-4 * factor ** np.arange(40)  # From the answer on, in 40 steps: tenths of four.
    for found in (of(sizes[::-1]), of(sizes, is_backwards=True)):
        assert found.in_words(ALL).startswith(f"×{factor:g} per step, ")
        assert found.growth == pytest.approx([factor**39 / factor**3 if factor > 1 else factor**36])
        assert found.share == pytest.approx([min(1.0, factor**36)])


def test_a_zero_a_tiny_number_and_none_at_all_are_three_things() -> None:
    tiny, zero, none = (of([far] * 4 + [1.0] * 16) for far in (1e-300, 0.0, np.nan))
    assert tiny.share == pytest.approx([1e-300]) and zero.share == [0.0] and np.isnan(none.share).all()
    (words, of_zero, of_none) = (one.in_words(ALL) for one in (tiny, zero, none))
    assert "the first 4 of 20 steps get less than a thousandth" in words and "exactly 0" not in words
    assert "the very first exactly 0" in of_zero
    assert "not a number" in of_none


def test_what_is_said_is_the_median_of_the_replicates_that_it_is_about() -> None:
    ages = np.arange(100)[::-1]
    sizes = np.stack([0.5**ages, 0.8**ages, 0.8**ages, 0.99**ages])
    record = with_state(over_time(1.0), sizes)
    (found,) = Symptoms(record).start_through_time
    assert found.in_words(np.array([False, True, True, False])).startswith("×0.8 per step, the first 69 of 100")
    assert found.in_words(np.array([False, False, False, True])).startswith("×0.99 per step, all 100 steps")


def test_the_second_half_of_training_is_looked_at_apart_from_its_start() -> None:
    late = with_state(over_time(1.0), 0.001 * 0.8 ** np.arange(100)[::-1], np.s_[60:])
    symptoms = Symptoms(late)
    assert symptoms.start_through_time[0].share == pytest.approx([1.0] * 4)
    assert symptoms.late_through_time[0].share == pytest.approx([0.8**90] * 4)
    diagnosis = diagnose(late)
    assert diagnosis.verdict is Verdict.VANISHING and diagnosis.rule.phase == "training"
    assert "×0.8 per step" in diagnosis.cause
    assert any("at the start: ×1 per step" in said and "; later ×0.8 per step" in said for said in diagnosis.evidence)


def test_steps_in_groups_count_as_many_as_they_are() -> None:
    labels = tuple(map(str, range(2, 301, 2)))
    panel = Panel.of_time_steps(labels, np.array([0]), {STATE[0]: 0.5 ** np.arange(150.0)[None, None, ::-1]})
    record = replace(over_time(1.0, replicates=1), panels={"steps/1": panel})
    (found,) = through_time(record, slice(0, 1))
    assert "×0.71 per step, the first 280 of 300 steps" in found.in_words(ALL)  # Of 2^-10 and more ten groups are left.


def test_a_verdict_names_time_with_its_numbers() -> None:
    vanishing, exploding = (diagnose(over_time(factor)).sentence for factor in (0.83, 1.2))
    assert vanishing.startswith(
        "Vanishing gradient: the gradient vanishes through time: ×0.83 per step, the first 62 of 100 steps get less "
        "than a thousandth of the gradient of the last one."
    )
    assert exploding.startswith(
        "Exploding gradient: the gradient explodes through time: ×1.2 per step, the first 62 of 100 steps get more "
        "than 1,000 times the gradient of the last one"
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"network": "lstm", "unit_forget_bias": False}, "forget gates start half closed"),
        ({"network": "lstm"}, "gates let a part"),
        ({"network": "gru"}, "gates let a part"),
        ({"activation": "sigmoid"}, "activation's slope"),
        ({"activation": "relu"}, "Weights and slopes together"),
        ({}, "Weights and slopes together"),
    ],
)
def test_each_cell_has_a_cause_of_its_own(settings: dict[str, Any], words: str) -> None:
    for start in (over_time(0.83, **settings), filled(over_time(0.83, **settings), "gradient_rms", 1e-7, np.s_[0])):
        diagnosis = diagnose(start)
        assert diagnosis.verdict is Verdict.VANISHING
        assert "vanishes through time" in diagnosis.cause and words in diagnosis.cause


def test_recurrent_weights_and_flat_states_are_blamed_where_they_are_to_blame() -> None:
    small = filled(over_time(0.83), "kernel_rms", 0.05, np.s_[0, :, 1])
    assert "recurrent weights are too small" in diagnose(small).cause
    assert "flat of the activation" in diagnose(filled(over_time(0.83), "saturated_share", 0.3, np.s_[0])).cause
    large = filled(over_time(1.2), "kernel_rms", 0.9, np.s_[0, :, 1])
    assert "recurrent weights are too large" in diagnose(large).cause


def test_a_vanishing_layer_is_told_from_a_vanishing_step() -> None:
    """Two recurrent layers: over time all is well, and the kernels of the first get a ten thousandth."""
    over_layers = filled(over_time(0.999, num_hidden_layers=2), "gradient_rms", 1e-6, np.s_[0, :, :2])
    diagnosis = diagnose(over_layers)
    assert diagnosis.verdict is Verdict.VANISHING and "through time" not in diagnosis.cause


def test_numbers_that_overflow_are_a_finding_of_their_own() -> None:
    lost = filled(over_time(1.0, activation="relu"), "gradient_rms", np.nan)
    lost = filled(with_state(lost, np.nan), "train_loss", np.nan)
    diagnosis = diagnose(lost)
    assert diagnosis.verdict is Verdict.EXPLODING and "no finite numbers" in diagnosis.cause
    assert any("stop being finite numbers at epoch 0" in sentence for sentence in diagnosis.evidence)
    later = filled(over_time(1.0, activation="relu"), "train_loss", np.nan, np.s_[50:])
    assert diagnose(later).verdict is Verdict.DIVERGED and "recurrent weights that it left" in diagnose(later).cause
    assert possible(diagnose(later).remedies, later.config)[0].label == "Gradient clipping"


@pytest.mark.parametrize(
    ("far", "verdict"),
    [
        (0.99e-4, Verdict.VANISHING),
        (1.01e-4, Verdict.STUCK),
        (999, Verdict.STUCK),
        (1001, Verdict.EXPLODING),
        (np.inf, Verdict.EXPLODING),
        (0.0, Verdict.VANISHING),
    ],
)
@pytest.mark.parametrize("network", RECURRENT)
def test_each_rule_of_time_holds_up_to_its_number_and_not_beyond(far: float, verdict: Verdict, network: str) -> None:
    record = with_state(over_time(1.0, network=network), 0.001 * far, np.s_[..., :10])
    for seen in (record, with_state(record, 0.001, np.s_[1:])):  # To the end, and at the start alone.
        assert diagnose(seen).verdict is verdict


def test_what_learns_is_not_ill_for_what_its_gradient_does_through_time() -> None:
    for factor, words in ((0.83, "learns although the gradient vanishes through time: ×0.83"), (0.99, "every layer")):
        diagnosis = diagnose(over_time(factor, LEARNS))
        assert diagnosis.verdict is Verdict.HEALTHY and words in diagnosis.cause
        assert not diagnosis.remedies


def test_a_task_that_needs_no_memory_is_not_ill_for_lack_of_it() -> None:
    waves = over_time(0.83, dataset="waves")
    assert so_far(waves) == "Nothing is wrong at the start."
    assert diagnose(waves).verdict is Verdict.STUCK
    assert any("×0.83 per step" in sentence for sentence in diagnose(waves).evidence), "it is said all the same"
    assert "learns although" in diagnose(over_time(0.83, LEARNS, dataset="waves")).cause


def test_while_it_trains_a_run_that_needs_memory_is_told_of_its_start() -> None:
    assert "vanishes through time: ×0.83 per step" in so_far(over_time(0.83))
    assert so_far(over_time(0.99)) == "Nothing is wrong at the start."


def test_what_nobody_measured_is_not_there() -> None:
    symptoms = Symptoms(replace(over_time(0.83), panels={}))
    assert symptoms.start_through_time == symptoms.late_through_time == ()
    assert symptoms.recurrent_scale is None and symptoms.needs_memory is True
    rotation = over_time(1.0)
    assert Symptoms(rotation).recurrent_scale == pytest.approx([1.0] * 4)
    assert Symptoms(over_time(1.0, network="gru")).recurrent_scale is None
    assert Symptoms(over_time(1.0, dataset="waves")).needs_memory is False
    assert RunConfig().dataset == "circles"


@pytest.mark.parametrize(
    ("start", "verdict", "factor", "error"),
    [
        ({"recurrent_initializer": "random_normal"}, Verdict.VANISHING, 0.2, 0.25),  # 0.05 √16, in the mean.
        ({"recurrent_gain": 1.5}, Verdict.EXPLODING, 1.5, 1e-4),  # A rotation.
    ],
)
def test_a_trained_run_is_told_of_its_recurrent_weights(
    start: dict[str, Any], verdict: Verdict, factor: float, error: float
) -> None:
    """Without a bend nothing else counts; both runs share a compiled program."""
    tiny = {"time_steps": 20, "n_samples": 100, "epochs": 3, "replicates": 2, "activation": "linear"}
    record = train(RunConfig(network="simple_rnn", **tiny | start))
    diagnosis = diagnose(record)
    assert diagnosis.verdict is verdict and "through time" in diagnosis.cause
    (layer,) = Symptoms(record).start_through_time
    assert (layer.sizes[:, 0] / layer.sizes[:, -1]) ** (1 / 19) == pytest.approx([factor] * 2, rel=error)
