from __future__ import annotations

import numpy as np
import pytest

from vgdemo.figures import depths
from vgdemo.learning import Share


def test_shares_and_accuracies_stand_over_their_depth() -> None:
    accuracies = {1: np.array([0.8, 0.9]), 5: np.array([0.5, np.nan])}
    figure = depths(accuracies, {1: Share(2, 2), 5: Share(0, 2)})
    by_name = {trace.name: trace for trace in figure.data}
    shares = by_name["share that learns, 95 % interval"]
    assert (list(shares.x), list(shares.y)) == ([1, 5], [1, 0])
    low, high = Share(0, 2).interval
    assert shares.error_y.array[1] == pytest.approx(high) and shares.error_y.arrayminus[1] == pytest.approx(low)
    assert list(zip(by_name["replicate"].x, by_name["replicate"].y, strict=True)) == [(1, 0.8), (1, 0.9), (5, 0.5)]
    assert list(by_name["median"].y) == pytest.approx([0.85, 0.5])
    assert "100 % with 1, 0 % with 5" in figure.layout.title.subtitle.text


def test_nothing_trained_is_drawn_as_nothing() -> None:
    assert "yet" in depths({}, {}).layout.title.subtitle.text


def test_a_depth_at_which_all_diverged_has_no_median() -> None:
    figure = depths({3: np.full(2, np.nan)}, {3: Share(0, 2)})
    assert next(trace for trace in figure.data if trace.name == "median").y[0] is None
