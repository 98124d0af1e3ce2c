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
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vgdemo.environment import TRUST_VISITORS
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


class Naming:
    """Gives each browser a name, which no page and no other browser sees, so that a reload is the same visitor.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with a name beside each page for who has none."""

        async def send_with_name(message: Message) -> None:
            if message["type"] == "http.response.start" and not are_trusted():
                headers = MutableHeaders(scope=message)
                is_page = headers.get("Content-Type", "").startswith("text/html")
                if is_page and not _NAME.fullmatch(HTTPConnection(scope).cookies.get(COOKIE, "")):
                    headers.append("Set-Cookie", _new_name(is_secure=scope["scheme"] == "https"))
            await send(message)

        await self._app(scope, receive, send_with_name)


def _new_name(*, is_secure: bool) -> str:
    cookie: SimpleCookie = SimpleCookie({COOKIE: secrets.token_hex(16)})
    for attribute, value in {"path": "/", "httponly": True, "samesite": "Lax", "secure": is_secure}.items():
        cookie[COOKIE][attribute] = value
    return cookie[COOKIE].OutputString()


NAMING = Middleware(Naming)
