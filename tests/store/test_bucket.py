"""A store in an S3-compatible bucket, shared by workers that are processes of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from conftest import TINY, random_record
from distributed import Client
from jobs.processes import Processes, processes
from jobs.waiting import TRAINER, config, until, wait_for_workers
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem
from store.contents import is_same

from vgdemo.config import RunConfig
from vgdemo.jobs import StudyState, studies_of
from vgdemo.store import RunStore, StoreError, folder
from vgdemo.study import Grid

URL = "s3://bucket/runs"
STUDY = Grid.of(config(0, seconds=0.02, epochs=5), {"seed": [*range(8)]})


@pytest.fixture(scope="module")
def service() -> Iterator[ThreadedMotoServer]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def environment(service: ThreadedMotoServer) -> dict[str, str]:
    """The variables that the README names."""
    host, port = service.get_host_and_port()
    return {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.fixture(scope="module")
def cluster(environment: dict[str, str]) -> Iterator[Processes]:
    with processes() as cluster:
        cluster.scheduler()
        cluster.worker("--nworkers", "2", **environment)
        yield cluster


@pytest.fixture
def bucket(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> RunStore:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()
    S3FileSystem().makedirs("bucket", exist_ok=True)
    return RunStore(URL)


def test_a_study_of_two_workers_is_read_back_from_a_bucket_in_one_go(bucket: RunStore, cluster: Processes) -> None:
    with Client(cluster.address) as client:
        wait_for_workers(client, 2)  # One that comes late may find nothing left.
    with studies_of(bucket, cluster.address, trainer=TRAINER) as studies:
        studies.start(STUDY)
        until(lambda: studies.look(STUDY).state is StudyState.COMPLETE, 120)
        assert (studies.look(STUDY).done, studies.look(STUDY).trouble) == (8, "")
    found = bucket.look_up_all(run.run_key for run in STUDY.configs)
    assert {run.config for run in found.values()} == {*STUDY.configs}
    assert {len(run.summary.ends) for run in found.values()} == {1}
    records = [bucket[run.run_key] for run in STUDY.configs]
    assert len({record.versions["process"] for record in records}) == 2, "both have trained, and kept what they trained"
    (note,) = bucket.studies().values()
    assert Grid.from_dict(note["study"]) == STUDY


def test_a_bucket_keeps_replaces_lists_and_removes_runs_as_a_folder_does(bucket: RunStore) -> None:
    runs = [run for run in STUDY.configs if run.run_key in bucket]
    assert len(bucket) == len(runs) > 0
    assert bucket.check() == ()
    record = bucket[runs[0].run_key]
    bucket.pin(record.run_key)
    assert bucket.pinned == {record.run_key}
    bucket[record.run_key] = record
    bucket.discard(record.run_key)
    assert record.run_key not in bucket
    bucket.restore(record.run_key)
    del bucket[record.run_key]
    assert len(bucket) == len(runs) - 1


def test_a_service_that_does_not_answer_is_a_store_that_cannot_be_read_or_written(
    bucket: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = bucket[STUDY.configs[1].run_key]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(S3FileSystem, "retries", 1)
    S3FileSystem.clear_instance_cache()
    lost = RunStore(URL.replace("runs", "others"))
    with pytest.raises(StoreError, match="s3://bucket/others to be readable"):
        lost.look_up_all([record.run_key])
    with pytest.raises(StoreError, match="s3://bucket/others to be writable"):
        lost[record.run_key] = record


class Faulty(BaseHTTPRequestHandler):
    """Hands requests on to the service; from some write on it answers with an error, with nothing, or not at all."""

    protocol_version = "HTTP/1.1"
    fault = ""
    writes_left = 0
    behind: tuple[str, int]

    def handle_one_request(self) -> None:
        """As the class above does, whatever the method is."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        cls = type(self)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if cls.fault and self.command == "PUT":
            cls.writes_left -= 1
        if cls.fault and cls.writes_left < 0:
            self.fail(cls.fault)
        else:
            self.hand_on(body)

    def fail(self, fault: str) -> None:
        if fault == "slow":
            time.sleep(1.5)
        self.close_connection = True
        if fault == "error":
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def hand_on(self, body: bytes) -> None:
        behind = HTTPConnection(*self.behind)
        behind.request(self.command, self.path, body, dict(self.headers.items()))
        answer = behind.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(content)
        behind.close()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def failing(fault: str, writes: int) -> Iterator[None]:
    """All requests fail after so many writes."""
    Faulty.fault, Faulty.writes_left = fault, writes
    try:
        yield
    finally:
        Faulty.fault = ""


@pytest.fixture
def faulty(service: ThreadedMotoServer, bucket: RunStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    """A store in a bucket behind a line that can be broken, by which nobody is very patient."""
    Faulty.behind = service.get_host_and_port()
    line = ThreadingHTTPServer(("127.0.0.1", 0), Faulty)
    threading.Thread(target=line.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{line.server_port}")
    monkeypatch.setitem(folder.S3_PATIENCE, "read_timeout", 0.5)
    monkeypatch.setattr(S3FileSystem, "retries", 1)
    S3FileSystem.clear_instance_cache()
    yield RunStore(f"s3://bucket/{line.server_port}")
    line.shutdown()
    line.server_close()


@pytest.mark.parametrize(("fault", "writes"), [("error", 6), ("refused", 3), ("slow", 4)])
def test_a_service_that_fails_in_the_middle_of_a_run_loses_nothing_and_is_used_again(
    fault: str, writes: int, faulty: RunStore
) -> None:
    config = RunConfig(**TINY)
    before, anew, other = random_record(config, 1), random_record(config, 2), random_record(RunConfig(units=4, **TINY))
    faulty[before.run_key] = before
    for record in (anew, other):  # One in place of what is there, and another one.
        with pytest.raises(StoreError, match="s3://bucket/.* to be writable"), failing(fault, writes):
            faulty[record.run_key] = record
    with failing(fault, -1), pytest.raises(StoreError, match="s3://bucket/.* to be readable"):
        faulty.summaries()
    assert {*faulty} == {before.run_key} and is_same(faulty[before.run_key], before)
    for record in (anew, other):
        faulty[record.run_key] = record
        assert is_same(faulty[record.run_key], record)
    faulty.clear()
