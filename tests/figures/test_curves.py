from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import changed, cut, foreign_record

from vgdemo.figures import Figure, curves
from vgdemo.record import RunRecord

Make = Callable[..., RunRecord]


def named(figure: Figure, name: str) -> Any:
    """The last trace of that name."""
    return [trace for trace in figure.data if trace.name == name][-1]


def test_curves_show_the_median_over_replicates(make_record: Make) -> None:
    record = make_record(epochs=4, replicates=5)
    table = record.curves.groupby("epoch").val_accuracy.median()
    drawn = curves(record).data
    accuracy = next(trace for trace in drawn if trace.name == "validation" and trace.yaxis == "y")
    assert list(accuracy.x) == list(table.index)
    assert list(accuracy.y) == pytest.approx(list(table))


def test_the_band_of_the_curves_lies_between_the_deciles(make_record: Make) -> None:
    record = make_record(epochs=4, replicates=11)
    quantiles = record.curves.groupby("epoch").train_accuracy.quantile([0.1, 0.9]).unstack()
    band = curves(record).data[0]
    assert list(band.y) == pytest.approx([*quantiles[0.9], *quantiles[0.1][::-1]])


def test_single_replicates_are_drawn_on_demand(make_record: Make) -> None:
    record = make_record(epochs=3, replicates=4)
    assert not any(trace.name == "single replicates" for trace in curves(record).data)
    lines = named(curves(record, singles=True), "single replicates")
    assert np.isnan(lines.y).sum() == 4
    assert list(lines.y[:4]) == pytest.approx(list(record.curve_arrays["val_loss"][:, 0]))


def test_diverged_replicates_are_counted_in_words(make_record: Make) -> None:
    def diverge(loss: Any) -> None:
        loss[-1, :3] = [np.nan, np.inf, np.nan]

    record = changed(make_record(replicates=4), train_loss=diverge)
    assert "3 of 4 without finite loss." in curves(record).layout.title.subtitle.text


def test_the_loss_of_a_replicate_that_diverged_stays_what_it_was(make_record: Make) -> None:
    record = changed(make_record(), train_loss=np.array([np.nan, 0.4]), val_loss=np.array([3.0, 0.5]))
    drawn = named(curves(record, singles=True), "single replicates")
    assert list(drawn.y[:4]) == [3.0] * 4


def test_the_loss_axis_stays_unless_the_run_leaves_it(make_record: Make) -> None:
    record = changed(make_record(), train_loss=0.5, val_loss=0.7)
    axis = curves(record).layout.yaxis2
    assert list(axis.range)[1] == 0.32 and list(axis.ticktext) == ["0.1", "0.2", "0.5", "1", "2"]
    assert list(curves(changed(record, train_loss=np.array(5e6))).layout.yaxis2.range)[1] == 7


def test_a_loss_below_zero_has_a_plain_axis(make_record: Make) -> None:
    axis = curves(changed(make_record(), train_loss=np.array(-2.0), val_loss=np.array(0.5))).layout.yaxis2
    assert axis.type is None and list(axis.range) == [-2, 0.5]


@pytest.mark.parametrize(
    ("loss", "num_classes", "title"),
    [
        ("sparse_categorical_crossentropy", 4, "loss, nats"),
        ("mean_squared_error", None, "loss, mean squared error"),
    ],
)
def test_the_loss_has_its_unit(loss: str, num_classes: int | None, title: str) -> None:
    record = foreign_record()
    record = replace(record, model=replace(record.model, loss=loss, num_classes=num_classes))
    assert curves(record).layout.yaxis2.title.text == title


def test_a_curve_that_was_not_measured_is_not_drawn() -> None:
    drawn = curves(foreign_record()).data
    assert {trace.name for trace in drawn if trace.showlegend} == {"train"}


def test_a_loss_alone_has_the_whole_height() -> None:
    record = foreign_record(curve_arrays={"train_loss": np.full((4, 1), 0.3), "val_loss": np.full((4, 1), 0.4)})
    figure = curves(record)
    assert {trace.yaxis for trace in figure.data} == {"y2"}
    assert list(figure.layout.yaxis2.domain) == [0, 1]
    assert not figure.layout.yaxis.visible
    assert figure.layout.title.subtitle.text == "Validation loss 0.4 at epoch 6."
    assert {trace.name for trace in figure.data if trace.showlegend} == {"train", "validation"}


@pytest.mark.parametrize(("value", "name", "end"), [(np.nan, "NaN", 1), (np.inf, "∞", 1), (0.0, "exact zero", 0)])
def test_a_median_loss_without_a_place_on_the_axis_is_a_named_mark_at_its_end(
    value: float, name: str, end: int, make_record: Make
) -> None:
    figure = curves(changed(make_record(), train_loss=value, val_loss=0.7))
    (mark,) = (trace for trace in figure.data if trace.name == f"loss {name}")
    assert mark.showlegend and set(np.log10(mark.y).round(2)) == {figure.layout.yaxis2.range[end]}


def test_what_can_be_reached_is_a_line_with_its_name_over_all_epochs_to_come(make_record: Make) -> None:
    record = replace(make_record(epochs=6), ceiling=0.84)
    figure = curves(cut(record, 3))
    (line,) = (trace for trace in figure.data if trace.name == "reachable: 0.84")
    assert (list(line.x), set(line.y), line.yaxis, line.line.dash) == ([0, 1, 2, 6], {0.84}, "y", "dot")
    (name,) = figure.layout.annotations
    assert (name.text, name.y, line.showlegend) == ("reachable: 0.84", 0.84, False), "its name stands on it"
    assert line.hovertemplate.startswith("reachable: ") and "reachable accuracy" in line.meta["columns"]
    assert "0.84 can be reached" in figure.layout.title.subtitle.text
    assert "what can be reached on these points" in figure.layout.meta["how"]


def test_nothing_is_said_of_what_can_be_reached_where_nobody_knows(make_record: Make) -> None:
    figure = curves(make_record())
    assert not any("reach" in str(trace.name) for trace in figure.data)
    assert "reach" not in figure.layout.title.subtitle.text + figure.layout.meta["how"]
    loss_alone = replace(
        make_record(), ceiling=0.8, curve_arrays={"train_loss": make_record().curve_arrays["train_loss"]}
    )
    assert not any("reach" in str(trace.name) for trace in curves(loss_alone).data)


@pytest.mark.parametrize("gaps", [[], [0], [0, 2], [1, 3]])
def test_what_is_between_two_measurements_is_drawn_as_a_line_and_not_called_nan(
    gaps: list[int], make_record: Callable[..., RunRecord]
) -> None:
    loss, nan = np.full((4, 2), 0.5), [place for place in (0, 3) if place not in gaps]
    loss[[0, 3, *gaps]] = np.nan
    record = changed(make_record(), val_loss=loss)
    figure = curves(replace(record, gaps={"val_loss": np.isin(np.arange(4), gaps)}))
    assert [trace.x.tolist() for trace in figure.data if trace.name == "loss NaN"] == [nan] * bool(nan)
    assert named(figure, "validation").x.tolist() == [place for place in range(4) if place not in gaps]


def test_each_of_several_outputs_has_a_line_of_its_accuracy() -> None:
    ends = {"train_accuracy/<b>": 0.9, "val_accuracy/<b>": 0.8, "train_accuracy/even": 0.7, "val_accuracy/even": 0.6}
    record = foreign_record(curve_arrays={name: np.full((4, 1), end) for name, end in ends.items()})
    figure = curves(record)
    lines = [trace for trace in figure.data if trace.showlegend]
    assert [line.name for line in lines] == [
        "train, &lt;b&gt;",
        "train, even",
        "validation, &lt;b&gt;",
        "validation, even",
    ]
    assert [line.y[-1] for line in lines] == list(ends.values())[::2] + list(ends.values())[1::2]
    assert len({(line.line.color, line.line.dash) for line in lines}) == 4
    assert figure.layout.title.subtitle.text == "Validation accuracy 0.6 (even) to 0.8 (<b>) at epoch 6."
