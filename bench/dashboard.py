"""What a person waits for, the server's start and a click on a new or a stored run, and what it takes of memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import psutil
from playwright.sync_api import Browser

from bench.drawn import HEATMAP, LIMIT, Watched
from bench.result import REPEATS, Result, seconds
from tests.browser.dashboard import chromium, dashboard
from vgdemo.article import configs, experiments
from vgdemo.config import RunConfig
from vgdemo.jobs import Job, Jobs, JobState
from vgdemo.links import to_query
from vgdemo.presets import DEEP_RELU
from vgdemo.store import RunStore
from vgdemo.tour import OPENING

MEGABYTE = 2**20
SCALED_INITIALIZERS = ("glorot_uniform", "he_uniform", "lecun_normal")
SEEDS = range(1, REPEATS + 1)
STARTS = {"first start": (8, 10), "second start": (5, 6.5)}  # Seconds to the first curve and to the end.


def until(condition: Callable[[], object]) -> float:
    """The moment at which a condition has come true.

    Raises:
        TimeoutError: If it does not.
    """
    end = time.perf_counter() + LIMIT
    while not condition():
        if time.perf_counter() > end:
            raise TimeoutError(f"Expected an answer within {LIMIT} s. Received none.")
        time.sleep(0.01)
    return time.perf_counter()


def clicks(folder: Path) -> Iterator[Result]:
    """Runs through the queue, as the page asks for them, from workers that are warm."""
    jobs = Jobs(RunStore(str(folder)))
    try:
        warm_up(jobs)
        never_compiled, _ = _wait(jobs, DEEP_RELU)
        yield Result("click to first curve, a network never compiled", [never_compiled], 2)
        # Every worker compiles for itself, hence twice as many runs, of which the last ones count.
        waits = [_wait(jobs, RunConfig(seed=seed)) for seed in range(1, 2 * REPEATS + 1)][REPEATS:]
        yield Result("click to first curve, default network", [first for first, _ in waits])
        yield Result("click to complete record, default run, compiled", [last for _, last in waits], 1.8)
        yield Result("click to first curve, while the article is trained", list(_waits_beside_a_study(jobs)), 2)
        yield Result("click to complete record, in the store", list(_stored_waits(folder)), 0.4)
    finally:
        jobs.close()


def warm_up(jobs: Jobs) -> None:
    """Give every worker something to do at once, and wait for them all."""
    waiting = [jobs.submit(RunConfig(epochs=100, data_seed=worker)) for worker in range(os.cpu_count() or 1)]
    until(lambda: all(_is_done(job) for job in waiting))


def _waits_beside_a_study(jobs: Jobs) -> Iterator[float]:
    """Seconds to the first trained epoch of a person's run, when every worker is at a run of a study."""
    runs = configs(experiments())
    jobs.shared.train(runs)
    for seed in range(2 * REPEATS + 1, 3 * REPEATS + 1):
        until(
            lambda: sum(job.progress.state is JobState.TRAINING for job in jobs.shared.jobs(runs)) == jobs.num_workers
        )
        yield _wait(jobs, RunConfig(seed=seed))[0]
    jobs.shared.stop()


def _wait(jobs: Jobs, config: RunConfig) -> tuple[float, float]:
    """Seconds to the first trained epoch and to the whole record."""
    clicked = time.perf_counter()
    job = jobs.submit(config)
    first = until(lambda: job.progress.epoch > 0 or job.progress.state.is_over)
    last = until(lambda: _is_done(job))
    job.release()
    return first - clicked, last - clicked


def _is_done(job: Job) -> bool:
    if job.progress.state is JobState.FAILED:
        raise RuntimeError(f"Expected the run to train. Received: {job.progress.reason}")
    return job.progress.state is JobState.DONE and job.record is not None


def _stored_waits(folder: Path) -> Iterator[float]:
    """From the disk: a store of its own has nothing in memory."""
    for seed in range(1, REPEATS + 1):
        yield seconds(lambda seed=seed: RunStore(str(folder))[RunConfig(seed=seed).run_key])


def first_visits(folder: Path) -> Iterator[Result]:
    """The dashboard started with an empty store, where nothing was compiled before, and then once more."""
    with chromium() as browser:
        for start, (first, whole) in STARTS.items():
            started = time.time()
            with dashboard(VGDEMO_STORE=str(folder / start)) as url:
                yield Result(f"{start}: streamlit run app.py to a server that answers", [time.time() - started], 3)
                lab = Watched(browser)
                lab.page.goto(url)
                yield Result("    to the first curve", [lab.first_curve(OPENING[0]) - started], first)
                yield Result("    to the first run drawn to its end", [lab.whole([OPENING[0]]) - started], whole)
                lab.page.close()
                web, *workers = processes()
                yield Result("    memory of the web process then", [web], 350, "MB")
                yield Result("    memory of each worker then", workers, 1024, "MB")


def comparisons(folder: Path) -> Iterator[Result]:
    """Four columns of the default network: another seed for all of them, new ones and then known ones."""
    with dashboard(VGDEMO_STORE=str(folder)) as url, chromium() as browser:
        compare = Watched(browser)
        compare.page.goto(_address(url, seed=0))
        compare.whole(_columns(seed=0), HEATMAP)
        compare.page.get_by_text("Repeats", exact=True).click()
        for state, budget in (("compiled", 2.5), ("in the store", 0.6)):
            waits = [_reseeded(compare, seed) for seed in SEEDS]
            yield Result(f"four columns, {state}, click to complete picture", waits, budget)
        waits = [_opened(browser, url, seed) for seed in SEEDS]
        yield Result("    the same in a new window, opened to complete picture", waits, 0.6 + 1.5)
        yield Result("memory of the web process after the comparisons", [next(processes())], None, "MB")


def _columns(seed: int) -> list[RunConfig]:
    return [RunConfig(kernel_initializer=name, seed=seed) for name in ("uniform_0_1", *SCALED_INITIALIZERS)]


def _address(url: str, seed: int) -> str:
    return f"{url}/Compare?{urlencode(to_query(_columns(seed)))}"


def _reseeded(compare: Watched, seed: int) -> float:
    """Seconds until four columns, already open, show the runs of another seed to their ends."""
    box = compare.page.get_by_label("Seed", exact=True)
    box.fill(str(seed))
    compare.forget()
    time.sleep(1)  # The page is at rest when the click comes.
    box.press("Enter")
    return compare.whole(_columns(seed), HEATMAP) - compare.acted


def _opened(browser: Browser, url: str, seed: int) -> float:
    """Seconds from opening a comparison of four, with the page's own start."""
    compare = Watched(browser)
    compare.page.goto(_address(url, seed))
    ended = compare.whole(_columns(seed), HEATMAP)
    opened = compare.opened
    compare.page.close()
    return ended - opened


def processes() -> Iterator[float]:
    """Resident megabytes of the web process, then of its workers."""
    for process in psutil.Process().children():
        if "streamlit" in process.cmdline():
            family = [process, *(child for child in process.children(recursive=True) if _is_worker(child))]
            yield from (member.memory_info().rss / MEGABYTE for member in family)


def _is_worker(process: psutil.Process) -> bool:
    """Whether it was spawned, or forked from the process that imports for all of them."""
    parent = process.parent()
    return "spawn_main" in " ".join(process.cmdline()) or (parent is not None and "forkserver" in str(parent.cmdline()))
