"""What a person waits for, the server's start and a click on a new or a stored run, and what it takes of memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import psutil
from playwright.sync_api import Browser

from bench.figure import REPEATS, Figure, seconds
from tests.browser.dashboard import chromium, dashboard
from vgdemo.config import RunConfig
from vgdemo.jobs import Job, Jobs, JobState
from vgdemo.links import to_query
from vgdemo.presets import DEEP_RELU
from vgdemo.store import RunStore

MEGABYTE = 2**20
LIMIT = 120  # Seconds that nothing here may take.


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


def clicks(folder: Path) -> Iterator[Figure]:
    """Runs through the queue, as the page asks for them, from workers that are warm."""
    jobs = Jobs(RunStore(str(folder)))
    try:
        warm_up(jobs)
        never_compiled, _ = _wait(jobs, DEEP_RELU)
        yield Figure("click to first curve, a network never compiled", [never_compiled], 2)
        # Every worker compiles for itself, hence twice as many runs, of which the last ones count.
        waits = [_wait(jobs, RunConfig(seed=seed)) for seed in range(1, 2 * REPEATS + 1)][REPEATS:]
        yield Figure("click to first curve, default network", [first for first, _ in waits])
        yield Figure("click to complete record, default run, compiled", [last for _, last in waits], 1.8)
        yield Figure("click to complete record, in the store", list(_stored_waits(folder)), 0.4)
    finally:
        jobs.close()


def warm_up(jobs: Jobs) -> None:
    """Give every worker something to do at once, and wait for them all."""
    waiting = [jobs.submit(RunConfig(epochs=100, data_seed=worker)) for worker in range(os.cpu_count() or 1)]
    until(lambda: all(_is_done(job) for job in waiting))


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


def server(folder: Path) -> Iterator[Figure]:
    """The dashboard with an empty store, in a browser."""
    store = RunStore(str(folder))
    started = time.perf_counter()
    with dashboard(VGDEMO_STORE=str(folder)) as url:
        yield Figure("streamlit run app.py to a server that answers", [time.perf_counter() - started], 3)
        with chromium() as browser:
            browser.new_page().goto(url)
            yield Figure(
                "    to the first run complete, browser's start included", [until(lambda: store) - started], 15
            )
            web, *workers = _processes()
            yield Figure("memory of the web process after that run", [web], 350, "MB")
            yield Figure("memory of each worker after that run", workers, 1024, "MB")
            yield from _comparison(url, browser)
            yield Figure("memory of the web process after the comparisons", [next(_processes())], None, "MB")


def _comparison(url: str, browser: Browser) -> Iterator[Figure]:
    """Four columns of the default network: trained by warm workers, then once more from the store."""
    address = f"{url}/Compare?{urlencode(to_query([RunConfig(seed=seed) for seed in range(1, 5)]))}"
    yield Figure("a comparison of four, compiled, opened to complete", [_opened(address, browser)], 4)
    yield Figure(
        "a comparison of four in the store, opened to complete", [_opened(address, browser) for _ in range(REPEATS)], 1
    )


def _opened(address: str, browser: Browser) -> float:
    """Seconds from opening a comparison of four to the last column's end, with the page's own start."""
    page = browser.new_page()
    started = time.perf_counter()
    page.goto(address)
    columns = [page.locator(f".st-key-column-{letter}").get_by_text("Complete,") for letter in "ABCD"]
    ended = until(lambda: all(column.count() for column in columns))
    page.close()
    return ended - started


def _processes() -> Iterator[float]:
    """Resident megabytes of the web process, then of its workers."""
    for process in psutil.Process().children():
        if "streamlit" in process.cmdline():
            family = [process, *(child for child in process.children() if "spawn_main" in " ".join(child.cmdline()))]
            yield from (member.memory_info().rss / MEGABYTE for member in family)
