"""Runs that are removed for now: how they come back, and when they are gone for good."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from store.contents import files_of, is_same, put, size_of

from vgdemo.record import RunRecord
from vgdemo.store import RunStore
from vgdemo.store.layout import DISCARDED, QUARANTINE

MakeRecord = Callable[..., RunRecord]


def discarded(store: RunStore) -> list[Path]:
    return sorted(Path(store.url, DISCARDED).iterdir())


def test_a_discarded_run_is_absent_and_comes_back_whole_in_any_process(
    store: RunStore, make_record: MakeRecord
) -> None:
    record, other = make_record(), make_record(seed=1)
    key = put(store, record)
    put(store, other)
    store.discard(key)
    assert {*store} == {other.run_key} and [run.run_key for run in store.summaries()] == [other.run_key]
    assert store.check() == ()
    RunStore(store.url).restore(key)
    assert is_same(store[key], record)
    assert len(store.summaries()) == 2


def test_what_is_absent_can_neither_be_discarded_nor_restored(store: RunStore, make_record: MakeRecord) -> None:
    key = put(store, make_record())
    store.discard(key)
    for change, unknown in ((store.discard, key), (store.restore, "0" * 64), (store.restore, "../..")):
        with pytest.raises(KeyError):
            change(unknown)
    store.restore(key)
    with pytest.raises(KeyError):
        del store["0" * 64]


def test_of_two_who_discard_a_run_at_once_one_is_told_that_it_is_gone(
    local: RunStore, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put(local, make_record())
    local.discard(key)
    monkeypatch.setattr(RunStore, "__contains__", lambda *_: True)  # As it was when this one looked.
    with pytest.raises(KeyError):
        local.discard(key)
    monkeypatch.undo()
    local.restore(key)
    assert key in local


def test_a_run_that_was_trained_again_meanwhile_stays_as_it_is(local: RunStore, make_record: MakeRecord) -> None:
    record = make_record()
    key = put(local, record)
    local.discard(key)
    put(local, record)
    local.restore(key)
    assert is_same(local[key], record)
    assert discarded(local) == []


@pytest.mark.parametrize("end", ["", "-", "-foo", "-12a", f"-{'9' * 60}", "-1 ", "-²", "-١"])
def test_what_was_not_discarded_but_lies_there_is_left_alone_and_in_nobodys_way(
    end: str, local: RunStore, make_record: MakeRecord
) -> None:
    record = make_record()
    key = put(local, record)
    local.discard(key)
    strays = [Path(local.url, place, f"{key}{end}", "x") for place in (DISCARDED, QUARANTINE)]
    for stray in strays:
        stray.parent.mkdir(parents=True)
        stray.write_text("mine")
    local.max_bytes = 2 * size_of(local)
    put(local, make_record(seed=1))
    local.restore(key)
    assert is_same(local[key], record)
    local.discard(key)
    local.max_bytes = 1
    put(local, make_record(seed=2))
    assert all(stray.read_text() == "mine" for stray in strays)


def test_a_run_that_was_discarded_only_in_part_does_not_come_back_in_part(
    local: RunStore, make_record: MakeRecord
) -> None:
    key = put(local, make_record())
    local.discard(key)
    (folder,) = discarded(local)
    (folder / "manifest.json").unlink()
    with pytest.raises(KeyError):
        local.restore(key)


def test_discarded_runs_count_and_are_the_first_to_make_room(local: RunStore, make_record: MakeRecord) -> None:
    kept, gone = (put(local, make_record(seed=seed)) for seed in range(2))
    for path in files_of(local, kept):
        os.utime(path, (0, 0))  # Not used for longest.
    local.discard(gone)
    local.max_bytes = size_of(local)
    newest = put(local, make_record(seed=2))
    assert {*local} == {kept, newest}
    with pytest.raises(KeyError):
        local.restore(gone)


def test_after_a_day_a_discarded_run_is_gone_for_good(local: RunStore, make_record: MakeRecord) -> None:
    old, new = (put(local, make_record(seed=seed)) for seed in range(2))
    local.discard(old)
    (folder,) = discarded(local)
    folder.rename(folder.with_name(f"{old}-{time.time_ns() - 25 * 3600 * 10**9}"))
    with pytest.raises(KeyError):
        local.restore(old)
    local.discard(new)
    local.max_bytes = 2 * size_of(local)  # So small that each write looks at all of it.
    put(local, make_record(seed=2))
    assert [path.name[:64] for path in discarded(local)] == [new]
