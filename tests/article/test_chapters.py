from __future__ import annotations

import subprocess
import sys

import pytest

from vgdemo.article import Experiment, chapters, experiments
from vgdemo.article.chapters import CEILING
from vgdemo.ceiling import ceiling
from vgdemo.presets import DEEP_TANH, OF_ARTICLE

# As the article prints them: experiment, row, number or range.
PUBLISHED = {
    ("1", "training"): (0.816,),
    ("1", "validation"): (0.816,),
    ("1", "slowing down"): (300,),
    ("2", "training"): (0.530,),
    ("2", "validation"): (0.468,),
    ("2K", "shared draw"): (0.468,),
    ("3", "training"): (0.836,),
    ("3", "validation"): (0.840,),
    ("3", "converging"): (100,),
    ("6", "output"): (0.05, 0.1),
    ("7", "layer 1"): (0.2, 0.4),
}
LEARNS = {"1": True, "2": False, "3": True, "4": True, "5": False}


def by_number(number: str) -> Experiment:
    return next(experiment for experiment in experiments() if experiment.number == number)


def test_the_published_numbers_are_the_articles() -> None:
    published = {
        (experiment.number, claim.row): claim.published
        for experiment in experiments()
        for claim in experiment.claims
        if claim.published
    }
    assert published == PUBLISHED


@pytest.mark.parametrize("number", LEARNS)
def test_the_claims_say_whether_the_network_learns_as_the_article_does(number: str) -> None:
    claim = next(claim for claim in by_number(number).claims if claim.row == "validation")
    assert (claim.low <= 0.85 < claim.high) is LEARNS[number]
    assert (claim.low <= 0.5 < claim.high) is not LEARNS[number]


def test_every_preset_is_an_experiment_in_the_articles_order() -> None:
    numbers = [experiment.number for experiment in experiments() if experiment.number not in ("2K", "T")]
    assert numbers == [preset.number for preset in OF_ARTICLE]
    assert [experiment for chapter in chapters().values() for experiment in chapter] == list(experiments())


@pytest.mark.parametrize("experiment", experiments(), ids=lambda experiment: experiment.number)
def test_every_run_has_twenty_replicates_and_is_looked_at(experiment: Experiment) -> None:
    epochs = 40 if experiment.number == "T" else 500
    assert all(config.replicates >= 20 and config.epochs == epochs for config in experiment.configs)
    assert {run for claim in experiment.claims for run in claim.runs} == set(range(len(experiment.runs)))


def test_what_the_article_leaves_to_its_reader_is_open() -> None:
    extensions = [experiment for experiment in experiments() if experiment.number.startswith("E")]
    assert all(claim.is_open for experiment in extensions for claim in experiment.claims)


@pytest.mark.parametrize(("number", "units"), [("E4", 5), ("E5", 25)])
def test_the_sweeps_go_from_1_to_10_layers(number: str, units: int) -> None:
    runs = by_number(number).configs
    assert [(run.num_hidden_layers, run.units) for run in runs] == [(depth, units) for depth in range(1, 11)]


def test_keras_3s_shared_draw_is_all_that_sets_it_apart_from_deep_tanh() -> None:
    shared, independent = by_number("2K").configs
    assert shared.shared_draw
    assert shared.with_changes(shared_draw=False) == independent == by_number("2").configs[0]


def test_to_import_the_article_draws_no_data() -> None:
    code = "import vgdemo.data; vgdemo.data.make_dataset = None; import vgdemo.article"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_chapters_are_made_once() -> None:
    assert chapters() is chapters()
    assert experiments()[0] is chapters()["Deeper is worse, until ReLU"][0]


def test_where_the_gradients_are_not_the_articles_it_is_said_what_may_explain_it() -> None:
    assert [experiment.number for experiment in experiments() if experiment.remark] == ["6", "7"]
    assert "batches of 32" in by_number("6").remark and "batches of 32" in by_number("7").remark


def test_the_ceiling_of_the_articles_points_is_the_one_that_their_runs_are_held_to() -> None:
    assert ceiling(DEEP_TANH) == pytest.approx(CEILING)


def test_through_time_two_recurrent_networks_of_as_many_steps_stand_side_by_side() -> None:
    experiment = by_number("T")
    small, identity = experiment.configs
    assert small.time_steps == identity.time_steps == 100
    assert small.network == identity.network == "simple_rnn"
    assert {claim.runs for claim in experiment.claims} == {(0,), (1,)} and all(one.is_open for one in experiment.claims)
    assert experiment.pictures == ("outcome", "steps")
    # 0.59 of the way from half of the points to all of them, which the clean first step tells apart.
    assert [claim.low for claim in experiment.claims[:2]] == [pytest.approx(0.5 + 0.59 * 0.5, abs=0.01)] * 2
