from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from vgdemo.data import make_dataset
from vgdemo.learning import Share, final_accuracy, has_learned, learning_threshold
from vgdemo.record import RunRecord


def ended(record: RunRecord, *accuracies: float) -> RunRecord:
    """The record with other final validation accuracies."""
    values = record.curve_arrays["val_accuracy"].copy()
    values[-1] = accuracies
    return replace(record, curve_arrays={**record.curve_arrays, "val_accuracy": values})


# Newcombe (1998), Statistics in Medicine 17, table I, method 3.
@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_wilsons(count: int, total: int, low: float, high: float) -> None:
    assert Share(count, total).interval == pytest.approx((low, high), abs=5e-5)


def test_a_share_says_count_percentage_and_interval() -> None:
    assert str(Share(0, 20)) == "0 of 20 replicates (0 %, interval 0–16 %)"
    assert str(Share(1, 1)).startswith("1 of 1 replicate (100 %, ")


def test_learning_starts_well_above_the_larger_class(make_record: Callable[..., RunRecord]) -> None:
    record = make_record(n_samples=1000)
    larger = np.bincount(make_dataset(record.config).y_val.astype(int)).max() / 500
    assert learning_threshold(record.config) == pytest.approx(larger + 0.2)
    assert has_learned(ended(record, larger + 0.19, larger + 0.21)).tolist() == [False, True]


def test_a_replicate_that_diverged_has_no_accuracy_and_has_not_learned(make_record: Callable[..., RunRecord]) -> None:
    record = ended(make_record(), 0.9, 0.9)
    record.curve_arrays["train_loss"][-1, 0] = np.nan
    np.testing.assert_array_equal(final_accuracy(record), [np.nan, 0.9])
    assert has_learned(record).tolist() == [False, True]
