"""The figures of the article's experiments."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from vgdemo.article import Experiment, Finding
from vgdemo.article.measures import Measure
from vgdemo.figures import Figure, Row, curves, depths, gradient_density, layer_lines, outcome
from vgdemo.record import RunRecord
from vgdemo.ui.board import Picture

Records = Sequence[RunRecord | None]
Findings = Sequence[Finding | None]


def pictures(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Picture]:
    """Name to figure: what the experiment wants drawn, as far as its runs are there."""
    made: dict[str, Picture] = {}
    for picture in experiment.pictures:
        made |= _MAKERS[picture](experiment, records, findings)
    return made


def _outcomes(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Picture]:
    """A figure for each thing that is measured, of all claims about it."""
    rows: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding is not None and len(finding.values):
            rows.setdefault(finding.claim.measure.label, []).append(finding)
    names = (f"outcome-{place}" for place in itertools.count(1))
    return {name: Picture.of(name, _outcome(found)) for name, found in zip(names, rows.values(), strict=False)}


def _outcome(found: Sequence[Finding]) -> Figure:
    measure: Measure = found[0].claim.measure
    rows = [Row(finding.claim.row, finding.values, finding.claim.published, measure.text) for finding in found]
    return outcome(rows, measure.title, measure.label, logarithmic=measure.is_size, ends=measure.ends)


def _of_first(name: str, make: Callable[[RunRecord], Figure]) -> Callable[..., dict[str, Picture]]:
    """A figure of the experiment's own run."""

    def picture(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Picture]:
        return {name: Picture.of(name, make(records[0]))} if records[0] is not None else {}

    return picture


def _norms(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Picture]:
    """Two runs on the same axes."""
    made = {}
    for letter, (name, _), record in zip("AB", experiment.runs, records, strict=True):
        if record is not None:
            figure = layer_lines(record, "kernel_l1", fit=True)
            figure.layout.title.text = f"{name}: {figure.layout.title.text}"
            made[f"norms {letter}"] = Picture.of("norms", figure)
    return made


def _depths(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Picture]:
    """Runs that were cut short are left out, as their findings are."""
    by_depth = {
        config.num_hidden_layers: record
        for config, record, finding in zip(experiment.configs, records, findings, strict=True)
        if record is not None and finding is not None and len(finding.values)
    }
    return {"depths": Picture.of("depths", depths(by_depth))} if by_depth else {}


_MAKERS: dict[str, Callable[[Experiment, Records, Findings], dict[str, Picture]]] = {
    "outcome": _outcomes,
    "curves": _of_first("curves", curves),
    "gradients": _of_first("gradients", layer_lines),
    "density": _of_first("density", gradient_density),
    "norms": _norms,
    "depths": _depths,
}
