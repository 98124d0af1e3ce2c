"""A report of one run, or of several side by side, as one HTML page that opens from disk without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from string import ascii_uppercase
from typing import Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from vgdemo.comparison import described_model, differences, endings, who_learns
from vgdemo.config import SETTINGS, SETTINGS_OF, RunConfig
from vgdemo.export.reported_run import ReportedRun
from vgdemo.export.tables import axes
from vgdemo.figures import Figure, View, ViewOptions, overlays_of, views_of
from vgdemo.figures.bundle import bundled
from vgdemo.links import run_query
from vgdemo.record import RunRecord, RunStatus
from vgdemo.summary import summarize
from vgdemo.theory import Expected, expected_of

SCRIPT = Path(__file__).parent / "templates" / "report.js"

_environment = Environment(
    loader=PackageLoader("vgdemo.export"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


class ReportedFigure(NamedTuple):
    """A figure for the page: its words, and Plotly's JSON of it."""

    title: str
    reading: str
    alt: str
    how: str
    content: str

    @classmethod
    def of(cls, figure: Figure) -> ReportedFigure:
        """What the page says of a figure. Plotly escapes in its JSON what could end a script element."""
        layout = figure.layout
        meta = layout.meta
        return cls(layout.title.text, layout.title.subtitle.text, meta["alt"], meta["how"], figure.to_json())


class ReportedView(NamedTuple):
    """The figures of one view, a run's at its place; None where the run has nothing to draw in it."""

    name: str
    label: str
    figures: list[ReportedFigure | None]

    @property
    def how(self) -> str:
        """How to read the figures."""
        return next((figure.how for figure in self.figures if figure), "")


class ReportedSetting(NamedTuple):
    """A row of the table of settings: its words, its name in code if it has one, its value in each run that has it."""

    label: str
    name: str
    values: list[str | None]

    @property
    def texts(self) -> list[str]:
        """What stands in the row."""
        return ["—" if value is None else value for value in self.values]

    @property
    def differs(self) -> bool:
        """Whether the runs that have it are not all alike."""
        return len({*self.values} - {None}) > 1


def report(runs: Sequence[ReportedRun], server: str = "") -> str:
    """The page: findings, figures that can be zoomed and moved through the epochs, all settings, versions.

    Runs that were not all made of settings are described by their models instead.

    Args:
        runs: At least one.
        server: Address of the dashboard that a run can be opened in; empty if it is not known.

    Example:
        >>> page = report([ReportedRun(record, findings=("Nothing to see.",))])
        >>> page[:15], "Nothing to see." in page
        ('<!doctype html>', True)

    Raises:
        ValueError: If there is nothing to report.
    """
    if not runs:
        raise ValueError("Expected at least one run to report. Received: none")
    configs = [run.record.config for run in runs if run.record.config is not None]
    have_settings = len(configs) == len(runs)
    views = [*_views(runs)]
    return rendered(
        "report.html.jinja",
        columns=max(2, len(runs)),
        runs=runs,
        server=server,
        query_of=_query,
        views=views,
        guide=dict.fromkeys((view.label, view.how) for view in views),  # Several layers are read alike.
        over_time="time step" in axes(runs),
        comparison=_comparison(runs) if len(runs) > 1 else None,
        have_settings=have_settings,
        settings=_settings(configs) if have_settings else _models(runs),
        facts=[_facts(run.record) for run in runs],
    )


def rendered(template: str, **values: Any) -> str:
    """A page of this template, with all that draws its figures in it."""
    ours = {"today": date.today(), "library": get_plotlyjs(), "drawing": bundled(SCRIPT)}
    return _environment.get_template(template).render(**ours, **values)


def _views(runs: Sequence[ReportedRun]) -> Iterator[ReportedView]:
    """The views of all runs; one that some run has not stays empty at its place."""
    found = [(run.record, views_of(run.record), _expected(run.record.config)) for run in runs]
    labels = {name: view.label for _, views, _ in found for name, view in views.items()}
    for name, label in labels.items():
        figures = [_figure(views.get(name), record, expected) for record, views, expected in found]
        yield ReportedView(name, label, figures)


def _expected(config: RunConfig | None) -> Expected | None:
    return None if config is None else expected_of(config)


def _figure(view: View | None, record: RunRecord, expected: Expected | None) -> ReportedFigure | None:
    return ReportedFigure.of(view.make(record, ViewOptions(), expected)) if view else None


def _query(run: ReportedRun) -> str:
    """What opens the run in a dashboard; empty for one that was not made of settings."""
    return "" if run.record.config is None else "?" + urlencode(run_query(run.record.config, run.name))


def _comparison(runs: Sequence[ReportedRun]) -> dict[str, Any]:
    """What is said of several runs together."""
    named = {run.letter or letter: run for run, letter in zip(runs, ascii_uppercase, strict=False)}
    records = {letter: run.record for letter, run in named.items()}
    headings = {letter: run.heading for letter, run in named.items()}
    return {
        "figures": _overlays(records, headings),
        "sentences": [who_learns({run.heading: run.record for run in runs}), *differences(records)],
        "endings": endings({letter: summarize(record) for letter, record in records.items()}),
    }


def _overlays(records: Mapping[str, RunRecord], headings: Mapping[str, str]) -> dict[str, ReportedFigure]:
    pictures = overlays_of(records.values())
    return {name: ReportedFigure.of(overlay(records, headings)) for name, overlay in pictures.items()}


def _settings(configs: Sequence[RunConfig]) -> list[ReportedSetting]:
    """Those that the network of some run has."""
    rows = [
        ReportedSetting(one.label, name, [_said(config, name) for config in configs]) for name, one in SETTINGS.items()
    ]
    return [row for row in rows if any(row.values)]


def _said(config: RunConfig, name: str) -> str | None:
    return str(getattr(config, name)).lower() if name in SETTINGS_OF[config.network] else None


def _models(runs: Sequence[ReportedRun]) -> list[ReportedSetting]:
    described = [described_model(run.record.model) for run in runs]
    return [ReportedSetting(label, "", [words[label] for words in described]) for label in described[0]]


def _facts(record: RunRecord) -> dict[str, str]:
    """How the run went and what trained it."""
    epochs = int(record.epochs[-1]) if len(record.epochs) else 0
    ended = "" if record.status is RunStatus.COMPLETE else f", {record.status} after {record.unit} {epochs}"
    seconds = ", ".join(f"{stage} {value:.1f} s" for stage, value in record.seconds.items())
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    notices = " ".join(record.notices)
    words = {"Run": record.sentence + ended, "Time": seconds, "Versions": versions, "Notices": notices}
    return {name: text for name, text in words.items() if text}
