from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from vgdemo.article import measures
from vgdemo.record import RunRecord

Make = Callable[..., RunRecord]


def with_curve(record: RunRecord, name: str, values: object) -> RunRecord:
    return replace(record, curve_arrays={**record.curve_arrays, name: np.array(values, float)})


def with_statistic(record: RunRecord, name: str, values: object) -> RunRecord:
    """The same values at every epoch; (R, L)."""
    spread = np.repeat(np.array(values, float)[None], len(record.epochs), axis=0)
    return replace(record, layer_arrays={**record.layer_arrays, name: spread})


def test_the_gradient_is_averaged_over_all_epochs(make_record: Make) -> None:
    record = make_record(epochs=6, replicates=3)
    table = record.layers.groupby(["replicate", "layer"]).gradient_mean_abs.mean().unstack()
    np.testing.assert_allclose(measures.FIRST_GRADIENT.of(record), table[1])
    np.testing.assert_allclose(measures.OUTPUT_GRADIENT.of(record), table[3])
    np.testing.assert_allclose(measures.FIRST_OVER_OUTPUT.of(record), table[1] / table[3])


def test_two_runs_are_compared_replicate_by_replicate(make_record: Make) -> None:
    small = with_statistic(make_record(), "gradient_mean_abs", [[1, 9, 9], [2, 9, 9]])
    large = with_statistic(make_record(), "gradient_mean_abs", [[3, 9, 9], [8, 9, 9]])
    assert measures.FIRST_OVER_OTHER.of(large, small).tolist() == [3, 4]


def test_a_network_without_any_gradient_has_no_ratio_and_gives_no_warning(make_record: Make) -> None:
    record = with_statistic(make_record(), "gradient_mean_abs", np.zeros((2, 3)))
    assert np.isnan(measures.FIRST_OVER_OUTPUT.of(record)).all()
    assert np.isnan(measures.ENDS_OVER_MIDDLE.of(record)).all()


def test_the_last_two_layers_are_held_against_the_largest_of_the_others(make_record: Make) -> None:
    record = with_statistic(make_record(num_hidden_layers=3, replicates=1), "gradient_mean_abs", [[2, 4, 12, 8]])
    assert measures.ENDS_OVER_MIDDLE.of(record).tolist() == [2]


def test_a_replicate_arrives_at_95_percent_of_its_end_or_never_learns(make_record: Make) -> None:
    accuracy = np.array([[0.5, 0.5], [0.75, 0.5], [0.77, 0.5], [0.80, 0.5]])
    record = with_curve(make_record(), "val_accuracy", accuracy)
    np.testing.assert_array_equal(measures.ARRIVAL.of(record), [2, np.nan])


def test_progress_is_the_last_tenth_of_the_epochs_minus_the_first(make_record: Make) -> None:
    accuracy = np.linspace(0, 1, 20)[:, None]
    record = with_curve(make_record(epochs=19, replicates=1), "train_accuracy", accuracy)
    assert measures.PROGRESS.of(record) == pytest.approx(18 / 19)


def test_the_weights_growth_is_that_of_all_layers_together(make_record: Make) -> None:
    record = make_record(epochs=1, replicates=1, num_hidden_layers=1)
    norms = np.array([[[1.0, 3.0]], [[2.0, 8.0]]])
    record = replace(record, layer_arrays={**record.layer_arrays, "kernel_l1": norms})
    assert measures.NORM_GROWTH.of(record).tolist() == [2.5]
