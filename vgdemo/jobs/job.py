"""One watcher's hold on a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from vgdemo.config import RunConfig
from vgdemo.jobs.tracked_run import JobState, Progress, TrackedRun, tick
from vgdemo.record import RunRecord, RunStatus

if TYPE_CHECKING:
    from vgdemo.jobs.queue import Jobs


class Stopped(NamedTuple):
    """What a job shows from when its watcher has stopped it, whatever comes of the run for others."""

    version: int
    progress: Progress
    record: RunRecord | None


class Job:
    """One watcher's hold on a run. Safe to use from any thread.

    A run that the store holds is done as soon as it is asked for. Its record is read when somebody looks: a person at
    anything of the job, a study at its record. If it turns out to be damaged, the job joins the queue.

    Attributes:
        visitor: Who has asked for the run; empty for the owner of the server, None if it is trained for everybody.
    """

    def __init__(self, jobs: Jobs, run: TrackedRun, visitor: str | None = "") -> None:
        self.visitor = visitor
        self._jobs = jobs
        self._run = run
        self._is_unread = run.state is JobState.DONE
        self._stopped: Stopped | None = None

    @property
    def config(self) -> RunConfig:
        """The settings of the run."""
        return self._run.config

    @property
    def run_key(self) -> str:
        """What identifies the run."""
        return self._run.run_key

    @property
    def seconds(self) -> float | None:
        """Since a worker took the run up, until it is over; None if that was not heard."""
        return self._run.seconds

    @property
    def version(self) -> int:
        """Rises whenever `progress` or `record` changes, so a poller knows whether to draw again."""
        return self._stopped.version if self._stopped else self._jobs.version_of(self._looked_at())

    @property
    def progress(self) -> Progress:
        """Where the job stands."""
        return self._stopped.progress if self._stopped else self._jobs.progress_of(self._looked_at())

    @property
    def record(self) -> RunRecord | None:
        """The epochs that have come so far, the whole run once it is done; None before the first ones."""
        if self._stopped:
            return self._stopped.record
        record = self._jobs.record_of(self._run)
        if self._is_unread:
            self._is_unread = False
            if record is None:
                self._run = self._jobs.train_anew(self, self._run)
        return record

    def wait_for_curve(self, seconds: float) -> bool:
        """Whether there is an epoch that was trained, or the job is over, within so many seconds."""
        return self._wait_for(1, seconds)

    def wait_for_end(self, seconds: float) -> bool:
        """Whether the job is over within so many seconds."""
        return self._wait_for(self.config.epochs + 1, seconds)

    def _wait_for(self, epoch: int, seconds: float) -> bool:
        return self._stopped is not None or self._jobs.wait_for(self._looked_at(), epoch, seconds)

    def release(self) -> None:
        """Want the run no more: when nobody does, it leaves the queue, or stops within one chunk."""
        self._is_unread = False  # Damaged or not, it need not be trained.
        self._jobs.leave(self, self._run)

    def stop(self) -> None:
        """Keep what was trained so far, marked as stopped, and want no more, nor do other jobs of the same visitor.

        Others who want the run still get it.
        """
        if self.progress.state.is_over:
            self.release()
        else:
            self._jobs.stop(self, self._run)

    def show_stopped(self, *, goes_on: bool) -> None:
        """Show from now on what was trained so far; whether it `goes_on` for others."""
        record = self.record
        progress = replace(
            self.progress,
            state=JobState.STOPPED,
            epoch=int(record.epochs[-1]) if record else 0,
            position=None,
            seconds_left=None,
            goes_on=goes_on,
        )
        self._stopped = Stopped(tick(), progress, record and replace(record, status=RunStatus.STOPPED))

    def _looked_at(self) -> TrackedRun:
        if self._is_unread and self._run.interactive:
            _ = self.record
        return self._run
