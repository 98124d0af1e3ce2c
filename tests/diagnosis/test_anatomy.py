from __future__ import annotations

from dataclasses import replace

from conftest import LSTM

from vgdemo.config import RunConfig
from vgdemo.diagnosis.anatomy import (
    activated_layers,
    hidden_activations,
    hidden_layers,
    hidden_widths,
    is_dense,
    is_linear,
    kernel_activations,
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


def test_another_activation_is_for_bent_layers_that_are_not_recurrent() -> None:
    assert activated_layers(RunConfig(num_hidden_layers=2).model) == ("1", "2")
    assert activated_layers(RunConfig(num_hidden_layers=2, activation="linear").model) == ("1", "2")
    assert activated_layers(LSTM) == ("dense",)
    apart = with_layers(Layer("dense", activation="linear"), Layer("bend", "Activation", "relu"), Layer("drop"))
    assert activated_layers(apart) == ("bend",)
    gru = replace(LSTM, layers=(Layer("gru", "GRU", "tanh"),), kernels=(Kernel("gru", (8, 24), "recurrent_kernel"),))
    assert activated_layers(gru) == ()


def test_of_layers_that_were_not_measured_those_with_a_kernel_are_taken() -> None:
    assert activated_layers(with_layers()) == ("dense",)
