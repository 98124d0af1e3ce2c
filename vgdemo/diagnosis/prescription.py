"""A remedy as lines of Keras code, for a network of somebody's own.

The code speaks of a compiled `model`, its inputs `x` and targets `y`; of arguments of its layers, by their names; and,
where it makes a hidden layer anew, of the `signal` that enters it, its `units` and its `activation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vgdemo.architectures import ARCHITECTURES
from vgdemo.diagnosis.anatomy import activated_layers, gated_layers, network_of, recurrent_kernels
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
RECURRENT_LAYERS_CODE = """\
for place in range({count}):  # All but the last answer at every step.
    signal = keras.layers.{layer}(units, activation=activation, return_sequences=place < {count} - 1)(signal)"""
STEPS_CODE = "x = x[:, -{count}:]  # The last {count} steps of every sequence; the same of all other data."


def written(changes: Mapping[str, Any], model: Model = NAMELESS) -> str:
    """Changed settings as Keras code; empty where Keras has no word for them.

    Args:
        changes: Setting of `RunConfig` to value; an activation comes with its initialiser.
        model: The network, whose layers are named where they are known.

    Example:
        >>> print(written({"units": 20}))
        units = 20  # Of every hidden layer.
    """
    parts = (_cells, _activation, _first_weights, _recurrence, _structure)
    return "\n".join([*(line for part in parts for line in part(changes, model)), *_training(changes)])


def _cells(changes: Mapping[str, Any], model: Model) -> list[str]:
    """Recurrent layers of another kind, of which Keras has all arguments that they had."""
    if "network" not in changes:
        return []
    layers = dict.fromkeys(kernel.layer for kernel in recurrent_kernels(model))
    return [
        f"layer_class = keras.layers.{ARCHITECTURES[changes['network']].keras_class}  # Of {_where([*layers], model)}."
    ]


def _activation(changes: Mapping[str, Any], model: Model) -> list[str]:
    if "activation" not in changes:
        return []
    return [_argument("activation", f'"{changes["activation"]}"', activated_layers(model), model)]


def _first_weights(changes: Mapping[str, Any], model: Model) -> list[str]:
    if "kernel_initializer" not in changes:
        return []
    initializer = INITIALIZERS[changes["kernel_initializer"]]
    lines = _initializers(initializer, model, _untouched(changes, model))
    if "output_initializer" in changes:
        lines.append(OUTPUT_CODE.format(initializer=INITIALIZERS[changes["output_initializer"]].keras_class))
    return lines + ([SCALING_CODE] if initializer.looks_at_data else [])


def _untouched(changes: Mapping[str, Any], model: Model) -> set[str]:
    """Layers that keep their first weights because they keep their activation."""
    return gated_layers(model) if "activation" in changes and "network" not in changes else set()


def _recurrence(changes: Mapping[str, Any], model: Model) -> list[str]:
    """What recurrent layers alone have."""
    untouched = _untouched(changes, model)
    layers = [kernel.layer for kernel in recurrent_kernels(model) if kernel.layer not in untouched]
    lines = []
    if "recurrent_initializer" in changes and layers:
        initializer = INITIALIZERS[changes["recurrent_initializer"]].keras_class
        lines.append(_argument("recurrent_initializer", f'"{initializer}"', layers, model))
    if "unit_forget_bias" in changes:
        lines.append(_argument("unit_forget_bias", str(changes["unit_forget_bias"]), layers, model))
    if "time_steps" in changes:
        lines.append(STEPS_CODE.format(count=changes["time_steps"]))
    return lines


def _initializers(initializer: Initializer, model: Model, untouched: set[str]) -> list[str]:
    """One line for each argument, of all kernels but the recurrent ones.

    A name, and not an object, lets every layer make an initialiser of its own: one object would draw the same values
    for every kernel of one shape.
    """
    layers: dict[str, list[str]] = {}
    for kernel in model.hidden_kernels:
        if kernel.layer not in untouched and kernel.name != "recurrent_kernel":
            layers.setdefault(f"{kernel.name.removesuffix('_kernel')}_initializer", []).append(kernel.layer)
    arguments = layers if model.hidden else {"kernel_initializer": []}
    return [_argument(name, f'"{initializer.keras_class}"', of, model) for name, of in arguments.items()]


def _argument(name: str, value: str, layers: Sequence[str], model: Model) -> str:
    """An argument of some hidden layers, with their names."""
    return f"{name} = {value}  # Of {_where(layers, model)}."


def _where(layers: Sequence[str], model: Model) -> str:
    """Some hidden layers, all of them if none is named."""
    hidden = {kernel.layer for kernel in model.hidden_kernels}
    if not layers:
        return "every hidden layer"
    if hidden != set(layers):
        return f"{counted(len(layers), 'hidden layer')}: {listed(layers)}"
    if len(layers) <= MOST_NAMED:
        return f"every hidden layer: {listed(layers)}"
    return f"every hidden layer, from {layers[0]} to {layers[-1]}"


def _structure(changes: Mapping[str, Any], model: Model) -> list[str]:
    lines = []
    if "units" in changes:
        lines.append(f"units = {changes['units']}  # Of every hidden layer.")
    if "num_hidden_layers" in changes:
        architecture = ARCHITECTURES[network_of(model) or "dense"]
        code = RECURRENT_LAYERS_CODE if architecture.is_recurrent else LAYERS_CODE
        lines.append(code.format(count=changes["num_hidden_layers"], layer=architecture.keras_class))
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
