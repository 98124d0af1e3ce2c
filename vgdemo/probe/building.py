"""Builds a model that `fit` has not built yet."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import keras
import tensorflow as tf

from vgdemo.probe import keras_internals
from vgdemo.probe.batch import Batch


def build(model: Any, batch: Batch) -> None:
    """Make all variables as `fit` would, which may not have done so before its first step.

    Raises:
        ValueError: If the batch has other shapes than what `fit` trains on, which leaves the model as it is.
    """
    if keras_internals.is_built(model):
        return
    if not keras_internals.has_shapes(model):
        _refuse_other_shapes(batch, keras_internals.data_of_fit())
    for size in (None, batch.size):  # Layers that keep their state want to know how many examples there are.
        with suppress(Exception):
            return keras_internals.build(model, batch.symbols(size))
    # A model that only Python knows how to run cannot be called with symbols.
    model(batch.first, **{"training": False} if keras_internals.takes_training(model) else {})


def _refuse_other_shapes(batch: Batch, trained_on: Any) -> None:
    """See that a model which takes its shapes from the batch will fit what it is trained on, as far as that is known.

    Raises:
        ValueError: If it would not.
    """
    if trained_on is None:
        return
    expected, _, _ = keras.utils.unpack_x_y_sample_weight(trained_on)
    shapes = [[one.shape[1:] for one in tf.nest.flatten(inputs)] for inputs in (expected, batch.x)]
    fit = (one.is_compatible_with(other) for one, other in zip(*shapes, strict=False))
    if len(shapes[0]) != len(shapes[1]) or not all(fit):
        wanted, received = (", ".join(map(str, some)) for some in shapes)
        raise ValueError(f"Expected a probe of examples as fit trains on, {wanted} each. Received: {received}")
