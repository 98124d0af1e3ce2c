"""The figures of a record as one table, which the pages and the report go through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from plotly.graph_objects import Figure

from vgdemo.figures.curves import curves
from vgdemo.figures.distribution import gradient_distribution
from vgdemo.figures.heatmap import layer_heatmap
from vgdemo.figures.overlay import overlaid_profiles
from vgdemo.figures.profile import layer_profile
from vgdemo.figures.scales import Fit, Statistic, statistic_of
from vgdemo.figures.surface import decision_surface
from vgdemo.record import RunRecord
from vgdemo.theory import Forecast


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
    make: Callable[[RunRecord, ViewOptions, Forecast | None], Figure]
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
    return any(panel.axis == "layer" for panel in record.panels.values())


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
        lambda record: any(panel.histograms is not None for panel in record.panels.values()),
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
    others = [panel for panel in record.panels.values() if panel.axis != "layer"]
    for statistic in (statistic_of(record, name) for panel in others for name in panel.statistics):
        found[f"layers {statistic.name}"] = _view_of(statistic, layer_heatmap)
        found[f"profile {statistic.name}"] = replace(
            _view_of(statistic, layer_profile), overlaid=partial(_overlaid_profiles, statistic=statistic.name)
        )
    return found


def _view_of(statistic: Statistic, make: Callable[..., Figure]) -> View:
    """A view of this statistic, whichever is chosen for the others."""
    return View(
        statistic.label,
        lambda record, shown, _: make(record, statistic.name, replicates=shown.replicates, fit=shown.fit),
        lambda record: record.has(statistic.name),
    )
