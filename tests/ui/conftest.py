"""The Lab without workers: jobs that are whatever a test wants them to be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import JobState, Progress, SchedulerError, SharedRuns, Trial, TrialState
from vgdemo.links import run_query, to_query
from vgdemo.presets import DEEP_RELU, DEEP_TANH
from vgdemo.record import RunRecord
from vgdemo.ui import board, runs

APP = str(Path(__file__).resolve().parents[2] / "app.py")


def control(page: AppTest, key: str) -> Any:
    """The widget of this key that holds a value."""
    kinds = (page.selectbox, page.slider, page.number_input, page.toggle)
    return next(widget for kind in kinds for widget in kind if widget.key == key)


def button(page: AppTest, label: str) -> Any:
    return next(one for one in page.button if one.label == label)


def forged(page: AppTest, label: str) -> AppTest:
    """A click that no browser makes, because the button is disabled, but anybody can send: Streamlit ignores it."""
    clicked = button(page, label)
    assert clicked.disabled
    clicked.proto.disabled = False
    return clicked.click().run()  # type: ignore[no-any-return]


def query(page: AppTest) -> dict[str, str]:
    """The address; AppTest keeps each parameter as a list."""
    return {name: value[0] if isinstance(value, list) else value for name, value in page.query_params.items()}


@dataclass
class StandInJob:
    config: RunConfig
    progress: Progress
    record: RunRecord | None = None
    released: bool = False
    is_interactive: bool = True
    version: int = 0
    seconds: float | None = None
    visitor: str = ""
    waited_for: set[str] = field(default_factory=set)

    @property
    def run_key(self) -> str:
        return self.config.run_key

    def wait_for_curve(self, seconds: float) -> bool:
        self.waited_for.add("curve")
        return True

    def wait_for_end(self, seconds: float) -> bool:
        self.waited_for.add("end")
        return True

    def release(self) -> None:
        self.released = True

    def stop(self) -> None:
        self.progress = replace(self.progress, state=JobState.STOPPED)
        self.version += 1


@dataclass
class StandInTrials:
    """Trials of which is known what a test sets, by the run's key; off unless it turns them on."""

    is_on: bool = False
    found: dict[str, Trial] = field(default_factory=dict)
    looked: list[RunConfig] = field(default_factory=list)

    def look(self, configs: Sequence[RunConfig]) -> list[Trial]:
        self.looked = [*configs]
        return [self.found.get(config.run_key, Trial(TrialState.WAITING)) for config in configs]


@dataclass
class StandInJobs:
    """What `submit` gives can be set; `error` is raised instead of it, until it connects anew."""

    state: JobState = JobState.DONE
    details: dict[str, Any] = field(default_factory=dict)
    record: Callable[[RunConfig], RunRecord | None] = RunRecord.empty
    error: SchedulerError | None = None
    submitted: list[StandInJob] = field(default_factory=list)
    times_connected: int = 0
    num_workers: int = 2
    preferred: list[str] = field(default_factory=list)
    trials: StandInTrials = field(default_factory=StandInTrials)

    def __post_init__(self) -> None:
        self.shared = SharedRuns(self)  # type: ignore[arg-type]

    def prefer(self, run_keys: Collection[str]) -> None:
        self.preferred = [*run_keys]

    def progress(self, run_key: str) -> None:
        """Nobody asks for a run but by a job of a test."""

    def check(self) -> None:
        if self.error is not None:
            raise self.error

    def submit(self, config: RunConfig, *, interactive: bool = True, visitor: str = "") -> StandInJob:
        self.check()
        progress = Progress(state=self.state, epochs=config.epochs, **{"epoch": 0, **self.details})
        job = StandInJob(config, progress, self.record(config), is_interactive=interactive, visitor=visitor)
        self.submitted.append(job)
        return job

    def connect_anew(self) -> None:
        """The next connection works."""
        self.error = None
        self.times_connected += 1


@pytest.fixture(autouse=True, scope="session")
def installed_components() -> Iterator[None]:
    """Streamlit looks through all installed packages for components at each run of a page; they stay the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True, scope="session")
def keras_left_alone() -> Iterator[None]:
    """Where Keras is imported, as other tests do, Streamlit has it collect all garbage after each run of a page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def errors_in_full() -> Iterator[None]:
    """Visitors are told nothing of an error in the program; tests are."""
    before = st.get_option("client.showErrorDetails")
    config.set_option("client.showErrorDetails", "full")
    yield
    config.set_option("client.showErrorDetails", before)


@pytest.fixture(autouse=True)
def forgetful() -> None:
    """What was made for one test is not shown in another: records that are made by hand may share their run's key."""
    st.cache_resource.clear()
    board._drawn.cache_clear()


@pytest.fixture
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that anybody may visit."""
    monkeypatch.delenv("VGDEMO_TRUST_VISITORS")


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> StandInJobs:
    """What the Lab talks to in place of the cluster."""
    stand_in = StandInJobs()

    monkeypatch.setattr(runs, "open_jobs", lambda: stand_in)
    runs.look_again()  # Another test had another store.
    return stand_in


class StandInStore(dict[str, Any]):
    """What a store holds, by the runs' keys."""

    def add(self, key: str) -> None:
        self[key] = None

    def look_up_all(self, keys: Iterable[str]) -> dict[str, Any]:
        return {key: self[key] for key in keys if key in self}


@pytest.fixture
def stored_keys(monkeypatch: pytest.MonkeyPatch, jobs: StandInJobs) -> StandInStore:
    """The keys of the runs that the store holds."""
    keys = StandInStore()
    monkeypatch.setattr(runs, "open_store", lambda: keys)
    return keys


@pytest.fixture
def lab(jobs: StandInJobs) -> Callable[..., AppTest]:
    """Opens the Lab with query parameters; without any on the default run, whose address is not the bare one."""

    def visit(**query: str) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=30)
        page.query_params.update(query or run_query(RunConfig()))
        return page.run()

    return visit


@pytest.fixture
def compare(lab: Callable[..., AppTest], jobs: StandInJobs) -> Callable[..., AppTest]:
    """Opens Compare with query parameters, from a Lab that nobody has used yet; without any on two deep networks."""

    def visit(**query: str) -> AppTest:
        page = lab()
        jobs.submitted.clear()
        page.switch_page("pages/1_Compare.py")
        page.query_params.clear()
        page.query_params.update(query or to_query((DEEP_TANH, DEEP_RELU)))
        return page.run()

    return visit


@pytest.fixture
def your_model(lab: Callable[..., AppTest]) -> Callable[..., AppTest]:
    """Opens Your model with query parameters, from a Lab that nobody has used yet."""

    def visit(**asked: str) -> AppTest:
        page = lab()
        page.switch_page("pages/5_Your_model.py")
        page.query_params.clear()
        page.query_params.update(asked)
        return page.run()

    return visit


def run_apart(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives, in a thread of its own: the browser that other tests share has this thread's loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, coroutine).result()


def answered(
    path: str,
    routes: Sequence[Route],
    middleware: Sequence[Middleware],
    *,
    method: str = "GET",
    headers: dict[str, str],
    scheme: str = "http",
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that a server with these routes gives."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        """The browser stays."""
        return await asyncio.Future()  # type: ignore[no-any-return]

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": scheme,
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    run_apart(Starlette(routes=routes, middleware=middleware)(scope, receive, send))  # type: ignore[arg-type]
    got = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], got, b"".join(message.get("body", b"") for message in sent[1:])
