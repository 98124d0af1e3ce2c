from __future__ import annotations

import pytest

from vgdemo.article import experiments
from vgdemo.config import RunConfig
from vgdemo.study import Grid
from vgdemo.study.curves import can_be_curves
from vgdemo.study.measures import MEASURES
from vgdemo.study.presets import STUDIES, StudyPreset

NAMED = {preset.name: preset for preset in STUDIES}


@pytest.mark.parametrize("number", ["E4", "E5"])
def test_the_articles_extensions_are_its_very_runs(number: str) -> None:
    (experiment,) = (one for one in experiments() if one.number == number)
    assert NAMED[number].grid.configs == experiment.configs


@pytest.mark.parametrize("preset", STUDIES, ids=NAMED)
def test_a_preset_says_what_to_look_at_and_is_the_same_after_a_link_and_json(preset: StudyPreset) -> None:
    assert preset.title and preset.description.count(".") == 1 and preset.description.endswith(".")
    assert preset.measure in MEASURES
    assert can_be_curves(preset.grid) or not preset.as_curves
    assert Grid.from_query(preset.grid.to_query()) == (preset.grid, ())
    assert Grid.from_json(preset.grid.to_json()).key == preset.grid.key


def test_presets_are_different_studies() -> None:
    assert len({preset.grid.key for preset in STUDIES}) == len(NAMED) == len(STUDIES)


def test_the_study_of_depth_has_three_networks_of_each_depth() -> None:
    runs = NAMED["depth"].grid.configs
    assert {run.num_hidden_layers for run in runs} == {*range(1, 31)}
    kinds = {("tanh", "uniform_0_1"), ("tanh", "glorot_uniform"), ("relu", "he_uniform")}
    assert {(run.activation, run.kernel_initializer) for run in runs} == kinds
    assert {run.epochs for run in runs} == {RunConfig().epochs}
