"""Which figures an experiment has, and what lies in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from conftest import changed, random_record

from vgdemo.article import Experiment, experiments, judged
from vgdemo.record import RunRecord
from vgdemo.ui.article_pictures import pictures
from vgdemo.ui.board import Picture

TINY = {"epochs": 4, "replicates": 3, "n_samples": 100}
EXPERIMENTS = {experiment.number: experiment.with_changes(**TINY) for experiment in experiments()}
LEARNS = 0.8
Records = Sequence[RunRecord | None]


def records_of(number: str) -> list[RunRecord | None]:
    """A whole record for each of the experiment's runs; all replicates learn."""
    return [
        changed(random_record(config), val_accuracy=LEARNS, train_accuracy=LEARNS)
        for config in EXPERIMENTS[number].configs
    ]


def cut(record: RunRecord | None) -> RunRecord:
    """The record of a run that was stopped after epoch 2."""
    assert record is not None
    curves = {name: values[:3] for name, values in record.curve_arrays.items()}
    return replace(record, epochs=record.epochs[:3], curve_arrays=curves)


def drawn(number: str, records: Records) -> dict[str, Picture]:
    """All figures that are not to come yet."""
    return {name: picture for name, picture in shown(number, records).items() if figure(picture)["data"]}


def shown(number: str, records: Records) -> dict[str, Picture]:
    experiment: Experiment = EXPERIMENTS[number]
    kinds = experiment.pictures + experiment.details
    return pictures(kinds, experiment, records, [judged(claim, records) for claim in experiment.claims])


def figure(picture: Picture) -> Any:
    return json.loads(picture.json)


def names_of_traces(picture: Picture) -> list[str]:
    return [trace.get("name", "") for trace in figure(picture)["data"]]


@pytest.mark.parametrize("number", EXPERIMENTS)
def test_without_records_nothing_is_drawn(number: str) -> None:
    assert drawn(number, [None] * len(EXPERIMENTS[number].runs)) == {}


@pytest.mark.parametrize("number", EXPERIMENTS)
def test_what_is_to_come_has_its_room_and_its_title_before(number: str) -> None:
    before, after = (shown(number, records) for records in ([None] * len(EXPERIMENTS[number].runs), records_of(number)))
    assert [*before] == [*after]
    assert not {one.kind for one in before.values()} & {one.kind for one in after.values()}, "axes are not shared"
    titles = [[figure(one)["layout"]["title"]["text"] for one in made.values()] for made in (before, after)]
    assert titles[0] == titles[1]
    assert {figure(one)["layout"]["title"]["subtitle"]["text"] for one in before.values()} == {"Not trained yet."}


@pytest.mark.parametrize("number", EXPERIMENTS)
def test_every_experiment_has_what_it_wants_drawn(number: str) -> None:
    made = drawn(number, records_of(number))
    families = dict.fromkeys(picture.kind.partition("-")[0] for picture in made.values())
    assert [*families] == [*EXPERIMENTS[number].pictures, *EXPERIMENTS[number].details]
    assert all(figure(picture)["data"] for picture in made.values())


def test_claims_of_one_measure_share_a_figure() -> None:
    """Of the first experiment two are about accuracies, one about an epoch."""
    made = drawn("1", records_of("1"))
    assert [*made] == ["outcome-1", "outcome-2", "curves", "gradients", "density"]
    assert [picture.kind for picture in made.values()] == [*made], "their axes have nothing in common"
    first, second = (json.dumps(figure(made[name]), ensure_ascii=False) for name in ("outcome-1", "outcome-2"))
    assert "training" in first and "validation" in first
    assert "slowing down" in second and "validation" not in second


def test_a_run_cut_short_is_drawn_but_has_no_outcome() -> None:
    assert [*drawn("1", [cut(records_of("1")[0])])] == ["curves", "gradients", "density"]


def test_figures_of_a_run_are_those_of_the_experiments_own() -> None:
    own, other = records_of("E1")
    assert "curves" in drawn("E1", [own, None])
    assert drawn("E1", [None, other]).keys() & {"curves", "gradients", "density"} == set()
    assert drawn("E1", [own, None])["gradients"] == drawn("E1", [own, other])["gradients"]


def test_norms_stand_side_by_side_on_the_same_axes_under_the_names_of_their_runs() -> None:
    one, other = records_of("E3")
    names = [name for name, _ in EXPERIMENTS["E3"].runs]
    made = {name: picture for name, picture in drawn("E3", [one, other]).items() if name.startswith("norms")}
    assert [*made] == ["norms A", "norms B"]
    assert {picture.kind for picture in made.values()} == {"norms"}
    titles = [figure(picture)["layout"]["title"]["text"] for picture in made.values()]
    assert all(title.startswith(f"{name}: ") for title, name in zip(titles, names, strict=True))
    left = [name for name in drawn("E3", [None, other]) if name.startswith("norms")]
    assert left == ["norms B"], "a letter belongs to a run, whether the other is there or not"


def depths_in(made: dict[str, Picture]) -> list[int]:
    """The depths whose share is drawn."""
    (line,) = (one for one in figure(made["depths"])["data"] if one["name"].startswith("share that learns"))
    return [int(layers) for _, _, layers, *_ in line["customdata"]]


@pytest.mark.parametrize("number", ["E4", "E5"])
def test_every_depth_has_its_place(number: str) -> None:
    assert depths_in(drawn(number, records_of(number))) == [*range(1, 11)]


@pytest.mark.parametrize("leave_out", [cut, lambda record: None], ids=["cut short", "missing"])
def test_depths_whose_run_is_not_whole_are_left_out(leave_out: Callable[[RunRecord | None], RunRecord | None]) -> None:
    records = records_of("E4")
    for place in (0, 6):
        records[place] = leave_out(records[place])
    assert depths_in(drawn("E4", records)) == [2, 3, 4, 5, 6, 8, 9, 10]


def test_depths_that_were_all_cut_short_have_no_figure() -> None:
    assert drawn("E4", [cut(record) for record in records_of("E4")]) == {}
