"""Mean-field theory of wide random layers: what an activation does to a Gaussian signal on its way up and down.

Sources: Poole et al. 2016, "Exponential expressivity in deep neural networks through transient chaos" (forward);
Schoenholz et al. 2017, "Deep information propagation" (backward, phases, depth scales).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.polynomial.hermite_e import hermevander
from numpy.polynomial.polynomial import polyval
from numpy.typing import NDArray
from scipy.special import expit, gamma, ndtr, roots_legendre

from vgdemo.config import SETTINGS

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

LEAKY_SLOPE = 0.2  # Keras's default negative slope.
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
NUM_ITERATIONS = 200  # As many layers count as infinitely deep: near criticality the fixed point comes slowly.
LARGEST_VARIANCE = 1e24  # Signals that explode are followed this far; by then every activation is piecewise linear.
SMALLEST_VARIANCE = 1e-24  # Signals that die out are followed this far: a kink at 0 keeps its two sides.
HERMITE_ORDER = 48


def _elu(h: Array) -> Array:
    return np.where(h > 0, h, np.expm1(np.minimum(h, 0)))


def _elu_slope(h: Array) -> Array:
    return np.exp(np.minimum(h, 0))


# Each activation as Keras defines it, and its derivative.
ACTIVATION_FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "linear": (lambda h: h, np.ones_like),
    "sigmoid": (expit, lambda h: expit(h) * expit(-h)),
    "tanh": (np.tanh, lambda h: 1 - np.tanh(h) ** 2),
    "softsign": (lambda h: h / (1 + np.abs(h)), lambda h: (1 + np.abs(h)) ** -2.0),
    "relu": (lambda h: np.maximum(h, 0), lambda h: np.where(h > 0, 1.0, 0.0)),
    "leaky_relu": (lambda h: np.maximum(h, LEAKY_SLOPE * h), lambda h: np.where(h > 0, 1.0, LEAKY_SLOPE)),
    "elu": (_elu, _elu_slope),
    "selu": (
        lambda h: SELU_SCALE * np.where(h > 0, h, SELU_ALPHA * _elu(h)),
        lambda h: SELU_SCALE * np.where(h > 0, 1.0, SELU_ALPHA * _elu_slope(h)),
    ),
    "gelu": (lambda h: h * ndtr(h), lambda h: ndtr(h) + h * np.exp(-(h**2) / 2) / math.sqrt(2 * math.pi)),
    "silu": (lambda h: h * expit(h), lambda h: expit(h) * (1 + h * expit(-h))),
    "softplus": (lambda h: np.logaddexp(0, h), expit),
}


def kernel_moments(initializer: str, fan_in: int, fan_out: int) -> tuple[float, float]:
    """Mean and variance of the weights that a Keras initialiser draws, truncated normals included.

    Glorot & Bengio 2010, He et al. 2015, LeCun et al. 1998. Entries of an orthogonal kernel have the variance that
    gives its shorter side's rows or columns length 1 (Saxe et al. 2014).
    """
    variances = {
        "uniform_0_1": 1 / 12,
        "random_uniform": 0.05**2 / 3,
        "random_normal": 0.05**2,
        "glorot": 2 / (fan_in + fan_out),
        "he": 2 / fan_in,
        "lecun": 1 / fan_in,
        "orthogonal": 1 / max(fan_in, fan_out),
    }
    family = initializer if initializer in variances else initializer.split("_")[0]
    return (0.5 if initializer == "uniform_0_1" else 0.0), variances[family]


def _split_quadrature() -> tuple[Array, Array]:
    """Nodes and weights of the standard normal measure, Gauss-Legendre on each side of 0.

    Activations have their kinks at 0, across which no Gauss-Hermite rule is accurate. Nodes crowd towards 0, where the
    slope of a saturating activation lives when its input is large.
    """
    nodes, weights = roots_legendre(64)
    nodes, weights = 4.5 * (nodes + 1), 4.5 * weights  # From 0 to 9 standard deviations.
    weights = weights * np.exp(-(nodes**2) / 2) / math.sqrt(2 * math.pi)
    return np.concatenate([-nodes[::-1], nodes]), np.concatenate([weights[::-1], weights])


NODES, WEIGHTS = _split_quadrature()
HERMITE = hermevander(NODES, HERMITE_ORDER) / np.sqrt(gamma(np.arange(HERMITE_ORDER + 1) + 1.0))


def gaussian_mean(function: Function, variance: Array) -> Array:
    """E f(u) for u normal with mean 0 and each of the variances."""
    return np.asarray(function(np.sqrt(variance)[..., None] * NODES) @ WEIGHTS)


def pair_mean(function: Function, variance: Array, correlation: Array) -> Array:
    """E f(u) f(v) for normal pairs, by Mehler's formula: the sum of h_n(u) h_n(v) correlation^n.

    h_n are the coefficients of f in normalised Hermite polynomials. What the series leaves out of E f(u)² is added as
    one term more, so that perfectly correlated pairs are exact.

    Args:
        function: f, applied to an array of shape (A, nodes).
        variance: (A,) variances of the signals.
        correlation: (A, A, …) correlations of the signals' pairs.

    Returns:
        An array of the shape of `correlation`.
    """
    terms = _hermite_terms(function, variance)
    products = terms[:, :, None] * terms[:, None, :]
    extra_axes = tuple(range(3, correlation.ndim + 1))
    return np.asarray(polyval(correlation, np.expand_dims(products, extra_axes), tensor=False))


def _hermite_terms(function: Function, variance: Array) -> Array:
    """(terms, …) the coefficients of a function, then the root of the mean square that they leave out."""
    values = function(np.sqrt(variance)[..., None] * NODES)
    coefficients = (values * WEIGHTS) @ HERMITE
    left_out = np.maximum(values**2 @ WEIGHTS - (coefficients**2).sum(axis=-1), 0)
    return np.moveaxis(np.concatenate([coefficients, np.sqrt(left_out)[..., None]], axis=-1), -1, 0)


def fixed_point_variance(activation: str, weight_variance: float | Array, bias_variance: float | Array) -> Array:
    """The pre-activation variance q* that a very deep network tends to, from q = 1.

    Iterates q ← σw² E φ(√q z)² + σb² (Poole et al. 2016, equation 3).

    Args:
        activation: A name of `ACTIVATIONS`.
        weight_variance: σw², the fan-in times the variance of a weight.
        bias_variance: σb²; broadcasts with `weight_variance`.
    """
    function, _ = ACTIVATION_FUNCTIONS[activation]
    variance = np.ones(np.broadcast(weight_variance, bias_variance).shape)
    for _iteration in range(NUM_ITERATIONS):
        mapped = weight_variance * gaussian_mean(lambda h: function(h) ** 2, variance) + bias_variance
        previous, variance = variance, np.clip(mapped, SMALLEST_VARIANCE, LARGEST_VARIANCE)
        if (np.abs(variance - previous) < 1e-10 * previous).all():
            break
    return variance


def fixed_point_chi(activation: str, weight_variance: float | Array, bias_variance: float | Array) -> Array:
    """χ at the fixed point: the factor on the squared gradient from layer to layer of a very deep network.

    χ = σw² E φ'(√q* z)² (Schoenholz et al. 2017). On a grid of σw² and σb² this is the phase picture; χ = 1 is the
    edge between order, where gradients vanish, and chaos, where they explode.
    """
    _, slope = ACTIVATION_FUNCTIONS[activation]
    variance = fixed_point_variance(activation, weight_variance, bias_variance)
    return np.asarray(weight_variance * gaussian_mean(lambda h: slope(h) ** 2, variance))


@dataclass(frozen=True)
class FixedPoint:
    """Where a very deep network of one activation and weight variance tends to.

    Attributes:
        weight_variance: σw² of the hidden layers.
        variance: q*, of the pre-activations.
        chi: χ, the factor on the squared gradient from layer to layer.
        correlation: c*, of the pre-activations of two different inputs.
        correlation_chi: χ at c*, the factor on a small change of that correlation, where the variance itself still
            grows or shrinks relative to that.
    """

    weight_variance: float
    variance: float
    chi: float
    correlation: float
    correlation_chi: float

    @property
    def gradient_depth(self) -> float:
        """ξ_∇ = 1/|ln χ|: layers over which the squared gradient changes by a factor of e."""
        return _depth(self.chi)

    @property
    def correlation_depth(self) -> float:
        """ξ_c = 1/|ln χ(c*)|: layers over which two inputs lose 1 - 1/e of what tells them apart."""
        return _depth(self.correlation_chi)

    @property
    def phase(self) -> str:
        """ "ordered", "chaotic", or "edge of chaos" when the deepest allowed network changes less than e-fold."""
        if self.gradient_depth > SETTINGS["num_hidden_layers"].maximum:
            return "edge of chaos"
        return "ordered" if self.chi < 1 else "chaotic"


def _depth(chi: float) -> float:
    if chi == 0:
        return 0.0
    return math.inf if chi == 1 else 1 / abs(math.log(chi))


def fixed_point(activation: str, weight_variance: float, bias_variance: float = 0.0) -> FixedPoint:
    """The fixed point of variance and correlation, from q = 1 and c = 1/2."""
    function, slope = ACTIVATION_FUNCTIONS[activation]
    variance = fixed_point_variance(activation, weight_variance, bias_variance)
    covariance = weight_variance * Polynomial(_hermite_terms(function, variance) ** 2) + bias_variance
    chi = weight_variance * Polynomial(_hermite_terms(slope, variance) ** 2)
    correlation = 0.5
    for _iteration in range(NUM_ITERATIONS):
        correlation = covariance(correlation) / covariance(1)
    return FixedPoint(
        weight_variance=weight_variance,
        variance=float(variance),
        chi=float(chi(1)),
        correlation=float(correlation),
        correlation_chi=float(chi(correlation) * variance / covariance(1)),
    )
