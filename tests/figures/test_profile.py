from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import changed, foreign_record, named

from vgdemo.figures import Figure, layer_heatmap, layer_profile
from vgdemo.record import RunRecord
from vgdemo.theory import Forecast

SIZES = np.array([1e-3, 1e-2, 1e-1])
Make = Callable[..., RunRecord]


def forecast_for(record: RunRecord) -> Forecast:
    assert record.config is not None
    return Forecast(record.config, gradient_rms=SIZES, low=SIZES / 2, high=SIZES * 2)


def theory(figure: Figure) -> list[Any]:
    return [trace for trace in figure.data if trace.name.startswith("theory")]


def test_the_profile_has_the_median_of_each_stop(make_record: Make) -> None:
    record = replace(make_record(epochs=5, replicates=3), surface=None)
    table = record.layers.groupby(["epoch", "layer"]).kernel_l1.median().unstack()
    frames = layer_profile(record, "kernel_l1").frames
    assert [int(frame.name) for frame in frames] == list(table.index)
    for frame, (_, row) in zip(frames, table.iterrows(), strict=True):
        np.testing.assert_allclose(frame.data[1].y, np.log10(row))


def test_one_replicate_has_its_own_values(make_record: Make) -> None:
    record = make_record(replicates=3)
    frames = layer_profile(record, replicates=(2,)).frames
    np.testing.assert_allclose(frames[1].data[1].y, np.log10(record.values("gradient_rms")[1, 2]))
    assert "(replicate 3)" in frames[1].layout.title.subtitle.text


@pytest.mark.parametrize(("value", "name"), [(0.0, "exact zero"), (np.nan, "NaN"), (np.inf, "∞")])
def test_zero_nan_and_infinity_are_marks_at_the_ends_of_the_axis(value: float, name: str, make_record: Make) -> None:
    profile = layer_profile(changed(make_record(), gradient_rms=np.array(value)))
    mark = named(profile, name)
    assert list(mark.x) == ["1", "2", "output"]
    assert set(mark.y) == {-8 if name == "exact zero" else 1}
    assert set(mark.text) == {{"exact zero": "0", "NaN": "not a number", "∞": "infinite"}[name]}
    assert np.isnan(named(profile, "median").y).all()


def test_what_lies_beyond_the_axis_is_marked_at_its_end_with_the_true_value(make_record: Make) -> None:
    record = changed(make_record(), gradient_rms=np.array([4e-16, 0.5, 3e4]))
    profile = layer_profile(record)
    marks = [
        (list(mark.x), list(mark.y), list(mark.text))
        for mark in (named(profile, f"{side} the scale") for side in ("below", "above"))
    ]
    assert marks == [(["1"], [-8], ["4.0·10⁻¹⁶"]), (["output"], [1], ["3.0·10⁴"])]
    assert named(profile, "median").customdata[0].tolist() == pytest.approx([4e-16] * 3)
    fitted = layer_profile(record, fit=True)
    assert not named(fitted, "below the scale").x and "beyond" not in fitted.layout.title.subtitle.text


def test_the_axis_may_end_where_others_do(make_record: Make) -> None:
    figure = layer_profile(make_record(), fit=(-20, 0))
    assert figure.layout.yaxis.range[0] == pytest.approx(-20.8)
    assert figure.layout.meta["scale"] == [-20, 0]


def test_what_has_no_meaning_is_left_out_rather_than_drawn_as_nan(make_record: Make) -> None:
    record = make_record(num_hidden_layers=3)
    assert layer_profile(record, "update_ratio").frames[0].name == "1"
    assert list(layer_profile(record, "dead_share").layout.xaxis.categoryarray) == ["1", "2", "3"]


def test_the_reading_names_the_extremes_as_a_sentence_does() -> None:
    record = foreign_record()
    for values, reading in (
        ([0.3, 0.02, 0.1, 7.0], "smallest in layer lstm/recurrent_kernel, 0.02; largest in the output, 7."),
        ([0.0] * 4, "exactly zero in every layer."),
        ([np.nan] * 4, "not a number in every layer."),
        (
            [0.3, 4e-10, 4e-16, 0.0],
            "smallest in the output, 0; largest in layer lstm/kernel, 0.3; exactly zero in 1 of 4 layers. "
            "2 layers below 10⁻⁸, smallest 4.0·10⁻¹⁶, beyond the scale.",
        ),
    ):
        figure = layer_profile(changed(record, gradient_rms=np.array(values)))
        assert figure.layout.title.subtitle.text == f"Epoch 6 (one training): {reading}"


@pytest.mark.parametrize(
    "values", [[0.0, np.nan, np.nan, np.nan], [0.0] * 4, [np.nan] * 4, [np.inf, 0.0, np.nan, np.inf]]
)
def test_profile_and_heatmap_say_the_same_of_what_has_no_place_on_the_scale(values: list[float]) -> None:
    record = changed(foreign_record(), gradient_rms=np.array(values))
    profile, heatmap = (make(record).layout.title.subtitle.text for make in (layer_profile, layer_heatmap))
    said = profile.removeprefix("Epoch 6 (one training): ").removesuffix(".")
    assert heatmap == f"{said[0].upper()}{said[1:]} at epoch 6 (one training)."
    for word, where in (
        ("zero", np.equal(values, 0)),
        ("not a number", np.isnan(values)),
        ("infinite", np.isinf(values)),
    ):
        assert (word in said) == where.any()
        assert not where.any() or (f"{where.sum()} of 4 layers" in said) or where.all()


def test_some_places_without_a_value_are_counted_beside_the_extremes(make_record: Make) -> None:
    record = changed(make_record(), gradient_rms=np.array([0.0, 0.2, np.nan]))
    assert layer_profile(record).layout.title.subtitle.text.endswith(
        "smallest in layer 1, 0; largest in layer 2, 0.2; exactly zero in 1 of 3 layers; not a number in 1 of 3 layers."
    )
    assert "; exactly zero in 1 of 3 layers; not a number in 1 of 3 layers at epoch" in (
        layer_heatmap(record).layout.title.subtitle.text
    )


def test_the_line_is_the_forecast_and_lies_in_its_band(make_record: Make) -> None:
    record = make_record()
    band, line = theory(layer_profile(record, "gradient_rms", forecast=forecast_for(record)))
    np.testing.assert_allclose(line["y"], [-3, -2, -1])
    np.testing.assert_allclose(band["y"][:3] - line["y"], np.log10(2))
    np.testing.assert_allclose(line["y"] - band["y"][3:][::-1], np.log10(2))


def test_the_band_is_there_at_epoch_0_alone(make_record: Make) -> None:
    record = make_record()
    figure = layer_profile(record, "gradient_rms", forecast=forecast_for(record))
    band = len(figure.data) - 2
    shown = {frame.name: frame.data[frame.traces.index(band)].visible for frame in figure.frames}
    assert shown.pop("0") is True
    assert set(shown.values()) == {False}
    assert figure.frames[0].layout.title.subtitle.text.startswith("Epoch 0")
    assert "theory says" in figure.frames[0].layout.title.subtitle.text.lower()
    assert "theory" not in figure.frames[-1].layout.title.subtitle.text.lower()


def test_the_forecast_is_there_before_any_measurement(make_record: Make) -> None:
    config = make_record().config
    assert config is not None
    record = RunRecord.empty(config)
    figure = layer_profile(record, "gradient_rms", forecast=forecast_for(record))
    assert len(theory(figure)) == 2
    assert "Theory expects" in figure.layout.title.subtitle.text


def test_it_is_not_drawn_over_other_statistics_nor_where_it_does_not_hold(make_record: Make) -> None:
    record = make_record()
    assert not theory(layer_profile(record, "gradient_mean_abs", forecast=forecast_for(record)))
    assert record.config is not None
    unfit = Forecast(record.config, caveat="No forecast: not here.")
    figure = layer_profile(record, "gradient_rms", forecast=unfit)
    assert not theory(figure)
    assert "No forecast: not here." in figure.frames[0].layout.title.subtitle.text


def test_a_band_from_zero_begins_at_the_foot_of_the_axis_and_a_line_at_zero_is_not_drawn(make_record: Make) -> None:
    record = make_record(activation="relu", kernel_initializer="he_uniform")
    born_dead = Forecast(record.config, gradient_rms=np.zeros_like(SIZES), low=np.zeros_like(SIZES), high=SIZES)
    figure = layer_profile(record, "gradient_rms", forecast=born_dead)
    band, line = theory(figure)
    foot = np.asarray(band.y)[len(SIZES) :]
    assert (foot == foot[0]).all() and figure.layout.yaxis.range[0] <= foot[0] < np.log10(SIZES).min()
    assert np.isnan(np.asarray(line.y, float)).all()


def test_where_no_band_is_promised_the_line_stands_alone(make_record: Make) -> None:
    record = make_record()
    unknown = np.full_like(SIZES, np.nan)
    band, line = theory(
        layer_profile(
            record, "gradient_rms", forecast=Forecast(record.config, gradient_rms=SIZES, low=unknown, high=unknown)
        )
    )
    assert np.isnan(np.asarray(band.y, float)).all()
    assert np.isfinite(np.asarray(line.y, float)).all()
