from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import changed, foreign_record

from vgdemo.article import Claim, Finding, Judgement, judged
from vgdemo.article.measures import ARRIVAL, FIRST_OVER_OTHER, VAL_ACCURACY
from vgdemo.record import RunRecord

CLAIM = Claim("validation", "reach 0.70", VAL_ACCURACY, low=0.7, published=(0.816,))


def finding(learning: int, failing: int = 0, missing: int = 0, **changes: Any) -> Finding:
    return Finding(replace(CLAIM, **changes), np.array([0.8] * learning + [0.5] * failing + [np.nan] * missing))


def reaching(record: RunRecord, *epochs: int) -> RunRecord:
    return replace(record, epochs=np.array(epochs, np.int32))


@pytest.mark.parametrize(
    ("learning", "judgement"),
    [
        (20, Judgement.AGREES),
        (18, Judgement.AGREES),
        (17, Judgement.ONE_DRAW),
        (3, Judgement.ONE_DRAW),
        (2, Judgement.DISAGREES),
        (0, Judgement.DISAGREES),
    ],
)
def test_the_judgement_follows_the_share_of_replicates(learning: int, judgement: Judgement) -> None:
    assert finding(learning, 20 - learning).judgement is judgement


def test_a_claim_that_the_article_leaves_open_is_not_judged() -> None:
    found = finding(20, is_open=True)
    assert found.judgement is Judgement.OPEN
    assert "article" not in found.sentence.partition("The article's number")[0]


def test_one_draw_of_many_is_said_with_share_and_interval() -> None:
    sentence = finding(3, 17).sentence
    assert sentence.startswith("3 of 20 replicates (15 %, 95 % interval 5–36 %) reach 0.70; ")
    assert "one draw of many" in sentence


def test_the_published_number_is_placed_among_the_measured_ones() -> None:
    number, placed = "The article's number is 0.816", "of the replicates 20 lie below it and 0 above it"
    assert f"{number}; {placed} (0.500 to 0.800, median 0.500)." in finding(3, 17).sentence


def test_a_replicate_with_the_published_number_lies_on_neither_side() -> None:
    found = Finding(CLAIM, np.array([0.5, 0.816, 0.9, 0.9]))
    assert "1 lie below it, 2 above it and 1 at it (0.500 to 0.900, median 0.858)." in found.sentence


@pytest.mark.parametrize(
    ("published", "question"),
    [
        ((), "do the replicates reach 0.70?"),
        ((0.816,), "do the replicates reach 0.70? The article: 0.816."),
        ((0.05, 0.1), "do the replicates reach 0.70? The article: 0.050 to 0.100."),
    ],
)
def test_a_claim_is_a_question_before_anything_is_measured(published: tuple[float, ...], question: str) -> None:
    assert replace(CLAIM, published=published).question == question


def test_a_published_range_is_set_beside_the_measured_one() -> None:
    assert "The article reads 0.100 to 0.200; measured: 0.500 to 0.800" in finding(1, 2, published=(0.1, 0.2)).sentence


def test_a_replicate_without_a_number_counts_against_the_claim_and_is_told() -> None:
    found = finding(18, 0, 2)
    assert found.share.count == 18 and found.share.total == 20
    assert found.sentence.endswith("2 of them have no number: no finite loss, or no gradient at all.")


def test_replicates_that_all_diverged_are_told() -> None:
    found = finding(0, 0, 4)
    assert found.quartiles is None
    assert found.sentence.endswith("4 of them have no number: no finite loss, or no gradient at all.")


def test_a_bound_belongs_to_the_claim_from_below_and_not_from_above() -> None:
    at_bound = Finding(replace(CLAIM, low=0.5, high=0.8), np.array([0.5, 0.8]))
    assert at_bound.share.count == 1


def test_a_claim_waits_for_all_its_runs(make_record: Callable[..., RunRecord]) -> None:
    assert judged(CLAIM, [None]) is None
    assert judged(replace(CLAIM, runs=(0, 1)), [make_record(), None]) is None
    assert judged(CLAIM, [make_record(), None]) is not None


def test_a_run_that_was_cut_short_says_nothing(make_record: Callable[..., RunRecord]) -> None:
    found = judged(CLAIM, [reaching(make_record(epochs=9), 0, 1, 2, 3)])
    assert found is not None and found.judgement is Judgement.CUT_SHORT
    assert "cut short after epoch 3" in found.sentence
    assert "replicates" not in found.sentence


def test_a_claim_is_measured_on_the_runs_that_it_names(make_record: Callable[..., RunRecord]) -> None:
    first, second = make_record(), make_record(seed=1)
    second = replace(second, curve_arrays={name: values + 1 for name, values in second.curve_arrays.items()})
    found = judged(replace(CLAIM, runs=(1,)), [first, second])
    assert found is not None
    np.testing.assert_array_equal(found.values, second.curve_arrays["val_accuracy"][-1])


def test_a_claim_about_what_a_run_has_not_measured_is_not_judged() -> None:
    assert judged(CLAIM, [foreign_record()]) is None


def test_a_replicate_that_diverged_is_one_that_does_not_learn(make_record: Callable[..., RunRecord]) -> None:
    record = replace(changed(make_record(), val_accuracy=0.9), majority_share=0.5)
    record.curve_arrays["train_loss"][-1, 0] = np.nan
    found = judged(CLAIM, [record])
    assert found is not None
    assert found.values.tolist() == [0.5, 0.9]
    assert (found.share.count, found.share.total) == (1, 2)
    fails = judged(replace(CLAIM, low=-np.inf, high=0.7), [record])
    assert fails is not None and fails.share.count == 1


def test_a_claim_waits_for_the_first_epoch(make_record: Callable[..., RunRecord]) -> None:
    assert judged(CLAIM, [RunRecord.empty(make_record().config)]) is None


def test_an_infinite_number_is_the_largest_and_above_the_articles() -> None:
    found = Finding(Claim("soon", "arrive", ARRIVAL, low=0, high=10, published=(3,)), np.array([np.inf, 1, 2, np.inf]))
    assert found.quartiles is not None
    assert found.quartiles.tolist() == [1, 1.75, np.inf, np.inf, np.inf]
    assert found.sentence.endswith("of the replicates 2 lie below it and 2 above it (1 to never, median never).")


def test_a_claim_without_an_upper_bound_holds_for_an_infinite_number() -> None:
    claim = Claim("ReLU / tanh", "have more", FIRST_OVER_OTHER, low=1)
    assert claim.holds(np.array([0.5, 1, np.inf, np.nan])).tolist() == [False, True, True, False]


def test_of_equal_numbers_one_is_said() -> None:
    assert finding(2, published=()).sentence.endswith("Measured: all 0.800.")


def test_a_replicate_that_never_arrives_has_no_epoch_but_counts(make_record: Callable[..., RunRecord]) -> None:
    falling = np.array([[0.7], [0.1], [0.1], [0.1]])  # So the second one, right from the start, learned something.
    record = replace(changed(make_record(), val_accuracy=[0.5, 0.9], train_loss=falling), majority_share=0.5)
    found = judged(Claim("soon", "arrive", ARRIVAL, low=0, high=10), [record])
    assert found is not None
    assert found.values.tolist() == [np.inf, 0]
    assert found.sentence.startswith("1 of 2 replicates")
    assert found.sentence.endswith("Measured: 0 to never, median never.")
