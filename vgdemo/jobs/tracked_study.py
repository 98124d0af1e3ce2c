"""A study as the server knows it: where it stands, what is waiting, and what has come."""

from __future__ import annotations

import enum
import hashlib
import time
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from vgdemo.config import RunConfig
from vgdemo.jobs.executor import SentRun
from vgdemo.jobs.tracked_run import tick
from vgdemo.room import program_key
from vgdemo.study import Grid
from vgdemo.summary import Summary
from vgdemo.waiting import expected_seconds

FIRST_REST, LONGEST_REST = 1.0, 30.0  # Seconds before what failed outside of a run is tried again, doubled each time.
OWNER = "owner"  # In a note.


class StudyState(enum.StrEnum):
    """Where a study stands."""

    READY = "ready"  # Nobody has started it on this server.
    RUNNING = "running"
    PAUSED = "paused"  # What workers are at is trained to its end.
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"  # The server on which it was started ended before it was complete, or is another one.
    COMPLETE = "complete"  # Every run is in the store, or has failed.


@dataclass(frozen=True)
class StudyProgress:
    """Where a study stands.

    Attributes:
        grid: What is studied.
        state: Where it stands.
        is_known: Whether it is known which runs the store holds.
        done: Runs that are in the store.
        trained: Those of them that have come since it was started here.
        failed: Run to the reason why it cannot be trained.
        at_work: The runs that are with workers.
        rate: Runs a minute, None before the first one.
        seconds_left: Until all are done; None where nothing says so.
        trouble: Why nothing goes on just now, in a sentence; empty if it does.
        deaths: How often a worker died that was at one of its runs, which another one then took.
        started: When somebody started it first; None of one that nobody has.
        owner: Whose it is, as `mark_of` has it: who started it first, on any server. None if nobody has, or as long as
            the store has not said who.
        version: Rises whenever there is something new.
    """

    grid: Grid
    state: StudyState
    is_known: bool
    done: int
    trained: int
    failed: Mapping[RunConfig, str]
    at_work: tuple[RunConfig, ...]
    rate: float | None
    seconds_left: float | None
    trouble: str
    deaths: int
    started: datetime | None
    owner: str | None
    version: int

    def belongs_to(self, visitor: str) -> bool:
        """Whether a visitor, or the owner of the server, may end it for all others: who has started it first."""
        return self.owner == mark_of(visitor)


@dataclass(eq=False)
class TrackedStudy:
    """A study as the server knows it.

    Attributes:
        grid: What is studied.
        state: Where it stands.
        summaries: How the runs end that are in the store.
        waiting: Runs that are neither done nor sent, in order.
        sent: Runs that are with the executor.
        failed: Run to the reason why it cannot be trained.
        trouble: Why nothing goes on just now.
        rests_until: When it is tried again.
        rest: Seconds of the next rest.
        deaths: How often a worker died.
        trained: Runs that have come since it was started here.
        expected: Seconds that these were expected to take.
        worked: Seconds for which it was at work, up to `began`.
        began: Since when it is at work; None if it is not.
        is_known: Whether it is known which runs the store holds.
        started: When somebody started it first.
        owner: Whose it is: who that was, as `mark_of` has it.
        visitor: Who started it last, among several people; its runs are trained for them.
        is_recalled: Whether it is known what the store notes of it.
        is_noted: Whether the store knows where it stands, for a server that comes after this one.
        served: The tick of when a run of it was last sent.
        version: The tick of its last change.
    """

    grid: Grid
    state: StudyState = StudyState.READY
    summaries: dict[RunConfig, Summary] = field(default_factory=dict)
    waiting: dict[RunConfig, None] = field(default_factory=dict)
    sent: dict[RunConfig, SentRun] = field(default_factory=dict)
    failed: dict[RunConfig, str] = field(default_factory=dict)
    trouble: str = ""
    rests_until: float = 0.0
    rest: float = FIRST_REST
    deaths: int = 0
    trained: int = 0
    expected: float = 0.0
    worked: float = 0.0
    began: float | None = None
    is_known: bool = False
    started: datetime | None = None
    owner: str = ""
    visitor: str = ""
    is_recalled: bool = False
    is_noted: bool = True
    served: int = 0
    version: int = field(default_factory=tick)

    def turn(self, state: StudyState) -> None:
        """Stand elsewhere now; the clock runs while it is at work."""
        now = time.monotonic()
        if self.began is not None:
            self.worked += now - self.began
        self.began = now if state is StudyState.RUNNING else None
        self.state = state
        self.is_noted = False
        self.version = tick()

    def start(self, visitor: str = "") -> None:
        """Be at work, on what the store turns out to lack."""
        self.visitor = visitor
        if self.started is None:
            self.started, self.owner = datetime.now(UTC), mark_of(visitor)
        self.failed.clear()
        self.hope()
        self.trouble = ""
        self.is_known = False  # Others may have trained, or removed, some of its runs.
        self.turn(StudyState.RUNNING)

    def recall(self, noted: TrackedStudy | None) -> None:
        """Somebody has started it before, on another server or on this one, if the store has a note of it."""
        self.is_recalled = True
        if noted is not None:
            self.started, self.owner = noted.started, noted.owner
            self.state = noted.state if self.state is StudyState.READY else self.state
            self.version = tick()

    def know(self, stored: Mapping[RunConfig, Summary], before: Collection[RunConfig]) -> None:
        """These of its runs are in the store, and no others but those that have come since it was asked.

        Args:
            stored: What the store holds.
            before: What was known when it was asked.
        """
        summaries = self.summaries = dict(stored) | {
            config: summary for config, summary in self.summaries.items() if config not in before
        }
        over = summaries.keys() | self.sent.keys() | self.failed.keys()
        self.waiting = {config: None for config in self.grid.configs if config not in over}
        self.is_known = True
        self.end_if_all_is_over()
        self.version = tick()

    def finish(self, config: RunConfig, summary: Summary) -> None:
        """A run is kept."""
        if config not in self.summaries:
            self.trained += 1
            self.expected += self.costs[config]
        self.summaries[config] = summary
        self.trouble = ""
        self.hope()

    def end_if_all_is_over(self) -> None:
        """Once no run waits or is with a worker."""
        if self.state is StudyState.RUNNING and self.is_known and not self.waiting and not self.sent:
            self.turn(StudyState.COMPLETE)

    def rest_because(self, trouble: str) -> None:
        """Rest, longer each time, because of something that is not a run's fault."""
        self.trouble = trouble
        if not self.rests:
            self.rests_until = time.monotonic() + self.rest
            self.rest = min(2 * self.rest, LONGEST_REST)
        self.version = tick()

    def hope(self) -> None:
        """Rest no more: something was mended."""
        self.rests_until, self.rest = 0.0, FIRST_REST

    @property
    def rests(self) -> bool:
        """Whether nothing of it is tried just now."""
        return time.monotonic() < self.rests_until

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing of it is at work."""
        return self.began is None and not self.sent

    @property
    def is_under_way(self) -> bool:
        """Whether it is at work and has runs that are not over."""
        return self.state is StudyState.RUNNING and bool(self.waiting or self.sent)

    @cached_property
    def costs(self) -> dict[RunConfig, float]:
        """Seconds that each run is expected to take, beside one another."""
        return {config: expected_seconds(config) for config in self.grid.configs}

    @cached_property
    def programs(self) -> dict[Hashable, list[RunConfig]]:
        """Its runs by the program that they need, in order."""
        runs: dict[Hashable, list[RunConfig]] = {}
        for config in self.grid.configs:
            runs.setdefault(program_key(config), []).append(config)
        return runs

    @property
    def seconds(self) -> float:
        """For which it was at work."""
        return self.worked + (0 if self.began is None else time.monotonic() - self.began)

    @property
    def progress(self) -> StudyProgress:
        """What there is to say of it."""
        seconds = self.seconds
        open_runs = [*self.waiting, *self.sent]
        left = sum(self.costs[run] for run in open_runs) * seconds / self.expected if self.expected else None
        return StudyProgress(
            grid=self.grid,
            state=self.state,
            is_known=self.is_known,
            done=len(self.summaries),
            trained=self.trained,
            failed=dict(self.failed),
            at_work=tuple(self.sent),
            rate=60 * self.trained / seconds if self.trained and seconds else None,
            seconds_left=left if open_runs else 0.0,
            trouble=self.trouble,
            deaths=self.deaths,
            started=self.started,
            owner=self.owner if self.started and self.is_recalled else None,
            version=self.version,
        )


def mark_of(visitor: str) -> str:
    """What is noted of a visitor, whose name is a secret of the browser's; empty for the owner of the server."""
    return visitor and hashlib.sha256(visitor.encode()).hexdigest()


def note_of(study: TrackedStudy) -> dict[str, Any]:
    """What `noted_study` reads."""
    return {
        "study": study.grid.to_dict(),
        "state": study.state,
        "started": str(study.started),
        OWNER: study.owner,
    }


def noted_study(note: Mapping[str, Any]) -> TrackedStudy | None:
    """The study of a note that some server has left in the store; None if this program does not read it."""
    try:
        grid, started = Grid.from_dict(note["study"]), datetime.fromisoformat(note["started"]).astimezone(UTC)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None
    is_over = note.get("state") in (StudyState.STOPPED, StudyState.COMPLETE)
    state = StudyState(note["state"]) if is_over else StudyState.INTERRUPTED
    return TrackedStudy(grid, state, started=started, owner=str(note.get(OWNER, "")), is_recalled=True)
