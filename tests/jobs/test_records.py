"""Records in memory: bounded, and never of a run that the store does not keep."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import trainers
from jobs.waiting import config

from vgdemo.jobs.records import OBJECT_BYTES, Records
from vgdemo.store import RunStore


def test_records_in_memory_are_bounded_and_the_last_used_stay(store: RunStore) -> None:
    first, second, third = (config(seed, epochs=100) for seed in (60, 61, 62))
    for one in (first, second, third):
        store[one.run_key] = trainers.epochs_of(one, 0, 100)
    size = trainers.epochs_of(first, 0, 100).compact().nbytes + OBJECT_BYTES
    records = Records(store, max_bytes=int(2.9 * size))
    kept = records.get(first.run_key)
    records.get(second.run_key)
    assert records.get(first.run_key) is kept
    records.get(third.run_key)
    store.clear()
    assert records.get(first.run_key) is kept
    assert records.get(second.run_key) is None


def test_a_record_in_memory_takes_no_more_than_it_counts(store: RunStore) -> None:
    small = trainers.epochs_of(config(75), 0, 2)
    store[small.run_key] = small
    read = Records(store).get(small.run_key)  # What is made once for all records has been made.
    tracemalloc.start()
    others = [Records(store).get(small.run_key) for _ in range(20)]
    taken = tracemalloc.get_traced_memory()[0] / len(others)
    tracemalloc.stop()
    assert read is not None and read.nbytes / 2 < taken < read.nbytes + OBJECT_BYTES


@pytest.mark.parametrize("way", ["from the store", "from the workers"])
def test_a_record_in_memory_has_the_same_numbers_in_less_memory(store: RunStore, way: str) -> None:
    whole = trainers.epochs_of(config(74), 0, 100)
    store[whole.run_key] = whole
    records = Records(store)
    if way == "from the workers":
        assert not records.missing(whole.run_key, whole)
    found = records.get(whole.run_key)
    assert found is not None and found.nbytes < 0.7 * whole.nbytes
    for name, panel in whole.panels.items():
        same = found.panels[name]
        assert np.array_equal(panel.epochs, same.epochs)
        assert all(np.array_equal(panel.statistics[key], same.statistics[key]) for key in panel.statistics)
        if panel.histograms is not None:
            assert same.histograms is not None and np.array_equal(panel.histograms, same.histograms)


def test_a_record_that_is_known_already_is_held_only_if_the_store_keeps_its_run(store: RunStore) -> None:
    kept, lost = (trainers.epochs_of(config(seed), 0, 5) for seed in (63, 64))
    store[kept.run_key] = kept
    records = Records(store)
    assert not records.missing(kept.run_key, kept)
    assert records.missing(lost.run_key, lost)
    store.clear()
    assert records.get(kept.run_key) is not None
    assert records.get(lost.run_key) is None


def test_a_run_of_which_chunks_were_missed_is_read_from_the_store(store: RunStore) -> None:
    kept, lost = (trainers.epochs_of(config(seed), 0, 5) for seed in (65, 66))
    store[kept.run_key] = kept
    assert not Records(store).missing(kept.run_key, None)
    assert Records(store).missing(lost.run_key, None)


def test_a_record_that_is_larger_than_the_memory_is_kept_alone(store: RunStore) -> None:
    small, large = (trainers.epochs_of(config(seed, epochs=epochs), 0, epochs) for seed, epochs in ((67, 1), (68, 100)))
    records = Records(store, max_bytes=large.compact().nbytes - 1)
    for record in (small, large):
        store[record.run_key] = record
        assert not records.missing(record.run_key, record)
    store.clear()
    assert records.get(large.run_key) is not None
    assert records.get(small.run_key) is None


def test_whether_a_run_is_known_is_answered_without_reading_it(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, held, absent = (trainers.epochs_of(config(seed), 0, 5) for seed in (70, 71, 72))
    records = Records(store)
    for record in (stored, held):
        store[record.run_key] = record
    assert not records.missing(held.run_key, held)
    del store[held.run_key]
    monkeypatch.setattr(RunStore, "__getitem__", None)
    assert [record.run_key in records for record in (stored, held, absent)] == [True, True, False]


def test_a_store_that_cannot_be_read_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    records = Records(RunStore(str(tmp_path / "file" / "runs")))
    key = config(73).run_key
    assert key not in records
    assert records.get(key) is None
    for record in (None, trainers.epochs_of(config(73), 0, 5)):
        assert re.search("not found again.*file/runs to be readable", records.missing(key, record))
