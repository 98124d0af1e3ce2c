from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from conftest import changed, foreign_record

from vgdemo.article import measures
from vgdemo.record import RunRecord

Make = Callable[..., RunRecord]


def test_the_gradient_is_averaged_over_all_epochs(make_record: Make) -> None:
    record = make_record(epochs=6, replicates=3)
    table = record.layers.groupby(["replicate", "layer"]).gradient_mean_abs.mean().unstack()
    np.testing.assert_allclose(measures.FIRST_GRADIENT.of(record), table["1"])
    np.testing.assert_allclose(measures.OUTPUT_GRADIENT.of(record), table["output"])
    np.testing.assert_allclose(measures.FIRST_OVER_OUTPUT.of(record), table["1"] / table["output"])


def test_two_runs_are_compared_replicate_by_replicate(make_record: Make) -> None:
    small = changed(make_record(), gradient_mean_abs=[[1, 9, 9], [2, 9, 9]])
    large = changed(make_record(), gradient_mean_abs=[[3, 9, 9], [8, 9, 9]])
    assert measures.FIRST_OVER_OTHER.of(large, small).tolist() == [3, 4]


def test_a_network_without_any_gradient_has_no_ratio_and_gives_no_warning(make_record: Make) -> None:
    record = changed(make_record(), gradient_mean_abs=np.zeros((2, 3)))
    assert np.isnan(measures.FIRST_OVER_OUTPUT.of(record)).all()
    assert np.isnan(measures.ENDS_OVER_MIDDLE.of(record)).all()


def test_the_last_two_layers_are_held_against_the_largest_of_the_others(make_record: Make) -> None:
    record = changed(make_record(num_hidden_layers=3, replicates=1), gradient_mean_abs=[[2, 4, 12, 8]])
    assert measures.ENDS_OVER_MIDDLE.of(record).tolist() == [2]


def test_a_replicate_arrives_at_95_percent_of_its_end_or_never_learns(make_record: Make) -> None:
    accuracy = np.array([[0.5, 0.5], [0.75, 0.5], [0.77, 0.5], [0.80, 0.5]])
    record = changed(make_record(), val_accuracy=accuracy)
    np.testing.assert_array_equal(measures.ARRIVAL.of(record), [2, np.inf])


def test_accuracies_are_those_after_the_last_epoch_and_a_diverged_replicate_guesses(make_record: Make) -> None:
    record = replace(make_record(), majority_share=0.5)
    record.curve_arrays["val_accuracy"][-1] = [0.8, 0.9]
    record.curve_arrays["train_accuracy"][-1] = [0.7, 0.6]
    assert measures.VAL_ACCURACY.of(record).tolist() == [0.8, 0.9]
    assert measures.TRAIN_ACCURACY.of(record).tolist() == [0.7, 0.6]
    record.curve_arrays["train_loss"][-1, 1] = np.nan
    assert measures.VAL_ACCURACY.of(record).tolist() == [0.8, 0.5]
    assert measures.TRAIN_ACCURACY.of(record).tolist() == [0.7, 0.5]


def test_a_measure_is_labelled_with_its_unit_and_drawn_between_its_ends() -> None:
    assert measures.VAL_ACCURACY.title == "accuracy after the last epoch"
    assert measures.VAL_ACCURACY.label == "accuracy after the last epoch, share"
    assert measures.VAL_ACCURACY.ends == measures.TRAIN_ACCURACY.ends == (0.45, 0.9)
    assert measures.ARRIVAL.label == measures.ARRIVAL.title == "first epoch at 95 % of the final accuracy"
    assert measures.ARRIVAL.ends is None


def test_progress_is_the_last_tenth_of_the_epochs_minus_the_first(make_record: Make) -> None:
    accuracy = np.linspace(0, 1, 20)[:, None]
    record = changed(make_record(epochs=19, replicates=1), train_accuracy=accuracy)
    assert measures.PROGRESS.of(record) == pytest.approx(18 / 19)


def test_the_progress_of_a_diverged_replicate_ends_at_guessing_and_without_accuracy_there_is_none(
    make_record: Make,
) -> None:
    record = make_record(epochs=19, replicates=2)
    record = replace(changed(record, train_accuracy=[0.4, 0.6], train_loss=0), majority_share=0.5)
    record.curve_arrays["train_accuracy"][10:, 0] = np.nan
    record.curve_arrays["train_loss"][10:, 0] = np.nan
    np.testing.assert_allclose(measures.PROGRESS.of(record), [0.1, 0], atol=1e-12)
    assert measures.PROGRESS.of(foreign_record(curve_arrays={})) is None


def test_the_weights_growth_is_that_of_all_layers_together(make_record: Make) -> None:
    record = make_record(epochs=1, replicates=1, num_hidden_layers=1)
    norms = np.array([[[1.0, 3.0]], [[2.0, 8.0]]])
    assert measures.NORM_GROWTH.of(changed(record, kernel_l1=norms)).tolist() == [2.5]
