"""The scales that statistics are drawn on: one for all runs, so that figures of different runs can be compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vgdemo.activations import ACTIVATIONS
from vgdemo.model import Model
from vgdemo.record import ACTIVATION_STATISTICS, KERNEL_STATISTICS, UPDATE_STATISTICS, RunRecord
from vgdemo.wording import capitalized, counted, listed, number, power_of_ten

BEYOND = "beyond the scale"  # What readings say of values that a scale that fits would hold.
Values = NDArray[Any]
Fit = bool | tuple[float, float]  # Whether a scale is fitted to the values that are drawn, or its ends.


@dataclass(frozen=True)
class Statistic:
    """A statistic along an axis and the scale it is drawn on.

    Attributes:
        name: What records call it.
        label: What figures call it.
        low: Lower end of the fixed scale; its logarithm if `logarithmic`.
        high: Upper end.
        logarithmic: Whether powers of ten are drawn.

    Example:
        >>> STATISTICS["gradient_rms"].scaled(np.array([1e-3])), STATISTICS["dead_share"].scaled(np.array([0.25]))
        (array([-3.]), array([0.25]))
    """

    name: str
    label: str
    low: float
    high: float
    logarithmic: bool = True

    @classmethod
    def around(cls, name: str, values: Values) -> Statistic:
        """A statistic of which only its values are known: powers of ten around them, unless some are negative."""
        finite = values[np.isfinite(values)]
        label = name.replace("_", " ")
        if (finite < 0).any():
            return cls(name, label, float(finite.min()), float(finite.max(initial=0)), logarithmic=False)
        sizes = np.log10(finite[finite > 0])
        low, high = (math.floor(sizes.min()), math.ceil(sizes.max())) if sizes.size else (0, 1)
        return cls(name, label, low, max(high, low + 1))

    @property
    def title(self) -> str:
        """The label at the beginning of a title."""
        return capitalized(self.label)

    def scaled(self, values: Values) -> Values:
        """What is drawn: the logarithm, where there is one; an exact zero gives minus infinity."""
        if not self.logarithmic:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log10(values)

    def special(self, values: Values) -> NDArray[np.bool_]:
        """(3, ...) where a value has no place on the scale: a zero that has no logarithm, not a number, infinite."""
        return np.stack([(values == 0) & self.lacks(0), np.isnan(values), np.isinf(values)])

    def lacks(self, value: object) -> bool:
        """Whether the scale has no place for one of the special values; 0 has its place among linear ones."""
        return value != 0 or self.logarithmic

    def scale(self, drawn: Values, *, fit: Fit) -> tuple[float, float]:
        """The ends of the scale: fixed for all runs, those of the values that are drawn, or those that are given."""
        if isinstance(fit, tuple):
            return fit
        finite = drawn[np.isfinite(drawn)]
        if not fit or not finite.size:
            return self.low, self.high
        low, high = float(finite.min()), float(finite.max())
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def beyond(self, values: Values, scale: tuple[float, float], noun: str, epochs: Sequence[int] = ()) -> str:
        """How many values lie beyond the ends of a scale, in a sentence after a blank; empty if none does.

        Args:
            values: (P,) at one epoch or (E, P) at several, of which each end counts the one with most beyond it.
            scale: The ends.
            noun: What there are P of.
            epochs: (E,) named where it is not the last.

        Example:
            >>> STATISTICS["gradient_rms"].beyond(np.array([0, 4e-16, 1e-9, 0.1]), (-8, 1), "layer")
            ' 2 layers below 10⁻⁸, smallest 4.0·10⁻¹⁶, beyond the scale.'
            >>> STATISTICS["gradient_rms"].beyond(np.array([[1e18, 200], [1e-3, 1e-2]]), (-8, 1), "layer", [0, 50])
            ' 2 layers above 10¹ at epoch 0, largest 1.0·10¹⁸, beyond the scale.'
        """
        values = np.atleast_2d(values)
        drawn, (low, high) = self.scaled(values), scale
        sides = (("below", low, "smallest", min, drawn < low), ("above", high, "largest", max, drawn > high))
        found = []
        for side, end, extreme, pick, is_beyond in sides:
            where = is_beyond & np.isfinite(drawn)
            counts = where.sum(axis=1)
            if counts.any():
                most = int(np.flatnonzero(counts == counts.max())[-1])
                when = f" at epoch {epochs[most]}" if most < len(counts) - 1 else ""
                value = number(float(pick(values[most][where[most]])))
                found.append(
                    f"{counted(int(counts[most]), noun)} {side} {self._in_words(end)}{when}, {extreme} {value}"
                )
        return f" {listed(found)}, {BEYOND}." if found else ""

    def _in_words(self, end: float) -> str:
        """An end of the scale."""
        if self.logarithmic and end == int(end):
            return power_of_ten(int(end))
        return number(10**end if self.logarithmic else end)

    def log10(self, axis: str) -> list[str]:
        """The axis, if logarithms are drawn on it: what a figure's meta says of it."""
        return [axis] if self.logarithmic else []


STATISTICS: dict[str, Statistic] = {
    statistic.name: statistic
    for statistic in (
        Statistic("gradient_rms", "gradient, RMS", -8, 1),
        Statistic("gradient_mean_abs", "gradient, mean |g|", -8, 1),
        Statistic("gradient_max_abs", "gradient, max |g|", -8, 1),
        Statistic("gradient_zero_share", "gradient, share of exact zeros", 0, 1, logarithmic=False),
        Statistic("update_ratio", "update ratio ‖ΔW‖/‖W‖", -8, 1),
        Statistic("kernel_l1", "kernel, L1 norm", -1, 5),
        Statistic("saturated_share", "units, saturated or inactive share", 0, 1, logarithmic=False),
        Statistic("dead_share", "units, dead share", 0, 1, logarithmic=False),
    )
}
# What recurrent networks and the logs of somebody's own trainings have besides.
ALL_STATISTICS = STATISTICS | {
    statistic.name: statistic
    for statistic in (
        Statistic("output_gradient_rms", "signal, RMS of ∂L/∂output", -8, 1),
        Statistic("state_gradient_rms", "through time, RMS of ∂L/∂state", -12, 1),
        Statistic("state_gradient_mean_abs", "through time, mean |∂L/∂state|", -12, 1),
        Statistic("recurrent_gradient_share", "recurrent gradient, share of a step", -8, 0),
        Statistic("recurrent_gradient_rms", "recurrent gradient of a step, RMS", -12, 1),
    )
}
OF_EVERY_RUN = {*KERNEL_STATISTICS, *UPDATE_STATISTICS, *ACTIVATION_STATISTICS}


def statistic_of(record: RunRecord, name: str) -> Statistic:
    """A statistic with its scale; one that `ALL_STATISTICS` does not know has a scale around its values in the record.

    Example:
        >>> statistic_of(record, "gradient_rms").title
        'Gradient, RMS'
        >>> statistic_of(record, "kernel_rms").label, statistic_of(record, "saturated_share").label
        ('kernel rms', 'units, saturated share')
    """
    if name == "saturated_share":
        return replace(STATISTICS[name], label=f"units, {_flat_words(record.model)} share")
    if name in ALL_STATISTICS:
        return ALL_STATISTICS[name]
    panel = record.find_panel(name)
    return Statistic.around(name, np.zeros(0) if panel is None else panel.statistics[name])


def _flat_words(model: Model) -> str:
    """What units on the flat of their activation are called in this network."""
    known = [ACTIVATIONS[layer.activation] for layer in model.layers if layer.activation in ACTIVATIONS]
    return " or ".join(dict.fromkeys(activation.flat_word for activation in known)) or "saturated or inactive"


def statistics_of(record: RunRecord) -> dict[str, Statistic]:
    """What figures offer of a record: those of `ALL_STATISTICS` that it has, and what it has beyond those of every run.

    Example:
        >>> [statistic.label for statistic in statistics_of(record).values()][:2]
        ['gradient, RMS', 'gradient, mean |g|']
    """
    measured = [name for panel in record.panels.values() for name in panel.statistics]
    others = [name for name in measured if name not in OF_EVERY_RUN]
    return {name: statistic_of(record, name) for name in [*filter(record.has, ALL_STATISTICS), *others]}
