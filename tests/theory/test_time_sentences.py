"""What theory expects of a recurrent run, in sentences."""

from __future__ import annotations

import numpy as np
from conftest import random_record

from vgdemo.config import RunConfig
from vgdemo.theory import Band, against_measurement, expectation, outlook
from vgdemo.theory.through_time import ThroughTime

RUN = RunConfig(network="lstm", time_steps=21, units=3, n_samples=100, epochs=1, replicates=2)


def band(*layers: float, spread: float = 1.0) -> Band:
    middle = np.array(layers)
    return Band(middle / spread, middle, middle * spread)


HALVED = ThroughTime(
    RUN,
    size=Band(*[0.5 ** np.arange(20, -1, -1.0)[None]] * 3),
    factor=band(0.5, spread=2),
    gate=band(0.73),
)


def test_the_expectation_says_the_factor_per_step_and_how_far_back_it_reaches() -> None:
    """Halved ten times is 1/1,024: of 21 steps the first 11 get less than a thousandth."""
    assert expectation(HALVED) == (
        "Theory expects the gradient to change ×0.5 per time step on its way back. "
        "The first 11 of 21 steps get less than a thousandth of the gradient of the last one."
    )


def test_a_caveat_stands_alone() -> None:
    none = ThroughTime(RUN, "No forecast: not here.")
    record = random_record(RUN)
    assert expectation(none) == against_measurement(none, record) == "No forecast: not here."
    assert outlook(none) == ("No forecast: not here.",)


def test_the_measurement_is_that_of_the_median_replicate_at_epoch_0() -> None:
    record = random_record(RUN)
    record.panels["steps/1"].statistics["state_gradient_rms"][0] = np.array([0.9, 0.9])[:, None] ** np.arange(
        20, -1, -1
    )
    assert against_measurement(HALVED, record) == "Per time step on the way back theory says ×0.5 (measured ×0.9)."


def test_every_layer_of_a_stack_is_held_against_its_own_measurement() -> None:
    run = RUN.with_changes(num_hidden_layers=2)
    record = random_record(run)
    for layer, factor in (("1", 0.5), ("2", 0.25)):
        record.panels[f"steps/{layer}"].statistics["state_gradient_rms"][0] = factor ** np.arange(20, -1, -1)
    said = against_measurement(ThroughTime(run, factor=band(0.6, 0.3)), record)
    assert said == (
        "Per time step on the way back theory says ×0.6 (measured ×0.5) and ×0.3 (measured ×0.25) in layers 1 to 2."
    )


def test_where_nothing_comes_back_there_is_no_measured_factor() -> None:
    record = random_record(RUN)
    record.panels["steps/1"].statistics["state_gradient_rms"][0] = np.eye(21)[-1]
    assert against_measurement(HALVED, record) == "Per time step on the way back theory says ×0.5."


def test_the_outlook_says_what_the_factor_comes_from_and_how_much_networks_differ() -> None:
    _, gate, spread = outlook(HALVED)
    assert gate == "The forget gate lets 0.73 of the state pass from one step to the next."
    assert spread == "Of ten networks of these settings eight have between ×0.25 and ×1 per step."


def test_chi_is_said_of_simple_recurrent_weights() -> None:
    run = RUN.with_changes(network="simple_rnn")
    size = Band(*[np.ones((1, 21))] * 3)

    def chi(last: float) -> str:
        return outlook(ThroughTime(run, size=size, factor=band(0.9), chi=np.array([[1.0, last]])))[1]

    changes = "in the limit of many units the gradient changes ×0.7 per step."
    assert chi(0.49).startswith(f"χ = 0.49 of the recurrent weights: {changes}")
    assert "the gradient keeps its size" in chi(1)
