"""What tests of the store put in and look at."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from record.same import leaves

from vgdemo.record import RunRecord
from vgdemo.store import RunStore


def put(store: RunStore, record: RunRecord) -> str:
    """Store a record; its key."""
    store[record.run_key] = record
    return record.run_key


def folder_of(store: RunStore, key: str) -> Path:
    """Where a local store keeps a run."""
    return Path(store.url, "v2", key[:2], key)


def files_of(store: RunStore, key: str) -> list[Path]:
    """The files of a run in a local store."""
    return sorted(folder_of(store, key).iterdir())


def age(store: RunStore, key: str, seconds: float) -> None:
    """Make a run one that was not used for so long."""
    for path in files_of(store, key):
        os.utime(path, (time.time() - seconds,) * 2)


def size_of(store: RunStore) -> int:
    """Bytes of all files below a local store's URL."""
    return sum(path.stat().st_size for path in Path(store.url).rglob("*") if path.is_file())


def is_same(one: RunRecord, other: RunRecord) -> bool:
    """Whether two records are equal in every field and number."""
    left, right = leaves(one), leaves(other)
    return left.keys() == right.keys() and all(np.array_equal(left[name], right[name]) for name in left)
