"""Many people at once: how long a click takes until the page has answered, over the protocol that browsers speak."""

from __future__ import annotations

import asyncio
import math
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import psutil
from streamlit.proto.AutoRerun_pb2 import AutoRerun
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from bench.dashboard import processes
from bench.result import REPEATS, Result
from tests.browser.dashboard import dashboard
from vgdemo.config import RunConfig
from vgdemo.store import RunStore

CROWDS = {1: None, 10: None, 30: 0.25, 100: 0.5}  # People, and the seconds that 95 of 100 clicks may take.
QUANTILES = {"median": 0.5, "95th percentile": 0.95, "99th percentile": 0.99}
STARTERS, STARTERS_SECONDS = 30, 180  # People who come at once, and the seconds within which each has a whole run.
RUNS = 20  # In the store.
CLICKS = 8  # Of each person.
WARM_UP = 15  # Seconds until the workers are up and leave the processor to the pages.
Pause = tuple[float, float]
Value = TypeVar("Value")
PAUSE: Pause = (2.0, 6.0)  # Seconds that a person looks before the next click.
SHORT: Pause = (0.5, 1.0)
SUCCESSES = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
GLANCE: Pause = (0.0, 0.1)
VISITS, FIRST_VISITS = 1000, 150
FORGOTTEN = 190  # Seconds until the server has let go of people who left, and has collected what they leave.


def crowds(folder: Path) -> Iterator[Result]:
    """People who look at the runs of a store in the Lab, one after the other, each in an order of their own.

    The figures of a run are made when somebody looks at it first. A crowd would measure how many of its clicks are
    such, so one person looks at every run before.
    """
    runs = list(_stored(folder))
    # Nobody reads here, and trials would take the processor that the visitors are measured with.
    with dashboard(VGDEMO_STORE=str(folder), VGDEMO_TRIALS="off") as url:
        time.sleep(WARM_UP)
        waits = asyncio.run(visit(url, runs, random.Random(0), SHORT))
        yield Result("one person, the first who looks at a run, click to answer", waits)
        spent = _processor_time(url, REPEATS * runs)
        yield Result("    processor time of the web process for a click", [spent], 20, "ms")
        before = next(processes())
        for people, budget in CROWDS.items():
            yield from _crowd(url, runs, people, budget)
        time.sleep(FORGOTTEN)
        yield Result("memory of the web process before they came", [before], None, "MB")
        yield Result("    more, once they have left", [100 * (next(processes()) / before - 1)], 10, "%")


def _crowd(url: str, runs: Sequence[RunConfig], people: int, budget: float | None) -> Iterator[Result]:
    waits, errors = asyncio.run(_all_waits(url, runs, people))
    for name, share in QUANTILES.items():
        promised = budget if name == "95th percentile" else None
        yield Result(f"{people} people, click to answer, {name}", [float(np.quantile(waits, share))], promised)
    yield Result(f"    clicks without an answer, of {people * CLICKS}", [errors], 0, "")


def starters(folder: Path) -> Iterator[Result]:
    """People who come at the same moment, each to a run that nobody has trained."""
    runs = [RunConfig(seed=seed) for seed in range(STARTERS)]
    with dashboard(VGDEMO_STORE=str(folder), VGDEMO_TRIALS="off") as url:
        time.sleep(WARM_UP)
        before = next(processes())
        starts = asyncio.run(_all_starts(url, runs))
        yield Result("memory of the web process, more", [next(processes()) - before], None, "MB")
    whole = [start for start in starts if isinstance(start, Start)]
    yield Result(
        f"{STARTERS} people start a run each at once: runs that were not shown whole", [len(starts) - len(whole)], 0, ""
    )
    yield Result("    from the click to the first curve", [start.curve for start in whole])
    yield Result("    to the whole run, the last person", [max(start.whole for start in whole)], STARTERS_SECONDS)
    waited = [start.places for start in whole if start.places]
    yield Result("    people who were shown a place in the queue", [len(waited)], None, "")
    risen = sum(max(later - earlier for earlier, later in pairwise([*places, 0])) > 0 for places in waited)
    yield Result("    of them, whose place became worse", [risen], 0, "")


async def _all_starts(url: str, runs: Sequence[RunConfig]) -> list[Start | BaseException]:
    return await asyncio.gather(*(_start(url, run) for run in runs), return_exceptions=True)


async def _start(url: str, run: RunConfig) -> Start:
    async with _connected(url) as server, asyncio.timeout(2 * STARTERS_SECONDS):
        page, began = Page(server), time.perf_counter()
        await page.open(run)
        curve = math.inf
        while not page.said.startswith("Complete"):
            await page.look()
            if page.said.startswith(("Training", "Complete")):
                curve = min(curve, time.perf_counter() - began)
        return Start(curve, time.perf_counter() - began, page.places)


def endurance(folder: Path) -> Iterator[Result]:
    """Visits one after the other: one half sees a run that is trained for it, the other one that is stored.

    Memory is compared once everybody has left: after the first visits, to runs of the default's size, so that there is
    no more room for what is kept, and after all.
    """
    small = {"num_hidden_layers": 2, "replicates": 1, "epochs": 20}
    runs = [RunConfig(seed=seed, **({} if seed < FIRST_VISITS // 2 else small)) for seed in range(VISITS // 2)]
    visits = [run for pair in zip(runs, runs, strict=True) for run in pair]
    with dashboard(VGDEMO_STORE=str(folder), VGDEMO_TRIALS="off") as url:
        time.sleep(WARM_UP)
        (web, *workers), (web_then, *workers_then) = (
            _memory_after(url, part) for part in (visits[:FIRST_VISITS], visits[FIRST_VISITS:])
        )
    grown = [100 * (then / now - 1) for now, then in zip(workers, workers_then, strict=True)]
    yield Result("runs that were trained and stored", [len(RunStore(str(folder)))], None, "runs")
    yield Result(f"memory of the web process after {FIRST_VISITS} visits", [web], None, "MB")
    yield Result(f"    more, after {VISITS}", [100 * (web_then / web - 1)], 10, "%")
    yield Result(f"memory of the workers after {FIRST_VISITS} visits", workers, None, "MB")
    yield Result(f"    more, after {VISITS}", grown, 10, "%")


def _memory_after(url: str, runs: Sequence[RunConfig]) -> list[float]:
    """Megabytes of the web process and its workers, some time after somebody has looked at each run for a moment."""
    for run in runs:
        asyncio.run(visit(url, [run], random.Random(0), GLANCE))
    time.sleep(FORGOTTEN)
    return [*processes()]


def _stored(folder: Path) -> Iterator[RunConfig]:
    """Train runs, and keep them."""
    from vgdemo.engine import train

    store = RunStore(str(folder))
    for seed in range(RUNS):
        record = train(RunConfig(seed=seed))
        store[record.run_key] = record
        yield RunConfig(seed=seed)


def _processor_time(url: str, runs: Sequence[RunConfig]) -> float:
    """Milliseconds for each click of one person; unlike waits they hardly depend on what else the machine does."""
    at_rest, seconds_of_rest, _ = _spent(lambda: time.sleep(WARM_UP))
    at_work, seconds_of_work, waits = _spent(lambda: asyncio.run(visit(url, runs, random.Random(0), GLANCE)))
    return 1000 * (at_work - at_rest * seconds_of_work / seconds_of_rest) / len(waits)


def _spent(action: Callable[[], Value]) -> tuple[float, float, Value]:
    """Processor time of the web process while something is done, the seconds that it takes, and what it gives."""
    (web,) = (process for process in psutil.Process().children() if "streamlit" in process.cmdline())
    before, began = sum(web.cpu_times()[:2]), time.perf_counter()
    value = action()
    return sum(web.cpu_times()[:2]) - before, time.perf_counter() - began, value


async def _all_waits(url: str, runs: Sequence[RunConfig], people: int) -> tuple[list[float], int]:
    """Seconds of the clicks that were answered, and how many were not: who meets an error gives up."""
    chances = [random.Random(person) for person in range(people)]
    visits = [visit(url, chance.choices(runs, k=CLICKS + 1), chance, PAUSE) for chance in chances]
    met = [waits for waits in await asyncio.gather(*visits, return_exceptions=True) if isinstance(waits, list)]
    answered = [wait for waits in met for wait in waits]
    return answered, people * CLICKS - len(answered)


async def visit(url: str, runs: Sequence[RunConfig], chance: random.Random, pause: Pause) -> list[float]:
    """Seconds for each change of the seed from run to run; the first page of a person does not count."""
    await asyncio.sleep(chance.uniform(0, pause[1]))
    async with _connected(url) as server:
        first, *others = runs
        page = Page(server)
        await page.open(first)
        waits = []
        for run in others:
            await asyncio.sleep(chance.uniform(*pause))
            waits.append(await page.reseed(run))
        return waits


def _connected(url: str) -> connect:
    address = f"ws://{urlsplit(url).netloc}/_stcore/stream"
    return connect(address, origin=Origin(url), subprotocols=[Subprotocol("streamlit")], max_size=None)


class Start(NamedTuple):
    """How somebody's run went.

    Attributes:
        curve: Seconds from the click to the first curve.
        whole: Seconds to the whole run.
        places: Those in the queue that were shown, in order.
    """

    curve: float
    whole: float
    places: Sequence[int]


class Page:
    """The Lab as a browser sees it that draws nothing.

    Args:
        server: The connection to it.

    Attributes:
        said: Where the run stands, in words.
        places: Those in the queue that were shown.
    """

    def __init__(self, server: ClientConnection) -> None:
        self._server = server
        self._seed = ""  # Identity of the field.
        self._address: dict[str, str] = {}
        self._clock = AutoRerun()
        self.said = ""
        self.places: list[int] = []

    async def look(self) -> None:
        """Wait for the page's own clock, and have the part of the page drawn again that follows the run."""
        await asyncio.sleep(self._clock.interval)
        message = BackMsg()
        message.rerun_script.query_string = urlencode(self._address)
        message.rerun_script.fragment_id = self._clock.fragment_id
        message.rerun_script.is_auto_rerun = True
        await self._answer(message)

    async def open(self, config: RunConfig) -> None:
        """Come to the page by a link to a run."""
        message = BackMsg()
        # An address without any setting opens the tour.
        message.rerun_script.query_string = urlencode({"activation": config.activation} | config.to_query())
        await self._answer(message)

    async def reseed(self, config: RunConfig) -> float:
        """Change the seed to that of a run; seconds to the end of the script."""
        message = BackMsg()
        message.rerun_script.query_string = urlencode(self._address)
        message.rerun_script.widget_states.widgets.add(id=self._seed, double_value=config.seed)
        waited = await self._answer(message)
        if self._address.get("seed", "0") != str(config.seed):
            raise RuntimeError(f"Expected the run of seed {config.seed}. Received: {self._address}")
        return waited

    async def _answer(self, message: BackMsg) -> float:
        began = time.perf_counter()
        await self._server.send(message.SerializeToString())
        async for content in self._server:
            answer = ForwardMsg.FromString(content)
            self._note(answer)
            if answer.WhichOneof("type") == "script_finished":
                if answer.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue  # A run was over before its page was drawn, which is drawn anew.
                if answer.script_finished not in SUCCESSES:
                    raise RuntimeError(f"Expected a page without errors. Received: {answer.script_finished}")
                return time.perf_counter() - began
        raise RuntimeError("Expected an answer. Received: the end of the connection.")

    def _note(self, answer: ForwardMsg) -> None:
        if answer.WhichOneof("type") == "page_info_changed":
            self._address = dict(parse_qsl(answer.page_info_changed.query_string))
        if answer.WhichOneof("type") == "auto_rerun":
            self._clock = answer.auto_rerun
        words = answer.delta.new_element.progress.text.replace("\\", "")
        if words:
            self.said = words
            self.places += map(int, re.findall(r"In the queue, at place (\d+)", words))
        field = answer.delta.new_element.number_input
        if field.label == "Seed":
            self._seed = field.id
