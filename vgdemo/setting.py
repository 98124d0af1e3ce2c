"""One setting of a run: its words, its bounds, and how a value or a text becomes a valid one; then several by name."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_SIGNS = 200_000  # Of JSON: the definition of a study of 5,000 runs needs fewer.


@dataclass(frozen=True)
class Setting:
    """One row of the table that the form, the URL and the documentation read.

    Attributes:
        name: The field of `RunConfig`, also its query parameter.
        group: The part of the form it belongs to: data, network, training or repeats.
        label: What the form calls it.
        help: One sentence for the person who sets it.
        default: Its value when nothing is said.
        choices: The allowed words, for a setting that is one of several.
        minimum: The smallest allowed number (inclusive).
        maximum: The largest allowed number (inclusive).
        words: What a person calls the choices, where that is not the choice itself.
        short_label: What a run's name calls it, if that is shorter than the label.
        beside: What its bounds or choices hold beside, such as "with a recurrent network".

    Example:
        >>> epochs = Setting("epochs", "training", "Epochs", "Passes over the points.", 500, minimum=1, maximum=2000)
        >>> epochs.expected, epochs.parsed("20")
        ('a whole number between 1 and 2000', 20)
    """

    name: str
    group: str
    label: str
    help: str
    default: str | int | float | bool
    choices: tuple[str, ...] = ()
    minimum: float = 0
    maximum: float = math.inf
    words: Mapping[str, str] = field(default_factory=dict)
    short_label: str = ""
    beside: str = ""

    @property
    def expected(self) -> str:
        """What a valid value is, in words."""
        return f"{self._bounds} {self.beside}".rstrip()

    @property
    def _bounds(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if isinstance(self.default, bool):
            return "true or false"
        kind = "a whole number " if isinstance(self.default, int) else ""
        return f"{kind}between {self.minimum:.10g} and {self.maximum:.10g}"

    def in_words(self, value: str | int | float | bool) -> str:
        """A value as a person writes it."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return self.words.get(value, value) if isinstance(value, str) else f"{value:.10g}"

    def validated(self, value: Any) -> Any:
        """The value in this setting's own type.

        Raises:
            ValueError: If it is of another type or out of bounds.
        """
        if self.choices:
            valid = isinstance(value, str) and value in self.choices
        elif isinstance(self.default, bool):
            valid = isinstance(value, bool)
        else:
            valid = self._is_valid_number(value)
        if not valid:
            raise ValueError(
                f"Expected `{self.name}` to be {self.expected}. Received: {self.name}={reprlib.repr(value)}"
            )
        return float(value) + 0.0 if isinstance(self.default, float) else value  # Without the sign of -0.0.

    def parsed(self, text: str) -> Any:
        """The value that a query parameter or another text stands for, validated.

        Raises:
            ValueError: If the text does not stand for a valid value.
        """
        try:
            value = text if self.choices else json.loads(text)
        except (ValueError, RecursionError):
            value = text
        return self.validated(value)

    def _is_valid_number(self, value: Any) -> bool:
        allowed = (int, float) if isinstance(self.default, float) else (int,)
        return isinstance(value, allowed) and not isinstance(value, bool) and self.minimum <= value <= self.maximum


def json_object(text: str) -> dict[str, Any]:
    """The values by name that a JSON object holds, not yet validated.

    Raises:
        ValueError: If the text is something else.
    """
    if len(text) > MOST_SIGNS:
        raise ValueError(f"Expected settings as JSON of at most {MOST_SIGNS:,} signs. Received: {len(text):,}")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Expected settings as a JSON object. Received text that is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"Expected settings as a JSON object. Received: {type(values).__name__}")
    return values


def parsed_settings(parameters: Mapping[str, str], settings: Mapping[str, Setting]) -> tuple[dict[str, Any], list[str]]:
    """The values by name that query parameters stand for, and a sentence for each parameter that could not be taken."""
    values: dict[str, Any] = {}
    notices: list[str] = []
    for name, text in parameters.items():
        if name not in settings:
            notices.append(f"The link asks for a setting {reprlib.repr(name)}, which does not exist; it is ignored.")
            continue
        try:
            values[name] = settings[name].parsed(text)
        except ValueError as error:
            notices.append(f"{error}. The default, {settings[name].default}, is used.")
    return values, notices


def unknown_setting(name: str) -> str:
    """The sentence for a setting that does not exist."""
    return f"Expected a setting of a run. Received: {reprlib.repr(name)}, which does not exist"
