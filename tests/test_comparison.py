from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vgdemo.comparison import difference, differing, headings, names, sentences, shared_parts, summary
from vgdemo.config import RunConfig
from vgdemo.network.initializers import BATCH_ORDER_STREAM, generator, initial_kernels
from vgdemo.record import RunRecord

MakeRecord = Callable[..., RunRecord]


def with_accuracy(record: RunRecord, values: Any) -> RunRecord:
    """The record with these validation accuracies, (E, R)."""
    return replace(record, curve_arrays={**record.curve_arrays, "val_accuracy": np.asarray(values, float)})


def ended(make_record: MakeRecord, *accuracies: float, **settings: Any) -> RunRecord:
    """A run whose replicates end at these validation accuracies."""
    record = make_record(replicates=len(accuracies), **settings)
    return with_accuracy(record, np.tile(accuracies, (len(record.epochs), 1)))


def test_the_accuracy_is_the_median_and_the_deciles_of_the_replicates(make_record: MakeRecord) -> None:
    accuracies = np.arange(11) / 10
    found = summary(ended(make_record, *accuracies))
    assert found.accuracy == pytest.approx((0.1, 0.5, 0.9))
    assert (found.learned.count, found.learned.total) == (
        3,
        11,
    )  # 0.8 and above; 0.7 is not 0.2 above the larger class.


def test_arrival_is_the_first_epoch_at_95_percent_of_the_end(make_record: MakeRecord) -> None:
    record = with_accuracy(make_record(), [[0.1, 0.1], [0.94, 0.1], [0.96, 0.1], [1.0, 1.0]])
    assert summary(record).arrival == pytest.approx((2 + 3) / 2)


def test_the_ratio_is_that_of_the_first_hidden_layer_to_the_output(make_record: MakeRecord) -> None:
    record = make_record(num_hidden_layers=2, replicates=1)
    record.layer_arrays["gradient_mean_abs"][0, 0] = [3e-6, 1, 2e-3]
    record.layer_arrays["gradient_mean_abs"][-1, 0] = [5, 1, 0]
    found = summary(record)
    assert found.first_ratio == pytest.approx(1.5e-3)
    assert found.last_ratio == np.inf


def test_dead_and_saturated_shares_are_of_hidden_layers_at_the_end(make_record: MakeRecord) -> None:
    record = make_record(num_hidden_layers=2, replicates=1)
    record.layer_arrays["dead_share"][-1, 0] = [0.2, 0.4, np.nan]
    record.layer_arrays["saturated_share"][-1, 0] = [1, 0, np.nan]
    assert (summary(record).dead, summary(record).saturated) == pytest.approx((0.3, 0.5))


def test_most_replicates_diverged_give_a_median_that_is_not_a_number(make_record: MakeRecord) -> None:
    record = ended(make_record, 0.9, 0.9, 0.9)
    record.curve_arrays["train_loss"][-1, :2] = np.nan
    found = summary(record)
    assert np.isnan(found.accuracy[1]) and np.isnan(found.arrival)
    assert found.learned.count == 1


def test_the_difference_is_that_of_pairs_of_replicates(make_record: MakeRecord) -> None:
    levels = [0.1, 0.5, 0.9, 0.3]
    found = difference(ended(make_record, *(level + 0.05 for level in levels)), ended(make_record, *levels))
    assert found is not None
    assert (found.mean, found.low, found.high, found.pairs) == pytest.approx((0.05, 0.05, 0.05, 4))


def test_the_interval_agrees_with_the_normal_one_for_many_replicates(make_record: MakeRecord) -> None:
    draws = np.random.default_rng(3).normal(0.1, 0.05, 32)
    found = difference(ended(make_record, *(0.5 + draws)), ended(make_record, *[0.5] * 32))
    half = 1.96 * draws.std() / np.sqrt(32)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((draws.mean() - half, draws.mean() + half), abs=0.003)


def test_diverged_and_missing_replicates_have_no_pair(make_record: MakeRecord) -> None:
    first, second = ended(make_record, 0.8, 0.8, 0.8), ended(make_record, 0.5, 0.5)
    first.curve_arrays["train_loss"][-1, 0] = np.nan
    found = difference(first, second)
    assert found is not None and found.pairs == 1 and np.isinf([found.low, found.high]).all()
    first.curve_arrays["train_loss"][-1] = np.nan
    assert difference(first, second) is None


def test_sentences_say_who_learns_and_who_ends_better(make_record: MakeRecord) -> None:
    records = {
        "A": ended(make_record, 0.5, 0.5, 0.9, activation="tanh"),
        "B": ended(make_record, 0.9, 0.9, 0.9, activation="relu"),
        "C": ended(make_record, 0.9, 0.5, 0.5, activation="elu"),
    }
    learned, better, unsure = sentences(records)
    assert learned == "A · tanh learns in 1 of 3 replicates, B · relu in 3 of 3, C · elu in 1 of 3."
    assert better.startswith("B ends") and "+0.27 in validation accuracy, mean over 3 pairs" in better
    assert unsure.startswith("C ends neither surely more nor surely less accurate than A: +0.00")


def test_a_surely_better_run_is_called_more_accurate(make_record: MakeRecord) -> None:
    records = {"A": ended(make_record, 0.5, 0.6), "B": ended(make_record, 0.9, 0.9, activation="relu")}
    assert sentences(records)[1].startswith("B ends more accurate than A: +0.35")


def test_a_single_pair_has_no_interval_and_a_diverged_one_no_difference(make_record: MakeRecord) -> None:
    records = {"A": ended(make_record, 0.5), "B": ended(make_record, 0.9, activation="relu")}
    assert sentences(records)[1] == "B ends +0.40 against A in validation accuracy; one pair has no interval."
    records["B"].curve_arrays["train_loss"][-1] = np.nan
    assert sentences(records)[1] == "B and A have no pair of replicates that both ended."


def test_a_surely_worse_run_is_called_less_accurate(make_record: MakeRecord) -> None:
    records = {"A": ended(make_record, 0.9, 0.9), "B": ended(make_record, 0.5, 0.6, activation="relu")}
    assert sentences(records)[1].startswith("B ends less accurate than A: −0.35")


def test_only_what_differs_is_named() -> None:
    first = RunConfig(units=7, seed=3)
    second = first.with_changes(activation="relu", output_initializer="glorot_uniform", residual=True)
    assert differing([first, second]) == ("activation", "output_initializer", "residual")
    assert names([first, second]) == (
        "tanh + output uniform_0_1 + no residual",
        "relu + output glorot_uniform + residual",
    )
    assert headings({"A": first, "B": first}) == {"A": "A", "B": "B"}


def shares(part: str, first: RunConfig, second: RunConfig) -> bool:
    return any(part in shared for shared in shared_parts(first, second))


@pytest.mark.parametrize(
    ("changes", "layers"),
    [
        ({"activation": "relu"}, 2),
        ({"kernel_initializer": "he_normal"}, 2),
        ({"num_hidden_layers": 1}, 1),
        ({"shared_draw": True}, 1),
        ({"units": 4}, 0),
        ({"seed": 1}, 0),
    ],
)
def test_the_draws_called_shared_are_those_that_the_engine_makes_alike(changes: dict[str, Any], layers: int) -> None:
    first = RunConfig(num_hidden_layers=2, replicates=2)
    second = first.with_changes(**changes)
    common = {"kernel_initializer": "uniform_0_1"}
    kernels = [initial_kernels(config.with_changes(**common)) for config in (first, second)]
    alike = [np.array_equal(*pair) for pair in zip(*(k[:-1] for k in kernels), strict=False)]
    assert sum(alike) == layers
    assert shares({2: "layers 1 to 2", 1: "layer 1 ", 0: "layers 1 to 2"}[layers], first, second) == bool(layers)
    output = kernels[0][-1].shape == kernels[1][-1].shape and np.array_equal(kernels[0][-1], kernels[1][-1])
    assert shares("and the output", first, second) == output


def test_scaled_draws_are_called_draws_and_equal_weights_weights() -> None:
    first = RunConfig()
    assert shares("the first weights of", first, first.with_changes(activation="relu"))
    assert shares("the draws behind the first weights", first, first.with_changes(gain=2))


def test_the_order_of_the_points_is_shared_where_the_engine_draws_the_same_one() -> None:
    first = RunConfig()
    for changes, is_shared in (({"noise": 0.2}, True), ({"seed": 9}, False), ({"n_samples": 500}, False)):
        second = first.with_changes(**changes)
        orders = [generator(c, 0, BATCH_ORDER_STREAM).permutation(c.n_train).tolist() for c in (first, second)]
        assert (orders[0] == orders[1]) == is_shared == shares("the order of the points", first, second)
    assert shares("in other batches", first, first.with_changes(batch_size=16))


def test_other_data_are_not_called_shared() -> None:
    assert not shares("the data", RunConfig(), RunConfig(data_seed=2))
    assert shares("the data", RunConfig(), RunConfig(epochs=7))
