"""Who goes first among people, and how much one of them, and all together, may have waiting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from vgdemo.jobs.cluster import SchedulerError
from vgdemo.jobs.tracked_run import JobState, TrackedRun
from vgdemo.jobs.tracked_study import OWNER

MOST_OF_ONE = 12  # Runs of a visitor that are not over: the Lab's and Compare's in more than two windows.
MOST_STUDIES_OF_ONE, MOST_STUDIES_OF_ALL = 2, 20  # At work; those that rest take nothing.
MOST_NOTED_OF_ONE, MOST_NOTED_OF_ALL = 10, 200  # Studies that the store has a note of, at work or not.
MOST_OF_ALL = 300  # Of all visitors together: ten for each of a class of thirty.

RUNS_OF_ONE = (
    "Expected at most {} runs of one visitor in training or waiting. Received: another one. "
    "Close other windows of yours, or wait until one is complete."
)
RUNS_OF_ALL = (
    "Expected at most {} runs of all visitors in training or waiting. Received: another one. Try again in a minute."
)
STUDIES_OF_ONE = (
    "Expected at most {} studies of one visitor at work. Received: another one. "
    "Stop one of yours, or wait until it is complete."
)
STUDIES_OF_ALL = (
    "Expected at most {} studies of all visitors at work. Received: another one. "
    "Start it again when one of them is complete."
)


class QueueFullError(SchedulerError):
    """So many runs wait that no other one is taken; the message is one sentence."""


def turns(runs: Iterable[TrackedRun]) -> dict[TrackedRun, int]:
    """How many runs of the same visitor are before each that waits; empty unless several visitors wait.

    Those with fewer go first: who wants four runs waits for the second one until everybody has had a first. A run that
    several visitors want has the turn of who is best off.

    Args:
        runs: Those that people wait for, in order of arrival.
    """
    before: Counter[str] = Counter()
    found, waiting = {}, set()
    for run in runs:
        visitors = _visitors(run)
        if run.state is JobState.QUEUED:
            found[run] = min((before[visitor] for visitor in visitors), default=0)
            waiting |= visitors
        before.update(visitors)
    return found if len(waiting) > 1 else {}


def num_watched(runs: Iterable[TrackedRun], visitor: str) -> int:
    """How many of these runs a visitor waits for; of the owner, none is counted."""
    return sum(visitor in _visitors(run) for run in runs) if visitor else 0


def check_room(runs: Collection[TrackedRun], visitor: str) -> None:
    """See whether a visitor may have another run trained.

    Args:
        runs: Those that people wait for.
        visitor: Who asks; the owner may always.

    Raises:
        QueueFullError: If that would be too many.
    """
    if visitor:
        _check(num_watched(runs, visitor), MOST_OF_ONE, RUNS_OF_ONE)
        _check(len(runs), MOST_OF_ALL, RUNS_OF_ALL)


def check_studies(visitors: Collection[str], visitor: str) -> None:
    """See whether a visitor may start another study.

    Args:
        visitors: Who started those that are at work, one for each study.
        visitor: Who asks; the owner may always.

    Raises:
        QueueFullError: If that would be too many.
    """
    if visitor:
        _check(sum(one == visitor for one in visitors), MOST_STUDIES_OF_ONE, STUDIES_OF_ONE)
        _check(len(visitors), MOST_STUDIES_OF_ALL, STUDIES_OF_ALL)


def surplus(notes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Which studies are too many to be noted: the first of a visitor, and of all; none of the owner's of the server.

    Args:
        notes: What the store notes, by key.
    """
    of_one: Counter[str] = Counter()
    kept = 0
    too_many = []
    for key in sorted(notes, key=lambda key: str(notes[key].get("started")), reverse=True):
        if owner := str(notes[key].get(OWNER, "")):
            of_one[owner] += 1
            is_kept = of_one[owner] <= MOST_NOTED_OF_ONE and kept < MOST_NOTED_OF_ALL
            kept += is_kept
            too_many += [] if is_kept else [key]
    return too_many


def _check(count: int, most: int, sentence: str) -> None:
    if count >= most:
        raise QueueFullError(sentence.format(most))


def _visitors(run: TrackedRun) -> set[str]:
    return {job.visitor for job in run.watchers if job.visitor}
