from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from conftest import LSTM

from vgdemo import diagnose
from vgdemo.config import RunConfig
from vgdemo.diagnosis import Remedy, Verdict, possible
from vgdemo.diagnosis.prescription import written
from vgdemo.diagnosis.remedies import prepared
from vgdemo.model import Layer

from .conftest import RECIPES, foreign

UNITS = 5
MOST_EPOCHS = 20  # Of code that ran: to begin an epoch takes Keras longer than so small a network.
DEEP = RunConfig(num_hidden_layers=8, units=UNITS, learning_rate=0.5).model
RECURRENT = {"network": "simple_rnn", "num_hidden_layers": 1, "time_steps": 12}
SETTINGS = {  # What only a network with something in the way, or missing, is offered.
    "DEEPER": {"num_hidden_layers": 1},
    "NO_NORMALIZATION": {"normalization": "batch"},
    "NO_CLIPPING": {"gradient_clip": "value"},
    "NO_DECAY": {"weight_decay": 0.1},
    "LESS_MOMENTUM": {"momentum": 0.99},
    "LARGER_BATCHES": {"batch_size": 1},
    "SMALLER_BATCHES": {"batch_size": 64},
    "LONGER_USUAL_STEPS": {"learning_rate": 1e-4},
    "USUAL_STEPS_FOR_LONGER": {"learning_rate": 1e-4},
    "USUAL_STEPS_OWN_INITIALIZER": {"learning_rate": 1e-4},
    "USUAL_STEPS_DEEPER": {"learning_rate": 1e-4, "num_hidden_layers": 1},
    "UNIT_RECURRENT_GAIN": RECURRENT,
    "ORTHOGONAL_RECURRENCE": RECURRENT,
    "IDENTITY": RECURRENT,
    "FORGET_BIAS": RECURRENT | {"network": "lstm"},
    "LSTM": RECURRENT,
    "GRU": RECURRENT,
    "FEWER_STEPS": RECURRENT,
    "FEWER_STEPS_WITH_ADAM": RECURRENT,
}
STEEP = replace(LSTM, optimizer="SGD", learning_rate=0.5)
ARGUMENT = re.compile(r'^(\w+) = "(\w+)"  # Of (?:every hidden layer|\d hidden layers?): (.+)\.$', re.MULTILINE)


class Shortened(keras.Sequential):
    """Notes for how many epochs it is to be trained, and is trained for `MOST_EPOCHS` at most."""

    asked = 0

    def fit(self, *data: Any, epochs: int = 1, **settings: Any) -> keras.callbacks.History:
        self.asked += epochs
        return super().fit(*data, epochs=min(epochs, MOST_EPOCHS), **settings)  # type: ignore[no-any-return]


def run(code: str) -> dict[str, Any]:
    """The names after the code ran beside a small compiled network of tanh."""
    layers = [keras.layers.Dense(UNITS, activation="tanh") for _ in range(3)]
    model = Shortened([keras.Input((2,)), *layers, keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.SGD(0.5, 0.99, weight_decay=0.1, clipvalue=0.2), "binary_crossentropy")
    generator = np.random.default_rng(0)
    names = {
        "keras": keras,
        "model": model,
        "x": generator.uniform(-1, 1, (40, 2)).astype(np.float32),
        "y": generator.integers(0, 2, 40),
        "signal": keras.Input((UNITS,)),
        "units": UNITS,
        "activation": "tanh",
    }
    names |= {"before": names["signal"], "first": model.get_weights()}
    exec(code, names)
    return names


def built(names: dict[str, Any]) -> list[keras.Layer]:
    """The layers that the code put onto the signal, in order."""
    return keras.Model(names["before"], names["signal"]).layers[1:]


def outcome(code: str) -> dict[str, Any]:
    """All that a remedy's code may change, after it ran."""
    names = run(code)
    model, optimizer = names["model"], names.get("optimizer", names["model"].optimizer)
    weights = zip(names["first"], model.get_weights(), strict=True)
    return {
        "layers": [type(layer).__name__ for layer in built(names)],
        "units": names["units"],
        "activation": names["activation"],
        "initializer": type(keras.initializers.get(names.get("kernel_initializer"))).__name__,
        "cell": getattr(names.get("layer_class"), "__name__", None),
        "recurrent": type(keras.initializers.get(names.get("recurrent_initializer"))).__name__,
        "forget bias": names.get("unit_forget_bias"),
        "optimizer": type(optimizer).__name__,
        "rate": round(float(optimizer.learning_rate), 6),
        "clips": (optimizer.global_clipnorm, optimizer.clipvalue),
        "momentum": getattr(optimizer, "momentum", None),
        "decay": optimizer.weight_decay,
        "updates": int(optimizer.iterations),
        "epochs": model.asked,
        "weights move": any((before != after).any() for before, after in weights),
    }


BY_ADAM = {"optimizer": "Adam", "rate": 0.001, "momentum": None, "decay": None, "clips": (None, None)}
EXPECTED: dict[str, dict[str, Any]] = {
    "UNIT_GAIN": {},  # Keras has no word for it.
    "UNIT_RECURRENT_GAIN": {},
    "ORTHOGONAL_RECURRENCE": {"recurrent": "Orthogonal"} | BY_ADAM,
    "IDENTITY": {"activation": "relu", "recurrent": "Identity", "clips": (1.0, 0.2)},
    "FORGET_BIAS": {"forget bias": True} | BY_ADAM,
    "LSTM": {"cell": "LSTM", "recurrent": "Orthogonal", "forget bias": True} | BY_ADAM,
    "GRU": {"cell": "GRU", "recurrent": "Orthogonal"} | BY_ADAM,
    "FEWER_STEPS_WITH_ADAM": BY_ADAM,
    "FEWER_STEPS": {},  # Held by itself.
    "OWN_INITIALIZER": {"initializer": "GlorotUniform"},
    "ORTHOGONAL": {"initializer": "Orthogonal"},
    "LSUV": {"initializer": "Orthogonal", "weights move": True},
    "RELU": {"activation": "relu", "initializer": "HeUniform"},
    "LEAKY_RELU": {"activation": "leaky_relu", "initializer": "HeUniform"},
    "SELU": {"activation": "selu", "initializer": "LecunNormal"},
    "TANH": {"initializer": "GlorotUniform"},  # It has that activation.
    "BATCH_NORMALIZATION": {"layers": ["Dense", "BatchNormalization", "Activation"]},
    "LAYER_NORMALIZATION": {"layers": ["Dense", "LayerNormalization", "Activation"]},
    "RESIDUAL": {"layers": ["Dense", "Add"]},
    "CLIPPING": {"clips": (1.0, 0.2)},
    "ADAM": BY_ADAM,
    "SHORTER_USUAL_STEPS": {"rate": 0.01},
    "LONGER_USUAL_STEPS": {"rate": 0.01},
    "LESS_MOMENTUM": {"momentum": 0.9},
    "NO_NORMALIZATION": {"layers": ["Dense"]},
    "NO_CLIPPING": {"clips": (None, None)},
    "NO_DECAY": {"decay": None},
    "SMALLER_BATCHES": {"epochs": 1, "updates": 2, "weights move": True},
    "LARGER_BATCHES": {"epochs": 1, "updates": 2, "weights move": True},  # Of 40 points.
    "DEEPER": {"layers": ["Dense"] * 3},
    "WIDER_AND_SHALLOWER": {"units": 4 * UNITS, "layers": ["Dense", "Dense"]},
    "WIDER_RELU": {"activation": "relu", "initializer": "HeUniform", "units": 4 * UNITS},
    "WIDER_TANH": {"initializer": "GlorotUniform", "units": 4 * UNITS},
    "WIDER_OWN_INITIALIZER": {"initializer": "GlorotUniform", "units": 4 * UNITS},
    "SHALLOWER_OWN_INITIALIZER": {"initializer": "GlorotUniform", "layers": ["Dense", "Dense"]},
    "WIDER_SHALLOWER_OWN_INITIALIZER": {
        "initializer": "GlorotUniform",
        "units": 4 * UNITS,
        "layers": ["Dense", "Dense"],
    },
    "WIDER_FOR_LONGER": {"units": 4 * UNITS, "epochs": 20, "updates": 40, "weights move": True},
    "SHORTER_STEPS_RELU": {"activation": "relu", "initializer": "HeUniform", "rate": 0.01},
    "SHORTER_STEPS_TANH": {"initializer": "GlorotUniform", "rate": 0.01},
    "USUAL_STEPS_FOR_LONGER": {"rate": 0.01, "epochs": 20, "updates": 40, "weights move": True},
    "USUAL_STEPS_OWN_INITIALIZER": {"initializer": "GlorotUniform", "rate": 0.01},
    "USUAL_STEPS_DEEPER": {"rate": 0.01, "layers": ["Dense"] * 3},
    "LARGER_STEPS_FOR_LONGER": {"rate": 5.0, "epochs": 20, "updates": 40, "weights move": True},
    "SMALLER_STEPS": {"rate": 0.05},
    "LARGER_STEPS": {"rate": 5.0},
    "WIDER": {"units": 4 * UNITS},
    "SHALLOWER": {"layers": ["Dense", "Dense"]},  # Of eight.
    "LONGER": {"epochs": 20, "updates": 40, "weights move": True},
    "EVERYTHING_USUAL": {
        "initializer": "GlorotUniform",
        "units": 32,
        "layers": ["Dense"] * 3,
        "rate": 0.01,
        "momentum": 0.9,
        "epochs": 200,
        "updates": 2 * MOST_EPOCHS,
        "weights move": True,
    },
}


@pytest.mark.parametrize("name", RECIPES)
def test_every_remedy_is_code_with_which_keras_changes_that_and_nothing_else(name: str) -> None:
    model = RunConfig(**{"num_hidden_layers": 8, "units": UNITS, "learning_rate": 0.5} | SETTINGS.get(name, {})).model
    (remedy,) = prepared((RECIPES[name],), model, 1)
    before, after = outcome(""), outcome(remedy.as_keras())
    assert {part: value for part, value in after.items() if value != before[part]} == EXPECTED[name]


def offered_to_lstm() -> dict[str, Remedy]:
    remedies = {name: prepared((recipe,), STEEP, 1) for name, recipe in RECIPES.items()}
    return {name: remedy[0] for name, remedy in remedies.items() if remedy and remedy[0].as_keras()}


def test_what_an_lstm_is_offered() -> None:
    weights = {"OWN_INITIALIZER", "ORTHOGONAL", "RELU", "LEAKY_RELU", "SELU", "TANH"}
    cells = {"ORTHOGONAL_RECURRENCE", "FORGET_BIAS"}
    training = {"CLIPPING", "ADAM", "SHORTER_USUAL_STEPS", "SMALLER_STEPS", "LARGER_STEPS", "LONGER"}
    assert offered_to_lstm().keys() == weights | cells | training | {
        "LARGER_STEPS_FOR_LONGER",
        "SHORTER_STEPS_RELU",
        "SHORTER_STEPS_TANH",
    }


def test_a_vanishing_lstm_keeps_its_layers_in_every_remedy_that_its_diagnosis_offers() -> None:
    diagnosis = diagnose(foreign(gradient_rms=np.array([1e-5, 1e-4, 0.1, 0.1])))
    assert diagnosis.verdict is Verdict.VANISHING
    remedies = possible(diagnosis.remedies, None)
    assert [remedy.label for remedy in remedies] == ["Glorot initialiser", "ReLU + He"]
    glorot, relu = (remedy.as_keras() for remedy in remedies)
    assert "Of every hidden layer: lstm and dense." in glorot
    assert "lstm" not in relu
    assert "Dense" not in glorot + relu


def lstm(code: str) -> keras.Model:
    """The network of `LSTM` with the arguments that the code says, compiled."""
    arguments: dict[str, dict[str, str]] = {"lstm": {}, "dense": {"activation": "relu"}}
    for argument, value, layers in ARGUMENT.findall(code):
        for layer in layers.split(" and "):
            arguments[layer][argument] = value
    model = keras.Sequential(
        [
            keras.Input((4, 3)),
            keras.layers.LSTM(8, name="lstm", **arguments["lstm"]),
            keras.layers.Dense(6, name="dense", **arguments["dense"]),
            keras.layers.Dense(4, name="answer"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy", run_eagerly=True)
    return model


def lstm_parts(model: keras.Model) -> dict[str, str]:
    """What the arguments of a remedy may change in the network of `LSTM`."""
    recurrent, dense, _ = model.layers
    return {
        "lstm activation": recurrent.activation.__name__,
        "lstm kernel": type(recurrent.cell.kernel_initializer).__name__,
        "lstm recurrent kernel": type(recurrent.cell.recurrent_initializer).__name__,
        "dense activation": dense.activation.__name__,
        "dense kernel": type(dense.kernel_initializer).__name__,
    }


@pytest.mark.parametrize("name", offered_to_lstm())
def test_a_remedy_for_an_lstm_is_code_for_its_own_layers(name: str) -> None:
    code = offered_to_lstm()[name].as_keras()
    assert "keras.layers" not in code
    assert "units" not in code
    model = lstm(code)
    assert [kernel.shape for kernel in LSTM.kernels] == [tuple(w.shape) for w in model.weights if len(w.shape) == 2]
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(10, 4, 3)).astype(np.float32), generator.integers(0, 4, 10)
    exec(compile(code, name, "exec"), {"keras": keras, "model": model, "x": x, "y": y})
    lines = [line for line in code.splitlines() if "_initializer = " in line or line.startswith("activation = ")]
    assert len(lines) == len(ARGUMENT.findall(code)), "every argument says whose it is"


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("OWN_INITIALIZER", {}),  # Keras's defaults.
        ("ORTHOGONAL", {"lstm kernel": "Orthogonal", "dense kernel": "Orthogonal"}),  # Its default for recurrence.
        ("SELU", {"dense activation": "selu", "dense kernel": "LecunNormal"}),
        ("TANH", {"dense activation": "tanh"}),
        ("ADAM", {}),
    ],
)
def test_arguments_for_an_lstm_reach_the_kernels_and_leave_its_gates_alone(name: str, changed: dict[str, str]) -> None:
    before, after = lstm_parts(lstm("")), lstm_parts(lstm(offered_to_lstm()[name].as_keras()))
    assert {part: value for part, value in after.items() if value != before[part]} == changed


def test_the_layers_of_the_network_are_named() -> None:
    assert offered_to_lstm()["ORTHOGONAL"].as_keras().splitlines() == [
        'kernel_initializer = "Orthogonal"  # Of every hidden layer: lstm and dense.',
        '# The output layer, unless its first weights have mean 0: kernel_initializer="GlorotUniform"',
        'recurrent_initializer = "Orthogonal"  # Of 1 hidden layer: lstm.',
    ]
    assert (
        written({"kernel_initializer": "orthogonal"}) == 'kernel_initializer = "Orthogonal"  # Of every hidden layer.'
    )
    assert written({"kernel_initializer": "orthogonal"}, DEEP).endswith("# Of every hidden layer, from 1 to 8.")


def test_between_recurrent_layers_an_activation_changes_no_first_weights() -> None:
    bend = Layer("bend", "Activation", "tanh")
    model = replace(LSTM, kernels=(*LSTM.kernels[:2], LSTM.kernels[3]), layers=(LSTM.layers[0], bend))
    changes = {"activation": "relu", "kernel_initializer": "he_uniform"}
    assert written(changes, model) == 'activation = "relu"  # Of 1 hidden layer: bend.'


def test_a_factor_on_the_first_weights_has_no_word_in_keras() -> None:
    assert written({"gain": 1.0}) == ""


def dense(code: str) -> keras.layers.Dense:
    """A hidden layer with the arguments that the code says."""
    names = run(code)
    return keras.layers.Dense(UNITS, activation=names["activation"], kernel_initializer=names["kernel_initializer"])


def test_an_initialiser_keeps_the_activation_or_brings_its_own() -> None:
    layer = dense(written({"kernel_initializer": "orthogonal", "gain": 1.0}))
    assert isinstance(layer.kernel_initializer, keras.initializers.Orthogonal)
    assert layer.activation is keras.activations.tanh
    layer = dense(written({"activation": "leaky_relu", "kernel_initializer": "he_uniform"}))
    assert isinstance(layer.kernel_initializer, keras.initializers.HeUniform)
    assert layer.activation is keras.activations.leaky_relu


def test_layers_with_the_same_argument_draw_different_weights() -> None:
    code = written({"kernel_initializer": "he_uniform"})
    names = run(code)
    first, second = (keras.layers.Dense(UNITS, kernel_initializer=names["kernel_initializer"]) for _ in range(2))
    for layer in (first, second):
        layer.build((None, UNITS))
    assert (first.kernel.numpy() != second.kernel.numpy()).all()


def test_the_output_layer_is_named_beside_the_hidden_ones() -> None:
    code = written({"kernel_initializer": "he_uniform", "output_initializer": "glorot_uniform", "gain": 1.0})
    *_, output = code.splitlines()
    assert output.startswith("# The output layer") and output.endswith('kernel_initializer="GlorotUniform"')


def test_lsuv_gives_every_hidden_layer_a_signal_of_variance_1() -> None:
    names = run(written({"kernel_initializer": "lsuv"}))
    values = names["x"]
    for layer in names["model"].layers[:-1]:
        np.testing.assert_allclose((values @ layer.kernel.numpy()).std(), 1, rtol=1e-5)
        values = layer(values).numpy()


def test_lsuv_leaves_a_dead_layer_its_draw() -> None:
    model = keras.Sequential([keras.Input((2,)), *(keras.layers.Dense(1, activation="relu") for _ in range(3))])
    model.layers[0].kernel.assign(-(model.layers[0].kernel ** 2))
    points = np.random.default_rng(0).uniform(0, 1, (40, 2)).astype(np.float32)
    first, second, _ = (layer.kernel.numpy() for layer in model.layers)
    exec(written({"kernel_initializer": "lsuv"}), {"keras": keras, "model": model, "x": points})
    np.testing.assert_allclose((points @ model.layers[0].kernel.numpy()).std(), 1, rtol=1e-5)
    assert not np.array_equal(model.layers[0].kernel, first)
    np.testing.assert_array_equal(model.layers[1].kernel, second)


@pytest.mark.parametrize(
    ("normalization", "kind"), [("batch", keras.layers.BatchNormalization), ("layer", keras.layers.LayerNormalization)]
)
def test_normalisation_comes_before_the_activation(normalization: str, kind: type) -> None:
    dense, normalized, activation = built(run(written({"normalization": normalization})))
    assert dense.activation is keras.activations.linear
    assert isinstance(normalized, kind)
    assert activation.activation is keras.activations.tanh


def test_a_residual_connection_adds_the_input_to_the_output() -> None:
    names = run(written({"residual": True}))
    model = keras.Model(names["before"], names["signal"])
    values = np.random.default_rng(1).uniform(-1, 1, (3, UNITS)).astype(np.float32)
    (dense,) = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    np.testing.assert_allclose(model(values), dense(values) + values, rtol=1e-6)


def test_sizes_are_those_of_the_remedy() -> None:
    assert run(written({"units": 20}))["units"] == 20
    assert len(built(run(written({"num_hidden_layers": 2})))) == 2
    names = run(written({"epochs": 3}))
    assert len(names["model"].history.epoch) == 3


def test_fewer_steps_are_the_last_ones_of_every_sequence() -> None:
    (remedy,) = prepared((RECIPES["FEWER_STEPS"],), RunConfig(**RECURRENT).model, 1)
    names = {"x": np.arange(24).reshape(1, 12, 2)}
    exec(remedy.as_keras(), names)
    np.testing.assert_array_equal(names["x"], [[[18, 19], [20, 21], [22, 23]]])


@pytest.mark.parametrize("network", ["simple_rnn", "lstm", "gru"])
def test_a_stack_of_recurrent_layers_hands_on_every_step_and_answers_once(network: str) -> None:
    model = RunConfig(network=network, num_hidden_layers=2).model
    sequences = keras.Input((7, 2))
    names = {"keras": keras, "units": UNITS, "activation": "tanh", "signal": sequences}
    exec(written({"num_hidden_layers": 3}, model), names)
    layers = keras.Model(sequences, names["signal"]).layers[1:]
    assert [type(layer).__name__ for layer in layers] == [model.kernels[0].kind] * 3
    assert names["signal"].shape == (None, UNITS)


def test_the_optimiser_is_made_or_mended() -> None:
    made = run(written({"optimizer": "adam", "learning_rate": 0.001}))["optimizer"]
    assert isinstance(made, keras.optimizers.Adam)
    assert float(made.learning_rate) == pytest.approx(0.001)
    mended = run(written({"learning_rate": 0.05}))["model"].optimizer
    assert float(mended.learning_rate) == pytest.approx(0.05)


def test_a_clipped_step_is_no_longer_than_its_limit() -> None:
    names = run(written({"gradient_clip": "global_norm", "clip_limit": 1e-3, "weight_decay": 0.0}))
    before = [weight.copy() for weight in names["model"].get_weights()]
    names["model"].fit(names["x"], names["y"], batch_size=40, verbose=0)
    moved = np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(names["model"].get_weights(), before, strict=True)))
    assert moved == pytest.approx(0.5 * 1e-3, rel=1e-3)  # Learning rate times the norm of the gradient.
