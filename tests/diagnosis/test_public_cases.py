"""Networks that people asked about elsewhere, with what was known of each before this diagnosis looked at it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from vgdemo.config import RunConfig
from vgdemo.diagnosis import Diagnosis, Verdict, diagnose, possible
from vgdemo.diagnosis.symptoms import Symptoms
from vgdemo.engine import train
from vgdemo.record import RunRecord

ADAM = {"optimizer": "adam", "learning_rate": 0.001, "epochs": 100}
MOONS = {"dataset": "moons", "n_samples": 250, "noise": 0.05} | ADAM
SIGMOID = {"activation": "sigmoid", "kernel_initializer": "glorot_uniform"}
TANH = {"activation": "tanh", "kernel_initializer": "glorot_uniform"}
RELU = {"activation": "relu", "kernel_initializer": "he_uniform"}
XOR = {"dataset": "xor", "num_hidden_layers": 1, "units": 2}

CASES: dict[str, dict[str, Any]] = {
    "circles, one layer of sigmoids": SIGMOID | ADAM | {"num_hidden_layers": 1},
    "moons, ten layers of sigmoids": SIGMOID | MOONS | {"num_hidden_layers": 10, "units": 10},
    "moons, three layers of sigmoids": SIGMOID | MOONS | {"num_hidden_layers": 3, "units": 10},
    "moons, eleven layers of ReLUs": RELU | MOONS | {"num_hidden_layers": 11, "units": 10},
    "XOR, two sigmoids": SIGMOID | XOR | {"momentum": 0.0, "epochs": 500},
    "XOR, two tanh units": TANH | XOR | {"epochs": 300},
    "tanh with small weights": TANH
    | {"kernel_initializer": "lecun_normal", "gain": 0.05**0.5, "num_hidden_layers": 10, "units": 256}
    | {"epochs": 1, "n_samples": 200, "replicates": 1},
    "ReLU, learning rate 3": RELU | {"learning_rate": 3.0, "epochs": 60},
}


@cache
def record_of(case: str) -> RunRecord:
    return train(RunConfig(**{"output_initializer": "glorot_uniform", "replicates": 4} | CASES[case]))


def diagnosed(case: str) -> Diagnosis:
    return diagnose(record_of(case))


def changes(case: str) -> list[dict[str, Any]]:
    """What the remedies change, in their order."""
    return [dict(remedy.changes) for remedy in possible(diagnosed(case).remedies, record_of(case).config)]


@pytest.mark.parametrize("case", ["circles, one layer of sigmoids", "XOR, two sigmoids"])
def test_sigmoids_that_have_hardly_set_out_need_more_steps(case: str) -> None:
    diagnosis = diagnosed(case)
    assert diagnosis.verdict is Verdict.STUCK
    assert "steps are too few or too short" in diagnosis.cause
    longer = [{"learning_rate", "epochs"}, {"learning_rate"}, {"epochs"}]
    against = [change for change in changes(case) if "units" not in change][:3]
    assert [change.keys() for change in against] == longer
    config = record_of(case).config
    assert config is not None
    assert all(change.get("learning_rate", 1) > config.learning_rate for change in against)


def test_ten_layers_of_sigmoids_vanish_by_their_slope_and_three_do_not() -> None:
    deep = diagnosed("moons, ten layers of sigmoids")
    assert deep.verdict is Verdict.VANISHING
    assert "the activation's slope" in deep.cause
    assert Verdict.VANISHING not in diagnosed("moons, three layers of sigmoids").kinds


def test_eleven_layers_of_relus_are_healthy() -> None:
    assert diagnosed("moons, eleven layers of ReLUs").verdict is Verdict.HEALTHY


def test_two_tanh_units_are_a_matter_of_the_draw_and_more_of_them_cure() -> None:
    diagnosis = diagnosed("XOR, two tanh units")
    assert set(diagnosis.kinds) <= {Verdict.HEALTHY, Verdict.STUCK}
    if diagnosis.remedies:
        assert "luck of the draw" in diagnosis.cause
        assert changes("XOR, two tanh units")[0] == {"units": 8}


def test_small_weights_let_the_signal_fade_as_published() -> None:
    """Standard deviations .213 .048 .011 .0024 .0005 were published for ten layers of tanh with σw² = 0.05."""
    diagnosis = diagnosed("tanh with small weights")
    assert diagnosis.verdict is Verdict.VANISHING
    assert "first weights are too small" in diagnosis.cause
    signal = Symptoms(record_of("tanh with small weights")).start_signal
    assert signal is not None
    published = np.array([0.213, 0.048, 0.011, 0.0024, 0.0005])
    np.testing.assert_allclose(signal[0, 4] / signal[0, 0], published[4] / published[0], rtol=0.2)


def test_relus_at_a_learning_rate_of_3_take_too_long_steps() -> None:
    diagnosis = diagnosed("ReLU, learning rate 3")
    assert diagnosis.verdict in (Verdict.DEAD, Verdict.DIVERGED, Verdict.STUCK)
    assert "long" in diagnosis.cause
    assert changes("ReLU, learning rate 3")[0] == {"learning_rate": 0.01}
    assert all(change.get("learning_rate", 0) < 3 for change in changes("ReLU, learning rate 3"))
