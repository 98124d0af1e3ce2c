"""How far back in time a gradient reaches."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vgdemo.record import Way, factor_per_step, reach

AGES = np.arange(100)[::-1]  # Of the steps, the last of which is 0 steps old.


@pytest.mark.parametrize("factor", [0.1, 0.5, 0.83, 0.9, 0.92])
@pytest.mark.parametrize("scale", [1, 1e-200, 1e30])
def test_what_fades_gets_as_far_as_its_factor_per_step_says(factor: float, scale: float) -> None:
    found = reach(scale * factor**AGES)
    assert found.way is Way.FADES
    assert found.steps == math.floor(math.log(1000) / -math.log(factor)) + 1
    assert found.lost + found.steps == found.time_steps == 100


@pytest.mark.parametrize("factor", [1.08, 1.5, 9.0])
def test_what_explodes_is_counted_alike(factor: float) -> None:
    found = reach(factor**AGES)
    assert (found.way, found.share) == (Way.EXPLODES, pytest.approx(factor**99))
    assert found.steps == math.floor(math.log(1000) / math.log(factor)) + 1


@pytest.mark.parametrize(
    ("sizes", "way", "steps"),
    [
        (np.ones(100), Way.ARRIVES, 100),
        (0.94**AGES, Way.ARRIVES, 100),
        (1.06**AGES, Way.ARRIVES, 100),
        (np.where(AGES < 60, 0.95**AGES, 0), Way.ENDS, 60),
        (np.where(AGES < 60, 0.5**AGES, 0), Way.ENDS, 10),
        (np.where(AGES < 60, 2.0**AGES, np.inf), Way.EXPLODES, 10),
        (np.where(AGES < 60, 2.0**AGES, np.nan), Way.IS_NO_NUMBER, 60),
        (np.full(100, np.nan), Way.IS_NO_NUMBER, 100),
        (np.full(100, np.inf), Way.IS_NO_NUMBER, 100),
        (np.zeros(100), Way.IS_NOWHERE, 100),
        (np.full(100, 5e-324), Way.ARRIVES, 100),
        (np.where(AGES < 50, 1e-4, 1.0), Way.EXPLODES, 50),
        (np.where((AGES > 20) & (AGES < 50), 1e-4, 1.0), Way.ARRIVES, 100),  # There and back.
        (np.where((AGES > 20) & (AGES < 50), 1e4, 1.0), Way.ARRIVES, 100),
    ],
)
def test_an_exact_zero_no_number_never_and_an_explosion_are_each_themselves(
    sizes: np.ndarray, way: Way, steps: int
) -> None:
    found = reach(sizes)
    assert (found.way, found.steps) == (way, steps)


def test_steps_at_the_end_that_no_sequence_has_are_not_where_a_gradient_comes_from() -> None:
    sizes = np.array([*0.5 ** AGES[20:], *[np.nan] * 10, *[0.0] * 10])
    assert reach(sizes).way is Way.FADES
    assert reach(sizes).lost == reach(0.5 ** AGES[20:]).lost


def test_groups_of_steps_count_as_so_many_steps() -> None:
    assert reach([1e-9, 1e-8, 1, 1], [3, 6, 9, 10]).lost == 6
    assert reach([1, 1, 1e-8, 1e-9], [3, 6, 9, 10], is_backwards=True).lost == 4


def test_a_layer_that_reads_backwards_loses_its_last_steps() -> None:
    forwards, backwards = reach(0.5**AGES), reach(0.5 ** AGES[::-1], is_backwards=True)
    assert (backwards.way, backwards.steps) == (forwards.way, forwards.steps)
    assert backwards.sentence == "The last 90 of 100 steps get less than a thousandth of the gradient of the first one."


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        (0.83**AGES, "The first 62 of 100 steps get less than a thousandth of the gradient of the last one."),
        ([1e-4, 1], "The first of 2 steps gets less than a thousandth of the gradient of the last one."),
        ([0.5, 1], "All 2 steps get at least a thousandth of the gradient of the last one."),
        (
            [0, 0, 1e-4, 1],
            "The first 3 of 4 steps get less than a thousandth of the gradient of the last one, "
            "the very first exactly 0.",
        ),
        (
            [4.2e7, 1e4, 1],
            "The first 2 of 3 steps get more than 1,000 times the gradient of the last one, "
            "the very first 4.2·10⁷ times.",
        ),
        (
            [np.inf, 1],
            "The first of 2 steps gets more than 1,000 times the gradient of the last one, the very first an infinite "
            "one.",
        ),
        ([np.nan, 1], "At the first of 2 steps the gradient is not a number."),
        ([0, 0], "None of 2 steps gets any gradient: it is exactly 0."),
    ],
)
def test_each_way_has_its_sentence(sizes: list[float], sentence: str) -> None:
    assert reach(sizes).sentence == sentence


def test_the_factor_needs_no_size_that_a_number_can_hold() -> None:
    log_sizes = math.log10(0.05) * AGES[:, None].repeat(4, axis=1).ravel()[:400] * 4
    assert log_sizes.min() < -400
    steps = np.arange(400)
    assert factor_per_step(math.log10(0.05) * steps[::-1], steps) == pytest.approx(0.05)
    assert np.isnan(factor_per_step(np.array([-np.inf, 0.0]), np.array([1, 2])))
