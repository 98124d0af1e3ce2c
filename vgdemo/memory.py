"""The memory that a process holds, and when that is so much that a new one is to take its place.

What TensorFlow has compiled, a process never lets go: forgetting its programs and functions gives back a tenth of it.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

import psutil

# Between two runs; a process that trains begins with two thirds of it, and a program takes 20 MB.
MOST_BYTES = 1_000_000_000


def has_grown(most_bytes: int = MOST_BYTES) -> bool:
    """Whether this process holds more than that."""
    return int(psutil.Process().memory_info().rss) > most_bytes


def trim() -> None:
    """Have the C library give back what was freed among what is held, where it can: it does not by itself."""
    with suppress(AttributeError):  # Not every Linux has the GNU one.
        if sys.platform == "linux":
            ctypes.CDLL(None).malloc_trim(0)
