"""What theory expects a layer to make of the gradient on its way down, and which part of the network does most of it.

Each layer multiplies the gradient's typical size by the root of χ = σw² E φ'(√q z)², with the variance q that the
signal has there (Schoenholz et al. 2017), and by what chance takes in a narrow layer (Hanin 2018). Mend one part, the
weights' scale, the activation's slope or the width, and another factor is left: the part after which it is nearest 1
is the one that counts.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import psi

from vgdemo.activations import ACTIVATIONS, Activation
from vgdemo.initializers import INITIALIZERS
from vgdemo.theory.finite_width import expected_log_jacobian
from vgdemo.theory.mean_field import LARGEST_VARIANCE, SMALLEST_VARIANCE, gaussian_mean

WIDE = 1000  # Units from which on chance hardly counts.


class Factors(NamedTuple):
    """The factor on the gradient's typical size from a layer to the one below: as it is, and with one part mended.

    Attributes:
        actual: As the network is.
        weights: With weights of the variance that suits the activation.
        slope: With tanh, its weights as far from what suits it as these are from theirs.
        width: With very many units.

    Example:
        >>> steep = factors(ACTIVATIONS["sigmoid"], depth=20, width=100, scale=0.58**2)
        >>> {part: round(value, 2) for part, value in steep._asdict().items()}
        {'actual': 0.14, 'weights': 0.23, 'slope': 0.57, 'width': 0.14}
        >>> steep.leading
        'slope'
    """

    actual: float
    weights: float
    slope: float
    width: float

    @property
    def leading(self) -> str:
        """The part that brings the factor nearest 1 when it is mended; of equal ones the first."""
        parts = self._asdict() | {"actual": math.inf}
        return min(parts, key=lambda part: abs(math.log(parts[part])))


def factors(activation: Activation, depth: int, width: float, scale: float) -> Factors:
    """The factors of a plain network whose weights have mean 0.

    Args:
        activation: That of its hidden layers.
        depth: How many these are.
        width: Units of each.
        scale: Mean square of the weights, in that of the initialiser that suits the activation.
    """
    chance = _by_chance(activation, width)
    own = chance * _in_wide_layers(activation, depth, scale)
    return Factors(
        actual=own,
        weights=chance * _in_wide_layers(activation, depth, 1),
        slope=_by_chance(ACTIVATIONS["tanh"], width) * _in_wide_layers(ACTIVATIONS["tanh"], depth, scale),
        width=own / chance,
    )


def _in_wide_layers(activation: Activation, depth: int, scale: float) -> float:
    """√χ, its geometric mean over the layers, for a signal that enters with variance 1."""
    weight_variance = scale * WIDE * INITIALIZERS[activation.suited].variance(WIDE, WIDE)
    variance, logarithm = np.array(weight_variance), 0.0
    for _layer in range(depth):
        chi = float(weight_variance * gaussian_mean(lambda h: activation.slope(h) ** 2, variance))
        logarithm += math.log(max(chi, SMALLEST_VARIANCE)) / depth
        mapped = weight_variance * gaussian_mean(lambda h: activation.function(h) ** 2, variance)
        variance = np.clip(mapped, SMALLEST_VARIANCE, LARGEST_VARIANCE)
    return math.exp(logarithm / 2)


def _by_chance(activation: Activation, width: float) -> float:
    """What a product of random factors typically has of its mean, for each layer: e^(E ln(χ²_N/N)/2), or a ReLU's."""
    units = min(max(1, round(width)), WIDE)
    if activation.can_die:
        return math.exp(expected_log_jacobian([units, units]) / 2)
    return math.exp(float(psi(units / 2) + math.log(2 / units)) / 2)
