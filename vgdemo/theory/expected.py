"""What theory expects of a run, whichever network it trains."""

from __future__ import annotations

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord, quantile
from vgdemo.theory.band import Band
from vgdemo.theory.forecast import Forecast, forecast_of
from vgdemo.theory.through_time import ThroughTime, through_time_of

Expected = Forecast | ThroughTime


def expected_of(config: RunConfig) -> Expected:
    """The forecast over the points, or sequences, on which the run itself measures its gradients.

    Example:
        >>> expected_of(RunConfig(network="simple_rnn", time_steps=10)).size.median.shape
        (1, 10)
    """
    return through_time_of(config) if config.architecture.is_recurrent else forecast_of(config)


def line_over(expected: Expected, record: RunRecord) -> Band | None:
    """What theory expects of its statistic at epoch 0, at the places of the panel; None if it cannot say.

    How a gradient changes over time is forecast, not how large it is: over time steps the line ends where the
    measurement does, at the last step.

    Args:
        expected: Of the run.
        record: What it measured, with the statistic.
    """
    if expected.caveat:
        return None
    if isinstance(expected, Forecast):
        return Band(expected.low, expected.gradient_rms, expected.high)
    return _over_time(expected, record)


def _over_time(expected: ThroughTime, record: RunRecord) -> Band | None:
    name, panel = next((name, one) for name, one in record.panels.items() if expected.statistic in one.statistics)
    if expected.size is None or not len(panel.epochs):
        return None
    layer = [*expected.config.states].index(name.removeprefix("steps/"))
    sizes = Band(*(of_layers[layer] for of_layers in expected.size))
    last = quantile(panel.statistics[expected.statistic][0, :, -1], 0.5, axis=0)
    return Band(*(last / sizes.median[-1] * size for size in sizes)) if sizes.median[-1] > 0 else None
