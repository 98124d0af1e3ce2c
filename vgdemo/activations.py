"""What an activation is: the one table that settings, theory, engine, diagnosis and exported code read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

LEAKY_SLOPE = 0.2  # Keras's default negative slope.
SATURATED_SLOPE = 0.05  # A unit is saturated where its activation's slope is below this share of its maximum.
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


@dataclass(frozen=True)
class Activation:
    """One row of the table.

    Attributes:
        name: Keras's name, also of the function in `keras.activations`.
        label: What a person calls it.
        function: As Keras defines it, of an array of pre-activations in any shape.
        slope: The function's derivative; at a kink, that of the left side.
        suited: Name of the initialiser whose variance keeps signal and gradient at about their size.
        steepest_slope: Largest absolute value of the derivative, to four digits after the point.
        is_s_shaped: Whether it is flat on both sides, so that a unit on a flat is saturated. The zero slope on one side
            of a ReLU is how it works.
        has_even_slope: Whether the derivative of -h is that of h.
        has_small_slope: Whether weights that keep the size of the signal shrink the gradient: for standard normal
            pre-activations the mean square of the derivative is below half of that of the value.
        can_die: Whether value and slope are exactly 0 on one side, so that a unit there never comes back.

    Example:
        >>> sigmoid = ACTIVATIONS["sigmoid"]
        >>> float(sigmoid.function(0.0)), float(sigmoid.slope(0.0)), sigmoid.steepest_slope
        (0.5, 0.25, 0.25)
    """

    name: str
    label: str
    function: Function
    slope: Function
    suited: str = "he_uniform"
    steepest_slope: float = 1.0
    is_s_shaped: bool = False
    has_even_slope: bool = False
    has_small_slope: bool = False
    can_die: bool = False

    @property
    def flat_word(self) -> str:
        """What a unit is called where its activation is flat.

        Example:
            >>> ACTIVATIONS["tanh"].flat_word, ACTIVATIONS["relu"].flat_word
            ('saturated', 'inactive')
        """
        return "saturated" if self.is_s_shaped else "inactive"


def _elu(h: Array) -> Array:
    return np.where(h > 0, h, np.expm1(np.minimum(h, 0)))


def _elu_slope(h: Array) -> Array:
    return np.exp(np.minimum(h, 0))


def _softplus(h: Array) -> Array:
    return np.logaddexp(0, h)


def _mish_gate(h: Array) -> Array:
    """tanh(softplus(h)) with one exponential, which ends before it overflows: by then the gate is 1."""
    exponential = np.exp(np.minimum(h, 40))
    product = exponential * (exponential + 2)
    return np.asarray(product / (product + 2))


def _mish_slope(h: Array) -> Array:
    gate = _mish_gate(h)
    return np.asarray(gate + h * expit(h) * (1 - gate**2))


_ROWS = (
    Activation("linear", "linear", lambda h: h, np.ones_like, "glorot_uniform", has_even_slope=True),
    Activation(
        "sigmoid",
        "sigmoid",
        expit,
        lambda h: expit(h) * expit(-h),
        "glorot_uniform",
        steepest_slope=0.25,
        is_s_shaped=True,
        has_even_slope=True,
        has_small_slope=True,
    ),
    Activation(
        "tanh", "tanh", np.tanh, lambda h: 1 - np.tanh(h) ** 2, "glorot_uniform", is_s_shaped=True, has_even_slope=True
    ),
    Activation(
        "softsign",
        "softsign",
        lambda h: h / (1 + np.abs(h)),
        lambda h: (1 + np.abs(h)) ** -2.0,
        "glorot_uniform",
        is_s_shaped=True,
        has_even_slope=True,
    ),
    Activation("relu", "ReLU", lambda h: np.maximum(h, 0), lambda h: np.where(h > 0, 1.0, 0.0), can_die=True),
    Activation(
        "leaky_relu",
        "leaky ReLU",
        lambda h: np.maximum(h, LEAKY_SLOPE * h),
        lambda h: np.where(h > 0, 1.0, LEAKY_SLOPE),
    ),
    Activation("elu", "ELU", _elu, _elu_slope),
    Activation(
        "selu",
        "SELU",
        lambda h: SELU_SCALE * np.where(h > 0, h, SELU_ALPHA * _elu(h)),
        lambda h: SELU_SCALE * np.where(h > 0, 1.0, SELU_ALPHA * _elu_slope(h)),
        "lecun_normal",
        steepest_slope=1.7581,
    ),
    Activation(
        "gelu",
        "GELU",
        lambda h: h * ndtr(h),
        lambda h: ndtr(h) + h * np.exp(-(h**2) / 2) / math.sqrt(2 * math.pi),
        steepest_slope=1.1289,
    ),
    Activation("silu", "SiLU", lambda h: h * expit(h), lambda h: expit(h) * (1 + h * expit(-h)), steepest_slope=1.0998),
    Activation("softplus", "softplus", _softplus, expit, has_small_slope=True),
    Activation(
        "mish",
        "Mish",
        lambda h: h * _mish_gate(h),
        _mish_slope,
        steepest_slope=1.0885,
    ),
)
ACTIVATIONS: dict[str, Activation] = {row.name: row for row in _ROWS}
