"""What different networks leave in memory: in the dashboard's processes, and in somebody's own that trains them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from bench.dashboard import MEGABYTE, processes
from bench.result import Result
from bench.visitors import FORGOTTEN, GLANCE, WARM_UP, visit
from tests.browser.dashboard import dashboard
from vgdemo.activations import ACTIVATIONS
from vgdemo.config import RunConfig
from vgdemo.record import RunRecord
from vgdemo.store import RunStore

NETWORKS, VISITS = 200, 300
WEB, WORKER, LOOP = 500, 1.2 * 1024, 1.5 * 1024  # Megabytes.
GROWTH = 10  # Per cent.
PATIENCE = 120  # Seconds for a run.


def different(count: int, first: int = 0) -> list[RunConfig]:
    """Networks of which few share a program: each has another activation, depth and width than the one before."""
    names = [*ACTIVATIONS]
    return [
        RunConfig(
            activation=names[place % len(names)],
            num_hidden_layers=1 + place * 7 % 24,
            units=1 + place * 5 % 32,
            optimizer=("sgd", "adam")[place // 3 % 2],
            normalization=("none", "batch", "layer")[place // 7 % 3],
            epochs=100,
            seed=place,
        )
        for place in range(first, first + count)
    ]


def networks(folder: Path) -> Iterator[Result]:
    """The dashboard after 200 different runs and 300 visits, and after twice as many, when everybody has left."""
    store = RunStore(str(folder))
    halves = different(NETWORKS), different(NETWORKS, NETWORKS)
    with dashboard(VGDEMO_STORE=str(folder), VGDEMO_TRIALS="off") as url:
        time.sleep(WARM_UP)
        web, *workers = _after_visits(url, store, halves[0])
        yield Result(f"web process after {NETWORKS} different runs and {VISITS} visits", [web], WEB, "MB")
        yield Result("largest worker", [max(workers)], WORKER, "MB")
        web_then, *workers_then = _after_visits(url, store, halves[1])
        yield Result("web process, more after twice as many", [100 * (web_then / web - 1)], GROWTH, "%")
        yield Result("largest worker after twice as many", [max(workers_then)], WORKER, "MB")
    yield Result("runs that were trained and stored", [len(store)], None, "runs")


def loop() -> Iterator[Result]:
    """`vgdemo.train` over 200 different networks: what this process and the one that trains for it hold together."""
    import vgdemo

    me = psutil.Process()
    runs = different(NETWORKS)
    for first in range(0, NETWORKS, NETWORKS // 4):
        seen: list[int] = []

        def look(_: RunRecord, seen: list[int] = seen) -> None:
            seen.append(sum(one.memory_info().rss for one in (me, *me.children(recursive=True))))

        for config in runs[first : first + NETWORKS // 4]:
            vgdemo.train(config, on_chunk=look)
        most = max(seen) / MEGABYTE
        yield Result(f"vgdemo.train, most at networks {first + 1} to {first + NETWORKS // 4}", [most], LOOP, "MB")


def _after_visits(url: str, store: RunStore, runs: Sequence[RunConfig]) -> list[float]:
    """Megabytes of the web process and its workers, some time after each run was looked at, half of them twice."""
    for place in range(VISITS):
        run = runs[place] if place < len(runs) else runs[2 * (place - len(runs))]
        asyncio.run(visit(url, [run], random.Random(place), GLANCE))
        deadline = time.monotonic() + PATIENCE
        while run.run_key not in store:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Expected {run.sentence} within {PATIENCE} s. Received nothing.")
            time.sleep(0.05)
    time.sleep(FORGOTTEN)
    return [*processes()]
