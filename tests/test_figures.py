from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vgdemo.config import RunConfig
from vgdemo.figures import (
    STATISTICS,
    Figure,
    curves,
    decision_surface,
    gradient_distribution,
    layer_heatmap,
    layer_lines,
    layer_profile,
)
from vgdemo.figures.sampling import quantile
from vgdemo.figures.style import decades, in_words, named_places
from vgdemo.record import HISTOGRAM_EDGES, LAYER_STATISTICS, RunRecord

Make = Callable[..., RunRecord]
ALL: tuple[Callable[[RunRecord], Figure], ...] = (
    curves,
    layer_heatmap,
    layer_profile,
    gradient_distribution,
    layer_lines,
    decision_surface,
)


def named(figure: Figure, name: str) -> Any:
    """The last trace of that name."""
    return [trace for trace in figure.data if trace.name == name][-1]


def with_layer_values(record: RunRecord, statistic: str, values: Any) -> RunRecord:
    """The record with one statistic the same in every layer at every epoch; `values` has one for each replicate."""
    filled = np.broadcast_to(np.asarray(values, float)[None, :, None], record.layer_arrays[statistic].shape)
    return replace(record, layer_arrays={**record.layer_arrays, statistic: filled})


def with_counts(record: RunRecord, bin_index: int) -> RunRecord:
    counts = np.zeros_like(record.histograms)
    counts[..., bin_index] = 7
    return replace(record, histograms=counts)


@pytest.mark.parametrize("make_figure", ALL)
def test_every_figure_says_what_it_is_in_what_units(make_figure: Any, make_record: Make) -> None:
    layout = make_figure(make_record()).layout
    assert layout.title.text and layout.title.subtitle.text.endswith(".") and layout.meta["alt"].endswith(".")
    axes = [layout[name] for name in layout.to_plotly_json() if name.startswith(("xaxis", "yaxis"))]
    assert all(axis.title.text for axis in axes)


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
    assert "yet" in make_figure(RunRecord.empty(config)).layout.title.subtitle.text


@pytest.mark.parametrize("make_figure", ALL)
def test_a_run_of_nothing_but_nan_is_drawn_to_the_end(make_figure: Any, make_record: Make) -> None:
    record = make_record()
    record = replace(
        record,
        curve_arrays={name: np.full_like(values, np.nan) for name, values in record.curve_arrays.items()},
        layer_arrays={name: np.full_like(values, np.nan) for name, values in record.layer_arrays.items()},
        surfaces=np.full_like(record.surfaces, np.nan),
    )
    assert make_figure(record).to_json()


def test_curves_show_the_median_over_replicates(make_record: Make) -> None:
    record = make_record(epochs=4, replicates=5)
    table = record.curves.groupby("epoch").val_accuracy.median()
    drawn = curves(record).data
    accuracy = next(trace for trace in drawn if trace.name == "validation" and trace.yaxis == "y")
    assert list(accuracy.x) == list(table.index)
    assert list(accuracy.y) == pytest.approx(list(table))


def test_the_band_of_the_curves_lies_between_the_deciles(make_record: Make) -> None:
    record = make_record(epochs=4, replicates=11)
    quantiles = record.curves.groupby("epoch").train_accuracy.quantile([0.1, 0.9]).unstack()
    band = curves(record).data[0]
    assert list(band.y) == pytest.approx([*quantiles[0.9], *quantiles[0.1][::-1]])


def test_single_replicates_are_drawn_on_demand(make_record: Make) -> None:
    record = make_record(epochs=3, replicates=4)
    assert not any(trace.name == "single replicates" for trace in curves(record).data)
    lines = named(curves(record, singles=True), "single replicates")
    assert np.isnan(lines.y).sum() == 4
    assert list(lines.y[:4]) == pytest.approx(list(record.curve_arrays["val_loss"][:, 0]))


def test_diverged_replicates_are_counted_in_words(make_record: Make) -> None:
    record = make_record(replicates=4)
    loss = record.curve_arrays["train_loss"].copy()
    loss[-1, :3] = [np.nan, np.inf, np.nan]
    record = replace(record, curve_arrays={**record.curve_arrays, "train_loss": loss})
    assert "3 of 4 diverged" in curves(record).layout.title.subtitle.text


def test_the_loss_axis_stays_unless_the_run_leaves_it(make_record: Make) -> None:
    record = make_record()
    assert list(curves(record).layout.yaxis2.range)[1] == 0.3
    exploding = {**record.curve_arrays, "train_loss": np.full_like(record.curve_arrays["train_loss"], 5e6)}
    assert list(curves(replace(record, curve_arrays=exploding)).layout.yaxis2.range)[1] == 7


def test_the_heatmap_shows_the_logarithm_of_the_median(make_record: Make) -> None:
    record = make_record(epochs=4, replicates=3, num_hidden_layers=2)
    table = record.layers.groupby(["layer", "epoch"]).gradient_rms.median().unstack()
    drawn = layer_heatmap(record, "gradient_rms").data[0]
    assert list(drawn.x) == list(table.columns)
    assert list(drawn.y) == ["1", "2", "output"]
    np.testing.assert_allclose(drawn.z, np.log10(table), rtol=1e-6)


def test_the_heatmap_shows_one_replicate_if_asked(make_record: Make) -> None:
    record = make_record(replicates=3)
    expected = np.log10(record.layer_arrays["gradient_rms"][:, 1].T)
    np.testing.assert_allclose(layer_heatmap(record, replicate=1).data[0].z, expected, rtol=1e-6)


@pytest.mark.parametrize(("value", "name"), [(0.0, "exact zero"), (np.nan, "NaN"), (np.inf, "∞")])
def test_zero_nan_and_infinity_are_drawn_outside_the_scale(value: float, name: str, make_record: Make) -> None:
    record = with_layer_values(make_record(), "gradient_rms", [value, value])
    scale, special = layer_heatmap(record).data[:2]
    assert np.isnan(scale.z).all()
    assert set(np.ravel(special.text)) == {name}
    assert name in [trace.name for trace in layer_heatmap(record).data]
    profile = layer_profile(record)
    assert list(named(profile, name).x) == ["1", "2", "output"]
    assert np.isnan(named(profile, "median").y).all()


def test_a_zero_share_of_zero_is_an_ordinary_value(make_record: Make) -> None:
    scale, special = layer_heatmap(
        with_layer_values(make_record(), "gradient_zero_share", [0, 0]), "gradient_zero_share"
    ).data[:2]
    assert (np.asarray(scale.z) == 0).all()
    assert np.isnan(special.z).all()


def test_what_has_no_meaning_is_left_out_rather_than_drawn_as_nan(make_record: Make) -> None:
    record = make_record(num_hidden_layers=3)
    assert list(layer_heatmap(record, "saturated_share").data[0].y) == ["1", "2", "3"]
    assert list(layer_heatmap(record, "update_ratio").data[0].x)[0] == 1
    assert layer_profile(record, "update_ratio").frames[0].name == "1"


@pytest.mark.parametrize("name", STATISTICS)
def test_all_runs_share_one_range_unless_it_shall_fit(name: str, make_record: Make) -> None:
    assert name in LAYER_STATISTICS
    tiny, large = (with_layer_values(make_record(), name, values) for values in ([1e-30, 1e-29], [0.25, 0.5]))
    for fit, same in ((False, True), (True, False)):
        ranges = [
            (layer_heatmap(record, name, fit=fit).data[0].zmin, layer_profile(record, name, fit=fit).layout.yaxis.range)
            for record in (tiny, large)
        ]
        assert (ranges[0] == ranges[1]) == same


def test_a_long_run_is_thinned_and_says_so() -> None:
    config = RunConfig(epochs=2000, replicates=1, num_hidden_layers=1, n_samples=100)
    shape = (2001, 1, 2)
    record = replace(
        RunRecord.empty(config),
        epochs=np.arange(2001, dtype=np.int32),
        curve_arrays={name: np.ones(shape[:2]) for name in RunRecord.empty(config).curve_arrays},
        layer_arrays={name: np.ones(shape) for name in LAYER_STATISTICS},
    )
    figure = layer_heatmap(record)
    assert len(figure.data[0].x) <= 600
    assert figure.data[0].x[-1] == 2000
    assert "one epoch in 4 is drawn" in figure.layout.title.subtitle.text


def test_the_thinned_epochs_do_not_shift_while_a_run_grows(make_record: Make) -> None:
    record = make_record(epochs=1500, replicates=1)
    half = replace(
        record,
        epochs=record.epochs[:700],
        curve_arrays={name: values[:700] for name, values in record.curve_arrays.items()},
        layer_arrays={name: values[:700] for name, values in record.layer_arrays.items()},
        histograms=record.histograms[:700],
    )
    for make in (layer_heatmap, curves):
        grown, early = ({trace.name: list(trace.x) for trace in make(run).data} for run in (record, half))
        assert all(set(early[name]) <= set(grown[name]) for name in early)
    stops = {frame.name for frame in layer_profile(half).frames[:-1]}
    assert stops <= {frame.name for frame in layer_profile(record).frames}


def test_the_profile_has_the_median_of_each_stop(make_record: Make) -> None:
    record = make_record(epochs=5, replicates=3)
    table = record.layers.groupby(["epoch", "layer"]).kernel_l1.median().unstack()
    frames = layer_profile(record, "kernel_l1").frames
    assert [int(frame.name) for frame in frames] == list(table.index)
    for frame, (_, row) in zip(frames, table.iterrows(), strict=True):
        np.testing.assert_allclose(frame.data[1].y, np.log10(row))


def test_a_figure_with_frames_shows_the_last_of_them(make_record: Make) -> None:
    for make in (layer_profile, gradient_distribution, decision_surface):
        figure = make(make_record())
        assert figure.layout.title.subtitle.text == figure.frames[-1].layout.title.subtitle.text
        assert figure.frames[-1].name == "3"


@pytest.mark.parametrize(
    ("bin_index", "trace", "place"),
    [
        (0, "exact zero", (-12.2, -11.4)),
        (1, "by size", (-10, -9.5)),  # Below the histogram's own range.
        (2 + 48 - 1, "by size", (-0.5, 0)),  # Half a decade below 1.
        (62, "by size", (1.5, 2)),  # Above it.
        (63, "not finite", (3.4, 4.2)),
    ],
)
def test_entries_are_drawn_where_their_size_is(
    bin_index: int, trace: str, place: tuple[float, float], make_record: Make
) -> None:
    drawn = named(gradient_distribution(with_counts(make_record(), bin_index)), trace)
    layer = np.nan_to_num(np.asarray(drawn.y, float)[: np.flatnonzero(np.isnan(drawn.x))[0]])
    high = np.asarray(drawn.x, float)[np.flatnonzero(layer == layer.max())]
    assert (high.min(), high.max()) == pytest.approx(place)
    assert layer.max() == pytest.approx(1.8)


def test_a_fitted_distribution_ends_where_the_entries_end(make_record: Make) -> None:
    record = with_counts(make_record(), 2 + int(np.flatnonzero(HISTOGRAM_EDGES == -20)[0]))
    ticks = gradient_distribution(record, fit=True).layout.xaxis
    assert (ticks.tickvals[1], ticks.tickvals[-2]) == (-20, -19)


def test_the_surface_is_the_median_and_the_points_are_the_training_half(make_record: Make) -> None:
    record = make_record(replicates=3, n_samples=200)
    figure = decision_surface(record)
    np.testing.assert_allclose(figure.data[0].z, np.median(record.surfaces[-1], axis=0), rtol=1e-6)
    assert sum(len(trace.x) for trace in figure.data[1:]) == 100
    one = decision_surface(record, replicate=2).data[0].z
    np.testing.assert_array_equal(one, record.surfaces[-1, 2])


def test_the_quantile_counts_nan_as_the_largest() -> None:
    values = np.array([[3.0, np.nan, 1.0, 2.0, np.nan]])
    assert quantile(values, 0.5) == [3.0]
    assert np.isnan(quantile(values, 0.9))
    assert quantile(np.array([[5.0, 1.0, 3.0, 2.0]]), 0.3) == pytest.approx(np.quantile([5, 1, 3, 2], 0.3))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (0.012, "0.012"),
        (0.0041, "4.1·10⁻³"),
        (6.3e-19, "6.3·10⁻¹⁹"),
        (250, "250"),
        (1e22, "1.0·10²²"),
        (-0.002, "-2.0·10⁻³"),
        (float("nan"), "not a number"),
        (float("inf"), "infinite"),
    ],
)
def test_numbers_never_vanish_in_words(value: float, words: str) -> None:
    assert in_words(value) == words


def test_axes_have_a_handful_of_ticks_however_wide_they_are() -> None:
    for low, high in ((-8, 1), (-40, 3), (-0.2, 0.3), (-5.5, -5.1)):
        assert len(decades(low, high)["tickvals"]) <= 9
    for count in range(1, 52):
        places = named_places(count)
        assert (places[0], places[-1]) == (0, count - 1)
        assert places == sorted(set(places)) and len(places) <= 14
