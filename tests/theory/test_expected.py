"""What theory expects of any network, and the line that is drawn of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import random_record

from vgdemo.config import RunConfig
from vgdemo.theory import Band, expected_of, line_over
from vgdemo.theory.forecast import Forecast
from vgdemo.theory.through_time import ThroughTime

RUN = RunConfig(network="gru", num_hidden_layers=2, time_steps=3, units=3, n_samples=100, epochs=1, replicates=2)


def test_a_dense_network_has_a_forecast_over_its_layers_a_recurrent_one_over_time() -> None:
    assert isinstance(expected_of(RunConfig(num_hidden_layers=1)), Forecast)
    expected = expected_of(RUN)
    assert isinstance(expected, ThroughTime)
    assert expected.size is not None and expected.size.median.shape == (2, 3)


def test_the_line_over_layers_is_the_forecasts() -> None:
    config = RunConfig(kernel_initializer="glorot_uniform", output_initializer="glorot_uniform")
    expected = expected_of(config)
    assert isinstance(expected, Forecast)
    line = line_over(expected, random_record(config))
    assert line is not None
    for drawn, known in zip(line, (expected.low, expected.gradient_rms, expected.high), strict=True):
        np.testing.assert_array_equal(drawn, known)


def sizes(layers: list[list[float]]) -> Band:
    middle = np.array(layers)
    return Band(middle / 2, middle, 3 * middle)


def over_time(layer: str, last: float) -> Band | None:
    """The line over a layer whose gradient was measured to be so large at the last step."""
    record = random_record(RUN)
    panel = record.panels[f"steps/{layer}"]
    panel.statistics["state_gradient_rms"][0, :, -1] = last
    expected = ThroughTime(RUN, size=sizes([[1, 2, 4], [0.25, 0.5, 1]]))
    return line_over(expected, replace(record, panels={f"steps/{layer}": panel}))


@pytest.mark.parametrize(("layer", "line"), [("1", [2, 4, 8]), ("2", [2, 4, 8])])
def test_over_time_the_line_ends_where_the_measurement_does(layer: str, line: list[float]) -> None:
    drawn = over_time(layer, last=8)
    assert drawn is not None
    np.testing.assert_allclose(drawn.median, line)
    np.testing.assert_allclose(drawn.low, np.array(line) / 2)
    np.testing.assert_allclose(drawn.high, 3 * np.array(line))


def test_without_an_epoch_or_a_gradient_there_is_no_line_over_time() -> None:
    record = random_record(RUN)
    gone = ThroughTime(RUN, size=sizes([[0, 0, 0], [0, 0, 1]]))
    assert line_over(gone, record) is None
    assert line_over(ThroughTime(RUN, "No forecast: not here."), record) is None
    panels = {"steps/1": record.panels["steps/1"].until(-1)}
    assert line_over(ThroughTime(RUN, size=sizes([[1, 2, 4]] * 2)), replace(record, panels=panels)) is None
