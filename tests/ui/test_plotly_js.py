"""plotly.js as the web server gives it to a browser."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import plotly
import pytest
import streamlit as st
from plotly.offline import get_plotlyjs
from starlette.applications import Starlette

from vgdemo.ui.plotly_js import ROUTE, plotly_url

from .conftest import run_apart

WEEK = 7 * 24 * 60 * 60


def answer(path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that a server with this one route gives."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        """The browser stays."""
        return await asyncio.Future()  # type: ignore[no-any-return]

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [],
    }
    run_apart(Starlette(routes=[ROUTE])(scope, receive, send))  # type: ignore[arg-type]
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def test_the_installed_library_is_served_whole_as_a_script_that_may_be_kept_for_a_week() -> None:
    status, headers, body = answer(urlsplit(plotly_url()).path)
    assert status == 200
    assert body.decode() == get_plotlyjs()
    assert headers["content-type"].startswith("text/javascript")
    assert {part.strip() for part in headers["cache-control"].split(",")} == {"public", f"max-age={WEEK}"}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_it_can_only_be_read(method: str) -> None:
    assert answer(urlsplit(plotly_url()).path, method)[0] == 405


def test_another_version_has_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_qs(urlsplit(plotly_url()).query) == {"v": [plotly.__version__]}
    before = plotly_url()
    monkeypatch.setattr("vgdemo.ui.plotly_js.VERSION", "0.1")
    assert plotly_url() != before


@pytest.mark.parametrize(
    ("base", "beginning"), [("", "/vgdemo/"), ("/", "/vgdemo/"), ("lab", "/lab/vgdemo/"), ("/a/b/", "/a/b/vgdemo/")]
)
def test_a_server_below_a_path_has_it_below_that_path(
    base: str, beginning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": base}.get)
    assert plotly_url().startswith(beginning)
    assert answer(urlsplit(plotly_url()).path)[0] == 200
