"""How a store keeps to its size, and how seldom it looks at all of itself for that."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from store.contents import age, files_of, put, size_of

from vgdemo.record import RunRecord
from vgdemo.store import RunStore, StoreError
from vgdemo.store.folder import Folder
from vgdemo.store.store import LISTING_SHARE

MakeRecord = Callable[..., RunRecord]
STRANGERS = ("thesis.txt", *(f"{layout}/{name}" for layout in ("v1", "v2") for name in ("ab/note.txt", "photos/1.jpg")))


def test_past_its_size_the_store_removes_the_run_that_was_not_used_for_longest(
    local: RunStore, make_record: MakeRecord
) -> None:
    oldest, used, newer = (put(local, make_record(seed=seed)) for seed in range(3))
    for seconds, key in ((300, oldest), (200, used), (100, newer)):
        age(local, key, seconds)
    local[oldest]  # Read, so `used` is now the one that was not used for longest.
    local.max_bytes = size_of(local)
    newest = put(local, make_record(seed=3))
    assert set(local) == {oldest, newer, newest}
    assert size_of(local) <= local.max_bytes


def test_a_pinned_run_outlives_all_others(store: RunStore, make_record: MakeRecord) -> None:
    pinned, other = (put(store, make_record(seed=seed)) for seed in range(2))
    store.pin(pinned)
    assert RunStore(store.url).pinned == {pinned}
    store.max_bytes = 1
    newest = put(store, make_record(seed=2))
    assert set(store) == {pinned, newest}

    store.unpin(pinned)
    store.unpin(other)
    assert store.pinned == frozenset()
    last = put(store, make_record(seed=3))
    assert set(store) == {last}


def test_who_floods_a_store_removes_nobody_elses_runs(local: RunStore, make_record: MakeRecord) -> None:
    others = [put(local, make_record(seed=seed)) for seed in range(3)]
    of_another = local.keep(make_record(seed=3), "another").run_key
    for key in (*others, of_another):
        age(local, key, 300)
    local.max_bytes = 11 * size_of(local) // 4  # Of runs, one is less than a tenth of the store, two are more.
    flood = [local.keep(make_record(seed=seed), "greedy").run_key for seed in range(4, 24)]
    assert {*others, of_another} <= set(local)
    left = [key for key in flood if key in local]
    assert left == flood[-len(left) :]  # The last ones.
    assert size_of(local) <= local.max_bytes
    assert local.check() == ()  # Who has asked is no leftover.


def test_runs_that_were_set_aside_count_and_make_room_too(local: RunStore, make_record: MakeRecord) -> None:
    damaged = put(local, make_record())
    age(local, damaged, 300)
    files_of(local, damaged)[0].unlink()
    assert local.get(damaged) is None
    local.max_bytes = 1
    put(local, make_record(seed=1))
    assert list(Path(local.url, "v2", "quarantine").iterdir()) == []


def test_making_room_never_touches_files_that_are_not_the_stores(local: RunStore, make_record: MakeRecord) -> None:
    strangers = [Path(local.url, name) for name in STRANGERS]
    for path in strangers:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    local.max_bytes = 1
    put(local, make_record())
    put(local, make_record(seed=1))
    assert all(path.read_text() == "mine" for path in strangers)


def test_runs_of_the_old_layout_are_never_read_and_go_first(
    local: RunStore, make_record: MakeRecord, caplog: pytest.LogCaptureFixture
) -> None:
    recent = put(local, make_record())
    size = size_of(local)
    old = Path(local.url, "v1", "aa", "a" * 64)
    old.mkdir(parents=True)
    (old / "manifest.json").write_bytes(b"0" * size)
    pin = Path(local.url, "v1", "pins", old.name)
    pin.parent.mkdir()
    pin.touch()
    age(local, recent, 10**6)  # The old one was used later, by the program of before.
    assert old.name not in local
    assert local.get(old.name) is None
    assert set(local) == {recent}
    assert local.check() == ()

    local.max_bytes = size_of(local) + size // 2
    newest = put(local, make_record(seed=1))
    assert not old.exists(), "it was not counted, or not the first to go"
    assert set(local) == {recent, newest}
    assert pin.exists()
    assert caplog.records == []


def test_a_pin_of_the_old_layout_goes_over_to_the_run_that_is_trained_anew(
    local: RunStore, make_record: MakeRecord
) -> None:
    record, old_key = make_record(), "b" * 64
    manifest = Path(local.url, "v1", "bb", old_key, "manifest.json")
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"run": {"run_key": old_key, "config": record.source.to_dict()}, "sha256": "0"}))
    pins = Path(local.url, "v1", "pins")
    pins.mkdir()
    (pins / old_key).touch()
    assert local.pinned == {record.run_key}
    local.unpin(record.run_key)
    assert local.pinned == frozenset(), "the old pin comes back"


@pytest.fixture
def listings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders of which all files were listed."""
    folders = []
    find = Folder.find

    def counted(self: Folder, path: str) -> dict[str, int]:
        folders.append(path)
        return find(self, path)

    monkeypatch.setattr(Folder, "find", counted)
    return folders


def sent(store: RunStore) -> RunStore:
    """The store as it arrives in another task of this process."""
    return pickle.loads(pickle.dumps(store))


@pytest.mark.parametrize("arrived", [lambda store: store, sent], ids=["one store", "sent with every task"])
def test_a_store_is_listed_at_the_first_write_and_then_after_a_share_of_its_size(
    store: RunStore, make_record: MakeRecord, listings: list[str], arrived: Callable[[RunStore], RunStore]
) -> None:
    put(arrived(store), make_record(seed=0))
    assert "v2" in listings
    size = store.summaries()[0].num_bytes
    store.max_bytes = int(2.5 * size / LISTING_SHARE)
    for seed, is_listed in ((1, False), (2, False), (3, True), (4, False)):
        listings.clear()
        put(arrived(store), make_record(seed=seed))
        assert ("v2" in listings) == is_listed


def test_a_store_that_is_sent_elsewhere_is_the_same(store: RunStore, make_record: MakeRecord) -> None:
    store.max_bytes = 12345
    key = put(store, make_record())
    assert (sent(store).url, sent(store).max_bytes, list(sent(store))) == (store.url, 12345, [key])


def test_whether_there_is_any_run_takes_no_list_of_all(
    store: RunStore, make_record: MakeRecord, listings: list[str]
) -> None:
    keys = {put(store, make_record(seed=seed)) for seed in range(3)}
    listings.clear()
    assert any(True for _ in store)
    assert next(iter(store)) in keys
    assert listings == []


@pytest.mark.parametrize(("said", "size"), [("", 4 * 2**30), ("100", 100 * 2**30), ("0.5", 2**29)])
def test_the_environment_says_how_large_a_store_may_become(
    said: str, size: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VGDEMO_STORE_GB", said)
    assert RunStore(str(tmp_path)).max_bytes == size
    assert RunStore(str(tmp_path), max_bytes=7).max_bytes == 7


@pytest.mark.parametrize("said", ["much", "0", "-1", "nan", "inf"])
def test_a_size_that_is_none_is_refused_by_its_name(said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VGDEMO_STORE_GB", said)
    with pytest.raises(StoreError, match=f"Expected VGDEMO_STORE_GB to be a number of gigabytes above 0. .*: {said}"):
        RunStore(str(tmp_path))


def test_notes_of_studies_stay_when_room_is_made(store: RunStore, make_record: MakeRecord) -> None:
    key = "0123456789abcdef" * 4
    store.note_study(key, {"state": "running"})
    store.max_bytes = 1
    for seed in range(3):
        put(store, make_record(seed=seed))
    assert len(store) <= 1 and store.check() == ()
    assert store.studies() == {key: {"state": "running"}}
    store.note_study(key, {"state": "complete"})
    assert store.studies() == {key: {"state": "complete"}}
    store.forget_study(key)
    store.forget_study(key)
    assert store.studies() == {}


def test_a_note_that_is_damaged_is_left_out(local: RunStore) -> None:
    for place, text in enumerate(("{", "[]", '{"state": "running"}')):
        local.note_study(f"{place:064x}", {})
        (Path(local.url) / "v2" / "studies" / f"{place:064x}.json").write_text(text)
    (Path(local.url) / "v2" / "studies" / "strange.json").write_text("{}")
    assert [*local.studies()] == [f"{2:064x}"]
    with pytest.raises(KeyError):
        local.note_study("../away", {})
