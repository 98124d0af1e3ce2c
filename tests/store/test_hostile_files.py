"""Files in a store that somebody else has written: what they say is not there, and nothing ends the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vgdemo.record import RunRecord
from vgdemo.store import RunStore
from vgdemo.store.manifest import _digest

CHANGES: dict[str, Any] = {
    "no key": {"run_key": 5},
    "a key that leads elsewhere": {"run_key": "../../etc"},
    "a source that is none": {"source": [1]},
    "a log of numbers": {"source": {"log": {"name": 5, "run_key": 5}}},
    "a summary that is none": {"summary": 5},
    "ends that are none": {"summary": {"ends": [5]}},
    "a status that is none": {"status": {}},
    "a time that is none": {"written": 5},
    "files that are none": {"files": []},
    "a file that is none": {"files": {"curves.parquet": 5}},
    "a file elsewhere": {"files": {"curves.parquet": {"name": "../../../secret", "size": 6, "sha256": "0" * 64}}},
    "a file at the root": {"files": {"curves.parquet": {"name": "/etc/passwd", "size": 6, "sha256": "0" * 64}}},
}


@pytest.fixture
def store(tmp_path: Path, make_record: Callable[..., RunRecord]) -> RunStore:
    """With one run in it."""
    store = RunStore(str(tmp_path))
    store.keep(make_record())
    return store


def manifest(store: RunStore) -> Path:
    (path,) = Path(store.url).glob("v2/??/*/manifest.json")
    return path


def reads(store: RunStore, key: str) -> None:
    """All that the pages ask of a store: it has no such run."""
    assert store.summaries() == [] and store.look_up(key) is None and key not in store
    assert store.look_up_all([key]) == {} and [*store] == []
    with pytest.raises(KeyError):
        store[key]
    store.check()


@pytest.mark.parametrize("change", CHANGES)
def test_a_manifest_of_other_things_with_a_true_checksum_is_of_no_run(store: RunStore, change: str) -> None:
    path = manifest(store)
    written = json.loads(path.read_bytes())
    run = written["run"] | CHANGES[change]
    path.write_text(json.dumps(written | {"run": run, "sha256": _digest(run)}))
    reads(store, path.parent.name)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"5",
        b"null",
        b"[" * 100_000,
        b"\xff\xfe",
        b"cos\nsystem\n(S'true'\ntR.",
        b'{"format": {}, "run": 5}',
        b"9" * 5000,
    ],
)
def test_a_manifest_that_is_something_else_is_of_no_run(store: RunStore, content: bytes) -> None:
    path = manifest(store)
    path.write_bytes(content)
    reads(store, path.parent.name)


def test_a_time_without_a_zone_is_compared_with_others(store: RunStore, make_record: Callable[..., RunRecord]) -> None:
    path = manifest(store)
    written = json.loads(path.read_bytes())
    run = written["run"] | {"written": "2026-01-01T00:00:00"}
    path.write_text(json.dumps(written | {"run": run, "sha256": _digest(run)}))
    store.keep(make_record(seed=7))
    assert len(store.summaries()) == 2


@pytest.mark.parametrize("content", [b"[" * 100_000, b"5", b"\xff", b"{"])
def test_a_note_of_a_study_that_is_none_is_left_out(store: RunStore, content: bytes) -> None:
    store.note_study("0" * 64, {"study": {}})
    next(Path(store.url).glob("v2/studies/*.json")).write_bytes(content)
    assert store.studies() == {}


def test_nothing_that_could_be_run_is_ever_read() -> None:
    root = Path(__file__).resolve().parents[2] / "vgdemo"
    own_pipe = root / "training.py"  # Between a process and another one that it has started.
    for path in {*root.rglob("*.py")} - {own_pipe}:
        source = path.read_text(encoding="utf-8")
        assert not any(word in source for word in ("import pickle", "cloudpickle", "np.load(", "joblib", "marshal")), (
            path
        )
