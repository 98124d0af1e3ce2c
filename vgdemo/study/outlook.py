"""What theory says of the runs of a study before any of them is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from vgdemo.config import RunConfig
from vgdemo.figures.phases import edge_of_chaos
from vgdemo.study.grid import Grid
from vgdemo.theory import Forecast, forecast_of

MOST_FORECASTS = 200  # Of one study: each takes up to a tenth of a second the first time.
FORECAST = {
    "first_ratio": "theory, RMS, epoch 0",
    "first_factor": "theory, epoch 0",
    "learned": "theory, not born dead",
}


@dataclass(frozen=True)
class Outlook:
    """What theory says of a measure over a grid.

    Attributes:
        name: What a legend calls it.
        values: Run to the number that theory gives in place of the measure's; runs of which it says none are absent.
        edge: The gain at which χ is 1, for a grid of gains and depths; None where there is none.

    Example:
        >>> relu = RunConfig(activation="relu", kernel_initializer="he_uniform")
        >>> grid = Grid.of(relu, {"num_hidden_layers": [1, 20]})
        >>> [round(share, 2) for share in outlook(grid, "learned").values.values()]
        [0.97, 0.53]
    """

    name: str = ""
    values: Mapping[RunConfig, float] = field(default_factory=dict)
    edge: float | None = None


NO_OUTLOOK = Outlook()


def outlook(grid: Grid, measure: str, *, as_curves: bool = False) -> Outlook:
    """What theory says of a measure over a grid: along curves forecasts of single runs, on a map the edge of chaos.

    | measure | what theory gives |
    | --- | --- |
    | `first_ratio` | RMS of the first kernel's gradient over that of the output's, where mean |g| is measured |
    | `first_factor` | the mean factor on the gradient's RMS per layer, as it is measured |
    | `learned` | the share of networks in which a given point reaches the last layer, where ReLU units can die |

    The last is no bound: a network that is dead for one point may learn from others. Forecasts are kept, so that to ask
    again costs nothing; of a study of more than 200 runs none is made.
    """
    if not (as_curves or len(grid.axes) == 1):
        return Outlook(edge=_edge(grid))
    values = dict(_forecasts(grid, measure)) if measure in FORECAST and len(grid.configs) <= MOST_FORECASTS else {}
    return Outlook(FORECAST[measure] if values else "", values)


def _forecasts(grid: Grid, measure: str) -> Iterator[tuple[RunConfig, float]]:
    for config in grid.configs:
        number = _number(_forecast(config.with_changes(epochs=1, replicates=1)), measure)
        if number is not None and np.isfinite(number):
            yield config, number


@lru_cache(maxsize=2000)
def _forecast(config: RunConfig) -> Forecast:
    return forecast_of(config)


def _number(forecast: Forecast, measure: str) -> float | None:
    if forecast.caveat:
        return None
    if measure == "learned":
        return 1 - forecast.born_dead if forecast.born_dead else None
    if measure == "first_factor":
        return forecast.factor
    first, last = forecast.gradient_rms[[0, -1]]
    return float(first / last) if last > 0 else None


def _edge(grid: Grid) -> float | None:
    """Where the whole grid has one activation and one initialiser, scaled by its gains."""
    settings = {name for axis in grid.axes for name in axis.settings}
    if settings != {"gain", "num_hidden_layers"} or len(grid.axes) != 2:
        return None
    of_one = grid.base.with_changes(epochs=1, replicates=1, gain=1.0)
    point = _forecast(of_one).fixed_point
    return None if point is None else edge_of_chaos(of_one.activation, point.weight_variance)
