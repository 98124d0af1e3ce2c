"""Statistics along an axis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import LSTM, foreign_record

from vgdemo.model import Layer
from vgdemo.record import HISTOGRAM_BINS, HISTOGRAM_EDGES, SURFACE_AXIS, Panel, Way

EPOCHS = np.array([0, 5], np.int32)


def test_a_histogram_has_a_bin_for_each_half_decade_and_for_what_has_no_size() -> None:
    assert len(HISTOGRAM_EDGES) == 61
    np.testing.assert_allclose(np.diff(HISTOGRAM_EDGES), 0.5)
    assert (HISTOGRAM_EDGES[0], HISTOGRAM_EDGES[-1]) == (-24, 6)
    assert HISTOGRAM_BINS == 1 + 1 + 60 + 1 + 1  # Zero, below, between, above, not finite.
    assert (SURFACE_AXIS[0], SURFACE_AXIS[-1]) == (-1.2, 1.2)


def test_the_kernels_of_a_model_are_named_by_their_layers_and_weights() -> None:
    panel = Panel.of_kernels(LSTM, EPOCHS, {})
    assert (panel.axis, panel.of) == ("layer", "kernel")
    assert panel.labels == ("lstm/kernel", "lstm/recurrent_kernel", "dense", "answer")
    assert panel.phrases == ("layer lstm/kernel", "layer lstm/recurrent_kernel", "layer dense", "the output")


def test_the_activations_of_a_model_are_named_by_their_layers() -> None:
    panel = Panel.of_layers(LSTM, EPOCHS, {})
    assert (panel.axis, panel.labels, panel.phrases) == ("layer", ("lstm", "dense"), ("layer lstm", "layer dense"))
    assert panel.of == "layer"


def test_the_places_of_the_output_are_those_of_the_layer_that_gives_the_answer() -> None:
    answering = replace(LSTM, layers=(*LSTM.layers, Layer("answer")))
    assert Panel.of_kernels(answering, EPOCHS, {}).outputs(answering) == (3,)
    assert Panel.of_layers(answering, EPOCHS, {}).outputs(answering) == (2,)
    assert Panel.of_layers(LSTM, EPOCHS, {}).outputs(LSTM) == ()
    assert Panel("time step", ("answer",), ("time step 1",), EPOCHS, {}).outputs(answering) == ()


def test_consecutive_panels_join_with_or_without_histograms() -> None:
    kernels, steps = (foreign_record().panels[name] for name in ("kernels", "steps"))
    twice = Panel.joined([kernels, kernels])
    assert twice.epochs.tolist() == [0, 2, 4, 6, 0, 2, 4, 6]
    assert twice.histograms is not None and twice.histograms.shape == (8, 1, 4, HISTOGRAM_BINS)
    assert Panel.joined([steps, steps]).histograms is None


def test_a_panel_knows_the_bytes_of_its_arrays() -> None:
    statistics = {"gradient_rms": np.zeros((2, 3, 4))}
    counts = np.zeros((2, 3, 4, HISTOGRAM_BINS), np.uint32)
    assert Panel.of_kernels(LSTM, EPOCHS, statistics).nbytes == 2 * 3 * 4 * 8
    assert Panel.of_kernels(LSTM, EPOCHS, statistics, counts).nbytes == 2 * 3 * 4 * (8 + 64 * 4)


def test_the_factor_per_step_leaves_out_what_is_none_and_counts_grouped_steps() -> None:
    """Of 0.9 per step, in groups of two; the first step is below what float32 holds, the last is masked."""
    sizes = np.array([[0, *(0.9 ** np.arange(8)[::-2]), np.nan], [0.0] * 6])[None]
    labels = ("2", "4", "6", "8", "10", "12")
    panel = Panel("time step", labels, labels, np.array([0]), {"state_gradient_mean_abs": sizes})
    np.testing.assert_allclose(panel.factors_per_step, [[0.9, np.nan]])
    assert replace(panel, statistics={}).factors_per_step is None


def test_the_size_over_time_is_the_root_mean_square_where_that_was_measured() -> None:
    rms, mean_abs = np.full((1, 1, 3), 2.0), np.full((1, 1, 3), 1.0)
    panel = Panel.of_time_steps(("1", "2", "3"), EPOCHS[:1], {"state_gradient_mean_abs": mean_abs})
    assert panel.state_gradient is mean_abs
    both = replace(panel, statistics={"state_gradient_rms": rms, "state_gradient_mean_abs": mean_abs})
    assert both.state_gradient is rms
    assert replace(panel, statistics={"activation_mean": rms}).state_gradient is None


def test_how_far_back_is_told_of_the_median_replicate_at_the_last_measured_epoch() -> None:
    """Three replicates keep 0.9, 0.8 and 0.1 of it per step, at epoch 5 nothing; the steps are in groups of two."""
    ages = np.arange(100)[::-1]
    sizes = np.stack([[0.9**ages, 0.8**ages, 0.1**ages], [np.full(100, np.nan)] * 3])
    panel = Panel.of_time_steps([str(2 * step) for step in range(1, 101)], EPOCHS, {"state_gradient_rms": sizes})
    assert [panel.reach_at(epoch) == panel.reach_at(0) for epoch in (1, 4, 5)] == [True, True, False]
    start, broken = panel.reach_at(0), panel.reach_at(7)
    assert start is not None and broken is not None
    assert (start.way, start.time_steps, start.steps) == (Way.FADES, 200, 62)  # 0.8^30 is above a thousandth.
    assert start.share == pytest.approx(0.8**99)
    assert broken.way is Way.IS_NO_NUMBER
    assert panel.until(-1).reach_at(0) is None and replace(panel, statistics={}).reach_at(0) is None


@pytest.mark.parametrize(
    "labels",
    [("1", "01"), ("2", "1"), ("0", "1"), ("-1", "1"), ("1", "10" * 15), ("1", "9" * 5000), ("³", "4"), ("", "2")],
)
def test_labels_that_are_no_numbers_of_steps_that_rise_leave_steps_counted_from_1(labels: tuple[str, ...]) -> None:
    halved = {"state_gradient_mean_abs": np.array([[[0.5, 1.0]]])}
    panel = Panel.of_time_steps(labels, EPOCHS[:1], halved)
    assert panel.steps.tolist() == [1, 2]
    assert panel.factors_per_step is not None and panel.factors_per_step.tolist() == [[0.5]]


def test_labels_that_are_numbers_of_steps_that_rise_count_them() -> None:
    assert Panel.of_time_steps(("10", "20"), EPOCHS, {}).steps.tolist() == [10, 20]
