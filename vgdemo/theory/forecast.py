"""The gradient's size in every layer, forecast from the settings and the points before any training."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from vgdemo.activations import ACTIVATIONS, Array, Function
from vgdemo.config import NUM_INPUTS, RunConfig
from vgdemo.data import make_dataset
from vgdemo.initializers import INITIALIZERS
from vgdemo.theory.finite_width import born_dead
from vgdemo.theory.mean_field import SMALLEST_VARIANCE, FixedPoint, fixed_point, gaussian_mean, pair_mean
from vgdemo.theory.point_pairs import PointPairs
from vgdemo.wording import number

NUM_DRAWS = 256  # Of the first predictions; with the next they tell how much networks of the same settings differ.
WIDTH_DRAWS = 8  # Of what a finite width does, for each draw of the predictions.
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Forecast:
    """What theory expects of a run before its first update; it says nothing of a trained network.

    The line is the limit of many units; the band adds what a finite width makes of it. In narrow ReLU networks, many
    of them born dead, it is a rough guide. The arrays are empty when there is a caveat.

    Attributes:
        config: The settings of the run.
        caveat: Why there is no line, in one sentence; empty where the theory holds.
        gradient_rms: (H + 1,) root mean square of the kernel's gradient, layers 1 to H and the output: the median
            over networks.
        low: (H + 1,) what one network in ten stays below.
        high: (H + 1,) what one network in ten exceeds.
        chi: (H,) χ: factor on the squared gradient of the pre-activations from layer l + 1 down to hidden layer l.
        fixed_point: What a very deep network of these settings tends to.
    """

    config: RunConfig
    caveat: str = ""
    gradient_rms: Array = field(default_factory=lambda: np.empty(0))
    low: Array = field(default_factory=lambda: np.empty(0))
    high: Array = field(default_factory=lambda: np.empty(0))
    chi: Array = field(default_factory=lambda: np.empty(0))
    fixed_point: FixedPoint | None = None

    @property
    def factor(self) -> float:
        """Geometric mean factor on the line from one hidden layer to the one below; NaN with fewer than three."""
        return factor_per_layer(self.gradient_rms[:-1])

    @property
    def born_dead(self) -> float:
        """Probability that a given point reaches no unit of the last hidden layer; 0 where units cannot die."""
        mortal = ACTIVATIONS[self.config.activation].can_die and not self.caveat
        return born_dead(self.config.num_hidden_layers, self.config.units) if mortal else 0.0


def factor_per_layer(hidden_rms: ArrayLike) -> float:
    """Geometric mean factor on the gradient from one hidden layer to the one below, of a forecast or a measurement.

    The first layer stands aside: its kernel has another shape, its input is the data.

    Args:
        hidden_rms: (H,) gradient sizes of the hidden kernels, layers 1 to H.

    Returns:
        The factor; NaN with fewer than two layers after the first, or where one of their sizes is 0.

    Example:
        >>> factor_per_layer([7, 1, 2, 4])
        0.5
    """
    sizes = np.asarray(hidden_rms)[1:]
    if len(sizes) < 2 or not (sizes > 0).all():
        return math.nan
    return float((sizes[0] / sizes[-1]) ** (1 / (len(sizes) - 1)))


def forecast(config: RunConfig, inputs: ArrayLike, labels: ArrayLike) -> Forecast:
    """Forecast the gradient of the mean loss over the given points, in every layer at epoch 0.

    Args:
        config: The settings of the run.
        inputs: (n, 2) points of the probe.
        labels: (n,) their classes, 0 or 1.

    Example:
        >>> config = RunConfig(activation="sigmoid", kernel_initializer="glorot_uniform")
        >>> expected = forecast(config, inputs=[[-0.5, 0.5], [0.5, 0.2]], labels=[0, 1])
        >>> expected.gradient_rms.shape, expected.fixed_point.phase
        ((6,), 'ordered')
    """
    caveat = _caveat(config)
    if caveat:
        return Forecast(config, caveat)
    signal = _Signal(config, PointPairs(np.asarray(inputs, dtype=float)))
    squares = np.repeat(signal.square_gradients(np.asarray(labels, dtype=float)), WIDTH_DRAWS, axis=0)
    squares *= signal.finite_width_factors(len(squares))
    low, median, high = np.quantile(np.sqrt(np.maximum(squares, 0)), QUANTILES, axis=0)
    return Forecast(
        config,
        gradient_rms=median,
        low=low,
        high=high,
        chi=signal.chi,
        fixed_point=fixed_point(config.activation, _weight_variance(config)),
    )


def forecast_of(config: RunConfig) -> Forecast:
    """The forecast over the points on which the run itself measures its gradients.

    Example:
        >>> forecast_of(RunConfig(activation="sigmoid", kernel_initializer="glorot_uniform")).gradient_rms.shape
        (6,)
    """
    data = make_dataset(config)
    return forecast(config, data.x_train, data.y_train)


def _caveat(config: RunConfig) -> str:
    hidden, output = INITIALIZERS[config.kernel_initializer], INITIALIZERS[config.output_initializer]
    if hidden.mean:
        mean = number(hidden.mean)
        return f"No forecast: the theory needs weights with mean 0, and {hidden.label} draws them around {mean}."
    # With an even slope E h φ'(h) is 0, so output weights of any mean leave the gradient independent of the signal.
    if output.mean and not ACTIVATIONS[config.activation].has_even_slope:
        return (
            f"No forecast: the output's weights are drawn around {number(output.mean)}, "
            f"and through {ACTIVATIONS[config.activation].label} they would correlate the gradient with the signal."
        )
    for holds, name in (
        (config.normalization == "none", f"{config.normalization} normalisation"),
        (not config.residual, "residual connections"),
        (not hidden.looks_at_data, f"{hidden.label}, which scales the weights to the data"),
        (not config.shared_draw, "layers that share a draw"),
    ):
        if not holds:
            return f"No forecast: the theory of independent layers does not cover {name}."
    if config.gain == 0:
        return "No forecast: with a gain of 0 there is no signal."
    return ""


def _weight_variance(config: RunConfig) -> float:
    """σw² of the hidden layers between the first and the output."""
    variance = INITIALIZERS[config.kernel_initializer].variance(config.units, config.units)
    return config.units * variance * config.gain**2


class _Signal:
    """The mean-field signal of one configuration, forward and backward, for all pairs of points.

    With e the residuals of the points, K^l the hidden kernel and B^l the covariance of ∂logit/∂h^l per unit, the mean
    of (∂L/∂W^l)² over a kernel's entries is the mean over pairs of e_i e_j · K^{l-1} · B^l.
    """

    def __init__(self, config: RunConfig, pairs: PointPairs) -> None:
        self.config, self.pairs = config, pairs
        self.function, self.slope = ACTIVATIONS[config.activation].function, ACTIVATIONS[config.activation].slope
        self.kernels = [pairs.inner_products / NUM_INPUTS]
        self.variances: list[Array] = []
        self.slopes: list[Array] = []
        for fan_in, fan_out in config.kernel_shapes[:-1]:
            self._add_layer(fan_in * self._hidden_variance(fan_in, fan_out))

    def _hidden_variance(self, fan_in: int, fan_out: int) -> float:
        return INITIALIZERS[self.config.kernel_initializer].variance(fan_in, fan_out) * self.config.gain**2

    @cached_property
    def _output_moments(self) -> tuple[float, float]:
        """Mean and variance of the output layer's weights."""
        output = INITIALIZERS[self.config.output_initializer]
        return output.mean, output.variance(self.config.units, 1)

    def _add_layer(self, weight_variance: float) -> None:
        variance, correlation = _normalised(weight_variance * self.kernels[-1])
        self.variances.append(variance)
        self.kernels.append(pair_mean(self.function, variance, correlation))
        self.slopes.append(pair_mean(self.slope, variance, correlation))

    @cached_property
    def _backward_weights(self) -> Array:
        """(H,) fan-out times the mean square of a weight, of the layer above each hidden layer."""
        mean, variance = self._output_moments
        hidden = self.config.units * self._hidden_variance(self.config.units, self.config.units)
        return np.array([hidden] * (self.config.num_hidden_layers - 1) + [mean**2 + variance])

    def square_gradients(self, labels: Array) -> Array:
        """(S, H + 1) mean squares of a kernel's gradient for S draws of the first predictions."""
        residuals = self.pairs.moments(self._predictions() - labels)
        backward = np.ones_like(self.kernels[0])
        squares = []
        for layer in reversed(range(self.config.num_layers)):
            if layer < self.config.num_hidden_layers:
                backward = self._backward_weights[layer] * backward * self.slopes[layer]
            squares.append(self.pairs.mean(self.kernels[layer] * backward, residuals))
        return np.stack(squares[::-1], axis=1)

    def _predictions(self) -> Array:
        """(S, n) draws of the probability that the untrained network gives each point."""
        units = self.config.units
        weight_mean, weight_variance = self._output_moments
        hidden_mean = gaussian_mean(self.function, self.variances[-1])
        around_mean = self.kernels[-1] - (hidden_mean[:, None] * hidden_mean)[..., None]
        covariance = units * (weight_variance * self.kernels[-1] + weight_mean**2 * around_mean)
        logit_mean = units * weight_mean * self.pairs.at_points(hidden_mean)
        return np.asarray(expit(logit_mean + self.pairs.normal_functions(covariance, NUM_DRAWS)))

    @cached_property
    def _layer_variances(self) -> Array:
        """(H,) pre-activation variance, averaged over the points."""
        means = [self.pairs.at_points(variance).mean() for variance in self.variances]
        return np.maximum(means, SMALLEST_VARIANCE)

    @property
    def chi(self) -> Array:
        """(H,) E‖δ^l‖² over E‖δ^{l+1}‖² (Schoenholz et al. 2017), with the finite fans of the kernel between them."""
        fan_in_over_out = np.ones(self.config.num_hidden_layers)
        fan_in_over_out[-1] = self.config.units
        slopes = gaussian_mean(lambda h: self.slope(h) ** 2, self._layer_variances)
        return np.asarray(fan_in_over_out * self._backward_weights * slopes)

    def finite_width_factors(self, count: int) -> Array:
        """(count, H + 1) draws of what a finite width makes of the mean square gradient, mean 1.

        Each hidden layer multiplies a squared norm by a mean of N independent terms: about gamma distributed, exactly
        so in linear networks. The gradient of a layer has the signal of the layers below, and the gradient of its own
        and those above (Hanin & Nica 2019, "Products of many large random matrices and gradients in deep networks").
        """
        units, one = self.config.units, np.ones((count, 1))
        forward = _gamma_factors((self._kurtosis(self.function) - 1) / units, count, seed=1)
        backward = _gamma_factors((3 * self._kurtosis(self.slope) - 1) / units, count, seed=2)
        below = np.hstack([one, np.cumprod(forward, axis=1)])
        above = np.hstack([np.cumprod(backward[:, ::-1], axis=1)[:, ::-1], one])
        return below * above

    def _kurtosis(self, function: Function) -> Array:
        """(H,) E f⁴ over (E f²)² of the pre-activations."""
        fourth = gaussian_mean(lambda h: function(h) ** 4, self._layer_variances)
        return fourth / gaussian_mean(lambda h: function(h) ** 2, self._layer_variances) ** 2


def _gamma_factors(variances: Array, count: int, seed: int) -> Array:
    """(count, H) gamma variates of mean 1 and these variances."""
    shapes = 1 / np.maximum(variances, 1e-12)
    return np.random.default_rng(seed).gamma(shapes, 1 / shapes, (count, len(variances)))


def _normalised(covariance: Array) -> tuple[Array, Array]:
    """Variances (A,) and correlations (A, A, T) of a covariance; the angle 0 comes first."""
    variance = np.maximum(np.einsum("aat->at", covariance)[:, 0], np.finfo(float).tiny)
    scale = np.sqrt(variance)
    return variance, np.clip(covariance / (scale[:, None] * scale)[..., None], -1, 1)
