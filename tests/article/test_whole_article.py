"""The whole article, trained with few replicates: what holds for any seed must hold here."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import pytest

from vgdemo.article import Experiment, Finding, Judgement, experiments, judged
from vgdemo.article.measures import TRAIN_ACCURACY, VAL_ACCURACY
from vgdemo.config import RunConfig
from vgdemo.engine import train
from vgdemo.learning import learning_threshold
from vgdemo.record import RunRecord

REPLICATES = 8
# Of the sweeps over depth, three depths: each is a program to compile. Wide networks take long, so they are fewer and
# train for less: those that learn do so within 200 epochs, and those that fail have no gradient at any epoch.
DEPTHS = (1, 5, 10)
WIDE = {"epochs": 200, "replicates": 4}

trained = functools.cache(train)


def is_trained(config: RunConfig, number: str) -> bool:
    return number not in ("E4", "E5") or config.num_hidden_layers in DEPTHS


def repeated(number: str) -> Experiment:
    """An experiment with few replicates."""
    experiment = next(experiment for experiment in experiments() if experiment.number == number)
    return experiment.with_changes(**{"replicates": REPLICATES} | (WIDE if number == "E5" else {}))


def records(number: str) -> list[RunRecord]:
    """Those of the runs that are trained."""
    return [trained(config) for config in repeated(number).configs if is_trained(config, number)]


@functools.cache
def findings(number: str) -> Sequence[Finding]:
    """What an experiment's runs say to its claims."""
    experiment = repeated(number)
    looked_at = [trained(config) if is_trained(config, number) else None for config in experiment.configs]
    return [found for claim in experiment.claims if (found := judged(claim, looked_at)) is not None]


def share(number: str, row: str) -> float:
    """Of the replicates for which the claim holds."""
    return next(found.share.value for found in findings(number) if found.claim.row == row)


@pytest.mark.parametrize("number", [experiment.number for experiment in experiments()])
def test_every_claim_of_an_experiment_is_judged_from_what_was_measured(number: str) -> None:
    found = findings(number)
    assert found
    for finding in found:
        assert finding.judgement is not Judgement.CUT_SHORT
        assert finding.sentence.startswith(f"{finding.share.count} of {len(finding.values)} replicates ")


@pytest.mark.parametrize("experiment", experiments(), ids=lambda experiment: experiment.number)
def test_a_claim_of_learning_has_the_bound_from_which_on_its_records_have_learned(experiment: Experiment) -> None:
    bounds = {learning_threshold(record) for record in records(experiment.number)}
    claimed = {
        bound
        for claim in experiment.claims
        if claim.measure in (TRAIN_ACCURACY, VAL_ACCURACY)
        for bound in (claim.low, claim.high)
        if math.isfinite(bound)
    }
    assert claimed in (bounds, set())
    assert len(bounds) == 1


def test_shallow_tanh_learns() -> None:
    assert share("1", "validation") == 1


def test_deep_tanh_learns_in_a_minority_of_replicates() -> None:
    assert share("2", "validation") > 0.5  # The claim is that it fails.


def test_deep_tanh_with_one_draw_for_all_layers_learns_in_a_minority_of_replicates() -> None:
    assert share("2K", "shared draw") > 0.5


def test_relu_with_5_layers_learns_in_nearly_all_replicates() -> None:
    assert share("3", "validation") >= 0.8


def test_relu_with_20_layers_learns_in_a_minority_of_replicates() -> None:
    assert share("5", "validation") > 0.5


def test_glorot_cures_tanh_with_5_layers() -> None:
    assert share("E1", "Glorot") == 1
    assert share("E1", "Deep tanh") < 0.5


def test_the_first_layers_gradient_of_deep_relu_lies_above_deep_tanhs() -> None:
    assert share("7", "ReLU / tanh") >= 0.8


@pytest.mark.parametrize("number", ["E4", "E5"])
def test_learning_ends_with_depth(number: str) -> None:
    assert share(number, "1 layer") == 1
    assert share(number, "10 layers") == 0
