"""A folder on any file system: whole files, errors that name it, one object for each in a process."""

from __future__ import annotations

import math
import pickle
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vgdemo.store import StoreError
from vgdemo.store.folder import Folder, open_folder


@pytest.fixture(params=["local", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    return open_folder(str(tmp_path / "folder") if request.param == "local" else f"memory://{uuid.uuid4().hex}")


def test_a_file_is_written_found_read_moved_and_removed(folder: Folder) -> None:
    folder.make("v2/ab")
    folder.write("v2/ab/one", b"1")
    folder.write("v2/ab/two", b"22")
    assert folder.find("v2") == {"v2/ab/one": 1, "v2/ab/two": 2}
    assert (sorted(folder.names("v2/ab")), folder.names("v2")) == (["one", "two"], ["ab"])
    assert folder.read("v2/ab/two") == b"22"
    assert folder.read_all(["v2/ab/one", "v2/ab/none", "v2/ab/two"]) == {"v2/ab/one": b"1", "v2/ab/two": b"22"}
    folder.make("v2/aside")
    folder.move("v2/ab", "v2/aside/ab-1")
    assert folder.find("v2") == {"v2/aside/ab-1/one": 1, "v2/aside/ab-1/two": 2}
    folder.remove_file("v2/aside/ab-1/one")
    folder.remove("v2/aside/ab-1")
    assert folder.find("v2") == {}


def test_what_is_absent_is_nothing_to_list_and_nothing_to_remove(folder: Folder) -> None:
    assert (folder.names("v2"), folder.find("v2"), folder.read_all(["v2/none"])) == ([], {}, {})
    assert folder.last_use("v2/none") == datetime.min.replace(tzinfo=UTC)
    folder.remove_file("v2/none")
    folder.remove("v2/none")
    folder.mark_use("v2/none")
    with pytest.raises(FileNotFoundError):
        folder.read("v2/none")


def test_a_process_has_one_object_for_each_url_which_counts_what_it_writes(folder: Folder) -> None:
    assert folder.unlisted == math.inf
    folder.unlisted = 0
    folder.make("v2")
    folder.write("v2/one", b"12345")
    assert open_folder(folder.url).unlisted == 5
    assert pickle.loads(pickle.dumps(folder)) is folder


def test_a_folder_arrives_elsewhere_where_it_was_though_its_url_is_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = open_folder("runs")
    folder.make("v2")
    folder.write("v2/one", b"1")
    monkeypatch.chdir("/")
    assert pickle.loads(pickle.dumps(folder)).read("v2/one") == b"1"
    assert str(folder) == "runs"


def test_errors_name_the_folder_and_what_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = open_folder(str(tmp_path / "file" / "runs"))
    for ability, act in (
        ("readable", lambda: folder.read("v2/one")),
        ("readable", lambda: folder.names("v2")),
        ("writable", lambda: folder.make("v2")),
        ("writable", lambda: folder.write("v2/one", b"1")),
        ("writable", lambda: folder.move("v2", "v3")),
    ):
        with pytest.raises(StoreError, match=rf"Expected the run store .*file/runs to be {ability}\. Received: .+"):
            act()


def test_a_write_that_fails_leaves_nothing_and_is_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = open_folder(str(tmp_path))
    folder.unlisted = 0

    def refuse(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(StoreError, match="No space left"):
        folder.write("one", b"12345")
    assert (folder.unlisted, list(tmp_path.iterdir())) == (0, [])


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nosuch://x", "Protocol not known: nosuch"),
        ("ftp://somebody:secret@127.0.0.1:1/x", "refused"),
        ("reference://x", "ReferenceFileSystem"),
        ("github://x", "where files can be written"),
        ("zip://x", "where files can be written"),
        ("http://somebody:secret@127.0.0.1:1/x", "where files can be written"),
        ("data:x", "where files can be written"),
    ],
)
def test_a_url_of_no_store_is_told_in_one_sentence_whatever_its_kind_makes_of_it(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=r"^Expected a URL of a run store[^.]*\. Received: .+") as caught:
        open_folder(url)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_may_be_called_as_a_kind_of_url_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = open_folder("data")
    folder.make("v2")
    assert folder.names("v2") == [] and Path("data", "v2").is_dir()


def test_an_error_without_words_is_named(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(folder._fs, "makedirs", fail)
    with pytest.raises(StoreError, match=r"to be writable\. Received: NotImplementedError$"):
        folder.make("v2")


def test_files_that_cannot_be_read_are_not_taken_for_absent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "one").write_bytes(b"content")
    assert open_folder(str(tmp_path)).read_all(["one", "other"]) == {"one": b"content"}
    with pytest.raises(StoreError, match="Expected the run store .*file/runs to be readable"):
        open_folder(str(tmp_path / "file" / "runs")).read_all(["one"])
