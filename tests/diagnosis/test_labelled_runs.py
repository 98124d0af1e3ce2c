"""The table of labelled runs, and those of two small networks trained; `make diagnosis` trains all of them."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.labels import HALVES, HELD_OUT, TUNE, LabelledRun, by_birth, by_chi, by_line, by_noise, half, labelled_runs
from vgdemo.activations import ACTIVATIONS
from vgdemo.architectures import ARCHITECTURES
from vgdemo.config import DATASETS, KERNEL_INITIALIZERS, NORMALIZATIONS, RunConfig
from vgdemo.diagnosis import Verdict, diagnose
from vgdemo.engine import train
from vgdemo.optimizers import GRADIENT_CLIPS, OPTIMIZERS

RUNS = list(labelled_runs())
SMALL = RunConfig(kernel_initializer="glorot_uniform", output_initializer="glorot_uniform")
LINEAR_IN_TIME = RunConfig(network="simple_rnn", activation="linear", recurrent_gain=0.1)
QUICK = [run for run in RUNS if run.half == TUNE and run.label.verdicts == (Verdict.LEARNING,)] + [
    run
    for run in RUNS
    if run.config.num_hidden_layers == run.config.units == 5
    and run.config.activation in ("tanh", "relu")
    and run.config.optimizer == "sgd"
    and (run.config.dataset, run.config.noise) == ("circles", 0.1)
    and len(run.label.verdicts) == 1
]


def test_the_labelled_runs_cover_what_can_be_set() -> None:
    assert len(RUNS) == len({run.config for run in RUNS}) >= 150
    for name, choices in {
        "activation": ACTIVATIONS,
        "kernel_initializer": KERNEL_INITIALIZERS,
        "optimizer": OPTIMIZERS,
        "gradient_clip": ["none", *GRADIENT_CLIPS],
        "normalization": NORMALIZATIONS,
        "network": ARCHITECTURES,
        "dataset": [*DATASETS, "first_symbol"],
        "residual": [True, False],
        "shared_draw": [True, False],
        "nesterov": [True, False],
    }.items():
        assert {getattr(run.config, name) for run in RUNS} == {*choices}, name


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_data_set_comes_with_little_noise_and_with_much(dataset: str) -> None:
    noises = {run.config.noise for run in RUNS if run.config.dataset == dataset}
    assert min(noises) <= 0.3 and max(noises) >= 0.9


@pytest.mark.parametrize(
    ("name", "values"),
    {
        "num_hidden_layers": {1, 50},
        "units": {1, 256},
        "replicates": {1},
        "epochs": {1, 2, 3},
        "batch_size": {1},
        "learning_rate": {1e-6, 10},
        "momentum": {0, 0.999},
    }.items(),
)
def test_the_ends_of_a_setting_are_there(name: str, values: set[float]) -> None:
    assert values <= {getattr(run.config, name) for run in RUNS}


def test_both_halves_are_large_and_have_every_verdict() -> None:
    for part in HALVES:
        verdicts = Counter(verdict for run in RUNS if run.half == part for verdict in run.label.verdicts)
        assert verdicts.total() >= 60 and set(verdicts) == set(Verdict), part


def test_a_half_depends_on_the_settings_alone() -> None:
    seeds = [SMALL.with_changes(seed=seed) for seed in range(30)]
    assert {half(config, was_seen=True) for config in seeds} == {TUNE}
    assert Counter(half(config, was_seen=False) for config in seeds)[HELD_OUT] == pytest.approx(20, abs=5)


def test_every_label_has_a_source() -> None:
    assert all(run.label.source and run.label.verdicts for run in RUNS)


@pytest.mark.parametrize(
    ("label", "unclear"),
    [
        (by_chi, SMALL),
        (by_birth, SMALL.with_changes(activation="relu")),
        (by_noise, SMALL.with_changes(noise=0.3)),
        (by_line, SMALL.with_changes(activation="linear", dataset="moons")),
        (by_line, SMALL),
        (by_chi, RunConfig(network="simple_rnn")),  # A rotation, which tanh shrinks by little.
    ],
)
def test_where_theory_does_not_decide_there_is_no_label(label, unclear: RunConfig) -> None:
    with pytest.raises(ValueError, match="Received"):
        label(unclear)


@pytest.mark.parametrize(
    ("label", "config", "verdict", "number"),
    [
        # χ of 0.25² and a little less; a chain of one ReLU is open for a point with probability 1/2 for each layer;
        # the noise of the circles, ±0.5, is more than twice what parts them; a line halves the square.
        (by_chi, SMALL.with_changes(activation="sigmoid", num_hidden_layers=10), Verdict.VANISHING, "0.0557"),
        (by_chi, LINEAR_IN_TIME, Verdict.VANISHING, "1.0e-99 through time"),  # A rotation, shrunk to a tenth.
        (by_birth, SMALL.with_changes(activation="relu", units=1, num_hidden_layers=7), Verdict.DEAD, "0.9922"),
        (by_noise, SMALL.with_changes(noise=0.5, n_samples=200), Verdict.NOISE, "± 0.050"),
        (by_line, SMALL.with_changes(activation="linear", dataset="xor"), Verdict.STUCK, "0.6"),
    ],
)
def test_theory_tells_what_a_clear_run_has(label, config: RunConfig, verdict: Verdict, number: str) -> None:
    assert label(config).verdicts == (verdict,)
    assert number in label(config).source


@pytest.mark.parametrize("run", QUICK, ids=lambda run: f"{run.label}: {run.config.sentence}")
def test_a_trained_run_gets_the_verdict_of_its_label(run: LabelledRun) -> None:
    assert diagnose(train(run.config)).verdict in run.label.verdicts


def test_the_quick_ones_show_every_verdict() -> None:
    assert {verdict for run in QUICK for verdict in run.label.verdicts} >= set(Verdict) - {Verdict.NOISE}
