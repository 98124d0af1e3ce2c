"""What a study has found so far: the summary of each of its runs that is over, also as one tidy table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from vgdemo.config import RunConfig
from vgdemo.study.grid import Grid
from vgdemo.summary import End, Summary


class Study(Mapping[RunConfig, Summary]):
    """Runs of a grid and how they end, in the grid's order; those that are not over are absent.

    Attributes:
        grid: What is studied.
        failed: Runs that cannot be trained, and why.

    Example:
        >>> from vgdemo.summary import summarize
        >>> study = Study(Grid.of(RunConfig(), {"units": [5, 6]}), {RunConfig(): summarize(record)})
        >>> len(study), [config.units for config in study.missing]
        (1, [6])
        >>> study.table()[["units", "replicate", "learned"]].values.tolist()
        [[5, 1, False], [5, 2, False]]
    """

    def __init__(
        self, grid: Grid, summaries: Mapping[RunConfig, Summary], failed: Mapping[RunConfig, str] = MappingProxyType({})
    ) -> None:
        self.grid = grid
        self.failed = dict(failed)
        self._summaries = {config: summaries[config] for config in grid.configs if config in summaries}

    def __getitem__(self, config: RunConfig) -> Summary:
        """How a run ends; KeyError if it is not over."""
        return self._summaries[config]

    def __iter__(self) -> Iterator[RunConfig]:
        """The runs that are over."""
        return iter(self._summaries)

    def __len__(self) -> int:
        """How many runs are over."""
        return len(self._summaries)

    @property
    def missing(self) -> tuple[RunConfig, ...]:
        """The runs that are not over."""
        return tuple(config for config in self.grid.configs if config not in self._summaries)

    def table(self) -> pd.DataFrame:
        """A row for each run that is over and replicate: what the axes set, the run's key, then `summary.End`."""
        return pd.DataFrame([*self.rows()], columns=[*self._settings, "run_key", "replicate", *End._fields, "seconds"])

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the table by column, in which None is what was not measured, and NaN a measurement."""
        for config, summary in self.items():
            yield from self._rows(config, summary)

    @property
    def _settings(self) -> list[str]:
        return [name for axis in self.grid.axes for name in axis.settings]

    def _rows(self, config: RunConfig, summary: Summary) -> Iterator[dict[str, Any]]:
        run = {name: getattr(config, name) for name in self._settings} | {"run_key": config.run_key}
        for replicate, end in enumerate(summary.ends, start=1):
            measured = end._asdict() | {"verdict": str(end.verdict)}
            yield run | {"replicate": replicate, **measured, "seconds": summary.seconds}
