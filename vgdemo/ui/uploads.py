"""Logs and saved records that a visit uploads: data alone, within bounds, read in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from vgdemo.archive import unpacked
from vgdemo.log import read_files
from vgdemo.record import RunRecord, check_size
from vgdemo.ui.logs import uploaded
from vgdemo.ui.session import UPLOAD, session
from vgdemo.wording import readable

KINDS = ("zip", "tar", "gz", "tgz", "json", "jsonl")
MAX_MEGABYTES = 50  # Of all files that are uploaded together.
MAX_UNPACKED = 256_000_000  # Bytes.
MAX_UPLOADS = 4  # That a visit keeps.
MAX_NAME = 60  # Signs.
HELP = """A log: its folder as a zip or tar archive, or its two files, `run.json` and `records.jsonl`. Or a record that
`record.save` has written. Nobody else sees it, and it is forgotten when you leave."""


def upload(show: Callable[[tuple[str, ...]], None]) -> None:
    """A field for files; those that cannot be read are said by the page.

    Args:
        show: Gets the name of the new log.
    """
    with st.popover("Upload"):
        st.markdown(HELP)
        st.file_uploader(
            "Log or record",
            KINDS,
            accept_multiple_files=True,
            key=_key(),
            max_upload_size=MAX_MEGABYTES,
            label_visibility="collapsed",
            on_change=partial(_take, show),
        )


def record_of(files: Mapping[str, bytes]) -> RunRecord:
    """The record in files from anywhere, by their names: one archive, or the two files of a log.

    Raises:
        ValueError: If there is none, or it is larger than what may be uploaded.
    """
    size = sum(map(len, files.values()))
    if size > MAX_MEGABYTES * 10**6:
        raise ValueError(f"Expected at most {MAX_MEGABYTES} MB. Received: {size / 10**6:.0f} MB")
    archives = [content for name, content in files.items() if not name.endswith((".json", ".jsonl"))]
    if not archives:
        return read_files(files)
    if len(files) > 1:
        raise ValueError(f"Expected one archive, or the two files of a log. Received: {len(files)} files")
    inside = unpacked(archives[0], (".json", ".jsonl", ".parquet"), MAX_UNPACKED)
    if any(name.endswith(".parquet") for name in inside):
        check_size(inside, MAX_UNPACKED)
        return RunRecord.from_files(inside)
    return read_files(inside)


def _take(show: Callable[[tuple[str, ...]], None]) -> None:
    files = {file.name: file.getvalue() for file in st.session_state.get(_key(), ())}
    if not files:  # What was sent is gone, or came of a field that is.
        return
    session().times_uploaded += 1  # Another key is an empty field, ready for the next files.
    try:
        record = record_of(files)
    except ValueError as error:
        session().notice = str(error)
        return
    name = f"{readable(_called(files, record))[:MAX_NAME]} (uploaded)"
    kept = session().uploads
    kept.pop(name, None)
    for oldest in [*kept][: max(0, len(kept) - MAX_UPLOADS + 1)]:
        del kept[oldest]
    kept[name] = uploaded(name, record)
    show((name,))


def _key() -> str:
    return f"{UPLOAD} {session().times_uploaded}"


def _called(files: Mapping[str, bytes], record: RunRecord) -> str:
    """The archive's name, or what the log itself says."""
    first = next(iter(files))
    return record.sentence if len(files) > 1 else first.partition(".")[0]
