"""What is known in closed form of narrow random networks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy.special import comb, psi


def born_dead(num_hidden_layers: int, units: int) -> float:
    """Probability that a given input reaches no unit of the last hidden layer of a ReLU network.

    1 - Π(1 - 2^-N), exact for zero biases and symmetric weights (Lu et al. 2019, "Dying ReLU and initialization"). For
    death on a whole data set it is an upper bound.

    Example:
        >>> round(born_dead(num_hidden_layers=20, units=5), 3)
        0.47
    """
    return float(-np.expm1(num_hidden_layers * np.log1p(-(0.5**units))))


def expected_log_jacobian(widths: Sequence[int]) -> float:
    """E ln‖Jv‖² of a ReLU network with normal He weights that is alive, for a unit vector v.

    E‖Jv‖² is N_H/N_0 at any width, but its logarithm falls with each narrow layer: the typical gradient vanishes while
    the mean stays. With k of a layer's N units alive, ‖Jv‖² is multiplied by 2/N_below times a χ² variable of k
    degrees of freedom.

    Args:
        widths: N_0 to N_H: inputs, then the units of each hidden layer.

    Example:
        >>> round(expected_log_jacobian([5, 5]), 4)
        -0.6234
    """
    return sum(_expected_log_factor(below, units) for below, units in zip(widths[:-1], widths[1:], strict=True))


def _expected_log_factor(below: int, units: int) -> float:
    alive = np.arange(1, units + 1)
    probability = comb(units, alive) / (2.0**units - 1)
    return float(probability @ (psi(alive / 2) + math.log(2) + math.log(2 / below)))


def inverse_width_sum(widths: Sequence[int]) -> float:
    """β = Σ 1/N: the log of the spread of squared gradients grows with it (Hanin 2018).

    Args:
        widths: Units of each hidden layer.

    Example:
        >>> inverse_width_sum([10, 10, 10, 20])
        0.35
    """
    return float(sum(Fraction(1, units) for units in widths))  # Exact, so that ten layers of 20 are 1/2.
