from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from conftest import changed, foreign_record

from vgdemo.figures import depths
from vgdemo.learning import Share
from vgdemo.record import RunRecord

Make = Callable[..., RunRecord]


def test_shares_and_accuracies_stand_over_their_depth(make_record: Make) -> None:
    rising = np.array([[0.5, 0.5], *[[0.8, 0.9]] * 3])
    learns = changed(make_record(), val_accuracy=rising)
    stays = changed(make_record(), val_accuracy=np.array([0.5, 0.6]))
    figure = depths({1: learns, 5: stays})
    by_name = {trace.name: trace for trace in figure.data}
    shares = by_name["share that learns, 95 % interval"]
    assert (list(shares.x), list(shares.y)) == ([1, 5], [1, 0])
    low, high = Share(0, 2).interval
    assert shares.error_y.array[1] == pytest.approx(high) and shares.error_y.arrayminus[1] == pytest.approx(low)
    points = [(1, 0.8), (1, 0.9), (5, 0.5), (5, 0.6)]
    assert list(zip(by_name["replicate"].x, by_name["replicate"].y, strict=True)) == points
    assert list(by_name["median"].y) == pytest.approx([0.85, 0.55])
    assert "100 % with 1, 0 % with 5" in figure.layout.title.subtitle.text


def test_nothing_trained_is_drawn_as_nothing() -> None:
    assert "yet" in depths({}).layout.title.subtitle.text


def test_replicates_that_diverged_stand_where_guessing_does(make_record: Make) -> None:
    record = changed(make_record(), train_loss=np.array(np.nan), val_accuracy=np.array([0.9, np.nan]))
    figure = depths({3: replace(record, majority_share=0.5)})
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["replicate"].y) == [0.5, 0.5]
    assert list(by_name["median"].y) == [0.5]
    assert "0 % with 3" in figure.layout.title.subtitle.text


def test_a_run_whose_accuracy_was_not_measured_is_left_out(make_record: Make) -> None:
    figure = depths({2: make_record(), 3: foreign_record()})
    assert {depth for trace in figure.data for depth in trace.x} == {2}


def test_what_can_be_reached_is_a_line_over_the_depths(make_record: Make) -> None:
    records = {depth: replace(make_record(), ceiling=0.84) for depth in (1, 5)}
    (line,) = (trace for trace in depths(records).data if trace.name == "reachable: 0.84")
    assert (list(line.x), list(line.y), line.yaxis) == ([1, 5], [0.84, 0.84], "y2")
