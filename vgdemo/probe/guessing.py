"""What answering without looking at the examples is worth on a probe."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vgdemo.probe.batch import Batch


def guessing(loss: str, classes: int | None, batch: Batch) -> tuple[float | None, float | None]:
    """Loss, with examples weighed as in the batch, and accuracy of the best answer that is the same for all of them.

    Args:
        loss: Keras's name.
        classes: How many answers there are to choose from; None for a model that does not classify.
        batch: The probe.

    Returns:
        None for what nobody knows.

    Example:
        >>> y = tf.constant([0.0, 1.0, 1.0, 1.0])
        >>> cost, accuracy = guessing("binary_crossentropy", 2, Batch(y, y, None))
        >>> round(cost, 3), accuracy
        (0.562, 0.75)
    """
    if not isinstance(batch.y, tf.Tensor) or (weights := _weights(batch)) is None:
        return None, None
    if classes is not None:
        labels = _labels(batch.y.numpy())
        shares = _class_shares(labels, weights)
        if len(shares) == 1:  # Examples sorted by class: such a probe does not tell what guessing is worth.
            return None, None
        return float(-weights.mean() * (shares * np.log(shares)).sum()), float(_class_shares(labels).max())
    if loss == "mean_squared_error":
        values = batch.y.numpy().astype(np.float64)
        mean = np.average(values, axis=0, weights=weights)
        return float(weights.mean() * np.average((values - mean) ** 2, axis=0, weights=weights).mean()), None
    return None, None


def _weights(batch: Batch) -> NDArray[np.float64] | None:
    """(B,) what each example counts; None if that is not one number of which some are positive."""
    if batch.sample_weight is None:
        return np.ones(batch.size)
    weights = batch.sample_weight
    if not isinstance(weights, tf.Tensor) or weights.shape.num_elements() != batch.size:
        return None
    flat = weights.numpy().astype(np.float64).ravel()
    return flat if flat.min() >= 0 and flat.any() else None


def _labels(y: Any) -> Any:
    """The class of each example; classes as numbers, in one column or none, or as one column each."""
    several_columns = y.ndim > 1 and y.shape[-1] > 1
    return y.reshape(-1, y.shape[-1]).argmax(axis=-1) if several_columns else y.ravel()


def _class_shares(labels: Any, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """How much of all examples, or of their weights, each class has; none that has nothing."""
    _, places = np.unique(labels, return_inverse=True)
    counts = np.bincount(places, weights)
    return np.asarray(counts[counts > 0] / counts.sum())
