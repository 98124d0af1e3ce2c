"""What every answer of the server tells the browser."""

from __future__ import annotations

from typing import Any

from vgdemo.ui import server
from vgdemo.ui.headers import GUARDING, Guarding

from .conftest import run_apart


def answered(status: int) -> dict[str, str]:
    """The headers of an answer of an application that has one of its own."""
    sent: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/html")]})

    async def send(message: Any) -> None:
        sent.append(message)

    run_apart(Guarding(application)({"type": "http"}, None, send))  # type: ignore[arg-type]
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_no_image_and_no_script_comes_from_elsewhere_whatever_the_answer() -> None:
    for status in (200, 404):
        headers = answered(status)
        policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
        assert policy["img-src"] == "'self' data: blob:" and "http" not in policy["script-src"]
        assert headers["x-content-type-options"] == "nosniff" and headers["content-type"] == "text/html"


def test_the_server_has_them_and_screens_messages() -> None:
    assert GUARDING in server.MIDDLEWARE and server.SCREENING in server.MIDDLEWARE
