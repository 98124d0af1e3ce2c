"""The link that a person shares: whom it leads to this machine, and its code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
import segno
import streamlit as st

from vgdemo.ui import share

COMPARE = "http://localhost:8501/Compare"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has the server be started with options, in a network in which this machine is 192.0.2.7."""

    def start(address: str | None, name: str = "localhost") -> None:
        options = {"server.address": address, "browser.serverAddress": name}
        monkeypatch.setattr(st, "get_option", options.__getitem__)

    monkeypatch.setattr(share, "_address_in_the_network", lambda: "192.0.2.7")
    return start


@pytest.mark.parametrize(
    ("address", "name", "host"),
    [
        ("localhost", "localhost", ""),
        ("127.0.0.1", "vgdemo.example.org", ""),
        ("0.0.0.0", "localhost", "192.0.2.7"),
        (None, "localhost", "192.0.2.7"),
        ("::", "localhost", "192.0.2.7"),
        ("192.0.2.9", "localhost", "192.0.2.9"),
        ("0.0.0.0", "vgdemo.example.org", "vgdemo.example.org"),
    ],
)
def test_others_reach_a_server_where_it_listens(address: str, name: str, host: str, started: Any) -> None:
    started(address, name)
    assert share.host_for_others() == host


def test_the_machine_knows_its_own_address_without_sending_anything() -> None:
    assert re.fullmatch(r"(\d+\.\d+\.\d+\.\d+)?", share._address_in_the_network())


def test_a_link_has_the_pages_query_and_keeps_port_and_path() -> None:
    query = {"a": "units-9", "name_a": "<é>"}
    assert share.link_to(COMPARE, query, "192.0.2.7") == "http://192.0.2.7:8501/Compare?a=units-9&name_a=%3C%C3%A9%3E"
    assert share.link_to("https://example.org/x/", {}, "") == "https://example.org/x/"
    assert share.link_to(COMPARE, {}, "2001:db8::1") == "http://[2001:db8::1]:8501/Compare"


@pytest.mark.parametrize(
    ("url", "local"), [(COMPARE, True), ("http://[::1]:8501/", True), ("https://example.org", False)]
)
def test_an_address_of_this_machine_is_told_from_one_that_others_have(url: str, local: bool) -> None:
    assert share.is_local(url) == local


def modules(svg: str) -> set[tuple[int, int]]:
    """The dark squares of a drawing, from its path of horizontal strokes, the quiet zone taken off."""
    (path,) = re.findall(r'd="([^"]*)"', svg.split("stroke")[-1]) or re.findall(r' d="(M[^"]*)"', svg)[-1:]
    x = y = 0.0
    dark = set()
    for command, numbers in re.findall(r"([Mmh])([-\d. ]*)", path):
        values = [float(value) for value in numbers.split()]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            dark |= {(int(y), int(x) + step) for step in range(int(values[0]))}
            x += values[0]
    return {(row - share.QUIET_ZONE, column - share.QUIET_ZONE) for row, column in dark}


def test_the_code_is_that_of_the_link_dark_on_white_with_a_quiet_zone() -> None:
    link = "http://192.0.2.7:8501/Compare?a=units-9&name_a=deep+tanh&view=epoch-37"
    svg, matrix = unquote(share.code_of(link)).replace("'", '"'), segno.make_qr(link).matrix
    side = len(matrix) + 8
    assert f'viewBox="0 0 {side} {side}"' in svg and "#fff" in svg and "#000" in svg
    assert modules(svg) == {(y, x) for y, row in enumerate(matrix) for x, bit in enumerate(row) if bit}


def test_a_link_that_is_too_long_has_no_code() -> None:
    assert share.code_of("http://192.0.2.7/?" + "x" * 3000) == ""


def page_that_shares() -> None:
    from vgdemo.ui.share import _draw

    _draw("Lab")


def drawn(monkeypatch: pytest.MonkeyPatch, url: str) -> Any:
    from streamlit.testing.v1 import AppTest

    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.url", property(lambda context: url))
    return AppTest.from_function(page_that_shares, default_timeout=30).run()


def test_a_server_for_this_machine_alone_says_how_others_get_in(started: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    started("localhost")
    page = drawn(monkeypatch, COMPARE)
    assert "--server.address 0.0.0.0" in page.warning[0].value and not page.get("html")


def test_a_server_in_the_network_shares_its_address_and_a_code(started: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    started("0.0.0.0")
    page = drawn(monkeypatch, COMPARE)
    (code,) = page.get("html")
    assert not page.warning and "--browser.serverAddress" in page.caption[0].value
    assert share.code_of("http://192.0.2.7:8501/Compare") in code.proto.body
    assert 'alt="QR code of the link"' in code.proto.body


def test_behind_a_name_that_others_know_the_link_has_it(started: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    started("localhost")
    page = drawn(monkeypatch, "https://example.org/vgdemo")
    (code,) = page.get("html")
    assert not page.warning and not page.caption
    assert share.code_of("https://example.org/vgdemo") in code.proto.body
