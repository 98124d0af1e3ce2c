"""What the tour says of its runs is what they measure."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from vgdemo import RunRecord, diagnose, summarize
from vgdemo.config import RunConfig
from vgdemo.diagnosis import Verdict, possible
from vgdemo.engine import train
from vgdemo.figures.scales import STATISTICS
from vgdemo.tour import OPENING, RELU, SIGMOID, STEPS, TANH, Step
from vgdemo.ui.look import Look

trained = cache(train)


def median(record: RunRecord, statistic: str) -> np.ndarray:
    """Over the replicates, as the heatmap shows it: (E, L)."""
    return np.asarray(np.nanmedian(record.values(statistic), axis=1))


def accuracy(record: RunRecord) -> np.ndarray:
    return np.asarray(np.median(record.curve_arrays["val_accuracy"], axis=1))


def test_with_sigmoids_the_gradient_falls_from_layer_to_layer_and_nothing_is_learned() -> None:
    record = trained(SIGMOID)
    gradient = median(record, "gradient_rms")
    assert (np.diff(gradient[-1]) > 0).all(), "the last epoch falls in every layer"
    assert (np.diff(gradient[:, 1:], axis=1) > 0).all(), "and at each epoch in all but the first"
    handed_on = (gradient[-1, 1:-2] / gradient[-1, 2:-1]).round(2)
    assert (handed_on > 1 / 6).all() and (handed_on < 1 / 3).all(), "about a quarter"
    low = 10 ** STATISTICS["gradient_rms"].low
    assert (gradient > low).all() and (gradient[-1, 0] < 10 * low), "within the colours, at their dark end"
    assert summarize(record).learned.count <= 1  # type: ignore[union-attr]
    assert np.abs(accuracy(record) - 0.5).max() < 0.02
    assert diagnose(record).verdict is Verdict.VANISHING


def test_with_the_articles_weights_tanh_is_saturated_and_no_gradient_gets_through() -> None:
    record = trained(TANH)
    assert (median(record, "saturated_share")[:, 2:] > 0.9).all(), "from layer 3 on, from the first epoch"
    assert (median(record, "gradient_rms")[:, :7] == 0).all(), "grey up to layer 7"
    assert summarize(record).learned.count <= 1  # type: ignore[union-attr]
    assert diagnose(record).verdict is Verdict.SATURATED


def test_with_relu_the_gradient_is_even_and_the_network_learns() -> None:
    record = trained(RELU)
    gradient = median(record, "gradient_rms")[-1]
    assert gradient.max() / gradient.min() < 10, "a tenth of the colours' eight powers of ten"
    assert summarize(record).learned.count >= 9  # type: ignore[union-attr]
    assert accuracy(record)[-1] > 0.8
    assert diagnose(record).verdict is Verdict.HEALTHY


def test_the_remedy_that_the_tour_names_is_offered_and_cures() -> None:
    offered = {remedy.label: remedy for remedy in possible(diagnose(trained(TANH)).remedies, TANH)}
    remedy = offered["Glorot initialiser"]
    assert all("initializer" in name or name == "gain" for name in remedy.changes), "other first weights alone"
    assert summarize(trained(remedy.applied(TANH))).learned.count >= 9  # type: ignore[union-attr]


def test_the_articles_network_fails_as_it_is_saturated() -> None:
    record = trained(RunConfig())
    assert diagnose(record).verdict is Verdict.SATURATED
    assert summarize(record).learned.count <= 1  # type: ignore[union-attr]
    saturated = median(record, "saturated_share")[-1]
    assert (np.diff(saturated) > 0).all() and saturated[-1] > 0.5


def test_the_first_three_differ_in_activation_and_first_weights_alone() -> None:
    same = {"activation": "tanh", "kernel_initializer": "he_uniform", "output_initializer": "he_uniform"}
    assert len({config.with_changes(**same) for config in OPENING}) == 1


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.title)
def test_a_step_is_short_and_has_a_look_that_there_is(step: Step) -> None:
    assert len(step.text.split()) <= 60
    assert Look.from_text(step.view)[1] == ()
    assert step.is_shown_by((*step.runs, RunConfig(units=9)))
    assert not step.is_shown_by([RunConfig(units=9)])
