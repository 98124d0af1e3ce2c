"""What a study trains: a base run, and one or two axes of settings; as a link, as JSON, with a key of its own."""

from __future__ import annotations

import hashlib
import json
import math
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.links import VIEW
from vgdemo.setting import json_object
from vgdemo.study.axis import Axis
from vgdemo.wording import counted, uncapitalized

MOST_RUNS = 5000
AXES = ("x", "y")  # Their query parameters.
BASE, GRID = "base", "grid"
DEPTHS = {"num_hidden_layers": "1..20"}
LENGTHS = {"time_steps": "10, 20, 50, 100, 200"}


@dataclass(frozen=True)
class Grid:
    """The runs of a study: the base with every point of its axes.

    Attributes:
        base: The settings that all its runs share; what the axes set is at their first points.
        axes: One or two.

    Example:
        >>> grid = Grid.of(RunConfig(), {"num_hidden_layers": range(1, 31), "gain": [0.5, 1, 2]})
        >>> grid.shape, len(grid.configs), grid.configs[1].gain
        ((30, 3), 90, 1.0)

    Raises:
        ValueError: If there is no such grid, or not every run of it is possible.
    """

    base: RunConfig
    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        """Refuse what is no study, before any run of it is made."""
        if len(self.axes) not in (1, 2):
            raise ValueError(f"Expected one or two axes of a study. Received: {len(self.axes) or 'none'}")
        names = [name for axis in self.axes for name in axis.settings]
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if twice is not None:
            raise ValueError(f"Expected axes of different settings. Received `{twice}` twice")
        if not 2 <= math.prod(self.shape) <= MOST_RUNS:
            sizes = " x ".join(map(str, self.shape))
            raise ValueError(f"Expected a study of 2 to {MOST_RUNS} runs. Received: {math.prod(self.shape)} ({sizes})")
        object.__setattr__(self, BASE, self._run((0,) * len(self.axes)))
        _ = self.configs

    @classmethod
    def of(cls, base: RunConfig, grid: Mapping[str, str | Iterable[Any]]) -> Grid:
        """The grid of a base run and the values of settings, by name: see `Axis.of`."""
        return cls(base, tuple(Axis.of(name, values) for name, values in grid.items()))

    @property
    def shape(self) -> tuple[int, ...]:
        """How many points each axis has."""
        return tuple(len(axis.points) for axis in self.axes)

    @cached_property
    def configs(self) -> tuple[RunConfig, ...]:
        """All runs, the last axis fastest."""
        return tuple(map(self._run, self.places))

    @property
    def places(self) -> Iterator[tuple[int, ...]]:
        """Where each run stands on the axes, in the order of `configs`."""
        return map(self.places_of, range(math.prod(self.shape)))

    def places_of(self, run: int) -> tuple[int, ...]:
        """Where a run stands on the axes, by its place in `configs`."""
        return divmod(run, self.shape[1]) if len(self.shape) > 1 else (run,)

    def index(self, *places: int) -> int:
        """The place in `configs` of the run at a point of each axis.

        Raises:
            IndexError: If there is no such point.
        """
        if len(places) != len(self.shape):
            raise IndexError(places)
        if not all(isinstance(one, int) and 0 <= one < size for one, size in zip(places, self.shape, strict=True)):
            raise IndexError(places)
        first, *second = places
        return first * self.shape[1] + second[0] if second else first

    def at(self, *places: int) -> RunConfig:
        """The run at a point of each axis."""
        return self.configs[self.index(*places)]

    def _run(self, places: Iterable[int]) -> RunConfig:
        changes: dict[str, Any] = {}
        for axis, place in zip(self.axes, places, strict=True):
            changes |= axis.changes(place)
        try:
            return self.base.with_changes(**changes)
        except ValueError as error:
            where = ", ".join(f"{name}={value}" for name, value in changes.items())
            raise ValueError(f"Expected every run of the study to be possible. With {where}: {error}") from error

    @cached_property
    def key(self) -> str:
        """Content hash: 64 hexadecimal digits, equal for the studies that train the same runs in the same order."""
        content = json.dumps([[*self.shape], *(config.run_key for config in self.configs)])
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def sentence(self) -> str:
        """The study in one line of words.

        Example:
            >>> grid = {"num_hidden_layers": range(1, 31), "units activation": [(5, "tanh"), (8, "elu")]}
            >>> Grid.of(RunConfig(), grid).sentence
            '60 runs: hidden layers, 1 to 30 × units per layer and activation, 2 values'
        """
        return f"{counted(len(self.configs), 'run')}: {' × '.join(axis.sentence for axis in self.axes)}"

    @property
    def shared(self) -> str:
        """What all its runs have in common, as far as it is not the usual, in words.

        Example:
            >>> Grid.of(RunConfig(epochs=50, optimizer="adam"), {"units": [5, 8]}).shared
            'all with optimiser Adam, epochs 50'
            >>> Grid.of(RunConfig(), {"units": [5, 8]}).shared
            "all else as the article's deep network has it"
        """
        set_by_axes = {name for axis in self.axes for name in axis.settings}
        changed = [SETTINGS[name] for name in self.base.to_query() if name not in set_by_axes]
        named = [f"{uncapitalized(one.label)} {one.in_words(getattr(self.base, one.name))}" for one in changed]
        return f"all with {', '.join(named)}" if named else "all else as the article's deep network has it"

    def to_dict(self) -> dict[str, Any]:
        """The definition that `from_dict` reads."""
        return {BASE: self.base.to_dict(), GRID: {axis.name: axis.values() for axis in self.axes}}

    @classmethod
    def from_dict(cls, definition: Mapping[str, Any]) -> Grid:
        """The grid of a definition: settings of the base, of which those left out take their default, and axes.

        Raises:
            ValueError: If it is no definition of a study.
        """
        base, grid = definition.get(BASE, {}), definition.get(GRID)
        strange = definition.keys() - {BASE, GRID}
        if strange or not isinstance(base, Mapping) or not isinstance(grid, Mapping):
            raise ValueError(
                "Expected a study as a JSON object with `base`, settings by name, and `grid`, lists of values by name. "
                f"Received: {json.dumps(definition, default=str)[:80]}"
            )
        bad = next((name for name, values in grid.items() if not isinstance(values, (list, str))), None)
        if bad is not None:
            raise ValueError(f"Expected a list of values of `{bad}`, or text. Received: {json.dumps(grid[bad])[:80]}")
        return cls.of(RunConfig.from_dict(base), grid)

    def to_json(self) -> str:
        """The definition as JSON."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Grid:
        """The grid that `to_json` wrote.

        Raises:
            ValueError: If the text is no definition of a study.
        """
        return cls.from_dict(json_object(text))

    @classmethod
    def from_text(cls, text: str) -> tuple[Grid, tuple[str, ...]]:
        """The study of a pasted link or of pasted JSON, and a sentence for each part that could not be taken.

        Raises:
            ValueError: If it is neither.
        """
        text = text.strip()
        if text.startswith("{"):
            return cls.from_json(text), ()
        parameters = dict(parse_qsl(text.partition("?")[2], keep_blank_values=True))
        if not parameters.keys() & set(AXES):
            raise ValueError(f"Expected a link to a study or its definition as JSON. Received: {reprlib.repr(text)}")
        return cls.from_query({name: value for name, value in parameters.items() if name != VIEW})

    @classmethod
    def around(cls, config: RunConfig) -> Grid:
        """The study with which somebody begins who has a run: over its depth, which of sequences is their length.

        Example:
            >>> Grid.around(RunConfig(units=8)).to_query()
            {'x': 'num_hidden_layers: 1..20', 'units': '8'}
            >>> Grid.around(RunConfig(network="gru")).to_query()
            {'x': 'time_steps: 10, 20, 50, 100, 200', 'network': 'gru'}

        Raises:
            ValueError: If the run would be too large there.
        """
        return cls.of(config, LENGTHS if config.architecture.is_recurrent else DEPTHS)

    def to_query(self) -> dict[str, str]:
        """The definition as query parameters of a URL.

        Example:
            >>> Grid.of(RunConfig(units=8), {"num_hidden_layers": range(1, 31)}).to_query()
            {'x': 'num_hidden_layers: 1..30', 'units': '8'}
        """
        texts = {name: axis.to_text() for name, axis in zip(AXES, self.axes, strict=False)}
        set_by_axes = {name for axis in self.axes for name in axis.settings} - {"network"}  # It says what the base has.
        return texts | {name: text for name, text in self.base.to_query().items() if name not in set_by_axes}

    @classmethod
    def from_query(cls, parameters: Mapping[str, str]) -> tuple[Grid, tuple[str, ...]]:
        """The study that a URL asks for, and a sentence for each parameter that could not be taken.

        Raises:
            ValueError: If its axes are none.
        """
        axes = tuple(Axis.from_text(parameters[name]) for name in AXES if name in parameters)
        settings = {name: text for name, text in parameters.items() if name not in AXES}
        base, notices = RunConfig.from_query(settings)
        return cls(base, axes), notices
