"""Writers that are killed or that race: a run, a note and a pin are whole or absent, and never a mixture."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import TINY, random_record
from store.contents import is_same, put

from vgdemo.config import RunConfig
from vgdemo.store import RunStore

TESTS = Path(__file__).parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}


KillWriter = Callable[..., None]


def writer(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(TESTS / "store_writer.py"), *arguments]
    return subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def kill_writer() -> Iterator[KillWriter]:
    """Has a process change a store, and kills it where it halts."""
    with writer() as forking:
        assert forking.stdin is not None and forking.stdout is not None

        def kill(store: RunStore, *arguments: int | str) -> None:
            print(json.dumps([store.url, *map(str, arguments)]), file=forking.stdin, flush=True)
            halted, process = forking.stdout.readline().split()
            assert halted == "halted"
            os.kill(int(process), signal.SIGKILL)
            assert forking.stdout.readline() == "ended\n"

        yield kill


@pytest.mark.parametrize("flush", range(1, 8))
def test_a_writer_killed_at_any_file_leaves_no_run_and_no_harm(
    local: RunStore, kill_writer: KillWriter, flush: int
) -> None:
    key = RunConfig(**TINY).run_key
    kill_writer(local, 1, 1, flush)

    assert key not in local
    assert local.get(key) is None
    assert local.check() == ()
    record = random_record(RunConfig(**TINY), 2)
    put(local, record)
    assert is_same(local[key], record)


def test_a_writer_killed_while_it_replaces_a_run_leaves_the_old_one(local: RunStore, kill_writer: KillWriter) -> None:
    record = random_record(RunConfig(**TINY), 1)
    key = put(local, record)
    kill_writer(local, 2, 1, 7)
    assert is_same(local[key], record)


def test_a_process_killed_while_it_notes_a_study_leaves_the_note_of_before(
    local: RunStore, kill_writer: KillWriter
) -> None:
    key = RunConfig(**TINY).run_key
    local.note_study(key, {"state": "paused"})
    kill_writer(local, "note", 1, 1)
    assert local.studies() == {key: {"state": "paused"}}
    local.note_study(key, {"state": "stopped"})
    assert local.studies() == {key: {"state": "stopped"}}


def test_a_process_killed_while_it_pins_a_run_leaves_it_unpinned(local: RunStore, kill_writer: KillWriter) -> None:
    key = put(local, random_record(RunConfig(**TINY), 1))
    kill_writer(local, "pin", 1, 1)
    assert local.pinned == frozenset()
    local.pin(key)
    assert local.pinned == {key}


@pytest.mark.parametrize("flush", [1, 7])
def test_a_process_killed_while_it_brings_a_run_back_loses_nothing(
    local: RunStore, kill_writer: KillWriter, flush: int
) -> None:
    record = random_record(RunConfig(**TINY), 1)
    key = put(local, record)
    local.discard(key)
    kill_writer(local, "restore", 1, flush)
    assert key not in local and local.check() == ()
    local.restore(key)
    assert is_same(local[key], record)


def test_what_a_killed_note_or_pin_left_goes_when_room_is_looked_for(local: RunStore, kill_writer: KillWriter) -> None:
    for change in ("note", "pin"):
        kill_writer(local, change, 1, 1)
    left = list(Path(local.url).rglob("*.tmp"))
    assert len(left) == 2
    for path in left:
        os.utime(path, (0, 0))
    put(RunStore(local.url, max_bytes=10**6), random_record(RunConfig(**TINY), 1))
    assert not list(Path(local.url).rglob("*.tmp"))


def test_two_processes_that_write_one_run_at_once_never_mix_it(local: RunStore) -> None:
    candidates = [random_record(RunConfig(**TINY), seed) for seed in (1, 2)]
    key = put(local, candidates[0])
    processes = [writer(local.url, str(seed), "40") for seed in (1, 2)]
    seen = set()
    while any(process.poll() is None for process in processes):
        record = local[key]
        assert any(is_same(record, candidate) for candidate in candidates)
        seen.add(record.seconds["train"])
    assert [process.wait() for process in processes] == [0, 0]
    for process in processes:
        process.communicate()
    assert seen == {1.0, 2.0}
    assert not Path(local.url, "v2", "quarantine").exists()
