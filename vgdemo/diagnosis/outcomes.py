"""What replicates have, in the words of headlines and sentences."""

from __future__ import annotations

from collections.abc import Mapping

from vgdemo.diagnosis.rules import Verdict
from vgdemo.learning import Share

HEADLINES: Mapping[Verdict, str] = {
    Verdict.HEALTHY: "Healthy",
    Verdict.NOISE: "Nothing to learn",
    Verdict.VANISHING: "Vanishing gradient",
    Verdict.EXPLODING: "Exploding gradient",
    Verdict.SATURATED: "Saturated",
    Verdict.DEAD: "Dead units",
    Verdict.STUCK: "Stuck",
    Verdict.LEARNING: "Still learning",
    Verdict.DIVERGED: "Diverged",
    Verdict.UNKNOWN: "Not enough to say",
}
OUTCOMES: Mapping[Verdict, tuple[str, str]] = {
    Verdict.HEALTHY: ("learns", "learn"),
    Verdict.NOISE: ("finds nothing to learn", "find nothing to learn"),
    Verdict.VANISHING: ("has a vanishing gradient", "have a vanishing gradient"),
    Verdict.EXPLODING: ("has an exploding gradient", "have an exploding gradient"),
    Verdict.SATURATED: ("is saturated", "are saturated"),
    Verdict.DEAD: ("has a dead layer", "have a dead layer"),
    Verdict.STUCK: ("is stuck", "are stuck"),
    Verdict.LEARNING: ("is still learning", "are still learning"),
    Verdict.DIVERGED: ("diverges", "diverge"),
    Verdict.UNKNOWN: ("is undecided", "are undecided"),
}
# What a replicate with a dead layer in the end can have only from the start: the later signs stand behind a dead layer.
FROM_START = (Verdict.EXPLODING, Verdict.SATURATED, Verdict.VANISHING)


def headline(verdict: Verdict, learned: Share | None) -> str:
    """A run's verdict as a title: the count of those that learn, where others do not.

    Example:
        >>> headline(Verdict.SATURATED, Share(0, 10)), headline(Verdict.SATURATED, Share(6, 10))
        ('Saturated', 'Learns in 6 of 10')
    """
    if learned is None or learned.count in (0, learned.total):
        return HEADLINES[verdict]
    return f"Learns in {learned.count} of {learned.total}"


def outcome(verdict: Verdict, count: int, vanishing: int = 0, dead: int = 0) -> str:
    """What so many replicates have, as the rest of a sentence.

    Args:
        verdict: What they have.
        count: How many they are.
        vanishing: How many of them have a vanishing gradient besides.
        dead: How many of them have a dead layer in the end besides.

    Example:
        >>> outcome(Verdict.STUCK, 1), outcome(Verdict.SATURATED, 4, vanishing=3)
        ('is stuck', 'are saturated (3 of them with a vanishing gradient)')
        >>> outcome(Verdict.SATURATED, 4, vanishing=4)
        'are saturated and have a vanishing gradient'
        >>> outcome(Verdict.VANISHING, 1, dead=1)
        'has a vanishing gradient at the start (with a dead layer in the end)'
    """
    words, also = OUTCOMES[verdict][count > 1], OUTCOMES[Verdict.VANISHING][count > 1]
    if vanishing == count:
        words = f"{words} and {also}"
    elif vanishing:
        words = f"{words} ({vanishing} of them with a vanishing gradient)"
    if not dead:
        return words
    start = " at the start" if dead == count and verdict in FROM_START else ""
    whose = "" if dead == count else f"{dead} of them "
    return f"{words}{start} ({whose}with a dead layer in the end)"
