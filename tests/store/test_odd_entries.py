"""Entries of a store that are no files, or may not be read: one is left out and told of, and hides no other."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from store.contents import files_of, folder_of, is_same, put

from vgdemo.record import RunRecord
from vgdemo.store import RunStore, StoreError
from vgdemo.store.folder import log_once

MakeRecord = Callable[..., RunRecord]
NOBODY = 65534  # A user who may do nothing.


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def nothing(path: Path) -> None:
    path.symlink_to("nothing")


def full_folder(path: Path) -> None:
    path.mkdir()
    (path / "file").write_text("mine")


ODD = [Path.mkdir, full_folder, os.mkfifo, loop, endless, nothing]
odd_entries = pytest.mark.parametrize("make", ODD, ids=["folder", "full folder", "pipe", "loop", "endless", "nothing"])


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    log_once.cache_clear()
    return lambda: [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]


@odd_entries
def test_a_manifest_that_is_no_file_hides_no_other_run_and_its_own_can_be_kept_again(
    make: Callable[[Path], None], local: RunStore, make_record: MakeRecord, told: Callable[[], list[str]]
) -> None:
    record, other = make_record(), make_record(seed=1)
    key, other_key = put(local, record), put(local, other)
    manifest = folder_of(local, key) / "manifest.json"
    manifest.unlink()
    make(manifest)
    for _ in range(3):
        assert (
            [run.run_key for run in local.summaries()]
            == [*local]
            == [*local.look_up_all([key, other_key])]
            == [other_key]
        )
    assert key not in local and len(told()) == (make is not nothing)
    assert local.keep(record).run_key == key
    assert is_same(local[key], record) and is_same(local[other_key], other)
    assert {*local} == {key, other_key}


@odd_entries
def test_a_run_whose_file_is_no_file_is_damaged(
    make: Callable[[Path], None], local: RunStore, make_record: MakeRecord
) -> None:
    record = make_record()
    for place in range(len(files_of(local, put(local, record)))):
        file = files_of(local, record.run_key)[place]
        file.unlink()
        make(file)
        with pytest.raises(KeyError):
            local[record.run_key]
        put(local, record)
        assert is_same(local[record.run_key], record)
    assert local.check() == ()


@odd_entries
@pytest.mark.parametrize("place", ["v2/stray", "v2/00", "v2/ab/stray", "v2/discarded", "v2/quarantine"])
def test_what_is_no_folder_of_runs_hides_none(
    place: str, make: Callable[[Path], None], local: RunStore, make_record: MakeRecord
) -> None:
    key = put(local, make_record())
    path = Path(local.url, place)
    path.parent.mkdir(exist_ok=True)
    make(path)
    local.max_bytes = 1
    newest = put(local, make_record(seed=1))
    assert [run.run_key for run in local.summaries()] == [*local] == [newest], "no room was made"
    assert key not in local and local.check() == ()
    assert os.path.lexists(path)


def test_a_run_in_whose_place_is_a_file_can_be_kept(local: RunStore, make_record: MakeRecord) -> None:
    record = make_record()
    folder = folder_of(local, record.run_key)
    folder.parent.mkdir(parents=True)
    folder.write_text("mine")
    assert record.run_key not in local and local.summaries() == [*local] == []
    assert is_same(local[put(local, record)], record)
    (aside,) = Path(local.url, "v2", "quarantine").iterdir()
    assert aside.read_text() == "mine"


def test_a_folder_among_a_runs_files_keeps_no_room_from_being_made(local: RunStore, make_record: MakeRecord) -> None:
    put(local, make_record(seed=1))
    key = put(local, make_record())
    folder = folder_of(local, key) / "notes"
    folder.mkdir()
    os.utime(folder, (0, 0))
    local.max_bytes = 1
    put(local, make_record())
    assert [*local] == [key] and folder.exists()


@odd_entries
def test_a_note_that_is_no_file_hides_no_other(
    make: Callable[[Path], None], local: RunStore, told: Callable[[], list[str]]
) -> None:
    local.note_study("0" * 64, {"study": {}})
    make(Path(local.url, "v2", "studies", f"{'a' * 64}.json"))
    make(Path(local.url, "v2", "studies", "notes.json"))
    for _ in range(3):
        assert local.studies() == {"0" * 64: {"study": {}}} and local.study("a" * 64) is None
    assert len(told()) == (make is not nothing)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read all."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def open_to_all() -> Iterator[RunStore]:
    """A store where nobody has to pass through folders of somebody's own."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield RunStore(str(path / "runs"))
    shutil.rmtree(path)


def test_what_may_not_be_read_is_left_out_and_stays_where_it_is(
    open_to_all: RunStore, make_record: MakeRecord, told: Callable[[], list[str]]
) -> None:
    store = open_to_all
    records = [make_record(seed=seed) for seed in range(3)]
    key, locked, readable = (put(store, record) for record in records)
    store.note_study("0" * 64, {})
    manifest = folder_of(store, key) / "manifest.json"
    for path in (manifest, folder_of(store, locked), Path(store.url, "v2", "studies", f"{'0' * 64}.json")):
        path.chmod(0)
    with as_nobody():
        for _ in range(3):
            assert [run.run_key for run in store.summaries()] == [*store] == [readable]
            assert [*store.look_up_all([key, locked, readable])] == [readable]
            assert (store.studies(), store.check()) == ({}, ())
        with pytest.raises(StoreError, match=r"Expected v2/.*manifest\.json in the run store .* to be readable"):
            store[key]
    assert sum("to be readable. Received: [Errno 13]" in one for one in told()) == 4
    for path in (manifest, folder_of(store, locked)):
        path.chmod(0o755)
    assert all(is_same(store[record.run_key], record) for record in records)


@pytest.mark.parametrize("place", ["", "v2"])
def test_a_store_that_may_not_be_read_at_all_is_not_taken_for_an_empty_one(
    place: str, open_to_all: RunStore, make_record: MakeRecord
) -> None:
    store = open_to_all
    key = put(store, make_record())
    store.note_study("0" * 64, {})
    Path(store.url, place).chmod(0)
    acts = (store.summaries, store.studies, lambda: [*store], lambda: store[key], lambda: store.look_up_all([key]))
    with as_nobody():
        for act in acts:
            with pytest.raises(StoreError, match=r"Expected the run store .* to be readable. Received: "):
                act()
    Path(store.url, place).chmod(0o755)
    assert [*store] == [key]


def test_a_store_in_whose_place_is_a_file_is_not_taken_for_an_empty_one(
    local: RunStore, make_record: MakeRecord
) -> None:
    Path(local.url).mkdir()
    Path(local.url, "v2").write_text("mine")
    key = make_record().run_key
    for act in (local.summaries, local.studies, lambda: local[key], lambda: local.look_up_all([key])):
        with pytest.raises(StoreError, match=r"Expected the run store .* to be readable. Received: "):
            act()
