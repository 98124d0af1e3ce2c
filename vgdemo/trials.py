"""Remedies that were tried: which of them are, how large a trial may be, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vgdemo.config import RunConfig
from vgdemo.cost import replicates_of_trial
from vgdemo.diagnosis import Diagnosis, Remedy, diagnose, possible
from vgdemo.learning import Share, has_learned
from vgdemo.record import RunRecord
from vgdemo.training import train

MOST_TRIED = 4  # Remedies of one run; more of them are no advice.
LEAST_REPLICATES = 3  # Of a trial, unless the run has fewer: one replicate alone may be lucky.


@dataclass(frozen=True)
class Tried:
    """A remedy and what came of it.

    Attributes:
        remedy: The change.
        learned: The replicates of the changed run that learn.

    Example:
        >>> tried = Tried(Remedy("Adam", "Scales each step.", {"optimizer": "adam"}), Share(7, 10))
        >>> print(tried)
        Adam · learns in 7 of 10
    """

    remedy: Remedy
    learned: Share

    def __str__(self) -> str:
        """In words, such as "Adam · learns in 7 of 10"."""
        return f"{self.remedy.label} · {in_words(self.learned)}"


def in_words(learned: Share, before: Share | None = None) -> str:
    """What came of a trial; of one that did not help it is said that it was made.

    Args:
        learned: The replicates of the changed run that learn.
        before: Those of the run as it was; None if no more is known than that it is ill.

    Example:
        >>> in_words(Share(10, 10)), in_words(Share(0, 10)), in_words(Share(2, 10), before=Share(3, 10))
        ('learns in 10 of 10', 'tried: learns in 0 of 10', 'tried: learns in 2 of 10')
    """
    helped = learned.value > (before.value if before else 0)
    return f"{'' if helped else 'tried: '}learns in {learned.count} of {learned.total}"


def first_remedies(diagnosis: Diagnosis, config: RunConfig | None) -> tuple[Remedy, ...]:
    """The remedies that a person is offered, most promising first; these are tried where there are settings to try."""
    return possible(diagnosis.remedies, config)[:MOST_TRIED]


def trial_of(config: RunConfig) -> RunConfig | None:
    """The run that tries these settings: the whole of it or, of a large one, fewer replicates.

    None if too few of them would be quick enough to be trained unasked.

    Example:
        >>> trial_of(RunConfig()) == RunConfig()
        True
        >>> trial_of(RunConfig(units=256, replicates=5, epochs=15)).replicates
        3
        >>> trial_of(RunConfig(units=256, epochs=50)) is None
        True
    """
    replicates = min(replicates_of_trial(config), config.replicates)
    is_enough = replicates >= min(config.replicates, LEAST_REPLICATES)
    return config.with_changes(replicates=replicates) if is_enough else None


def best_first(tried: Iterable[Tried]) -> tuple[Tried, ...]:
    """Those that more replicates learn with come first; among equals the order stays."""
    return tuple(sorted(tried, key=lambda one: -one.learned.value))


def try_remedies(record: RunRecord) -> tuple[Tried, ...]:
    """Train the first remedies of a run, as large as the run itself, and say what came of each, the best first.

    Args:
        record: A run that was made of settings. If all of its replicates learn, there is nothing to try.

    Raises:
        ValueError: If it is the log of somebody's own training, which cannot be trained here.

    Example:
        >>> try_remedies(record)[0].learned.total  # Replicates, as in the run itself.
        2
    """
    config = record.config
    if config is None:
        raise ValueError(f"Expected the record of a run with settings, to train it anew. Received: {record.sentence}")
    tried = []
    for remedy in first_remedies(diagnose(record), config):
        learned = has_learned(train(remedy.applied(config)))
        if learned is not None:
            tried.append(Tried(remedy, Share.of(learned)))
    return best_first(tried)
