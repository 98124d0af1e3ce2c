"""Changes a store in a process of its own: repeatedly, or halting at a given flush so that it can be killed there.

python store_writer.py URL DRAW|CHANGE REPEATS [HALT_AT]

Without arguments it reads them, a JSON list in each line, and forks a process for each: to import anew takes seconds.
"""

from __future__ import annotations

import json
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
            print("halted", os.getpid(), flush=True)
            time.sleep(600)
        flush(descriptor)

    os.fsync = counted


def change_store(url: str, change: str, repeats: str, *halt_at: str) -> None:
    for flush in halt_at:
        halt_at_flush(int(flush))
    record = random_record(RunConfig(**TINY), int(change)) if change.isdigit() else None
    for _ in range(int(repeats)):
        if record is not None:
            RunStore(url)[KEY] = record
        else:
            CHANGES[change](RunStore(url))


def serve() -> None:
    """Do what is read, each in a process of its own, and say of each when it has ended."""
    for line in sys.stdin:
        process = os.fork()
        if not process:
            change_store(*json.loads(line))
            os._exit(0)
        os.waitpid(process, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        change_store(*sys.argv[1:])
    else:
        serve()
