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
from starlette.types import Scope

from vgdemo.figures.bundle import bundled
from vgdemo.ui.headers import Heading, is_page

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


def _preload(_: Scope, headers: MutableHeaders) -> None:
    """Have the browser fetch plotly.js along with a page, not when the first figure has come."""
    if is_page(headers):
        headers["Link"] = f"<{plotly_url()}>; rel=preload; as=script; fetchpriority=low"


ROUTE = Route("/{base:path}" + PATH, _plotly_js)  # Streamlit leaves the base path of a server to its routes.
PRELOAD = Middleware(Heading, change=_preload)
