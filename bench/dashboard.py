"""What a person waits for, the server's start and a click on a new or a stored run, and what it takes of memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import psutil
from playwright.sync_api import Browser, Page

from bench.result import REPEATS, Result, seconds
from tests.browser.dashboard import chromium, dashboard
from vgdemo.article import configs, experiments
from vgdemo.config import RunConfig
from vgdemo.jobs import Job, Jobs, JobState
from vgdemo.links import to_query
from vgdemo.presets import DEEP_RELU
from vgdemo.store import RunStore

MEGABYTE = 2**20
SCALED_INITIALIZERS = ("glorot_uniform", "he_uniform", "lecun_normal")
LIMIT = 120  # Seconds that nothing here may take.


def until(condition: Callable[[], object], pause: float = 0.01) -> float:
    """The moment at which a condition has come true.

    Args:
        condition: What to wait for.
        pause: Seconds between two looks; to look at a page takes the browser's time.

    Raises:
        TimeoutError: If it does not.
    """
    end = time.perf_counter() + LIMIT
    while not condition():
        if time.perf_counter() > end:
            raise TimeoutError(f"Expected an answer within {LIMIT} s. Received none.")
        time.sleep(pause)
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
    jobs.study.train(runs)
    for seed in range(2 * REPEATS + 1, 3 * REPEATS + 1):
        until(lambda: sum(job.progress.state is JobState.TRAINING for job in jobs.study.jobs(runs)) == jobs.num_workers)
        yield _wait(jobs, RunConfig(seed=seed))[0]
    jobs.study.stop()


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


def server(folder: Path) -> Iterator[Result]:
    """The dashboard with an empty store, in a browser."""
    store = RunStore(str(folder))
    started = time.perf_counter()
    with dashboard(VGDEMO_STORE=str(folder)) as url:
        yield Result("streamlit run app.py to a server that answers", [time.perf_counter() - started], 3)
        with chromium() as browser:
            browser.new_page().goto(url)
            yield Result(
                "    to the first run complete, browser's start included", [until(lambda: store) - started], 15
            )
            web, *workers = _processes()
            yield Result("memory of the web process after that run", [web], 350, "MB")
            yield Result("memory of each worker after that run", workers, 1024, "MB")
            yield from _comparison(url, browser)
            yield Result("memory of the web process after the comparisons", [next(_processes())], None, "MB")


def _comparison(url: str, browser: Browser) -> Iterator[Result]:
    """Four columns of the default network: a click gives all of them another seed, new ones and then known ones."""
    configs = [RunConfig(kernel_initializer=name) for name in ("uniform_0_1", *SCALED_INITIALIZERS)]
    page = browser.new_page()
    page.goto(f"{url}/Compare?{urlencode(to_query(configs))}")
    until(lambda: _complete(page), pause=0.1)
    page.get_by_text("Repeats", exact=True).click()
    seeds = range(1, REPEATS + 1)
    yield Result("comparison of four, compiled, click to complete picture", [_reseeded(page, i) for i in seeds], 4)
    yield Result("comparison of four, in the store, click to complete picture", [_reseeded(page, i) for i in seeds], 1)
    page.close()
    yield Result("    the same in a new window", [_opened(page.url, browser) for _ in seeds])


def _reseeded(page: Page, seed: int) -> float:
    """Seconds until four columns, already open, show the runs of another seed to their ends."""
    box = page.get_by_label("Seed", exact=True)
    box.fill(str(seed))
    before = _complete(page)
    time.sleep(1)  # The page is at rest when the click comes.
    clicked = time.perf_counter()
    box.press("Enter")
    until(lambda: (after := _complete(page)) and not before & after, pause=0.1)
    page.evaluate("() => new Promise(requestAnimationFrame)")  # The picture that goes with the sentences.
    return time.perf_counter() - clicked


def _opened(address: str, browser: Browser) -> float:
    """Seconds from opening a comparison of four, with the browser's and the page's own start."""
    page = browser.new_page()
    started = time.perf_counter()
    page.goto(address)
    ended = until(lambda: _complete(page), pause=0.1)
    page.close()
    return ended - started


def _complete(page: Page) -> set[str]:
    """What the four heatmaps say of themselves, once all their runs are complete; until then nothing."""
    heads = page.locator("[class*=st-key-column-]", has_text="Complete,").count()
    readings = page.locator("[data-name^='layers '] p").all_text_contents()
    complete = {reading for reading in readings if "at epoch 500" in reading}
    return complete if heads == len(complete) == 4 else set()


def _processes() -> Iterator[float]:
    """Resident megabytes of the web process, then of its workers."""
    for process in psutil.Process().children():
        if "streamlit" in process.cmdline():
            family = [process, *(child for child in process.children() if "spawn_main" in " ".join(child.cmdline()))]
            yield from (member.memory_info().rss / MEGABYTE for member in family)
