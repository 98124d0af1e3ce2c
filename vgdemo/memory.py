"""When a process holds so much memory that a new one is to take its place.

What TensorFlow has compiled, a process never lets go: forgetting its programs and functions gives back a tenth of it.
"""

from __future__ import annotations

import psutil

# Between two runs; a process that trains begins with two thirds of it, and a program takes 20 MB.
MOST_BYTES = 1_000_000_000


def has_grown(most_bytes: int = MOST_BYTES) -> bool:
    """Whether this process holds more than that."""
    return int(psutil.Process().memory_info().rss) > most_bytes
