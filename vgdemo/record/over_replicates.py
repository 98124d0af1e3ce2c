"""What many replicates say together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def quantile(values: NDArray[Any], share: float, axis: int = 1) -> NDArray[Any]:
    """A quantile over the replicates, of which a replicate that is not a number counts as the largest.

    So a median is not a number when half of the replicates are: one such replicate hides nothing, and many of them are
    not hidden.

    Example:
        >>> quantile(np.array([[1.0, 2.0, np.nan]]), 0.5)
        array([2.])
    """
    ordered = np.sort(values, axis=axis)
    position = share * (values.shape[axis] - 1)
    below, weight = int(position), position % 1
    low = np.take(ordered, below, axis)
    if weight == 0:
        return np.asarray(low)
    return np.asarray(low * (1 - weight) + np.take(ordered, below + 1, axis) * weight)
