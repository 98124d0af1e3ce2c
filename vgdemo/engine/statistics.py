"""What is measured of a kernel and its gradient, in float64: float32 squares underflow near 1e-23."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vgdemo.record import HISTOGRAM_BINS, HISTOGRAM_EDGES

Array = NDArray[np.float64]


def gradient_statistics(gradients: NDArray[np.float32]) -> dict[str, Array]:
    """Size of the gradient of each kernel.

    Args:
        gradients: (..., inputs, outputs).

    Returns:
        Statistic to (...); means and the share of exact zeros are over the entries of a kernel.
    """
    size = np.abs(_entries(gradients))
    return {
        "gradient_mean_abs": size.mean(axis=-1),
        "gradient_rms": np.sqrt(np.square(size).mean(axis=-1)),
        "gradient_max_abs": size.max(axis=-1),
        "gradient_zero_share": (size == 0).mean(axis=-1),
    }


def kernel_statistics(kernels: NDArray[np.float32], previous: NDArray[np.float32]) -> dict[str, Array]:
    """Size of each kernel, and how far it moved.

    Args:
        kernels: (epochs, ..., inputs, outputs) at consecutive epochs.
        previous: The same one epoch earlier.

    Returns:
        Statistic to (epochs, ...); the update ratio is the norm of the change over the norm before it.
    """
    now, before = _entries(kernels), _entries(previous)
    with np.errstate(divide="ignore", invalid="ignore"):  # A kernel of zeros has no ratio, a diverged one no change.
        return {
            "kernel_l1": np.abs(now).sum(axis=-1),
            "kernel_rms": np.sqrt(np.square(now).mean(axis=-1)),
            "update_ratio": np.linalg.norm(now - before, axis=-1) / np.linalg.norm(before, axis=-1),
        }


def gradient_histograms(gradients: NDArray[np.float32]) -> NDArray[np.uint32]:
    """(..., inputs, outputs) to (..., `HISTOGRAM_BINS`) counts; the bins are those of `RunRecord.histograms`."""
    size = np.abs(_entries(gradients))
    bins = np.searchsorted(HISTOGRAM_EDGES, np.log10(np.where(size > 0, size, 1)), side="right") + 1
    bins = np.where(size == 0, 0, np.where(np.isfinite(size), bins, HISTOGRAM_BINS - 1))
    kernels = bins.reshape(-1, bins.shape[-1])
    offsets = np.arange(len(kernels))[:, None] * HISTOGRAM_BINS
    counts = np.bincount((kernels + offsets).ravel(), minlength=len(kernels) * HISTOGRAM_BINS)
    return counts.reshape(*bins.shape[:-1], HISTOGRAM_BINS).astype(np.uint32)


def _entries(kernels: NDArray[np.float32]) -> Array:
    """(..., inputs, outputs) to (..., entries)."""
    *axes, inputs, outputs = kernels.shape
    return kernels.reshape(*axes, inputs * outputs).astype(np.float64)
