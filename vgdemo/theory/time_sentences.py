"""What theory expects of a recurrent run before it is trained, in sentences."""

from __future__ import annotations

import math

import numpy as np

from vgdemo.activations import Array
from vgdemo.record import RunRecord, quantile
from vgdemo.theory.through_time import ThroughTime
from vgdemo.wording import listed, number

GATES = {"lstm": "forget gate", "gru": "update gate"}


def expectation(forecast: ThroughTime) -> str:
    """The forecast of the last layer in one sentence, or its caveat."""
    if forecast.factor is None or forecast.reach is None:
        return forecast.caveat
    factor = number(float(forecast.factor.median[-1]))
    return f"Theory expects the gradient to change ×{factor} per time step on its way back. {forecast.reach.sentence}"


def against_measurement(forecast: ThroughTime, record: RunRecord) -> str:
    """The forecast's factor per step against the median replicate's at epoch 0, or its caveat.

    Args:
        forecast: Of the run.
        record: What the run measured, from before its first update on.
    """
    if forecast.factor is None:
        return forecast.caveat
    measured = [_measured(record, layer) for layer in forecast.config.states]
    said = listed([_pair(*pair) for pair in zip(forecast.factor.median, measured, strict=True)])
    layers = f" in layers 1 to {len(measured)}" if len(measured) > 1 else ""
    return f"Per time step on the way back theory says {said}{layers}."


def outlook(forecast: ThroughTime) -> tuple[str, ...]:
    """The forecast, what it comes from, and how much networks differ; the caveat alone where there is no forecast."""
    sentences = (expectation(forecast), _gate(forecast), _chi(forecast), _spread(forecast))
    return tuple(sentence for sentence in sentences if sentence)


def _measured(record: RunRecord, layer: str) -> float:
    panel = record.panels.get(f"steps/{layer}")
    factors = None if panel is None else panel.factors_per_step
    return math.nan if factors is None or not len(factors) else float(quantile(factors[0], 0.5, axis=0))


def _pair(expected: float, measured: float) -> str:
    return f"×{number(float(expected))}" + ("" if math.isnan(measured) else f" (measured ×{number(measured)})")


def _gate(forecast: ThroughTime) -> str:
    if forecast.gate is None:
        return ""
    share = _listed(forecast.gate.median)
    name = GATES[forecast.config.network]
    return f"The {name} lets {share} of the state pass from one step to the next."


def _chi(forecast: ThroughTime) -> str:
    if forecast.chi is None or not forecast.chi.size:
        return ""
    last = forecast.chi[:, -1]
    change = "keeps its size" if np.allclose(last, 1, atol=0.005) else f"changes ×{_listed(np.sqrt(last))} per step"
    return (
        f"χ = {_listed(last)} of the recurrent weights: in the limit of many units the gradient {change}. With few "
        "units powers of one kernel go another way, so networks are drawn."
    )


def _spread(forecast: ThroughTime) -> str:
    if forecast.factor is None:
        return ""
    low, _, high = (number(float(ends[-1])) for ends in forecast.factor)
    return f"Of ten networks of these settings eight have between ×{low} and ×{high} per step."


def _listed(values: Array) -> str:
    """Of one layer, or of each."""
    return ", ".join(number(float(value)) for value in values)
