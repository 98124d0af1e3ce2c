"""A cluster with two workers, and queues on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, closing
from pathlib import Path
from typing import Any

import pytest
import trainers
from distributed import Client
from jobs.waiting import TRAINER, wait_for_workers

from vgdemo.jobs import Jobs
from vgdemo.jobs.cluster import connect, disconnect
from vgdemo.jobs.worker import TOPIC
from vgdemo.store import RunStore


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The local cluster that the dashboard starts, from any folder, with two workers on any machine."""
    with chdir(tmp_path_factory.mktemp("elsewhere")):
        client = connect(None)
    client.cluster.scale(2)
    wait_for_workers(client, 2)
    yield client
    disconnect(client)


@pytest.fixture
def address(cluster: Client) -> str:
    return cluster.cluster.scheduler_address


@pytest.fixture
def starts(cluster: Client) -> Iterator[list[str]]:
    """Keys of the runs that workers have begun, heard by a bystander."""
    keys: list[str] = []

    def hear(event: tuple[float, dict[str, object]]) -> None:
        message = event[1]
        if "run_key" in message and "chunk" not in message:
            keys.append(str(message["run_key"]))

    cluster.subscribe_topic(TOPIC, hear)
    yield keys
    cluster.unsubscribe_topic(TOPIC)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(str(tmp_path / "runs"))


@pytest.fixture
def open_jobs() -> Iterator[Callable[..., Jobs]]:
    """Makes `Jobs` that are closed at the end, whatever happens."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(closing(Jobs(*args, **options)))


@pytest.fixture
def jobs(store: RunStore, address: str, open_jobs: Callable[..., Jobs]) -> Jobs:
    return open_jobs(store, address, trainer=TRAINER)


@pytest.fixture
def chunks(cluster: Client) -> Iterator[list[dict[str, Any]]]:
    """What the workers have trained, heard by a bystander."""
    heard: list[dict[str, Any]] = []

    def hear(event: tuple[float, dict[str, Any]]) -> None:
        heard.append(event[1])

    cluster.subscribe_topic(trainers.CHUNKS, hear)
    yield heard
    cluster.unsubscribe_topic(trainers.CHUNKS)


@pytest.fixture
def telling(store: RunStore, address: str, open_jobs: Callable[..., Jobs]) -> Jobs:
    return open_jobs(store, address, trainer="trainers:train_and_tell")
