"""A store in an S3-compatible bucket, shared by workers that are processes of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jobs.processes import Processes, processes
from jobs.waiting import TRAINER, config, until
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from vgdemo.jobs import StudyState, studies_of
from vgdemo.store import RunStore, StoreError
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
