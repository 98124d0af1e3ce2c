"""What of ten networks of the same settings eight have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vgdemo.activations import Array


class Band(NamedTuple):
    """Of a number of each network, which may be an array of them.

    Attributes:
        low: What one network in ten stays below.
        median: Over networks.
        high: The other end: eight networks in ten lie between.
    """

    low: Array
    median: Array
    high: Array


def band(values: Array) -> Band:
    """The band of values, (networks, …), that are not negative.

    Where more than one network in ten has 0, it begins there.

    Example:
        >>> [float(end) for end in band(np.array([0.0, 0.0, 1.0, 2.0, 3.0]))]
        [0.0, 1.0, 2.2]
    """
    low, median, high_from_zero, high = np.quantile(values, (0.1, 0.5, 0.8, 0.9), axis=0)
    return Band(low, median, np.where(low == 0, high_from_zero, high))
