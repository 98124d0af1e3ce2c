"""What the web server does besides running pages: it serves plotly.js, and prepares the process once."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import streamlit as st

from vgdemo.store import StoreError
from vgdemo.ui import plotly_js
from vgdemo.ui.runs import open_jobs

COLLECTION_SECONDS = 60
ROUTES = [plotly_js.ROUTE]


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Start the workers before the first visitor comes, and keep garbage collection out of the reruns.

    What the imports made stays for good, so the collector need not look at it; what the sessions leave is collected now
    and then, not after every rerun (`runner.postScriptGC` is off).
    """
    with suppress(StoreError):  # The page says it, and how to try again.
        open_jobs()
    gc.collect()
    gc.freeze()
    collector = asyncio.create_task(_collect_now_and_then())
    yield
    collector.cancel()
    with suppress(StoreError):
        open_jobs().close()


async def _collect_now_and_then() -> None:
    while True:
        await asyncio.sleep(COLLECTION_SECONDS)
        gc.collect()
