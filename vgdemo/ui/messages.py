"""What a browser may send: messages that anybody can forge, of which a page survives each.

Streamlit trusts its own script in the browser with the type of each widget's value, with all that its menu can do for
a developer, and with how much it uploads.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import Any

from google.protobuf.message import DecodeError
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import net_util
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.state.common import WidgetMetadata, unpack_widget_state_value
from streamlit.runtime.state.session_state import Serialized, Value, WStates
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFileRec

from vgdemo.ui.session import session

# What a page needs. What else Streamlit would do is a developer's: empty all caches, in which all visits have their
# runs, tell of the files that are not committed yet, watch the folder; or it leaves half a page, and stops no run.
NEEDED = frozenset(("rerun_script", "app_heartbeat", "file_urls_request", "backend_operation_request"))
NEEDED_OPERATIONS = frozenset(("deferred_file", "dataframe_chunk"))  # Others write files beside the app.
MAX_FILES = 20  # That one message may ask places for.
MAX_UPLOADED, MAX_UPLOADS = 200_000_000, 1_000  # Bytes of all visits' files, and how many, which are read at once.
INSTEAD = {"double_value": "int_value"}  # A field for whole numbers sends these.
STRANGE = "Your browser sent a value that this page cannot have. The control that it was meant for has its default."


class Screening:
    """Drops those messages of browsers that no page needs.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with what is needed of a connection's messages."""

        async def receive_needed() -> Message:
            while (message := await receive())["type"] == "websocket.receive" and not _is_needed(message.get("bytes")):
                pass
            return message

        await self._app(scope, receive_needed if scope["type"] == "websocket" else receive, send)


SCREENING = Middleware(Screening)


def _is_needed(content: bytes | None) -> bool:
    """Whether a message is to be handled; what is none is left to Streamlit, which ends the connection.

    Args:
        content: What was sent; None of a text, which no page sends.
    """
    try:
        message = BackMsg.FromString(content or b"")
    except DecodeError:
        return True
    if message.WhichOneof("type") == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in NEEDED_OPERATIONS
    return message.WhichOneof("type") in NEEDED and len(message.file_urls_request.file_names) <= MAX_FILES


def bear_forgeries() -> None:
    """Have Streamlit take what is not possible as if it had not been sent.

    A page of another site that connects is compared with this machine's address on the internet, for which Streamlit
    asks a service there; all visits wait for the answer, each time anew where none comes. No address is as good:
    whoever opens the dashboard by it comes from its own page.
    """
    WStates.__getitem__ = _value_of  # type: ignore[method-assign]
    MemoryUploadedFileManager.add_file = _add_file  # type: ignore[assignment, method-assign]
    net_util.get_external_ip = lambda: None


def _value_of(states: WStates, widget_id: str) -> Any:
    """A widget's value; KeyError if it has none, or nothing is known of the widget."""
    state = states.states[widget_id]
    if isinstance(state, Serialized):
        state = states.states[widget_id] = Value(_read(state.value, states.widget_metadata[widget_id]))
    return state.value


def _read(sent: WidgetState, metadata: WidgetMetadata[Any]) -> Any:
    """What a browser has sent of a widget; its default if that cannot be."""
    with suppress(Exception):  # Each widget reads it in its own way, of which many raise.
        kind = sent.WhichOneof("value")
        if kind in (None, metadata.value_type, INSTEAD.get(metadata.value_type)):
            value = metadata.deserializer(unpack_widget_state_value(sent))
            if _is_offered(value, metadata):
                return value
    session().notice = STRANGE
    return metadata.deserializer(None)


def _is_offered(value: Any, metadata: WidgetMetadata[Any]) -> bool:
    """Whether a value is among the options of a widget that has any, and a file is there."""
    values = value if isinstance(value, list) else [value]
    options = getattr(getattr(metadata.deserializer, "__self__", None), "options", None)
    is_among = options is None or value is None or all(one in options for one in values)
    return is_among and not any(isinstance(one, DeletedFile) for one in values)


_uploaded: deque[tuple[str, str]] = deque()  # Session and identity of files, the oldest first.
_keep = MemoryUploadedFileManager.add_file


def _add_file(manager: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
    """Keep an uploaded file; those that came first make room for it, which were read long ago."""
    _keep(manager, session_id, file)
    _uploaded.append((session_id, file.file_id))
    while _uploaded and (manager._total_bytes > MAX_UPLOADED or len(_uploaded) > MAX_UPLOADS):
        manager.remove_file(*_uploaded.popleft())
