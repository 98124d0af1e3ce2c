"""What the web server does before the first visit and after the last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from vgdemo.store import StoreError
from vgdemo.ui import plotly_js, server

from .conftest import run_apart


@dataclass
class Events:
    """What happened, in order."""

    happened: list[str] = field(default_factory=list)
    is_store_there: bool = True

    def open_jobs(self) -> Events:
        if not self.is_store_there:
            raise StoreError("Expected a store. Received: none.")
        self.happened.append("open")
        return self

    def close(self) -> None:
        self.happened.append("close")

    def collect(self) -> None:
        self.happened.append("collect")

    def freeze(self) -> None:
        self.happened.append("freeze")


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """In place of the queue and of the garbage collector."""
    events = Events()
    monkeypatch.setattr(server, "open_jobs", events.open_jobs)
    monkeypatch.setattr(server, "gc", events)
    return events


def serve(events: Events, meanwhile: Callable[[], None] = lambda: None, seconds: float = 0) -> int:
    """A server's life; how many tasks it leaves behind."""

    async def live() -> int:
        async with server.lifespan(None):  # type: ignore[arg-type]
            events.happened.append("serve")
            meanwhile()
            await asyncio.sleep(seconds)
        await asyncio.sleep(0)  # A task that is cancelled ends at its next turn.
        return len(asyncio.all_tasks()) - 1

    return run_apart(live())


def test_workers_start_before_the_first_visit_and_end_with_the_server(events: Events) -> None:
    assert serve(events) == 0
    assert [event for event in events.happened if event in ("open", "serve")] == ["open", "serve", "open"]
    assert events.happened[-1] == "close"


def test_what_the_imports_made_is_collected_no_more(events: Events) -> None:
    serve(events)
    before = events.happened[: events.happened.index("serve")]
    assert before[-2:] == ["collect", "freeze"]


def test_what_visits_leave_is_collected_now_and_then_until_the_end(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "COLLECTION_SECONDS", 0.001)
    assert serve(events, seconds=0.2) == 0
    served = events.happened[events.happened.index("serve") :]
    assert served.count("collect") >= 2
    assert "freeze" not in served


def test_a_store_that_cannot_be_used_does_not_keep_the_server_from_starting_and_ending(events: Events) -> None:
    events.is_store_there = False
    assert serve(events) == 0
    assert events.happened == ["collect", "freeze", "serve"]


def test_a_store_that_is_lost_meanwhile_does_not_keep_the_server_from_ending(events: Events) -> None:
    def lose() -> None:
        events.is_store_there = False

    assert serve(events, lose) == 0
    assert "close" not in events.happened


def test_the_server_has_plotly_js() -> None:
    assert plotly_js.ROUTE in server.ROUTES
