"""plotly.js, served beside the pages from the installed package."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

PATH = "vgdemo/plotly.js"
VERSION = version("plotly")


def plotly_url() -> str:
    """Where the browser finds plotly.js; another version has another address, so an old copy is never used."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base + '/' if base else ''}{PATH}?v={VERSION}"


async def _plotly_js(_: Request) -> Response:
    path = files("plotly") / "package_data" / "plotly.min.js"
    return FileResponse(str(path), media_type="text/javascript", headers={"Cache-Control": "public, max-age=604800"})


ROUTE = Route("/{base:path}" + PATH, _plotly_js)  # Streamlit leaves the base path of a server to its routes.
