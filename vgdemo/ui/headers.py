"""What every answer tells the browser that it may do with it."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Nothing comes from elsewhere, whatever a text makes of itself: no image, no script. Streamlit and Plotly write scripts
# and styles into the page. Pages may be shown within others, as teachers do.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' ws: wss: data: blob:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
Change = Callable[[Scope, MutableHeaders], None]
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{kind} {sources}" for kind, sources in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # An address says what somebody looks at.
}


class Heading:
    """Changes the head of every answer.

    Args:
        app: What answers.
        change: Called with what is asked, and the head of the answer.
    """

    def __init__(self, app: ASGIApp, change: Change) -> None:
        self._app = app
        self._change = change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with another head."""

        async def send_changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._change(scope, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_changed)


def is_page(headers: MutableHeaders) -> bool:
    """Whether the head is that of a page."""
    return headers.get("Content-Type", "").startswith("text/html")


def _guard(_: Scope, headers: MutableHeaders) -> None:
    headers.update(HEADERS)


GUARDING = Middleware(Heading, change=_guard)
