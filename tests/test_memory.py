"""What a process holds, and what it gives back."""

from __future__ import annotations

import sys

import psutil
import pytest

from vgdemo.memory import has_grown, trim


def test_a_process_has_grown_beyond_what_it_holds_and_no_more() -> None:
    held = psutil.Process().memory_info().rss
    assert has_grown(held // 2) and not has_grown(2 * held)


@pytest.mark.skipif(sys.platform != "linux", reason="No other system's C library is asked.")
def test_memory_that_was_freed_below_what_is_held_is_given_back() -> None:
    process, kilobyte = psutil.Process(), b"x" * 1000
    blocks = [bytearray(kilobyte) for _ in range(100_000)]
    full = process.memory_info().rss
    last = blocks[-1]
    blocks.clear()
    trim()
    assert last and process.memory_info().rss < full - 50_000_000
