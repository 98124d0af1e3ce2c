"""The real server, and what anybody may send to it."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError

import pytest
from browser.dashboard import READY_SECONDS, dashboard
from browser.forger import forger, forgeries
from playwright.sync_api import Browser, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed

TINY = "num_hidden_layers=1&epochs=3&replicates=1&n_samples=100"
PAGES = {
    "": TINY,
    "Compare": "a=num_hidden_layers-1+epochs-3+replicates-1&b=num_hidden_layers-1+epochs-3+replicates-1+units-6",
    "Library": "",
    "Glossary": "find=relu",
    "Your_model": "",
    "Study": "x=num_hidden_layers:1..2&epochs=3&replicates=1",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    """A dashboard that no other test shares: a forged click may start a large study, for which they would wait."""
    with dashboard(VGDEMO_STORE=str(tmp_path_factory.mktemp("store"))) as address:
        page = browser.new_page()
        page.goto(f"{address}/?{TINY}")
        expect(page.get_by_test_id("stProgress").first).to_contain_text("Complete", timeout=READY_SECONDS * 1000)
        page.goto(f"{address}/Study?{PAGES['Study']}")
        start = page.get_by_role("button", name="Start", exact=True)
        expect(start).to_be_enabled(timeout=READY_SECONDS * 1000)
        page.close()
        yield address


def apart(coroutine: Any) -> Any:
    """What a coroutine gives, in a thread of its own: the browser that other tests share has this thread's loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, coroutine).result()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_survives_whatever_is_said_of_its_widgets(url: str, page: str) -> None:
    async def attack() -> tuple[list[str], set[str], int]:
        async with forger(url) as visitor:
            ends = [await visitor.come_to("", TINY), await visitor.come_to(page, PAGES[page])]
            ends += [await visitor.come_to(page, PAGES[page], forge) for forge in forgeries()]
            ends.append(await visitor.come_to(page, PAGES[page]))
            return visitor.errors, {*ends}, len(visitor.widgets)

    errors, ends, widgets = apart(attack())
    assert (errors, ends) == ([], {"FINISHED_SUCCESSFULLY"}) and widgets > 40


def test_a_message_that_is_too_large_or_none_at_all_ends_its_connection_alone(url: str) -> None:
    async def shout(content: bytes) -> int | None:
        async with forger(url) as visitor:
            with pytest.raises(ConnectionClosed):
                await visitor.server.send(content)
                while True:
                    await visitor.server.recv()
            return visitor.server.close_code

    large = BackMsg()
    large.rerun_script.query_string = "x" * 3_000_000
    assert apart(shout(large.SerializeToString())) == 1009
    assert apart(shout(b"x" * 60_000_000)) == 1009
    assert apart(shout(b"\xff" * 20)) == 1002
    with urllib.request.urlopen(f"{url}/_stcore/health") as answer:
        assert answer.read() == b"ok"


@pytest.mark.parametrize(
    "path",
    [
        "vgdemo/plotly.js/../../../app.py",
        "vgdemo/%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2fetc/passwd",
        "static/..%5c..%5capp.py",
        "media/../../app.py",
        "component/../../app.py",
        "_stcore/bidi-components/../../app.py",
        "app/static/../app.py",
        "vgdemo/plotly.js?v=" + "9" * 20_000,
        "//etc/passwd",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_no_address_leads_to_a_file_of_the_machine(url: str, path: str, method: str) -> None:
    asked = urllib.request.Request(f"{url}/{path}", method=method, headers={"Range": "bytes=0-9,5-", "X": "y" * 5000})
    try:
        with urllib.request.urlopen(asked) as answer:
            content, status = answer.read(), answer.status
    except HTTPError as error:
        content, status = error.read(), error.code
    assert status < 500 and b"root:x:" not in content and b"import st" not in content
