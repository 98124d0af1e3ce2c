"""Who visits, and what a visitor may do to others: nothing, unless the server is told that all trust each other."""

from __future__ import annotations

import logging
import os
import re
import secrets
from functools import cache
from http.cookies import SimpleCookie

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.types import Scope

from vgdemo.environment import TRUST_VISITORS
from vgdemo.ui.headers import Heading, is_page
from vgdemo.ui.session import session

COOKIE = "vgdemo_visitor"
ONLY_OWNER = f"Only where all visitors trust each other: this server was not started with {TRUST_VISITORS}=on."

_NAME = re.compile(r"[0-9a-f]{32}")
_log = logging.getLogger(__name__)


def are_trusted() -> bool:
    """Whether each may change what belongs to all: if the environment says `VGDEMO_TRUST_VISITORS=on`."""
    return _is_on(os.environ.get(TRUST_VISITORS, "off").lower())


@cache
def _is_on(said: str) -> bool:
    if said not in ("on", "off"):
        _log.warning("Expected %s to be on or off. Received: %r. Visitors are not trusted.", TRUST_VISITORS, said)
    return said == "on"


def visitor() -> str:
    """Who the page is drawn for: a browser by its cookie, a visit where it has none; empty where all are trusted."""
    if are_trusted():
        return ""
    named = str(st.context.cookies.get(COOKIE, ""))  # Whatever stands in for it where there is no browser.
    return named if _NAME.fullmatch(named) else session().visitor


def _name(scope: Scope, headers: MutableHeaders) -> None:
    """Give a browser a name with its first page, which no script sees, so that a reload is the same visitor."""
    is_named = _NAME.fullmatch(HTTPConnection(scope).cookies.get(COOKIE, ""))
    if is_page(headers) and not is_named and not are_trusted():
        headers.append("Set-Cookie", _new_name(is_secure=scope["scheme"] == "https"))


def _new_name(*, is_secure: bool) -> str:
    cookie: SimpleCookie = SimpleCookie({COOKIE: secrets.token_hex(16)})
    for attribute, value in {"path": "/", "httponly": True, "samesite": "Lax", "secure": is_secure}.items():
        cookie[COOKIE][attribute] = value
    return cookie[COOKIE].OutputString()


NAMING = Middleware(Heading, change=_name)
