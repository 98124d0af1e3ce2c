from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import foreign_record, named, with_counts

from vgdemo.figures import gradient_distribution
from vgdemo.record import HISTOGRAM_BINS, HISTOGRAM_EDGES, RunRecord

Make = Callable[..., RunRecord]

MOST = "are exactly zero, the most of all layers."


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
    drawn = named(gradient_distribution(with_counts(make_record(), {bin_index: 7})), trace)
    layer = np.nan_to_num(np.asarray(drawn.y, float)[: np.flatnonzero(np.isnan(drawn.x))[0]])
    high = np.asarray(drawn.x, float)[np.flatnonzero(layer == layer.max())]
    assert (high.min(), high.max()) == pytest.approx(place)
    assert layer.max() == pytest.approx(1.8)


def test_the_shares_are_handed_on_with_what_they_are_of(make_record: Make) -> None:
    """A quarter exact zeros, three quarters just below 1, in layer 2 half of it not finite."""
    counts = {0: [1, 1, 1], 2 + 47: [3, 1, 3], HISTOGRAM_BINS - 1: [0, 2, 0]}
    figure = gradient_distribution(with_counts(make_record(), counts))
    sizes, zeros, infinite = figure.data
    assert sizes.meta["labels"] == zeros.meta["labels"] == ["1", "2", "output"]
    assert sizes.customdata.shape == (3, len(sizes.meta["ranges"]))
    drawn = [(place, *found) for place, found in enumerate(sizes.customdata.tolist()) if any(found)]
    assert [max(found[1:]) for found in drawn] == [0.75, 0.25, 0.75]
    low, high = sizes.meta["ranges"][int(np.argmax(sizes.customdata[0]))]
    assert (low, high) == (pytest.approx(10**-0.5, rel=1e-5), 1)
    assert sizes.meta["ranges"][0][0] == 0 and sizes.meta["ranges"][-1][1] == "Infinity"
    assert (zeros.meta["ranges"], infinite.meta["ranges"]) == ([[0, 0]], [["NaN", "NaN"]])
    assert zeros.customdata.ravel().tolist() == [0.25] * 3
    np.testing.assert_array_equal(infinite.customdata.ravel(), [np.nan, 0.5, np.nan])
    assert all(trace.customdata.dtype == np.float32 for trace in figure.data)


def test_each_stop_has_the_shares_of_its_epoch(make_record: Make) -> None:
    record = make_record()
    histograms = record.panels["kernels"].histograms
    assert histograms is not None
    for index, frame in enumerate(gradient_distribution(record, replicates=(1,)).frames):
        counts = histograms[index, 1]
        np.testing.assert_allclose(frame.data[1].customdata[:, 0], counts[:, 0] / counts.sum(axis=1), rtol=1e-6)


def test_a_fitted_distribution_ends_where_the_entries_end(make_record: Make) -> None:
    place = 2 + int(np.flatnonzero(HISTOGRAM_EDGES == -20)[0])
    ticks = gradient_distribution(with_counts(make_record(), {place: 7}), fit=True).layout.xaxis
    assert (ticks.tickvals[1], ticks.tickvals[-2]) == (-20, -19)


@pytest.mark.parametrize(
    ("counts", "reading"),
    [
        ({40: 8}, "no entry is exactly zero."),
        (
            {0: [0, 1, 2], 8: 8},
            "20.0 % of the entries of the output are exactly zero, the most of all layers. "
            "3 layers with entries below 10⁻¹⁰, 100 % of layer 1, beyond the scale.",
        ),
        ({0: 8}, "100.0 % of the entries of every layer are exactly zero."),
        (
            {8: [0, 0, 1], 40: 999},
            "no entry is exactly zero. 1 layer with entries below 10⁻¹⁰, less than 1 % of the output, "
            "beyond the scale.",
        ),
        ({63: [0, 1, 0], 40: 9}, "up to 10 % of a layer's entries are not finite."),
    ],
)
def test_the_reading_is_of_what_has_no_size(counts: dict[int, Any], reading: str, make_record: Make) -> None:
    figure = gradient_distribution(with_counts(make_record(), counts))
    assert figure.layout.title.subtitle.text == f"Epoch 3 (2 replicates together): {reading}"


def test_layers_are_named_by_the_record() -> None:
    record = with_counts(foreign_record(), {0: [0, 1, 0, 0], 40: 1})
    reading = gradient_distribution(record).layout.title.subtitle.text
    assert "50.0 % of the entries of layer lstm/recurrent_kernel" in reading
