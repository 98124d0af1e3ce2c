"""A store whose disk is full, whose folder fails, whose clock jumps, or that another server changes meanwhile."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import numpy as np
import pytest
from conftest import TINY, random_record
from store.contents import files_of, folder_of, is_same, put, size_of

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord
from vgdemo.store import RunStore, StoreError, layout, manifest
from vgdemo.store.folder import Folder

MakeRecord = Callable[..., RunRecord]
FILES = 7  # That a run has, its manifest last.


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def full_at_write(number: int) -> Iterator[None]:
    """No room from one of the next writes on."""
    write, writes = Folder._write_through, iter(range(1, 1000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Folder, "_write_through", lambda *arguments: (full if next(writes) >= number else write)(*arguments)
        )
        yield


@pytest.mark.parametrize("number", range(1, FILES + 1))
def test_a_disk_that_is_full_at_any_file_loses_nothing_that_was_complete(
    number: int, local: RunStore, make_record: MakeRecord
) -> None:
    before = make_record()
    key = put(local, before)
    anew, other = random_record(RunConfig(**TINY), 7), make_record(seed=1)
    for record in (anew, other):  # One in place of what is there, and another one.
        with pytest.raises(StoreError) as caught, full_at_write(number):
            put(local, record)
        said = str(caught.value)
        assert said.startswith(f"Expected room in the run store {local.url}. Received: No space left on device. ")
        assert "Delete runs in the Library" in said and "VGDEMO_STORE_GB" in said
        assert [*local] == [key] and is_same(local[key], before)
    for record in (anew, other):  # There is room again.
        assert is_same(local[put(local, record)], record)


def test_a_full_disk_takes_a_run_in_the_room_of_one_that_was_deleted(
    local: RunStore, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, deleted = (put(local, make_record(seed=seed)) for seed in range(2))
    local.discard(deleted)
    write = Folder._write_through
    is_there = Path(local.url, "v2", "discarded")
    monkeypatch.setattr(
        Folder, "_write_through", lambda *arguments: (full if [*is_there.iterdir()] else write)(*arguments)
    )
    newest = put(local, make_record(seed=2))
    assert {*local} == {kept, newest}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with room for a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounting = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, check=False
    )
    if not mounting or mounting.returncode:
        pytest.skip("Only root may mount a file system, and not everywhere.")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_is_really_full_is_used_again_once_a_run_was_deleted(
    small_disk: Path, make_record: MakeRecord
) -> None:
    store, kept = RunStore(str(small_disk / "runs")), []
    with pytest.raises(StoreError, match="No space left on device"):
        for seed in range(1000):
            kept.append(put(store, make_record(seed=seed)))
    assert len(kept) > 1 and {*store} == {*kept}
    assert store.check() == ()
    store.discard(kept[0])
    assert is_same(store[put(store, make_record(seed=2000))], make_record(seed=2000))
    assert {*kept[1:]} < {*store}


def test_a_run_is_kept_though_nothing_can_be_removed_in_its_place(
    local: RunStore, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = put(local, make_record())
    local.max_bytes = 1

    def refuse(*_: object) -> None:
        raise StoreError("no")

    with monkeypatch.context() as patch:
        for act in ("find", "names", "remove", "remove_file"):
            patch.setattr(Folder, act, refuse)
        second = put(local, make_record(seed=1))
    assert {*local} == {first, second}
    third = put(local, make_record(seed=2))
    assert [*local] == [third], "the store keeps to its size again"


@pytest.mark.parametrize("act", ["names", "find"])
def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(
    act: str, local: RunStore, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, scan = put(local, make_record()), os.scandir

    def broken(path: str) -> object:
        if Path(path) == folder_of(local, key):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return scan(path)

    monkeypatch.setattr(os, "scandir", broken)
    with pytest.raises(StoreError, match="to be readable.*Input/output error"):
        getattr(local._folder, act)(f"v2/{key[:2]}/{key}")
    with pytest.raises(StoreError, match="to be readable"):
        local.summaries()


def test_a_store_whose_folder_is_removed_begins_anew(local: RunStore, make_record: MakeRecord) -> None:
    key = put(local, make_record())
    local.pin(key)
    shutil.rmtree(local.url)
    assert ([*local], local.pinned, local.studies(), local.get(key)) == ([], frozenset(), {}, None)
    assert [*local] == [] and put(local, make_record()) in local
    assert local.check() == ()


def test_what_dead_writers_left_counts_and_is_swept(
    local: RunStore, make_record: MakeRecord, caplog: pytest.LogCaptureFixture
) -> None:
    keys = [put(local, make_record(seed=seed)) for seed in range(4)]
    half, quarter, *whole = keys
    local.pin(whole[0])
    (folder_of(local, half) / "manifest.json").unlink()  # Long ago a writer died before it wrote this.
    (folder_of(local, quarter) / "manifest.json").unlink()  # Somebody is at it.
    old = [*files_of(local, half)]
    for place in ("pins", "studies", whole[0][:2]):
        (Path(local.url, "v2") / place).mkdir(exist_ok=True)
        old.append(Path(local.url, "v2", place, f"{whole[0]}.{'0' * 32}.tmp"))
        old[-1].write_bytes(b"left")
    for path in old:
        os.utime(path, (0, 0))
    young = Path(local.url, "v2", "pins", f"{whole[1]}.{'1' * 32}.tmp")
    young.write_bytes(b"being written")
    assert local.pinned == {whole[0]}, "what is being written pins nothing"
    local._folder.unlisted = np.inf
    newest = put(local, make_record(seed=9))
    assert [path for path in old if path.exists()] == []
    assert young.exists() and files_of(local, quarter)
    assert {*local} == {*whole, newest}
    assert caplog.records == []
    young.unlink()
    local.max_bytes = size_of(local) - 1
    local._folder.unlisted = np.inf
    put(local, make_record(seed=9))
    assert size_of(local) <= local.max_bytes, "what lies there in part counts too"


class LaterManifest:
    """Has somebody else act right after a manifest was read."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._acts = iter([act])
        self._read = RunStore._manifest

    def __call__(self, store: RunStore, key: str) -> manifest.StoredRun:
        run = self._read(store, key)
        for act in self._acts:
            act()
        return run


def test_a_run_that_another_server_removes_or_replaces_while_it_is_read_is_no_damaged_one(
    local: RunStore, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key, anew = put(local, make_record()), random_record(RunConfig(**TINY), 7)
    other = RunStore(local.url)

    def replace() -> None:
        del other[key]
        put(other, anew)

    with monkeypatch.context() as patch:
        later = LaterManifest(replace)
        patch.setattr(RunStore, "_manifest", lambda self, key: later(self, key))
        assert is_same(local[key], anew)
    with monkeypatch.context() as patch:
        gone = LaterManifest(lambda: other.discard(key))
        patch.setattr(RunStore, "_manifest", lambda self, key: gone(self, key))
        assert local.get(key) is None
    other.restore(key)
    assert is_same(local[key], anew)
    assert caplog.records == [] and not Path(local.url, "v2", "quarantine").exists()


def test_two_servers_make_room_at_once_and_nothing_that_one_pins_goes(local: RunStore, make_record: MakeRecord) -> None:
    other = RunStore(local.url, max_bytes=1)
    pinned, shown = (put(local, make_record(seed=seed)) for seed in range(2))
    record = local[shown]
    local.pin(pinned)
    newest = put(other, make_record(seed=2))
    assert {*local} == {pinned, newest}
    assert local.get(shown) is None and put(local, record) in other


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets the machine's clock, all but that of its file system, so far from now."""

    def shift(by: timedelta) -> None:
        class Shifted(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Shifted:
                return datetime.now(tz) + by  # type: ignore[return-value]

        time_ns = layout.time.time_ns() + by // timedelta(microseconds=1) * 1000
        for module in (layout, manifest):
            monkeypatch.setattr(module, "datetime", Shifted)
        monkeypatch.setattr(layout, "time", type("Time", (), {"time_ns": staticmethod(lambda: time_ns)}))

    return shift


@pytest.mark.parametrize(
    "jumps", [(timedelta(hours=-1),), (timedelta(days=366),), (timedelta(days=366), timedelta(0)), (timedelta(0),)]
)
def test_a_clock_that_jumps_loses_no_run(
    jumps: tuple[timedelta, ...], local: RunStore, make_record: MakeRecord, clock: Callable[[timedelta], None]
) -> None:
    keys = [put(local, make_record(seed=seed)) for seed in range(3)]
    local.discard(keys[0])
    for jump in jumps:
        clock(jump)
        put(local, make_record(seed=1))
        local._folder.unlisted = np.inf
        keys.append(put(local, make_record(seed=len(keys))))
        assert {*local} == {*keys[1:]}
        assert all(is_same(local[key], make_record(seed=seed)) for seed, key in enumerate(keys) if seed)
        assert local.check() == ()
        local.discard(keys[1])
        local.restore(keys[1])
    assert [run.run_key for run in local.summaries()].count(keys[-1]) == 1
