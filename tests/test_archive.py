"""Archives from anywhere: what is asked for is read, and no more than is allowed."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import time
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
        zipped({f"{place}.json": b"0" * 10**5 for place in range(100)}),
    ],
)
def test_a_bomb_is_refused(bomb: bytes) -> None:
    assert len(bomb) < 50_000
    with pytest.raises(ValueError, match="^Expected an archive of at most 1,000,000 bytes"):
        unpacked(bomb, ASKED, most=10**6)


EMPTY = tarfile.TarInfo("a folder/").tobuf()


@pytest.mark.parametrize(
    "archive",
    [
        zipped({f"{place}.json": b"" for place in range(MAX_FILES + 1)}),
        zipped({f"{place}/": b"" for place in range(MAX_FILES + 1)}),
        gzip.compress(EMPTY * (MAX_FILES + 1) + bytes(1024)),
    ],
    ids=["files", "folders", "tar"],
)
def test_very_many_files_are_refused_whoever_asks_for_them(archive: bytes) -> None:
    with pytest.raises(ValueError, match="^Expected an archive of at most 10,000 files. Received: more$"):
        unpacked(archive, ASKED, most=10**9)


def listing(entries: int, extra: bytes = b"", *, is_zip64: bool = False) -> bytes:
    """A zip archive that is nothing but its list of files."""
    numbers = (20, 0, 20, 0, 0, 0, 0, 33, 0, 0, 0, 1, len(extra), 0, 0, 0, 0, 0)
    content = (struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *numbers) + b"a" + extra) * entries
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, entries % 2**16, entries % 2**16, len(content), 0, 0)
    if not is_zip64:
        return content + end
    long = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, len(content), 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(content), 1)
    return content + long + locator + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *[2**16 - 1] * 2, *[2**32 - 1] * 2, 0)


def described(kind: bytes, content: bytes) -> bytes:
    """What stands in a tar archive before a file and says more of it."""
    member = tarfile.TarInfo("header")
    member.type, member.size = kind, len(content)
    return member.tobuf() + content + bytes(-len(content) % 512)


SPARSE = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
SPACE = 10**7


@pytest.mark.parametrize(
    "archive",
    [
        listing(200_000),
        listing(200_000, is_zip64=True),
        listing(150, struct.pack("<HH", 9, 0) * 16_000),
        gzip.compress(described(tarfile.XHDTYPE, b"6 a=b\n" * (SPACE // 6)) + EMPTY),
        gzip.compress(described(tarfile.XGLTYPE, b"6 a=b\n" * (SPACE // 60)) * 10 + EMPTY),
        gzip.compress((described(tarfile.XHDTYPE, b"6 a=b\n" * 1000) + EMPTY) * (SPACE // 7000)),
        gzip.compress(described(tarfile.GNUTYPE_LONGNAME, b"a" * SPACE) + EMPTY),
        gzip.compress(
            described(tarfile.XHDTYPE, SPARSE) + described(tarfile.REGTYPE, b"%d\n" % SPACE + b"1\n" * SPACE)
        ),
        gzip.compress(bytes(SPACE)),
    ],
)
def test_an_archive_that_says_very_much_of_its_files_is_given_up_early(archive: bytes) -> None:
    before = time.process_time()
    with pytest.raises(ValueError, match="^Expected an archive whose list of files has at most 6,000,000 bytes"):
        unpacked(archive, ASKED, most=10**9)
    assert time.process_time() - before < 5, "a second or two is as long as it takes"


def test_a_long_list_of_files_that_nobody_asks_for_is_passed_over() -> None:
    files = {f"{'long ' * 50}{place}": b"x" * 4_000 for place in range(2_000)} | FILES
    for archive in (zipped(files), tarred(files), tarred(files, "w:gz")):
        assert [*unpacked(archive, ASKED, most=10**7)] == [*FILES][:2]


def test_a_compressed_archive_that_was_damaged_is_refused() -> None:
    content = bytearray(tarred({"run.json": b"{}"}, "w:gz"))
    content[-8] ^= 1  # Of its checksum.
    with pytest.raises(ValueError, match="^Expected a zip, tar or tar.gz archive. Received: CRC"):
        unpacked(bytes(content), ASKED, most=100)


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
