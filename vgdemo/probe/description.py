"""A compiled Keras model in the words of a record."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from vgdemo.model import Kernel, Layer, Model
from vgdemo.probe import keras_internals
from vgdemo.probe.batch import Batch
from vgdemo.probe.data_flow import answering, call_names, layer_names
from vgdemo.probe.guessing import guessing
from vgdemo.probe.kernels import OwnedKernel
from vgdemo.probe.taps import Call

NORMALIZATIONS = {"BatchNormalization": "batch", "LayerNormalization": "layer"}
CLIPS = {"global_clipnorm": "global_norm", "clipnorm": "norm", "clipvalue": "value"}


@dataclass(frozen=True)
class Described:
    """What is known of a model before anything is measured.

    Attributes:
        model: The model.
        guess: Loss on the probe of answering without looking; None if the loss has no such number.
        majority_share: Accuracy on the probe of always answering the largest class; None if there are no classes.
    """

    model: Model
    guess: float | None = None
    majority_share: float | None = None


def describe(
    model: Any,
    batch: Batch,
    kernels: Sequence[OwnedKernel],
    reached: Sequence[bool],
    calls: Sequence[Call],
    signals: Sequence[Call],
) -> Described:
    """Describe a model whose calls on a batch were seen.

    Args:
        model: Compiled.
        batch: The probe.
        kernels: In the order of data flow.
        reached: Whether the loss depends on each.
        calls: All that were seen.
        signals: Those whose outputs are measured.
    """
    names = layer_names(calls)
    answers = answering(model, calls, {id(kernel.owner) for kernel in kernels})
    trained = {id(variable) for variable in model.trainable_variables}
    loss, classes = _loss(model), _num_classes(model, calls)
    described = Model(
        kernels=tuple(_kernel(*pair, names, answers, trained) for pair in zip(kernels, reached, strict=True)),
        layers=tuple(_layer(call, name) for call, name in zip(signals, call_names(signals, names), strict=True)),
        normalization=next((found for one in signals if (found := NORMALIZATIONS.get(_kind(one)))), "none"),
        residual=any(_kind(call) == "Add" for call in signals),
        loss=loss,
        num_classes=classes,
        compute_dtype=_compute_dtype(calls),
        **_optimizer(model.optimizer),
    )
    guess, share = guessing(loss, classes, batch)
    return Described(described, None if guess is None else keras_internals.loss_weight(model) * guess, share)


def _kernel(kernel: OwnedKernel, reached: bool, names: dict[int, str], answers: set[int], trained: set[int]) -> Kernel:
    trainable = id(kernel.variable) in trained
    return Kernel(
        layer=names.get(id(kernel.owner), kernel.owner.name),
        shape=tuple(kernel.variable.shape),
        name=kernel.name,
        kind=kernel.kind,
        is_output=id(kernel.owner) in answers,
        trainable=trainable,
        is_reached=reached or not trainable,
        initializer=kernel.initializer,
        go_backwards=getattr(kernel.owner, "go_backwards", False) is True,
    )


def _layer(call: Call, name: str) -> Layer:
    return Layer(name, _kind(call), call.activation, (None, *call.output.shape[1:]))


def _kind(call: Call) -> str:
    return type(call.layer).__name__


def _compute_dtype(calls: Sequence[Call]) -> str | None:
    """The shortest numbers that layers compute with."""
    dtypes = {getattr(call.layer, "compute_dtype", None) for call in calls}
    known = [str(dtype) for dtype in dtypes if dtype is not None]
    return min(known, key=lambda dtype: (tf.as_dtype(dtype).size, dtype), default=None)


def _optimizer(optimizer: Any) -> dict[str, Any]:
    """What a record says of an optimiser; of one that scales the loss, what it says of the one inside."""
    if optimizer is None:
        return {}
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    with tf.init_scope():  # A schedule computes its rate, which is wanted as a number.
        rate = float(keras.ops.convert_to_tensor(optimizer.learning_rate).numpy())
    clips = [name for argument, name in CLIPS.items() if getattr(optimizer, argument, None) is not None]
    return {
        "optimizer": type(optimizer).__name__.lower(),
        "learning_rate": rate,
        "momentum": _number(getattr(optimizer, "momentum", None)),
        "weight_decay": _number(getattr(optimizer, "weight_decay", None) or 0.0),
        "gradient_clip": next(iter(clips), "none"),
    }


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _loss(model: Any) -> str:
    """Keras's name of the loss; "loss" where there are several, or none."""
    loss = getattr(model, "loss", None)
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    named = loss.name if isinstance(loss, keras.losses.Loss) else getattr(loss, "__name__", None)
    return str(named) if callable(loss) and named is not None else "loss"


def _num_classes(model: Any, calls: Sequence[Call]) -> int | None:
    """How many answers a model has to choose from; None if it does not classify one thing."""
    answers = [tensor for call in calls if call.layer is model for tensor in call.outputs]
    loss = _loss(model)
    if len(answers) != 1 or "crossentropy" not in loss or answers[0].shape.rank != 2:
        return None
    units = int(answers[0].shape[-1])
    if loss.startswith("binary"):
        return 2 if units == 1 else None
    return units


def takes(function: Any, argument: str) -> bool:
    """Whether a function has an argument of this name."""
    return argument in inspect.signature(function).parameters
