"""What a study takes: on one worker and on two, for each run beside training, in memory, and on many workers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
from distributed import LocalCluster

from bench.napping import NAP
from bench.result import Result
from vgdemo.config import RunConfig
from vgdemo.jobs import Jobs, StudyState
from vgdemo.jobs.queue import TRAINER
from vgdemo.nursery import WORKER_ENVIRONMENT, open_nursery
from vgdemo.store import RunStore
from vgdemo.study import Grid

THREE = [
    ("tanh", "uniform_0_1", "uniform_0_1"),
    ("tanh", "glorot_uniform", "glorot_uniform"),
    ("relu", "he_uniform", "glorot_uniform"),
]
DEPTHS = Grid.of(
    RunConfig(), {"num_hidden_layers": range(1, 21), "activation kernel_initializer output_initializer": THREE}
)
MANY = Grid.of(RunConfig(epochs=5, replicates=2), {"seed": range(1000)})
SECONDS, SPEED_UP, OVERHEAD = 150, 1.8, 0.030
MANY_WORKERS, NAPS = 16, 10  # As many as two cores carry, and how often each naps.
NAPPING = "bench.napping:train"
POLL_SECONDS = 0.05
ANY = RunConfig(epochs=1, replicates=1)
START_SECONDS = 120


def studies(folder: Path) -> Iterator[Result]:
    """The study of depth, nothing compiled before, on two workers and on one; then compiled."""
    with cluster(2) as address:
        took, _ = trained(DEPTHS, address, folder / "first")
        yield Result("20 depths x 3, 10 replicates, 500 epochs, two workers, never compiled", [took], SECONDS)
        two, training = trained(DEPTHS, address, folder / "two")
        yield Result("    compiled", [two], SECONDS)
        overhead = (2 * two - training) / len(DEPTHS.configs)
        yield Result("    of each run beside its training", [overhead], OVERHEAD)
    with cluster(1) as address:
        one, _ = trained(DEPTHS, address, folder / "one")
    yield Result("    one worker takes longer", [one / two], SPEED_UP, "times")


def memory(folder: Path) -> Iterator[Result]:
    """Megabytes after 200 and after 1,000 runs."""
    with cluster(2) as address, closing(Jobs(RunStore(str(folder)), address)) as jobs:
        jobs.studies.start(MANY)
        _wait(jobs, MANY, 200)
        before = _megabytes()
        _wait(jobs, MANY, len(MANY.configs))
        after = _megabytes()
    for who, first, last in zip(("this process", "the largest worker"), before, after, strict=True):
        yield Result(f"{who}, after 1,000 runs (after 200: {first:.0f} MB)", [last], None, "MB")


def many_workers(folder: Path) -> Iterator[Result]:
    """How much of the time as many workers as this machine carries are at work, where a run is only a nap."""
    first, later = (_naps(range(start, start + MANY_WORKERS * NAPS)) for start in (10_000, 0))
    with cluster(MANY_WORKERS) as address:
        trained(first, address, folder, NAPPING)  # Every worker has imported what it needs.
        took, _ = trained(later, address, folder, NAPPING)
    yield Result(f"{MANY_WORKERS} workers, runs of {NAP:g} s: share of the time at work", [NAP * NAPS / took], None, "")


def _naps(seeds: range) -> Grid:
    return Grid.of(RunConfig(epochs=1, replicates=1), {"seed": seeds})


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """The address of a cluster with so many workers of one thread each."""
    open_nursery()
    options = {"processes": True, "n_workers": workers, "threads_per_worker": 1, "env": WORKER_ENVIRONMENT}
    with LocalCluster(host="127.0.0.1", dashboard_address="127.0.0.1:0", **options) as local:
        yield local.scheduler_address


def trained(grid: Grid, address: str, folder: Path, trainer: str = TRAINER) -> tuple[float, float]:
    """Seconds that a study took, and those of them that its runs say they took."""
    with closing(Jobs(RunStore(str(folder)), address, trainer=trainer)) as jobs:
        jobs.submit(ANY).wait_for_end(START_SECONDS)  # The workers are up.
        began = time.perf_counter()
        jobs.studies.start(grid)
        _wait(jobs, grid, len(grid.configs))
        took = time.perf_counter() - began
        return took, sum(summary.seconds or 0.0 for summary in jobs.studies.results(grid).values())


def _wait(jobs: Jobs, grid: Grid, runs: int) -> None:
    while (progress := jobs.studies.look(grid)).done < runs:
        if progress.state is not StudyState.RUNNING or progress.failed:
            raise RuntimeError(f"Expected a study that goes on. Received: {progress}")
        time.sleep(POLL_SECONDS)


def _megabytes() -> tuple[float, float]:
    """Of this process, and of the largest of its children."""
    me = psutil.Process()
    return me.memory_info().rss / 1e6, max(one.memory_info().rss / 1e6 for one in me.children(recursive=True))
