"""What replicates have, in the words of headlines and sentences."""

from __future__ import annotations

from collections.abc import Mapping

from vgdemo.diagnosis.rules import Verdict
from vgdemo.learning import Share

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
OUTCOMES: Mapping[Verdict, tuple[str, str]] = {
    Verdict.HEALTHY: ("learns", "learn"),
    Verdict.VANISHING: ("has a vanishing gradient", "have a vanishing gradient"),
    Verdict.EXPLODING: ("has an exploding gradient", "have an exploding gradient"),
    Verdict.SATURATED: ("is saturated", "are saturated"),
    Verdict.DEAD: ("has a dead layer", "have a dead layer"),
    Verdict.STUCK: ("is stuck", "are stuck"),
    Verdict.DIVERGED: ("diverges", "diverge"),
    Verdict.UNKNOWN: ("is undecided", "are undecided"),
}


def headline(verdict: Verdict, learned: Share | None) -> str:
    """A run's verdict as a title: the count of those that learn, where others do not.

    Example:
        >>> headline(Verdict.SATURATED, Share(0, 10)), headline(Verdict.SATURATED, Share(6, 10))
        ('Saturated', 'Learns in 6 of 10')
    """
    if learned is None or learned.count in (0, learned.total):
        return HEADLINES[verdict]
    return f"Learns in {learned.count} of {learned.total}"


def outcome(verdict: Verdict, count: int, vanishing: int = 0) -> str:
    """What so many replicates have, as the rest of a sentence.

    Args:
        verdict: What they have.
        count: How many they are.
        vanishing: How many of them have a vanishing gradient besides.

    Example:
        >>> outcome(Verdict.STUCK, 1), outcome(Verdict.SATURATED, 4, vanishing=3)
        ('is stuck', 'are saturated (3 of them with a vanishing gradient)')
        >>> outcome(Verdict.SATURATED, 4, vanishing=4)
        'are saturated and have a vanishing gradient'
    """
    words, also = OUTCOMES[verdict][count > 1], OUTCOMES[Verdict.VANISHING][count > 1]
    if not vanishing:
        return words
    return f"{words} and {also}" if vanishing == count else f"{words} ({vanishing} of them with a vanishing gradient)"
