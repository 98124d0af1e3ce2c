"""What measures say of a run; the numbers are reckoned by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from by_hand import AN_END, summary, with_values

from vgdemo.diagnosis import Verdict
from vgdemo.study.measures import MEASURES, VERDICT_COLORS, VERDICTS, Value
from vgdemo.summary import End, Summary

OF_NUMBERS = [name for name in MEASURES if name not in ("learned", "verdict")]


def said(name: str, one: Summary) -> Value:
    value = MEASURES[name].of(one)
    assert value is not None
    return value


def test_every_measure_is_a_field_of_an_end() -> None:
    assert {*MEASURES} == {*End._fields}
    assert all(measure.name == name for name, measure in MEASURES.items())


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_a_number_is_the_median_of_the_replicates_with_its_deciles(name: str) -> None:
    value = said(name, with_values(name, [0.1, 0.4, 0.2, 0.5, 0.3]))
    assert value[:3] == pytest.approx((0.3, 0.14, 0.46))


def test_the_share_that_learns_has_wilsons_interval() -> None:
    value = said("learned", with_values("learned", [True] * 3 + [False] * 17))
    z, share, count = 1.959963984540054, 3 / 20, 20
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    assert value[:3] == pytest.approx((share, middle - half, middle + half))
    assert value.words == "3 of 20 replicates (15 %, 95 % interval 5–36 %)"


def test_the_verdict_is_the_runs_with_how_many_replicates_have_it() -> None:
    ends = [AN_END._replace(verdict=verdict) for verdict in (Verdict.DEAD, Verdict.DEAD, Verdict.HEALTHY)]
    value = said("verdict", summary(ends, Verdict.DEAD))
    assert VERDICTS[int(value.middle)] is Verdict.DEAD
    assert value.words == "dead (2 of 3 replicates)"


@pytest.mark.parametrize("name", [*OF_NUMBERS, "learned"])
def test_what_was_not_measured_has_no_value(name: str) -> None:
    assert MEASURES[name].of(with_values(name, [None, None])) is None


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_zero_nan_and_infinity_stay_what_they_are(name: str) -> None:
    assert said(name, with_values(name, [0.0, 0.0])).middle == 0
    assert said(name, with_values(name, [math.inf, math.inf])).middle == math.inf
    assert math.isnan(said(name, with_values(name, [math.nan, math.nan])).middle)
    assert said(name, with_values(name, [0.5, 0.25, math.nan])).middle == 0.5, "one of three hides nothing"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("accuracy", 0.825, "0.82 (10–90 %: 0.82 to 0.82)"),
        ("first_ratio", 3e-9, "3.0·10⁻⁹ (10–90 %: 3.0·10⁻⁹ to 3.0·10⁻⁹)"),
        ("first_factor", 0.5, "×0.5 (10–90 %: ×0.5 to ×0.5)"),
        ("first_factor", math.nan, "not a number (10–90 %: not a number to not a number)"),
        ("dead", 0.25, "25 % (10–90 %: 25 % to 25 %)"),
    ],
)
def test_a_value_is_written_in_its_own_way(name: str, value: float, words: str) -> None:
    assert said(name, with_values(name, [value, value])).words == words


def test_every_verdict_has_a_colour_of_its_own() -> None:
    assert {*VERDICT_COLORS} == {*Verdict} and len({*VERDICT_COLORS.values()}) == len(Verdict)


def test_replicates_have_their_values() -> None:
    values = MEASURES["dead"].replicates(with_values("dead", [0.5, 0.25]))
    np.testing.assert_array_equal(values, [0.5, 0.25])
