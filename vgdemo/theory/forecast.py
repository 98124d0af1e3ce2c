"""The gradient's size in every layer, forecast from the settings and the points before any training."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from vgdemo.activations import ACTIVATIONS, Array, Function
from vgdemo.config import NUM_INPUTS, RunConfig
from vgdemo.data import make_dataset
from vgdemo.initializers import INITIALIZERS
from vgdemo.theory.band import band
from vgdemo.theory.drawn_networks import NARROW, drawn_gradients
from vgdemo.theory.finite_width import born_dead, inverse_width_sum
from vgdemo.theory.mean_field import SMALLEST_VARIANCE, FixedPoint, fixed_point, gaussian_mean, pair_mean
from vgdemo.theory.point_pairs import PointPairs
from vgdemo.wording import number

NUM_DRAWS = 256  # Of the first predictions; with the next they tell how much networks of the same settings differ.
WIDTH_DRAWS = 8  # Of what a finite width does, for each draw of the predictions.
DEEP = 0.5  # Layers for each unit, beyond which chaotic networks differ more than the first order in 1/width says.


@dataclass(frozen=True)
class Forecast:
    """What theory expects of a run before its first update; it says nothing of a trained network.

    Of a wide network the line is the limit of many units, and the band adds what a finite width makes of it. Networks
    that are narrow enough to be drawn by the hundred are: line and band are then theirs. The arrays are empty when
    there is a caveat.

    Attributes:
        statistic: What it is a forecast of.
        config: The settings of the run.
        caveat: Why there is no line, in one sentence; empty where the theory holds.
        gradient_rms: (H + 1,) root mean square of the kernel's gradient, layers 1 to H and the output: the median
            over networks.
        low: (H + 1,) what one network in ten stays below; 0 where more than that have no gradient at all. NaN where
            no width is known to promise a band: in chaos, deep beside its width.
        high: (H + 1,) the other end: eight networks in ten lie between.
        chi: (H,) χ: factor on the squared gradient of the pre-activations from layer l + 1 down to hidden layer l, in
            the limit of many units; empty where networks are drawn.
        fixed_point: What a very deep network of these settings tends to.
    """

    statistic: ClassVar[str] = "gradient_rms"

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
    points, classes = np.asarray(inputs, dtype=float), np.asarray(labels, dtype=float)
    limit = fixed_point(config.activation, _weight_variance(config))
    if config.units <= NARROW:
        low, median, high = band(drawn_gradients(config, points, classes))
        return Forecast(config, gradient_rms=median, low=low, high=high, fixed_point=limit)
    signal = _Signal(config, PointPairs(points))
    low, median, high = band(signal.gradients(classes))
    if limit.phase == "chaotic" and _depth_beside_width(config) > DEEP:
        low = high = np.full_like(median, np.nan)
    return Forecast(config, gradient_rms=median, low=low, high=high, chi=signal.chi, fixed_point=limit)


def _depth_beside_width(config: RunConfig) -> float:
    return inverse_width_sum([config.units] * config.num_hidden_layers)


def forecast_of(config: RunConfig) -> Forecast:
    """The forecast over the points on which the run itself measures its gradients.

    Example:
        >>> forecast_of(RunConfig(activation="sigmoid", kernel_initializer="glorot_uniform")).gradient_rms.shape
        (6,)
    """
    data = make_dataset(config)
    return forecast(config, data.x_train, data.y_train)


def _caveat(config: RunConfig) -> str:
    if config.architecture.is_recurrent:
        return "No forecast layer by layer: a recurrent layer uses its kernels at every time step."
    hidden, output = INITIALIZERS[config.kernel_initializer], INITIALIZERS[config.output_initializer]
    if hidden.mean:
        mean = number(hidden.mean)
        return f"No forecast: the theory needs weights with mean 0, and {hidden.label} draws them around {mean}."
    # With an even slope E h φ'(h) is 0: neither output weights of any mean nor layers that share a draw then correlate
    # the gradient with the signal. Networks that are drawn have whatever correlations there are.
    is_independent = ACTIVATIONS[config.activation].has_even_slope or config.units <= NARROW
    if output.mean and not is_independent:
        return (
            f"No forecast: the output's weights are drawn around {number(output.mean)}, "
            f"and through {ACTIVATIONS[config.activation].label} they would correlate the gradient with the signal."
        )
    for holds, name in (
        (config.normalization == "none", f"{config.normalization} normalisation"),
        (not config.residual, "residual connections"),
        (not hidden.looks_at_data, f"{hidden.label}, which scales the weights to the data"),
        (not config.shared_draw or is_independent, "layers that share a draw"),
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

    def gradients(self, labels: Array) -> Array:
        """(draws, H + 1) root mean squares of a kernel's gradient, for draws of predictions and of finite widths."""
        squares = np.repeat(self._square_gradients(labels), WIDTH_DRAWS, axis=0)
        squares *= self._finite_width_factors(len(squares))
        return np.sqrt(np.maximum(squares, 0))

    def _square_gradients(self, labels: Array) -> Array:
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

    def _finite_width_factors(self, count: int) -> Array:
        """(count, H + 1) draws of what a finite width makes of the mean square gradient, mean 1.

        Each hidden layer multiplies a squared norm by a mean of N independent terms: about gamma distributed, exactly
        so in linear networks. What the layers above make of the larger or smaller signal is the activation's. The
        gradient of a layer has the signal of the layers below, and the gradient of its own and those above (Hanin &
        Nica 2019, "Products of many large random matrices and gradients in deep networks").
        """
        forward = _gamma_factors(self._forward_variances / self.config.units, count, seed=1)
        backward = _gamma_factors(self._backward_variances / self.config.units, count, seed=2)
        values, slopes = (self._relative_mean_square(one) for one in (self.function, self.slope))
        below = [np.ones(count)]
        for layer, factor in enumerate(forward.T):
            backward[:, layer] *= slopes(layer, below[-1])
            below.append(values(layer, below[-1]) * factor)
        above = np.hstack([np.cumprod(backward[:, ::-1], axis=1)[:, ::-1], np.ones((count, 1))])
        return np.stack(below, axis=1) * above

    def _relative_mean_square(self, function: Function) -> Callable[[int, Array], Array]:
        """What E f² in a layer is multiplied by where the variance of its pre-activations is, from table."""
        multiples = np.geomspace(1e-3, 1e3, 61)
        squares = gaussian_mean(lambda h: function(h) ** 2, self._layer_variances[:, None] * multiples)
        logarithms = np.log(squares / self._mean_square(function)[:, None])
        return lambda layer, factors: np.exp(np.interp(np.log(factors), np.log(multiples), logarithms[layer]))

    @property
    def _forward_variances(self) -> Array:
        """(H,) of f(h)² over its mean; orthogonal kernels keep |h|², and with it what f(h)² has in common with h²."""
        variances = self._kurtosis(self.function) - 1
        if INITIALIZERS[self.config.kernel_initializer].distribution != "orthogonal":
            return variances
        together = gaussian_mean(lambda h: self.function(h) ** 2 * h**2, self._layer_variances)
        apart = self._mean_square(self.function) * self._layer_variances
        return variances - (together / apart - 1) ** 2 / 2

    @property
    def _backward_variances(self) -> Array:
        """(H,) of f'(h)² v² over its mean, v normal from the layer above: an orthogonal one keeps |v|²."""
        hidden = [self.config.kernel_initializer] * (self.config.num_hidden_layers - 1)
        above = [INITIALIZERS[name] for name in (*hidden, self.config.output_initializer)]
        is_kept = np.array([initializer.distribution == "orthogonal" for initializer in above])
        return np.asarray(3 * self._kurtosis(self.slope) - 1 - 2 * is_kept)

    def _kurtosis(self, function: Function) -> Array:
        """(H,) E f⁴ over (E f²)² of the pre-activations."""
        fourth = gaussian_mean(lambda h: function(h) ** 4, self._layer_variances)
        return np.asarray(fourth / self._mean_square(function) ** 2)

    def _mean_square(self, function: Function) -> Array:
        """(H,) E f² of the pre-activations."""
        return gaussian_mean(lambda h: function(h) ** 2, self._layer_variances)


def _gamma_factors(variances: Array, count: int, seed: int) -> Array:
    """(count, H) gamma variates of mean 1 and these variances."""
    shapes = 1 / np.maximum(variances, 1e-12)
    return np.random.default_rng(seed).gamma(shapes, 1 / shapes, (count, len(variances)))


def _normalised(covariance: Array) -> tuple[Array, Array]:
    """Variances (A,) and correlations (A, A, T) of a covariance; the angle 0 comes first."""
    variance = np.maximum(np.einsum("aat->at", covariance)[:, 0], np.finfo(float).tiny)
    scale = np.sqrt(variance)
    return variance, np.clip(covariance / (scale[:, None] * scale)[..., None], -1, 1)
