"""Finished records: from memory if they were looked at lately, so that a page draws quickly, else from the store."""

from __future__ import annotations

import logging
import threading

from cachetools import LRUCache

from vgdemo.record import RunRecord
from vgdemo.store import RunStore, StoreError

OTHER_STORE = "The run is not kept: the workers have written it to a store that is not this one."
MAX_BYTES = 128 * 2**20  # Those of twenty runs of the default size, compact.
OBJECT_BYTES = 32 * 2**10  # About a record's arrays, however small these are: hundreds of small runs are mostly that.

_log = logging.getLogger(__name__)


class Records:
    """A store of runs with the least recently used ones dropped from memory when they are too many bytes."""

    def __init__(self, store: RunStore, max_bytes: int = MAX_BYTES) -> None:
        self._store = store
        self._lock = threading.Lock()
        # A record that is larger than all the room takes it all: whoever looks at it looks again and again.
        self._recent: LRUCache[str, RunRecord] = LRUCache(
            max_bytes, lambda record: min(record.nbytes + OBJECT_BYTES, max_bytes)
        )

    def __contains__(self, run_key: str) -> bool:
        """Whether a run is known; whether its files are whole shows when it is read."""
        return run_key in self._recent or run_key in self._store

    def get(self, run_key: str) -> RunRecord | None:
        """The record, if it is known and whole."""
        with self._lock:
            record = self._recent.get(run_key)
        if record is None and (read := self._from_store(run_key)) is not None:
            return self._remember(run_key, read)
        return record

    def missing(self, run_key: str, record: RunRecord | None) -> str:
        """Why a run that was trained is not found in the store, in a sentence; empty if it is.

        Args:
            run_key: The run.
            record: The whole of it, if it came another way; it then need not be read back.
        """
        try:
            if not self._store.look_up_all([run_key]):
                return OTHER_STORE
        except StoreError as error:
            return f"The run is not found again. {error}"
        if record is not None:
            self._remember(run_key, record)
        return "" if record is not None or self.get(run_key) is not None else OTHER_STORE

    def _from_store(self, run_key: str) -> RunRecord | None:
        """A store that cannot be read holds nothing: the run is trained, and a notice says that it is not kept."""
        try:
            return self._store.get(run_key)
        except StoreError as error:
            _log.warning("%s", error)
            return None

    def _remember(self, run_key: str, record: RunRecord) -> RunRecord:
        """The record as it is remembered: half of its bytes count what a smaller type counts as well."""
        compact = record.compact()
        with self._lock:
            self._recent[run_key] = compact
        return compact
