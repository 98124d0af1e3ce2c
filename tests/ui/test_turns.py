"""Pages are drawn one after the other, and none waits for one that takes long."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, Event, Thread

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from vgdemo.ui import turns
from vgdemo.ui.turns import Turns, draw_in_turns

AGES, A_MOMENT = 60.0, 0.05
MANY = 20


def beside(does: Callable[[], None]) -> Thread:
    thread = Thread(target=does, daemon=True)
    thread.start()
    return thread


def test_one_after_the_other_in_the_order_of_coming() -> None:
    in_turn, said = Turns(AGES), list[str]()

    def draw(name: str) -> None:
        with in_turn.turn():
            said.append(f"{name} begins")
            time.sleep(A_MOMENT / 10)
            said.append(f"{name} ends")

    def draw_as(name: str) -> Callable[[], None]:
        return lambda: draw(name)

    with in_turn.turn():
        threads = []
        for place in range(MANY):
            threads.append(beside(draw_as(str(place))))
            time.sleep(A_MOMENT / 10)
        assert said == []
    for thread in threads:
        thread.join(AGES)
    assert said == [f"{place} {what}" for place in range(MANY) for what in ("begins", "ends")]


def test_who_fails_gives_the_turn_to_the_next() -> None:
    in_turn, has_begun = Turns(AGES), Event()

    def draw() -> None:
        with in_turn.turn():
            has_begun.set()

    with suppress(KeyError), in_turn.turn():
        raise KeyError
    beside(draw)
    assert has_begun.wait(AGES / 2)


def test_nobody_waits_for_who_takes_long_but_those_who_do_still_take_turns() -> None:
    in_turn, stuck, at_once = Turns(A_MOMENT), Event(), list[int]()
    drawing = 0

    def take_long() -> None:
        with in_turn.turn():
            stuck.wait(AGES)

    def draw() -> None:
        nonlocal drawing
        with in_turn.turn():
            drawing += 1
            at_once.append(drawing)
            time.sleep(A_MOMENT / 25)
            drawing -= 1

    slow = beside(take_long)
    time.sleep(A_MOMENT / 10)
    began = time.monotonic()
    threads = [beside(draw) for _ in range(MANY)]
    for thread in threads:
        thread.join(AGES / 2)
    assert len(at_once) == MANY and time.monotonic() - began < AGES / 2
    assert at_once.count(1) > MANY / 2, "on a busy machine one of them may take long too"
    stuck.set()
    slow.join(AGES)
    with in_turn.turn():  # What the late one gave back was no more its own.
        pass


def test_others_draw_while_one_waits_for_what_is_to_come() -> None:
    in_turn, both = Turns(AGES), Barrier(2)
    said = list[str]()

    def draw() -> None:
        with in_turn.turn():
            both.wait(AGES / 2)
            said.append("the other")

    other: list[Thread] = []
    with in_turn.turn():
        with in_turn.others_first():
            other.append(beside(draw))
            both.wait(AGES / 2)
        said.append("this one")
    other[0].join(AGES)
    assert said == ["the other", "this one"]


def test_who_has_no_turn_waits_for_none() -> None:
    in_turn = Turns(AGES)
    with in_turn.others_first():
        pass
    with in_turn.turn():
        pass


def test_streamlits_pages_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing, most = 0, 0

    def draw(_: ScriptRunner, asked: object) -> None:
        nonlocal drawing, most
        drawing += 1
        most = max(most, drawing)
        time.sleep(A_MOMENT / 10)
        drawing -= 1

    monkeypatch.setattr(turns, "_draw", draw)
    monkeypatch.setattr(ScriptRunner, "_run_script", None)  # It is put back after the test.
    draw_in_turns()
    draw_in_turns()  # A process may serve twice.
    monkeypatch.setattr(turns, "_TURNS", Turns(AGES))  # Whoever took a turn within one's own would wait for ages.
    runner = ScriptRunner.__new__(ScriptRunner)
    threads = [beside(lambda: runner._run_script(RerunData())) for _ in range(MANY)]
    for thread in threads:
        thread.join(AGES)
    assert most == 1
