"""A study's results: in the grid's order, with what is missing, as a tidy table."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import ended

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord
from vgdemo.study import Grid, Study
from vgdemo.summary import summarize

BASE = RunConfig(num_hidden_layers=2, epochs=3, replicates=2, n_samples=100)
GRID = Grid.of(BASE, {"units": [4, 8], "activation": ["tanh", "relu"]})


def test_results_stand_in_the_grids_order_whatever_came_first(make_record: Callable[..., RunRecord]) -> None:
    summary = summarize(make_record())
    first, second, third, fourth = GRID.configs
    study = Study(GRID, {fourth: summary, first: summary, BASE.with_changes(units=99): summary}, {second: "no room"})
    assert [*study] == [first, fourth] and len(study) == 2
    assert study.missing == (second, third)
    assert study.failed == {second: "no room"}
    assert second not in study
    with pytest.raises(KeyError):
        study[third]


def test_the_table_has_a_row_for_each_replicate_with_what_the_axes_set(make_record: Callable[..., RunRecord]) -> None:
    record = ended(make_record, 0.9, 0.4)
    summary = summarize(record)
    table = Study(GRID, {GRID.configs[1]: summary, GRID.configs[2]: summary}).table()
    assert table[["units", "activation", "replicate"]].values.tolist() == [
        [4, "relu", 1],
        [4, "relu", 2],
        [8, "tanh", 1],
        [8, "tanh", 2],
    ]
    assert [*table["run_key"]] == [config.run_key for config in GRID.configs[1:3] for _ in range(2)]
    assert [*table["accuracy"]] == pytest.approx([0.9, 0.4] * 2)
    assert [*table["learned"]] == [True, False] * 2
    assert {*table["verdict"]} <= {str(end.verdict) for end in summary.ends}


def test_the_table_of_a_study_that_has_just_begun_has_its_columns() -> None:
    table = Study(GRID, {}).table()
    assert len(table) == 0 and {"units", "activation", "run_key", "replicate", "accuracy", "seconds"} <= {
        *table.columns
    }
