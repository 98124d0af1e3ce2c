"""From a record to a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from vgdemo.diagnosis.case import Case
from vgdemo.diagnosis.causes import cause_of
from vgdemo.diagnosis.evidence import evidence
from vgdemo.diagnosis.remedies import Remedy, prepared
from vgdemo.diagnosis.rules import RULES, Rule, Verdict, first_rules
from vgdemo.diagnosis.symptoms import Symptoms
from vgdemo.learning import Share
from vgdemo.record import RunRecord
from vgdemo.wording import listed, uncapitalized

HEALTHY_SHARE = 0.75  # Settings that fail every fourth time, or oftener, are worth changing.

HEADLINES: Mapping[Verdict, str] = {
    Verdict.HEALTHY: "Healthy",
    Verdict.VANISHING: "Vanishing gradient",
    Verdict.EXPLODING: "Exploding gradient",
    Verdict.SATURATED: "Saturated",
    Verdict.DEAD: "Dead units",
    Verdict.STUCK: "Stuck",
    Verdict.DIVERGED: "Diverged",
    Verdict.UNKNOWN: "Not enough to say",
}
OUTCOMES = {
    Verdict.HEALTHY: ("learns", "learn"),
    Verdict.VANISHING: ("has a vanishing gradient", "have a vanishing gradient"),
    Verdict.EXPLODING: ("has an exploding gradient", "have an exploding gradient"),
    Verdict.SATURATED: ("is saturated", "are saturated"),
    Verdict.DEAD: ("has a dead layer", "have a dead layer"),
    Verdict.STUCK: ("is stuck", "are stuck"),
    Verdict.DIVERGED: ("diverges", "diverge"),
    Verdict.UNKNOWN: ("is undecided", "are undecided"),
}


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a run, if anything.

    Attributes:
        verdict: The run's, as a whole.
        cause: Why, in one sentence.
        evidence: Sentences with numbers, from the replicates that the verdict is about.
        kinds: Verdict to the replicates that have it (from 0), most frequent first.
        remedies: Most promising first; none for a run that all replicates learn. `possible` says which of them suit
            the settings of the run.
        rule: The line of `RULES` that named the verdict; None where nothing was measured.

    Example:
        >>> kinds = {Verdict.STUCK: (0, 1, 3), Verdict.HEALTHY: (2,)}
        >>> diagnosis = Diagnosis(Verdict.STUCK, "The steps are too short.", kinds=kinds)
        >>> diagnosis.headline
        'Stuck'
        >>> diagnosis.confidence
        'Of 4 replicates 3 are stuck and 1 learns.'
    """

    verdict: Verdict
    cause: str
    evidence: tuple[str, ...] = ()
    kinds: Mapping[Verdict, tuple[int, ...]] = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()
    rule: Rule | None = None

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many replicates each kind has."""
        return {verdict: len(replicates) for verdict, replicates in self.kinds.items()}

    @property
    def headline(self) -> str:
        """The verdict as a title."""
        return HEADLINES[self.verdict]

    @property
    def explanation(self) -> str:
        """What follows the headline and a colon: the cause and, where the replicates differ, how they do."""
        mixed = f" {self.confidence}" if len(self.counts) > 1 else ""
        return f"{uncapitalized(self.cause)}{mixed}"

    @property
    def sentence(self) -> str:
        """Headline and explanation in one."""
        return f"{self.headline}: {self.explanation}"

    @property
    def share(self) -> Share | None:
        """The replicates that show the verdict; None where nothing was measured."""
        return Share(self.counts[self.verdict], sum(self.counts.values())) if self.counts else None

    @property
    def confidence(self) -> str:
        """How many replicates show what, in words."""
        total = sum(self.counts.values())
        if not total:
            return "Nothing was measured."
        parts = [f"{count} {OUTCOMES[verdict][count > 1]}" for verdict, count in self.counts.items()]
        if len(parts) == 1:
            return f"All {total} replicates show it." if total > 1 else "There is one replicate, and it shows this."
        return f"Of {total} replicates {listed(parts)}."


@np.errstate(all="ignore")  # A record may hold any number; what comes of it is for the rules to judge.
def diagnose(record: RunRecord) -> Diagnosis:
    """Say what a run has, by the first of `RULES` that holds for each replicate.

    A run is healthy if three quarters of its replicates learn; otherwise it has what most of the others have. Any
    record of any network gets a diagnosis, one with NaN, with a single epoch or with none too.

    Example:
        >>> diagnosis = diagnose(record)
        >>> diagnosis.headline, diagnosis.cause
        ('Not enough to say', 'Training is not over: more epochs decide.')
        >>> [remedy.label for remedy in diagnosis.remedies]
        ['Epochs: 12']
    """
    if not len(record.epochs) or not record.replicates:
        return Diagnosis(Verdict.UNKNOWN, "Nothing was measured yet.")
    symptoms = Symptoms(record)
    rules = first_rules(symptoms)
    counts = Counter(rule.verdict for rule in rules)
    case = _case(symptoms, rules, _verdict(counts))
    return Diagnosis(
        verdict=case.rule.verdict,
        cause=cause_of(case).sentence,
        evidence=evidence(case),
        kinds=_kinds(rules),
        remedies=_remedies(symptoms, rules, counts),
        rule=case.rule,
    )


def _kinds(rules: list[Rule]) -> dict[Verdict, tuple[int, ...]]:
    """The replicates of each verdict; of equally frequent ones that which comes first."""
    return {
        verdict: tuple(replicate for replicate, rule in enumerate(rules) if rule.verdict is verdict)
        for verdict, _ in Counter(rule.verdict for rule in rules).most_common()
    }


def _verdict(counts: Counter[Verdict]) -> Verdict:
    if counts[Verdict.HEALTHY] >= HEALTHY_SHARE * counts.total():
        return Verdict.HEALTHY
    return _illness(counts)


def _illness(counts: Counter[Verdict]) -> Verdict:
    """The most frequent one; of equally frequent ones that of the earliest rule."""
    verdicts = [rule.verdict for rule in RULES if rule.verdict in counts and rule.verdict is not Verdict.HEALTHY]
    return max(verdicts, key=lambda verdict: counts[verdict])


def _case(symptoms: Symptoms, rules: list[Rule], verdict: Verdict) -> Case:
    """The replicates of the rule that named the verdict for most."""
    of_verdict = Counter(RULES.index(rule) for rule in rules if rule.verdict is verdict)
    leading = RULES[of_verdict.most_common(1)[0][0]]
    return Case(symptoms, leading, np.array([rule is leading for rule in rules]))


def _remedies(symptoms: Symptoms, rules: list[Rule], counts: Counter[Verdict]) -> tuple[Remedy, ...]:
    """Against what most of the replicates that do not learn have."""
    if set(counts) == {Verdict.HEALTHY}:
        return ()
    cause = cause_of(_case(symptoms, rules, _illness(counts)))
    return prepared(cause.recipes, symptoms.model, symptoms.record.last_epoch)
