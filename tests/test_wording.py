"""Numbers and lists in words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vgdemo.wording import capitalized, counted, listed, number, percent, power_of_ten, signed, time_left, uncapitalized

SUPERSCRIPTS = {sign: str(digit) for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")} | {"⁻": "-"}


def value_of(text: str) -> float:
    """What a reader takes the words for."""
    mantissa, _, exponent = text.partition("·10")
    return float(f"{mantissa.replace('−', '-')}e{''.join(map(SUPERSCRIPTS.__getitem__, exponent)) or 0}")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (0.5, "0.5"),
        (0.056, "0.056"),
        (-0.056, "−0.056"),
        (0.01, "0.01"),
        (0.00999, "0.01"),  # It is rounded first: not 1.0·10⁻².
        (0.00994, "9.9·10⁻³"),
        (-8.6e-3, "−8.6·10⁻³"),
        (12.34, "12"),
        (99.4, "99"),
        (99.6, "100"),  # And not 1e+02.
        (123.4, "123"),
        (999.4, "999"),
        (999.5, "1.0·10³"),
        (1000, "1.0·10³"),
        (1_234_567, "1.2·10⁶"),
        (5e-324, "4.9·10⁻³²⁴"),
        (1.7976931348623157e308, "1.8·10³⁰⁸"),
        (math.nan, "not a number"),
        (math.inf, "infinite"),
        (-math.inf, "infinite"),
    ],
)
def test_a_number_has_two_digits_and_a_power_of_ten_where_it_is_small_or_large(value: float, words: str) -> None:
    assert number(value) == number(np.float64(value)) == words


@given(st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False))
def test_a_number_in_words_is_the_number_to_two_digits(value: float) -> None:
    if abs(value) < 1e308:
        assert value_of(number(value)) == pytest.approx(value, rel=0.051, abs=0)


@pytest.mark.parametrize(("exponent", "words"), [(0, "10⁰"), (3, "10³"), (-12, "10⁻¹²"), (308, "10³⁰⁸")])
def test_an_exponent_is_written_above(exponent: int, words: str) -> None:
    assert power_of_ten(exponent) == words


def test_a_share_is_written_in_hundredths() -> None:
    assert [percent(share) for share in (0, 0.004, 0.546, 1)] == ["0 %", "less than 1 %", "55 %", "100 %"]
    assert percent(0.0012, digits=2) == "0.12 %"


@given(st.floats(5e-324, 1), st.integers(0, 2))
def test_a_share_of_something_is_never_nothing(share: float, digits: int) -> None:
    assert float(percent(share, digits).removeprefix("less than ").removesuffix(" %")) > 0


def test_a_signed_number_has_a_true_minus() -> None:
    assert [signed(value) for value in (0.35, -0.02)] == ["+0.35", "−0.02"]
    assert signed(-1.26, digits=1) == "−1.3"


@pytest.mark.parametrize("value", [0, -0.0, 0.004, -0.004])
def test_a_signed_number_that_rounds_to_zero_has_no_sign(value: float) -> None:
    assert signed(value) == "0.00"
    assert signed(10 * value, digits=1) == "0.0"


def test_one_thing_has_no_plural_and_none_has_one() -> None:
    assert [counted(count, "epoch") for count in (0, 1, 2)] == ["0 epochs", "1 epoch", "2 epochs"]


def test_a_list_has_commas_and_one_and() -> None:
    assert listed(["A", "B", "C", "D"]) == "A, B, C and D"
    assert listed(("A", "B")) == "A and B"
    assert listed(["A"]) == "A"
    assert listed([]) == "nothing"


@pytest.mark.parametrize(
    ("text", "large", "small"), [("gradient, RMS", "Gradient, RMS", "gradient, RMS"), ("", "", ""), ("Éa", "Éa", "éa")]
)
def test_only_the_first_letter_changes(text: str, large: str, small: str) -> None:
    assert (capitalized(text), uncapitalized(text)) == (large, small)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute left"),
        (44, "less than a minute left"),
        (46, "about 1 minute left"),
        (95, "about 2 minutes left"),
        (1639, "about 27 minutes left"),
    ],
)
def test_a_time_that_is_left_is_said_in_minutes(seconds: float, words: str) -> None:
    assert time_left(seconds) == words
