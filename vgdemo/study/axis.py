"""An axis of a study: settings that change together, and the values that they take; as text, too."""

from __future__ import annotations

import json
import re
import reprlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

import numpy as np

from vgdemo.config import SETTINGS
from vgdemo.setting import Setting, unknown_setting
from vgdemo.wording import counted, listed, uncapitalized

MOST_VALUES = 2000  # Of an axis.
MOST_SIGNS = 60  # Of what is wrong that a sentence repeats.
MOST_NAMED = 5  # Values that a sentence names, of those that are wrong.
MOST_LISTED = 4  # Values that the sentence of an axis lists.
SHORTEST_RANGE = 3  # Whole numbers in a row that are written as a range.

_RANGE = re.compile(r"(\S+?)\s*\.\.\s*(\S+?)(?:\s+by\s+(\S+)|\s+in\s+(\S+?)(\s+log)?)?")
_RANGES = "1..30, 1..30 by 5, 0.5..3 in 11 (even steps) or 0.1..10 in 9 log (equal factors)"

Value = str | int | float | bool
Point = tuple[Value, ...]  # One value for each setting of the axis.


@dataclass(frozen=True)
class Axis:
    """Settings that change together along one side of a study, mostly one setting alone.

    Attributes:
        settings: Their names.
        points: What they are set to, point by point: a value for each setting.

    Example:
        >>> Axis.of("num_hidden_layers", range(1, 4)).points
        ((1,), (2,), (3,))
        >>> axis = Axis.of("activation kernel_initializer", [("tanh", "glorot_uniform"), ("relu", "he_uniform")])
        >>> axis.label, axis.in_words(1)
        ('Activation, initialiser', 'ReLU, He uniform')

    Raises:
        ValueError: If a setting or a value does not exist; the sentence names each.
    """

    settings: tuple[str, ...]
    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        """Refuse what is no axis of a run's settings."""
        for name in self.settings:
            if name not in SETTINGS:
                raise ValueError(unknown_setting(name))
        if len(set(self.settings)) < len(self.settings) or not self.settings:
            raise ValueError(f"Expected an axis of different settings. Received: {' '.join(self.settings) or 'none'}")
        if not self.points:
            raise ValueError(f"Expected values of `{self.name}`. Received none")
        if len(self.points) > MOST_VALUES:
            raise ValueError(_too_many(self.name, len(self.points)))
        self._check_values()

    def _check_values(self) -> None:
        problems = [problem for point in self.points for problem in self._problems(point)]
        if problems:
            wrong, expected = zip(*problems, strict=True)
            more = [] if len(wrong) <= MOST_NAMED else [f"{len(wrong) - MOST_NAMED} more"]
            received = listed([*dict.fromkeys(wrong[:MOST_NAMED]), *more])
            raise ValueError(f"Expected values of {'; of '.join(dict.fromkeys(expected))}. Received: {received}")

    def _problems(self, point: Point) -> Iterator[tuple[str, str]]:
        """What of a point is wrong, and what was expected in its place."""
        if len(point) != len(self.settings):
            yield _as_word(point)[:MOST_SIGNS], f"`{self.name}` to be {len(self.settings)} together"
            return
        for name, value in zip(self.settings, point, strict=True):
            try:
                SETTINGS[name].validated(value)
            except ValueError:
                yield f"{name}={reprlib.repr(value)}", f"`{name}` to be {SETTINGS[name].expected}"

    @classmethod
    def of(cls, name: str, values: str | Iterable[Any]) -> Axis:
        """The axis of the settings in a name, parted by blanks, with each value once, in order.

        Args:
            name: Of one setting, or of several.
            values: Of one setting its values, of several a sequence of values for each point; or text, see `from_text`.

        Raises:
            ValueError: If there is no such axis.
        """
        if isinstance(values, str):
            return cls.from_text(f"{name}: {values}")
        settings = tuple(name.split())
        points = (tuple(value) if len(settings) > 1 and _is_row(value) else (value,) for value in values)
        return cls(settings, tuple(dict.fromkeys(_typed(settings, point) for point in points)))

    @classmethod
    def from_text(cls, text: str) -> Axis:
        """The axis that a person writes: names, a colon, values with commas between them.

        A value of several settings is their values with blanks between them.

        Example:
            >>> Axis.from_text("num_hidden_layers: 1..3, 8").points
            ((1,), (2,), (3,), (8,))
            >>> [point[0] for point in Axis.from_text("gain: 0.1..10 in 3 log").points]
            [0.1, 1.0, 10.0]
            >>> Axis.from_text("activation units: tanh 5, relu 8").points
            (('tanh', 5), ('relu', 8))

        Raises:
            ValueError: If there is no such axis.
        """
        names, colon, values = text.partition(":")
        if not colon or not names.strip():
            raise ValueError(
                f"Expected settings, a colon and values, as in num_hidden_layers: 1..30. Received: {text[:MOST_SIGNS]}"
            )
        settings = tuple(names.split())
        for name in settings:
            if name not in SETTINGS:
                raise ValueError(unknown_setting(name))
        parts = [part.strip() for part in values.split(",") if part.strip()]
        return cls.of(names, _within(names, (point for part in parts for point in _points(settings, part))))

    @property
    def name(self) -> str:
        """The settings' names with blanks between them."""
        return " ".join(self.settings)

    @property
    def label(self) -> str:
        """The settings as a form calls them."""
        first, *others = (SETTINGS[name].label for name in self.settings)
        return ", ".join([first, *map(uncapitalized, others)])

    @property
    def numbers(self) -> tuple[float, ...] | None:
        """The values, if they are numbers and rise; None of words, of several settings and of what goes back."""
        values: list[Any] = [point[0] for point in self.points]
        are_numbers = len(self.settings) == 1 and all(type(value) in (int, float) for value in values)
        numbers = tuple(float(value) for value in values) if are_numbers else ()
        return numbers if numbers and all(a < b for a, b in zip(numbers, numbers[1:], strict=False)) else None

    def in_words(self, place: int) -> str:
        """A point as a person reads it."""
        named = zip(self.settings, self.points[place], strict=True)
        return ", ".join(SETTINGS[name].in_words(value) for name, value in named)

    @property
    def sentence(self) -> str:
        """The axis in words: the values where they are few or a row, else how many.

        Example:
            >>> Axis.of("activation", ["tanh", "relu"]).sentence, Axis.of("units", [1, 2, 3]).sentence
            ('activation, tanh and ReLU', 'units per layer, 1 to 3')
            >>> Axis.of("gain", [0.5, 1, 1.5, 2, 3]).sentence
            'gain, 5 values from 0.5 to 3'
        """
        names = listed([uncapitalized(SETTINGS[name].label) for name in self.settings])
        return f"{names}, {self._values_in_words()}"

    def _values_in_words(self) -> str:
        count = len(self.points)
        span = f"{self.in_words(0)} to {self.in_words(count - 1)}"
        if self.values_text() == f"{self.points[0][0]}..{self.points[-1][0]}":
            return span
        if len(self.settings) == 1 and count <= MOST_LISTED:
            return listed([self.in_words(place) for place in range(count)])
        return f"{counted(count, 'value')}{f' from {span}' if self.numbers else ''}"

    def changes(self, place: int) -> dict[str, Any]:
        """Setting to value at a point."""
        return dict(zip(self.settings, self.points[place], strict=True))

    def values(self) -> list[Any]:
        """The points as JSON has them: values of one setting, lists of values of several."""
        return [list(point) if len(self.settings) > 1 else point[0] for point in self.points]

    def to_text(self) -> str:
        """What `from_text` reads.

        Example:
            >>> Axis.of("units", [1, 2, 3, 4, 8, 16]).to_text()
            'units: 1..4, 8, 16'
        """
        return f"{self.name}: {self.values_text()}"

    def values_text(self) -> str:
        """The values alone, whole numbers in a row as a range."""
        values: list[Any] = [point[0] for point in self.points]
        if len(self.settings) > 1 or not all(type(value) is int for value in values):
            return ", ".join(map(_as_word, self.points))
        runs = groupby(enumerate(values), key=lambda item: item[1] - item[0])
        return ", ".join(_run_text([value for _, value in run]) for _, run in runs)


def _is_row(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _typed(settings: Sequence[str], point: Point) -> Point:
    """In the settings' own types, where they take the value: 1 becomes 1.0 of a setting that may be any number."""
    if len(point) != len(settings):
        return point
    return tuple(_in_type(SETTINGS.get(name), value) for name, value in zip(settings, point, strict=True))


def _in_type(setting: Setting | None, value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    try:
        return value if setting is None else setting.validated(value)
    except ValueError:  # `Axis` says it of all values together.
        return value if isinstance(value, (str, int, float)) else reprlib.repr(value)


def _points(settings: Sequence[str], text: str) -> Iterator[Any]:
    """What a part of a text stands for: a value, or the values of a range."""
    if len(settings) > 1:
        words = text.split()
        known = len(words) == len(settings)
        yield [_parsed(name, word) for name, word in zip(settings, words, strict=True)] if known else words
    elif (found := _RANGE.fullmatch(text)) and not SETTINGS[settings[0]].choices:
        yield from _range(settings[0], text, found)
    else:
        yield _parsed(settings[0], text)


def _parsed(name: str, word: str) -> Any:
    try:
        return SETTINGS[name].parsed(word)
    except ValueError:  # `Axis` says it of all values together.
        for number in (int, float):
            with suppress(ValueError):
                return number(word)
        return word


def _range(name: str, text: str, found: re.Match[str]) -> list[float]:
    """The numbers of a range; whole ones of a setting that has no others."""
    first, last, step, count, log = found.groups()
    try:
        low, high = float(first), float(last)
        spaced = _stepped(name, low, high, float(step or 1)) if count is None else _counted(name, low, high, count, log)
        numbers = [float(f"{number:.4g}") for number in spaced]
        is_whole = isinstance(SETTINGS[name].default, int)
        return [*dict.fromkeys(round(number) for number in spaced)] if is_whole else numbers
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        if "Expected" in str(error):
            raise
        raise ValueError(f"Expected a range of `{name}` such as {_RANGES}. Received: {text[:MOST_SIGNS]}") from error


def _stepped(name: str, low: float, high: float, step: float) -> list[float]:
    steps = (high - low) / step
    if steps < 0:
        raise ValueError
    if steps >= MOST_VALUES:
        raise ValueError(_too_many(name, int(steps) + 1))
    return [low + place * step for place in range(int(steps + 1e-9) + 1)]


def _counted(name: str, low: float, high: float, count: str, log: str | None) -> list[float]:
    if int(count) > MOST_VALUES:
        raise ValueError(_too_many(name, int(count)))
    if int(count) < 1 or (log and min(low, high) <= 0):
        raise ValueError
    spaced = np.geomspace if log else np.linspace
    return [float(value) for value in spaced(low, high, int(count))]


def _within(name: str, points: Iterable[Any]) -> list[Any]:
    few = [*islice(points, MOST_VALUES + 1)]
    if len(few) > MOST_VALUES:
        raise ValueError(_too_many(name.strip(), "more"))
    return few


def _too_many(name: str, count: int | str) -> str:
    return f"Expected at most {MOST_VALUES} values of `{name}`. Received: {count}"


def _run_text(numbers: list[Any]) -> str:
    return f"{numbers[0]}..{numbers[-1]}" if len(numbers) >= SHORTEST_RANGE else ", ".join(map(str, numbers))


def _as_word(point: Sequence[Any]) -> str:
    return " ".join(value if isinstance(value, str) else json.dumps(value) for value in point)
