from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from conftest import changed, foreign_record

from vgdemo.figures import RUN_COLORS, overlaid_accuracy, overlaid_loss, overlaid_profiles, overlays_of
from vgdemo.record import RunRecord

Make = Callable[..., RunRecord]


def test_each_run_has_the_median_of_its_validation_accuracy(make_record: Make) -> None:
    records = {"A": make_record(replicates=3), "B": changed(make_record(epochs=5), val_accuracy=np.array(0.7))}
    figure = overlaid_accuracy(records, {"A": "A · relu", "B": "B · tanh"})
    lines = {trace.name: trace for trace in figure.data if trace.name in ("A · relu", "B · tanh")}
    expected = records["A"].curves.groupby("epoch").val_accuracy.median()
    assert list(lines["A · relu"].y) == pytest.approx(list(expected))
    assert list(lines["B · tanh"].y) == [0.7] * 6
    assert list(figure.layout.xaxis.range) == [0, 5]
    assert "B 0.7" in figure.layout.title.subtitle.text


def test_a_run_without_validation_stands_beside_others(make_record: Make) -> None:
    records = {"A": changed(make_record(), val_accuracy=np.array(0.7)), "B": without("accuracy")}
    figure = overlaid_accuracy(records, {"A": "A", "B": "B"})
    assert "A 0.7, B not measured" in figure.layout.title.subtitle.text
    assert legend(figure) == ["A"]


def without(*measures: str) -> RunRecord:
    """A record of somebody's own network that has none of these, and nothing of validation."""
    record = foreign_record(curve_arrays={"train_loss": np.full((4, 1), 0.5), "train_accuracy": np.full((4, 1), 0.9)})
    kept = {name: values for name, values in record.curve_arrays.items() if name.partition("_")[2] not in measures}
    return replace(record, curve_arrays=kept)


def legend(figure: go.Figure) -> list[str]:
    return [trace.name for trace in figure.data if trace.showlegend is None]


def test_logs_share_a_picture_of_their_losses_and_one_of_accuracy_only_if_there_is_any(make_record: Make) -> None:
    assert list(overlays_of([make_record(), make_record()])) == ["overlay"]
    assert list(overlays_of([without(), without("accuracy")])) == ["overlay", "overlay loss"]
    assert list(overlays_of([without("accuracy")] * 2)) == ["overlay loss"]


def test_a_log_without_validation_shows_its_training_and_says_so(make_record: Make) -> None:
    measured = foreign_record(curve_arrays={name: np.full((4, 1), 0.25) for name in ("train_loss", "val_loss")})
    figure = overlaid_loss({"A": measured, "B": without()}, {"A": "A", "B": "B"})
    assert figure.layout.title.text == "Loss of all columns"
    assert figure.layout.title.subtitle.text == (
        "Line: one training of each, at the last epoch A 0.25 in validation, B 0.5 in training."
    )
    assert legend(figure) == ["A, validation", "B, training"]
    assert "not trained on" not in figure.layout.meta["how"]
    alone = overlaid_loss({"A": without(), "B": without()}, {"A": "A", "B": "B"})
    assert (alone.layout.title.text, legend(alone)) == ("Training loss of all columns", ["A", "B"])


def test_accuracies_of_several_outputs_are_lines_of_their_own() -> None:
    outputs = {"val_accuracy/a": np.full((4, 1), 0.5), "val_accuracy/b": np.full((4, 1), 0.75)}
    figure = overlaid_accuracy({"A": foreign_record(curve_arrays=outputs), "B": without()}, {"A": "A", "B": "B"})
    assert legend(figure) == ["A, a, validation", "A, b, validation", "B, training"]
    drawn = [trace.line for trace in figure.data if trace.name.startswith("A")]
    assert {line.color for line in drawn} == {RUN_COLORS[0]} and len({line.dash for line in drawn}) == 2
    assert "A 0.5 (a) to 0.75 (b) in validation, B 0.9 in training" in figure.layout.title.subtitle.text


def test_losses_of_several_kinds_have_no_unit_and_those_without_a_place_are_marked() -> None:
    squared = replace(without(), model=replace(without().model, loss="mean_squared_error", num_classes=None))
    lost = replace(squared, curve_arrays={"train_loss": np.array([[0.5], [np.nan], [np.inf], [0.2]])})
    assert overlaid_loss({"A": squared, "B": squared}, {"A": "A", "B": "B"}).layout.yaxis.title.text.endswith("error")
    figure = overlaid_loss({"A": without(), "B": lost}, {"A": "A", "B": "B"})
    assert figure.layout.yaxis.title.text == "loss"
    marks = {trace.name: trace.x.tolist() for trace in figure.data if trace.mode == "markers"}
    assert marks == {"loss NaN": [2], "loss ∞": [4]}


def lines(figure: go.Figure, epoch: int) -> dict[str, Any]:
    """The traces of a figure at a stop, by name."""
    (frame,) = (frame for frame in figure.frames if frame.name == str(epoch))
    moving = dict(zip(frame.traces, frame.data, strict=True))
    return {trace.name: moving.get(place, trace) for place, trace in enumerate(figure.data)}


def test_profiles_of_several_runs_lie_over_one_another_in_the_colours_of_their_columns(make_record: Make) -> None:
    records = {"A": make_record(replicates=3), "B": make_record(replicates=3, seed=1, num_hidden_layers=4)}
    figure = overlaid_profiles(records, "kernel_l1")
    drawn = {trace.name: trace for trace in figure.data}
    assert [drawn[letter].line.color for letter in "AB"] == list(RUN_COLORS[:2])
    assert [drawn[letter].hovertemplate.endswith(f"<extra>{letter}</extra>") for letter in "AB"] == [True, True]
    assert list(figure.layout.xaxis.categoryarray) == ["1", "2", "3", "4", "output"]
    assert list(lines(figure, 3)["A"].x) == ["1", "2", "output"]
    expected = np.median(records["B"].panels["kernels"].statistics["kernel_l1"][3], axis=0)
    assert 10 ** lines(figure, 3)["B"].y == pytest.approx(expected)


def test_each_run_shows_its_last_stop_until_the_chosen_epoch_and_the_reading_says_which(make_record: Make) -> None:
    ones = {name: np.array(0.5) for name in ("gradient_rms",)}
    runs = {"A": changed(make_record(epochs=3), **ones), "B": changed(make_record(epochs=5), **ones)}
    figure = overlaid_profiles({letter: replace(run, surface=None) for letter, run in runs.items()})
    assert [frame.name for frame in figure.frames] == ["0", "1", "2", "3", "4", "5"]
    (last,) = (frame for frame in figure.frames if frame.name == "5")
    assert last.layout.title.subtitle.text == (
        "Epoch 5 (median of 2 replicates), first to last layer: A at epoch 3 0.5 to 0.5; B 0.5 to 0.5."
    )


def test_the_accuracy_may_be_that_of_other_replicates_each(make_record: Make) -> None:
    records = {letter: make_record(replicates=3, seed=seed) for seed, letter in enumerate("AB")}
    figure = overlaid_accuracy(records, {"A": "A", "B": "B"}, replicates={"A": (2,), "B": ()})
    np.testing.assert_allclose(figure.data[1].y, records["A"].curve_arrays["val_accuracy"][:, 2])
    assert "A 0." in figure.layout.title.subtitle.text and "(replicate 3), B" in figure.layout.title.subtitle.text


def test_of_one_replicate_each_nothing_is_called_a_median(make_record: Make) -> None:
    records, names = {"A": make_record(replicates=3), "B": make_record(replicates=1)}, {"A": "A", "B": "B"}
    reading = overlaid_accuracy(records, names, replicates={"A": (2,)}).layout.title.subtitle.text
    assert reading.startswith("Line: one replicate of each") and "(replicate 3)" in reading and "Band" not in reading
    assert "Line: median" in overlaid_accuracy(records, names).layout.title.subtitle.text


def test_columns_may_show_other_replicates_each(make_record: Make) -> None:
    records = {letter: make_record(replicates=3, seed=seed) for seed, letter in enumerate("AB")}
    figure = overlaid_profiles(records, replicates={"A": (2,)})
    one = records["A"].panels["kernels"].statistics["gradient_rms"][3, 2]
    assert 10 ** lines(figure, 3)["A"].y == pytest.approx(one)
    reading = figure.layout.title.subtitle.text
    assert "A (replicate 3)" in reading and "B (median of 3 replicates)" in reading


def test_marks_of_several_runs_can_be_seen_behind_one_another(make_record: Make) -> None:
    records = {letter: changed(make_record(), gradient_rms=np.array(0.0)) for letter in "AB"}
    marks = [trace for trace in overlaid_profiles(records).data if trace.name.endswith("exact zero")]
    assert [(mark.name, mark.marker.color) for mark in marks] == [
        ("A, exact zero", RUN_COLORS[0]),
        ("B, exact zero", RUN_COLORS[1]),
    ]
    assert marks[0].marker.size < marks[1].marker.size
    assert {mark.marker.symbol for mark in marks} == {"square-open"}


def test_a_run_of_which_nothing_is_measured_yet_leaves_its_place_empty(make_record: Make) -> None:
    record = make_record()
    assert record.config is not None
    figure = overlaid_profiles({"A": RunRecord.empty(record.config), "B": record})
    assert "A nothing yet" in figure.layout.title.subtitle.text
    nothing = overlaid_profiles({"A": RunRecord.empty(record.config)})
    assert nothing.layout.title.subtitle.text == "Nothing is measured yet."


def test_a_name_of_ones_own_has_no_markup(make_record: Make) -> None:
    figure = overlaid_accuracy({"A": make_record()}, {"A": "A · <b>our</b> & theirs"})
    assert figure.data[-1].name == "A · &lt;b&gt;our&lt;/b&gt; &amp; theirs"


def test_runs_of_the_same_points_share_the_line_of_what_can_be_reached(make_record: Make) -> None:
    records = {letter: replace(make_record(), ceiling=0.84) for letter in "AB"}
    figure = overlaid_accuracy(records, {"A": "A", "B": "B"})
    assert [trace.name for trace in figure.data if "reachable" in trace.name] == ["reachable: 0.84"]
    assert figure.layout.title.subtitle.text.endswith(" Reachable: 0.84.")
    alone = overlaid_accuracy(records | {"B": replace(records["B"], ceiling=None)}, {"A": "A", "B": "B"})
    assert alone.data[-1].name == "reachable: 0.84", "the other is still being found"


def test_runs_of_other_points_have_lines_of_their_own(make_record: Make) -> None:
    ceilings = {"A": 0.84, "B": 0.63, "C": 0.84}
    records = {letter: replace(make_record(), ceiling=ceiling) for letter, ceiling in ceilings.items()}
    figure = overlaid_accuracy(records, {letter: letter for letter in ceilings})
    names = [trace.name for trace in figure.data if "reachable" in trace.name]
    assert names == ["reachable by A and C: 0.84", "reachable by B: 0.63"]
    assert figure.layout.title.subtitle.text.endswith(" Reachable by A and C: 0.84. Reachable by B: 0.63.")
