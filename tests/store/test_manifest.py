"""The manifest: what it says survives JSON, and damage shows."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from conftest import foreign_record

from vgdemo.diagnosis import Verdict
from vgdemo.learning import Share
from vgdemo.record import RunRecord
from vgdemo.store import StoredFile, StoredRun
from vgdemo.store.manifest import DamagedError, UnreadableError
from vgdemo.summary import Summary, summarize

MakeRecord = Callable[..., RunRecord]

FULL = Summary(
    accuracy=(0.5, 0.75, 1.0),
    learned=Share(3, 20),
    arrival=math.inf,
    first_ratio=-math.inf,
    last_ratio=1e-300,
    dead=0.0,
    saturated=0.25,
    inactive=None,
    verdict=Verdict.VANISHING,
    seconds=1.5,
)
EMPTY = replace(FULL, **{name: None for name in ("accuracy", "learned", "arrival", "first_ratio", "last_ratio")})


@pytest.fixture
def run(make_record: MakeRecord) -> StoredRun:
    record = make_record()
    return StoredRun.of(record, record.to_files())


def read_back(run: StoredRun) -> StoredRun:
    return StoredRun.from_bytes(run.to_bytes())


def test_a_manifest_says_what_is_stored(make_record: MakeRecord) -> None:
    record = make_record()
    files = record.to_files()
    run = StoredRun.of(record, files)
    assert (run.run_key, run.source, run.config, run.status) == (
        record.run_key,
        record.source,
        record.config,
        "complete",
    )
    assert run.summary == summarize(record)
    assert run.num_bytes == sum(map(len, files.values()))
    assert run.files.keys() == files.keys()


@pytest.mark.parametrize("summary", [FULL, EMPTY])
def test_a_manifest_comes_back_as_it_was(run: StoredRun, summary: Summary) -> None:
    run = replace(run, summary=summary)
    again = read_back(run)
    assert again == run
    for row in fields(Summary):
        assert type(getattr(again.summary, row.name)) is type(getattr(summary, row.name)), row.name


def test_what_is_no_number_comes_back_and_the_file_is_plain_json(run: StoredRun) -> None:
    run = replace(run, summary=replace(FULL, accuracy=(math.nan, 0.5, math.inf), dead=math.nan))
    low, _, high = read_back(run).summary.accuracy
    assert math.isnan(low) and high == math.inf
    assert math.isnan(read_back(run).summary.dead)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    json.loads(run.to_bytes(), parse_constant=refuse)


def test_a_log_has_a_manifest_too() -> None:
    record = foreign_record()
    run = read_back(StoredRun.of(record, record.to_files()))
    assert (run.source, run.config, run.run_key, run.sentence) == (record.source, None, "f" * 64, "my_model")


def written(run: StoredRun, **summary: object) -> bytes:
    """The manifest of another version, whose summary has other fields."""
    described = json.loads(run.to_bytes())["run"]
    described["summary"] |= summary
    described["summary"] = {name: value for name, value in described["summary"].items() if value != "left out"}
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
    return json.dumps({"format": 2, "run": described, "sha256": digest}).encode()


def test_a_number_that_an_older_program_did_not_sum_up_is_none(run: StoredRun) -> None:
    again = StoredRun.from_bytes(written(replace(run, summary=FULL), dead="left out", learned="left out"))
    assert again.summary == replace(FULL, dead=None, learned=None)


def test_a_summary_without_a_verdict_has_one_that_says_nothing(run: StoredRun) -> None:
    for verdict in ("left out", None):
        again = StoredRun.from_bytes(written(replace(run, summary=FULL), verdict=verdict))
        assert again.summary == replace(FULL, verdict=Verdict.UNKNOWN)


def test_a_number_and_a_verdict_that_only_a_newer_program_knows_say_nothing(run: StoredRun) -> None:
    again = StoredRun.from_bytes(written(replace(run, summary=FULL), sharpness=2.0, verdict="thrashing"))
    assert again.summary == replace(FULL, verdict=Verdict.UNKNOWN)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b"\xff"])
def test_what_is_no_manifest_is_damaged(content: bytes) -> None:
    with pytest.raises(DamagedError) as caught:
        StoredRun.from_bytes(content)
    assert str(caught.value) == f"its manifest should be JSON that says its format, and begins {content!r}"


def test_a_manifest_that_was_altered_is_damaged(run: StoredRun) -> None:
    altered = run.to_bytes().replace(b'"complete"', b'"stopped"')
    for content in (altered, b'{"format": 2}'):
        with pytest.raises(DamagedError, match="altered"):
            StoredRun.from_bytes(content)


def test_a_manifest_of_another_format_is_told_from_a_damaged_one(run: StoredRun) -> None:
    with pytest.raises(UnreadableError, match="Expected a run of format 2. Received: format 3"):
        StoredRun.from_bytes(run.to_bytes().replace(b'"format": 2', b'"format": 3'))


def test_a_file_is_named_by_its_content_and_knows_it() -> None:
    content = b"some bytes"
    file = StoredFile.of("curves.parquet", content)
    assert file.name.startswith("curves-") and file.name.endswith(".parquet")
    assert file.name != StoredFile.of("curves.parquet", b"other bytes").name
    assert file.holds(content)
    assert not file.holds(b"some byteS")
    assert not file.holds(content + b"0")
