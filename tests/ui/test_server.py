"""What the web server does before the first visit and after the last."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from browser.dashboard import free_port
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import app_session, media_file_manager
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager, MediaFileMetadata
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from vgdemo.store import StoreError
from vgdemo.ui import plotly_js, server

from .conftest import run_apart


@dataclass
class Events:
    """What happened, in order."""

    happened: list[str] = field(default_factory=list)
    is_store_there: bool = True
    are_connected: bool = True

    def open_jobs(self) -> Events:
        if not self.is_store_there:
            raise StoreError("Expected a store. Received: none.")
        self.happened.append("open")
        return self

    def close(self) -> None:
        self.happened.append("close")

    def collect(self) -> None:
        self.happened.append("collect")

    def freeze(self) -> None:
        self.happened.append("freeze")


class Visit:
    """What Streamlit keeps of a visit, as far as it is asked."""

    id = "a visit"


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """In place of the queue and of the garbage collector."""
    events = Events()
    monkeypatch.setattr(server, "open_jobs", events.open_jobs)
    monkeypatch.setattr(server, "gc", events)
    monkeypatch.setattr(server, "close_nursery", lambda: None)  # It is that of all tests of this process.
    for module, replaced in ((media_file_manager, MediaFileMetadata), (app_session, ForwardMsgQueue)):
        monkeypatch.setattr(module, replaced.__name__, replaced)  # Until the test is over.
    return events


def serve(events: Events, meanwhile: Callable[[], None] = lambda: None, seconds: float = 0) -> int:
    """A server's life; how many tasks it leaves behind."""

    async def live() -> int:
        async with server.lifespan(None):  # type: ignore[arg-type]
            events.happened.append("serve")
            meanwhile()
            await asyncio.sleep(seconds)
        await asyncio.sleep(0)  # A task that is cancelled ends at its next turn.
        return len(asyncio.all_tasks()) - 1

    return run_apart(live())


def test_workers_start_before_the_first_visit_and_end_with_the_server(events: Events) -> None:
    assert serve(events) == 0
    assert [event for event in events.happened if event in ("open", "serve")] == ["open", "serve", "open"]
    assert events.happened[-1] == "close"


def test_a_server_that_ends_early_waits_for_no_workers_to_start(events: Events) -> None:
    events.are_connected = False
    serve(events)
    assert "close" not in events.happened


def test_a_server_waits_for_a_cluster_that_does_not_answer_only_so_long(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()
    monkeypatch.setattr(events, "close", never.wait)
    monkeypatch.setattr(server, "CLOSING_SECONDS", 0.01)
    serve(events)
    never.set()


def test_who_watches_logs_has_no_workers_before_the_first_run(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGDEMO_LOGS", "logs")
    monkeypatch.setattr(server, "jobs_are_open", lambda: "open" in events.happened)
    assert serve(events) == 0
    assert not {"open", "close"} & {*events.happened}
    serve(events, meanwhile=lambda: events.happened.append("open"))  # Somebody trains in the Lab.
    assert events.happened[-1] == "close"


def test_what_the_imports_made_is_collected_no_more(events: Events) -> None:
    serve(events)
    before = events.happened[: events.happened.index("serve")]
    assert before[-2:] == ["collect", "freeze"]


def test_what_visits_leave_is_collected_now_and_then_until_the_end(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "COLLECTION_SECONDS", 0.001)
    assert serve(events, seconds=0.2) == 0
    served = events.happened[events.happened.index("serve") :]
    assert served.count("collect") >= 2
    assert "freeze" not in served


def test_who_left_is_forgotten_though_nobody_leaves_after(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = MemorySessionStorage(ttl_seconds=0)  # type: ignore[arg-type]
    manager = WebsocketSessionManager(storage, *[None] * 3)  # type: ignore[arg-type]
    monkeypatch.setattr(server.runtime, "exists", lambda: True)
    monkeypatch.setattr(server.runtime, "get_instance", lambda: SimpleNamespace(_session_mgr=manager))
    monkeypatch.setattr(server, "COLLECTION_SECONDS", 0.001)
    visit = Visit()
    left = weakref.ref(visit)
    storage.save(SimpleNamespace(session=visit))  # type: ignore[arg-type]
    del visit
    assert left() is not None, "nobody has left since"
    assert serve(events, seconds=0.2) == 0
    assert left() is None


def test_the_server_gives_back_what_it_has_freed(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(server, "give_memory_back", lambda: given.append("Arrow's"))
    monkeypatch.setattr(server, "trim", lambda: given.append("the C library's"))
    monkeypatch.setattr(server, "COLLECTION_SECONDS", 0.001)
    serve(events, seconds=0.1)
    assert given[0] == "Arrow's" and given.count("the C library's") >= 2


HEAPS = """
import ctypes, sys, threading
from vgdemo.ui import server
if sys.argv[2:]:
    server._share_a_heap()
barrier = threading.Barrier(12)
library = ctypes.CDLL(None)
library.malloc.restype = library.fopen.restype = ctypes.c_void_p
def allocate():
    barrier.wait()
    library.malloc(5000)
    barrier.wait()
threads = [threading.Thread(target=allocate) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
file = library.fopen(sys.argv[1].encode(), b"w")
library.malloc_info(0, ctypes.c_void_p(file))
library.fclose(ctypes.c_void_p(file))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="No other system's C library is asked.")
def test_the_threads_of_pages_share_heaps(tmp_path: Path) -> None:
    def count(*share: str) -> int:
        subprocess.run([sys.executable, "-c", HEAPS, str(tmp_path / "heaps.xml"), *share], check=True)
        return (tmp_path / "heaps.xml").read_text().count("<heap nr=")

    assert count("share") <= 2 < count()


def test_a_store_that_cannot_be_used_does_not_keep_the_server_from_starting_and_ending(events: Events) -> None:
    events.is_store_there = False
    assert serve(events) == 0
    assert events.happened == ["collect", "freeze", "serve"]


def test_a_store_that_is_lost_meanwhile_does_not_keep_the_server_from_ending(events: Events) -> None:
    def lose() -> None:
        events.is_store_there = False

    assert serve(events, lose) == 0
    assert "close" not in events.happened


def test_the_server_has_plotly_js() -> None:
    assert plotly_js.ROUTE in server.ROUTES


@pytest.mark.parametrize(("seconds", "is_there"), [(60, True), (0, False)])
def test_a_file_made_on_a_click_can_be_fetched_for_a_minute_while_other_sessions_end_their_reruns(
    events: Events, monkeypatch: pytest.MonkeyPatch, seconds: float, is_there: bool
) -> None:
    monkeypatch.setattr(server, "FETCH_SECONDS", seconds)
    serve(events)
    files = MediaFileManager(MemoryMediaFileStorage("/media"))
    url = files.execute_deferred(files.add_deferred(lambda: b"1,2", "text/csv", "0.1", "curves.csv"))
    for _ in range(3):
        files.remove_orphaned_files()
    found = files.read_file(url.removeprefix("/media/").partition(".")[0])
    assert (found is not None and found.content == b"1,2") is is_there


CLOCK = "the part that is drawn again"


def sent(text: str, place: int, fragment: str = CLOCK) -> ForwardMsg:
    """A paragraph of a page."""
    message = ForwardMsg()
    message.metadata.delta_path[:] = [0, place]
    message.delta.new_element.markdown.body = text
    message.delta.fragment_id = fragment
    return message


def finished(status: ForwardMsg.ScriptFinishedStatus.ValueType) -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = status
    return message


def told(queue: ForwardMsgQueue) -> list[str]:
    """What a browser hears, in order."""
    statuses = ForwardMsg.ScriptFinishedStatus
    return [
        message.delta.new_element.markdown.body or statuses.Name(message.script_finished) for message in queue.flush()
    ]


def queue_of_a_visit(events: Events) -> ForwardMsgQueue:
    """With a whole page in it, of which the browser was sent nothing yet."""
    serve(events)
    queue: ForwardMsgQueue = app_session.ForwardMsgQueue()  # type: ignore[attr-defined]
    for message in (sent("title", 0, ""), sent("Training.", 1), finished(ForwardMsg.FINISHED_SUCCESSFULLY)):
        queue.enqueue(message)
    return queue


def test_a_part_that_is_drawn_again_before_the_page_was_sent_is_never_left_out(events: Events) -> None:
    queue = queue_of_a_visit(events)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[CLOCK])
    queue.enqueue(sent("Complete.", 1))
    assert told(queue) == ["title", "Training.", "FINISHED_SUCCESSFULLY", "Complete."]


def test_a_page_that_is_drawn_again_before_it_was_sent_is_sent_once(events: Events) -> None:
    queue = queue_of_a_visit(events)
    queue.clear(retain_lifecycle_msgs=True)
    queue.enqueue(sent("Complete.", 1))
    assert told(queue) == ["FINISHED_EARLY_FOR_RERUN", "Complete."]


def asking(port: int) -> socket.socket:
    """Somebody who has asked for a large file, and takes nothing of it."""
    asked = socket.socket()
    asked.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    asked.connect(("127.0.0.1", port))
    asked.sendall(f"GET /{plotly_js.PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    assert asked.recv(1, socket.MSG_PEEK), "there is no answer"
    return asked


@pytest.mark.parametrize(
    ("said", "end"),
    [
        pytest.param("importing", signal.SIGTERM, id="while it is imported"),
        pytest.param("importing", signal.SIGINT, id="by Ctrl-C while it is imported"),
        pytest.param("starting", signal.SIGTERM, id="while its workers start"),
        pytest.param("training", signal.SIGTERM, id="in a training and an answer that nobody takes"),
    ],
)
def test_a_server_that_is_told_to_end_is_gone_in_seconds_with_all_that_it_started(
    said: str, end: signal.Signals, tmp_path: Path
) -> None:
    root, port = Path(__file__).parents[2], free_port()
    options = {"port": str(port), "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    flags = [f"--server.{name}={value}" for name, value in options.items()]
    paths = os.pathsep.join([str(root), str(root / "tests")])
    with subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(Path(__file__).with_name("serving.py")), *flags],
        env=os.environ
        | {"PYTHONPATH": paths, "VGDEMO_STORE": str(tmp_path), "IMPORTS": "20" if said == "importing" else "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert any(said in line for line in process.stdout), "it ended before"
        started = psutil.Process(process.pid).children(recursive=True)
        with asking(port) if said == "training" else nullcontext():
            process.send_signal(end)
            try:
                assert process.wait(5) in (0, -end)
            finally:
                process.kill()
        _, left = psutil.wait_procs(started, timeout=2)
        assert started and not left
        assert "Traceback" not in process.stdout.read()
