"""What holds of all figures of a record, whatever it has measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import Noise, cut, foreign_record, random_record

from vgdemo.config import RunConfig
from vgdemo.figures import (
    Figure,
    curves,
    decision_surface,
    gradient_density,
    gradient_distribution,
    layer_heatmap,
    layer_lines,
    layer_profile,
    overlaid_accuracy,
    overlaid_profiles,
    statistics_of,
)
from vgdemo.model import Kernel, Model
from vgdemo.record import RunRecord

Make = Callable[..., RunRecord]


def overlay(record: RunRecord) -> Figure:
    return overlaid_accuracy({"A": record, "B": record}, {"A": "A", "B": "B"})


def profiles(record: RunRecord) -> Figure:
    return overlaid_profiles({"A": record, "B": record})


OF_STATISTICS = (layer_heatmap, layer_lines, layer_profile)
ALL = (
    *OF_STATISTICS,
    curves,
    decision_surface,
    gradient_density,
    gradient_distribution,
    overlay,
    profiles,
)


def reading(figure: Figure) -> str:
    return str(figure.layout.title.subtitle.text)


def of_kernels(*kernels: Kernel) -> RunRecord:
    """A record of a network of only these kernels, whose layers' outputs were not measured."""
    model, record = Model(kernels), foreign_record()
    return replace(record, model=model, panels=Noise(0, record.epochs, 1).panels(model))


def without_histograms(record: RunRecord) -> RunRecord:
    panels = {name: replace(panel, histograms=None) for name, panel in record.panels.items()}
    return replace(record, panels=panels)


def without_classes() -> RunRecord:
    """A record of a network that does not classify: it has a loss alone."""
    record = foreign_record()
    model = replace(record.model, loss="mean_squared_error", num_classes=None)
    return replace(record, model=model, curve_arrays={"train_loss": np.full((4, 1), 0.3)})


RECORDS: dict[str, Callable[[], RunRecord]] = {
    "foreign": foreign_record,
    "foreign of a single epoch": lambda: cut(foreign_record(), 1),
    "foreign of no epoch": lambda: cut(foreign_record(), 0),
    "one kernel": lambda: of_kernels(Kernel("answer", (3, 1), is_output=True)),
    "sixty kernels with long names": lambda: of_kernels(
        *(Kernel(f"bidirectional_lstm_{number}", (8, 32), "recurrent_kernel") for number in range(60))
    ),
    "no classes": without_classes,
    "an accuracy alone": lambda: foreign_record(curve_arrays={"val_accuracy": np.full((4, 1), 0.3)}),
    "no kernel and no layer": of_kernels,
    "no histogram": lambda: without_histograms(foreign_record()),
    "nothing but epochs": lambda: foreign_record(curve_arrays={"train_loss": np.ones((4, 1))}, panels={}),
    "the plan's end not reached": lambda: cut(random_record(RunConfig(epochs=9, replicates=3, n_samples=100)), 4),
}


@pytest.fixture(params=RECORDS)
def record(request: pytest.FixtureRequest) -> RunRecord:
    return RECORDS[request.param]()


@pytest.mark.parametrize("make_figure", ALL)
def test_every_figure_takes_every_record(make_figure: Callable[[RunRecord], Figure], record: RunRecord) -> None:
    figure = make_figure(record)
    layout = figure.layout
    assert layout.title.text and layout.title.subtitle.text.endswith(".") and layout.meta["alt"].endswith(".")
    axes = [layout[name] for name in layout.to_plotly_json() if name.startswith(("xaxis", "yaxis"))]
    assert all(axis.range[0] < axis.range[1] for axis in axes)
    assert len({axis.title.text for axis in axes} - {"", None}) >= 2 or not axes
    assert json.loads(figure.to_json()) == json.loads(Figure(figure).to_json()), "checked by Plotly or not"


@pytest.mark.parametrize("make_figure", OF_STATISTICS)
def test_every_statistic_of_every_record_can_be_drawn(
    make_figure: Callable[[RunRecord, str], Figure], record: RunRecord
) -> None:
    for name, statistic in statistics_of(record).items():
        assert make_figure(record, name).layout.title.text.startswith(statistic.title)


@pytest.mark.parametrize("make_figure", ALL)
def test_every_figure_says_what_it_is_in_what_units(make_figure: Any, make_record: Make) -> None:
    layout = make_figure(make_record()).layout
    assert layout.title.text and layout.title.subtitle.text.endswith(".") and layout.meta["alt"].endswith(".")
    axes = [layout[name] for name in layout.to_plotly_json() if name.startswith(("xaxis", "yaxis"))]
    named = [axis.title.text for axis in axes if axis.showticklabels is not False]
    assert named and all(named)


@pytest.mark.parametrize("make_figure", ALL)
@pytest.mark.parametrize(
    "config",
    [
        RunConfig(),
        RunConfig(num_hidden_layers=1, replicates=1, epochs=1),
        RunConfig(num_hidden_layers=50, replicates=1, epochs=3),
    ],
    ids=("default", "smallest", "deep"),
)
def test_a_run_of_which_nothing_is_measured_yet_can_be_drawn(make_figure: Any, config: RunConfig) -> None:
    assert "yet" in reading(make_figure(RunRecord.empty(config)))


@pytest.mark.parametrize("make_figure", ALL)
def test_a_run_of_nothing_but_nan_is_drawn_to_the_end(make_figure: Any, make_record: Make) -> None:
    record = make_record()
    assert record.surface is not None
    panels = {
        name: replace(panel, statistics={key: np.full_like(values, np.nan) for key, values in panel.statistics.items()})
        for name, panel in record.panels.items()
    }
    record = replace(
        record,
        curve_arrays={name: np.full_like(values, np.nan) for name, values in record.curve_arrays.items()},
        panels=panels,
        surface=replace(record.surface, probabilities=np.full_like(record.surface.probabilities, np.nan)),
    )
    figure = make_figure(record)
    assert figure.to_json()
    assert not reading(figure)[0].islower()


@pytest.mark.parametrize("make_figure", [layer_profile, gradient_distribution, decision_surface])
def test_a_figure_with_frames_shows_the_last_of_them(make_figure: Any, make_record: Make) -> None:
    figure = make_figure(make_record())
    assert reading(figure) == figure.frames[-1].layout.title.subtitle.text
    assert figure.frames[-1].name == "3"
    assert figure.layout.meta["framed"]


@pytest.mark.parametrize(
    ("make_figure", "axes"),
    [
        (curves, []),
        (overlay, []),
        (layer_lines, []),
        (decision_surface, []),
        (layer_heatmap, ["z"]),
        (layer_profile, ["yaxis"]),
        (gradient_distribution, ["xaxis"]),
        (gradient_density, ["yaxis", "yaxis2", "yaxis3"]),
    ],
)
def test_a_figure_tells_which_of_its_axes_hold_logarithms(make_figure: Any, axes: list[str], make_record: Make) -> None:
    assert make_figure(make_record()).layout.meta["log10"] == axes


@pytest.mark.parametrize("make_figure", [layer_heatmap, layer_profile])
def test_a_share_is_drawn_as_it_is(make_figure: Any, make_record: Make) -> None:
    assert make_figure(make_record(), "saturated_share").layout.meta["log10"] == []


@pytest.mark.parametrize("make_figure", [curves, layer_heatmap, layer_lines, overlay, gradient_density])
def test_without_a_planned_length_the_epochs_end_with_the_last_measured(make_figure: Any) -> None:
    assert make_figure(foreign_record()).layout.xaxis.range[1] in (6, 6.5)
    planned = foreign_record(planned_epochs=20)
    assert make_figure(planned).layout.xaxis.range[1] in (20, 20.5)


def test_places_are_called_what_the_record_calls_them() -> None:
    record = foreign_record()
    names = ["layer lstm/kernel", "layer lstm/recurrent_kernel", "layer dense", "the output"]
    assert [line.name for line in layer_lines(record).data] == names
    assert [panel.name for panel in gradient_density(record).data[::3]] == names
    labels = ["lstm/kernel", "lstm/recurrent_kernel", "dense", "answer"]
    assert list(layer_heatmap(record).data[0].y) == labels
    assert list(layer_profile(record).layout.xaxis.categoryarray) == labels
    assert list(gradient_distribution(record).data[0].meta["labels"]) == labels


def test_a_second_axis_is_called_by_its_name() -> None:
    record = foreign_record()
    heatmap = layer_heatmap(record, "state_gradient_rms").layout
    title = "Through time, RMS of ∂L/∂state, time step by time step"
    assert (heatmap.title.text, heatmap.yaxis.title.text) == (title, "time step")
    profile = layer_profile(record, "state_gradient_rms").layout
    assert (profile.title.text, profile.xaxis.title.text) == (
        "Through time, RMS of ∂L/∂state over time steps",
        "time step",
    )
    assert "in time step 1" in heatmap.title.subtitle.text and "in time step 5" in heatmap.title.subtitle.text


def test_what_was_not_measured_is_said() -> None:
    bare = foreign_record(curve_arrays={"train_loss": np.ones((4, 1))}, panels={})
    said = {make_figure: reading(make_figure(bare)) for make_figure in ALL}
    assert said[layer_heatmap] == said[layer_profile] == "Gradient, RMS: not measured."
    assert said[layer_lines] == "Gradient, mean |g|: not measured."
    assert said[gradient_distribution] == said[gradient_density]
    assert said[gradient_density] == "The entries of gradients were not counted by size."
    assert said[decision_surface] == "No decision surface was measured."
    assert "A not measured, B not measured" in said[overlay]
    assert said[curves] == "Training loss 1 at epoch 6."


def test_title_and_legend_of_a_figure_that_stands_alone_have_room_above_the_plot(make_record: Make) -> None:
    figure = curves(make_record())
    title, margin = figure.layout.title, figure.layout.margin
    assert (title.yref, title.y, title.yanchor, title.xanchor) == ("paper", 1, "bottom", "left")
    subtitle, legend = 20, 24  # Pixels that Plotly gives to a line of each.
    assert margin.t > title.pad.b > subtitle + legend
