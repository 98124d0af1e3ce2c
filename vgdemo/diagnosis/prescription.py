"""A remedy as lines of Keras code, for a network of somebody's own.

The code speaks of a compiled `model`, its inputs `x` and targets `y`; of arguments of its layers, by their names; and,
where it makes a hidden layer anew, of the `signal` that enters it, its `units` and its `activation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vgdemo.diagnosis.anatomy import activated_layers, recurrent_layers
from vgdemo.initializers import INITIALIZERS, Initializer
from vgdemo.model import Model
from vgdemo.optimizers import GRADIENT_CLIPS, OPTIMIZERS
from vgdemo.wording import counted, listed

NAMELESS = Model(kernels=())  # A network whose layers are not known.
NORMALIZATION_LAYERS = {"batch": "BatchNormalization", "layer": "LayerNormalization"}
MOST_NAMED = 6  # Layers; more of them make a line that nobody reads.

OUTPUT_CODE = """\
# The output layer, unless its first weights have mean 0: kernel_initializer="{initializer}\""""
SCALING_CODE = """\
# Once the model is built, before it is trained:
values = x
for layer in [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)][:-1]:
    outputs = keras.ops.matmul(values, layer.kernel)
    if keras.ops.std(outputs) > 1e-6 * keras.ops.max(keras.ops.abs(outputs)):  # Nothing scales a dead layer.
        layer.kernel.assign(layer.kernel / keras.ops.std(outputs))
    values = layer(values)"""
PLAIN_CODE = """\
# Every hidden layer, without a layer that normalises:
signal = keras.layers.Dense(units, activation=activation)(signal)"""
NORMALIZED_CODE = """\
# Every hidden layer, whose activation comes after the normalisation:
signal = keras.layers.Dense(units)(signal)
signal = keras.layers.{layer}()(signal)
signal = keras.layers.Activation(activation)(signal)"""
RESIDUAL_CODE = """\
# Every hidden layer that has as many outputs as inputs:
signal = keras.layers.Add()([keras.layers.Dense(units, activation=activation)(signal), signal])"""
LAYERS_CODE = """\
for _ in range({count}):
    signal = keras.layers.Dense(units, activation=activation)(signal)"""


def written(changes: Mapping[str, Any], model: Model = NAMELESS) -> str:
    """Changed settings as Keras code; empty where Keras has no word for them.

    Args:
        changes: Setting of `RunConfig` to value; an activation comes with its initialiser.
        model: The network, whose layers are named where they are known.

    Example:
        >>> print(written({"units": 20}))
        units = 20  # Of every hidden layer.
    """
    lines = [*_activation(changes, model), *_first_weights(changes, model), *_structure(changes), *_training(changes)]
    return "\n".join(lines)


def _activation(changes: Mapping[str, Any], model: Model) -> list[str]:
    if "activation" not in changes:
        return []
    return [_argument("activation", changes["activation"], activated_layers(model), model)]


def _first_weights(changes: Mapping[str, Any], model: Model) -> list[str]:
    if "kernel_initializer" not in changes:
        return []
    initializer = INITIALIZERS[changes["kernel_initializer"]]
    untouched = recurrent_layers(model) if "activation" in changes else set()
    lines = _initializers(initializer, model, untouched)
    if "output_initializer" in changes:
        lines.append(OUTPUT_CODE.format(initializer=INITIALIZERS[changes["output_initializer"]].keras_class))
    return lines + ([SCALING_CODE] if initializer.looks_at_data else [])


def _initializers(initializer: Initializer, model: Model, untouched: set[str]) -> list[str]:
    """One line for each argument: an LSTM has another for its recurrent kernel.

    A name, and not an object, lets every layer make an initialiser of its own: one object would draw the same values
    for every kernel of one shape.
    """
    layers: dict[str, list[str]] = {}
    for kernel in model.hidden_kernels:
        if kernel.layer not in untouched:
            layers.setdefault(f"{kernel.name.removesuffix('_kernel')}_initializer", []).append(kernel.layer)
    arguments = layers if model.hidden else {"kernel_initializer": []}
    return [_argument(name, initializer.keras_class, of, model) for name, of in arguments.items()]


def _argument(name: str, value: str, layers: Sequence[str], model: Model) -> str:
    """An argument of some hidden layers, with their names."""
    hidden = {kernel.layer for kernel in model.hidden_kernels}
    if not layers:
        where = "every hidden layer"
    elif hidden != set(layers):
        where = f"{counted(len(layers), 'hidden layer')}: {listed(layers)}"
    elif len(layers) <= MOST_NAMED:
        where = f"every hidden layer: {listed(layers)}"
    else:
        where = f"every hidden layer, from {layers[0]} to {layers[-1]}"
    return f'{name} = "{value}"  # Of {where}.'


def _structure(changes: Mapping[str, Any]) -> list[str]:
    lines = []
    if "units" in changes:
        lines.append(f"units = {changes['units']}  # Of every hidden layer.")
    if "num_hidden_layers" in changes:
        lines.append(LAYERS_CODE.format(count=changes["num_hidden_layers"]))
    if changes.get("normalization") in NORMALIZATION_LAYERS:
        lines.append(NORMALIZED_CODE.format(layer=NORMALIZATION_LAYERS[changes["normalization"]]))
    elif changes.get("normalization") == "none":
        lines.append(PLAIN_CODE)
    if changes.get("residual"):
        lines.append(RESIDUAL_CODE)
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
    lines += [f"model.optimizer.{name} = {value}  # After model.compile." for name, value in _attributes(changes)]
    arguments = "".join(f", {name}={changes[name]}" for name in ("batch_size", "epochs") if name in changes)
    return lines + ([f"model.fit(x, y{arguments})"] if arguments else [])


def _attributes(changes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an optimiser of Keras has besides a learning rate, and what it gets."""
    if "momentum" in changes:
        yield "momentum", changes["momentum"]
    if "weight_decay" in changes:
        yield "weight_decay", changes["weight_decay"] or None
    if changes.get("gradient_clip") in GRADIENT_CLIPS:
        yield GRADIENT_CLIPS[changes["gradient_clip"]], changes["clip_limit"]
    elif "gradient_clip" in changes:
        yield from ((name, None) for name in ("clipnorm", *GRADIENT_CLIPS.values()))
