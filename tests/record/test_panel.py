"""Statistics along an axis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from conftest import LSTM, foreign_record

from vgdemo.model import Layer
from vgdemo.record import HISTOGRAM_BINS, HISTOGRAM_EDGES, SURFACE_AXIS, Panel

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
