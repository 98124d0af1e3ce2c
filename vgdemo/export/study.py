"""What a person takes away of a study: one tidy table, and a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import pyarrow as pa

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.export.html import ReportedFigure, rendered
from vgdemo.figures import Figure
from vgdemo.links import run_query
from vgdemo.study import Study
from vgdemo.study.cells import FAILED, NOT_MEASURED, TO_COME
from vgdemo.study.curves import can_be_curves
from vgdemo.study.landscape import landscape
from vgdemo.study.measures import MEASURES, Measure
from vgdemo.study.outlook import outlook
from vgdemo.summary import End
from vgdemo.wording import capitalized, counted

SENTENCE = re.compile(r"(?<=\.) ")  # Between two of them.
PAGE = "Study"  # Of the dashboard.
ARROW = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}


def study_table(study: Study) -> pa.Table:
    """One row for each run that is over and replicate.

    | column | is |
    | --- | --- |
    | what the axes set | the settings by name |
    | `run_key` | content hash of all settings, by which the store keeps the run |
    | `replicate` | its number, from 1 |
    | `accuracy` | final validation accuracy |
    | `learned` | whether it learns |
    | `verdict` | what it has |
    | `first_ratio`, `last_ratio` | mean size of layer 1's gradient over the output's, at the start, at the end |
    | `first_factor`, `last_factor` | mean factor on the gradient's RMS from a hidden layer to the one below |
    | `dead` | share of dead units at the end |
    | `seconds` | what the run took, all replicates together |

    A cell is null where something was not measured, and NaN where NaN was measured.

    Example:
        >>> from vgdemo.study import Grid
        >>> from vgdemo.summary import summarize
        >>> grid = Grid.of(RunConfig(), {"units": [5, 6]})
        >>> study_table(Study(grid, {grid.configs[0]: summarize(record)})).column_names[:4]
        ['units', 'run_key', 'replicate', 'accuracy']
    """
    rows = [*study.rows()]
    schema = _schema(study)
    return pa.table([pa.array([row[name] for row in rows], kind) for name, kind in schema.items()], [*schema])


def _schema(study: Study) -> dict[str, pa.DataType]:
    """Column to its type, which one without values has too."""
    settings = {name: ARROW[type(SETTINGS[name].default)] for axis in study.grid.axes for name in axis.settings}
    measured = dict.fromkeys(End._fields, pa.float64()) | {"learned": pa.bool_(), "verdict": pa.string()}
    return settings | {"run_key": pa.string(), "replicate": pa.int64()} | measured | {"seconds": pa.float64()}


class ReportedCell(NamedTuple):
    """A row of the table of runs: its points, what the measures say of it, and what opens it in a dashboard."""

    points: list[str]
    texts: list[str]
    query: str


def study_report(study: Study, server: str = "") -> str:
    """The page: the study in words, a figure of each measure, all runs, and the definition.

    Args:
        study: What there is so far.
        server: Address of the dashboard that it can be opened in, with a slash at its end; empty if it is not known.

    Example:
        >>> from vgdemo.study import Grid
        >>> grid = Grid.of(RunConfig(), {"units": [5, 6]})
        >>> page = study_report(Study(grid, {}))
        >>> page[:15], grid.sentence in page
        ('<!doctype html>', True)
    """
    grid = study.grid
    figures = {name: ReportedFigure.of(figure) for name, figure in _figures(study)}
    return rendered(
        "study.html.jinja",
        columns=2,
        heading="How likely a network is to learn",
        grid=grid,
        progress=_progress(study),
        server=server,
        query=f"{PAGE}?{urlencode(grid.to_query())}",
        file=f"study-{grid.key[:8]}",
        definition=grid.to_json(),
        figures=figures,
        guide=_guide(figures.values()),
        names=[*(axis.label for axis in grid.axes), *(capitalized(one.label) for one in MEASURES.values())],
        rows=[_row(study, config, places) for config, places in zip(grid.configs, grid.places, strict=True)],
    )


def _progress(study: Study) -> str:
    done = f"{len(study)} of {counted(len(study.grid.configs), 'run')} are trained"
    reasons = [f"{counted(count, 'run')} failed: {why}" for why, count in Counter(study.failed.values()).items()]
    return f"{'; '.join([done, *reasons]).rstrip('.')}."


def _figures(study: Study) -> Iterator[tuple[str, Figure]]:
    """Of each measure, and of the first one as curves too where a map could be curves."""
    ways = [False, True] if len(study.grid.axes) == 2 and can_be_curves(study.grid) else [False]
    for name in MEASURES:
        for as_curves in ways:
            foreseen = outlook(study.grid, name, as_curves=as_curves)
            figure = landscape(study, name, as_curves=as_curves, outlook=foreseen)
            yield f"{name} {'curves' if as_curves else 'map'}", figure


def _guide(figures: Iterable[ReportedFigure]) -> dict[str, str]:
    """How to read each figure, without what was said of one before it."""
    said: dict[str, str] = {}
    for figure in figures:
        for sentence in SENTENCE.split(figure.how):
            said.setdefault(sentence, figure.title)
    titles = dict.fromkeys(said.values())
    return {title: " ".join(sentence for sentence, where in said.items() if where == title) for title in titles}


def _row(study: Study, config: RunConfig, places: Sequence[int]) -> ReportedCell:
    points = [axis.in_words(place) for axis, place in zip(study.grid.axes, places, strict=True)]
    texts = [_text(study, config, measure) for measure in MEASURES.values()]
    return ReportedCell(points, texts, f"?{urlencode(run_query(config))}")


def _text(study: Study, config: RunConfig, measure: Measure) -> str:
    if config not in study:
        return FAILED if config in study.failed else TO_COME
    value = measure.of(study[config])
    if value is None:
        return NOT_MEASURED
    return str(study[config].verdict) if measure.is_verdict else measure.text(value.middle)
