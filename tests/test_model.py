"""A network as its measurements know it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import LSTM

from vgdemo.config import RunConfig
from vgdemo.model import Kernel, Layer, Model

BRANCHES = Model(
    kernels=(
        Kernel("trunk", (8, 4)),
        Kernel("left", (4, 1), is_output=True),
        Kernel("right", (4, 3), is_output=True),
    )
)


def test_a_layer_with_several_kernels_is_named_with_them_and_others_alone() -> None:
    assert LSTM.kernel_labels == ("lstm/kernel", "lstm/recurrent_kernel", "dense", "answer")
    assert LSTM.layer_labels == ("lstm", "dense")


def test_in_a_sentence_layers_are_called_layers_and_the_answer_the_output() -> None:
    assert LSTM.kernel_phrases == ("layer lstm/kernel", "layer lstm/recurrent_kernel", "layer dense", "the output")
    assert LSTM.layer_phrases == ("layer lstm", "layer dense")


def test_of_several_outputs_each_keeps_its_name() -> None:
    assert BRANCHES.kernel_phrases == ("layer trunk", "layer left", "layer right")


def test_hidden_kernels_are_those_that_do_not_give_the_answer() -> None:
    assert LSTM.hidden == (0, 1, 2)
    assert [kernel.layer for kernel in LSTM.hidden_kernels] == ["lstm", "lstm", "dense"]
    assert BRANCHES.hidden == (0,)
    assert Model(kernels=(Kernel("only", (2, 1), is_output=True),)).hidden == ()


def test_the_settings_of_a_run_describe_a_model() -> None:
    config = RunConfig(num_hidden_layers=2, units=3, activation="relu", normalization="batch", optimizer="adam")
    model = config.model
    assert model.kernel_labels == ("1", "2", "output")
    assert model.kernel_phrases == ("layer 1", "layer 2", "the output")
    assert [kernel.shape for kernel in model.kernels] == [(2, 3), (3, 3), (3, 1)]
    assert [kernel.is_output for kernel in model.kernels] == [False, False, True]
    assert model.layers == (Layer("1", activation="relu"), Layer("2", activation="relu"))
    assert (model.normalization, model.residual) == ("batch", False)
    assert (model.optimizer, model.learning_rate) == ("adam", 0.01)
    assert (model.loss, model.num_classes) == ("binary_crossentropy", 2)


@pytest.mark.parametrize("shape", [(3, 7), (1, 1), (5, 3, 7), (3, 5, 2, 8), (2, 3, 4, 5, 6)])
def test_fans_are_those_by_which_keras_draws_first_weights(shape: tuple[int, ...]) -> None:
    from keras.src.initializers.random_initializers import compute_fans

    kernel = Kernel("layer", shape)
    assert (kernel.fan_in, kernel.fan_out) == compute_fans(shape)


@pytest.mark.parametrize(
    ("loss", "num_classes", "probability"),
    [
        ("binary_crossentropy", 2, [0.5, 0.5]),
        ("categorical_crossentropy", 10, [0.1] * 10),
        ("sparse_categorical_crossentropy", 4, [0.25] * 4),
    ],
)
def test_guessing_costs_the_entropy_of_equal_probabilities(
    loss: str, num_classes: int, probability: list[float]
) -> None:
    entropy = -np.sum(np.array(probability) * np.log(probability))
    assert replace(LSTM, loss=loss, num_classes=num_classes).guessing_loss == pytest.approx(entropy)


@pytest.mark.parametrize(("loss", "num_classes"), [("mean_squared_error", None), ("hinge", 2), ("crossentropy", None)])
def test_guessing_costs_nothing_that_is_known_with_another_loss(loss: str, num_classes: int | None) -> None:
    assert replace(LSTM, loss=loss, num_classes=num_classes).guessing_loss is None


FROZEN = Model(
    kernels=(
        Kernel("embedding", (9, 4), "embeddings", "Embedding", trainable=False, initializer="RandomUniform"),
        Kernel("spare", (4, 4), is_reached=False),
    ),
    layers=(Layer("embedding", "Embedding", shape=(None, 5, 4)), Layer("spare", shape=()), Layer("spare:2")),
    learning_rate=1,
)


@pytest.mark.parametrize("model", [LSTM, BRANCHES, FROZEN, RunConfig().model, Model(kernels=())])
def test_a_model_survives_a_json_document(model: Model) -> None:
    assert Model.from_dict(json.loads(json.dumps(model.to_dict()))) == model


def test_what_a_document_does_not_say_takes_its_default() -> None:
    content = {"kernels": [{"layer": "dense", "shape": [2, 1]}], "layers": [{"name": "dense"}]}
    assert Model.from_dict(content) == Model(kernels=(Kernel("dense", (2, 1)),), layers=(Layer("dense"),))


def test_what_came_later_stands_in_a_document_only_where_it_says_something() -> None:
    kernels, layers = (LSTM.to_dict()[name] for name in ("kernels", "layers"))
    assert {*kernels[0]} == {"layer", "shape", "name", "kind", "is_output"}
    assert {*layers[0]} == {"name", "kind", "activation"}
    (embedding, spare), (shaped, *_) = (FROZEN.to_dict()[name] for name in ("kernels", "layers"))
    assert (embedding["trainable"], embedding["initializer"]) == (False, "RandomUniform")
    assert {"trainable", "initializer"}.isdisjoint(spare) and spare["is_reached"] is False
    assert "time_steps" not in LSTM.to_dict() and RunConfig(network="gru").model.to_dict()["time_steps"] == 100
    assert shaped["shape"] == (None, 5, 4)


def test_what_a_later_version_says_beyond_what_is_known_is_left_out() -> None:
    content = LSTM.to_dict() | {"compiled_by": "a later version"}
    content["kernels"][0]["sparsity"] = 0.5
    assert Model.from_dict(content) == LSTM


KERNEL, LAYER = {"layer": "dense", "shape": [2, 1]}, {"name": "dense"}


@pytest.mark.parametrize(
    "content", [{}, {"kernels": []}, {"kernels": [{}], "layers": []}, {"layers": [], "kernels": 1}]
)
def test_what_is_no_model_is_refused(content: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        Model.from_dict(content)


@pytest.mark.parametrize(
    ("kernel", "layer", "model"),
    [
        ({"shape": "21"}, {}, {}),
        ({"shape": [2, None]}, {}, {}),
        ({"shape": [2, 1.0]}, {}, {}),
        ({"shape": [True, 1]}, {}, {}),
        ({"shape": [0, 1]}, {}, {}),
        ({"shape": []}, {}, {}),
        ({"shape": [1] * 33}, {}, {}),
        ({"shape": [-2, -1]}, {}, {}),
        ({"shape": [10**200, 10**200]}, {}, {}),
        ({"trainable": 1}, {}, {}),
        ({"layer": None}, {}, {}),
        ({"name": {"a": []}}, {}, {}),
        ({}, {"name": 7}, {}),
        ({}, {"shape": [2, "n"]}, {}),
        ({}, {"shape": [None, -1]}, {}),
        ({}, {"activation": ["relu"]}, {}),
        ({}, {}, {"learning_rate": "fast"}),
        ({}, {}, {"learning_rate": float("nan")}),
        ({}, {}, {"learning_rate": float("inf")}),
        ({}, {}, {"momentum": 10**400}),
        ({}, {}, {"num_classes": 2.5}),
        ({}, {}, {"num_classes": -1}),
        ({}, {}, {"batch_size": -1}),
        ({}, {}, {"epoch_updates": 10**30}),
        ({}, {}, {"loss": None}),
        ({}, {}, {"kernels": {"dense": 1}}),
        ({}, {}, {"layers": ["dense"]}),
    ],
)
def test_a_document_whose_values_are_none_that_a_model_has_is_refused(kernel: dict, layer: dict, model: dict) -> None:
    (name,) = kernel | layer | model
    with pytest.raises((TypeError, ValueError), match=f"^{name} .+, where .+ expected$"):
        Model.from_dict({"kernels": [KERNEL | kernel], "layers": [LAYER | layer]} | model)
