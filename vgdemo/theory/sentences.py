"""What theory expects of a run before it is trained, in sentences."""

from __future__ import annotations

import math

from vgdemo.config import RunConfig
from vgdemo.initializers import INITIALIZERS
from vgdemo.record import RunRecord, quantile
from vgdemo.theory import time_sentences
from vgdemo.theory.expected import Expected
from vgdemo.theory.finite_width import expected_log_jacobian, inverse_width_sum
from vgdemo.theory.forecast import Forecast, factor_per_layer
from vgdemo.theory.mean_field import FixedPoint
from vgdemo.theory.through_time import ThroughTime
from vgdemo.wording import number, percent

A_WEIGHTS_GRADIENT = (
    "A weight's gradient, which the figures show, is that of its unit's input times the signal that it carries: "
    "where one shrinks, the other may grow."
)
WORTH_SAYING = 0.005  # A probability that rounds to 0 % is not.


def expectation(forecast: Expected) -> str:
    """The forecast's line in one sentence, or its caveat.

    Example:
        >>> import numpy as np
        >>> expectation(Forecast(RunConfig(), gradient_rms=np.array([0.002, 0.01, 0.1, 1, 3])))
        'Theory expects the gradient of the weights to change ×0.1 per layer towards the input.'
    """
    if isinstance(forecast, ThroughTime):
        return time_sentences.expectation(forecast)
    if forecast.caveat:
        return forecast.caveat
    if math.isnan(forecast.factor):
        return f"Theory expects a gradient of {number(forecast.gradient_rms[0])} in layer 1."
    return (
        f"Theory expects the gradient of the weights to change ×{number(forecast.factor)} per layer towards the input."
    )


def against_measurement(forecast: Expected, record: RunRecord) -> str:
    """The forecast's line against the median replicate at epoch 0, or its caveat.

    Args:
        forecast: Of the run.
        record: What the run measured, from before its first update on.
    """
    if isinstance(forecast, ThroughTime):
        return time_sentences.against_measurement(forecast, record)
    if forecast.caveat:
        return forecast.caveat
    measured = quantile(record.values("gradient_rms")[0], 0.5, axis=0)
    factor = factor_per_layer(measured[list(record.model.hidden)])
    sizes_of_first = f"a gradient of {number(forecast.gradient_rms[0])}, measured {number(measured[0])}"
    if math.isnan(factor) or math.isnan(forecast.factor):
        return f"In layer 1 theory says {sizes_of_first}."
    factors = f"×{number(forecast.factor)} per layer, measured ×{number(factor)}"
    return f"In layer 1 theory says {sizes_of_first}; {factors}."


def outlook(forecast: Expected) -> tuple[str, ...]:
    """The forecast, its phase, and what a narrow network makes of it; the caveat alone where the theory does not hold.

    Args:
        forecast: Of the run.

    Example:
        >>> outlook(Forecast(RunConfig(), caveat="No forecast: not here."))
        ('No forecast: not here.',)
    """
    if isinstance(forecast, ThroughTime):
        return time_sentences.outlook(forecast)
    if forecast.fixed_point is None:
        return (expectation(forecast),)
    sentences = (
        expectation(forecast),
        _phase(forecast.fixed_point),
        A_WEIGHTS_GRADIENT,
        _born_dead(forecast),
        _typical_gradient(forecast.config),
        _spread(forecast),
    )
    return tuple(sentence for sentence in sentences if sentence)


def _phase(point: FixedPoint) -> str:
    if point.phase == "edge of chaos":
        return (
            f"χ = {number(point.chi)}, {point.phase}: in a wide network the gradient of a unit's input keeps its mean "
            "size in all layers."
        )
    change = "shrinks" if point.chi < 1 else "grows"
    return (
        f"χ = {number(point.chi)}, {point.phase}: in a deep and wide network the gradient of a unit's input {change} "
        f"×{number(math.sqrt(point.chi))} per layer, its square by a factor of e every {number(point.gradient_depth)} "
        "layers."
    )


def _born_dead(forecast: Forecast) -> str:
    if forecast.born_dead < WORTH_SAYING:
        return ""
    return (
        f"A ReLU network this narrow is born dead with probability {percent(forecast.born_dead)}: "
        "a given point then reaches no unit of the last hidden layer."
    )


def _typical_gradient(config: RunConfig) -> str:
    """He's variance keeps the mean of a squared ReLU gradient at any width; its logarithm falls all the same."""
    if config.activation != "relu" or INITIALIZERS[config.kernel_initializer].family != "he" or config.gain != 1:
        return ""
    factor = math.exp(expected_log_jacobian([config.units, config.units]) / 2)
    return (
        f"A typical gradient of a unit's input shrinks ×{number(factor)} per layer of {config.units} units, although "
        "its mean stays."
    )


def _spread(forecast: Forecast) -> str:
    beta = inverse_width_sum([forecast.config.units] * forecast.config.num_hidden_layers)
    if math.isnan(forecast.low[0]):
        return f"Σ 1/width is {number(beta)}: of chaotic networks this deep beside their width no band can be promised."
    return (
        f"Σ 1/width is {number(beta)}: of ten networks of these settings eight have a "
        f"first-layer gradient between {number(forecast.low[0])} and {number(forecast.high[0])}."
    )
