"""The examples that a model is measured on."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from vgdemo.probe import keras_internals


class Batch(NamedTuple):
    """Some examples, as `fit` would give them to a training step.

    Attributes:
        x: Inputs, tensors in any structure.
        y: Targets; None if the model needs none.
        sample_weight: What each example counts; None for the same.
    """

    x: Any
    y: Any
    sample_weight: Any

    @property
    def size(self) -> int:
        """How many examples there are."""
        return int(tf.nest.flatten(self.x)[0].shape[0])

    @property
    def first(self) -> Any:
        """The inputs of one example."""
        return tf.nest.map_structure(lambda values: values[:1], self.x)

    def symbols(self, size: int | None) -> tuple[Any, Any, Any]:
        """Shapes and types of so many such examples, or of any number, as `keras.KerasTensor`."""

        def symbol(values: Any) -> Any:
            return None if values is None else keras.KerasTensor((size, *values.shape[1:]), values.dtype.name)

        return tf.nest.map_structure(symbol, tuple(self))  # type: ignore[no-any-return]


def batch_of(x: Any, y: Any = None, sample_weight: Any = None) -> Batch:
    """All of some arrays as one batch, or the first batch of a data set.

    Args:
        x: Arrays in any structure that the model takes, a `tf.data.Dataset` or a `keras.utils.PyDataset`.
        y: Targets; None in a data set, which holds them.
        sample_weight: Weights, or None.

    Raises:
        ValueError: If it is something else, or a data set whose next order would change by being looked at.

    Example:
        >>> batch_of(keras.ops.zeros((4, 2)), keras.ops.zeros(4)).size
        4
    """
    if isinstance(x, tf.data.Dataset) and _shuffles(x):
        raise ValueError("Expected a probe that is not shuffled, as looking at it moves its order. Received: shuffle()")
    if not isinstance(x, tf.data.Dataset | keras.utils.PyDataset) and not all(map(_is_array, tf.nest.flatten(x))):
        raise ValueError(f"Expected a probe of arrays, or a data set. Received: {type(x).__name__}")
    if _is_array(tf.nest.flatten(x)[0]):
        sizes = {len(values) for values in tf.nest.flatten((x, y, sample_weight)) if _is_array(values)}
        if len(sizes) != 1 or sizes == {0}:
            received = " and ".join(map(str, sorted(sizes)))
            raise ValueError(f"Expected a probe of one example or more, as many in each part. Received: {received}")
    try:
        batch = Batch(*keras_internals.first_batch(x, y, sample_weight))
    except StopIteration:
        raise ValueError("Expected a probe of one example or more. Received: an empty data set") from None
    if not all(map(_is_finite, tf.nest.flatten(tuple(batch)))):
        raise ValueError("Expected a probe of finite numbers. Received: one that holds NaN or infinity")
    return batch


def _is_finite(values: Any) -> bool:
    if values is None or not values.dtype.is_floating:
        return True
    return bool(tf.reduce_all(tf.math.is_finite(values)))


def _shuffles(dataset: tf.data.Dataset) -> bool:
    return "Shuffle" in type(dataset).__name__ or any(map(_shuffles, dataset._inputs()))


def _is_array(values: Any) -> bool:
    return hasattr(values, "shape") and len(values.shape) > 0
