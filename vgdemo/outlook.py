"""What theory expects of a run before it is trained, in sentences."""

from __future__ import annotations

import math

from vgdemo.config import RunConfig
from vgdemo.figures.style import in_words
from vgdemo.meanfield import FixedPoint
from vgdemo.theory import Forecast, expected_log_jacobian, inverse_width_sum

WORTH_SAYING = 0.005  # A probability that rounds to 0 % is not.


def outlook(forecast: Forecast) -> tuple[str, ...]:
    """The forecast, its phase, and what a narrow network makes of it; the caveat alone where the theory does not hold.

    Args:
        forecast: Of the run.
    """
    if forecast.fixed_point is None:
        return (forecast.expectation,)
    sentences = (
        forecast.expectation,
        _phase(forecast.fixed_point),
        _born_dead(forecast),
        _typical_gradient(forecast.config),
        _spread(forecast),
    )
    return tuple(sentence for sentence in sentences if sentence)


def _phase(point: FixedPoint) -> str:
    if point.phase == "edge of chaos":
        return f"χ = {in_words(point.chi)}, {point.phase}: a wide network's gradient keeps its mean size in all layers."
    change = "shrinks" if point.chi < 1 else "grows"
    return (
        f"χ = {in_words(point.chi)}, {point.phase}: in a deep and wide network the squared gradient {change} "
        f"by a factor of e every {in_words(point.gradient_depth)} layers."
    )


def _born_dead(forecast: Forecast) -> str:
    if forecast.born_dead < WORTH_SAYING:
        return ""
    return (
        f"A ReLU network this narrow is born dead with probability {100 * forecast.born_dead:.0f} %: "
        "a given point then reaches no unit of the last hidden layer."
    )


def _typical_gradient(config: RunConfig) -> str:
    """He's variance keeps the mean of a squared ReLU gradient at any width; its logarithm falls all the same."""
    if config.activation != "relu" or not config.kernel_initializer.startswith("he_") or config.gain != 1:
        return ""
    factor = math.exp(expected_log_jacobian([config.units, config.units]) / 2)
    return f"A typical gradient shrinks ×{factor:.2g} per layer of {config.units} units, although its mean stays."


def _spread(forecast: Forecast) -> str:
    return (
        f"Σ 1/width is {in_words(inverse_width_sum(forecast.config))}: of ten networks of these settings eight have a "
        f"first-layer gradient between {in_words(forecast.low[0])} and {in_words(forecast.high[0])}."
    )
