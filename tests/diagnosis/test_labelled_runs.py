"""The labelled runs of two small networks, trained; `make diagnosis` trains all of them."""

from __future__ import annotations

import pytest

import vgdemo
from bench.diagnosis import LabelledRun, labelled_runs
from vgdemo.activations import ACTIVATIONS
from vgdemo.initializers import INITIALIZERS

RUNS = list(labelled_runs())
QUICK = [
    run
    for run in RUNS
    if run.config.num_hidden_layers == run.config.units == 5
    and run.config.activation in ("tanh", "relu")
    and run.config.optimizer == "sgd"
]


def test_the_labelled_runs_cover_activations_initialisers_and_depths() -> None:
    assert len(RUNS) == len(set(run.config for run in RUNS)) >= 40
    assert {run.config.activation for run in RUNS} == set(ACTIVATIONS)
    assert {run.config.kernel_initializer for run in RUNS} >= set(INITIALIZERS)
    assert {1, 50} <= {run.config.num_hidden_layers for run in RUNS}


@pytest.mark.parametrize("run", QUICK, ids=lambda run: f"{run.label}: {run.config.sentence}")
def test_a_trained_run_gets_the_verdict_of_its_label(run: LabelledRun) -> None:
    assert vgdemo.diagnose(vgdemo.train(run.config)).verdict is run.label


def test_the_quick_ones_show_every_verdict() -> None:
    verdicts = set(vgdemo.diagnosis.Verdict)
    assert {run.label for run in QUICK} >= verdicts - {vgdemo.diagnosis.Verdict.NOISE}
