"""What the server does in place of Streamlit: the same, with less work."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from streamlit.runtime.state import SafeSessionState, SessionState

from vgdemo.ui import lighter
from vgdemo.ui.lighter import RareWaking, StateByKey, make_lighter

COUNT = 2000


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def handed_over(loop: asyncio.AbstractEventLoop, numbers: int, pause: float = 0) -> tuple[list[int], int]:
    """What another thread hands to a loop, as it arrives, and how often the loop was woken for it."""
    arrived: list[int] = []
    times_woken = 0
    wake = loop.call_soon_threadsafe

    def counted(callback: Callable[..., object], *args: object) -> asyncio.Handle:
        nonlocal times_woken
        times_woken += 1
        return wake(callback, *args)

    loop.call_soon_threadsafe = counted  # type: ignore[method-assign, assignment]
    hand_over = RareWaking(loop).call_soon

    running = threading.Thread(target=loop.run_forever)
    running.start()
    for number in range(numbers):
        hand_over(arrived.append, number)
        time.sleep(pause)
    hand_over(loop.stop)
    running.join(30)
    return arrived, times_woken


def test_all_that_a_thread_hands_over_arrives_in_order_and_wakes_the_loop_rarely(
    loop: asyncio.AbstractEventLoop,
) -> None:
    began = time.monotonic()
    arrived, times_woken = handed_over(loop, COUNT)
    assert arrived == [*range(COUNT)]
    assert times_woken <= 2 + (time.monotonic() - began) / lighter.REST_SECONDS


def test_what_comes_after_a_pause_wakes_the_loop_again(loop: asyncio.AbstractEventLoop) -> None:
    assert handed_over(loop, 5, pause=0.3) == ([*range(5)], 6)


def test_what_comes_late_in_a_rest_does_not_wait_for_another_waking(loop: asyncio.AbstractEventLoop) -> None:
    assert handed_over(loop, 200, pause=lighter.REST_SECONDS / 5)[0] == [*range(200)]
    assert not loop.is_running(), "the order to stop was lost"


def test_a_widget_finds_in_the_state_what_it_would_find_in_a_copy(
    monkeypatch: pytest.MonkeyPatch, loop: asyncio.AbstractEventLoop
) -> None:
    monkeypatch.setattr(SafeSessionState, "filtered_state", SafeSessionState.filtered_state)
    state = SafeSessionState(SessionState(), lambda: None)
    state["units"], state["seed"] = 5, None
    whole = state.filtered_state
    make_lighter(loop)
    assert isinstance(state.filtered_state, StateByKey)
    assert dict(state.filtered_state) == whole == {"units": 5, "seed": None}
    assert "seed" in state.filtered_state and "epochs" not in state.filtered_state
    assert len(state.filtered_state) == 2


def test_a_loop_that_is_not_pythons_own_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SafeSessionState, "filtered_state", SafeSessionState.filtered_state)

    class Other(asyncio.AbstractEventLoop):
        pass

    loop = Other()
    make_lighter(loop)
    assert "call_soon_threadsafe" not in vars(loop)
