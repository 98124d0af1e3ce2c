"""The figures that a page hands to its board, and how often they are made."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from conftest import foreign_record

from vgdemo.record import RunRecord, RunStatus
from vgdemo.ui import board
from vgdemo.ui.board import Picture, drawn

MakeRecord = Callable[..., RunRecord]


class Maker:
    """Makes figures that are called by their number."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> go.Figure:
        self.count += 1
        return go.Figure(layout={"title": {"text": f"figure {self.count}"}})


@pytest.fixture
def make() -> Maker:
    board._drawn.cache_clear()
    return Maker()


def title(picture: Picture) -> str:
    return str(json.loads(picture.json)["layout"]["title"]["text"])


def of_epochs(record: RunRecord, epochs: Sequence[int]) -> RunRecord:
    return replace(record, epochs=np.array(epochs, np.int32))


def test_a_picture_is_made_once_for_all_who_see_the_same(make: Maker, make_record: MakeRecord) -> None:
    same = [drawn("curves", ("fit", 1), [make_record()], make) for _ in range(3)]
    assert [title(picture) for picture in same] == ["figure 1"] * 3
    assert {picture.kind for picture in same} == {"curves"}


def test_another_kind_or_option_has_a_picture_of_its_own(make: Maker, make_record: MakeRecord) -> None:
    record = make_record()
    asked = [("curves", "A"), ("curves", "B"), ("profile", "A"), ("curves", ("A",)), ("curves", "A")]
    assert [title(drawn(kind, options, [record], make)) for kind, options in asked] == [
        *(f"figure {number}" for number in (1, 2, 3, 4, 1))
    ]


@pytest.mark.parametrize(
    "other",
    [
        lambda record: of_epochs(record, [0, 1, 2, 3, 4]),
        lambda record: of_epochs(record, [1, 2, 3, 4]),
        lambda record: replace(record, status=RunStatus.STOPPED),
        lambda record: foreign_record(),
    ],
    ids=("another epoch", "another first epoch", "a stopped run", "another run"),
)
def test_other_epochs_of_a_run_have_a_picture_of_their_own(
    other: Callable[[RunRecord], RunRecord], make: Maker, make_record: MakeRecord
) -> None:
    record = make_record()
    assert [title(drawn("curves", None, [one], make)) for one in (record, other(record), record)] == [
        "figure 1",
        "figure 2",
        "figure 1",
    ]


def test_runs_side_by_side_are_not_the_first_of_them_nor_the_other_way_round(
    make: Maker, make_record: MakeRecord
) -> None:
    one, other = make_record(), make_record(seed=1)
    together = [title(drawn("overlay", None, records, make)) for records in ([one], [one, other], [other, one], [])]
    assert len({*together}) == 4


def test_a_run_without_epochs_has_a_picture(make: Maker, make_record: MakeRecord) -> None:
    config = make_record().config
    assert config is not None
    assert title(drawn("curves", None, [RunRecord.empty(config)], make)) == "figure 1"


def test_the_browser_is_handed_the_figures_and_how_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[dict[str, Any]] = []
    monkeypatch.setattr(board, "_mount", lambda **arguments: handed.append(arguments))
    picture = Picture.of("profile", go.Figure(layout={"title": {"text": "<b>"}}))
    board.board({"profile A": picture._replace(column="A")}, key="Compare", stale=True, columns=2)
    (arguments,) = handed
    assert arguments["key"] == "Compare"
    data, figure = map(json.loads, arguments["data"].splitlines())
    assert (data["stale"], data["columns"]) == (True, 2)
    assert "plotly.js" in data["library"]
    assert data["figures"] == [{"name": "profile A", "kind": "profile", "column": "A", "file": ""}]
    assert figure["layout"]["title"]["text"] == "<b>"
