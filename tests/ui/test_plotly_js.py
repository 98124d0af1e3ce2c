"""plotly.js as the web server gives it to a browser."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import plotly
import pytest
import streamlit as st
from playwright.sync_api import Browser
from plotly.offline import get_plotlyjs
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from vgdemo.ui.plotly_js import PRELOAD, ROUTE, plotly_script, plotly_url

from .conftest import answered

WEEK = 7 * 24 * 60 * 60


def answer(
    path: str, method: str = "GET", encoding: str = "identity", routes: Sequence[Route] = (ROUTE,)
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that a server with these routes gives."""
    return answered(path, routes, [PRELOAD], method=method, headers={"accept-encoding": encoding})


def test_the_installed_library_is_served_whole_as_a_script_that_may_be_kept_for_a_week() -> None:
    status, headers, body = answer(urlsplit(plotly_url()).path)
    assert status == 200
    assert body.decode() == get_plotlyjs()
    assert headers["content-type"].startswith("text/javascript")
    assert {part.strip() for part in headers["cache-control"].split(",")} == {"public", f"max-age={WEEK}"}


def test_a_browser_that_can_unpack_it_gets_it_compressed_which_happens_once(monkeypatch: pytest.MonkeyPatch) -> None:
    path = urlsplit(plotly_url()).path
    status, headers, body = answer(path, encoding="gzip, deflate, br")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert int(headers["content-length"]) == len(body) < len(get_plotlyjs()) / 3
    assert gzip.decompress(body).decode() == get_plotlyjs()
    monkeypatch.setattr(gzip, "compress", None)
    assert answer(path, encoding="gzip")[2] == body


def test_each_page_and_nothing_else_says_that_it_is_needed() -> None:
    pages = [Route("/page", lambda _: HTMLResponse("<p>")), Route("/file", lambda _: PlainTextResponse("<p>"))]
    headers = {path: answer(path, routes=pages)[1] for path in ("/page", "/file")}
    assert headers["/page"]["link"] == f"<{plotly_url()}>; rel=preload; as=script; fetchpriority=low"
    assert "link" not in headers["/file"]


def test_a_script_loads_it_once_for_all(browser: Browser) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.route("**/*", lambda route: route.fulfill(body="globalThis.Plotly = 7", content_type="text/javascript"))
    page.route("http://page/", lambda route: route.fulfill(body=2 * plotly_script(), content_type="text/html"))
    page.goto("http://page/")
    assert page.evaluate("vgdemoPlotly") == 7
    assert asked == ["/", urlsplit(plotly_url()).path]
    page.close()


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
