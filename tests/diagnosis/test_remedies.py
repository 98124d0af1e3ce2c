from __future__ import annotations

import re
from dataclasses import asdict, replace

import pytest
from conftest import LSTM

from vgdemo.activations import ACTIVATIONS
from vgdemo.architectures import ARCHITECTURES, RECURRENT
from vgdemo.config import KERNEL_INITIALIZERS, RunConfig, takes
from vgdemo.diagnosis.remedies import (
    ADAM,
    EVERYTHING_USUAL,
    FEWER_STEPS,
    FORGET_BIAS,
    IDENTITY,
    LARGER_STEPS,
    LONGER,
    LONGER_USUAL_STEPS,
    ORTHOGONAL,
    ORTHOGONAL_RECURRENCE,
    OWN_INITIALIZER,
    RELU,
    RESIDUAL,
    SHALLOWER,
    SHORTER_USUAL_STEPS,
    SMALLER_STEPS,
    UNIT_GAIN,
    WIDER,
    Recipe,
    Remedy,
    possible,
    prepared,
)
from vgdemo.model import Kernel, Model
from vgdemo.optimizers import OPTIMIZERS

from .conftest import RECIPES, REPAIRS

TO_LSTM = RECIPES["LSTM"]
ILL = {  # What makes recipes give something that have nothing to give otherwise.
    "slow": {"learning_rate": 1e-4, "batch_size": 1, "activation": "sigmoid", "recurrent_gain": 3.0},
    "fast": {"learning_rate": 1.0, "momentum": 0.99, "batch_size": 500, "kernel_initializer": "uniform_0_1"},
    "held": {"gradient_clip": "value", "weight_decay": 0.1, "normalization": "batch", "gain": 3.0, "residual": True},
    "forgetful": {"unit_forget_bias": False, "recurrent_initializer": "random_normal", "num_hidden_layers": 2},
}
DENSE = replace(LSTM, kernels=(Kernel("first", (3, 8)), *LSTM.kernels[2:]), layers=())
LSTM_ALONE = replace(LSTM, kernels=(*LSTM.kernels[:2], LSTM.kernels[3]), layers=LSTM.layers[:1])
REWRITING = ("WIDER", "SHALLOWER", "RESIDUAL", "BATCH_NORMALIZATION", "LAYER_NORMALIZATION", "LSUV")
ACTIVATING = ("RELU", "LEAKY_RELU", "SELU", "TANH")
SCALED = (
    "WIDER_OWN_INITIALIZER",
    "WIDER_FOR_LONGER",
    "LARGER_STEPS",
    "SMALLER_STEPS",
    "WIDER",
    "SHALLOWER",
    "DEEPER",
    "LONGER",
    "LARGER_STEPS_FOR_LONGER",
    "WIDER_AND_SHALLOWER",
    "WIDER_RELU",
    "WIDER_TANH",
)


def offered(config: RunConfig, *recipes: Recipe) -> tuple[Remedy, ...]:
    """The remedies that a run with these settings is offered."""
    return possible(prepared(recipes, config.model, config.epochs), config)


def changes(config: RunConfig, recipe: Recipe) -> dict[str, object]:
    """The settings that one remedy changes; empty if it is not proposed."""
    return {
        setting: value
        for remedy in offered(config, recipe)
        for setting, value in asdict(remedy.applied(config)).items()
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
    changed = changes(RunConfig(activation=activation), OWN_INITIALIZER)
    assert changed == {"kernel_initializer": initializer, "output_initializer": "glorot_uniform"}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_remedy_calls_activations_initialisers_and_optimisers_what_a_person_calls_them(activation: str) -> None:
    remedies = offered(RunConfig(activation=activation, learning_rate=0.5), *RECIPES.values())
    words = re.findall(r"\w+", " ".join(f"{one.label} {one.explanation}" for one in remedies))
    assert {"relu", "leaky_relu", "elu", "gelu", "mish", "sgd", "he_uniform", "lsuv"}.isdisjoint(words)
    assert ACTIVATIONS[activation].label.split()[-1] in words and "SGD" in words


def test_an_output_initialiser_with_mean_0_stays() -> None:
    config = RunConfig(output_initializer="lecun_uniform")
    assert changes(config, OWN_INITIALIZER) == {"kernel_initializer": "glorot_uniform"}


def test_a_normal_of_the_right_family_does_not_become_a_uniform() -> None:
    config = RunConfig(activation="relu", kernel_initializer="he_normal", output_initializer="glorot_normal")
    assert changes(config, OWN_INITIALIZER) == {}
    assert changes(config, RELU) == {}


def test_settings_of_the_steps_are_scaled_within_their_bounds() -> None:
    assert changes(RunConfig(learning_rate=0.3), SMALLER_STEPS) == {"learning_rate": 0.03}
    assert changes(RunConfig(learning_rate=5), LARGER_STEPS) == {"learning_rate": 10.0}
    assert changes(RunConfig(num_hidden_layers=1), SHALLOWER) == {}
    assert changes(RunConfig(units=256, epochs=10), WIDER) == {}


def test_a_remedy_that_costs_too_much_is_left_out() -> None:
    config = RunConfig(units=128, num_hidden_layers=14, epochs=150, replicates=20)
    assert changes(config, WIDER) == {}
    assert changes(config, RESIDUAL) == {"residual": True}


def test_remedies_keep_their_order_and_never_repeat() -> None:
    config = RunConfig(activation="relu", kernel_initializer="he_uniform", output_initializer="glorot_uniform", gain=3)
    labels = [remedy.label for remedy in offered(config, RESIDUAL, UNIT_GAIN, OWN_INITIALIZER, RELU)]
    assert labels == ["Residual connections", "Gain 1"]


@pytest.mark.parametrize("name", RECIPES)
def test_no_remedy_proposes_what_the_run_already_has(name: str) -> None:
    for activation in ACTIVATIONS:
        for initializer in KERNEL_INITIALIZERS:
            for optimizer in OPTIMIZERS:
                config = RunConfig(activation=activation, kernel_initializer=initializer, optimizer=optimizer)
                for remedy in offered(config, RECIPES[name]):
                    changed = remedy.applied(config)
                    assert changed != config
                    assert name in SCALED or offered(changed, RECIPES[name]) == ()


def test_data_seed_and_replicates_stay_so_that_before_and_after_compare() -> None:
    config = RunConfig(seed=7, data_seed=3)
    for remedy in offered(config, *RECIPES.values()):
        changed = remedy.applied(config)
        assert (changed.seed, changed.data_seed, changed.replicates) == (7, 3, 10)


def test_remedies_for_a_network_of_somebody_else_work_from_what_is_known_of_it() -> None:
    given = {remedy.label: remedy.changes for remedy in prepared((WIDER, SHALLOWER, SMALLER_STEPS, LONGER), DENSE, 6)}
    assert given == {
        "Units: 24": {"units": 24},  # Four times the six of the narrower layer.
        "Hidden layers: 1": {"num_hidden_layers": 1},
        "Learning rate: 0.0001": {"learning_rate": 0.0001},
        "Epochs: 24": {"epochs": 24},
    }


def possible_for(model: Model, *names: str) -> list[str]:
    """Those of the recipes of which a network is offered something."""
    return [name for name in names if prepared((RECIPES[name],), model, 6)]


@pytest.mark.parametrize("network", ARCHITECTURES)
@pytest.mark.parametrize("name", {**RECIPES, **REPAIRS})
def test_no_remedy_changes_what_its_network_does_not_have(name: str, network: str) -> None:
    """Whatever a run of it has; of a change to another network that one's settings count."""
    for settings in ({}, *ILL.values()):
        known = {setting: value for setting, value in settings.items() if takes(network, setting, value)}
        config = RunConfig(network=network, epochs=10, replicates=1, **known)
        for remedy in prepared(({**RECIPES, **REPAIRS}[name],), config.model, config.epochs):
            after = remedy.changes.get("network", network)
            assert all(takes(after, setting, value) for setting, value in remedy.changes.items())
            changed = remedy.applied(config)
            assert remedy.code or changed.network == after
            assert (changed.seed, changed.data_seed, changed.n_samples) == (config.seed, 1, 1000)


@pytest.mark.parametrize("network", RECURRENT)
def test_a_recurrent_run_is_offered_what_it_has(network: str) -> None:
    steep = {"recurrent_initializer": "random_normal", "recurrent_gain": 2.0, "learning_rate": 0.5}
    config = RunConfig(network=network, epochs=10, **steep)
    names = {name for name, recipe in RECIPES.items() if offered(config, recipe)}
    of_dense = {"RESIDUAL", "BATCH_NORMALIZATION", "LAYER_NORMALIZATION", "LSUV", "UNIT_GAIN", "EVERYTHING_USUAL"}
    of_both = {"ADAM", "SMALLER_STEPS", "LONGER", "CLIPPING", "WIDER", "DEEPER", "OWN_INITIALIZER"}
    of_time = {"ORTHOGONAL_RECURRENCE", "UNIT_RECURRENT_GAIN", "FEWER_STEPS"}
    assert names.isdisjoint(of_dense) and names >= of_both | of_time
    of_cells = {"simple_rnn": {"IDENTITY", "RELU", "LSTM", "GRU"}, "lstm": {"GRU"}, "gru": {"LSTM"}}
    assert names & {"IDENTITY", "RELU", "LSTM", "GRU"} == of_cells[network]


def test_a_remedy_through_time_changes_what_it_says_and_keeps_the_rest() -> None:
    rnn = RunConfig(network="simple_rnn", units=8, recurrent_initializer="random_normal", activation="sigmoid")
    adam = {"optimizer": "adam", "learning_rate": 0.001}
    clipped = {"activation": "relu", "recurrent_initializer": "identity", "gradient_clip": "global_norm"}
    assert changes(rnn, IDENTITY) == clipped
    assert changes(rnn, ORTHOGONAL_RECURRENCE) == {"recurrent_initializer": "orthogonal"} | adam
    assert changes(rnn, FEWER_STEPS) == {"time_steps": 25}
    lstm = offered(rnn, TO_LSTM)[0].applied(rnn)
    assert lstm == RunConfig(network="lstm", units=8, **adam)
    assert changes(RunConfig(network="lstm", unit_forget_bias=False), FORGET_BIAS) == {"unit_forget_bias": True} | adam
    assert changes(rnn.with_changes(**adam), ORTHOGONAL_RECURRENCE) == {"recurrent_initializer": "orthogonal"}
    assert changes(RunConfig(network="gru", time_steps=3), FEWER_STEPS) == {"time_steps": 2}
    assert changes(RunConfig(network="gru", time_steps=2), FEWER_STEPS) == {}


def test_a_rotation_is_not_proposed_to_layers_that_begin_with_one() -> None:
    rotated = tuple(replace(kernel, initializer="Orthogonal") for kernel in LSTM.kernels)
    assert prepared((ORTHOGONAL_RECURRENCE,), LSTM, 6)
    assert not prepared((ORTHOGONAL_RECURRENCE,), replace(LSTM, kernels=rotated), 6)


def test_only_a_network_of_dense_layers_has_its_layers_rewritten() -> None:
    assert possible_for(DENSE, *REWRITING) == list(REWRITING)
    assert possible_for(LSTM, *REWRITING) == []
    convolution = replace(DENSE, kernels=(Kernel("image", (3, 3, 1, 8), kind="Conv2D"), *DENSE.kernels[1:]))
    assert possible_for(convolution, *REWRITING) == []
    assert possible_for(Model(DENSE.kernels[-1:]), *REWRITING, *ACTIVATING, "OWN_INITIALIZER") == []


def test_a_layer_with_gates_keeps_its_activation() -> None:
    assert possible_for(LSTM_ALONE, *ACTIVATING) == []
    assert possible_for(LSTM, *ACTIVATING) == list(ACTIVATING)
    assert possible_for(LSTM_ALONE, "OWN_INITIALIZER", "ORTHOGONAL") == ["OWN_INITIALIZER", "ORTHOGONAL"]


def test_adam_comes_with_its_usual_rate() -> None:
    (remedy,) = prepared((ADAM,), replace(LSTM, optimizer="SGD"), 6)
    assert remedy.changes == {"optimizer": "adam", "learning_rate": 0.001}


def test_what_a_network_of_somebody_else_has_is_not_proposed_again() -> None:
    assert prepared((ADAM, SHORTER_USUAL_STEPS, LONGER_USUAL_STEPS), LSTM, 6) == ()


def test_what_is_not_known_is_not_scaled() -> None:
    assert prepared((SHORTER_USUAL_STEPS, SMALLER_STEPS, LARGER_STEPS, WIDER, SHALLOWER), Model(kernels=()), 6) == ()


def test_kerass_own_spelling_of_an_optimiser_is_understood() -> None:
    model = replace(LSTM, optimizer="SGD", learning_rate=3.0)
    assert prepared((SHORTER_USUAL_STEPS,), model, 6)[0].changes == {"learning_rate": 0.01}


def test_a_training_beyond_the_bounds_of_the_settings_is_not_drawn_back_to_them() -> None:
    assert prepared((LONGER,), LSTM, 5000) == ()


def test_of_a_training_of_somebody_else_a_remedy_is_possible_if_keras_has_a_word_for_it() -> None:
    given = prepared((UNIT_GAIN, OWN_INITIALIZER, ORTHOGONAL, ORTHOGONAL), LSTM, 6)
    assert [remedy.label for remedy in possible(given, None)] == ["Glorot initialiser", "Orthogonal initialiser"]


def test_where_several_things_are_wrong_all_of_them_are_made_usual_at_once() -> None:
    ill = RunConfig(
        num_hidden_layers=20, units=2, activation="sigmoid", gain=3, optimizer="adagrad", learning_rate=5.0,
        weight_decay=0.1, gradient_clip="value", batch_size=1, epochs=10,
    )  # fmt: skip
    (usual,) = offered(ill, EVERYTHING_USUAL)
    expected = RunConfig(
        num_hidden_layers=3, units=32, activation="relu", kernel_initializer="he_uniform",
        output_initializer="glorot_uniform", optimizer="adam", learning_rate=0.001, epochs=200,
    )  # fmt: skip
    assert usual.applied(ill) == expected
    assert not possible(offered(expected, EVERYTHING_USUAL), expected)


def test_few_points_need_more_epochs_for_as_many_updates() -> None:
    """A batch of 32 in an epoch, of five or of twenty thousand."""
    for n_samples, batch_size, epochs in ((100, 10, 1920), (300, 150, 640), (10_000, 32, 200)):
        (usual,) = offered(RunConfig(n_samples=n_samples, batch_size=batch_size, epochs=50), EVERYTHING_USUAL)
        assert usual.changes["epochs"] == epochs


def test_steps_near_the_usual_ones_and_wide_networks_stay_as_they_are() -> None:
    (usual,) = offered(RunConfig(units=100, num_hidden_layers=2, learning_rate=0.02), EVERYTHING_USUAL)
    assert usual.changes.keys().isdisjoint({"learning_rate", "optimizer", "epochs", "batch_size", "weight_decay"})
    assert (usual.changes["units"], usual.changes["num_hidden_layers"]) == (100, 2)


def test_what_is_usual_is_known_of_networks_for_points_of_the_plane_alone() -> None:
    assert not prepared([EVERYTHING_USUAL], DENSE, 10)
    assert prepared([EVERYTHING_USUAL], replace(DENSE, kernels=(Kernel("first", (2, 8)), *DENSE.kernels[1:])), 10)
