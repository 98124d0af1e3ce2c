"""Changes a store in a process of its own: repeatedly, or halting at a given flush so that it can be killed there.

python store_writer.py URL DRAW|CHANGE REPEATS [HALT_AT]
"""

from __future__ import annotations

import os
import sys
import time

from conftest import TINY, random_record

from vgdemo.config import RunConfig
from vgdemo.store import RunStore

KEY = RunConfig(**TINY).run_key
CHANGES = {
    "note": lambda store: store.note_study(KEY, {"state": "running"}),
    "pin": lambda store: store.pin(KEY),
    "restore": lambda store: store.restore(KEY),
}


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
    url, change, repeats, *halt = sys.argv[1:]
    if halt:
        halt_at_flush(int(halt[0]))
    record = random_record(RunConfig(**TINY), int(change)) if change.isdigit() else None
    for _ in range(int(repeats)):
        if record is not None:
            RunStore(url)[KEY] = record
        else:
            CHANGES[change](RunStore(url))
