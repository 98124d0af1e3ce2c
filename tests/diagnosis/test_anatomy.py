from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import LSTM

from vgdemo.architectures import ARCHITECTURES
from vgdemo.config import RunConfig
from vgdemo.diagnosis.anatomy import (
    activated_layers,
    gated_layers,
    hidden_activations,
    hidden_layers,
    hidden_widths,
    is_dense,
    is_linear,
    kernel_activations,
    network_of,
    prevailing_activation,
)
from vgdemo.model import Kernel, Layer, Model


def names(activations: tuple[object, ...]) -> list[str | None]:
    return [getattr(activation, "name", None) for activation in activations]


def with_layers(*layers: Layer) -> Model:
    return replace(LSTM, layers=layers)


def test_a_layer_has_one_width_however_many_kernels_and_gates_it_has() -> None:
    assert hidden_widths(RunConfig(num_hidden_layers=3, units=7).model) == (7, 7, 7)
    assert hidden_widths(LSTM) == (8, 6)


def test_each_kernel_has_the_activation_of_its_layer() -> None:
    assert names(kernel_activations(LSTM)) == ["tanh", "tanh", "relu"]
    assert names(kernel_activations(with_layers(Layer("dense", activation="my_own")))) == [None, None, None]


def test_what_gives_the_answer_is_no_hidden_layer() -> None:
    model = with_layers(Layer("dense", activation="relu"), Layer("answer", activation="softmax"))
    assert hidden_layers(model) == (0,)
    assert names(hidden_activations(model)) == ["relu"]


def test_most_layers_decide_and_a_bent_activation_before_the_linear() -> None:
    layers = [Layer("dense", activation="linear"), Layer("x", activation="linear"), Layer("y", activation="elu")]
    assert names((prevailing_activation(with_layers(*layers)),)) == ["elu"]
    assert names((prevailing_activation(with_layers(layers[0])),)) == ["linear"]
    assert prevailing_activation(with_layers(Layer("dense"))) is None


def test_a_network_is_linear_only_if_all_of_it_is_known_to_be() -> None:
    assert is_linear(RunConfig(activation="linear").model)
    assert not is_linear(with_layers(Layer("dense", activation="linear"), Layer("x")))
    assert not is_linear(with_layers())


def test_a_network_is_dense_if_all_hidden_kernels_are() -> None:
    assert is_dense(RunConfig().model)
    assert not is_dense(LSTM)
    assert not is_dense(Model(LSTM.kernels[-1:])), "it has nothing hidden"


@pytest.mark.parametrize("network", ARCHITECTURES)
def test_a_network_is_of_the_kind_that_all_its_hidden_layers_are_of(network: str) -> None:
    model = RunConfig(network=network, num_hidden_layers=2).model
    assert network_of(model) == network and is_dense(model) == (network == "dense")
    assert network_of(replace(model, kernels=(Kernel("image", (3, 3, 1, 8), kind="Conv2D"), *model.kernels))) is None
    assert network_of(LSTM) is None and network_of(Model(LSTM.kernels[-1:])) is None


def test_layers_with_gates_are_the_recurrent_ones_that_are_not_known_to_have_none() -> None:
    runs = {network: RunConfig(network=network, num_hidden_layers=2).model for network in ARCHITECTURES}
    gated = {network for network, model in runs.items() if gated_layers(model) == {"1", "2"}}
    assert gated == {"lstm", "gru"} and not gated_layers(runs["simple_rnn"])
    assert gated_layers(Model((Kernel("mine", (4, 4), "recurrent_kernel", "MyCell"),))) == {"mine"}
    assert activated_layers(runs["simple_rnn"]) == ("1", "2") and activated_layers(runs["gru"]) == ()


def test_another_activation_is_for_bent_layers_without_gates() -> None:
    assert activated_layers(RunConfig(num_hidden_layers=2).model) == ("1", "2")
    assert activated_layers(RunConfig(num_hidden_layers=2, activation="linear").model) == ("1", "2")
    assert activated_layers(LSTM) == ("dense",)
    apart = with_layers(Layer("dense", activation="linear"), Layer("bend", "Activation", "relu"), Layer("drop"))
    assert activated_layers(apart) == ("bend",)
    gru = replace(LSTM, layers=(Layer("gru", "GRU", "tanh"),), kernels=(Kernel("gru", (8, 24), "recurrent_kernel"),))
    assert activated_layers(gru) == ()


def test_of_layers_that_were_not_measured_those_with_a_kernel_are_taken() -> None:
    assert activated_layers(with_layers()) == ("dense",)
