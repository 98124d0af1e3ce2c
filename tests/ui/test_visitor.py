"""Who visits: how a browser is known, whether it is trusted, and what ends with a visit."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.ui import runs, visitor
from vgdemo.ui.session import SESSION
from vgdemo.ui.visitor import COOKIE, NAMING, are_trusted

from .conftest import StandInJobs, answered

Open = Callable[..., AppTest]


@pytest.mark.parametrize(
    ("told", "trusted"), [(None, False), ("off", False), ("on", True), ("ON", True), ("1", False), ("", False)]
)
def test_only_on_means_trust(told: str | None, trusted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VGDEMO_TRUST_VISITORS")
    if told is not None:
        monkeypatch.setenv("VGDEMO_TRUST_VISITORS", told)
    assert are_trusted() is trusted


@pytest.mark.usefixtures("strangers")
def test_runs_are_asked_for_in_the_name_of_the_browser_or_of_the_visit(
    lab: Open, jobs: StandInJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    ask = jobs.submit

    def submit(config: RunConfig, *, visitor: str = "", **options: Any) -> Any:
        names.append(visitor)
        return ask(config, **options)

    monkeypatch.setattr(jobs, "submit", submit)
    page = lab()
    assert names == [page.session_state[SESSION].visitor]
    for sent, expected in (("0" * 32, "0" * 32), ("", None), ("../../x", None), ("0" * 33, None)):
        monkeypatch.setattr(visitor.st, "context", type("Context", (), {"cookies": {COOKIE: sent}}))
        page = lab()
        assert names[-1] == (expected or page.session_state[SESSION].visitor)
    monkeypatch.setenv("VGDEMO_TRUST_VISITORS", "on")
    lab()
    assert names[-1] == ""


def given(path: str = "/", cookie: str = "", scheme: str = "http") -> str:
    """The cookie that comes with an answer; empty if none does."""
    routes = [Route("/", lambda _: HTMLResponse("<p>")), Route("/file", lambda _: PlainTextResponse("<p>"))]
    headers = {"cookie": f"theme=dark; {COOKIE}={cookie}"} if cookie else {}
    return answered(path, routes, [NAMING], headers=headers, scheme=scheme)[1].get("set-cookie", "")


@pytest.mark.usefixtures("strangers")
def test_a_browser_gets_a_name_with_its_first_page_and_keeps_it() -> None:
    cookie = SimpleCookie(given())[COOKIE]
    assert re.fullmatch("[0-9a-f]{32}", cookie.value)
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/" and not cookie["secure"]
    assert SimpleCookie(given(scheme="https"))[COOKIE]["secure"]
    assert given() != given()
    assert given("/file") == given(cookie=cookie.value) == ""
    assert given(cookie="forged")


def test_where_all_are_trusted_nobody_gets_a_name() -> None:
    assert given() == ""


def test_what_a_visit_wanted_is_let_go_when_the_visit_is_over(
    lab: Open, jobs: StandInJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_visits", {})
    lab()
    (wanted,) = jobs.submitted
    (name,) = runs._visits
    runs.release_all_but({name})
    assert not wanted.released
    runs.release_all_but(set())
    assert wanted.released and not runs._visits
