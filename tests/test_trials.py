from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from conftest import ended, foreign_record

import vgdemo
from vgdemo.config import RunConfig
from vgdemo.cost import MAX_TRIAL_FLOPS, MAX_TRIAL_MEASUREMENTS
from vgdemo.diagnosis import Diagnosis, Remedy, Verdict
from vgdemo.learning import Share
from vgdemo.record import Log, RunRecord
from vgdemo.trials import LEAST_REPLICATES, in_words, trial_of

MakeRecord = Callable[..., RunRecord]


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch, make_record: MakeRecord) -> list[RunConfig]:
    """What was trained, in a stand-in for the engine with which more replicates learn each time."""
    configs: list[RunConfig] = []

    def train(config: RunConfig) -> RunRecord:
        configs.append(config)
        return ended(make_record, *[0.9] * len(configs), *[0.5] * 4)

    monkeypatch.setattr("vgdemo.trials.train", train)
    return configs


def test_the_first_remedies_are_trained_and_told_best_first(
    trained: list[RunConfig], make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = make_record(activation="relu")
    gains = [Remedy(f"Gain {gain}", "", {"gain": float(gain)}) for gain in range(2, 8)]
    remedies = (Remedy("ReLU", "It has it.", {"activation": "relu"}), *gains)
    monkeypatch.setattr("vgdemo.trials.diagnose", lambda record: Diagnosis(Verdict.STUCK, "", remedies=remedies))
    tried = vgdemo.try_remedies(record)
    assert trained == [record.config.with_changes(gain=gain) for gain in (2, 3, 4, 5)]
    assert [*map(str, tried)] == [
        "Gain 5 · learns in 4 of 8",
        "Gain 4 · learns in 3 of 7",
        "Gain 3 · learns in 2 of 6",
        "Gain 2 · learns in 1 of 5",
    ]


def test_a_run_that_learns_has_nothing_to_try(trained: list[RunConfig], make_record: MakeRecord) -> None:
    assert vgdemo.try_remedies(ended(make_record, 0.9, 0.9)) == ()
    assert trained == []


def test_a_training_of_somebodys_own_is_refused_by_name() -> None:
    record = replace(foreign_record(), source=Log("my_model", "f" * 64))
    with pytest.raises(ValueError, match=r"Expected the record of a run with settings.*Received: my_model"):
        vgdemo.try_remedies(record)


@pytest.mark.parametrize(
    ("learned", "before", "words"),
    [
        (Share(10, 10), Share(0, 10), "learns in 10 of 10"),
        (Share(0, 10), Share(0, 10), "tried: learns in 0 of 10"),
        (Share(3, 10), Share(3, 10), "tried: learns in 3 of 10"),
        (Share(2, 3), Share(4, 10), "learns in 2 of 3"),
        (Share(0, 10), None, "tried: learns in 0 of 10"),
        (Share(1, 10), None, "learns in 1 of 10"),
    ],
)
def test_what_did_not_help_is_said_to_have_been_tried(learned: Share, before: Share | None, words: str) -> None:
    assert in_words(learned, before) == words


@pytest.mark.parametrize(
    ("settings", "replicates"),
    [
        ({}, 10),
        ({"replicates": 32}, 32),
        ({"units": 256, "epochs": 15, "replicates": 10}, 3),
        ({"units": 256, "epochs": 15, "replicates": 2}, 2),
        ({"units": 256, "epochs": 50, "replicates": 2}, None),
        ({"num_hidden_layers": 50, "epochs": 500, "replicates": 10}, 3),
    ],
)
def test_a_trial_has_as_many_replicates_as_are_quick(settings: dict[str, Any], replicates: int | None) -> None:
    config = RunConfig(**settings)
    trial = trial_of(config)
    assert (None if trial is None else trial.replicates) == replicates
    if trial is not None:
        assert trial.with_changes(replicates=config.replicates) == config
        assert (trial.run_key == config.run_key) == (replicates == config.replicates)


@pytest.mark.parametrize("settings", [{"units": 200, "epochs": 20}, {"num_hidden_layers": 20, "epochs": 400}, {}])
def test_no_trial_costs_more_than_is_allowed_unasked(settings: dict[str, Any]) -> None:
    trial = trial_of(RunConfig(replicates=30, **settings))
    assert trial is not None and trial.replicates >= LEAST_REPLICATES
    weights = sum(inputs * outputs for inputs, outputs in trial.kernel_shapes)
    # 500 points train, forward and backward (6 for each weight), twice; 500 validate, forward (2).
    assert (500 * 12 + 500 * 2) * weights * trial.epochs * trial.replicates <= MAX_TRIAL_FLOPS
    assert (trial.epochs + 1) * trial.replicates * trial.num_layers <= MAX_TRIAL_MEASUREMENTS


def test_tests_do_not_try_what_nobody_asked_for() -> None:
    assert os.environ["VGDEMO_TRIALS"] == "off"
