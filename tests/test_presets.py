from __future__ import annotations

import pytest

from vgdemo.config import RunConfig
from vgdemo.presets import OF_ARTICLE, PRESETS, THROUGH_TIME

# The article's own words for each experiment: hidden layers, units, activation, initialisers, optimiser.
ARTICLE = {
    "1": (1, 5, "tanh", "uniform_0_1", "uniform_0_1", "sgd"),
    "2": (5, 5, "tanh", "uniform_0_1", "uniform_0_1", "sgd"),
    "3": (5, 5, "relu", "he_uniform", "glorot_uniform", "sgd"),
    "4": (15, 5, "relu", "he_uniform", "glorot_uniform", "sgd"),
    "5": (20, 5, "relu", "he_uniform", "glorot_uniform", "sgd"),
    "6": (5, 5, "tanh", "uniform_0_1", "uniform_0_1", "sgd"),
    "7": (5, 5, "relu", "he_uniform", "glorot_uniform", "sgd"),
    "E1": (5, 5, "tanh", "glorot_uniform", "glorot_uniform", "sgd"),
    "E2": (5, 5, "tanh", "uniform_0_1", "uniform_0_1", "adam"),
    "E3": (5, 5, "tanh", "uniform_0_1", "uniform_0_1", "sgd"),
    "E4": (10, 5, "tanh", "uniform_0_1", "uniform_0_1", "sgd"),
    "E5": (10, 25, "tanh", "uniform_0_1", "uniform_0_1", "sgd"),
}


def network(config: RunConfig) -> tuple[object, ...]:
    return (
        config.num_hidden_layers,
        config.units,
        config.activation,
        config.kernel_initializer,
        config.output_initializer,
        config.optimizer,
    )


def test_every_experiment_is_the_articles() -> None:
    assert {preset.number: network(preset.config) for preset in OF_ARTICLE} == ARTICLE


@pytest.mark.parametrize("preset", OF_ARTICLE, ids=lambda preset: preset.number)
def test_what_the_article_never_changes_is_the_same_everywhere(preset: object) -> None:
    config = preset.config  # type: ignore[attr-defined]
    assert (config.dataset, config.n_samples, config.noise, config.data_seed) == ("circles", 1000, 0.1, 1)
    assert (config.batch_size, config.epochs) == (32, 500)
    assert config.optimizer == "adam" or (config.learning_rate, config.momentum) == (0.01, 0.9)


def test_labels_tell_the_experiments_apart() -> None:
    assert len({preset.label for preset in PRESETS}) == len(PRESETS)


def test_an_experiment_about_a_statistic_is_shown_by_no_other() -> None:
    about = {preset.number: preset.statistic for preset in PRESETS if preset.statistic is not None}
    assert about == {"6": "gradient_mean_abs", "7": "gradient_mean_abs", "E3": "kernel_l1"}
    fitting = [preset.number for preset in PRESETS if preset.suits(RunConfig(), "kernel_l1")]
    assert fitting == ["2", "E3"]


def test_recurrent_networks_are_shown_with_the_starts_and_cells_that_matter() -> None:
    runs = {preset.number: preset.config for preset in THROUGH_TIME}
    changed = {
        number: {name for name in run.to_dict() if getattr(run, name) != getattr(before, name)}
        for number, run, before in [
            ("T1", runs["T1"], runs["T2"]),
            ("T3", runs["T3"], runs["T2"]),
            ("T6", runs["T6"], runs["T5"]),
            ("T7", runs["T7"], runs["T8"]),
            ("T9", runs["T9"], runs["T8"]),
        ]
    }
    assert changed == {
        "T1": {"time_steps"},
        "T3": {"recurrent_initializer", "recurrent_gain"},
        "T6": {"gradient_clip"},
        "T7": {"unit_forget_bias"},
        "T9": {"network"},
    }
    assert (runs["T1"].time_steps, runs["T2"].time_steps) == (20, 200)
    assert (runs["T4"].recurrent_initializer, runs["T4"].activation) == ("identity", "relu")
