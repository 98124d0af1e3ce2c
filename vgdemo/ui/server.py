"""What the web server does besides running pages: it serves plotly.js, and prepares the process once."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from importlib.resources import files

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from vgdemo.store import StoreError
from vgdemo.ui.runs import open_jobs

PLOTLY_PATH = "/vgdemo/plotly.js"
COLLECTION_SECONDS = 60


def plotly_url() -> str:
    """Where the browser finds plotly.js; another version has another address, so an old copy is never used."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"{'/' + base if base else ''}{PLOTLY_PATH}?v={version('plotly')}"


async def _plotly_js(_: Request) -> Response:
    path = files("plotly") / "package_data" / "plotly.min.js"
    return FileResponse(str(path), media_type="text/javascript", headers={"Cache-Control": "public, max-age=604800"})


ROUTES = [Route(PLOTLY_PATH, _plotly_js)]


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
