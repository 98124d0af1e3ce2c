"""Why a run has what it has, and what promises most against that: the first cause that holds.

Remedies stand in the order of trials where there were any: six replicates with each remedy, counting those that learn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vgdemo.diagnosis.case import STRAIGHT_LINE, Case
from vgdemo.diagnosis.remedies import (
    ADAM,
    BATCH_NORMALIZATION,
    CLIPPING,
    DEEPER,
    FEWER_STEPS,
    FEWER_STEPS_WITH_ADAM,
    FORGET_BIAS,
    GRU,
    IDENTITY,
    LARGER_BATCHES,
    LARGER_STEPS,
    LARGER_STEPS_FOR_LONGER,
    LAYER_NORMALIZATION,
    LEAKY_RELU,
    LESS_MOMENTUM,
    LONGER,
    LONGER_USUAL_STEPS,
    LSTM,
    LSUV,
    NO_CLIPPING,
    NO_DECAY,
    NO_NORMALIZATION,
    ORTHOGONAL,
    ORTHOGONAL_RECURRENCE,
    OWN_INITIALIZER,
    RELU,
    RESIDUAL,
    SELU,
    SHALLOWER,
    SHALLOWER_OWN_INITIALIZER,
    SHORTER_STEPS_RELU,
    SHORTER_STEPS_TANH,
    SHORTER_USUAL_STEPS,
    SMALLER_BATCHES,
    SMALLER_STEPS,
    TANH,
    UNIT_GAIN,
    UNIT_RECURRENT_GAIN,
    USUAL_STEPS_DEEPER,
    USUAL_STEPS_FOR_LONGER,
    USUAL_STEPS_OWN_INITIALIZER,
    WIDER,
    WIDER_AND_SHALLOWER,
    WIDER_FOR_LONGER,
    WIDER_OWN_INITIALIZER,
    WIDER_RELU,
    WIDER_SHALLOWER_OWN_INITIALIZER,
    WIDER_TANH,
    Recipe,
)
from vgdemo.diagnosis.repairs import (
    LABELS_AS_SHARES,
    MOVABLE_ANSWER,
    OPEN_GATES,
    REACHED,
    SCALED_INPUTS,
    SCALED_LOSS,
    THAWED,
    WIDER_NUMBERS,
)
from vgdemo.diagnosis.rules import UNFINISHED, Verdict

ILLNESSES = tuple(v for v in Verdict if v not in (Verdict.HEALTHY, Verdict.NOISE, Verdict.UNKNOWN))


@dataclass(frozen=True)
class Cause:
    """One line of the table.

    Attributes:
        verdicts: What it can explain.
        phase: The phase of the rule that it explains; empty for both.
        holds: Whether a case shows its signs.
        sentence: The cause in words; `{through_time}` stands for what becomes of the gradient through time.
        recipes: Of the remedies against it, most promising first.
    """

    verdicts: tuple[Verdict, ...]
    phase: str
    holds: Callable[[Case], bool]
    sentence: str
    recipes: tuple[Recipe, ...] = ()

    def explains(self, case: Case) -> bool:
        """Whether the case has a verdict of this cause, in its phase, and shows its signs."""
        return case.rule.verdict in self.verdicts and self.phase in ("", case.rule.phase) and self.holds(case)

    def in_words(self, case: Case) -> str:
        """The sentence with the numbers of the case."""
        return self.sentence.format(through_time=case.through_time)


def _always(case: Case) -> bool:
    return True


# What neither the length nor the number of steps explains by itself.
NOT_OF_STEPS = tuple(v for v in ILLNESSES if v not in (Verdict.DIVERGED, Verdict.LEARNING))
STEPS_TOO_LONG = (SHORTER_USUAL_STEPS, LESS_MOMENTUM, ADAM, SMALLER_STEPS)
PLATEAU = (LONGER, ADAM, WIDER, LARGER_STEPS, DEEPER)
VANISHES_THROUGH_TIME = "The gradient vanishes through time: {through_time}."
EXPLODES_THROUGH_TIME = "The gradient explodes through time: {through_time}."
HELD_STATES = (OPEN_GATES, IDENTITY, ORTHOGONAL_RECURRENCE, LSTM, FEWER_STEPS, ADAM, GRU)
HELD_BY_GATES = (OPEN_GATES, LSTM, FEWER_STEPS_WITH_ADAM, ADAM, FEWER_STEPS, GRU)
TAMED_STATES = (IDENTITY, ORTHOGONAL_RECURRENCE, CLIPPING, UNIT_RECURRENT_GAIN, LSTM, GRU, FEWER_STEPS)
SHORTER_THROUGH_TIME = (CLIPPING, ADAM, SHORTER_USUAL_STEPS, LESS_MOMENTUM, SMALLER_STEPS)


CAUSES: tuple[Cause, ...] = (
    Cause(
        (Verdict.HEALTHY,),
        "",
        Case.starts_uneven,
        "It learns although the gradient is very uneven at the start: enough of it arrives at this depth.",
    ),
    Cause(
        (Verdict.HEALTHY,),
        "",
        Case.passes_little_through_time,
        "It learns although the gradient vanishes through time: {through_time}. Enough of it arrived, or the answer "
        "needs the other steps alone.",
    ),
    Cause((Verdict.HEALTHY,), "", Case.has_gradients, "The gradient reaches every layer."),
    Cause((Verdict.HEALTHY,), "", _always, "It learns; its gradient was not measured."),
    Cause(
        (Verdict.NOISE,),
        "",
        _always,
        "The points are too few or too noisy: no classical model that was tried tells their classes surely better than "
        "chance does.",
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.answers_by_one_softmax,
        "The answer cannot move: the softmax of a single unit is 1, whatever that unit says.",
        (MOVABLE_ANSWER,),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.answer_is_fixed,
        "The answer cannot move: its activation gives 0 for every example, and has no slope there.",
        (MOVABLE_ANSWER,),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.is_frozen,
        "Every layer below the answer is frozen, so what it makes of the examples is what was drawn.",
        (THAWED,),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.is_out_of_reach,
        "Layers that could learn are not reached by the loss: nothing that it is computed from depends on them.",
        (REACHED,),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.has_labels_out_of_range,
        "Labels lie outside of what the cross-entropy is made for, between 0 and 1: it has no lower bound then.",
        (LABELS_AS_SHARES,),
    ),
    Cause(
        ILLNESSES,
        "",
        Case.starts_at_zero,
        "All hidden weights start at 0, as with a gain of 0: no signal enters the network.",
        (UNIT_GAIN, WIDER_OWN_INITIALIZER, OWN_INITIALIZER),
    ),
    Cause(
        ILLNESSES,
        "",
        Case.has_equal_weights,
        "All first weights are equal: the units of a layer start as copies of one another, and stay so.",
        (OWN_INITIALIZER, ORTHOGONAL),
    ),
    Cause(
        (Verdict.VANISHING,),
        "start",
        Case.underflows,
        "The loss scale is too small for numbers of 16 bits: most of the gradient lies below their smallest, and is 0.",
        (SCALED_LOSS, WIDER_NUMBERS),
    ),
    Cause(
        ILLNESSES,
        "training",
        Case.sees_single_points,
        "Batch normalisation takes the mean of each batch away, which leaves nothing of a batch of one point.",
        (NO_NORMALIZATION, LARGER_BATCHES, LAYER_NORMALIZATION),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.averages_lag,
        "Batch normalisation's moving averages lag: after so few updates they still hold first values, so that "
        "the network that is evaluated is not the one that was trained.",
        (SMALLER_BATCHES, NO_NORMALIZATION, LONGER, LAYER_NORMALIZATION),
    ),
    Cause(
        ILLNESSES,
        "",
        Case.normalizes_single_units,
        "Layer normalisation takes the mean over a layer's units away, which leaves nothing of a single unit.",
        (WIDER, NO_NORMALIZATION, BATCH_NORMALIZATION),
    ),
    Cause(
        UNFINISHED,
        "",
        Case.is_clipped,
        "Clipping cuts the gradient down until the weights hardly leave the place where they were drawn.",
        (NO_CLIPPING, ADAM),
    ),
    Cause(
        UNFINISHED,
        "",
        Case.hardly_moves_from_far_weights,
        "The steps are too short to undo a bad start: the first weights are far from usual, and hardly leave it.",
        (USUAL_STEPS_OWN_INITIALIZER, LONGER_USUAL_STEPS, USUAL_STEPS_FOR_LONGER, OWN_INITIALIZER, ADAM),
    ),
    Cause(
        UNFINISHED,
        "",
        Case.hardly_moves,
        "The steps are too short: the weights hardly leave the place where they were drawn.",
        (LONGER_USUAL_STEPS, USUAL_STEPS_FOR_LONGER, USUAL_STEPS_DEEPER, LARGER_STEPS, ADAM, LONGER),
    ),
    Cause(
        ILLNESSES,
        "training",
        Case.is_decayed,
        "The weights shrink in every step, as weight decay makes them, until no signal is left.",
        (NO_DECAY, SMALLER_STEPS),
    ),
    Cause(
        (Verdict.DIVERGED,),
        "",
        Case.is_linear,
        f"The steps are too long: each overshoots by more than the last. {STRAIGHT_LINE}",
        (SHORTER_STEPS_RELU, SHORTER_STEPS_TANH, *STEPS_TOO_LONG),
    ),
    Cause(
        (Verdict.DIVERGED,),
        "",
        Case.is_recurrent,
        "A step was too long: the recurrent weights that it left multiply state and gradient in every time step.",
        SHORTER_THROUGH_TIME,
    ),
    Cause(
        (Verdict.DIVERGED,),
        "",
        _always,
        "The steps are too long: each overshoots by more than the last.",
        STEPS_TOO_LONG,
    ),
    Cause(
        NOT_OF_STEPS,
        "",
        Case.is_shifted,
        "The initialiser's mean is shifted: with weights on one side of 0 all units of a layer push the same way.",
        (OWN_INITIALIZER, WIDER_SHALLOWER_OWN_INITIALIZER, RELU, ORTHOGONAL, SHALLOWER, ADAM),
    ),
    Cause(
        (Verdict.EXPLODING,),
        "",
        Case.overflows_through_time,
        "Every time step amplifies the state, until signal and gradient are no finite numbers any more.",
        TAMED_STATES,
    ),
    Cause(
        (Verdict.EXPLODING,),
        "",
        Case.explodes_by_large_recurrent_weights,
        f"{EXPLODES_THROUGH_TIME} The first recurrent weights are too large: every step amplifies how states differ.",
        TAMED_STATES,
    ),
    Cause(
        (Verdict.EXPLODING,),
        "",
        Case.explodes_through_time,
        f"{EXPLODES_THROUGH_TIME} Every step amplifies how states differ.",
        TAMED_STATES,
    ),
    Cause(
        (Verdict.EXPLODING,),
        "",
        Case.has_large_weights,
        "The first weights are too large: every layer amplifies what passes through it.",
        (UNIT_GAIN, OWN_INITIALIZER, WIDER_OWN_INITIALIZER, SHALLOWER, LAYER_NORMALIZATION, RELU, CLIPPING),
    ),
    Cause(
        (Verdict.EXPLODING,),
        "",
        Case.is_residual,
        "Every skip connection adds a layer's input to its output: signal and gradient grow from layer to layer.",
        (LAYER_NORMALIZATION, BATCH_NORMALIZATION, SHALLOWER, OWN_INITIALIZER, CLIPPING, SMALLER_STEPS),
    ),
    Cause(
        (Verdict.EXPLODING,),
        "",
        Case.is_normalized,
        "Normalisation keeps the signal's size on the way up, but multiplies the gradient in each layer below.",
        (RESIDUAL, OWN_INITIALIZER, SHALLOWER, NO_NORMALIZATION, CLIPPING, SMALLER_STEPS),
    ),
    Cause(
        (Verdict.EXPLODING,),
        "",
        _always,
        "Every layer amplifies the gradient.",
        (OWN_INITIALIZER, SHALLOWER, SMALLER_STEPS, CLIPPING),
    ),
    Cause(
        (Verdict.SATURATED,),
        "start",
        Case.reads_large_inputs,
        "The inputs are too large: the first weights have their usual size, and yet the first layer starts on the flat "
        "of its activation.",
        (SCALED_INPUTS, BATCH_NORMALIZATION, LAYER_NORMALIZATION, RELU),
    ),
    Cause(
        (Verdict.SATURATED,),
        "start",
        _always,
        "The first weights are too large: units start on the flat of the activation.",
        (UNIT_GAIN, UNIT_RECURRENT_GAIN, OWN_INITIALIZER, ORTHOGONAL, LAYER_NORMALIZATION, RELU),
    ),
    Cause(
        (Verdict.SATURATED, Verdict.DEAD),
        "training",
        Case.leaps_through_time,
        "The steps are too long: what one changes counts in every time step, and it drove units flat or dead.",
        SHORTER_THROUGH_TIME,
    ),
    Cause(
        (Verdict.SATURATED,),
        "training",
        Case.leaps,
        "Training itself drove the units onto the flat of the activation: its steps are too long.",
        (*STEPS_TOO_LONG, LAYER_NORMALIZATION, RELU),
    ),
    Cause(
        (Verdict.SATURATED,),
        "training",
        _always,
        "Training itself drove the units onto the flat of the activation.",
        (WIDER, SHORTER_USUAL_STEPS, SMALLER_STEPS, LAYER_NORMALIZATION, RELU),
    ),
    Cause(
        (Verdict.VANISHING,),
        "",
        Case.vanishes_in_half_closed_gates,
        f"{VANISHES_THROUGH_TIME} The forget gates start half closed: a cell loses half of itself in every step.",
        (FORGET_BIAS, *HELD_BY_GATES),
    ),
    Cause(
        (Verdict.VANISHING,),
        "",
        Case.vanishes_in_gates,
        f"{VANISHES_THROUGH_TIME} In every step the gates let a part of the state pass, and there are many steps.",
        HELD_BY_GATES,
    ),
    Cause(
        (Verdict.VANISHING,),
        "",
        Case.vanishes_by_small_recurrent_weights,
        f"{VANISHES_THROUGH_TIME} The first recurrent weights are too small: they shrink the state in every step.",
        HELD_STATES,
    ),
    Cause(
        (Verdict.VANISHING,),
        "",
        Case.vanishes_by_small_slopes,
        f"{VANISHES_THROUGH_TIME} The activation's slope, by which every step multiplies it, is far below 1.",
        (OPEN_GATES, IDENTITY, TANH, LSTM, FEWER_STEPS, GRU),
    ),
    Cause(
        (Verdict.VANISHING,),
        "",
        Case.vanishes_on_the_flat,
        f"{VANISHES_THROUGH_TIME} Many states lie on the flat of the activation, whose slope counts in every step.",
        (OPEN_GATES, IDENTITY, OWN_INITIALIZER, LSTM, FEWER_STEPS, ADAM, GRU),
    ),
    Cause(
        (Verdict.VANISHING,),
        "",
        Case.vanishes_through_time,
        f"{VANISHES_THROUGH_TIME} Weights and slopes together shrink it in every step, and there are many steps.",
        HELD_STATES,
    ),
    Cause(
        (Verdict.VANISHING,),
        "start",
        Case.has_small_weights,
        "The first weights are too small: every layer shrinks the signal on its way up, the gradient on its way down.",
        (UNIT_GAIN, OWN_INITIALIZER, SHALLOWER_OWN_INITIALIZER, LSUV, BATCH_NORMALIZATION, ORTHOGONAL, SHALLOWER),
    ),
    Cause(
        (Verdict.VANISHING,),
        "start",
        Case.has_small_slope_and_is_narrow,
        "Every layer contracts the gradient, because the activation's slope is far below 1 where its inputs lie; in "
        "layers so narrow chance shrinks it further.",
        (WIDER_TANH, WIDER_RELU, BATCH_NORMALIZATION, SELU, LSUV),
    ),
    Cause(
        (Verdict.VANISHING,),
        "start",
        Case.has_small_slope,
        "Every layer contracts the gradient, because the activation's slope is far below 1 where its inputs lie.",
        (RELU, TANH, SELU, LSUV, BATCH_NORMALIZATION),
    ),
    Cause(
        (Verdict.VANISHING,),
        "start",
        Case.is_narrow,
        "The layers are narrow, and a product of many random factors is typically far below its mean.",
        (WIDER, WIDER_AND_SHALLOWER, OWN_INITIALIZER, RESIDUAL, ORTHOGONAL, BATCH_NORMALIZATION, SHALLOWER),
    ),
    Cause(
        (Verdict.VANISHING,),
        "start",
        Case.is_deep,
        "Every layer contracts the gradient: weights and slopes together multiply it by less than 1.",
        (OWN_INITIALIZER, RESIDUAL, BATCH_NORMALIZATION, RELU, SHALLOWER, ADAM),
    ),
    Cause(
        (Verdict.VANISHING,),
        "start",
        _always,
        "Hardly any gradient arrives behind the output layer, whose own weights it is multiplied by.",
        (UNIT_GAIN, OWN_INITIALIZER, ADAM, LARGER_STEPS),
    ),
    Cause(
        (Verdict.VANISHING,),
        "training",
        _always,
        "The gradient was in order at the start; on the plateau where training rests, lower layers hardly get any.",
        (WIDER, RESIDUAL, SHALLOWER, ADAM),
    ),
    Cause(
        (Verdict.DEAD,),
        "start",
        Case.is_deep,
        "Before the first update some layer gives 0 for every point: narrow and deep, the network was born dead.",
        (WIDER_AND_SHALLOWER, WIDER, LEAKY_RELU, SHALLOWER, RESIDUAL),
    ),
    Cause(
        (Verdict.DEAD,),
        "start",
        _always,
        "Before the first update the layer gives 0 for every point: its few units were drawn dead.",
        (WIDER, LEAKY_RELU),
    ),
    Cause(
        (Verdict.DEAD,),
        "training",
        Case.takes_long_steps,
        "The units died in training: long steps threw their biases to where no point reaches them.",
        STEPS_TOO_LONG,
    ),
    Cause(
        (Verdict.DEAD,),
        "training",
        Case.hardly_moves,
        "Hardly a unit fires at the start, and short steps turn off the last: the network was born all but dead.",
        (WIDER_AND_SHALLOWER, WIDER, LEAKY_RELU, SHALLOWER),
    ),
    Cause(
        (Verdict.DEAD,),
        "training",
        _always,
        "The units died in training: with few units a layer, some steps turn the last living one off.",
        (WIDER, LEAKY_RELU, SHALLOWER, SMALLER_STEPS),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.is_linear,
        STRAIGHT_LINE,
        (TANH, RELU),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.starts_far_off,
        "The first weights are so large that the loss starts far above that of any guess: steps go into undoing it.",
        (UNIT_GAIN, OWN_INITIALIZER, LAYER_NORMALIZATION, SMALLER_STEPS),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.leaps,
        "The steps are too long: each leaps over what the last one found.",
        STEPS_TOO_LONG,
    ),
    Cause(
        UNFINISHED,
        "",
        Case.moves_little,
        "The steps are too few or too short: in all epochs together no kernel moves by its own length.",
        (LARGER_STEPS_FOR_LONGER, LARGER_STEPS, LONGER, ADAM, WIDER),
    ),
    Cause(
        (Verdict.LEARNING,),
        "",
        _always,
        "The steps are too few: it has only begun to learn, and its loss still falls slowly.",
        (LONGER, LARGER_STEPS_FOR_LONGER, ADAM, LARGER_STEPS),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.is_tiny,
        "Hardly anything fits through so few units: the luck of the draw decides whether they do for these classes.",
        (WIDER, WIDER_FOR_LONGER, ADAM, LONGER),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.has_learned_a_part,
        "It learns a part and comes to rest there: too few units or layers for these classes.",
        (DEEPER, WIDER, LONGER, ADAM),
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        Case.is_measured_moving,
        "The weights move, but to no avail: a plateau, or too few units or layers for these classes.",
        PLATEAU,
    ),
    Cause(
        (Verdict.STUCK,),
        "",
        _always,
        "It rests on a plateau, or has too few units or layers for these classes.",
        PLATEAU,
    ),
    Cause(
        (Verdict.UNKNOWN,),
        "",
        Case.lacks_accuracy,
        "What was measured shows no illness, and without an accuracy nothing says whether it learns.",
    ),
    Cause((Verdict.UNKNOWN,), "", Case.is_trained, "Training ended before it settled: more epochs decide.", (LONGER,)),
    Cause((Verdict.UNKNOWN,), "", _always, "Nothing was trained yet."),
)


def cause_of(case: Case) -> Cause:
    """The first cause that explains the case."""
    return next(cause for cause in CAUSES if cause.explains(case))
