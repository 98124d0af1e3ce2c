"""Where things lie below a store's URL."""

from __future__ import annotations

import hashlib
import os
import re
import time
from datetime import UTC, datetime, timedelta

from vgdemo.environment import STORE_GB
from vgdemo.store.folder import StoreError

MANIFEST = "manifest.json"
RUNS, PINS, QUARANTINE, DISCARDED = "v2", "v2/pins", "v2/quarantine", "v2/discarded"
STUDIES = "v2/studies"  # Notes of those that were started.
OLD_RUNS, OLD_PINS = "v1", "v1/pins"  # Of a layout whose runs nobody reads any more.

# What `path_of` and `aside` name. Nothing else is ever removed.
FOLDER = re.compile(r"v[12]/(?:([0-9a-f]{2})/\1[0-9a-f]{62}|(?:quarantine|discarded)/[0-9a-f]{64}-[0-9]{1,19})")
DISCARDED_AGE = timedelta(days=1)  # Nobody wants a run back that was discarded before that.
LEFTOVER_AGE = timedelta(hours=1)  # No write takes that long: what is older and in no manifest was interrupted.
TRAINED_FOR = re.compile(r"for-[0-9a-f]{8}")  # An empty file beside a run that says for which visitor it was trained.
TEMPORARY = re.compile(r".*\.[0-9a-f]{32}\.tmp")  # A file that is being written, or was when its writer died.
_KEY = re.compile(r"[0-9a-f]{64}")


def path_of(key: str) -> str:
    """The folder of a run; KeyError if that is no key."""
    return f"{RUNS}/{_valid(key)[:2]}/{key}"


def pin_of(key: str) -> str:
    """The file that pins a run; KeyError if that is no key."""
    return f"{PINS}/{_valid(key)}"


def study_of(key: str) -> str:
    """The file that notes a study; KeyError if that is no key."""
    return f"{STUDIES}/{_valid(key)}.json"


def trained_for(visitor: str) -> str:
    """The file beside a run that was trained for a visitor, in whose name only the store can tell them apart."""
    return f"for-{hashlib.sha256(visitor.encode()).hexdigest()[:8]}"


def is_key(name: str) -> bool:
    """Whether a name may be that of a run."""
    return _KEY.fullmatch(name) is not None


def aside(place: str, key: str) -> str:
    """Where a run goes now that is taken out of the store to a place such as `QUARANTINE`: a folder of its own."""
    return f"{place}/{_valid(key)}-{time.time_ns()}"


def is_leftover(last_use: datetime) -> bool:
    """Whether what no manifest promises was last written so long ago that nobody can be at it any more."""
    return last_use < datetime.now(UTC) - LEFTOVER_AGE


def is_over(path: str) -> bool:
    """Whether the folder of a run is that of one that was discarded too long ago to be brought back."""
    return path.startswith(DISCARDED) and _taken_aside(path) < datetime.now(UTC) - DISCARDED_AGE


def default_url() -> str:
    """Where a store lies that nobody has given a URL: the environment variable VGDEMO_STORE or the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    return os.environ.get("VGDEMO_STORE") or f"{home}/vgdemo/runs"


def default_max_bytes() -> int:
    """The size of a store that nobody has given one: VGDEMO_STORE_GB, or room for a thousand runs of the default size.

    Raises:
        StoreError: If the variable says something else.
    """
    said = os.environ.get(STORE_GB) or "4"
    try:
        size = round(float(said) * 2**30)
    except (OverflowError, ValueError):
        size = 0
    if size <= 0:
        raise StoreError(f"Expected {STORE_GB} to be a number of gigabytes above 0. Received: {said}")
    return size


def _taken_aside(path: str) -> datetime:
    """When a run was taken to the folder that `aside` named."""
    return datetime.fromtimestamp(int(path.rpartition("-")[2]) / 1e9, UTC)


def _valid(key: str) -> str:
    if not is_key(key):
        raise KeyError(key)
    return key
