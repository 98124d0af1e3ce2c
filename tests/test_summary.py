"""What a record says in a few numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
from conftest import changed, ended, foreign_record, with_accuracy

from vgdemo.diagnosis import Verdict
from vgdemo.learning import Share
from vgdemo.record import RunRecord
from vgdemo.summary import End, Summary, summarize

MakeRecord = Callable[..., RunRecord]


def test_the_accuracy_is_the_median_and_the_deciles_of_the_replicates(make_record: MakeRecord) -> None:
    accuracies = np.arange(11) / 10
    found = summarize(ended(make_record, *accuracies))
    assert found.accuracy == pytest.approx((0.1, 0.5, 0.9))
    assert found.learned == Share(4, 11)  # 0.7 and above: 0.2 above the larger class.


def test_arrival_is_the_first_epoch_at_95_percent_of_the_end(make_record: MakeRecord) -> None:
    record = with_accuracy(make_record(), [[0.1, 0.1], [0.94, 0.1], [0.96, 0.1], [1.0, 1.0]])
    assert summarize(record).arrival == pytest.approx((2 + 3) / 2)


def test_the_arrival_of_a_run_in_which_half_of_the_replicates_never_learn_is_never(make_record: MakeRecord) -> None:
    assert summarize(ended(make_record, 0.9, 0.9, 0.5)).arrival == 0
    assert summarize(ended(make_record, 0.9, 0.9, 0.5, 0.5)).arrival == np.inf


def test_the_ratio_is_that_of_the_first_hidden_layer_to_the_output(make_record: MakeRecord) -> None:
    record = make_record(num_hidden_layers=2, replicates=1)
    record.values("gradient_mean_abs")[0, 0] = [3e-6, 1, 2e-3]
    record.values("gradient_mean_abs")[-1, 0] = [5, 1, 0]
    found = summarize(record)
    assert found.first_ratio == pytest.approx(1.5e-3)
    assert found.last_ratio == np.inf


def test_dead_and_saturated_shares_are_of_hidden_layers_at_the_end(make_record: MakeRecord) -> None:
    record = make_record(num_hidden_layers=2, replicates=1)
    record.values("dead_share")[-1, 0] = [0.2, 0.4]
    record.values("saturated_share")[-1, 0] = [1, 0]
    assert (summarize(record).dead, summarize(record).saturated) == pytest.approx((0.3, 0.5))


def test_replicates_that_diverged_guess(make_record: MakeRecord) -> None:
    record = ended(make_record, 0.9, 0.9, 0.9)
    record.curve_arrays["train_loss"][-1, :2] = np.nan
    found = summarize(record)
    assert found.accuracy == pytest.approx((0.5, 0.5, 0.9 * 0.8 + 0.5 * 0.2))
    assert found.arrival == np.inf
    assert found.learned == Share(1, 3)
    assert found.verdict is Verdict.DIVERGED


def test_the_seconds_are_those_of_all_stages(make_record: MakeRecord) -> None:
    assert summarize(replace(make_record(), seconds={"compile": 2.5, "train": 4.0})).seconds == 6.5


def test_a_log_is_summed_up_as_far_as_it_was_measured() -> None:
    record = foreign_record()
    found = summarize(record)
    assert (found.accuracy, found.learned, found.arrival, found.seconds) == (None,) * 4
    size = record.values("gradient_mean_abs")[:, 0]
    assert (found.first_ratio, found.last_ratio) == (size[0, 0] / size[0, 3], size[-1, 0] / size[-1, 3])
    assert found.dead == pytest.approx(record.values("dead_share")[-1, 0].mean())
    on_the_flat = record.values("saturated_share")[-1, 0]
    assert (found.saturated, found.inactive) == tuple(on_the_flat), "of the LSTM's tanh, of the ReLU"


def test_units_on_the_flat_are_saturated_or_inactive_as_their_activation_says(make_record: MakeRecord) -> None:
    for activation, names in (("tanh", ("saturated", "inactive")), ("relu", ("inactive", "saturated"))):
        record = make_record(activation=activation)
        found = summarize(record)
        share = np.median(record.values("saturated_share")[-1].mean(axis=1))
        assert [getattr(found, name) for name in names] == [pytest.approx(share), None]


def test_of_a_log_with_validation_its_four_classes_say_what_guessing_is() -> None:
    record = foreign_record()
    curves = {"train_loss": np.ones((4, 1)), "val_accuracy": np.array([[0.2], [0.3], [0.44], [0.45]])}
    found = summarize(replace(record, curve_arrays=curves))
    assert found.accuracy == (0.45, 0.45, 0.45)
    assert (found.learned, found.arrival) == (Share(1, 1), 4)


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (foreign_record(curve_arrays={}, panels={}), Verdict.UNKNOWN),
        (foreign_record(curve_arrays={"train_loss": np.ones((4, 1))}, panels={}), Verdict.HEALTHY),  # Guessing: ln 4.
    ],
)
def test_of_a_record_that_measured_next_to_nothing_every_number_is_absent(record: RunRecord, verdict: Verdict) -> None:
    found = summarize(record)
    told = {field.name for field in fields(Summary) if getattr(found, field.name) is not None}
    assert told == {"verdict", "ends"}
    assert found.verdict is verdict
    assert found.ends == (End(None, None, verdict, *[None] * 5),)


def test_a_run_that_is_not_yet_trained_says_nothing(make_record: MakeRecord) -> None:
    found = summarize(RunRecord.empty(make_record().config))
    assert {field.name for field in fields(Summary) if getattr(found, field.name) is not None} == {"verdict", "ends"}
    assert {*found.ends} == {End(None, None, Verdict.UNKNOWN, *[None] * 5)}


def test_a_statistic_that_is_not_measured_is_absent_and_zero_is_a_number(make_record: MakeRecord) -> None:
    record = changed(make_record(), dead_share=0)
    assert summarize(record).dead == 0
    assert summarize(replace(record, panels={"kernels": record.panels["kernels"]})).dead is None
