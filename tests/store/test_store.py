"""The run store: a mapping that survives damaged files, folders that cannot be written and full disks."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import foreign_record, random_record
from store.contents import age, files_of, folder_of, is_same, put, size_of

from vgdemo.config import RunConfig
from vgdemo.record import RunRecord, RunStatus
from vgdemo.store import RunStore, StoreError
from vgdemo.store.folder import open_folder
from vgdemo.summary import summarize

MakeRecord = Callable[..., RunRecord]


def test_a_run_comes_back_as_it_was_put(store: RunStore, make_record: MakeRecord) -> None:
    record = make_record()
    key = put(store, record)
    assert is_same(store[key], record)
    assert key in store
    assert list(store) == [key]
    assert len(store) == 1


def test_a_record_that_no_settings_made_comes_back_too(store: RunStore) -> None:
    record = foreign_record()
    key = put(store, record)
    assert is_same(store[key], record)
    (run,) = store.summaries()
    assert (run.run_key, run.source, run.config, run.sentence) == (key, record.source, None, "my_model")


def test_a_run_is_looked_up_without_reading_it(local: RunStore, make_record: MakeRecord) -> None:
    record = make_record()
    key = put(local, record)
    for path in files_of(local, key):
        if path.suffix == ".parquet":
            path.write_bytes(b"damage")
    run = local.look_up(key)
    assert run is not None and (run.run_key, run.summary) == (key, summarize(record))
    assert local.look_up("f" * 64) is None


def test_a_folder_may_have_any_name(tmp_path: Path, make_record: MakeRecord) -> None:
    store = RunStore(str(tmp_path / "runs [2026] *? ü"))
    key = put(store, make_record())
    store.pin(key)
    assert (list(store), store.pinned, len(store.summaries())) == ([key], {key}, 1)
    assert store[key].config.run_key == key


def test_another_store_on_the_same_url_sees_the_run(store: RunStore, make_record: MakeRecord) -> None:
    key = put(store, make_record())
    assert key in RunStore(store.url)


def test_a_run_that_was_never_put_is_absent(store: RunStore) -> None:
    key = RunConfig().run_key
    assert key not in store
    assert store.get(key) is None
    assert list(store) == []
    assert store.summaries() == []
    assert store.check() == ()
    with pytest.raises(KeyError):
        del store[key]


def test_a_deleted_run_is_absent_and_leaves_no_file(store: RunStore, make_record: MakeRecord) -> None:
    key = put(store, make_record())
    del store[key]
    assert key not in store
    assert open_folder(store.url).find("") == {}


def test_a_record_is_kept_under_its_own_key_only(store: RunStore, make_record: MakeRecord) -> None:
    with pytest.raises(ValueError, match="Expected the run's own key"):
        store["0" * 64] = make_record()


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n", "/" + "0" * 63])
def test_what_is_no_key_never_reaches_the_file_system(store: RunStore, key: str) -> None:
    assert key not in store
    with pytest.raises(KeyError):
        store[key]
    with pytest.raises(KeyError):
        del store[key]
    with pytest.raises(KeyError):
        store.pin(key)


def test_the_store_holds_nothing_that_could_run_code(local: RunStore, make_record: MakeRecord) -> None:
    key = put(local, make_record())
    assert {path.suffix for path in files_of(local, key)} == {".json", ".parquet"}


def test_summaries_tell_what_is_stored_newest_first(store: RunStore, make_record: MakeRecord) -> None:
    for seed in range(3):
        put(store, make_record(seed=seed))
    newest, *_, oldest = store.summaries()
    assert (newest.config.seed, oldest.config.seed) == (2, 0)
    assert newest.written > oldest.written
    assert newest.status is RunStatus.COMPLETE
    first, second = make_record().curve_arrays["val_accuracy"][-1]  # Noise that does not depend on the seed.
    assert newest.summary.accuracy[1] == pytest.approx((first + second) / 2)


def test_summaries_need_no_parquet(local: RunStore, make_record: MakeRecord) -> None:
    for path in files_of(local, put(local, make_record())):
        if path.suffix == ".parquet":
            path.unlink()
    assert len(local.summaries()) == 1


@pytest.mark.parametrize("index", range(7))
@pytest.mark.parametrize("damage", ["truncated", "altered", "emptied", "missing"])
def test_a_damaged_file_makes_the_run_absent_and_can_be_trained_again(
    local: RunStore, make_record: MakeRecord, index: int, damage: str
) -> None:
    record = make_record()
    key = put(local, record)
    path = files_of(local, key)[index]
    content = path.read_bytes()
    middle = len(content) // 2
    if damage == "missing":
        path.unlink()
    else:
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"truncated": content[:middle], "altered": flipped, "emptied": b""}[damage])

    assert local.get(key) is None
    assert key not in local

    put(local, record)
    assert is_same(local[key], record)


def test_a_damaged_run_is_set_aside_for_inspection(local: RunStore, make_record: MakeRecord) -> None:
    key = put(local, make_record())
    files_of(local, key)[0].write_bytes(b"damage")
    assert local.get(key) is None
    (folder,) = Path(local.url, "v2", "quarantine").iterdir()
    assert folder.name.startswith(key)
    assert (folder / "manifest.json").exists()
    assert (list(local), local.summaries(), local.check()) == ([], [], ())


def test_a_run_under_another_runs_name_is_never_shown(local: RunStore, make_record: MakeRecord) -> None:
    key, other = put(local, make_record()), RunConfig().run_key
    folder_of(local, other).parent.mkdir(exist_ok=True)
    folder_of(local, key).rename(folder_of(local, other))
    assert local.get(other) is None


def test_a_manifest_that_was_changed_by_hand_is_not_believed(local: RunStore, make_record: MakeRecord) -> None:
    key = put(local, make_record())
    path = folder_of(local, key) / "manifest.json"
    altered = path.read_text().replace('"status": "complete"', '"status": "stopped"')
    assert altered != path.read_text()
    path.write_text(altered)
    assert local.summaries() == []
    assert local.get(key) is None


def test_check_finds_damage_and_says_it_in_a_sentence(local: RunStore, make_record: MakeRecord) -> None:
    sound, damaged = put(local, make_record(seed=1)), put(local, make_record(seed=2))
    assert local.check() == ()
    path = next(path for path in files_of(local, damaged) if path.name.startswith("kernels"))
    path.write_bytes(b"damage")
    (sentence,) = local.check()
    assert damaged in sentence
    assert path.name in sentence
    assert list(local) == [sound]
    assert local.check() == ()


def test_a_run_that_is_stored_again_leaves_no_file_of_before_that_a_reader_may_not_still_be_at(
    local: RunStore, make_record: MakeRecord
) -> None:
    record = make_record()
    key = put(local, record)
    before = set(files_of(local, key))
    put(local, random_record(record.config, 1))
    assert before < set(files_of(local, key)), "its readers were left without their files"
    age(local, key, 2 * 3600)
    again = random_record(record.config, 2)
    put(local, again)
    assert len(files_of(local, key)) == len(before)
    assert is_same(local[key], again)


def test_check_removes_what_old_interrupted_writes_left_and_nothing_newer(
    local: RunStore, make_record: MakeRecord
) -> None:
    key = put(local, make_record())
    folder = files_of(local, key)[0].parent
    (folder / "young.tmp").write_bytes(b"being written")
    (folder / "old.tmp").write_bytes(b"left")
    os.utime(folder / "old.tmp", (0, 0))
    for path in files_of(local, key):
        if path.suffix != ".tmp":
            os.utime(path, (0, 0))
    (sentence,) = local.check()
    assert "old.tmp" in sentence
    assert (folder / "young.tmp").exists()
    assert key in local


@pytest.fixture
def blocked(tmp_path: Path) -> RunStore:
    """A store whose folder cannot be made, whoever asks: its parent is a file."""
    (tmp_path / "file").write_text("in the way")
    return RunStore(str(tmp_path / "file" / "runs"))


def test_a_folder_that_is_not_writable_gives_one_sentence_with_its_url(
    blocked: RunStore, make_record: MakeRecord
) -> None:
    with pytest.raises(StoreError, match=r"Expected the run store .*file/runs to be writable\. Received: .+") as caught:
        put(blocked, make_record())
    assert "\n" not in str(caught.value)


@contextmanager
def small_files() -> Iterator[None]:
    """The system refuses to write files of more than 1,000 bytes, as a full disk would; pytest's own log too."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_gives_one_sentence_and_leaves_no_part_of_the_run(local: RunStore, make_record: MakeRecord) -> None:
    record = make_record()
    with pytest.raises(StoreError, match="to be writable"), small_files():
        put(local, record)
    assert record.run_key not in local
    assert size_of(local) == 0


@pytest.mark.parametrize("url", ["nosuch://bucket/runs", "s3x://user:secret@host/runs"])
def test_a_url_of_no_known_kind_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StoreError, match="Expected a URL of a run store") as caught:
        RunStore(url)
    assert "secret" not in str(caught.value)


def test_the_place_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("VGDEMO_STORE", raising=False)
    assert RunStore().url == f"{tmp_path}/vgdemo/runs"
    monkeypatch.setenv("VGDEMO_STORE", "memory://elsewhere")
    assert RunStore().url == "memory://elsewhere"
