"""The forecast on the layer profile; tests/test_figures.py has the rest of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vgdemo.figures import Figure, layer_profile
from vgdemo.record import RunRecord
from vgdemo.theory import Forecast

SIZES = np.array([1e-3, 1e-2, 1e-1])
MakeRecord = Callable[..., RunRecord]


def forecast_for(record: RunRecord) -> Forecast:
    return Forecast(record.config, gradient_rms=SIZES, low=SIZES / 2, high=SIZES * 2)


def theory(figure: Figure) -> list[Any]:
    return [trace for trace in figure.data if trace.name.startswith("theory")]


def test_the_line_is_the_forecast_and_lies_in_its_band(make_record: MakeRecord) -> None:
    record = make_record()
    band, line = theory(layer_profile(record, "gradient_rms", forecast=forecast_for(record)))
    np.testing.assert_allclose(line["y"], [-3, -2, -1])
    np.testing.assert_allclose(band["y"][:3] - line["y"], np.log10(2))
    np.testing.assert_allclose(line["y"] - band["y"][3:][::-1], np.log10(2))


def test_the_band_is_there_at_epoch_0_alone(make_record: MakeRecord) -> None:
    record = make_record()
    figure = layer_profile(record, "gradient_rms", forecast=forecast_for(record))
    band = len(figure.data) - 2
    shown = {frame.name: frame.data[frame.traces.index(band)].visible for frame in figure.frames}
    assert shown.pop("0") is True
    assert set(shown.values()) == {False}
    assert figure.frames[0].layout.title.subtitle.text.startswith("Epoch 0")
    assert "theory says" in figure.frames[0].layout.title.subtitle.text.lower()
    assert "theory" not in figure.frames[-1].layout.title.subtitle.text.lower()


def test_the_forecast_is_there_before_any_measurement(make_record: MakeRecord) -> None:
    record = RunRecord.empty(make_record().config)
    figure = layer_profile(record, "gradient_rms", forecast=forecast_for(record))
    assert len(theory(figure)) == 2
    assert "Theory expects" in figure.layout.title.subtitle.text


def test_it_is_not_drawn_over_other_statistics_nor_where_it_does_not_hold(make_record: MakeRecord) -> None:
    record = make_record()
    assert not theory(layer_profile(record, "gradient_mean_abs", forecast=forecast_for(record)))
    unfit = Forecast(record.config, caveat="No forecast: not here.")
    figure = layer_profile(record, "gradient_rms", forecast=unfit)
    assert not theory(figure)
    assert "No forecast: not here." in figure.frames[0].layout.title.subtitle.text
