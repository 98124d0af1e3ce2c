"""Sums over all pairs of points in the plane, of kernels that depend on two radii and the angle between them."""

from __future__ import annotations

import numpy as np
from scipy.fft import dct
from scipy.interpolate import BarycentricInterpolator

from vgdemo.activations import Array

RADIAL_NODES, ANGULAR_NODES = 8, 33  # Within 1 % of the sum over all pairs of points, in the chaotic phase too.


class PointPairs:
    """Sums over all pairs of points of a kernel that depends on the two radii and the angle between them.

    Kernels are arrays (A, A, T) on Chebyshev radii and equidistant angles from 0 to π. As a polynomial of the radii and
    a cosine series of the angle, a sum over n² pairs is a square of sums over n points.
    """

    def __init__(self, inputs: Array) -> None:
        """Take the points, (n, 2)."""
        radius, angle = np.hypot(*inputs.T), np.arctan2(inputs[:, 1], inputs[:, 0])
        middle, half = (radius.max() + radius.min()) / 2, (radius.max() - radius.min()) / 2 + 1e-6
        self.radii = middle + half * np.cos(np.pi * (np.arange(RADIAL_NODES) + 0.5) / RADIAL_NODES)
        cosine = np.cos(np.linspace(0, np.pi, ANGULAR_NODES))
        self.inner_products = self.radii[:, None, None] * self.radii[:, None] * cosine
        self._radial = np.asarray(BarycentricInterpolator(self.radii, np.eye(RADIAL_NODES))(radius))
        waves = np.exp(1j * np.outer(np.arange(ANGULAR_NODES), angle))
        angular = np.stack([waves.real, waves.imag], axis=1)
        features = angular[:, :, None] * self._radial.T  # (T, 2, A, n)
        self._features = features.reshape(-1, len(inputs))

    def at_points(self, values: Array) -> Array:
        """(n,) values at the points of a function that is given at the radii."""
        return np.asarray(self._radial @ values)

    def moments(self, weights: Array) -> Array:
        """(T, 2 S, A) averages over the points of the features, weighted by each of S rows of n weights."""
        moments = self._features @ weights.T / weights.shape[1]
        return np.asarray(moments.reshape(ANGULAR_NODES, 2, RADIAL_NODES, -1).transpose(0, 1, 3, 2))

    def mean(self, kernel: Array, moments: Array) -> Array:
        """(S,) means over pairs (i, j) of weights_i · weights_j · kernel_ij, given the moments of the weights."""
        return np.asarray(np.einsum("tpsa,tpsa->s", moments @ _cosines(kernel)[:, None], moments))

    def normal_functions(self, kernel: Array, count: int) -> Array:
        """(count, n) draws at the points of a normal random function with this covariance."""
        values, vectors = np.linalg.eigh(_cosines(kernel))
        roots = vectors * np.sqrt(np.maximum(values, 0))[:, None]
        noise = np.random.default_rng(0).standard_normal((ANGULAR_NODES, 2, RADIAL_NODES, count))
        return np.asarray((roots[:, None] @ noise).reshape(-1, count).T @ self._features)


def _cosines(kernel: Array) -> Array:
    """(T, A, A) cosine coefficients of a kernel over its angle."""
    cosines = dct(kernel, type=1, axis=-1) / (ANGULAR_NODES - 1)
    cosines[..., [0, -1]] /= 2
    return np.moveaxis(cosines, -1, 0)
