"""The statistics of a layer that figures can show, each with the one scale that all runs share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vgdemo.figures.sampling import Values
from vgdemo.record import RunRecord


@dataclass(frozen=True)
class Statistic:
    """A statistic of a layer and the scale it is drawn on.

    Attributes:
        name: One of `LAYER_STATISTICS`.
        label: What figures call it.
        low: Lower end of the fixed scale; its logarithm if `logarithmic`.
        high: Upper end.
        logarithmic: Whether powers of ten are drawn.
        has_output: Whether the output layer has it.
        has_start: Whether epoch 0 has it.
    """

    name: str
    label: str
    low: float
    high: float
    logarithmic: bool = True
    has_output: bool = True
    has_start: bool = True

    def scaled(self, values: Values) -> Values:
        """What is drawn: the logarithm, where there is one; an exact zero gives minus infinity."""
        if not self.logarithmic:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log10(values)

    def layer_count(self, record: RunRecord) -> int:
        """How many layers, from the input on, have this statistic."""
        return record.config.num_hidden_layers + self.has_output

    def scale(self, drawn: Values, *, fit: bool) -> tuple[float, float]:
        """The ends of the scale: fixed for all runs, or those of the values that are drawn."""
        finite = drawn[np.isfinite(drawn)]
        if not fit or not finite.size:
            return self.low, self.high
        low, high = float(finite.min()), float(finite.max())
        return (low, high) if high > low else (low - 0.5, high + 0.5)


STATISTICS: dict[str, Statistic] = {
    statistic.name: statistic
    for statistic in (
        Statistic("gradient_rms", "gradient, RMS", -8, 1),
        Statistic("gradient_mean_abs", "gradient, mean |g|", -8, 1),
        Statistic("gradient_max_abs", "gradient, max |g|", -8, 1),
        Statistic("gradient_zero_share", "gradient, share of exact zeros", 0, 1, logarithmic=False),
        Statistic("update_ratio", "update ratio ‖ΔW‖/‖W‖", -8, 1, has_start=False),
        Statistic("kernel_l1", "kernel, L1 norm", -1, 5),
        Statistic("saturated_share", "units, saturated share", 0, 1, logarithmic=False, has_output=False),
        Statistic("dead_share", "units, dead share", 0, 1, logarithmic=False, has_output=False),
    )
}
