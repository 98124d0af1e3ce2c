"""The replicates that have the same, and the signs that tell one cause from another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vgdemo.activations import ACTIVATIONS, Activation
from vgdemo.diagnosis.anatomy import (
    answers_by_one_softmax,
    gated_layers,
    hidden_widths,
    is_dense,
    is_linear,
    layers_out_of_reach,
    prevailing_activation,
    recurrent_kernels,
)
from vgdemo.diagnosis.rules import NOT_MEASURED, UNDERFLOWN, UNMOVED, VANISHED_THROUGH_TIME, Rule, Verdict
from vgdemo.diagnosis.symptoms import Array, Mask, Symptoms
from vgdemo.diagnosis.through_time import ThroughTime
from vgdemo.record import quantile
from vgdemo.theory import Factors, factors, inverse_width_sum

# Mean square of the first weights, in that of the initialiser that suits the activation. Glorot's on a ReLU is 0.5;
# a draw of 25 weights wanders by a quarter.
SMALL_WEIGHTS, LARGE_WEIGHTS = 0.7, 1.5
FAR_WEIGHTS = 3.0  # Times that mean square, or a third of it: He's on tanh is 2.
# Σ 1/width from which squared gradients of one design typically differ by a factor of e^(5/2) and more (Hanin 2018).
NARROW = 0.5
FLAT = 0.5  # Of a layer, as in the rules.
FLAT_STATES = 0.2  # Of a recurrent layer: less passes on 0.9 of the gradient's root mean square in each step.
AMPLIFIED = 10  # From the last time step to the first; the rules name what comes of it.
LITTLE = 1  # Kernels that move by less than their length keep much of the first weights.
FAR = 1  # A kernel that moves by more than its length in one epoch forgets what it was.
TINY = 2  # Units; fewer than three lines cannot enclose a class.
UNEVEN = 0.01  # Smallest gradient over largest, as in the rules.
SHRUNK = 0.05  # Five times the share from which on the rules call a gradient vanished: chance does the rest.
DECAYED = 0.1  # What is left of the weights, of which training otherwise makes more.
FAR_OFF = 3  # Times the loss of guessing: what costs that much is wrong, and sure of it.
LONG_STEPS = 0.1  # A learning rate of ten times what sgd and adagrad usually take, a hundred times adam's or rmsprop's.

STRAIGHT_LINE = "Without a bend in its activation the network can only draw a straight line between the classes."


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

    def answers_by_one_softmax(self) -> bool:
        """Whether the answer is the softmax of a single unit."""
        return answers_by_one_softmax(self.symptoms.record.model)

    def answer_is_fixed(self) -> bool:
        """Whether no step can move the answer."""
        return bool(self.symptoms.answer_is_fixed[self.replicates].all())

    def is_frozen(self) -> bool:
        """Whether all kernels below the answer are frozen, or all there are."""
        kernels = self.symptoms.record.model.kernels
        below = [kernel for kernel in kernels if not kernel.is_output] or kernels
        return bool(below) and not any(kernel.trainable for kernel in below)

    def is_out_of_reach(self) -> bool:
        """Whether the loss does not depend on a layer that could learn."""
        return bool(layers_out_of_reach(self.symptoms.record.model))

    def has_labels_out_of_range(self) -> bool:
        """Whether a cross-entropy is below 0."""
        below = self.symptoms.has_labels_out_of_range
        return below is not None and bool(below[self.replicates].all())

    def underflows(self) -> bool:
        """Whether numbers of 16 bits are too coarse for most of the gradient."""
        share = self.median(self.symptoms.start_underflow)
        return share is not None and share >= UNDERFLOWN

    @cached_property
    def vanishing_layer(self) -> ThroughTime | None:
        """The recurrent layer of whose early states hardly any gradient arrives, in the phase of the rule."""
        symptoms, is_start = self.symptoms, self.rule.phase == "start"
        layers = symptoms.start_through_time if is_start else symptoms.late_through_time
        found = [layer for layer in layers if self._is_below(layer.share, VANISHED_THROUGH_TIME)]
        return min(found, key=lambda layer: self.median(layer.share) or 0, default=None)

    @cached_property
    def exploding_layer(self) -> ThroughTime | None:
        """The recurrent layer by whose early states the derivative is far larger than by late ones, at the start."""
        found = [one for one in self.symptoms.start_through_time if (self.median(one.growth) or 0) >= AMPLIFIED]
        return max(found, key=lambda layer: self.median(layer.growth) or 0, default=None)

    @property
    def through_time(self) -> str:
        """What becomes of the gradient through time, in words; empty where neither sign is there."""
        layer = self.exploding_layer if self.rule.verdict is Verdict.EXPLODING else self.vanishing_layer
        if layer is None:
            return ""
        where = "" if len(self.symptoms.start_through_time) == 1 else f"in layer {layer.layer} "
        return f"{where}{layer.in_words(self.replicates)}"

    def passes_little_through_time(self) -> bool:
        """Whether hardly any gradient arrives at the state far from the answer."""
        return self.vanishing_layer is not None

    def vanishes_through_time(self) -> bool:
        """The same, where the answer needs that state, or may need it and training has not changed it."""
        needed = self.symptoms.needs_memory
        is_missed = self.rule.phase == "training" if needed is None else needed
        return self.passes_little_through_time() and is_missed

    def explodes_through_time(self) -> bool:
        """Whether the gradient grows on its way back through time."""
        return self.exploding_layer is not None

    def overflows_through_time(self) -> bool:
        """Whether signal or gradient of a recurrent network start as no finite number."""
        start = self.median(self.symptoms.start_hidden_gradient)
        return self.is_recurrent() and start is not None and not np.isfinite(start)

    def is_recurrent(self) -> bool:
        """Whether a layer reads a sequence step by step."""
        return bool(recurrent_kernels(self.symptoms.record.model))

    def vanishes_in_gates(self) -> bool:
        """Whether it does so in a layer with gates."""
        layer = self.vanishing_layer
        return self.vanishes_through_time() and layer is not None and layer.layer in gated_layers(self.symptoms.model)

    def vanishes_in_half_closed_gates(self) -> bool:
        """Whether forget gates start at 1/2."""
        config = self.symptoms.record.config
        return self.vanishes_in_gates() and config is not None and not config.unit_forget_bias

    def vanishes_by_small_recurrent_weights(self) -> bool:
        """Whether the first recurrent weights shrink a state whatever its activation."""
        return self.vanishes_through_time() and self._is_below(self.symptoms.recurrent_scale, SMALL_WEIGHTS)

    def vanishes_on_the_flat(self) -> bool:
        """Whether many states start on the flat of the activation."""
        shares = self.symptoms.start_saturated
        flat = None if shares is None else self.median(shares.max(axis=-1))
        return self.vanishes_through_time() and flat is not None and flat >= FLAT_STATES

    def vanishes_by_small_slopes(self) -> bool:
        """Whether the slope of the activation of states is far below 1."""
        activation = prevailing_activation(self.symptoms.model)
        is_flat = activation is not None and activation.has_small_slope
        return self.vanishes_through_time() and not self.vanishes_in_gates() and is_flat

    def explodes_by_large_recurrent_weights(self) -> bool:
        """Whether the first recurrent weights are larger than those of a rotation."""
        scale = self.median(self.symptoms.recurrent_scale)
        return self.explodes_through_time() and scale is not None and scale >= LARGE_WEIGHTS

    def starts_uneven(self) -> bool:
        """Whether the smallest gradient is far below the largest before the first update."""
        symptoms = self.symptoms
        return self._is_below(symptoms.start_flow if symptoms.has_flow else symptoms.start_shrinkage, UNEVEN)

    def has_gradients(self) -> bool:
        """Whether gradients were measured."""
        return self.symptoms.start_gradient is not None

    def starts_at_zero(self) -> bool:
        """Whether all first weights of the hidden kernels are 0."""
        weights = self.symptoms.start_weights
        return weights is not None and not weights[self.replicates].any()

    def has_equal_weights(self) -> bool:
        """Whether all first weights of every hidden kernel are the same."""
        return self.symptoms.has_equal_weights

    def is_shifted(self) -> bool:
        """Whether the mean of the hidden kernels' first weights is far from 0, layer upon layer of several units."""
        passes_on = self.is_deep() or self.is_recurrent()
        return self.symptoms.shifted_mean is not None and passes_on and self._narrowest > 1

    def is_normalized(self) -> bool:
        """Whether signals are normalised, which makes them forget the size of the weights."""
        return self.symptoms.model.normalization != "none"

    def is_residual(self) -> bool:
        """Whether skip connections go around layers."""
        return self.symptoms.model.residual

    @cached_property
    def factors(self) -> Factors | None:
        """What theory expects each layer to make of the gradient; None where theory does not hold.

        It is of networks of several Dense layers with one known activation, no normalisation and no skip connections,
        whose weights have mean 0.
        """
        activation, scale = prevailing_activation(self.symptoms.model), self.median(self.symptoms.weight_scale)
        is_plain = not self.is_normalized() and not self.is_residual() and self.symptoms.shifted_mean is None
        if activation is None or scale is None or not 0 < scale < np.inf or not is_plain:
            return None
        return self._factors(activation, scale) if self.is_deep() and is_dense(self.symptoms.model) else None

    def _factors(self, activation: Activation, scale: float) -> Factors:
        widths = hidden_widths(self.symptoms.model)
        return factors(activation, len(widths), len(widths) / inverse_width_sum(widths), scale)

    def has_large_weights(self) -> bool:
        """Whether the first weights are larger than suits the activation, and that matters."""
        scale = self.median(self.symptoms.weight_scale)
        return not self.is_normalized() and scale is not None and scale >= LARGE_WEIGHTS

    def has_far_weights(self) -> bool:
        """Whether the first weights have a mean, or a size far from what suits the activation."""
        scale = self.median(self.symptoms.weight_scale)
        is_far = scale is not None and not 1 / FAR_WEIGHTS <= scale <= FAR_WEIGHTS
        return self.symptoms.shifted_mean is not None or (is_far and not self.is_normalized())

    def reads_large_inputs(self) -> bool:
        """Whether the first layer starts on the flat of its activation although weights have their usual size."""
        flat = self.median(self.symptoms.first_saturated)
        is_usual = self._is_below(self.symptoms.weight_scale, LARGE_WEIGHTS)
        return is_usual and flat is not None and flat >= FLAT

    def has_small_weights(self) -> bool:
        """Whether all layers have smaller first weights than suit the activation, and no other part matters more."""
        is_small = not self.is_normalized() and self._is_below(self.symptoms.weight_scale, SMALL_WEIGHTS)
        return is_small and self.is_deep() and (self.factors is None or self.factors.leading == "weights")

    def has_small_slope(self) -> bool:
        """Whether the slope of most layers' activation is far below 1 where its inputs lie, more than all else."""
        if self.factors is not None:
            return self.factors.leading == "slope"
        activation = prevailing_activation(self.symptoms.model)
        return self.is_deep() and activation is not None and activation.has_small_slope

    def is_narrow(self) -> bool:
        """Whether the network is so narrow and deep that chance rules its gradients."""
        return inverse_width_sum(hidden_widths(self.symptoms.model)) >= NARROW

    def has_small_slope_and_is_narrow(self) -> bool:
        """Both: in so narrow and deep a network the gradient would shrink with tanh and its own initialiser as well."""
        if self.factors is None or not self.has_small_slope():
            return False
        steepest = self._factors(ACTIVATIONS["tanh"], 1).actual
        return steepest ** len(hidden_widths(self.symptoms.model)) < SHRUNK

    def is_deep(self) -> bool:
        """Whether there are several hidden layers, through which a gradient can shrink."""
        return len(hidden_widths(self.symptoms.model)) > 1

    def is_tiny(self) -> bool:
        """Whether a layer has so few units that hardly anything fits through it."""
        return self._narrowest <= TINY

    def starts_far_off(self) -> bool:
        """Whether the first weights are so large that the loss starts far above that of any guess."""
        loss, guessing = self.symptoms.loss, self.symptoms.guessing_loss
        start = None if loss is None else self.median(loss.start)
        return start is not None and guessing is not None and start >= FAR_OFF * guessing

    def is_decayed(self) -> bool:
        """Whether every hidden kernel lost most of its length in training."""
        return self.symptoms.model.weight_decay != 0 and self._is_below(self.symptoms.weights_left, DECAYED)

    def normalizes_single_units(self) -> bool:
        """Whether layer normalisation has nothing to compare a layer's only unit with."""
        return self.symptoms.model.normalization == "layer" and self._narrowest == 1

    def sees_single_points(self) -> bool:
        """Whether batches of one point make batch normalisation say 0 to everything: gradients, but no movement."""
        model, movement = self.symptoms.model, self.median(self.symptoms.movement)
        return model.normalization == "batch" and (model.batch_size == 1 or movement == 0)

    def averages_lag(self) -> bool:
        """Whether in most batch normalisation evaluates with averages that updates have hardly reached."""
        return bool(self.symptoms.averages_lag[self.replicates].mean() > 0.5) and not self.leaps()

    def is_clipped(self) -> bool:
        """Whether gradients are known to be clipped, and the weights hardly move."""
        return self.symptoms.model.gradient_clip not in (None, "none") and self.hardly_moves()

    def takes_long_steps(self) -> bool:
        """Whether the learning rate is far above what any optimiser usually takes, or its steps turn out long."""
        rate = self.symptoms.model.learning_rate
        return (rate is not None and rate >= LONG_STEPS) or self.leaps()

    def leaps(self) -> bool:
        """Whether a kernel moves by more than its own length in one epoch."""
        move = self.median(self.symptoms.longest_move)
        return move is not None and move >= FAR

    def leaps_through_time(self) -> bool:
        """Whether steps are long in a network that multiplies by what they change in every time step."""
        return self.is_recurrent() and self.takes_long_steps()

    def is_measured_moving(self) -> bool:
        """Whether it was measured how far kernels move."""
        return self.symptoms.movement is not None

    def hardly_moves(self) -> bool:
        """Whether no kernel moves far from where it was drawn."""
        return self._is_below(self.symptoms.movement, UNMOVED)

    def hardly_moves_from_far_weights(self) -> bool:
        """Whether kernels stay where they were drawn, which is no place to learn from."""
        return self.hardly_moves() and self.has_far_weights()

    def moves_little(self) -> bool:
        """Whether no kernel moves by its own length."""
        return self._is_below(self.symptoms.movement, LITTLE)

    def has_learned_a_part(self) -> bool:
        """Whether the loss of most came to rest below that of guessing."""
        return bool(self.symptoms.has_learned_a_part[self.replicates].mean() > 0.5)

    def is_linear(self) -> bool:
        """Whether no hidden layer has a bend in its activation."""
        return is_linear(self.symptoms.model)

    def lacks_accuracy(self) -> bool:
        """Whether only the accuracy, which was not measured, could say what it has."""
        return self.rule is NOT_MEASURED and self.symptoms.final_accuracy is None

    def is_trained(self) -> bool:
        """Whether there was any update."""
        return self.symptoms.trained_epochs > 0

    @property
    def _narrowest(self) -> float:
        return min(hidden_widths(self.symptoms.model), default=np.inf)

    def _is_below(self, values: Array | None, limit: float) -> bool:
        median = self.median(values)
        return median is not None and median < limit
