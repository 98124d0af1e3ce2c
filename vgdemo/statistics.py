"""What is measured of a kernel and its gradient, in float64: float32 squares underflow near 1e-23.

A kernel of any rank counts as its n entries, so every array ends with them: (..., n). What stands before is the
caller's, such as epochs, kernels and replicates; each statistic has that shape, (...).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vgdemo.record import HISTOGRAM_BINS, HISTOGRAM_EDGES

Array = NDArray[np.float64]
Entries = NDArray[Any]


def gradient_statistics(gradients: Entries) -> dict[str, Array]:
    """Sizes of gradients (..., n): mean, root mean square and largest of |g|, and the share of exact zeros.

    Example:
        >>> statistics = gradient_statistics(np.array([3.0, -4.0, 0.0, 0.0]))
        >>> {name: float(value) for name, value in statistics.items()}
        {'gradient_mean_abs': 1.75, 'gradient_rms': 2.5, 'gradient_max_abs': 4.0, 'gradient_zero_share': 0.5}
    """
    size = np.abs(np.asarray(gradients, np.float64))
    return {
        "gradient_mean_abs": size.mean(axis=-1),
        "gradient_rms": np.sqrt(np.square(size).mean(axis=-1)),
        "gradient_max_abs": size.max(axis=-1),
        "gradient_zero_share": (size == 0).mean(axis=-1),
    }


def kernel_statistics(kernels: Entries) -> dict[str, Array]:
    """Sizes of kernels (..., n): sum of |w|, root mean square and mean."""
    entries = np.asarray(kernels, np.float64)
    with np.errstate(invalid="ignore"):  # Infinities of both signs have no mean.
        mean = entries.mean(axis=-1)
    return {
        "kernel_l1": np.abs(entries).sum(axis=-1),
        "kernel_rms": np.sqrt(np.square(entries).mean(axis=-1)),
        "kernel_mean": mean,
    }


def update_statistics(kernels: Entries, before: Entries) -> dict[str, Array]:
    """How far kernels (..., n) moved: the norm of the change over the norm before it; NaN for zeros that stay zeros."""
    now, then = np.asarray(kernels, np.float64), np.asarray(before, np.float64)
    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # A kernel of zeros has no ratio, one that is not finite no change.
        return {"update_ratio": np.linalg.norm(now - then, axis=-1) / np.linalg.norm(then, axis=-1)}


def gradient_histograms(gradients: Entries) -> NDArray[np.uint32]:
    """Gradients (..., n) to counts (..., `HISTOGRAM_BINS`) of their |g|; the bins are those of `Panel.histograms`."""
    size = np.abs(np.asarray(gradients, np.float64))
    bins = np.searchsorted(HISTOGRAM_EDGES, np.log10(np.where(size > 0, size, 1)), side="right") + 1
    bins = np.where(size == 0, 0, np.where(np.isfinite(size), bins, HISTOGRAM_BINS - 1))
    kernels = bins.reshape(-1, bins.shape[-1])
    offsets = np.arange(len(kernels))[:, None] * HISTOGRAM_BINS
    counts = np.bincount((kernels + offsets).ravel(), minlength=len(kernels) * HISTOGRAM_BINS)
    return counts.reshape(*bins.shape[:-1], HISTOGRAM_BINS).astype(np.uint32)
