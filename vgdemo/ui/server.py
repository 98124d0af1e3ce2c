"""What the web server does besides running pages: it serves plotly.js, and prepares the process once."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from threading import Thread

import streamlit as st
import uvicorn
from streamlit import runtime
from streamlit.runtime import app_session, media_file_manager
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileMetadata
from streamlit.runtime.media_file_storage import MediaFileKind

from vgdemo.memory import trim
from vgdemo.nursery import close_nursery, end_in_order
from vgdemo.record import give_memory_back
from vgdemo.store import StoreError
from vgdemo.ui import plotly_js
from vgdemo.ui.headers import GUARDING
from vgdemo.ui.leaving import keep_to_the_next_page
from vgdemo.ui.lighter import make_lighter
from vgdemo.ui.logs import log_folder
from vgdemo.ui.messages import SCREENING, bear_forgeries
from vgdemo.ui.runs import jobs_are_open, open_jobs, release_all_but
from vgdemo.ui.turns import draw_in_turns
from vgdemo.ui.visitor import NAMING

COLLECTION_SECONDS = 60
FETCH_SECONDS = 60  # What a browser has to fetch a file that was made on its click.
LEAVING_SECONDS = 1  # What a browser has, once the server ends, to take the rest of an answer.
CLOSING_SECONDS = 2  # Then the server leaves, though a cluster or a store does not answer.
M_ARENA_MAX = -8  # The GNU C library's name for the number of its heaps.
ROUTES = [plotly_js.ROUTE]
MIDDLEWARE = [plotly_js.PRELOAD, NAMING, GUARDING, SCREENING]


class LastingFile(MediaFileMetadata):
    """What Streamlit knows of a file, which it removes no sooner than a browser had the time to fetch it.

    A file that is made on a click belongs to no session. Streamlit marks it at the end of anybody's next rerun and
    removes it at the end of the one after, which while others train is before the browser has asked for it.
    """

    def __init__(self, kind: MediaFileKind = MediaFileKind.MEDIA) -> None:
        super().__init__(kind)
        self._lasts_until = time.monotonic() + FETCH_SECONDS

    def mark_for_delete(self) -> None:
        """Let the file be removed, if its time is over."""
        if time.monotonic() >= self._lasts_until:
            super().mark_for_delete()


class WholeQueue(ForwardMsgQueue):
    """What a visit's browser is to be sent, of which nothing is left out when a part of the page is drawn again.

    Streamlit drops what it has not sent yet of that part, but tells the browser all the same that the page before is
    complete. The browser then takes the part away until it comes anew: figures blink, fields lose the keyboard, and who
    listens hears nothing.
    """

    def clear(self, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None) -> None:
        """Begin another run: of a part of the page behind what waits, else in its place."""
        if fragment_ids_this_run is None:
            super().clear(retain_lifecycle_msgs)
        else:
            self._delta_index_map = {}  # What comes next must not be sent in the place of what waits.


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Start the workers before the first visitor comes, and keep garbage collection out of the reruns.

    Who watches logs most likely trains on this machine, which needs its memory: there workers wait for the first run.

    What the imports made stays for good, so the collector need not look at it; what the sessions leave is collected now
    and then, not after every rerun (`runner.postScriptGC` is off).
    """
    end_in_order()
    _wait_for_no_browser()
    _share_a_heap()
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("vgdemo").setLevel(logging.INFO)
    if log_folder() is None:
        with suppress(StoreError):  # The page says it, and how to try again.
            open_jobs()
    give_memory_back()
    media_file_manager.MediaFileMetadata = LastingFile  # type: ignore[misc]
    app_session.ForwardMsgQueue = WholeQueue  # type: ignore[attr-defined]
    make_lighter(asyncio.get_running_loop())
    draw_in_turns()
    keep_to_the_next_page()
    bear_forgeries()
    gc.collect()
    gc.freeze()
    collector = asyncio.create_task(_collect_now_and_then())
    yield
    collector.cancel()
    if log_folder() is None or jobs_are_open():
        _close_jobs()
    close_nursery()


def _wait_for_no_browser() -> None:
    """Have the server end although somebody, of bad will or asleep, does not take what is being sent."""
    handler = signal.getsignal(signal.SIGTERM)
    if isinstance(ending := getattr(handler, "__self__", None), uvicorn.Server):
        ending.config.timeout_graceful_shutdown = LEAVING_SECONDS


def _close_jobs() -> None:
    """Leave the cluster, for so long; one that is still starting ends with this process."""
    with suppress(StoreError):
        jobs = open_jobs()
        if jobs.are_connected:
            closing = Thread(target=jobs.close, name="vgdemo-closing", daemon=True)
            closing.start()
            closing.join(CLOSING_SECONDS)


def _share_a_heap() -> None:
    """Have threads share heaps, where the C library gives many of them one of their own: each keeps gaps of its own."""
    with suppress(AttributeError):  # Not every Linux has the GNU one.
        if sys.platform == "linux":
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


async def _collect_now_and_then() -> None:
    while True:
        await asyncio.sleep(COLLECTION_SECONDS)
        _forget_who_left()
        gc.collect()
        trim()


def _forget_who_left() -> None:
    """Let go of visits to which nobody has come back in time, and of what they wanted trained.

    Streamlit does so only when another visit ends.
    """
    if runtime.exists():
        visits = runtime.get_instance()._session_mgr
        visits._session_storage._cache.expire()  # type: ignore[attr-defined]
        release_all_but({visit.session.id for visit in visits.list_sessions()})
