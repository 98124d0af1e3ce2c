from __future__ import annotations

from dataclasses import asdict

import pytest

from vgdemo.config import ACTIVATIONS, HIDDEN_INITIALIZERS, OPTIMIZERS, RunConfig
from vgdemo.diagnosis.remedies import RECIPES, remedies


def changes(config: RunConfig, name: str) -> dict[str, object]:
    """The settings that one remedy changes; empty if it is not proposed."""
    return {
        setting: value
        for remedy in remedies(config, [name])
        for setting, value in asdict(remedy.config).items()
        if value != getattr(config, setting)
    }


@pytest.mark.parametrize(
    ("activation", "initializer"),
    [
        ("tanh", "glorot_uniform"),
        ("sigmoid", "glorot_uniform"),
        ("relu", "he_uniform"),
        ("leaky_relu", "he_uniform"),
        ("selu", "lecun_normal"),
    ],
)
def test_each_activation_gets_the_initialiser_made_for_it(activation: str, initializer: str) -> None:
    changed = changes(RunConfig(activation=activation), "own initializer")
    assert changed == {"kernel_initializer": initializer, "output_initializer": "glorot_uniform"}


def test_an_output_initialiser_with_mean_0_stays() -> None:
    config = RunConfig(output_initializer="lecun_uniform")
    assert changes(config, "own initializer") == {"kernel_initializer": "glorot_uniform"}


def test_a_normal_of_the_right_family_does_not_become_a_uniform() -> None:
    config = RunConfig(activation="relu", kernel_initializer="he_normal", output_initializer="glorot_normal")
    assert changes(config, "own initializer") == {}
    assert changes(config, "relu") == {}


def test_settings_of_the_steps_are_scaled_within_their_bounds() -> None:
    assert changes(RunConfig(learning_rate=0.3), "smaller steps") == {"learning_rate": 0.03}
    assert changes(RunConfig(learning_rate=5), "larger steps") == {"learning_rate": 10.0}
    assert changes(RunConfig(num_hidden_layers=1), "shallower") == {}
    assert changes(RunConfig(units=256, epochs=10), "wider") == {}


def test_a_remedy_that_costs_too_much_is_left_out() -> None:
    config = RunConfig(units=128, num_hidden_layers=20, epochs=100, replicates=20)
    assert changes(config, "wider") == {}
    assert changes(config, "residual") == {"residual": True}


def test_remedies_keep_their_order_and_never_repeat() -> None:
    config = RunConfig(activation="relu", kernel_initializer="he_uniform", output_initializer="glorot_uniform", gain=3)
    labels = [remedy.label for remedy in remedies(config, ["residual", "unit gain", "own initializer", "relu"])]
    assert labels == ["Residual connections", "Gain 1"]


@pytest.mark.parametrize("name", RECIPES)
def test_no_remedy_proposes_what_the_run_already_has(name: str) -> None:
    for activation in ACTIVATIONS:
        for initializer in HIDDEN_INITIALIZERS:
            for optimizer in OPTIMIZERS:
                config = RunConfig(activation=activation, kernel_initializer=initializer, optimizer=optimizer)
                for remedy in remedies(config, [name]):
                    assert remedy.config != config
                    assert name in (
                        "larger steps",
                        "much larger steps",
                        "smaller steps",
                        "wider",
                        "shallower",
                        "longer",
                    ) or (remedies(remedy.config, [name]) == ())


def test_data_seed_and_replicates_stay_so_that_before_and_after_compare() -> None:
    for remedy in remedies(RunConfig(seed=7, data_seed=3), RECIPES):
        assert (remedy.config.seed, remedy.config.data_seed, remedy.config.replicates) == (7, 3, 10)
