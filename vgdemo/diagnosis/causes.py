"""Why a run has what it has, and what promises most against that: the first cause that holds.

Remedies stand in the order of trials where there were any: six replicates with each remedy, counting those that learn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vgdemo.diagnosis.rules import Rule, Verdict
from vgdemo.diagnosis.symptoms import Mask, Symptoms
from vgdemo.theory import inverse_width_sum

# Mean square of the first weights, in that of the initialiser that suits the activation. Glorot's on a ReLU is 0.5;
# a draw of 25 weights wanders by a quarter.
SMALL_WEIGHTS, LARGE_WEIGHTS = 0.7, 1.5
# Σ 1/width from which squared gradients of one design typically differ by a factor of e^(5/2) and more (Hanin 2018).
NARROW = 0.5
UNMOVED = 0.1  # Kernels that move by less than a tenth of their length are still the random ones.

ILL = frozenset(Verdict) - {Verdict.HEALTHY, Verdict.UNKNOWN}


@dataclass(frozen=True)
class Case:
    """The replicates that one rule names.

    Attributes:
        symptoms: Of the whole run.
        rule: What the replicates have.
        members: (R,) which they are.
    """

    symptoms: Symptoms
    rule: Rule
    members: Mask

    def median(self, name: str) -> float:
        """A symptom's median over these replicates."""
        return float(np.median(getattr(self.symptoms, name)[self.members]))


@dataclass(frozen=True)
class Cause:
    """One line of the table.

    Attributes:
        verdicts: What it can explain.
        phase: The phase of the rule that it explains; empty for both.
        holds: Whether it explains this case.
        sentence: The cause in words.
        remedies: Names of `RECIPES`, most promising first.
    """

    verdicts: frozenset[Verdict]
    phase: str
    holds: Callable[[Case], bool]
    sentence: str
    remedies: tuple[str, ...]

    def explains(self, case: Case) -> bool:
        """Whether it does."""
        return case.rule.verdict in self.verdicts and self.phase in ("", case.rule.phase) and self.holds(case)


def _always(case: Case) -> bool:
    return True


def _plain(case: Case) -> bool:
    """Normalised signals forget the size of the weights."""
    return case.symptoms.config.normalization == "none"


def _row(
    verdicts: Verdict | frozenset[Verdict], phase: str, holds: Callable[[Case], bool], sentence: str, remedies: str
) -> Cause:
    of = frozenset({verdicts}) if isinstance(verdicts, Verdict) else verdicts
    return Cause(of, phase, holds, sentence, tuple(remedies.split(", ")) if remedies else ())


CAUSES: tuple[Cause, ...] = (
    _row(
        Verdict.HEALTHY,
        "",
        lambda case: case.median("start_shrinkage") < 0.01,
        "It learns although the gradient is very uneven at the start: enough of it arrives at this depth.",
        "",
    ),
    _row(Verdict.HEALTHY, "", _always, "The gradient reaches every layer.", ""),
    _row(
        ILL,
        "",
        lambda case: case.symptoms.config.gain == 0,
        "With a gain of 0 all hidden weights start at 0, and no signal enters the network.",
        "unit gain, own initializer",
    ),
    _row(
        ILL,
        "",
        lambda case: case.symptoms.config.kernel_initializer == "uniform_0_1",
        "The initialiser's mean is shifted: with weights around 1/2, not 0, all units of a layer push the same way.",
        "own initializer, orthogonal, relu, shallower, adam",
    ),
    _row(
        Verdict.EXPLODING,
        "",
        lambda case: _plain(case) and case.median("weight_scale") >= LARGE_WEIGHTS,
        "The first weights are too large: every layer amplifies what passes through it.",
        "unit gain, own initializer, shallower, layer normalization, clip",
    ),
    _row(
        Verdict.EXPLODING,
        "",
        lambda case: case.symptoms.config.normalization != "none",
        "Normalisation keeps the signal's size on the way up, but multiplies the gradient in each layer below.",
        "residual, own initializer, shallower, clip, smaller steps",
    ),
    _row(
        Verdict.EXPLODING,
        "",
        _always,
        "Every layer amplifies the gradient.",
        "own initializer, shallower, smaller steps, clip",
    ),
    _row(
        Verdict.SATURATED,
        "start",
        _always,
        "The first weights are too large: units start on the flat of the activation.",
        "unit gain, own initializer, orthogonal, layer normalization, relu",
    ),
    _row(
        Verdict.SATURATED,
        "training",
        _always,
        "Training itself drove the units onto the flat of the activation: its steps are too long.",
        "usual steps, smaller steps, layer normalization, relu",
    ),
    _row(
        Verdict.VANISHING,
        "start",
        lambda case: _plain(case) and case.median("weight_scale") < SMALL_WEIGHTS,
        "The first weights are too small: every layer shrinks the signal on its way up, the gradient on its way down.",
        "unit gain, own initializer, lsuv, batch normalization, orthogonal, shallower",
    ),
    _row(
        Verdict.VANISHING,
        "start",
        lambda case: case.symptoms.config.activation in ("sigmoid", "softplus"),
        "Every layer contracts the gradient, because the activation's slope is far below 1 where its inputs lie.",
        "relu, tanh, selu, batch normalization",
    ),
    _row(
        Verdict.VANISHING,
        "start",
        lambda case: inverse_width_sum(case.symptoms.config) >= NARROW,
        "The layers are narrow, and a product of many random factors is typically far below its mean.",
        "wider, own initializer, residual, orthogonal, batch normalization, shallower",
    ),
    _row(
        Verdict.VANISHING,
        "start",
        _always,
        "Every layer contracts the gradient: weights and slopes together multiply it by less than 1.",
        "own initializer, residual, batch normalization, relu, shallower, adam",
    ),
    _row(
        Verdict.VANISHING,
        "training",
        _always,
        "The gradient was in order at the start; on the plateau where training rests, lower layers hardly get any.",
        "wider, residual, shallower, adam",
    ),
    _row(
        Verdict.DEAD,
        "start",
        _always,
        "Before the first update some layer gives 0 for every point: narrow and deep, the network was born dead.",
        "wider, shallower, leaky relu, residual",
    ),
    _row(
        Verdict.DEAD,
        "training",
        lambda case: case.symptoms.config.learning_rate >= 0.1,
        "The units died in training: long steps threw their biases to where no point reaches them.",
        "usual steps, smaller steps",
    ),
    _row(
        Verdict.DEAD,
        "training",
        _always,
        "The units died in training: with few units a layer, some steps turn the last living one off.",
        "wider, leaky relu, shallower, smaller steps",
    ),
    _row(
        Verdict.DIVERGED,
        "",
        _always,
        "The steps are too long: each overshoots by more than the last.",
        "usual steps, adam, smaller steps",
    ),
    _row(
        Verdict.STUCK,
        "",
        lambda case: case.median("movement") < UNMOVED,
        "The steps are too short: the weights hardly leave the place where they were drawn.",
        "usual steps, adam, larger steps",
    ),
    _row(
        Verdict.STUCK,
        "",
        lambda case: case.symptoms.config.activation == "linear",
        "Without a bend in its activation the network can only draw a straight line between the classes.",
        "tanh, relu",
    ),
    _row(
        Verdict.STUCK,
        "",
        _always,
        "The weights move, but to no avail: a plateau, or too few units for these classes.",
        "adam, wider, longer, larger steps, smaller steps",
    ),
    _row(
        Verdict.UNKNOWN,
        "",
        lambda case: case.symptoms.trained_epochs > 0,
        "Training is not over: more epochs decide.",
        "longer",
    ),
    _row(Verdict.UNKNOWN, "", _always, "Nothing was trained yet.", ""),
)


def cause_of(case: Case) -> Cause:
    """The first cause that explains the case."""
    return next(cause for cause in CAUSES if cause.explains(case))
