from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from conftest import LSTM

from vgdemo.diagnosis.prescription import written

from .conftest import RECIPES

UNITS = 5
STEEP = replace(LSTM, optimizer="SGD", learning_rate=0.5)


def run(code: str) -> dict[str, Any]:
    """The names after the code ran beside a small compiled network of tanh."""
    layers = [keras.layers.Dense(UNITS, activation="tanh") for _ in range(3)]
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy", run_eagerly=True)
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
    names["before"] = names["signal"]
    exec(code, names)
    return names


def built(names: dict[str, Any]) -> list[keras.Layer]:
    """The layers that the code put onto the signal, in order."""
    return keras.Model(names["before"], names["signal"]).layers[1:]


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "UNIT_GAIN"])
def test_every_remedy_is_code_that_keras_runs(name: str) -> None:
    remedy = RECIPES[name](STEEP, 1)
    assert remedy is not None
    run(remedy.as_keras())


def test_a_factor_on_the_first_weights_has_no_word_in_keras() -> None:
    assert written({"gain": 1.0}) == ""


def test_an_initialiser_keeps_the_activation_or_brings_its_own() -> None:
    (layer,) = built(run(written({"kernel_initializer": "orthogonal", "gain": 1.0})))
    assert isinstance(layer.kernel_initializer, keras.initializers.Orthogonal)
    assert layer.activation is keras.activations.tanh
    (layer,) = built(run(written({"activation": "leaky_relu", "kernel_initializer": "he_uniform"})))
    assert isinstance(layer.kernel_initializer, keras.initializers.HeUniform)
    assert layer.activation is keras.activations.leaky_relu


def test_the_output_layer_is_named_beside_the_hidden_ones() -> None:
    code = written({"kernel_initializer": "he_uniform", "output_initializer": "glorot_uniform", "gain": 1.0})
    *_, output = code.splitlines()
    assert output.startswith("# The output layer") and output.endswith("keras.initializers.GlorotUniform()")


def test_lsuv_gives_every_hidden_layer_a_signal_of_variance_1() -> None:
    names = run(written({"kernel_initializer": "lsuv"}))
    values = names["x"]
    for layer in names["model"].layers[:-1]:
        np.testing.assert_allclose((values @ layer.kernel.numpy()).std(), 1, rtol=1e-5)
        values = layer(values).numpy()


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


def test_the_optimiser_is_made_or_mended() -> None:
    made = run(written({"optimizer": "adam", "learning_rate": 0.001}))["optimizer"]
    assert isinstance(made, keras.optimizers.Adam)
    assert float(made.learning_rate) == pytest.approx(0.001)
    mended = run(written({"learning_rate": 0.05}))["model"].optimizer
    assert float(mended.learning_rate) == pytest.approx(0.05)


def test_a_clipped_step_is_no_longer_than_its_limit() -> None:
    names = run(written({"gradient_clip": "global_norm", "clip_limit": 1e-3}))
    before = [weight.copy() for weight in names["model"].get_weights()]
    names["model"].fit(names["x"], names["y"], batch_size=40, verbose=0)
    moved = np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(names["model"].get_weights(), before, strict=True)))
    assert moved == pytest.approx(0.5 * 1e-3, rel=1e-3)  # Learning rate times the norm of the gradient.
