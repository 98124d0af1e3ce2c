"""Networks on noisy points, trained: as good as can be is healthy, and where nothing can be, the data are to blame."""

from __future__ import annotations

import pytest

from vgdemo.config import RunConfig
from vgdemo.diagnosis import Verdict, diagnose
from vgdemo.engine import train

WELL = RunConfig(
    num_hidden_layers=2,
    units=32,
    activation="tanh",
    kernel_initializer="glorot_uniform",
    output_initializer="glorot_uniform",
    optimizer="adam",
    learning_rate=0.01,
    epochs=60,
    replicates=4,
)


@pytest.mark.parametrize(
    ("dataset", "noise", "verdict"),
    [
        ("circles", 0.3, Verdict.HEALTHY),
        ("spirals", 0.3, Verdict.HEALTHY),
        ("moons", 0.9, Verdict.HEALTHY),
        ("xor", 0.3, Verdict.HEALTHY),
        ("circles", 1, Verdict.NOISE),
    ],
)
def test_a_network_is_held_to_what_can_be_reached(dataset: str, noise: float, verdict: Verdict) -> None:
    record = train(WELL.with_changes(dataset=dataset, noise=noise))
    assert diagnose(record).verdict is verdict


def test_an_accuracy_of_the_first_weights_is_not_healthy() -> None:
    still = RunConfig(
        activation="linear",
        kernel_initializer="uniform_0_1",
        output_initializer="glorot_uniform",
        num_hidden_layers=2,
        units=4,
        dataset="gaussians",
        noise=0.3,
        learning_rate=1e-6,
        epochs=40,
    )
    assert Verdict.HEALTHY not in diagnose(train(still)).counts
