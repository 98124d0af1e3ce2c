"""Many people at once: how long a click takes until the page has answered, over the protocol that browsers speak."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from bench.result import Result
from tests.browser.dashboard import dashboard
from vgdemo.config import RunConfig
from vgdemo.store import RunStore

PEOPLE = 30
CLICKS = 8  # Of each of them.
WARM_UP = 15  # Seconds until the workers are up and leave the processor to the pages.
PAUSE = (2.0, 6.0)  # Seconds that a person looks before the next click.


def crowd(folder: Path) -> Iterator[Result]:
    """People who look at the runs of a store in the Lab, one after the other, each in an order of their own."""
    runs = [run.config for run in RunStore(str(folder)).summaries()]
    with dashboard(VGDEMO_STORE=str(folder)) as url:
        time.sleep(WARM_UP)
        waits = asyncio.run(_all_waits(url, runs))
    name = f"{PEOPLE} people, click to answer"
    yield Result(f"{name}, median", waits)
    yield Result(f"{name}, 95th percentile", [float(np.quantile(waits, 0.95))], 0.3)


async def _all_waits(url: str, runs: Sequence[RunConfig]) -> list[float]:
    visits = [_visit(url, runs, random.Random(person)) for person in range(PEOPLE)]
    return [wait for waits in await asyncio.gather(*visits) for wait in waits]


async def _visit(url: str, runs: Sequence[RunConfig], chance: random.Random) -> list[float]:
    """Seconds for each click; the first page of a person does not count."""
    await asyncio.sleep(chance.uniform(0, PAUSE[1]))
    address = f"ws://{urlsplit(url).netloc}/_stcore/stream"
    async with connect(address, origin=url, subprotocols=["streamlit"], max_size=None) as server:
        await _answer(server, chance.choice(runs))
        waits = []
        for _ in range(CLICKS):
            await asyncio.sleep(chance.uniform(*PAUSE))
            waits.append(await _answer(server, chance.choice(runs)))
        return waits


async def _answer(server: ClientConnection, config: RunConfig) -> float:
    """Seconds from asking for a run to the end of the script."""
    message = BackMsg()
    message.rerun_script.query_string = urlencode(config.to_query())
    began = time.perf_counter()
    await server.send(message.SerializeToString())
    async for content in server:
        answer = ForwardMsg.FromString(content)
        if answer.WhichOneof("type") == "script_finished":
            if answer.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                raise RuntimeError(f"Expected a page without errors. Received: {answer.script_finished}")
            return time.perf_counter() - began
    raise RuntimeError("Expected an answer. Received: the end of the connection.")
