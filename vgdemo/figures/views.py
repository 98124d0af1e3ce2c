"""The figures of a record as one table, which the pages and the report go through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from plotly.graph_objects import Figure

from vgdemo.figures.curves import curves
from vgdemo.figures.distribution import gradient_distribution
from vgdemo.figures.heatmap import layer_heatmap
from vgdemo.figures.overlay import overlaid_profiles
from vgdemo.figures.profile import layer_profile
from vgdemo.figures.sampling import counted_panel
from vgdemo.figures.scales import Fit, statistic_of
from vgdemo.figures.style import literal
from vgdemo.figures.surface import decision_surface
from vgdemo.record import Panel, RunRecord
from vgdemo.theory import Expected

# What is as well seen in another statistic of its panel.
SAID_BY = {"state_gradient_mean_abs": "state_gradient_rms", "recurrent_gradient_rms": "recurrent_gradient_share"}


@dataclass(frozen=True)
class ViewOptions:
    """How a record is shown.

    Attributes:
        statistic: A name in `ALL_STATISTICS`.
        replicates: Those (from 0) that are shown, by their median; empty for all.
        fit: Whether scales are stretched over this run's values, or the ends of the scale, in place of the range that
            all runs share.
        singles: Whether every replicate has a curve of its own.
        smallest_first: Whether a heatmap's rows are in the order of their last values.

    Example:
        >>> VIEWS["layers"].make(record, ViewOptions("kernel_l1", replicates=(1,)), None).layout.title.text
        'Kernel, L1 norm, layer by layer'
    """

    statistic: str = "gradient_rms"
    replicates: tuple[int, ...] = ()
    fit: Fit = False
    singles: bool = False
    smallest_first: bool = False


@dataclass(frozen=True)
class View:
    """One way to look at a record.

    Attributes:
        label: What a choice of views calls it.
        make: From the record, the options and what theory expects, if that is known, to the figure.
        applies: Whether the record has what the view shows.
        overlaid: From several records and their options, by letter, to one figure of all; None if each has its own.

    Example:
        >>> view = View("loss and accuracy", lambda record, shown, forecast: curves(record))
        >>> view.applies(record), view.make(record, ViewOptions(), None).layout.title.text
        (True, 'Accuracy and loss')
    """

    label: str
    make: Callable[[RunRecord, ViewOptions, Expected | None], Figure]
    applies: Callable[[RunRecord], bool] = lambda record: True
    overlaid: Callable[[Mapping[str, RunRecord], Mapping[str, ViewOptions]], Figure] | None = None


def _overlaid_profiles(
    records: Mapping[str, RunRecord], options: Mapping[str, ViewOptions], statistic: str = ""
) -> Figure:
    """Of this statistic or of that in the options, which is the same in all of them."""
    shown = next(iter(options.values()))
    replicates = {letter: one.replicates for letter, one in options.items()}
    return overlaid_profiles(records, statistic or shown.statistic, replicates=replicates, fit=shown.fit)


def _has_layers(record: RunRecord) -> bool:
    return any(panel.axis == "layer" and panel.labels for panel in record.panels.values())


VIEWS: dict[str, View] = {
    "curves": View(
        "accuracy and loss", lambda record, shown, _: curves(record, replicates=shown.replicates, singles=shown.singles)
    ),
    "layers": View(
        "heatmap",
        lambda record, shown, _: layer_heatmap(
            record,
            shown.statistic,
            replicates=shown.replicates,
            fit=shown.fit,
            smallest_first=shown.smallest_first,
        ),
        _has_layers,
    ),
    "profile": View(
        "profile over layers",
        lambda record, shown, forecast: layer_profile(
            record, shown.statistic, replicates=shown.replicates, fit=shown.fit, forecast=forecast
        ),
        _has_layers,
        _overlaid_profiles,
    ),
    "distribution": View(
        "distribution",
        lambda record, shown, _: gradient_distribution(record, replicates=shown.replicates, fit=shown.fit),
        lambda record: bool(counted_panel(record)[0].labels),
    ),
    "surface": View(
        "decision surface",
        lambda record, shown, _: decision_surface(record, replicates=shown.replicates),
        lambda record: record.surface is not None,
    ),
}


def views_of(record: RunRecord) -> dict[str, View]:
    """Name to view: those of `VIEWS` that a record has, then two of each statistic along another axis than layers.

    Example:
        >>> list(views_of(record))
        ['curves', 'layers', 'profile', 'distribution', 'surface']
    """
    found = {name: view for name, view in VIEWS.items() if view.applies(record)}
    others = {name: panel for name, panel in record.panels.items() if panel.axis != "layer"}
    count = Counter(statistic for panel in others.values() for statistic in panel.statistics)
    for name, panel in others.items():
        for statistic in _drawn_of(panel):
            of = name if count[statistic] > 1 else ""
            kind = f"{statistic} {of}".strip()
            found[f"layers {kind}"] = _view_of(statistic, record, layer_heatmap, of)
            found[f"profile {kind}"] = replace(
                _view_of(statistic, record, layer_profile, of), overlaid=partial(_overlaid_of, of, statistic)
            )
    return found


def _drawn_of(panel: Panel) -> list[str]:
    """The statistics of a panel that are drawn: of two that say the same, one."""
    return [name for name in panel.statistics if SAID_BY.get(name) not in panel.statistics]


def _view_of(statistic: str, record: RunRecord, make: Callable[..., Figure], of: str) -> View:
    """A view of this statistic, whichever is chosen for the others.

    Args:
        statistic: Its name.
        record: That has it.
        make: Draws a statistic of a record.
        of: The panel, where several have the statistic; empty for the only one.
    """

    def draw(record: RunRecord, shown: ViewOptions, forecast: Expected | None) -> Figure:
        theory = {"forecast": forecast} if make is layer_profile else {}
        figure = make(_of_panel(record, of), statistic, replicates=shown.replicates, fit=shown.fit, **theory)
        return _titled(figure, of)

    return View(statistic_of(record, statistic).label, draw, lambda record: record.has(statistic))


def _overlaid_of(
    of: str, statistic: str, records: Mapping[str, RunRecord], options: Mapping[str, ViewOptions]
) -> Figure:
    alone = {letter: _of_panel(record, of) for letter, record in records.items()}
    return _titled(_overlaid_profiles(alone, options, statistic), of)


def _of_panel(record: RunRecord, name: str) -> RunRecord:
    """A record that has this panel alone, so that its statistics are those of no other; the record for no name."""
    return replace(record, panels={name: record.panels[name]}) if name else record


def _titled(figure: Figure, of: str) -> Figure:
    """With the layer that a panel is of in the title."""
    if of:
        figure.layout.title.text = f"{figure.layout.title.text}, {literal(of.partition('/')[2] or of)}"
    return figure
