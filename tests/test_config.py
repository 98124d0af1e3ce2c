"""The settings of a run: bounds, error sentences, round trips and the run key."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import subprocess
import sys
from typing import Any

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vgdemo.config import SETTINGS, SETTINGS_OF, RunConfig
from vgdemo.cost import flops

# Name, lowest, highest, default: written down here by hand, independently of the table in the code.
WHOLE_NUMBERS = [
    ("n_samples", 100, 10_000, 1000),
    ("data_seed", 0, 2**32 - 1, 1),
    ("num_hidden_layers", 1, 50, 5),
    ("units", 1, 256, 5),
    ("batch_size", 1, 500, 32),
    ("epochs", 1, 2000, 500),
    ("replicates", 1, 32, 10),
    ("seed", 0, 2**32 - 1, 0),
]
REAL_NUMBERS = [
    ("noise", 0, 1, 0.1),
    ("gain", 0, 10, 1),
    ("learning_rate", 1e-6, 10, 0.01),
    ("momentum", 0, 0.999, 0.9),
    ("weight_decay", 0, 1, 0),
    ("clip_limit", 1e-6, 1000, 1),
]
INITIALIZERS = (
    "uniform_0_1 random_uniform random_normal glorot_uniform glorot_normal he_uniform he_normal lecun_uniform "
    "lecun_normal orthogonal"
)
WORDS = [
    ("dataset", "circles", "circles moons xor spirals gaussians"),
    ("activation", "tanh", "linear sigmoid tanh softsign relu leaky_relu elu selu gelu silu softplus mish"),
    ("kernel_initializer", "uniform_0_1", f"{INITIALIZERS} lsuv"),
    ("output_initializer", "uniform_0_1", INITIALIZERS),
    ("normalization", "none", "none batch layer"),
    ("gradient_clip", "none", "none global_norm value"),
    ("optimizer", "sgd", "sgd rmsprop adagrad adam"),
    ("network", "dense", "dense simple_rnn lstm gru"),
]
# What recurrent networks have beside or in place of these: lowest, highest, default; or default and choices.
RECURRENT_NUMBERS = [
    ("time_steps", 2, 400, 100),
    ("recurrent_gain", 0, 10, 1),
    ("num_hidden_layers", 1, 4, 1),
    ("units", 1, 256, 16),
    ("epochs", 1, 2000, 40),
    ("replicates", 1, 32, 5),
]
RECURRENT_WORDS = [
    ("dataset", "first_symbol", "first_symbol marked_sum temporal_order waves"),
    ("kernel_initializer", "glorot_uniform", INITIALIZERS),
    ("output_initializer", "glorot_uniform", INITIALIZERS),
    ("recurrent_initializer", "orthogonal", f"{INITIALIZERS} identity"),
]
LAYERS = {
    "dense": keras.layers.Dense,
    "simple_rnn": keras.layers.SimpleRNN,
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
}
RECURRENT = ("simple_rnn", "lstm", "gru")
DENSE_ALONE = {"gain": 0.5, "shared_draw": True, "normalization": "batch", "residual": True}
RECURRENT_ALONE = {"time_steps": 50, "recurrent_initializer": "identity", "recurrent_gain": 0.5}
ABSENT = {"time_steps": 1, "recurrent_initializer": "orthogonal", "recurrent_gain": 1.0, "unit_forget_bias": True}
YES_OR_NO = ("nesterov", "residual", "shared_draw")
# Small enough that no setting at its bound makes the run too large as a whole.
SMALL = {"num_hidden_layers": 1, "units": 1, "epochs": 1, "replicates": 1}
OTHER_VALUES = {
    "dataset": "moons",
    "n_samples": 1002,
    "noise": 0.2,
    "data_seed": 2,
    "num_hidden_layers": 6,
    "units": 6,
    "activation": "relu",
    "kernel_initializer": "he_uniform",
    "output_initializer": "glorot_uniform",
    "gain": 1.5,
    "optimizer": "adam",
    "learning_rate": 0.02,
    "momentum": 0.8,
    "nesterov": True,
    "batch_size": 33,
    "epochs": 501,
    "replicates": 11,
    "seed": 1,
    "shared_draw": True,
    "normalization": "batch",
    "residual": True,
    "weight_decay": 0.1,
    "gradient_clip": "value",
    "clip_limit": 2.0,
    "network": "lstm",
    **RECURRENT_ALONE,
    "unit_forget_bias": False,
}


def test_the_defaults_are_the_articles_deep_tanh_network() -> None:
    expected = {name: default for name, _, _, default in WHOLE_NUMBERS + REAL_NUMBERS}
    expected |= {name: default for name, default, _ in WORDS} | dict.fromkeys(YES_OR_NO, False)
    assert dataclasses.asdict(RunConfig()) == expected | ABSENT
    assert OTHER_VALUES.keys() == (expected | ABSENT).keys()


@pytest.mark.parametrize("network", RECURRENT)
def test_a_recurrent_network_has_defaults_of_its_own(network: str) -> None:
    expected = {name: default for name, _, _, default in RECURRENT_NUMBERS}
    expected |= {name: default for name, default, _ in RECURRENT_WORDS} | {"network": network}
    assert RunConfig(network=network).to_dict() == RunConfig().to_dict() | expected
    assert RunConfig(network=network).to_query() == {"network": network}


@pytest.mark.parametrize("network", RECURRENT)
@pytest.mark.parametrize(("name", "lowest", "highest", "default"), RECURRENT_NUMBERS)
def test_a_number_of_a_recurrent_network_has_its_own_bounds(
    network: str, name: str, lowest: float, highest: float, default: float
) -> None:
    small = {"network": network, "units": 1, "epochs": 1, "replicates": 1, "time_steps": 2}
    for value in (lowest, highest):
        assert getattr(RunConfig(**small | {name: value}), name) == value
    step = 1 if isinstance(default, int) and name != "recurrent_gain" else 1e-9
    for value in (lowest - step, highest + step):
        with pytest.raises(ValueError, match=rf"^Expected `{name}` to be .* Received: {name}="):
            RunConfig(**small | {name: value})


@pytest.mark.parametrize(("name", "default", "choices"), RECURRENT_WORDS)
def test_a_word_of_a_recurrent_network_is_one_of_its_own_choices(name: str, default: str, choices: str) -> None:
    for choice in choices.split():
        assert getattr(RunConfig(network="gru", **{name: choice}), name) == choice
    for value in ("circles", "lsuv"):
        with pytest.raises(ValueError, match=f"Expected `{name}` to be one of .* Received: {name}="):
            RunConfig(network="gru", **{name: value})


@pytest.mark.parametrize(
    ("network", "name", "value"),
    [
        *(("dense", name, value) for name, value in RECURRENT_ALONE.items()),
        *((network, name, value) for network in RECURRENT for name, value in DENSE_ALONE.items()),
        *((network, "unit_forget_bias", False) for network in ("dense", "simple_rnn", "gru")),
    ],
)
def test_a_setting_that_a_network_does_not_have_is_refused_and_in_a_link_ignored(
    network: str, name: str, value: Any
) -> None:
    layers = LAYERS[network].__name__
    with pytest.raises(ValueError) as caught:
        RunConfig(network=network, **{name: value})
    assert str(caught.value) == f"Expected no `{name}` with {layers} layers. Received: {name}={value!r}"
    text = value if isinstance(value, str) else json.dumps(value)
    config, (notice,) = RunConfig.from_query({"network": network, name: text, "epochs": "7"})
    assert config == RunConfig(network=network, epochs=7)
    assert notice == f"The link sets `{name}`, which {layers} layers do not have; it is ignored."


def test_a_setting_at_the_value_it_has_where_it_does_nothing_is_no_error() -> None:
    assert RunConfig(network="gru", residual=False, gain=1) == RunConfig(network="gru")


def test_a_link_with_an_unknown_network_is_that_of_a_dense_one() -> None:
    config, notices = RunConfig.from_query({"network": "rnn", "time_steps": "5", "units": "7"})
    assert config == RunConfig(units=7)
    assert len(notices) == 2


def test_another_network_begins_with_its_own_defaults_and_keeps_what_it_has_too() -> None:
    changed = RunConfig(units=8, dataset="moons", num_hidden_layers=9, optimizer="adam", residual=True, epochs=41)
    assert changed.with_changes(network="gru", seed=3) == RunConfig(
        network="gru", units=8, optimizer="adam", epochs=41, seed=3
    )
    recurrent = RunConfig(network="lstm", time_steps=50, unit_forget_bias=False, noise=0.2)
    assert recurrent.with_changes(network="simple_rnn") == RunConfig(network="simple_rnn", time_steps=50, noise=0.2)
    assert recurrent.with_changes(network="dense") == RunConfig(noise=0.2)
    with pytest.raises(ValueError, match="Expected `network` to be one of dense, simple_rnn, lstm, gru"):
        recurrent.with_changes(network="rnn")


def test_a_kernel_of_a_recurrent_layer_has_columns_for_each_gate() -> None:
    config = RunConfig(network="lstm", num_hidden_layers=2, units=3)
    assert config.kernel_shapes == ((2, 12), (3, 12), (3, 12), (3, 12), (3, 1))
    kernels = config.model.kernels
    assert [kernel.shape for kernel in kernels] == [*config.kernel_shapes]
    assert config.model.kernel_labels == ("1/kernel", "1/recurrent_kernel", "2/kernel", "2/recurrent_kernel", "output")
    assert [kernel.kind for kernel in kernels] == ["LSTM"] * 4 + ["Dense"]
    assert [kernel.is_output for kernel in kernels] == [False] * 4 + [True]


@pytest.mark.parametrize("network", RECURRENT)
def test_the_kernels_of_a_recurrent_layer_have_kerass_shapes(network: str) -> None:
    layer = LAYERS[network](3)
    layer.build((None, 5, 2))
    assert RunConfig(network=network, units=3).kernel_shapes[:2] == tuple(weight.shape for weight in layer.weights[:2])


def test_the_sentence_of_a_recurrent_network_names_its_steps_and_first_recurrent_weights() -> None:
    config = RunConfig(network="lstm", recurrent_gain=1.5, unit_forget_bias=False, time_steps=20, dataset="waves")
    assert config.sentence == (
        "1 LSTM layer of 16 tanh units over 20 time steps · Glorot uniform · recurrent orthogonal, gain 1.5, forget "
        "bias 0 · SGD, rate 0.01, momentum 0.9 · sine or square wave · 40 epochs · 5 replicates"
    )


@pytest.mark.parametrize(("name", "lowest", "highest", "default"), WHOLE_NUMBERS + REAL_NUMBERS)
def test_a_number_is_taken_at_its_bounds(name: str, lowest: float, highest: float, default: float) -> None:
    for value in (lowest, highest):
        assert getattr(RunConfig(**SMALL | {name: value}), name) == value


@pytest.mark.parametrize(("name", "lowest", "highest", "default"), WHOLE_NUMBERS + REAL_NUMBERS)
def test_a_number_beyond_its_bounds_is_refused_with_a_sentence(
    name: str, lowest: float, highest: float, default: float
) -> None:
    step = 1 if isinstance(default, int) and name != "gain" else 1e-9
    for value in (lowest - step, highest + step, math.inf, -math.inf, math.nan, 10**400):
        with pytest.raises(ValueError, match=rf"^Expected `{name}` to be .* Received: {name}=") as caught:
            RunConfig(**SMALL | {name: value})
        assert "\n" not in str(caught.value)


def test_the_sentence_says_what_was_expected_and_what_came() -> None:
    with pytest.raises(ValueError) as caught:
        RunConfig(epochs=0)
    assert str(caught.value) == "Expected `epochs` to be a whole number between 1 and 2000. Received: epochs=0"


@pytest.mark.parametrize(("name", "lowest", "highest", "default"), WHOLE_NUMBERS)
@pytest.mark.parametrize("value", [True, 1.0, "1", None, [1], 1j])
def test_a_whole_number_is_nothing_else(name: str, lowest: int, highest: int, default: int, value: Any) -> None:
    with pytest.raises(ValueError, match=f"Expected `{name}` to be a whole number"):
        RunConfig(**{name: value})


@pytest.mark.parametrize(("name", "lowest", "highest", "default"), REAL_NUMBERS)
def test_a_real_number_may_be_given_whole_and_is_the_same_run(
    name: str, lowest: float, highest: float, default: float
) -> None:
    whole = 0 if lowest == 0 else 1
    assert RunConfig(**{name: whole}).run_key == RunConfig(**{name: float(whole)}).run_key
    with pytest.raises(ValueError, match=f"Expected `{name}` to be between"):
        RunConfig(**{name: True})


@pytest.mark.parametrize(("name", "default", "choices"), WORDS)
def test_a_word_is_one_of_its_choices(name: str, default: str, choices: str) -> None:
    assert SETTINGS_OF["dense"][name].choices == tuple(choices.split())
    for choice in choices.split():
        assert getattr(RunConfig(**{name: choice}), name) == choice
    for value in (choices.split()[0].upper(), "", " ", None, 0, ["tanh"], "nosuch"):
        with pytest.raises(ValueError, match=f"Expected `{name}` to be one of .* Received: {name}="):
            RunConfig(**{name: value})


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_nesterov_is_true_or_false(value: Any) -> None:
    with pytest.raises(ValueError, match="Expected `nesterov` to be true or false"):
        RunConfig(nesterov=value)


def test_a_batch_is_at_most_the_training_half() -> None:
    assert RunConfig(n_samples=101, batch_size=50).n_train == 50
    with pytest.raises(ValueError, match="Expected `batch_size` to be between 1 and 50, half of n_samples=101"):
        RunConfig(n_samples=101, batch_size=51)


def test_a_run_that_would_cost_too_much_says_how_much_and_what_to_lower() -> None:
    with pytest.raises(ValueError, match=r"at most 5·10¹² .* Received: \d+\.\d\d·10¹²\. Lower `epochs`"):
        RunConfig(units=256, num_hidden_layers=50, epochs=100, n_samples=10_000)
    with pytest.raises(ValueError, match=r"at most 500,000 measurements .* Received: 1,020,510\. Lower `epochs`"):
        RunConfig(num_hidden_layers=50, epochs=2000)


def test_the_cost_is_two_operations_for_each_multiply_add(monkeypatch: pytest.MonkeyPatch) -> None:
    # 2 -> 3 -> 3 -> 1 has 18 weights. An epoch: forward (2) and backward (4) over 50 points, twice (training and
    # probe), then forward over the 51 points of the validation half.
    settings = {"num_hidden_layers": 2, "units": 3, "n_samples": 101, "epochs": 7, "replicates": 5}
    cost = 7 * 5 * 18 * (2 * 50 * 6 + 51 * 2)
    monkeypatch.setattr("vgdemo.cost.MAX_FLOPS", cost)
    assert RunConfig(**settings).kernel_shapes == ((2, 3), (3, 3), (3, 1))
    monkeypatch.setattr("vgdemo.cost.MAX_FLOPS", cost - 1)
    with pytest.raises(ValueError, match="floating-point operations"):
        RunConfig(**settings)


def test_a_sequence_costs_as_much_as_it_has_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    # Kernels of 2 x 3, 3 x 3 and 3 x 1 have 18 weights, each used 10 times for each of 50 + 51 points.
    settings = {"network": "simple_rnn", "units": 3, "n_samples": 101, "epochs": 7, "replicates": 5, "time_steps": 10}
    cost = 7 * 5 * 18 * (2 * 50 * 6 + 51 * 2) * 10
    monkeypatch.setattr("vgdemo.cost.MAX_FLOPS", cost)
    assert RunConfig(**settings).time_steps == 10
    monkeypatch.setattr("vgdemo.cost.MAX_FLOPS", cost - 1)
    with pytest.raises(ValueError, match="Lower .*`time_steps`"):
        RunConfig(**settings)


def test_what_is_measured_of_every_state_is_bounded() -> None:
    with pytest.raises(ValueError, match=r"layers and states\). Received: .* Lower .*`time_steps`"):
        RunConfig(network="simple_rnn", num_hidden_layers=4, units=2, time_steps=400, epochs=2000, replicates=5)


def test_a_config_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        RunConfig().epochs = 1  # type: ignore[misc]


def test_changes_are_validated_again() -> None:
    assert RunConfig().with_changes(epochs=3).epochs == 3
    with pytest.raises(ValueError, match="Expected `epochs`"):
        RunConfig().with_changes(epochs=0)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_changes_the_run_key(name: str) -> None:
    before = RunConfig(network="lstm") if name in ABSENT else RunConfig()
    changed = before.with_changes(**{name: OTHER_VALUES[name]})
    assert changed.run_key != before.run_key
    assert changed != before


def test_the_run_key_is_the_same_in_every_process() -> None:
    code = "from vgdemo.config import RunConfig; print(RunConfig(gain=0.1).run_key)"
    keys = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        for _ in range(2)
    }
    assert keys == {RunConfig(gain=0.1).run_key}
    (key,) = keys
    assert len(key) == 64
    assert int(key, 16) >= 0


@pytest.mark.parametrize(
    ("changes", "content", "key"),
    [
        ({}, b'{"engine": 2}', "eb33064a0d2c1cd8cf1b1c36321c2c01f0c3aefbfabb5c8eb18713ee2d299588"),
        (
            {"num_hidden_layers": 15, "activation": "relu", "kernel_initializer": "he_uniform"}
            | {"learning_rate": 1e-3, "nesterov": True},
            b'{"activation": "relu", "engine": 2, "kernel_initializer": "he_uniform", "learning_rate": 0.001, '
            b'"nesterov": true, "num_hidden_layers": 15}',
            "1c65a5018accfaf16d7d9508dd2df602dec6cacd3dbb5f0c4b630935c4b6c4b1",
        ),
    ],
)
def test_the_run_key_is_the_hash_of_what_differs_from_the_defaults(
    changes: dict[str, Any], content: bytes, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written down so that nobody changes them unawares: every stored run would be trained anew."""
    monkeypatch.setattr("vgdemo.config.ENGINE_VERSION", 2)
    assert RunConfig(**changes).run_key == key == hashlib.sha256(content).hexdigest()


def test_a_setting_at_its_default_is_the_same_run_as_one_that_is_not_given() -> None:
    defaults = dataclasses.asdict(RunConfig())
    assert RunConfig(**defaults).run_key == RunConfig().run_key
    assert RunConfig(**defaults | {"units": 6}).run_key == RunConfig(units=6).run_key


def test_another_version_of_the_engine_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    before = RunConfig().run_key
    monkeypatch.setattr("vgdemo.config.ENGINE_VERSION", 999)
    assert RunConfig().run_key != before


@st.composite
def configs(draw: st.DrawFn) -> RunConfig:
    values: dict[str, Any] = {
        # Up to ten times the lowest value, so that the run as a whole is not too large; seeds from their whole range.
        name: draw(st.integers(lowest, min(highest, 10 * lowest) or highest))
        for name, lowest, highest, _ in WHOLE_NUMBERS
    }
    values |= {name: draw(st.floats(lowest, highest)) for name, lowest, highest, _ in REAL_NUMBERS}
    values |= {name: draw(st.sampled_from(choices.split())) for name, _, choices in WORDS if name != "network"}
    values |= {"nesterov": draw(st.booleans()), "batch_size": draw(st.integers(1, 50))}
    return RunConfig(**values).with_changes(network=draw(st.sampled_from(["dense", *RECURRENT])))


@given(configs())
def test_a_config_survives_json_and_a_url(config: RunConfig) -> None:
    assert RunConfig.from_json(config.to_json()) == config
    assert RunConfig.from_query(config.to_query()) == (config, ())
    assert RunConfig.from_query(config.to_query())[0].run_key == config.run_key


def test_a_url_names_only_what_differs_from_the_defaults() -> None:
    assert RunConfig().to_query() == {}
    assert RunConfig(activation="relu", nesterov=True, gain=2, epochs=7).to_query() == {
        "activation": "relu",
        "nesterov": "true",
        "gain": "2.0",
        "epochs": "7",
    }


@pytest.mark.parametrize(
    ("parameters", "notice"),
    [
        ({"epochs": "0"}, "Expected `epochs` to be a whole number between 1 and 2000. Received: epochs=0."),
        ({"epochs": "ten"}, "Received: epochs='ten'. The default, 500, is used."),
        ({"epochs": "1e2"}, "Received: epochs=100.0. The default, 500, is used."),
        ({"gain": "NaN"}, "Received: gain=nan. The default, 1.0, is used."),
        ({"activation": "swish"}, "Received: activation='swish'. The default, tanh, is used."),
        ({"nesterov": "yes"}, "Received: nesterov='yes'. The default, False, is used."),
        ({"layers": "3"}, "The link asks for a setting 'layers', which does not exist; it is ignored."),
    ],
)
def test_a_wrong_query_parameter_leaves_its_default_and_says_so(parameters: dict[str, str], notice: str) -> None:
    config, (sentence,) = RunConfig.from_query(parameters | {"units": "7"})
    assert config == RunConfig(units=7)
    assert sentence.endswith(notice) or sentence.startswith(notice)


def test_query_parameters_that_clash_open_the_page_all_the_same() -> None:
    config, notices = RunConfig.from_query({"n_samples": "100", "batch_size": "60"})
    assert (config.n_samples, config.batch_size) == (100, 32)
    assert len(notices) == 1
    config, notices = RunConfig.from_query({"num_hidden_layers": "50", "units": "256", "epochs": "2000"})
    assert flops(config) <= 5e12
    assert notices


@pytest.mark.parametrize(
    ("asked", "replicates"),
    [
        # 500,000 measurements are 4 replicates of 2001 epochs and 51 layers.
        ({"num_hidden_layers": "50", "epochs": "2000", "replicates": "32"}, 4),
        ({"num_hidden_layers": "50", "epochs": "2000"}, 4),
        # 122,650 weights cost 858,550,000 operations an epoch, 5·10¹² are 2.9 replicates of 2000.
        ({"num_hidden_layers": "50", "epochs": "2000", "replicates": "32", "units": "50"}, 2),
    ],
)
def test_of_too_large_a_link_all_is_kept_but_the_replicates_that_do_not_fit(
    asked: dict[str, str], replicates: int
) -> None:
    config, (notice,) = RunConfig.from_query(asked)
    assert config.to_query() == {**asked, "replicates": str(replicates)}
    assert notice.endswith(f"As many `replicates` as fit, {replicates}, are used.")


@given(
    st.dictionaries(
        st.sampled_from([*SETTINGS, "x", ""]) | st.text(max_size=5),
        st.text(max_size=8)
        | st.integers().map(str)
        | st.floats().map(str)
        | st.sampled_from(["null", "{}", '"relu"', "true", "1e999", "-0", "\x00", "\ud800"]),
    )
)
def test_no_query_string_ever_fails(parameters: dict[str, str]) -> None:
    config, notices = RunConfig.from_query(parameters)
    assert isinstance(config, RunConfig)
    assert all(isinstance(notice, str) and len(notice) < 500 for notice in notices)


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 400, "1" * 5000, "x" * 100_000])
def test_a_huge_query_parameter_gives_a_short_notice(text: str) -> None:
    for parameters in ({"epochs": text}, {"gain": text}, {"activation": text}, {text: "1"}):
        config, (notice,) = RunConfig.from_query(parameters)
        assert config == RunConfig()
        assert len(notice) < 300


def test_minus_zero_is_zero() -> None:
    assert RunConfig(noise=-0.0).run_key == RunConfig(noise=0).run_key


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "null", '"x"', "[" * 100_000, '{"epochs": "5"}', '{"lr": 1}'])
def test_json_that_is_no_run_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="^Expected"):
        RunConfig.from_json(text)


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_from_json_gives_a_run_or_a_value_error(text: str) -> None:
    try:
        assert isinstance(RunConfig.from_json(text), RunConfig)
    except ValueError as error:
        assert str(error).startswith("Expected")


def test_settings_by_name_give_a_run_and_take_their_defaults_where_they_are_left_out() -> None:
    config = RunConfig(activation="relu", epochs=7)
    assert RunConfig.from_dict(config.to_dict()) == config
    assert RunConfig.from_dict({"activation": "relu", "epochs": 7}) == config
    assert RunConfig.from_dict({}) == RunConfig()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"lr": 1}, "Expected a setting of a run. Received: 'lr', which does not exist"),
        ({"epochs": 0}, "Expected `epochs` to be a whole number between 1 and 2000. Received: epochs=0"),
    ],
)
def test_settings_by_name_that_are_no_run_are_refused_with_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        RunConfig.from_dict(values)
    assert str(caught.value) == sentence


def test_the_sentence_names_what_makes_the_run() -> None:
    config = RunConfig(activation="relu", kernel_initializer="he_uniform", gain=2, replicates=1, nesterov=True)
    assert config.sentence == (
        "5 layers of 5 ReLU units · He uniform, gain 2 · SGD, rate 0.01, Nesterov momentum 0.9 · circles · "
        "500 epochs · 1 replicate"
    )
    adam = RunConfig(optimizer="adam", epochs=1, num_hidden_layers=1, units=1, gradient_clip="global_norm")
    assert adam.sentence == (
        "1 layer of 1 tanh unit · uniform(0, 1) · Adam, rate 0.01 · gradient clipped by global norm at 1 · circles · "
        "1 epoch · 10 replicates"
    )


@pytest.mark.parametrize("name", [name for name, one in SETTINGS.items() if one.choices])
def test_what_a_person_reads_of_a_run_has_no_name_of_a_program(name: str) -> None:
    for network, settings in SETTINGS_OF.items():
        for choice in settings[name].choices if name in settings else ():
            assert "_" not in RunConfig(network=network).with_changes(**{name: choice}).sentence
            assert "_" not in settings[name].in_words(choice)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_words_for_the_form(name: str) -> None:
    setting = SETTINGS[name]
    assert setting.group in {"data", "network", "training", "repeats"}
    assert setting.label
    assert setting.help.endswith(".")
    assert setting.validated(setting.default) == setting.default
