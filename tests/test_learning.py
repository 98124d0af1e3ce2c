from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import changed, foreign_record

from vgdemo.data import make_dataset
from vgdemo.learning import (
    Share,
    accuracy,
    accuracy_deciles,
    arrival,
    arrival_in_words,
    final_accuracy,
    gradient_ratio,
    guessing_accuracy,
    has_learned,
    has_learned_by_loss,
    holds_nothing_to_learn,
    learning_threshold,
    without_finite_loss,
)
from vgdemo.model import Kernel
from vgdemo.record import RunRecord

MakeRecord = Callable[..., RunRecord]


def ended(record: RunRecord, *accuracies: float) -> RunRecord:
    """The record with other final validation accuracies."""
    values = record.curve_arrays["val_accuracy"].copy()
    values[-1] = accuracies
    return changed(record, val_accuracy=values)


def without(record: RunRecord, *curves: str) -> RunRecord:
    return replace(
        record, curve_arrays={name: values for name, values in record.curve_arrays.items() if name not in curves}
    )


def four_classes(**curves: Any) -> RunRecord:
    """A log of two trainings of a network with four classes, of which nobody knows the larger one's share."""
    arrays = {name: np.asarray(values, float) for name, values in curves.items()}
    return foreign_record(replicates=2, curve_arrays=arrays, panels={})


# Newcombe (1998), Statistics in Medicine 17, table I, method 3.
@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_wilsons(count: int, total: int, low: float, high: float) -> None:
    assert Share(count, total).interval == pytest.approx((low, high), abs=5e-5)


def test_a_share_says_count_percentage_and_interval() -> None:
    assert str(Share(0, 20)) == "0 of 20 replicates (0 %, 95 % interval 0–16 %)"
    assert str(Share(1, 1)).startswith("1 of 1 replicate (100 %, ")


def test_the_interval_of_a_share_is_written_in_whole_hundredths() -> None:
    assert Share(1, 29).interval_in_words == "1–17 %"
    assert Share(3, 20).interval_in_words == "5–36 %"


def test_an_arrival_is_a_whole_epoch_or_never() -> None:
    assert [arrival_in_words(epoch) for epoch in (0, 3.4, 1234.0, np.inf)] == ["0", "3", "1234", "never"]


def test_a_share_counts_what_is_true() -> None:
    assert Share.of([True, False, True]) == Share.of(np.array([True, False, True])) == Share(2, 3)


def test_learning_starts_well_above_the_larger_class_where_nobody_knows_the_ceiling(make_record: MakeRecord) -> None:
    record = make_record(n_samples=1000)
    larger = np.bincount(make_dataset(record.config).y_val.astype(int)).max() / 500
    assert learning_threshold(record) == pytest.approx(larger + 0.2)
    assert has_learned(ended(record, larger + 0.19, larger + 0.21)).tolist() == [False, True]


def test_of_classes_whose_shares_nobody_knows_each_is_taken_to_be_as_large() -> None:
    record = four_classes(train_loss=np.zeros((4, 2)), val_accuracy=[[0.25, 0.25], *[[0.44, 0.46]] * 3])
    assert guessing_accuracy(record) == 0.25
    assert has_learned(record).tolist() == [False, True]
    assert guessing_accuracy(replace(record, model=replace(record.model, num_classes=None))) == 0


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("measured", "counted"), [(0.9, 0.55), (0.55, 0.55), (0.4, 0.4), (np.nan, 0.55)])
def test_a_replicate_that_diverged_guesses_and_has_not_learned(
    make_record: MakeRecord, loss: float, measured: float, counted: float
) -> None:
    record = replace(ended(make_record(), measured, 0.9), majority_share=0.55)
    record.curve_arrays["train_loss"][-1, 0] = loss
    assert final_accuracy(record).tolist() == [counted, 0.9]
    assert has_learned(record).tolist() == [False, True]
    np.testing.assert_array_equal(accuracy(record)[:-1], record.curve_arrays["val_accuracy"][:-1])
    assert without_finite_loss(record).tolist() == [[False, False]] * 3 + [[True, False]]


def test_both_halves_of_a_diverged_replicate_are_guesses(make_record: MakeRecord) -> None:
    record = replace(changed(make_record(), train_accuracy=1, train_loss=np.nan), majority_share=0.5)
    assert final_accuracy(record, "train").tolist() == [0.5, 0.5]


def test_a_diverged_replicate_never_ranks_above_one_that_learned(make_record: MakeRecord) -> None:
    record = replace(ended(make_record(replicates=3), 0.9, 0.8, 0.95), majority_share=0.5)
    record.curve_arrays["train_loss"][-1, 2] = np.nan
    assert accuracy_deciles(record) == pytest.approx((0.5 + 0.2 * 0.3, 0.8, 0.8 + 0.8 * 0.1))


def test_a_run_whose_loss_was_not_measured_has_not_diverged() -> None:
    record = four_classes(val_accuracy=np.full((4, 2), 0.9))
    assert without_finite_loss(record).tolist() == [[False, False]] * 4
    assert final_accuracy(record).tolist() == [0.9, 0.9]


def test_a_run_without_accuracy_says_nothing_of_learning(make_record: MakeRecord) -> None:
    record = without(make_record(), "val_accuracy")
    told = (accuracy(record), final_accuracy(record), accuracy_deciles(record), has_learned(record), arrival(record))
    assert told == (None,) * 5
    assert final_accuracy(record, "train").tolist() == record.curve_arrays["train_accuracy"][-1].tolist()


def test_a_run_without_epochs_says_nothing_of_its_end(make_record: MakeRecord) -> None:
    record = RunRecord.empty(make_record().config)
    assert (final_accuracy(record), accuracy_deciles(record), has_learned(record), arrival(record)) == (None,) * 4
    assert accuracy(record).shape == (0, 2)


def test_deciles_are_those_of_the_replicates(make_record: MakeRecord) -> None:
    record = replace(ended(make_record(replicates=11), *np.arange(11) / 10), majority_share=0.5)
    assert accuracy_deciles(record) == pytest.approx((0.1, 0.5, 0.9))


def test_arrival_is_the_first_epoch_at_95_percent_of_the_end(make_record: MakeRecord) -> None:
    curves = np.array([[0.1, 0.1], [0.94, 0.1], [0.96, 0.1], [1.0, 1.0]])
    assert arrival(changed(make_record(), train_loss=0, val_accuracy=curves)).tolist() == [2, 3]


def test_a_replicate_that_does_not_learn_never_arrives(make_record: MakeRecord) -> None:
    record = replace(
        changed(make_record(), train_loss=[[2], [1], [1], [1]], val_accuracy=[0.69, 0.71]), majority_share=0.5
    )
    assert arrival(record).tolist() == [np.inf, 0]
    record.curve_arrays["train_loss"][-1, 1] = np.nan
    assert arrival(record).tolist() == [np.inf, np.inf]


def test_arrival_is_an_epoch_and_not_a_place_among_the_measured_ones() -> None:
    curve = np.array([[0.2, 0.2], [0.2, 0.8], [0.2, 0.8], [0.8, 0.8]])
    record = four_classes(train_loss=np.zeros((4, 2)), val_accuracy=curve)
    assert record.epochs.tolist() == [0, 2, 4, 6]
    assert arrival(record).tolist() == [6, 2]


def test_the_gradient_ratio_is_that_of_the_first_kernel_to_the_outputs() -> None:
    record = foreign_record()
    record.values("gradient_mean_abs")[1, 0] = [3, 100, 100, 4]
    assert gradient_ratio(record, 1).tolist() == [0.75]
    assert gradient_ratio(record, -1).tolist() == [
        record.values("gradient_mean_abs")[3, 0, 0] / record.values("gradient_mean_abs")[3, 0, 3]
    ]


def test_a_gradient_of_zero_gives_a_ratio_without_a_warning(make_record: MakeRecord) -> None:
    record = make_record()
    record.values("gradient_mean_abs")[0] = [[1, 1, 0], [0, 1, 0]]
    np.testing.assert_array_equal(gradient_ratio(record, 0), [np.inf, np.nan])


def test_there_is_no_gradient_ratio_without_gradients_or_without_an_output_to_compare_with() -> None:
    record = foreign_record()
    assert gradient_ratio(replace(record, panels={}), 0) is None
    (only,) = (kernel for kernel in record.model.kernels if kernel.is_output)
    for kernels in ((only,), (Kernel("dense", (2, 1)),)):
        assert gradient_ratio(replace(record, model=replace(record.model, kernels=kernels)), 0) is None


def test_learned_is_what_comes_most_of_the_way_from_the_larger_class_to_the_ceiling(make_record: MakeRecord) -> None:
    record = replace(make_record(n_samples=1000), majority_share=0.5, ceiling=0.9)
    assert learning_threshold(record) == pytest.approx(0.5 + 0.59 * 0.4)
    assert has_learned(ended(record, 0.73, 0.75)).tolist() == [False, True]
    assert not holds_nothing_to_learn(record)


@pytest.mark.parametrize(("n_samples", "share"), [(100, 0.5), (100, 0.7), (1000, 0.504), (10_000, 0.51)])
def test_what_guesses_reach_by_chance_is_not_learned(make_record: MakeRecord, n_samples: int, share: float) -> None:
    record = replace(make_record(n_samples=n_samples), majority_share=share, ceiling=share)
    half = n_samples // 2
    guesses = np.random.default_rng(0).binomial(half, share, 100_000) / half
    assert (guesses >= learning_threshold(record)).sum() <= 1 and learning_threshold(record) < 1
    assert holds_nothing_to_learn(record)


def test_points_without_a_known_ceiling_are_taken_to_hold_something(make_record: MakeRecord) -> None:
    assert not holds_nothing_to_learn(make_record())
    assert not holds_nothing_to_learn(foreign_record())


@pytest.mark.parametrize(("final", "loss", "learned"), [(0.9, 0.69, False), (0.92, 0.69, False), (0.9, 0.6, True)])
def test_an_accuracy_that_was_there_before_any_update_was_not_learned(
    make_record: MakeRecord, final: float, loss: float, learned: bool
) -> None:
    accuracies, losses = np.linspace(0.9, final, 4)[:, None], np.linspace(0.7, loss, 4)[:, None]
    record = replace(changed(make_record(), val_accuracy=accuracies, train_loss=losses), majority_share=0.5)
    assert has_learned(record).tolist() == [learned] * 2
    later = replace(record, epochs=record.epochs + 1)
    assert has_learned(later).tolist() == [True] * 2, "nobody knows what was there before"


def test_an_accuracy_that_rises_was_learned_however_little_the_loss_falls(make_record: MakeRecord) -> None:
    rising = np.linspace(0.56, 0.72, 4)[:, None]
    record = replace(changed(make_record(), val_accuracy=rising, train_loss=0.7), majority_share=0.5)
    assert has_learned(record).tolist() == [True] * 2
    assert has_learned(without(record, "train_loss")).tolist() == [True] * 2


def test_no_network_has_to_come_beyond_the_ceiling_unless_there_is_nothing_to_learn(make_record: MakeRecord) -> None:
    noisy = replace(make_record(n_samples=1000), majority_share=0.5)
    for ceiling in np.linspace(0.5, 1, 51):
        record = replace(noisy, ceiling=float(ceiling))
        assert (learning_threshold(record) > ceiling) == holds_nothing_to_learn(record) == (ceiling < 0.553)


@pytest.mark.parametrize("n_samples", [100, 250, 1000, 10_000])
def test_a_guess_hardly_ever_counts_as_learned_whatever_the_ceiling_is(make_record: MakeRecord, n_samples: int) -> None:
    half = n_samples // 2
    guesses = np.random.default_rng(1).binomial(half, 0.5, 100_000) / half
    for ceiling in np.linspace(0.5, 1, 26):
        record = replace(make_record(n_samples=n_samples), majority_share=0.5, ceiling=float(ceiling))
        assert (guesses >= learning_threshold(record)).mean() <= 0.011


def test_three_corners_of_four_are_not_learned_and_noisy_points_are_as_well_as_can_be(make_record: MakeRecord) -> None:
    """Accuracies of the best possible classifiers, and of one that gives up a corner of xor: they share nothing."""
    cases = {
        "three corners": (0.98, 0.75, False),
        "xor": (0.98, 0.97, True),
        "circles, noise 0.3": (0.61, 0.58, True),
        "spirals, noise 0.3": (0.62, 0.65, True),
        "moons, noise 1": (0.66, 0.69, True),
    }
    for name, (ceiling, final, learned) in cases.items():
        record = replace(ended(make_record(n_samples=1000), final, final), majority_share=0.504, ceiling=ceiling)
        record.curve_arrays["train_loss"][:] = np.linspace(0.7, 0.65, 4)[:, None]
        assert has_learned(record).tolist() == [learned] * 2, name


def test_in_a_gap_a_run_has_what_was_measured_before_and_has_not_diverged(make_record: MakeRecord) -> None:
    record = make_record(epochs=3)
    gap = np.array([False, False, False, True])
    for name in ("train_loss", "val_accuracy"):
        record = changed(record, **{name: np.where(gap[:, None], np.nan, 0.75)})
    assert without_finite_loss(record)[-1].all()
    record = replace(record, gaps={"train_loss": gap, "val_accuracy": gap})
    assert not without_finite_loss(record).any()
    np.testing.assert_array_equal(final_accuracy(record), 0.75)


@pytest.mark.parametrize(("probe", "learned"), [(0.2, True), (0.9, False)])
def test_a_loss_that_weighs_examples_is_not_held_against_that_of_guessing(probe: float, learned: bool) -> None:
    """A class weight of 10 makes a loss of 0.2 one of 2, and guessing costs 1.1."""
    losses = {"train_loss": np.full((4, 1), 2.0), "probe_loss": np.linspace(1.1, probe, 4)[:, None]}
    record = replace(foreign_record(replicates=1), curve_arrays=losses, guess=1.1)
    assert has_learned_by_loss(record) == [learned]
