"""A visitor who speaks the protocol of browsers, and says in it what no browser would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

ANSWER_SECONDS = 120
JSONS = ("5", "{}", "[" * 10_000, "9" * 5000, '{"selection": {"rows": [99999, -5, "a"]}}', '{"selection": {"rows": 5}}')
EVENTS = {
    "chosen": [5, {}, {"epoch": "x"}, {"epoch": 1e308}, {"epoch": 10**30}],
    "picked": [None, {}, {"point": 5}, {"point": [1e308, {}]}],
    "moved": [5, "?a=\ud800", "?tour=%00&units=" + "9" * 5000, "?" + "&".join(f"x{place}" for place in range(1000))],
}
Forge = Callable[[WidgetState], None]


def forgeries() -> Iterator[Forge]:
    """What may be said of any widget."""
    for name, value in {"double_value": float("inf"), "int_value": -(2**62), "trigger_value": True}.items():
        yield lambda state, name=name, value=value: setattr(state, name, value)  # type: ignore[misc]
    for text in JSONS:
        yield lambda state, text=text: setattr(state, "json_value", text)  # type: ignore[misc]
        yield lambda state, text=text: setattr(state, "string_value", text)  # type: ignore[misc]
    for events in zip(*EVENTS.values(), strict=False):
        told = json.dumps([{"event": name, "value": value} for name, value in zip(EVENTS, events, strict=True)])
        yield lambda state, told=told: setattr(state, "json_trigger_value", told)  # type: ignore[misc]
    yield lambda state: state.double_array_value.data.extend([float("nan")])
    yield lambda state: state.string_array_value.data.extend(["epochs", "units", "seed", "gain", "noise", "<b>"])
    yield lambda state: state.file_uploader_state_value.uploaded_file_info.add(file_id="../x").MergeFromString(b"")


@dataclass
class Forger:
    """A visitor at a page.

    Args:
        server: The connection to it.

    Attributes:
        widgets: Identities of all widgets that were ever on the pages.
        errors: What the pages said went wrong within the program.
    """

    server: ClientConnection
    widgets: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    async def come_to(self, page: str, query: str = "", forge: Forge | None = None) -> str:
        """Have a page drawn, of all whose widgets something is said; how the drawing ended."""
        message = BackMsg()
        message.rerun_script.page_name, message.rerun_script.query_string = page, query
        for widget in self.widgets if forge is not None else ():
            forge(message.rerun_script.widget_states.widgets.add(id=widget))  # type: ignore[misc]
        return await self.say(message)

    async def say(self, message: BackMsg) -> str:
        """Say something that draws a page."""
        await self.server.send(message.SerializeToString())
        async with asyncio.timeout(ANSWER_SECONDS):
            async for content in self.server:
                answer = ForwardMsg.FromString(content)
                self._note(answer)
                if answer.WhichOneof("type") == "script_finished":
                    ended = ForwardMsg.ScriptFinishedStatus.Name(answer.script_finished)
                    if ended != "FINISHED_EARLY_FOR_RERUN":
                        return ended
        return "the connection ended"

    def _note(self, answer: ForwardMsg) -> None:
        for part in (answer.delta.new_element, answer.delta.add_block):
            kind = part.WhichOneof("type")
            found: Any = getattr(part, kind) if kind else part
            self.widgets |= {getattr(found, "id", "")} - {""}
            if kind == "exception":
                self.errors.append(f"{found.type}: {found.message}")


@asynccontextmanager
async def forger(url: str) -> AsyncIterator[Forger]:
    """A visitor to a dashboard."""
    address = f"ws://{urlsplit(url).netloc}/_stcore/stream"
    async with connect(address, origin=url, subprotocols=["streamlit"], max_size=None) as server:
        yield Forger(server)
