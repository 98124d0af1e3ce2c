"""The Lab without workers: jobs that are whatever a test wants them to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, Progress, SchedulerError
from vgdemo.record import RunRecord
from vgdemo.ui import runs

APP = str(Path(__file__).resolve().parents[2] / "app.py")


@dataclass
class StandInJob:
    config: RunConfig
    progress: Progress
    record: RunRecord | None = None
    released: bool = False
    is_interactive: bool = True
    version: int = 0

    @property
    def run_key(self) -> str:
        return self.config.run_key

    def release(self) -> None:
        self.released = True

    def stop(self) -> None:
        self.progress = replace(self.progress, state=JobState.STOPPED)
        self.version += 1


@dataclass
class StandInJobs:
    """What `submit` gives can be set; `error` is raised instead of it, once for each time that it is set."""

    state: JobState = JobState.DONE
    details: dict[str, Any] = field(default_factory=dict)
    record: Callable[[RunConfig], RunRecord | None] = RunRecord.empty
    error: SchedulerError | None = None
    submitted: list[StandInJob] = field(default_factory=list)

    def check(self) -> None:
        if self.error is not None:
            raise self.error

    def submit(self, config: RunConfig, *, interactive: bool = True) -> StandInJob:
        self.check()
        progress = Progress(state=self.state, epochs=config.epochs, **{"epoch": 0, **self.details})
        job = StandInJob(config, progress, self.record(config), is_interactive=interactive)
        self.submitted.append(job)
        return job

    def close(self) -> None:
        """The next connection works."""
        self.error = None


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> StandInJobs:
    """What the Lab talks to in place of the cluster."""
    stand_in = StandInJobs()

    def open_jobs() -> StandInJobs:
        return stand_in

    open_jobs.clear = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setattr(runs, "open_jobs", open_jobs)
    runs.stored_runs.clear()  # Another test had another store.
    monkeypatch.setattr(runs, "has_no_runs", lambda: False)
    return stand_in


@pytest.fixture
def lab(jobs: StandInJobs) -> Callable[..., AppTest]:
    """Opens the Lab with query parameters."""

    def visit(**query: str) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=30)
        page.query_params.update(query)
        return page.run()

    return visit
