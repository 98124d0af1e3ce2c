"""plotly.js, served beside the pages from the installed package."""

from __future__ import annotations

import asyncio
import gzip
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vgdemo.figures.bundle import bundled

PATH = "vgdemo/plotly.js"
VERSION = version("plotly")

_LOADER = bundled(Path(__file__).with_name("library.js"))
_FILE = files("plotly") / "package_data" / "plotly.min.js"


def base_path() -> str:
    """The path below which the dashboard is served, with a slash at both ends."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}/" if base else "/"


def plotly_url() -> str:
    """Where the browser finds plotly.js; another version has another address, so an old copy is never used."""
    return f"{base_path()}{PATH}?v={VERSION}"


def plotly_script() -> str:
    """A script that loads plotly.js while the server is still at work at the page: a browser takes most of a second."""
    return f'<script type="module">{_LOADER}plotlyOf("{plotly_url()}")</script>'


async def _plotly_js(request: Request) -> Response:
    headers = {"Cache-Control": "public, max-age=604800", "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return FileResponse(str(_FILE), media_type="text/javascript", headers=headers)
    content = await asyncio.to_thread(_compressed)
    return Response(content, media_type="text/javascript", headers=headers | {"Content-Encoding": "gzip"})


@cache
def _compressed() -> bytes:
    """Once for all browsers: the server would compress it for each, a third of a second in which nobody is answered."""
    return gzip.compress(_FILE.read_bytes(), mtime=0)


class Preloading:
    """Has the browser fetch plotly.js along with a page, not when the first figure has come.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, in the head of each page with where plotly.js is."""

        async def send_with_link(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("Content-Type", "").startswith("text/html"):
                    headers["Link"] = f"<{plotly_url()}>; rel=preload; as=script; fetchpriority=low"
            await send(message)

        await self._app(scope, receive, send_with_link)


ROUTE = Route("/{base:path}" + PATH, _plotly_js)  # Streamlit leaves the base path of a server to its routes.
PRELOAD = Middleware(Preloading)
