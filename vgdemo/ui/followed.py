"""What the parts of a page follow: a run that is trained here, or a log that is written elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from vgdemo.config import RunConfig
from vgdemo.jobs import Progress
from vgdemo.record import RunRecord


class Followed(Protocol):
    """A job, or a log as it was when it was looked at."""

    @property
    def config(self) -> RunConfig | None:
        """The settings, if it is made of settings."""

    @property
    def run_key(self) -> str:
        """What identifies it."""

    @property
    def version(self) -> int:
        """Another one whenever there is something new."""

    @property
    def progress(self) -> Progress:
        """Where it stands."""

    @property
    def record(self) -> RunRecord | None:
        """What is measured until now; of a job None before its first epochs, of a log never."""


def are_over(jobs: Iterable[Followed]) -> bool:
    """Whether none trains or waits any more."""
    return all(job.progress.state.is_over for job in jobs)
