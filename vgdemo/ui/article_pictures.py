"""The figures of the article's experiments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

from vgdemo.article import Experiment, Finding
from vgdemo.article.measures import VAL_ACCURACY, Measure
from vgdemo.config import RunConfig
from vgdemo.export import file_name
from vgdemo.figures import Figure, Row, curves, gradient_density, layer_heatmap, layer_lines, outcome
from vgdemo.figures.style import new_figure
from vgdemo.record import RunRecord
from vgdemo.study import Grid, Study
from vgdemo.study.landscape import landscape
from vgdemo.summary import summarize
from vgdemo.ui.board import Picture
from vgdemo.wording import capitalized

TITLES = {
    "curves": "Accuracy and loss",
    "gradients": "Gradient, mean |g|, layer by layer",
    "density": "Gradient entries by size over the epochs",
    "norms": "Kernel, L1 norm, layer by layer",
    "steps": "Through time, RMS of ∂L/∂state, time step by time step",
    "depths": "Share that learns over hidden layers",
}

SIDE_BY_SIDE: dict[str, Callable[[RunRecord], Figure]] = {
    "norms": partial(layer_lines, statistic="kernel_l1", fit=True),
    "steps": partial(layer_heatmap, statistic="state_gradient_rms"),
}

Records = Sequence[RunRecord | None]
Findings = Sequence[Finding | None]


def pictures(kinds: Sequence[str], experiment: Experiment, records: Records, findings: Findings) -> dict[str, Picture]:
    """Name to figure, of these kinds, as far as the experiment's runs are there; an empty figure for what is to come.

    So the figures' room is there before they are, and nothing moves when they come.
    """
    made: dict[str, Picture] = {}
    for kind in kinds:
        names = _names(kind, experiment)
        drawn = _MAKERS[kind](experiment, records, findings)
        made |= {name: drawn.get(name) or _to_come(name, title) for name, title in names.items()}
    return {name: one._replace(file=f"experiment-{experiment.number}-{file_name(name)}") for name, one in made.items()}


def _names(kind: str, experiment: Experiment) -> dict[str, str]:
    """Name to title of the figures of a kind."""
    if kind == "outcome":
        titles = [capitalized(measure.title) for measure in _measures(experiment)]
        return {f"outcome-{place}": title for place, title in enumerate(titles, 1)}
    if kind in SIDE_BY_SIDE:
        return {f"{kind} {letter}": f"{name}: {TITLES[kind]}" for letter, (name, _) in _lettered(experiment)}
    return {kind: TITLES[kind]}


def _lettered(experiment: Experiment) -> list[tuple[str, tuple[str, RunConfig]]]:
    return list(zip("AB", experiment.runs, strict=True))


def _measures(experiment: Experiment) -> list[Measure]:
    """What is measured, each thing once."""
    return list({claim.measure.label: claim.measure for claim in experiment.claims}.values())


@cache
def _to_come(name: str, title: str) -> Picture:
    hidden = {"visible": False, "range": [0, 1]}
    figure = new_figure(title, "Not trained yet.", "An empty figure.", xaxis=hidden, yaxis=hidden)
    return Picture.of(f"{name} to come", figure)  # Of no other's kind, whose axes it would share.


def _outcomes(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Picture]:
    """A figure for each thing that is measured, of all claims about it."""
    rows: dict[str, list[Finding]] = {measure.label: [] for measure in _measures(experiment)}
    for finding in findings:
        if finding is not None and len(finding.values):
            rows[finding.claim.measure.label].append(finding)
    names = [f"outcome-{place}" for place in range(1, len(rows) + 1)]
    return {
        name: Picture.of(name, _outcome(found, records))
        for name, found in zip(names, rows.values(), strict=True)
        if found
    }


def _outcome(found: Sequence[Finding], records: Records) -> Figure:
    measure: Measure = found[0].claim.measure
    rows = [Row(finding.claim.row, finding.values, finding.claim.published, measure.text) for finding in found]
    of_validation = any(finding.claim.measure is VAL_ACCURACY for finding in found)
    known = [record.ceiling for record in records if record is not None and of_validation]
    ceiling = next((one for one in known if one is not None), None)  # All runs of an experiment have the same points.
    return outcome(rows, measure.title, measure.label, logarithmic=measure.is_size, ends=measure.ends, ceiling=ceiling)


def _of_first(name: str, make: Callable[[RunRecord], Figure]) -> Callable[..., dict[str, Picture]]:
    """A figure of the experiment's own run."""

    def picture(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Picture]:
        return {name: Picture.of(name, make(records[0]))} if records[0] is not None else {}

    return picture


def _side_by_side(kind: str, make: Callable[[RunRecord], Figure]) -> Callable[..., dict[str, Picture]]:
    """A figure of each of two runs, on the same axes."""

    def picture(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Picture]:
        made = {}
        for (letter, (name, _)), record in zip(_lettered(experiment), records, strict=True):
            if record is not None:
                figure = make(record)
                figure.layout.title.text = f"{name}: {figure.layout.title.text}"
                made[f"{kind} {letter}"] = Picture.of(kind, figure)
        return made

    return picture


def _depths(experiment: Experiment, records: Records, findings: Findings) -> dict[str, Picture]:
    """A study of all depths; runs that were cut short are left out, as their findings are."""
    whole = {
        config: record
        for config, record, finding in zip(experiment.configs, records, findings, strict=True)
        if record is not None and finding is not None and len(finding.values)
    }
    if not whole:
        return {}
    layers = [config.num_hidden_layers for config in experiment.configs]
    grid = Grid.of(experiment.configs[0], {"num_hidden_layers": layers})
    study = Study(grid, {config: summarize(record) for config, record in whole.items()})
    ceilings = {config: record.ceiling for config, record in whole.items() if record.ceiling is not None}
    return {"depths": Picture.of("depths", landscape(study, ceilings=ceilings))}


_MAKERS: dict[str, Callable[[Experiment, Records, Findings], dict[str, Picture]]] = {
    "outcome": _outcomes,
    "curves": _of_first("curves", curves),
    "gradients": _of_first("gradients", partial(layer_lines, fit=True)),
    "density": _of_first("density", gradient_density),
    **{kind: _side_by_side(kind, make) for kind, make in SIDE_BY_SIDE.items()},
    "depths": _depths,
}
