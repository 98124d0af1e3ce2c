"""The rules of the diagnosis, in order: the first that holds for a replicate names what it has."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vgdemo.diagnosis.symptoms import Symptoms
from vgdemo.learning import MARGIN

GUESSING_LOSS = math.log(2)  # Cross-entropy of answering 1/2.


class Verdict(enum.StrEnum):
    """What a run has."""

    HEALTHY = "healthy"
    VANISHING = "vanishing"
    EXPLODING = "exploding"
    SATURATED = "saturated"
    DEAD = "dead"
    STUCK = "stuck"
    DIVERGED = "diverged"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Rule:
    """One line of the table.

    Attributes:
        verdict: What it names.
        phase: "start" if it looks at epoch 0, before any update; else "training".
        condition: When it holds, in words; `{threshold}` stands for the number.
        threshold: The number.
        reason: Why this number.
        holds: From symptoms and threshold to (R,) whether it holds.
    """

    verdict: Verdict
    phase: str
    condition: str
    threshold: float
    reason: str
    holds: Callable[[Symptoms, float], ArrayLike]

    @property
    def in_words(self) -> str:
        """The condition with its number."""
        return self.condition.format(threshold=f"{self.threshold:.3g}")


# Evidence from before the first update comes first: it is the cause of what follows, and no optimiser made it. A run
# that learns, or whose loss is still falling, contradicts the forecast that a bad start makes.
RULES: tuple[Rule, ...] = (
    Rule(
        Verdict.HEALTHY,
        "training",
        "The final validation accuracy exceeds the larger class's share by {threshold} or more.",
        MARGIN,
        "With 500 validation points guessing wanders by 0.02; the article's runs either fail below 0.7 or learn.",
        lambda s, limit: s.final_accuracy >= s.majority_share + limit,
    ),
    Rule(
        Verdict.EXPLODING,
        "start",
        "At the start the gradient of a hidden layer is {threshold} or more.",
        10,
        "Runs that learn start below 1; at a learning rate of 0.01 one step of 10 is as long as a typical weight.",
        lambda s, limit: s.start_hidden_gradient >= limit,
    ),
    Rule(
        Verdict.EXPLODING,
        "start",
        "At the start the gradient of a hidden layer is {threshold} or more times the output layer's.",
        100,
        "No learning rate suits both: what moves the output in one epoch hurls that layer a hundred times as far.",
        lambda s, limit: s.start_growth >= limit,
    ),
    Rule(
        Verdict.DEAD,
        "start",
        "At the start the share of dead units reaches {threshold} in a hidden layer.",
        1,
        "A layer that gives 0 for every point passes neither signal nor gradient, and nothing below it can revive it.",
        lambda s, limit: (s.start_dead >= limit).any(axis=-1),
    ),
    Rule(
        Verdict.DIVERGED,
        "training",
        "The loss or a gradient stops being a number, or the loss rises from its start to more than {threshold}.",
        2 * GUESSING_LOSS,
        "Answering 1/2 everywhere costs 0.69; a run that ends at twice that was driven there by its own steps.",
        lambda s, limit: (s.broken_from >= 0) | ((s.final_loss > limit) & (s.final_loss > s.start_loss)),
    ),
    Rule(
        Verdict.UNKNOWN,
        "training",
        "The loss is still falling: it ends below {threshold} times what it was half-way, and below that of guessing.",
        0.9,
        "Medians over a tenth of the epochs wander by a few per cent on a plateau; above 0.69 nothing is learned yet.",
        lambda s, limit: (s.final_loss < limit * s.middle_loss) & (s.final_loss < GUESSING_LOSS),
    ),
    Rule(
        Verdict.SATURATED,
        "start",
        "At the start a share of {threshold} or more of a hidden layer is saturated.",
        0.5,
        "Most of the layer then passes less than a twentieth of the gradient; Glorot's initialiser starts near 0.",
        lambda s, limit: (s.start_saturated >= limit).any(axis=-1),
    ),
    Rule(
        Verdict.VANISHING,
        "start",
        "At the start the gradient is below {threshold} in every hidden layer.",
        1e-5,
        "At learning rate 0.01 and momentum 0.9, 8000 such steps in one direction move a weight by 0.008 in all.",
        lambda s, limit: s.start_hidden_gradient < limit,
    ),
    Rule(
        Verdict.VANISHING,
        "start",
        "At the start the smallest gradient of a hidden layer is below {threshold} of the largest of all layers.",
        0.01,
        "What the largest layer learns in 5 epochs takes that layer 500; most runs that learn start at 0.03 to 0.8.",
        lambda s, limit: s.start_shrinkage < limit,
    ),
    Rule(
        Verdict.DEAD,
        "training",
        "In the end the share of dead units reaches {threshold} in a hidden layer.",
        1,
        "The network then gives the same answer everywhere, and no gradient is left to change that.",
        lambda s, limit: (s.final_dead >= limit).any(axis=-1),
    ),
    Rule(
        Verdict.UNKNOWN,
        "training",
        "Fewer than {threshold} epochs were trained.",
        20,
        "Runs that learn may stay on a plateau for tens of epochs first.",
        lambda s, limit: np.full(s.replicates, s.trained_epochs < limit),
    ),
    Rule(
        Verdict.SATURATED,
        "training",
        "In the end a share of {threshold} or more of a hidden layer is saturated.",
        0.5,
        "As at the start; networks that learn the article's circles end with up to 0.4.",
        lambda s, limit: (s.final_saturated >= limit).any(axis=-1),
    ),
    Rule(
        Verdict.VANISHING,
        "training",
        "Over the second half the smallest gradient of a hidden layer is below {threshold} of the largest.",
        0.01,
        "As at the start; in networks that learn it stays at 0.06 to 0.6.",
        lambda s, limit: s.late_shrinkage < limit,
    ),
    Rule(
        Verdict.STUCK,
        "training",
        "None of the above: the accuracy stays within {threshold} of guessing although the gradient arrives.",
        MARGIN,
        "What remains is the length of the steps, or a network that cannot express the answer.",
        lambda s, limit: np.isfinite(s.final_accuracy) & (s.final_accuracy < s.majority_share + limit),
    ),
    Rule(
        Verdict.UNKNOWN,
        "training",
        "Not even the accuracy was measured.",
        0,
        "A verdict needs measurements.",
        lambda s, limit: np.full(s.replicates, True),
    ),
)


def first_rules(symptoms: Symptoms) -> list[Rule]:
    """For each replicate the first rule that holds."""
    held = np.stack([rule.holds(symptoms, rule.threshold) for rule in RULES])
    return [RULES[number] for number in held.argmax(axis=0)]
