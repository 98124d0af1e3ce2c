from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import changed, random_record

from vgdemo.config import RunConfig
from vgdemo.figures import layer_heatmap, layer_lines
from vgdemo.record import RunRecord

Make = Callable[..., RunRecord]


def test_the_heatmap_shows_the_logarithm_of_the_median(make_record: Make) -> None:
    record = make_record(epochs=4, replicates=3, num_hidden_layers=2)
    table = record.layers.groupby(["layer", "epoch"]).gradient_rms.median().unstack()
    drawn = layer_heatmap(record, "gradient_rms").data[0]
    assert list(drawn.x) == list(table.columns)
    assert list(drawn.y) == ["1", "2", "output"]
    np.testing.assert_allclose(drawn.z, np.log10(table), rtol=1e-6)


def test_the_heatmap_shows_one_replicate_if_asked(make_record: Make) -> None:
    record = make_record(replicates=3)
    expected = np.log10(record.values("gradient_rms")[:, 1].T)
    np.testing.assert_allclose(layer_heatmap(record, replicates=(1,)).data[0].z, expected, rtol=1e-6)


@pytest.mark.parametrize(("value", "name"), [(0.0, "exact zero"), (np.nan, "NaN"), (np.inf, "∞")])
def test_zero_nan_and_infinity_are_drawn_outside_the_scale(value: float, name: str, make_record: Make) -> None:
    figure = layer_heatmap(changed(make_record(), gradient_rms=np.array(value)))
    scale, special = figure.data[:2]
    assert np.isnan(scale.z).all()
    assert special.name == name and f"{name}<extra>" in special.hovertemplate
    assert np.isfinite(special.z).all()
    assert special.meta["columns"]["gradient, RMS"] == [{"exact zero": 0, "∞": "Infinity"}.get(name, name)]
    assert name in [trace.name for trace in figure.data]


def test_what_lies_beyond_the_scale_is_counted_and_the_end_of_the_scale_stands_for_it(make_record: Make) -> None:
    record = changed(make_record(), gradient_rms=np.array([4e-16, 2e-9, 0.5]))
    figure = layer_heatmap(record)
    reading = figure.layout.title.subtitle.text
    assert reading.endswith(" 2 layers below 10⁻⁸, smallest 4.0·10⁻¹⁶, beyond the scale.")
    assert "≤10⁻⁸" in figure.data[0].colorbar.ticktext
    np.testing.assert_allclose(np.asarray(figure.data[0].z)[0], np.log10(4e-16), rtol=1e-6)
    fitted = layer_heatmap(record, fit=True)
    assert "below" not in fitted.layout.title.subtitle.text and "≤" not in "".join(fitted.data[0].colorbar.ticktext)
    assert (layer_heatmap(record, fit=(-20, 3)).data[0].zmin, layer_heatmap(record, fit=(-20, 3)).data[0].zmax) == (
        -20,
        3,
    )


@pytest.mark.parametrize("make_figure", [layer_heatmap, layer_lines])
def test_what_lies_beyond_the_scale_at_an_earlier_epoch_is_counted_too(make_figure: Any, make_record: Make) -> None:
    def fall(values: np.ndarray) -> None:
        values[:] = [0.1, 0.1, 4e-12]
        values[0] = [1e18, 300, np.nan]
        values[2] = [1e19, np.inf, 0.1]

    reading = make_figure(changed(make_record(), gradient_rms=fall), "gradient_rms").layout.title.subtitle.text
    assert reading.endswith(
        " 1 layer below 10⁻⁸, smallest 4.0·10⁻¹² and 2 layers above 10¹ at epoch 0, largest 1.0·10¹⁸, beyond the scale."
    )


def test_a_zero_share_of_zero_is_an_ordinary_value(make_record: Make) -> None:
    record = changed(make_record(), gradient_zero_share=np.array(0))
    scale, *others = layer_heatmap(record, "gradient_zero_share").data
    assert (np.asarray(scale.z) == 0).all()
    assert all(trace.type == "scatter" for trace in others)


def test_what_has_no_meaning_is_left_out_rather_than_drawn_as_nan(make_record: Make) -> None:
    record = make_record(num_hidden_layers=3)
    assert list(layer_heatmap(record, "saturated_share").data[0].y) == ["1", "2", "3"]
    assert list(layer_heatmap(record, "update_ratio").data[0].x)[0] == 1


def test_the_reading_is_of_the_ends_at_the_last_epoch(make_record: Make) -> None:
    def last(values: np.ndarray) -> None:
        values[-1] = [0.001, 0.5, 0.2]

    reading = layer_heatmap(changed(make_record(), gradient_rms=last)).layout.title.subtitle.text
    assert reading == "1.0·10⁻³ in layer 1, 0.2 in the output at epoch 3 (median of 2 replicates)."


def test_a_long_run_is_thinned_and_says_so() -> None:
    record = random_record(RunConfig(epochs=2000, replicates=1, num_hidden_layers=1, n_samples=100))
    figure = layer_heatmap(record)
    assert len(figure.data[0].x) <= 600
    assert figure.data[0].x[-1] == 2000
    assert "one epoch in 4 is drawn" in figure.layout.title.subtitle.text
