"""Archives from anywhere: what is asked for is read, and no more than is allowed."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from vgdemo.archive import MAX_FILES, unpacked

FILES = {"log/run.json": b"{}", "log/records.jsonl": b"{}\n" * 9, "log/weights.pkl": b"cos\nsystem\n"}
ASKED = (".json", ".jsonl")


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("content", [zipped(FILES), tarred(FILES), tarred(FILES, "w:gz")], ids=["zip", "tar", "tar.gz"])
def test_what_is_asked_for_is_read_and_nothing_else(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(content)
    for source in (content, tmp_path / "archive", str(tmp_path / "archive")):
        assert unpacked(source, ASKED, most=100_000) == {name: FILES[name] for name in [*FILES][:2]}


def test_contents_may_have_just_so_many_bytes_together() -> None:
    files = {"a.json": b"x" * 40, "b.json": b"x" * 60}
    assert unpacked(zipped(files), ASKED, most=100) == files
    with pytest.raises(ValueError, match="^Expected an archive of at most 99 bytes of contents. Received: more$"):
        unpacked(zipped(files), ASKED, most=99)


@pytest.mark.parametrize(
    "bomb",
    [
        zipped({"a.json": b"0" * 10**7}),
        tarred({"a.json": b"0" * 10**7}, "w:gz"),
        tarred({"what nobody asks for": b"0" * 10**7}, "w:gz"),
        gzip.compress(b"0" * 10**7),
        zipped({f"{place}.json": b"0" * 10**5 for place in range(100)}),
    ],
)
def test_a_bomb_is_refused(bomb: bytes) -> None:
    assert len(bomb) < 50_000
    with pytest.raises(ValueError, match="^Expected an archive of at most 1,000,000 bytes"):
        unpacked(bomb, ASKED, most=10**6)


def test_very_many_files_are_refused() -> None:
    with pytest.raises(ValueError, match="^Expected an archive of at most 10,000 files. Received: 10,001$"):
        unpacked(zipped({f"{place}.json": b"" for place in range(MAX_FILES + 1)}), ASKED, most=100)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a picture",
        b"PK\x03\x04 nothing",
        b"\x1f\x8b nothing",
        zipped(FILES)[:-30],
        zipped(FILES, zipfile.ZIP_LZMA),
        zipped(FILES, zipfile.ZIP_BZIP2),
        tarred(FILES, "w:gz")[:40],
        tarred(FILES)[:700],
    ],
)
def test_what_is_no_archive_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^Expected .+ Received: .+"):
        unpacked(content, ASKED, most=100_000)


def test_links_in_an_archive_lead_nowhere(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:") as archive:
        link = tarfile.TarInfo("run.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    assert unpacked(buffer.getvalue(), ASKED, most=100_000) == {}
