from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from conftest import cut, foreign_record

from vgdemo.figures import curves, decision_surface, gradient_distribution, layer_heatmap, layer_profile
from vgdemo.figures.sampling import column_indices, drawn_panel, fewer_while_growing, frame_indices
from vgdemo.record import RunRecord, RunStatus

Make = Callable[..., RunRecord]


def after(record: RunRecord, epochs: np.ndarray) -> RunRecord:
    """The record with only these measured epochs, as far as sampling looks at it."""
    return replace(record, epochs=epochs)


def test_the_thinned_epochs_do_not_shift_while_a_run_grows(make_record: Make) -> None:
    record = make_record(epochs=1500, replicates=1)
    half = after(record, record.epochs[:700])
    for chosen in (column_indices, frame_indices):
        grown, early = (run.epochs[chosen(run, run.epochs)] for run in (record, half))
        assert set(early[:-1]) <= set(grown)
    assert len(column_indices(record, record.epochs)) <= 601
    assert column_indices(record, record.epochs)[-1] == 1500


def test_what_is_drawn_of_a_growing_run_stays_where_it_is(make_record: Make) -> None:
    record = make_record(epochs=1500, replicates=1)
    half = cut(record, 700)
    for make in (layer_heatmap, curves):
        grown, early = ({trace.name: list(trace.x) for trace in make(run).data} for run in (record, half))
        assert all(set(early[name]) <= set(grown[name]) for name in early)
    stops = {frame.name for frame in layer_profile(half).frames[:-1]}
    assert stops and stops <= {frame.name for frame in layer_profile(record).frames}


def test_the_slider_has_forty_steps_and_both_ends(make_record: Make) -> None:
    record = replace(make_record(epochs=500, replicates=1), surface=None)
    stops = record.epochs[frame_indices(record, record.epochs)]
    np.testing.assert_array_equal(stops, np.linspace(0, 500, 41).round())


def test_at_every_stop_there_is_a_decision_surface(make_record: Make) -> None:
    record = make_record(epochs=500)
    assert record.surface is not None
    surfaces = [frame.name for frame in decision_surface(record).frames]
    assert surfaces == list(map(str, record.surface.epochs))
    for make_figure in (layer_profile, gradient_distribution):
        assert [frame.name for frame in make_figure(record).frames] == surfaces


def test_epochs_that_were_measured_now_and_then_are_all_shown_if_there_is_room() -> None:
    record = foreign_record()
    epochs = np.arange(3, 2000, 70, dtype=np.int32)
    record = after(record, epochs)
    np.testing.assert_array_equal(epochs[column_indices(record, epochs)], epochs)
    np.testing.assert_array_equal(epochs[frame_indices(record, epochs)], epochs)


def test_of_many_that_were_measured_now_and_then_the_first_and_the_last_are_shown() -> None:
    epochs = np.arange(7, 3000, 3, dtype=np.int32)
    record = after(foreign_record(), epochs)
    for chosen in (column_indices, frame_indices):
        shown = epochs[chosen(record, epochs)]
        assert (shown[0], shown[-1]) == (epochs[0], epochs[-1])
        assert len(shown) <= 602


def test_while_a_run_grows_every_fourth_stop_and_the_last_are_drawn(make_record: Make) -> None:
    record = make_record(epochs=20)
    indices = np.arange(10)
    growing = after(record, record.epochs[:10])
    assert fewer_while_growing(growing, indices).tolist() == [0, 4, 8, 9]
    assert fewer_while_growing(record, indices).tolist() == indices.tolist()
    for status in (RunStatus.STOPPED, RunStatus.FAILED):
        ended = replace(growing, status=status)
        assert fewer_while_growing(ended, indices).tolist() == indices.tolist()


def test_a_training_of_unknown_length_is_not_taken_to_grow() -> None:
    record = foreign_record()
    assert frame_indices(record, record.epochs).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("epochs", [np.zeros(0, np.int32), np.array([0], np.int32), np.array([5], np.int32)])
def test_few_epochs_are_all_shown(epochs: np.ndarray) -> None:
    record = after(foreign_record(), epochs)
    assert column_indices(record, epochs).tolist() == list(range(len(epochs)))
    assert frame_indices(record, epochs).tolist() == list(range(len(epochs)))


def test_a_statistic_that_was_not_measured_has_no_place() -> None:
    panel = drawn_panel(foreign_record(), "weather")
    assert panel.labels == () and panel.statistics["weather"].shape == (0, 1, 0)


def test_the_slider_reaches_the_last_epoch_that_there_is(make_record: Make) -> None:
    record = make_record(epochs=500, replicates=1)
    stopped = replace(after(record, record.epochs[:31]), status=RunStatus.STOPPED, surface=None)
    assert stopped.epochs[frame_indices(stopped, stopped.epochs)].tolist() == [0, 12, 25, 30]
