"""A remedy as lines of Keras code, for a network of somebody's own.

The code speaks of a compiled `model`, its inputs `x` and targets `y`; and, where it is about one hidden layer, of the
`signal` that enters it, its `units` and its `activation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vgdemo.initializers import INITIALIZERS
from vgdemo.optimizers import GRADIENT_CLIPS, OPTIMIZERS

NORMALIZATIONS = {"batch": "BatchNormalization", "layer": "LayerNormalization"}

# One initialiser object draws the same values for every kernel of one shape.
HIDDEN_LAYER = """\
# Every hidden layer, with an initialiser of its own:
signal = keras.layers.Dense(
    units, activation={activation}, kernel_initializer=keras.initializers.{initializer}
)(signal)"""
OUTPUT_LAYER = """\
# The output layer, unless its first weights have mean 0: kernel_initializer=keras.initializers.{initializer}"""
SCALING = """\
# Once the model is built, before it is trained:
values = x
for layer in [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)][:-1]:
    layer.kernel.assign(layer.kernel / keras.ops.std(keras.ops.matmul(values, layer.kernel)))
    values = layer(values)"""
NORMALIZED = """\
# Every hidden layer, whose activation comes after the normalisation:
signal = keras.layers.Dense(units)(signal)
signal = keras.layers.{layer}()(signal)
signal = keras.layers.Activation(activation)(signal)"""
RESIDUAL = """\
# Every hidden layer that has as many outputs as inputs:
signal = keras.layers.Add()([keras.layers.Dense(units, activation=activation)(signal), signal])"""
SHALLOWER = """\
for _ in range({count}):
    signal = keras.layers.Dense(units, activation=activation)(signal)"""


def written(changes: Mapping[str, Any]) -> str:
    """Changed settings as Keras code; empty where Keras has no word for them.

    Args:
        changes: Setting of `RunConfig` to value; an activation comes with its initialiser.

    Example:
        >>> print(written({"units": 20}))
        units = 20  # Of every hidden layer.
    """
    return "\n".join([*_hidden_layer(changes), *_structure(changes), *_training(changes)])


def _hidden_layer(changes: Mapping[str, Any]) -> list[str]:
    if "kernel_initializer" not in changes:
        return []
    activation = f'"{changes["activation"]}"' if "activation" in changes else "activation"
    initializer = INITIALIZERS[changes["kernel_initializer"]]
    lines = [HIDDEN_LAYER.format(activation=activation, initializer=initializer.keras_code())]
    if "output_initializer" in changes:
        lines.append(OUTPUT_LAYER.format(initializer=INITIALIZERS[changes["output_initializer"]].keras_code()))
    return lines + ([SCALING] if initializer.looks_at_data else [])


def _structure(changes: Mapping[str, Any]) -> list[str]:
    lines = []
    if "units" in changes:
        lines.append(f"units = {changes['units']}  # Of every hidden layer.")
    if "num_hidden_layers" in changes:
        lines.append(SHALLOWER.format(count=changes["num_hidden_layers"]))
    if changes.get("normalization") in NORMALIZATIONS:
        lines.append(NORMALIZED.format(layer=NORMALIZATIONS[changes["normalization"]]))
    if changes.get("residual"):
        lines.append(RESIDUAL)
    return lines


def _training(changes: Mapping[str, Any]) -> list[str]:
    lines = []
    rate = changes.get("learning_rate")
    if "optimizer" in changes:
        arguments = "" if rate is None else f"learning_rate={rate}"
        optimizer = OPTIMIZERS[changes["optimizer"]].keras_class
        lines.append(f"optimizer = keras.optimizers.{optimizer}({arguments})  # For model.compile.")
    elif rate is not None:
        lines.append(f"model.optimizer.learning_rate = {rate}  # After model.compile.")
    if changes.get("gradient_clip") in GRADIENT_CLIPS:
        limit = GRADIENT_CLIPS[changes["gradient_clip"]]
        lines.append(f"model.optimizer.{limit} = {changes['clip_limit']}  # After model.compile.")
    if "epochs" in changes:
        lines.append(f"model.fit(x, y, epochs={changes['epochs']})")
    return lines
