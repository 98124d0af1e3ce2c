"""Turns in which pages are drawn, since threads that draw at once share one interpreter and all end late.

A hundred people click now and then at the same moment. Were all their pages begun, each would be ready when nearly all
are, and the thread that sends them, one of a hundred that want the interpreter, would hardly come to it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, local
from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from vgdemo.ui.leaving import comes_late

LONGEST_SECONDS = 0.25  # Of a turn: others do not wait for who waits for a store, or has much to draw.


class Turns:
    """One thread after the other, in the order in which they come; whose turn lasts too long goes on beside the next.

    Args:
        longest: Seconds after which the next one begins anyway.
    """

    def __init__(self, longest: float = LONGEST_SECONDS) -> None:
        self._longest = longest
        self._guard = Lock()
        self._waiting: deque[Event] = deque()
        self._begun: Event | None = None  # Of the thread whose turn it is; set, since it waits no more.
        self._ends = 0.0
        self._own = local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and give it to the next one at the end."""
        self._take()
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def others_first(self) -> Iterator[None]:
        """Within a turn: let others have theirs while this thread waits for something, then wait for another one."""
        has_turn = getattr(self._own, "begun", None) is not None
        if has_turn:
            self._give()
        try:
            yield
        finally:
            if has_turn:
                self._take()

    def _take(self) -> None:
        self._own.begun = begun = Event()
        with self._guard:
            self._waiting.append(begun)
            if self._begun is None:
                self._next()
        while not begun.wait(max(self._ends - time.monotonic(), 0.001)):
            with self._guard:
                if time.monotonic() >= self._ends:
                    self._next()

    def _give(self) -> None:
        with self._guard:
            if self._begun is self._own.begun:
                self._next()
        self._own.begun = None

    def _next(self) -> None:
        self._begun = self._waiting.popleft() if self._waiting else None
        self._ends = time.monotonic() + self._longest
        if self._begun is not None:
            self._begun.set()


_TURNS = Turns()
_draw: Any = ScriptRunner._run_script
others_first = _TURNS.others_first


def draw_in_turns() -> None:
    """Have Streamlit draw pages, and parts of them, one after the other; none of a page that was left."""
    ScriptRunner._run_script = _in_turn  # type: ignore[method-assign, assignment]


def _in_turn(runner: ScriptRunner, asked: RerunData) -> None:
    if comes_late(runner, asked):
        return
    with _TURNS.turn():
        _draw(runner, asked)
