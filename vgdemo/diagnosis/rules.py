"""The rules of the diagnosis, in order: the first that holds for a replicate names what it has."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vgdemo.diagnosis.symptoms import Array, Mask, Symptoms
from vgdemo.learning import CHANCE, LEARNED, LEARNED_LOSS
from vgdemo.wording import number

UNDERFLOWN = 0.5  # Share of a gradient that is exactly 0.
VANISHED_THROUGH_TIME = 1e-4  # Of the largest derivative by a state.
EXPLODED_THROUGH_TIME = 1_000  # Times the derivative by the states that are nearest to the answer.
MANY_UPDATES = 2_000  # What 125 epochs have unless a run is set otherwise.
UNMOVED = 0.1  # Kernels that move by less than a tenth of their length are still the random ones.

Held = Mask | np.bool_ | bool  # Of each replicate, or of all of them.


class Verdict(enum.StrEnum):
    """What a run has.

    Example:
        >>> Verdict("vanishing")
        <Verdict.VANISHING: 'vanishing'>
    """

    HEALTHY = "healthy"
    NOISE = "noise"
    VANISHING = "vanishing"
    EXPLODING = "exploding"
    SATURATED = "saturated"
    DEAD = "dead"
    STUCK = "stuck"
    LEARNING = "learning"
    DIVERGED = "diverged"
    UNKNOWN = "unknown"


UNFINISHED = (Verdict.STUCK, Verdict.LEARNING)  # In both the gradient arrives.


@dataclass(frozen=True)
class Rule:
    """One line of the table.

    Attributes:
        verdict: What it names.
        phase: "start" if it looks at epoch 0, before any update; else "training".
        condition: When it holds, in words; `{threshold}` stands for the number.
        threshold: The number.
        reason: Why this number.
        holds: From symptoms and threshold to (R,) whether it holds. It does not where nothing was measured.

    Example:
        >>> RULES[7].verdict, RULES[7].in_words
        (<Verdict.EXPLODING: 'exploding'>, 'At the start the gradient of a hidden layer is 10 or more.')
    """

    verdict: Verdict
    phase: str
    condition: str
    threshold: float
    reason: str
    holds: Callable[[Symptoms, float], Held]

    @property
    def in_words(self) -> str:
        """The condition with its number."""
        return self.condition.format(threshold=number(self.threshold))


def _has_learned(symptoms: Symptoms, share: float) -> Held:
    return False if symptoms.has_learned is None else symptoms.has_learned


def _has_not_learned(symptoms: Symptoms, share: float) -> Held:
    return False if symptoms.has_not_learned is None else symptoms.has_not_learned


def _learned_by_loss(symptoms: Symptoms, share: float) -> Held:
    return False if symptoms.has_learned_by_loss is None else symptoms.has_learned_by_loss


def _not_learned_by_loss(symptoms: Symptoms, share: float) -> Held:
    return False if symptoms.has_not_learned_by_loss is None else symptoms.has_not_learned_by_loss


def _has_begun_to_learn(symptoms: Symptoms, factor: float) -> Held:
    has_not_learned = _has_not_learned(symptoms, factor) | _not_learned_by_loss(symptoms, factor)
    return has_not_learned & symptoms.falls_on(factor)


def _has_labels_out_of_range(symptoms: Symptoms, limit: float) -> Held:
    return False if symptoms.has_labels_out_of_range is None else symptoms.has_labels_out_of_range


def _starts_vanishing_through_time(symptoms: Symptoms, limit: float) -> Held:
    """A training of somebody else may need no memory, or may be about to find one."""
    if not symptoms.needs_memory:
        return False
    return np.asarray(np.any([layer.share < limit for layer in symptoms.start_through_time], axis=0))


def _ends_vanishing_through_time(symptoms: Symptoms, limit: float) -> Held:
    if symptoms.needs_memory is False:
        return False
    return np.asarray(np.any([layer.share < limit for layer in symptoms.late_through_time], axis=0))


def _explodes_through_time(symptoms: Symptoms, limit: float) -> Held:
    return np.asarray(np.any([layer.growth >= limit for layer in symptoms.start_through_time], axis=0))


def _unless_flow(symptoms: Symptoms, values: Array | None) -> Array | None:
    """What kernels say, where no derivatives by outputs say it better."""
    return None if symptoms.has_flow else values


def _at_least(values: Array | None, limit: float) -> Held:
    return False if values is None else values >= limit


def _below(values: Array | None, limit: float) -> Held:
    return False if values is None else values < limit


def _in_a_layer(shares: Array | None, limit: float) -> Held:
    return False if shares is None else (shares >= limit).any(axis=-1)


def _diverges(symptoms: Symptoms, limit: float) -> Held:
    broken = np.isfinite(symptoms.broken_from)
    loss, guessing = symptoms.loss, symptoms.guessing_loss
    if loss is None or guessing is None:
        return broken
    risen = (loss.final > limit * guessing) & (loss.final > loss.start)
    return broken | (risen & ~symptoms.averages_lag & ~symptoms.fits)


def _still_falls(symptoms: Symptoms, limit: float) -> Held:
    loss, guessing = symptoms.loss, symptoms.guessing_loss
    if loss is None or guessing is None:
        return False
    return (loss.final < limit * loss.middle) & (loss.final < guessing)


def _fades(symptoms: Symptoms, limit: float) -> Held:
    signal = symptoms.start_signal
    return False if symptoms.has_flow or signal is None or signal.shape[-1] < 2 else _below(signal[:, -1], limit)


def _saturates(symptoms: Symptoms, limit: float) -> Held:
    shares = symptoms.final_saturated
    if shares is None:
        return False
    flat = (shares >= limit).any(axis=-1)
    return flat if shares.shape[-1] > 1 else flat & ~symptoms.has_learned_a_part


def _never_moves(symptoms: Symptoms, limit: float) -> Held:
    return _below(symptoms.steps, limit) & _below(symptoms.movement, UNMOVED)


def _is_short(symptoms: Symptoms, epochs: float) -> Held:
    return symptoms.trained_epochs < epochs and (symptoms.updates or 0) < MANY_UPDATES


NOT_MEASURED = Rule(
    Verdict.UNKNOWN,
    "training",
    "None of the above, and no accuracy was measured.",
    0,
    "A verdict needs measurements.",
    lambda s, limit: True,
)

# A run that learns contradicts whatever else may be said. If there is nothing to learn, nothing else keeps a run from
# learning, and no change of its settings can be seen to help. Then evidence from before the first update comes first:
# it is the cause of what follows, and no optimiser made it; but a loss that is still falling contradicts the forecast
# that a bad start makes.
RULES: tuple[Rule, ...] = (
    Rule(
        Verdict.STUCK,
        "start",
        "No step can move the answer: it is the softmax of {threshold} number, or all its units start dead.",
        1,
        "Whatever the loss does, the model answers every example the same; no gradient passes such an activation.",
        lambda s, limit: s.answer_is_fixed,
    ),
    Rule(
        Verdict.HEALTHY,
        "training",
        "The final validation accuracy has come {threshold} of the way from the larger class's share to what can be "
        "reached on these points, or is 0.2 above that share where nobody knows what can be reached.",
        LEARNED,
        "A network that settles for three corners of xor has come half the way; the article's learners go on.",
        _has_learned,
    ),
    Rule(
        Verdict.HEALTHY,
        "training",
        "No accuracy was measured, and the final loss is below {threshold} times that of guessing; where nobody knows "
        "what guessing costs, below half of its start.",
        LEARNED_LOSS,
        "Of a squared error that is a fifth of the variance; rates and noise alone do not bring a loss so far.",
        _learned_by_loss,
    ),
    Rule(
        Verdict.NOISE,
        "training",
        "What can be reached on these points is no more than guessing reaches with a probability of {threshold}.",
        CHANCE,
        "So few points with so much noise do not show whether a network has learned, whatever its settings are.",
        lambda s, limit: s.holds_nothing_to_learn,
    ),
    Rule(
        Verdict.STUCK,
        "start",
        "Not {threshold} kernel learns: all are frozen, or the loss depends on none below the output.",
        1,
        "What is not trained stays as it was drawn.",
        lambda s, limit: s.nothing_learns,
    ),
    Rule(
        Verdict.STUCK,
        "training",
        "A cross-entropy ends below {threshold}.",
        0,
        "Of labels that are classes or shares it is never negative; of others it has no lower bound.",
        _has_labels_out_of_range,
    ),
    Rule(
        Verdict.STUCK,
        "training",
        "All steps of the run together lead no kernel as far as {threshold} times its gradient, nor by a tenth of its "
        "own length.",
        0.1,
        "At learning rate 0.01 and momentum 0.9 one update makes 0.1: what the start looks like has had no effect yet.",
        _never_moves,
    ),
    Rule(
        Verdict.EXPLODING,
        "start",
        "At the start the gradient of a hidden layer is {threshold} or more.",
        10,
        "Runs that learn start below 1; at a learning rate of 0.01 one step of 10 is as long as a typical weight.",
        lambda s, limit: _at_least(_unless_flow(s, s.start_hidden_gradient), limit),
    ),
    Rule(
        Verdict.EXPLODING,
        "start",
        "At the start the gradient of a hidden layer is {threshold} or more times the output layer's.",
        100,
        "No learning rate suits both: what moves the output in one epoch hurls that layer a hundred times as far.",
        lambda s, limit: _at_least(_unless_flow(s, s.start_growth), limit),
    ),
    Rule(
        Verdict.EXPLODING,
        "start",
        "At the start the loss's derivative by the first learning layer's output is {threshold} or more times that by "
        "the last hidden layer's, each by the whole output.",
        100,
        "As of kernels; derivatives by outputs compare where layers are of different kinds.",
        lambda s, limit: _at_least(s.start_flow_growth, limit),
    ),
    Rule(
        Verdict.EXPLODING,
        "start",
        "At the start the loss's derivative by a recurrent layer's state far from the answer is {threshold} or more "
        "times that by its state near the answer.",
        EXPLODED_THROUGH_TIME,
        "Sequences that hardly differ then get different answers; sums over 400 steps grow by 400 and do no harm.",
        _explodes_through_time,
    ),
    Rule(
        Verdict.DEAD,
        "start",
        "At the start the share of dead units reaches {threshold} in a hidden layer.",
        1,
        "A layer that gives 0 for every point passes neither signal nor gradient, and nothing below it can revive it.",
        lambda s, limit: _in_a_layer(s.start_dead, limit),
    ),
    Rule(
        Verdict.DIVERGED,
        "training",
        "The loss or a gradient stops being a number, or the loss rises from its start to more than {threshold} times "
        "that of guessing.",
        2,
        "Between two classes guessing costs 0.69; a run that ends at twice that was driven there by its own steps.",
        _diverges,
    ),
    Rule(
        Verdict.UNKNOWN,
        "training",
        "The loss is still falling: it ends below {threshold} times what it was half-way, and below that of guessing.",
        0.9,
        "Medians over a tenth of the epochs wander by a few per cent on a plateau; above guessing nothing is learned.",
        _still_falls,
    ),
    Rule(
        Verdict.SATURATED,
        "start",
        "At the start a share of {threshold} or more of a hidden layer is saturated.",
        0.5,
        "Most of the layer then passes less than a twentieth of the gradient; Glorot's initialiser starts near 0.",
        lambda s, limit: _in_a_layer(s.start_saturated, limit),
    ),
    Rule(
        Verdict.VANISHING,
        "start",
        "At the start a share of {threshold} or more of all gradient entries is exactly 0, in numbers of 16 bits.",
        UNDERFLOWN,
        "Below 6·10⁻⁸ such numbers are 0; without that only what no example uses is, such as a dead unit's weights.",
        lambda s, limit: _at_least(s.start_underflow, limit),
    ),
    Rule(
        Verdict.VANISHING,
        "start",
        "At the start the gradient is below {threshold} in every hidden layer.",
        1e-5,
        "At learning rate 0.01 and momentum 0.9, 8000 such steps in one direction move a weight by 0.008 in all.",
        lambda s, limit: _below(_unless_flow(s, s.start_hidden_gradient), limit),
    ),
    Rule(
        Verdict.VANISHING,
        "start",
        "At the start the smallest gradient of a hidden layer is below {threshold} of the largest of all layers, each "
        "for all weights that leave one unit together; with skip connections that of the first layer counts.",
        0.01,
        "What the largest layer learns in 5 epochs takes that layer 500; most runs that learn start at 0.03 to 0.8.",
        lambda s, limit: _below(_unless_flow(s, s.start_shrinkage), limit),
    ),
    Rule(
        Verdict.VANISHING,
        "start",
        "At the start the signal's standard deviation in the last hidden layer is below {threshold}.",
        0.01,
        "The points' own is about 0.5; what shrinks the signal on its way up shrinks the gradient on its way down.",
        _fades,
    ),
    Rule(
        Verdict.VANISHING,
        "start",
        "At the start the loss's derivative by the first learning layer's output is below {threshold} of the largest "
        "by a layer after it, each by the whole output.",
        0.01,
        "As of kernels; by the chain rule the first layer gets what all others pass on; side branches do not count.",
        lambda s, limit: _below(s.start_flow, limit),
    ),
    Rule(
        Verdict.VANISHING,
        "start",
        "At the start the loss's derivative by a recurrent layer's state far from the answer is below {threshold} of "
        "the largest over time, and the task is known to need that state.",
        VANISHED_THROUGH_TIME,
        "What such a layer learns of its last steps in one epoch, it learns of those in ten thousand.",
        _starts_vanishing_through_time,
    ),
    Rule(
        Verdict.DEAD,
        "training",
        "In the end the share of dead units reaches {threshold} in a hidden layer.",
        1,
        "The network then gives the same answer everywhere, and no gradient is left to change that.",
        lambda s, limit: _in_a_layer(s.final_dead, limit),
    ),
    Rule(
        Verdict.UNKNOWN,
        "training",
        "Fewer than {threshold} epochs were trained, and not known to be 2,000 updates.",
        20,
        "Runs that learn may stay on a plateau for tens of epochs first, of 16 updates each unless set otherwise.",
        _is_short,
    ),
    Rule(
        Verdict.SATURATED,
        "training",
        "In the end a share of {threshold} or more of a hidden layer is saturated; of an only one, if the loss is no "
        "lower than that of guessing.",
        0.5,
        "As at the start; the article's runs that learn end with up to 0.4. In an only layer steep units draw sharp "
        "lines.",
        _saturates,
    ),
    Rule(
        Verdict.STUCK,
        "training",
        "In the end no hidden kernel has {threshold} of the root mean square that it started with.",
        0.1,
        "Training makes weights larger; only weight decay takes so much of all, and what is left passes no signal.",
        lambda s, limit: _below(s.weights_left, limit),
    ),
    Rule(
        Verdict.VANISHING,
        "training",
        "Over the second half the smallest gradient of a hidden layer is below {threshold} of the largest, compared as "
        "at the start.",
        0.01,
        "As at the start; in networks that learn it stays at 0.06 to 0.6.",
        lambda s, limit: _below(_unless_flow(s, s.late_shrinkage), limit),
    ),
    Rule(
        Verdict.VANISHING,
        "training",
        "Over the second half the loss's derivative by the first learning layer's output is below {threshold} of the "
        "largest, compared as at the start.",
        0.01,
        "As at the start.",
        lambda s, limit: _below(s.late_flow, limit),
    ),
    Rule(
        Verdict.VANISHING,
        "training",
        "Over the second half the loss's derivative by a recurrent layer's state far from the answer is below "
        "{threshold} of the largest over time, and the task is not known to need no memory.",
        VANISHED_THROUGH_TIME,
        "As at the start.",
        _ends_vanishing_through_time,
    ),
    Rule(
        Verdict.LEARNING,
        "training",
        "It has not learned yet, but its loss has fallen below that of guessing, {threshold} times as far as half-way; "
        "the network draws more than straight lines.",
        1.5,
        "On a plateau it would be no more than 1, at constant speed 1.7: more or longer steps go on.",
        _has_begun_to_learn,
    ),
    Rule(
        Verdict.STUCK,
        "training",
        "None of the above: the accuracy has not come {threshold} of the way although the gradient arrives.",
        LEARNED,
        "What remains is the length of the steps, or a network that cannot express the answer.",
        _has_not_learned,
    ),
    Rule(
        Verdict.STUCK,
        "training",
        "None of the above: no accuracy was measured, and the final loss is not below {threshold} times that of "
        "guessing.",
        LEARNED_LOSS,
        "What remains is the length of the steps, or a network that cannot express the answer.",
        _not_learned_by_loss,
    ),
    NOT_MEASURED,
)


# What the first measurement and the points alone show; no later one changes it.
FORESEEN = (*(rule for rule in RULES if rule.phase == "start" or rule.verdict is Verdict.NOISE), NOT_MEASURED)


def first_rules(symptoms: Symptoms, rules: Sequence[Rule] = RULES) -> list[Rule]:
    """For each replicate the first of the rules that holds; the last one always does."""
    held = np.empty((len(rules), symptoms.record.replicates), dtype=bool)
    for row, rule in zip(held, rules, strict=True):
        row[:] = rule.holds(symptoms, rule.threshold)
    return [rules[number] for number in held.argmax(axis=0)]


def also_vanishing(symptoms: Symptoms, rules: Sequence[Rule]) -> Mask:
    """(R,) whether a replicate is saturated and, in the same phase, has a gradient that a rule calls vanishing too."""
    held = np.zeros(len(rules), dtype=bool)
    for rule in RULES:
        if rule.verdict is Verdict.VANISHING:
            phase = [one.verdict is Verdict.SATURATED and one.phase == rule.phase for one in rules]
            held |= np.array(phase) & rule.holds(symptoms, rule.threshold)
    return held


def also_dead(symptoms: Symptoms, rules: Sequence[Rule]) -> Mask:
    """(R,) whether a replicate has a dead layer in the end, though an earlier rule gave it another verdict."""
    dead = next(rule for rule in RULES if rule.verdict is Verdict.DEAD and rule.phase == "training")
    held = dead.holds(symptoms, dead.threshold)
    return np.array([rule.verdict is not Verdict.DEAD for rule in rules]) & held
