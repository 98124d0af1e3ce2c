"""What every answer of the server tells the browser."""

from __future__ import annotations

import pytest
from starlette.responses import HTMLResponse
from starlette.routing import Route

from vgdemo.ui import server
from vgdemo.ui.headers import GUARDING

from .conftest import answered


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nothing", 404)])
def test_no_image_and_no_script_comes_from_elsewhere_whatever_the_answer(path: str, status: int) -> None:
    found, headers, _ = answered(path, [Route("/", lambda _: HTMLResponse("<p>"))], [GUARDING], headers={})
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert found == status and headers["content-type"].startswith("text/")
    assert policy["img-src"] == "'self' data: blob:" and "http" not in policy["script-src"]
    assert headers["x-content-type-options"] == "nosniff"


def test_the_server_has_them_and_screens_messages() -> None:
    assert GUARDING in server.MIDDLEWARE and server.SCREENING in server.MIDDLEWARE
