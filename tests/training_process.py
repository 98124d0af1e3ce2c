"""The process that `vgdemo.train` starts, with a stand-in for the engine: what happens is the run's seed."""

from __future__ import annotations

import os
from collections.abc import Iterator

import trainers

from vgdemo import training
from vgdemo.config import RunConfig
from vgdemo.record import RunRecord

FAILS, GROWS, DIES, PRINTS = 1, 2, 3, 4


def chunks(config: RunConfig) -> Iterator[RunRecord]:
    """Chunks that name this process."""
    for place, (first, last) in enumerate(trainers.chunks(config)):
        if place and config.seed == FAILS:
            raise MemoryError("There is none left.")
        if place and config.seed == DIES:
            os._exit(9)
        if config.seed == PRINTS:
            print("Some library prints this.", flush=True)
        yield trainers.epochs_of(config, first, last)
    if config.seed == GROWS:
        training.has_grown = lambda most_bytes: True


if __name__ == "__main__":
    training.serve(chunks)
