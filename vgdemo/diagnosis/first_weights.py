"""What the first weights say of the initialiser that drew them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vgdemo.activations import Activation
from vgdemo.initializers import INITIALIZERS
from vgdemo.model import Kernel

Array = NDArray[np.float64]

# Of the root mean square. Uniform between 0 and a limit has 0.87, a normal that starts at its standard deviation 0.71.
FAR = 0.5
# Standard errors, the root mean square taken for the deviation. Weights of any symmetric distribution come so far in at
# most one of 200 draws, however few they are: 2 e^(-3.5²/2), by Hoeffding's inequality for random signs.
SURE = 3.5


def suited_variance(kernel: Kernel, activation: Activation) -> float:
    """The variance of a weight of this kernel that suits the activation."""
    return INITIALIZERS[activation.suited].variance(kernel.fan_in, kernel.fan_out)


def relative_scale(sizes: Array, kernels: Sequence[Kernel], activations: Sequence[Activation | None]) -> Array | None:
    """Mean square of all weights, each over the variance that suits its activation.

    Args:
        sizes: (R, H) root mean square of each kernel.
        kernels: The kernels.
        activations: That of each kernel's layer; None where it is not known, and the kernel is left out.

    Returns:
        (R,) the means; None if no activation is known.
    """
    suited = {
        place: suited_variance(kernel, activation)
        for place, (kernel, activation) in enumerate(zip(kernels, activations, strict=True))
        if activation is not None
    }
    if not suited:
        return None
    counts = [math.prod(kernels[place].shape) for place in suited]
    return np.average(sizes[:, list(suited)] ** 2 / np.array(list(suited.values())), axis=-1, weights=counts)


def pooled_shift(means: Array, sizes: Array, kernels: Sequence[Kernel]) -> float | None:
    """Mean of all weights together, if it is far from 0.

    Kernels that are copies of one another, as when one initialiser object draws several, count once: they say no more
    than one of them.

    Args:
        means: (R, H) mean of each kernel.
        sizes: (R, H) root mean square of each kernel.
        kernels: The kernels.

    Returns:
        The mean; None if it is small beside the root mean square, or so few weights may have it by chance.
    """
    counts = np.broadcast_to([math.prod(kernel.shape) for kernel in kernels], means.shape)
    draws = np.unique(np.stack([counts.ravel(), means.ravel(), sizes.ravel()]), axis=1)
    count, mean, size = draws[:, np.isfinite(draws).all(axis=0)]
    total, squares = count.sum(), count @ size**2
    if not squares > 0:
        return None
    pooled = float(count @ mean / total)
    distance = abs(pooled) / math.sqrt(squares / total)
    return pooled if distance >= FAR and distance * math.sqrt(total) >= SURE else None
