"""From a record to a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vgdemo.diagnosis.case import Case
from vgdemo.diagnosis.causes import Cause, cause_of
from vgdemo.diagnosis.evidence import evidence
from vgdemo.diagnosis.leftovers import leaves_something
from vgdemo.diagnosis.outcomes import HEADLINES, headline, outcome
from vgdemo.diagnosis.remedies import EVERYTHING_USUAL, Remedy, prepared
from vgdemo.diagnosis.rules import FORESEEN, RULES, Rule, Verdict, also_dead, also_vanishing, first_rules
from vgdemo.diagnosis.symptoms import Symptoms
from vgdemo.learning import Share
from vgdemo.record import RunRecord
from vgdemo.wording import listed, uncapitalized

HEALTHY_SHARE = 0.75  # Settings that fail every fourth time, or oftener, are worth changing.
ONE_SHOWS_IT = "There is one replicate, and it shows this."


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a run, if anything.

    Attributes:
        verdict: The run's, as a whole.
        cause: Why, in one sentence; where some replicates learn and others do not, why the others do not.
        evidence: Sentences with numbers, from the replicates that the cause is about unless they say otherwise.
        kinds: Verdict to the replicates that have it (from 0), most frequent first.
        told: The replicates that cause and evidence are about: those of the rule, perhaps not all of its verdict.
        vanishing: The saturated replicates whose gradient vanishes as well.
        dead: Those of another verdict that have a dead layer in the end as well.
        remedies: Most promising first; none for a run that all replicates learn. `possible` says which of them suit
            the settings of the run.
        rule: The line of `RULES` that the cause explains; None where nothing was measured.

    Example:
        >>> kinds = {Verdict.STUCK: (0, 1, 3), Verdict.HEALTHY: (2,)}
        >>> diagnosis = Diagnosis(Verdict.STUCK, "The steps are too short.", kinds=kinds, rule=RULES[-2])
        >>> diagnosis.sentence
        'Learns in 1 of 4: the other 3 are stuck because the steps are too short.'
        >>> diagnosis.confidence
        'Of 4 replicates 3 are stuck and 1 learns.'
    """

    verdict: Verdict
    cause: str
    evidence: tuple[str, ...] = ()
    kinds: Mapping[Verdict, tuple[int, ...]] = field(default_factory=dict)
    told: tuple[int, ...] = ()
    vanishing: tuple[int, ...] = ()
    dead: tuple[int, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    rule: Rule | None = None

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many replicates each kind has."""
        return {verdict: len(replicates) for verdict, replicates in self.kinds.items()}

    @property
    def explained(self) -> Verdict:
        """What cause, evidence, rule and remedies are about: the verdict, unless only others than those learn."""
        return self.verdict if self.rule is None else self.rule.verdict

    @property
    def learns_in_part(self) -> bool:
        """Whether some replicates learn and others do not."""
        return len(self.kinds) > 1 and Verdict.HEALTHY in self.kinds

    @property
    def headline(self) -> str:
        """The verdict as a title, with its count where replicates differ."""
        if self.learns_in_part:
            return headline(self.verdict, Share(self.counts[Verdict.HEALTHY], self._total))
        also = ", vanishing gradient" if self.vanishing == self.kinds.get(Verdict.SATURATED) else ""
        count = f" in {self.counts[self.verdict]} of {self._total}" if len(self.kinds) > 1 else ""
        return f"{HEADLINES[self.verdict]}{also if self.verdict is Verdict.SATURATED else ''}{count}"

    @property
    def explanation(self) -> str:
        """What follows the headline and a colon: the cause and, where replicates differ, whose it is."""
        cause = uncapitalized(self.cause)
        said = f"{self._others}{self._of_them} because {cause}" if self.learns_in_part else f"{cause}{self._so_in}"
        rest = [verdict for verdict in self.kinds if verdict not in (Verdict.HEALTHY, self.explained)]
        return f"{said}{self._also_vanishing}" + (f" The rest: {listed([*map(self.counted, rest)])}." if rest else "")

    @property
    def sentence(self) -> str:
        """Headline and explanation in one."""
        return f"{self.headline}: {self.explanation}"

    @property
    def confidence(self) -> str:
        """How many replicates show what, in words."""
        if not self._total:
            return "Nothing was measured."
        if len(self.kinds) == 1:
            return f"All {self._total} replicates show it." if self._total > 1 else ONE_SHOWS_IT
        return f"Of {self._total} replicates {listed([*map(self.counted, self.kinds)])}."

    def counted(self, verdict: Verdict) -> str:
        """How many have it, such as "2 are stuck"; beside some that count as dead, how many of them die as well."""
        count = self.counts[verdict]
        vanishing = len(self.vanishing) if verdict is Verdict.SATURATED else 0
        dead = len({*self.kinds[verdict]}.intersection(self.dead)) if Verdict.DEAD in self.kinds else 0
        return f"{count} {outcome(verdict, count, vanishing, dead)}"

    @property
    def _total(self) -> int:
        return sum(self.counts.values())

    @property
    def _others(self) -> str:
        """Those that the cause is about, beside others that learn."""
        words, left = self.counted(self.explained), self._total - self.counts[Verdict.HEALTHY]
        if self.counts[self.explained] < left:
            return f"of the others {words}"
        return f"the other {words}" if left > 1 else f"the other one {words.partition(' ')[2]}"

    @property
    def _of_them(self) -> str:
        """For how many of the verdict's replicates the cause is; empty for all."""
        is_whole = len(self.told) in (0, self.counts.get(self.explained, 0))
        return "" if is_whole else f", {len(self.told)} of them"

    @property
    def _so_in(self) -> str:
        """The same, as a sentence of its own."""
        return f" This is so in {len(self.told)} of these {self.counts[self.explained]}." if self._of_them else ""

    @property
    def _also_vanishing(self) -> str:
        """Unless it was said with their count: how many of the saturated replicates have a vanishing gradient."""
        count, total = len(self.vanishing), self.counts.get(Verdict.SATURATED, 0)
        if self.learns_in_part or self.explained is not Verdict.SATURATED or count in (0, total):
            return ""
        return f" {count} of these {total} {outcome(Verdict.VANISHING, count)} as well."


@np.errstate(all="ignore")  # A record may hold any number; what comes of it is for the rules to judge.
def diagnose(record: RunRecord) -> Diagnosis:
    """Say what a run has, by the first of `RULES` that holds for each replicate.

    A run is healthy if three quarters of its replicates learn; otherwise it has what most of the others have. Any
    record of any network gets a diagnosis, one with NaN, with a single epoch or with none too.

    Example:
        >>> diagnosis = diagnose(record)
        >>> diagnosis.headline, diagnosis.cause
        ('Not enough to say in 1 of 2', 'Training ended before it settled: more epochs decide.')
        >>> [remedy.label for remedy in diagnosis.remedies]
        ['Everything as usual', 'Epochs: 20']
    """
    if not len(record.epochs) or not record.replicates:
        return Diagnosis(Verdict.UNKNOWN, "Nothing was measured yet.")
    symptoms = Symptoms(record)
    rules = first_rules(symptoms)
    counts = Counter(rule.verdict for rule in rules)
    case = _case(symptoms, rules, _explained(counts))
    cause = cause_of(case)
    return Diagnosis(
        verdict=_verdict(counts),
        cause=cause.in_words(case),
        evidence=evidence(case),
        kinds={verdict: _replicates(rule.verdict is verdict for rule in rules) for verdict, _ in counts.most_common()},
        told=_replicates(case.replicates),
        vanishing=_replicates(also_vanishing(symptoms, rules)),
        dead=_replicates(also_dead(symptoms, rules)),
        remedies=_remedies(case, cause),
        rule=case.rule,
    )


@np.errstate(all="ignore")  # As above.
def so_far(record: RunRecord) -> str:
    """What is wrong with a run that still trains, as its first measurement shows it; empty before there is one.

    As long as a run trains, this stays the same.

    Example:
        >>> so_far(record)
        "all 2 replicates are saturated at the start. The initialiser's mean is shifted: with weights on one \
side of 0 all units of a layer push the same way."
    """
    if not len(record.epochs) or not record.replicates:
        return ""
    symptoms = Symptoms(record.beginning)
    rules = first_rules(symptoms, FORESEEN)
    counts = Counter(rule.verdict for rule in rules)
    del counts[Verdict.UNKNOWN]
    if not counts:
        return "Nothing is wrong at the start."
    verdict = _explained(counts)
    case, count = _case(symptoms, rules, verdict), counts[verdict]
    vanishing = int(also_vanishing(symptoms, rules).sum()) if verdict is Verdict.SATURATED else 0
    words = outcome(verdict, count, vanishing) + (" at the start" if case.rule.phase == "start" else "")
    return f"{_how_many(count, record.replicates)} {words}. {cause_of(case).in_words(case)}"


def _remedies(case: Case, cause: Cause) -> tuple[Remedy, ...]:
    """Those against the cause, and among the first three one for a run that has more than this cause.

    That one is first where the most promising one of the others would leave something wrong, unless a run learns as it
    is, only not yet.
    """
    record = case.symptoms.record
    against = prepared(cause.recipes, record.model, record.last_epoch)
    usual = prepared([EVERYTHING_USUAL], record.model, record.last_epoch)
    if not against or not usual:
        return against
    is_learning = case.rule.verdict is Verdict.LEARNING
    place = 2 if is_learning or not leaves_something(case, against[0]) else 0
    return (*against[:place], *usual, *against[place:])


def _how_many(count: int, total: int) -> str:
    """Of the replicates, such as "all 10 replicates"."""
    if count < total:
        return f"{count} of {total} replicates"
    return f"all {total} replicates" if total > 1 else "the one replicate"


def _replicates(holds: Iterable[bool | np.bool_]) -> tuple[int, ...]:
    return tuple(replicate for replicate, it_does in enumerate(holds) if it_does)


def _verdict(counts: Counter[Verdict]) -> Verdict:
    return Verdict.HEALTHY if counts[Verdict.HEALTHY] >= HEALTHY_SHARE * counts.total() else _explained(counts)


def _explained(counts: Counter[Verdict]) -> Verdict:
    """The most frequent illness; of equally frequent ones that of the earliest rule."""
    verdicts = [rule.verdict for rule in RULES if rule.verdict in counts and rule.verdict is not Verdict.HEALTHY]
    return max(verdicts, key=lambda verdict: counts[verdict], default=Verdict.HEALTHY)


def _case(symptoms: Symptoms, rules: Sequence[Rule], verdict: Verdict) -> Case:
    """The replicates of the rule that named the verdict for most."""
    of_verdict = Counter(RULES.index(rule) for rule in rules if rule.verdict is verdict)
    leading = RULES[of_verdict.most_common(1)[0][0]]
    return Case(symptoms, leading, np.array([rule is leading for rule in rules]))
