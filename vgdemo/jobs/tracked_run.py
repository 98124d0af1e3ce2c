"""A run as the web process knows it: where it stands, and the chunks that its worker has sent."""

from __future__ import annotations

import enum
import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord

if TYPE_CHECKING:
    from vgdemo.jobs.executor import SentRun
    from vgdemo.jobs.job import Job

tick = itertools.count(1).__next__  # Orders all changes in the process; a version is the tick of the last change.


class JobState(enum.StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    COMPILING = "compiling"
    TRAINING = "training"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self in (JobState.DONE, JobState.STOPPED, JobState.FAILED)


@dataclass(frozen=True)
class Progress:
    """What there is to say about a job.

    Attributes:
        state: Where the job stands.
        epoch: The last epoch that was measured.
        epochs: How many there will be.
        position: Place in the queue, 1 is next; None once the job has left it.
        seconds_left: An estimate while it trains.
        reason: Why it failed.
        notices: Sentences for the person, such as that the run was started again.
        goes_on: Whether the run, which was stopped here, is trained on for others who want it.
    """

    state: JobState
    epoch: int
    epochs: int
    position: int | None = None
    seconds_left: float | None = None
    reason: str | None = None
    notices: tuple[str, ...] = ()
    goes_on: bool = False


class TrackedRun:
    """What all watchers of a run share. It has no lock of its own: `Jobs` changes it under its lock.

    Attributes:
        config: What is trained.
        interactive: Whether a person waits for it, or a study.
        state: Where it stands.
        watchers: Who wants it.
        sent: The executor's handle, once it was sent.
        unkept: The whole record, once it is done and if the store does not hold it.
        notices: Sentences for the person.
        version: Rises with every change.
    """

    def __init__(self, config: RunConfig, *, interactive: bool = True, state: JobState = JobState.QUEUED) -> None:
        self.config = config
        self.interactive = interactive
        self.state = state
        self.watchers: set[Job] = set()
        self.sent: SentRun | None = None
        self.unkept: RunRecord | None = None
        self.notices: tuple[str, ...] = ()
        self.version = tick()
        self._epoch = config.epochs if state is JobState.DONE else 0
        self._reason: str | None = None
        self._begun: float | None = None
        self._ended: float | None = None
        self._forget()

    def _forget(self) -> None:
        self._chunks: list[RunRecord] = []
        self._joined: tuple[int, RunRecord | None] = -1, None
        self._first_chunk: tuple[float, int] | None = None
        self._seconds_left: float | None = None

    @property
    def run_key(self) -> str:
        """What identifies the run."""
        return self.config.run_key

    def begin(self) -> None:
        """A worker has taken the run up, from the start."""
        self._forget()
        self._epoch = 0
        self._begun = time.monotonic()
        self._change(JobState.COMPILING)

    def grow(self, chunk: RunRecord) -> None:
        """A chunk has come. If its beginning was missed (another process may have asked earlier) the rest is shown."""
        if chunk.epochs[0] <= self._epoch and self._chunks:
            self._forget()
        self._chunks.append(chunk)
        self._epoch = int(chunk.epochs[-1])
        self._estimate(time.monotonic())
        self._change(JobState.TRAINING)

    def lose_worker(self) -> None:
        """The worker died; Dask gives the run to another one."""
        self._forget()
        self._epoch = 0
        self.notices += ("A worker died, and the run was started again.",)
        self._change(JobState.QUEUED)

    def end(self, reason: str | None, notice: str | None = None, unkept: RunRecord | None = None) -> None:
        """It failed, and what was sent stays; or it is done, and the store holds it or `unkept` is it."""
        self._seconds_left = None
        self._ended = time.monotonic()
        self._reason = reason
        self.unkept = unkept
        self.notices += (notice,) if notice and not reason else ()
        if reason is None:
            self._forget()
            self._epoch = self.config.epochs
        self._change(JobState.FAILED if reason else JobState.DONE)

    @property
    def progress(self) -> Progress:
        """What there is to say of the run alone; its place in the queue is for the queue to say."""
        return Progress(
            state=self.state,
            epoch=self._epoch,
            epochs=self.config.epochs,
            seconds_left=self._seconds_left,
            reason=self._reason,
            notices=self.notices,
        )

    @property
    def seconds(self) -> float | None:
        """Since a worker took it up, until it is over; None if that was not heard."""
        if self._begun is None:
            return None
        return (time.monotonic() if self._ended is None else self._ended) - self._begun

    @property
    def live_record(self) -> RunRecord | None:
        """What the chunks so far add up to; joined once for all who look before the next one comes."""
        version, record = self._joined
        if version != self.version:
            version, chunks = self.version, tuple(self._chunks)
            record = RunRecord.joined(chunks) if chunks else None
            self._joined = version, record
        return record

    @property
    def whole_record(self) -> RunRecord | None:
        """What the chunks add up to, if none is missing."""
        record = self.live_record
        return record if record and len(record.epochs) == self.config.epochs + 1 else None

    def _estimate(self, now: float) -> None:
        self._first_chunk = self._first_chunk or (now, self._epoch)
        then, epoch = self._first_chunk
        if self._epoch > epoch:
            self._seconds_left = (now - then) / (self._epoch - epoch) * (self.config.epochs - self._epoch)

    def _change(self, state: JobState) -> None:
        self.state = state
        self.version = tick()
