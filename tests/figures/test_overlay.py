from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from conftest import changed, foreign_record

from vgdemo.figures import overlaid_accuracy
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
    records = {"A": changed(make_record(), val_accuracy=np.array(0.7)), "B": foreign_record()}
    figure = overlaid_accuracy(records, {"A": "A", "B": "B"})
    assert "A 0.7, B not measured" in figure.layout.title.subtitle.text
    assert [trace.name for trace in figure.data if trace.showlegend is None] == ["A"]
