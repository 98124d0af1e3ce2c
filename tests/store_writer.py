"""Writes one run in a process of its own: repeatedly, or halting at a given flush so that it can be killed there.

python store_writer.py URL DRAW REPEATS [HALT_AT]
"""

from __future__ import annotations

import os
import sys
import time

from conftest import TINY, random_record

from vgdemo.config import RunConfig
from vgdemo.store import RunStore


def halt_at_flush(number: int) -> None:
    """Stop for ever at one of the flushes to disk, after saying so."""
    flush, flushes = os.fsync, iter(range(1, 100))

    def counted(descriptor: int) -> None:
        if next(flushes) == number:
            print("halted", flush=True)
            time.sleep(600)
        flush(descriptor)

    os.fsync = counted


if __name__ == "__main__":
    url, draw, repeats, *halt = sys.argv[1:]
    if halt:
        halt_at_flush(int(halt[0]))
    record = random_record(RunConfig(**TINY), int(draw))
    for _ in range(int(repeats)):
        RunStore(url)[record.run_key] = record
