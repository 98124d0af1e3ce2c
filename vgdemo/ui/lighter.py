"""What the web process does in place of Streamlit, whose own way costs each rerun of a page several milliseconds."""

from __future__ import annotations

from asyncio import AbstractEventLoop, BaseEventLoop, Handle
from collections.abc import Callable, Iterator, Mapping
from contextvars import Context
from typing import Any

from streamlit.runtime.state import SafeSessionState

_whole: Any = SafeSessionState.filtered_state  # A property, which this process uses no more.

REST_SECONDS = 0.005  # Streamlit itself looks for what is to be sent a hundred times a second.


class StateByKey(Mapping[str, Any]):
    """A visit's state, of which each key is looked up alone.

    Every widget asks for its own key in a copy of the whole state, which makes thirty copies at each rerun.

    Args:
        state: The state as Streamlit guards it.
    """

    def __init__(self, state: SafeSessionState) -> None:
        self._state = state

    def __getitem__(self, key: str) -> Any:
        """What a person's choice is, or a page has noted."""
        return self._state[key]

    def __iter__(self) -> Iterator[str]:
        """All keys, which takes the whole."""
        return iter(_whole.fget(self._state))

    def __len__(self) -> int:
        """How many there are."""
        return len(_whole.fget(self._state))


class RareWaking:
    """Wakes an event loop at most once in a while, whatever other threads hand to it: it finds all at once.

    The thread that runs a page hands over each of its hundred elements alone. Both threads then wait for each other a
    hundred times.

    Args:
        loop: Whose `call_soon_threadsafe` is to be replaced by `call_soon` of this.
    """

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._wake = loop.call_soon_threadsafe
        self._is_awake = False

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Handle:
        """As the loop's own, for all threads."""
        # It is handed over first: whoever then finds the loop awake knows that it has another look before it sleeps.
        handle = self._loop.call_soon(callback, *args, context=context)
        if not self._is_awake:
            self._is_awake = True
            self._wake(self._loop.call_later, REST_SECONDS, self._sleep)
        return handle

    def _sleep(self) -> None:
        self._is_awake = False


def make_lighter(loop: AbstractEventLoop) -> None:
    """Put both in place of what Streamlit uses.

    Args:
        loop: The server's.
    """
    SafeSessionState.filtered_state = property(StateByKey)  # type: ignore[assignment]
    if isinstance(loop, BaseEventLoop):  # Any other need not bear that another thread hands something over in silence.
        loop.call_soon_threadsafe = RareWaking(loop).call_soon  # type: ignore[method-assign, assignment]
