"""A report of one run, or of several side by side, as one HTML page that opens from disk without a network."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from vgdemo import figures
from vgdemo.comparison import sentences
from vgdemo.config import SETTINGS
from vgdemo.export.endings import endings
from vgdemo.export.exhibit import Exhibit
from vgdemo.record import RunRecord, RunStatus

FIGURES = (
    figures.curves,
    figures.layer_heatmap,
    figures.layer_profile,
    figures.gradient_distribution,
    figures.decision_surface,
)

_environment = Environment(
    loader=PackageLoader("vgdemo.export"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def report(exhibits: Sequence[Exhibit]) -> str:
    """The page: findings, figures that can be zoomed and moved through the epochs, all settings, versions.

    Raises:
        ValueError: If there is nothing to report.
    """
    if not exhibits:
        raise ValueError("Expected at least one run to report. Received: none")
    return _environment.get_template("report.html.jinja").render(
        exhibits=exhibits,
        rows=[[_figure(make(exhibit.record)) for exhibit in exhibits] for make in FIGURES],
        comparison=_comparison(exhibits) if len(exhibits) > 1 else None,
        settings=_settings(exhibits),
        facts=[_facts(exhibit.record) for exhibit in exhibits],
        library=get_plotlyjs(),
    )


def _comparison(exhibits: Sequence[Exhibit]) -> dict[str, Any]:
    """What is said of several runs together."""
    records = {letter: exhibit.record for letter, exhibit in zip(ascii_uppercase, exhibits, strict=False)}
    names = {letter: exhibit.heading for letter, exhibit in zip(ascii_uppercase, exhibits, strict=False)}
    return {
        "figure": _figure(figures.overlaid_accuracy(records, names)),
        "sentences": sentences(records),
        "endings": endings(records),
    }


def _figure(figure: figures.Figure) -> dict[str, Any]:
    layout = figure.layout
    reading = layout.title.subtitle.text
    content = figure.to_json()  # Plotly escapes what could end a script element.
    return {"title": layout.title.text, "reading": reading, "alt": layout.meta["alt"], "content": content}


def _settings(exhibits: Sequence[Exhibit]) -> list[dict[str, Any]]:
    """One row for each setting: its name, its value in each run, and whether the runs differ in it."""
    rows = []
    for name, setting in SETTINGS.items():
        values = [getattr(exhibit.record.config, name) for exhibit in exhibits]
        rows.append({"label": setting.label, "name": name, "values": values, "differs": len(set(values)) > 1})
    return rows


def _facts(record: RunRecord) -> dict[str, str]:
    """How the run went and what trained it."""
    epochs = int(record.epochs[-1]) if len(record.epochs) else 0
    stopped = "" if record.status is RunStatus.COMPLETE else f", stopped after epoch {epochs}"
    seconds = ", ".join(f"{stage} {value:.1f} s" for stage, value in record.seconds.items())
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    notices = " ".join(record.notices)
    words = {"Run": record.config.sentence + stopped, "Time": seconds, "Versions": versions, "Notices": notices}
    return {name: text for name, text in words.items() if text}
