"""How the loss's derivative by the state of a recurrent layer changes from step to step, away from the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vgdemo.diagnosis.anatomy import recurrent_kernels
from vgdemo.record import Panel, RunRecord, factor_per_step, quantile, reach
from vgdemo.wording import number, uncapitalized

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ThroughTime:
    """Of one recurrent layer, medians over some epochs: of R replicates, at P places in time.

    Attributes:
        layer: Its name.
        is_backwards: Whether it reads backwards, and answers at the first step.
        steps: (P,) the number of each place.
        sizes: (R, P) of the derivative.
    """

    layer: str
    is_backwards: bool
    steps: NDArray[np.int64]
    sizes: Array

    @property
    def share(self) -> Array:
        """(R,) what the tenth of the steps that is farthest from the answer gets, over the largest of all."""
        return np.asarray(self._ends[0] / np.fmax.reduce(self.sizes, axis=-1))

    @property
    def growth(self) -> Array:
        """(R,) what the tenth of the steps that is farthest from the answer gets, over what the nearest gets."""
        return self._ends[0] / self._ends[1]

    @property
    def _ends(self) -> tuple[Array, Array]:
        """(R,) the largest of the tenth that is farthest and of that which is nearest; no example has a NaN."""
        tenth = max(1, self.sizes.shape[-1] // 10)
        first, last = (np.fmax.reduce(part, -1) for part in (self.sizes[:, :tenth], self.sizes[:, -tenth:]))
        return (last, first) if self.is_backwards else (first, last)

    def in_words(self, replicates: NDArray[np.bool_]) -> str:
        """By what each step multiplies the median of some replicates, (R,), and how far back it reaches.

        Example:
            >>> halving = 0.5 ** np.arange(20.0)[None, ::-1]
            >>> halved = ThroughTime("lstm", False, np.arange(1, 21), halving)
            >>> halved.in_words(np.array([True]))
            '×0.5 per step, the first 10 of 20 steps get less than a thousandth of the gradient of the last one'
        """
        sizes = quantile(self.sizes[replicates], 0.5, axis=0)
        reached = reach(sizes, self.steps, is_backwards=self.is_backwards).sentence
        with np.errstate(divide="ignore"):  # An exact 0 stays one.
            factor = factor_per_step(np.log10(sizes), self.steps)
        each = "" if np.isnan(factor) else f"×{number(1 / factor if self.is_backwards else factor)} per step, "
        return f"{each}{uncapitalized(reached).removesuffix('.')}"


def through_time(record: RunRecord, epochs: slice) -> tuple[ThroughTime, ...]:
    """What was measured of each recurrent layer over some of the epochs.

    Example:
        >>> through_time(record, slice(0, 1))  # Of a network without such layers.
        ()
    """
    backwards = {kernel.layer for kernel in recurrent_kernels(record.model) if kernel.go_backwards}
    panels = {name.removeprefix("steps/"): panel for name, panel in record.panels.items() if name.startswith("steps/")}
    found = (_of_layer(layer, panel, layer in backwards, epochs) for layer, panel in panels.items())
    return tuple(one for one in found if one is not None)


def _of_layer(layer: str, panel: Panel, is_backwards: bool, epochs: slice) -> ThroughTime | None:
    sizes = panel.state_gradient
    if sizes is None or not sizes[epochs].size:
        return None
    return ThroughTime(layer, is_backwards, panel.steps, np.median(sizes[epochs], axis=0))
