"""Mean-field theory of wide random layers: what an activation does to a Gaussian signal on its way up and down.

Sources: Poole et al. 2016, "Exponential expressivity in deep neural networks through transient chaos" (forward);
Schoenholz et al. 2017, "Deep information propagation" (backward, phases, depth scales).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermevander
from numpy.polynomial.polynomial import polyval
from scipy.special import gamma, roots_legendre

from vgdemo.activations import ACTIVATIONS, Array, Function

NUM_ITERATIONS = 200  # As many layers count as infinitely deep: near criticality the fixed point comes slowly.
LARGEST_VARIANCE = 1e24  # Signals that explode are followed this far; by then every activation is piecewise linear.
SMALLEST_VARIANCE = 1e-24  # Signals that die out are followed this far: a kink at 0 keeps its two sides.
HERMITE_ORDER = 48
EDGE_DEPTH = 50  # Layers over which the squared gradient changes less than e-fold at the edge of chaos.


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
    """E f(u) for u normal with mean 0 and each of the variances.

    Args:
        function: f, applied to an array of one axis more than `variance`.
        variance: Variances of u, in any shape, which the result takes.

    Example:
        >>> gaussian_mean(lambda u: u**4, np.array([1.0, 2.0])).round(6)
        array([ 3., 12.])
    """
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

    Returns:
        q*, in the shape that both broadcast to.
    """
    function = ACTIVATIONS[activation].function
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

    Args:
        activation: A name of `ACTIVATIONS`.
        weight_variance: σw², the fan-in times the variance of a weight.
        bias_variance: σb²; broadcasts with `weight_variance`.

    Returns:
        χ, in the shape that both broadcast to.

    Example:
        >>> fixed_point_chi("relu", np.array([1.0, 2.0, 4.0]), 0.0).round(6)
        array([0.5, 1. , 2. ])
    """
    return _chi(activation, weight_variance, fixed_point_variance(activation, weight_variance, bias_variance))


def _chi(activation: str, weight_variance: float | Array, variance: Array) -> Array:
    slope = ACTIVATIONS[activation].slope
    return np.asarray(weight_variance * gaussian_mean(lambda h: slope(h) ** 2, variance))


@dataclass(frozen=True)
class FixedPoint:
    """Where a very deep network of one activation and weight variance tends to.

    Attributes:
        weight_variance: σw² of the hidden layers.
        variance: q*, of the pre-activations.
        chi: χ, the factor on the squared gradient from layer to layer.
    """

    weight_variance: float
    variance: float
    chi: float

    @property
    def gradient_depth(self) -> float:
        """ξ_∇ = 1/|ln χ|: layers over which the squared gradient changes by a factor of e (Schoenholz et al. 2017)."""
        if self.chi == 0:
            return 0.0
        return math.inf if self.chi == 1 else 1 / abs(math.log(self.chi))

    @property
    def phase(self) -> str:
        """ "ordered", "chaotic", or "edge of chaos" when 50 layers change the squared gradient less than e-fold."""
        if self.gradient_depth > EDGE_DEPTH:
            return "edge of chaos"
        return "ordered" if self.chi < 1 else "chaotic"


def fixed_point(activation: str, weight_variance: float, bias_variance: float = 0.0) -> FixedPoint:
    """The fixed point that q = 1 tends to.

    Args:
        activation: A name of `ACTIVATIONS`.
        weight_variance: σw², the fan-in times the variance of a weight.
        bias_variance: σb².

    Example:
        >>> point = fixed_point("tanh", 2.0)
        >>> point.phase, round(point.chi, 3)
        ('chaotic', 1.106)
    """
    variance = fixed_point_variance(activation, weight_variance, bias_variance)
    chi = _chi(activation, weight_variance, variance)
    return FixedPoint(weight_variance=weight_variance, variance=float(variance), chi=float(chi))
