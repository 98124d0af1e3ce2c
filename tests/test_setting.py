"""One setting of a run: its bounds, its own type, and texts that stand for its values."""

from __future__ import annotations

from typing import Any

import pytest

from vgdemo.setting import Setting, json_object, parsed_settings, unknown_setting


def setting(default: Any, **bounds: Any) -> Setting:
    return Setting("dose", "training", "Dose", "How much.", default, **bounds)


WORD, FLAG = setting("low", choices=("low", "high")), setting(False)
WHOLE, REAL = setting(5, minimum=1, maximum=10), setting(0.5, minimum=1e-6, maximum=2)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (WORD, "one of low, high"),
        (FLAG, "true or false"),
        (WHOLE, "a whole number between 1 and 10"),
        (REAL, "between 1e-06 and 2"),
        (setting(3), "a whole number between 0 and inf"),
    ],
)
def test_what_is_expected_is_said_in_words(one: Setting, expected: str) -> None:
    assert one.expected == expected


@pytest.mark.parametrize(
    ("one", "value", "valid"),
    [(WORD, "high", "high"), (FLAG, True, True), (WHOLE, 10, 10), (REAL, 1, 1.0), (REAL, 0.25, 0.25)],
)
def test_a_valid_value_takes_the_settings_own_type(one: Setting, value: Any, valid: Any) -> None:
    assert one.validated(value) == valid
    assert type(one.validated(value)) is type(one.default)


@pytest.mark.parametrize(
    ("one", "value", "received"),
    [
        (WORD, "medium", "'medium'"),
        (FLAG, 1, "1"),
        (WHOLE, 5.0, "5.0"),
        (WHOLE, True, "True"),
        (WHOLE, 11, "11"),
        (REAL, "1", "'1'"),
        (REAL, 0, "0"),
    ],
)
def test_another_value_is_refused_with_what_was_expected_and_what_came(one: Setting, value: Any, received: str) -> None:
    with pytest.raises(ValueError) as caught:
        one.validated(value)
    assert str(caught.value) == f"Expected `dose` to be {one.expected}. Received: dose={received}"


@pytest.mark.parametrize(
    ("one", "text", "value"),
    [(WORD, "high", "high"), (FLAG, "true", True), (WHOLE, "7", 7), (REAL, "1e-06", 1e-6), (REAL, "2", 2.0)],
)
def test_a_text_stands_for_a_value(one: Setting, text: str, value: Any) -> None:
    assert one.parsed(text) == value


@pytest.mark.parametrize(("one", "text"), [(FLAG, "yes"), (WHOLE, "seven"), (WHOLE, "7.5"), (REAL, "NaN"), (REAL, "")])
def test_another_text_is_refused(one: Setting, text: str) -> None:
    with pytest.raises(ValueError, match="^Expected `dose` to be "):
        one.parsed(text)


def test_several_settings_are_parsed_and_what_cannot_be_taken_is_told() -> None:
    settings = {"dose": WHOLE, "level": WORD}
    assert parsed_settings({"dose": "7", "level": "high"}, settings) == ({"dose": 7, "level": "high"}, [])
    values, notices = parsed_settings({"dose": "11", "x": "1", "level": "high"}, settings)
    assert values == {"level": "high"}
    assert notices == [
        "Expected `dose` to be a whole number between 1 and 10. Received: dose=11. The default, 5, is used.",
        "The link asks for a setting 'x', which does not exist; it is ignored.",
    ]


def test_a_json_object_gives_values_by_name_and_another_text_a_sentence() -> None:
    assert json_object('{"dose": 7}') == {"dose": 7}
    with pytest.raises(ValueError, match="^Expected settings as a JSON object. Received: list$"):
        json_object("[7]")
    with pytest.raises(ValueError, match="^Expected settings as a JSON object. Received text that is not JSON: "):
        json_object("{")


def test_minus_zero_loses_its_sign() -> None:
    assert str(setting(1.0).validated(-0.0)) == "0.0"


def test_a_setting_that_does_not_exist_is_named_briefly() -> None:
    assert unknown_setting("dose") == "Expected a setting of a run. Received: 'dose', which does not exist"
    assert len(unknown_setting("x" * 100_000)) < 100
