"""Messages that no page of the dashboard sends: each is borne, or dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit import net_util
from streamlit.components.v2.bidi_component.serialization import BidiComponentSerde, deserialize_trigger_list
from streamlit.elements.arrow import DataframeSelectionSerde
from streamlit.elements.widgets.checkbox import CheckboxSerde
from streamlit.elements.widgets.file_uploader import FileUploaderSerde
from streamlit.elements.widgets.multiselect import MultiSelectSerde
from streamlit.elements.widgets.number_input import NumberInputSerde
from streamlit.elements.widgets.selectbox import SelectboxSerde
from streamlit.elements.widgets.slider import SliderSerde
from streamlit.elements.widgets.text_widgets import TextInputSerde
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import Serialized, WStates
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from vgdemo.ui import messages
from vgdemo.ui.session import Session

from .conftest import run_apart

WHOLE, FRACTION = NumberInputSerde(5, NumberInput.INT, 1, 50), NumberInputSerde(0.1, NumberInput.FLOAT, 0.0, 10.0)
SLIDER = SliderSerde([3.0], Slider.INT, True, None, 1.0, 9.0)
OPTIONS = ["one", "two"]
PLACES = {name: place for place, name in enumerate(OPTIONS)}
SELECTBOX = SelectboxSerde(
    OPTIONS, formatted_options=OPTIONS, formatted_option_to_option_index=PLACES, default_option_index=0
)
MULTISELECT = MultiSelectSerde(OPTIONS, formatted_options=OPTIONS, formatted_option_to_option_index=PLACES)
# Of each widget of the pages: what reads its values, their kind, and what may come of any message.
WIDGETS: dict[str, tuple[Any, str, Any]] = {
    "whole": (WHOLE.deserialize, "double_value", lambda value: type(value) is int and 1 <= value <= 50),
    "fraction": (FRACTION.deserialize, "double_value", lambda value: 0 <= value <= 10),
    "slider": (SLIDER.deserialize, "double_array_value", lambda value: type(value) is int and 1 <= value <= 9),
    "selectbox": (SELECTBOX.deserialize, "string_value", lambda value: value in OPTIONS),
    "multiselect": (MULTISELECT.deserialize, "string_array_value", lambda value: {*value} <= {*OPTIONS}),
    "checkbox": (CheckboxSerde(True).deserialize, "bool_value", lambda value: type(value) is bool),
    "text": (TextInputSerde("", 40).deserialize, "string_value", lambda value: len(value) <= 40),
    "table": (DataframeSelectionSerde().deserialize, "string_value", lambda value: "rows" in value["selection"]),
    "component": (BidiComponentSerde().deserialize, "json_value", lambda value: isinstance(value, dict)),
    "event": (deserialize_trigger_list, "json_trigger_value", lambda value: value is None or isinstance(value, list)),
    "files": (FileUploaderSerde(True, ["zip"]).deserialize, "file_uploader_state_value", lambda value: value == []),
}
TEXTS = st.text() | st.sampled_from(
    [
        "5",
        "NaN",
        "{",
        "[" * 10_000,
        "9" * 5000,
        '{"selection":5}',
        '{"selection":{"cells":5}}',
        '{"event":{}}',
        '"\\ud800"',
    ]
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "trigger_value": st.booleans(),
    "bool_value": st.booleans(),
    "double_value": st.floats(),
    "int_value": st.integers(-(2**63), 2**63 - 1),
    "string_value": TEXTS,
    "bytes_value": st.binary(),
    "json_value": TEXTS,
    "json_trigger_value": TEXTS,
    "double_array_value": st.lists(st.floats()),
    "string_array_value": st.lists(TEXTS | st.sampled_from(OPTIONS)),
}


@st.composite
def sent(draw: st.DrawFn) -> WidgetState:
    """What a message says of a widget: a value of any kind."""
    state = WidgetState(id="widget")
    field = draw(st.sampled_from([*VALUES, "file_uploader_state_value"]))
    if field == "file_uploader_state_value":
        state.file_uploader_state_value.uploaded_file_info.add(file_id="../../etc/passwd", name="<b>.zip", size=2**40)
    elif field.endswith("_array_value"):
        getattr(state, field).data.extend(draw(VALUES[field]))
    else:
        setattr(state, field, draw(VALUES[field]))
    return state


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A visit whose messages are read as the server reads them."""
    visit = Session()
    monkeypatch.setattr(messages, "session", lambda: visit)
    monkeypatch.setattr(WStates, "__getitem__", WStates.__getitem__)  # Until the test is over.
    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", MemoryUploadedFileManager.add_file)
    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)
    messages.bear_forgeries()
    yield visit
    messages._uploaded.clear()


def value_of(widget: str, state: WidgetState) -> Any:
    read, kind, _ = WIDGETS[widget]
    states = WStates({"widget": Serialized(state)})
    states.set_widget_metadata(WidgetMetadata("widget", read, lambda value: value, kind))  # type: ignore[arg-type]
    return states["widget"]


@pytest.mark.parametrize("widget", WIDGETS)
def test_whatever_is_sent_a_widget_has_a_value_that_it_may_have(widget: str, visit: Session) -> None:
    @settings(max_examples=40, derandomize=True, deadline=None)
    @given(sent())
    def hold(state: WidgetState) -> None:
        assert WIDGETS[widget][2](value_of(widget, state))

    hold()


@pytest.mark.parametrize(
    ("widget", "forged", "default"),
    [
        ("whole", {"double_value": float("inf")}, 5),
        ("whole", {"double_value": float("nan")}, 5),
        ("whole", {"string_value": "7"}, 5),
        ("fraction", {"string_value": "x"}, 0.1),
        ("selectbox", {"string_value": "<b>"}, "one"),
        ("checkbox", {"string_value": "x"}, True),
    ],
)
def test_what_cannot_be_is_the_default_and_the_page_says_so(
    widget: str, forged: dict[str, Any], default: Any, visit: Session
) -> None:
    assert value_of(widget, WidgetState(id="widget", **forged)) == default
    assert visit.notice == messages.STRANGE


@pytest.mark.parametrize(
    ("widget", "usual", "value"),
    [
        ("whole", {"int_value": 7}, 7),  # As Streamlit's own field for whole numbers sends it.
        ("fraction", {"double_value": 2.5}, 2.5),
        ("selectbox", {"string_value": "two"}, "two"),
        ("checkbox", {"bool_value": False}, False),
    ],
)
def test_what_a_page_sends_is_taken_without_a_word(
    widget: str, usual: dict[str, Any], value: Any, visit: Session
) -> None:
    assert value_of(widget, WidgetState(id="widget", **usual)) == value
    assert visit.notice is None


def test_a_widget_of_which_nothing_is_known_has_no_value(visit: Session) -> None:
    with pytest.raises(KeyError):
        WStates({"widget": Serialized(WidgetState(id="widget", bool_value=True))})["widget"]


def heard(*contents: bytes | None) -> list[bytes]:
    """Which of these messages of a connection reach Streamlit."""
    waiting = [{"type": "websocket.receive", "bytes": content} for content in contents]
    waiting.append({"type": "websocket.disconnect"})
    reached: list[bytes] = []

    async def receive() -> Any:
        return waiting.pop(0)

    async def streamlit(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            reached.append(message["bytes"])

    run_apart(messages.Screening(streamlit)({"type": "websocket"}, receive, None))  # type: ignore[arg-type]
    return reached


def test_no_message_empties_the_caches_of_all_visits_or_tells_of_the_files_of_the_program() -> None:
    names = ("clear_cache", "load_git_info", "set_run_on_save", "debug_shutdown_runtime", "debug_disconnect_websocket")
    assert heard(*(BackMsg(**{name: True}).SerializeToString() for name in names)) == []


def test_a_page_of_another_site_is_refused_without_asking_anybody(
    visit: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda url, timeout: asked.append(url))
    assert not _is_origin_allowed("http://evil.example", "dashboard.example")
    assert _is_origin_allowed("https://dashboard.example", "dashboard.example")
    assert asked == []


def operation(name: str) -> bytes:
    message = BackMsg()
    getattr(message.backend_operation_request, name).SetInParent()
    return message.SerializeToString()


def test_of_what_the_server_does_for_a_page_nothing_writes_files() -> None:
    needed = [operation(name) for name in ("deferred_file", "dataframe_chunk")]
    assert heard(*needed, operation("install_skills"), operation("dismiss_skills_nudge")) == needed
    known = BackMsg.DESCRIPTOR.fields_by_name["backend_operation_request"].message_type.oneofs_by_name["payload"]
    assert len(known.fields) == 4  # Another one is a reason to look at it.


def test_nothing_stops_a_page_in_the_middle_and_a_text_or_an_empty_message_says_nothing() -> None:
    assert heard(BackMsg(stop_script=True).SerializeToString(), b"", None) == []


def test_messages_that_pages_need_are_heard_and_broken_ones_left_to_streamlit() -> None:
    rerun = BackMsg()
    rerun.rerun_script.query_string = "units=9"
    needed = [one.SerializeToString() for one in (rerun, BackMsg(app_heartbeat=True))]
    assert heard(*needed, b"\xff\xff") == [*needed, b"\xff\xff"]


def test_a_message_asks_places_for_few_files() -> None:
    few, many = BackMsg(), BackMsg()
    few.file_urls_request.file_names.extend(["a"] * messages.MAX_FILES)
    many.file_urls_request.file_names.extend(["a"] * (messages.MAX_FILES + 1))
    assert heard(few.SerializeToString(), many.SerializeToString()) == [few.SerializeToString()]


def test_uploads_of_all_visits_together_keep_to_their_bounds(visit: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_UPLOADED", 250)
    monkeypatch.setattr(messages, "MAX_UPLOADS", 4)
    manager = MemoryUploadedFileManager("/upload")

    def kept() -> list[str]:
        return [name for files in manager.file_storage.values() for name in files]

    for name in "abc":
        manager.add_file(f"visit {name}", UploadedFileRec(name, name, "application/zip", bytes(100)))
    assert kept() == ["b", "c"]
    for name in "defgh":
        manager.add_file("visit", UploadedFileRec(name, name, "application/zip", b""))
    assert kept() == ["e", "f", "g", "h"]
