"""Kernels as an initialiser draws them, from uniform random numbers."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri

from vgdemo.activations import Array
from vgdemo.initializers import Initializer

TRUNCATED_DEVIATION = 0.87962566103423978  # Standard deviation of a standard normal that is cut off at ±2.


def drawn(initializer: Initializer, draws: Array) -> Array:
    """The kernels that an initialiser makes of uniform numbers, the larger ones of the larger ones where it can.

    Args:
        initializer: A row of `INITIALIZERS`; of one that looks at the data, where it starts.
        draws: (replicates, inputs, outputs) uniform numbers in (0, 1).

    Returns:
        An array of the same shape.

    Example:
        >>> from vgdemo.initializers import INITIALIZERS
        >>> drawn(INITIALIZERS["random_uniform"], np.array([[[0.5, 0.75]]])).round(6)
        array([[[0.   , 0.025]]])
    """
    deviation = math.sqrt(initializer.variance(*draws.shape[1:]))
    match initializer.distribution:
        case "uniform":
            return initializer.mean + deviation * math.sqrt(3) * (2 * draws - 1)
        case "normal":
            return initializer.mean + deviation * np.asarray(ndtri(draws))
        case "truncated_normal":
            return initializer.mean + deviation / TRUNCATED_DEVIATION * _truncated_normal(draws)
        case "orthogonal":
            return _orthogonal(draws)
        case "identity":
            return np.broadcast_to(np.eye(*draws.shape[1:]), draws.shape)


def _orthogonal(draws: Array) -> Array:
    """Uniform over orthonormal columns (rows where there are more columns), from the QR of normal numbers."""
    normal = np.asarray(ndtri(draws))
    if draws.shape[1] < draws.shape[2]:
        return np.swapaxes(_orthogonal_columns(np.swapaxes(normal, 1, 2)), 1, 2)
    return _orthogonal_columns(normal)


def _orthogonal_columns(normal: Array) -> Array:
    q, r = np.linalg.qr(normal)
    return np.asarray(q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :])


def _truncated_normal(draws: Array) -> Array:
    below = ndtr(-2)  # Share of a standard normal below -2.
    return np.asarray(ndtri(below + (1 - 2 * below) * draws))
