from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vgdemo.article import Claim, Finding, configs, experiments
from vgdemo.article.experiment import contrast, depth_limit, growth
from vgdemo.article.measures import NORM_GROWTH, VAL_ACCURACY


def finding(row: str, learning: int, total: int, **changes: Any) -> Finding:
    claim = Claim(row, "learn", VAL_ACCURACY, low=0.7, **changes)
    return Finding(claim, np.array([0.8] * learning + [0.5] * (total - learning)))


def test_a_contrast_is_fishers_exact_test() -> None:
    """Fisher's lady tasting tea, two-sided: 34/70."""
    sentence = contrast([finding("milk first", 3, 4), finding("tea first", 1, 4)])
    assert sentence.startswith("3 of 4 (milk first) against 1 of 4 (tea first): ")
    assert "no more than chance" in sentence and "p = 0.49" in sentence


def test_a_clear_contrast_is_more_than_chance() -> None:
    assert "is more than chance" in contrast([finding("a", 20, 20), finding("b", 4, 20)])


@pytest.mark.parametrize(
    ("learning", "sentence"),
    [
        ([4, 3, 1, 0], "Most replicates learn up to 2 layers; none learns from 4 layers on."),
        ([4, 0, 1, 0], "Most replicates learn up to 1 layer; none learns from 4 layers on."),
        ([4, 4, 4, 4], "Most replicates learn up to 4 layers; at every depth some learn."),
        ([1, 0, 0, 0], "Most replicates learn at no depth; none learns from 2 layers on."),
        ([0, 0, 0, 0], "Most replicates learn at no depth; none learns from 1 layer on."),
    ],
)
def test_the_limit_of_depth_is_said_in_words(learning: list[int], sentence: str) -> None:
    rows = ["1 layer", "2 layers", "3 layers", "4 layers"]
    assert depth_limit([finding(row, count, 4) for row, count in zip(rows, learning, strict=True)]) == sentence


def test_growth_is_that_of_the_median_replicate() -> None:
    tanh = Finding(Claim("tanh", "grow", NORM_GROWTH), np.array([1.0, 1.5, 9.0]))
    assert growth([tanh]) == "In the median replicate all weights together change by ×1.5 with tanh."
    assert growth([tanh, tanh, tanh]).endswith("by ×1.5 with tanh, ×1.5 with tanh and ×1.5 with tanh.")


@pytest.mark.parametrize("experiment", experiments(), ids=lambda experiment: experiment.number)
def test_an_experiment_concludes_nothing_as_long_as_a_finding_is_missing_or_cut_short(experiment: Any) -> None:
    none = [None] * len(experiment.claims)
    cut_short = [Finding(claim, np.zeros(0), stopped_after=3) for claim in experiment.claims]
    assert experiment.conclusion(none) is None
    assert experiment.conclusion(cut_short) is None


def test_a_change_of_settings_reaches_every_run() -> None:
    changed = experiments()[1].with_changes(epochs=7, replicates=3)
    assert {(config.epochs, config.replicates) for config in changed.configs} == {(7, 3)}
    assert changed.claims == experiments()[1].claims


def test_a_run_that_several_experiments_look_at_is_trained_once() -> None:
    runs = configs(experiments())
    assert len(runs) == len({config.run_key for config in runs}) == 28
