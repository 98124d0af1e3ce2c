"""The replicates that have the same, and the signs that tell one cause from another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vgdemo.diagnosis.anatomy import hidden_widths, is_linear, prevailing_activation
from vgdemo.diagnosis.rules import NOT_MEASURED, Rule
from vgdemo.diagnosis.symptoms import Array, Mask, Symptoms
from vgdemo.learning import quantile
from vgdemo.theory import inverse_width_sum

# Mean square of the first weights, in that of the initialiser that suits the activation. Glorot's on a ReLU is 0.5;
# a draw of 25 weights wanders by a quarter.
SMALL_WEIGHTS, LARGE_WEIGHTS = 0.7, 1.5
# Σ 1/width from which squared gradients of one design typically differ by a factor of e^(5/2) and more (Hanin 2018).
NARROW = 0.5
UNMOVED = 0.1  # Kernels that move by less than a tenth of their length are still the random ones.
UNEVEN = 0.01  # Smallest gradient over largest, as in the rules.
LONG_STEPS = 0.1  # A learning rate of ten times what sgd and adagrad usually take, a hundred times adam's or rmsprop's.


@dataclass(frozen=True)
class Case:
    """The replicates that one rule names; a sign that needs what was not measured is not there.

    Attributes:
        symptoms: Of the whole run.
        rule: What the replicates have.
        replicates: (R,) which they are.
    """

    symptoms: Symptoms
    rule: Rule
    replicates: Mask

    def median(self, values: Array | None) -> float | None:
        """Median over these replicates of a symptom, (R,); None if it was not measured."""
        return None if values is None else float(quantile(values[self.replicates], 0.5, axis=0))

    def profile(self, values: Array | None) -> Array | None:
        """(P,) medians over these replicates of a symptom along an axis, (R, P); None if it was not measured."""
        return None if values is None else quantile(values[self.replicates], 0.5, axis=0)

    @property
    def whose(self) -> str:
        """Which replicates these are, in words; empty for all of them.

        Example:
            >>> Case(Symptoms(record), NOT_MEASURED, np.array([False, True])).whose
            'replicate 2'
        """
        places = np.flatnonzero(self.replicates)
        if len(places) == len(self.replicates):
            return ""
        one = f"replicate {places[0] + 1}"
        return one if len(places) == 1 else f"{len(places)} of {len(self.replicates)} replicates"

    def starts_uneven(self) -> bool:
        """Whether the smallest gradient is far below the largest before the first update."""
        return self._is_below(self.symptoms.start_shrinkage, UNEVEN)

    def has_gradients(self) -> bool:
        """Whether gradients were measured."""
        return self.symptoms.start_gradient is not None

    def starts_at_zero(self) -> bool:
        """Whether all first weights of the hidden kernels are 0."""
        weights = self.symptoms.start_weights
        return weights is not None and not weights[self.replicates].any()

    def is_shifted(self) -> bool:
        """Whether the mean of the hidden kernels' first weights is far from 0."""
        return self.symptoms.shifted_mean is not None

    def is_normalized(self) -> bool:
        """Whether signals are normalised, which makes them forget the size of the weights."""
        return self.symptoms.model.normalization != "none"

    def has_large_weights(self) -> bool:
        """Whether the first weights are larger than suits the activation, and that matters."""
        scale = self.median(self.symptoms.weight_scale)
        return not self.is_normalized() and scale is not None and scale >= LARGE_WEIGHTS

    def has_small_weights(self) -> bool:
        """Whether the first weights are smaller than suits the activation, and that matters."""
        return not self.is_normalized() and self._is_below(self.symptoms.weight_scale, SMALL_WEIGHTS)

    def has_small_slope(self) -> bool:
        """Whether the slope of most layers' activation is far below 1 where its inputs lie."""
        activation = prevailing_activation(self.symptoms.model)
        return activation is not None and activation.has_small_slope

    def is_narrow(self) -> bool:
        """Whether the network is so narrow and deep that chance rules its gradients."""
        return inverse_width_sum(hidden_widths(self.symptoms.model)) >= NARROW

    def takes_long_steps(self) -> bool:
        """Whether the learning rate is far above what any optimiser usually takes."""
        rate = self.symptoms.model.learning_rate
        return rate is not None and rate >= LONG_STEPS

    def is_measured_moving(self) -> bool:
        """Whether it was measured how far kernels move."""
        return self.symptoms.movement is not None

    def hardly_moves(self) -> bool:
        """Whether no kernel moves far from where it was drawn."""
        return self._is_below(self.symptoms.movement, UNMOVED)

    def is_linear(self) -> bool:
        """Whether no hidden layer has a bend in its activation."""
        return is_linear(self.symptoms.model)

    def lacks_accuracy(self) -> bool:
        """Whether only the accuracy, which was not measured, could say what it has."""
        return self.rule is NOT_MEASURED and self.symptoms.final_accuracy is None

    def is_trained(self) -> bool:
        """Whether there was any update."""
        return self.symptoms.trained_epochs > 0

    def _is_below(self, values: Array | None, limit: float) -> bool:
        median = self.median(values)
        return median is not None and median < limit
