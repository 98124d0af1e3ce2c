"""A training in one process, and the page that follows it in another."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser.dashboard import READY_SECONDS, ROOT, dashboard
from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=READY_SECONDS * 1000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def watching(folder: Path) -> Iterator[str]:
    """A dashboard that watches a folder without a log."""
    with dashboard(VGDEMO_LOGS=str(folder), VGDEMO_STORE="memory://") as address:
        yield f"{address}/Your_model"


@contextmanager
def training(folder: Path, epochs: int, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    script = str(ROOT / "tests" / "slow_training.py")
    command = [sys.executable, script, str(folder), str(epochs), str(seconds)]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def bar(page: Page) -> Locator:
    return page.locator("[data-testid=stProgress]").first


def test_a_training_is_followed_killed_and_begun_again(page: Page, watching: str, folder: Path) -> None:
    page.goto(watching)
    expect(page.get_by_text("log_dir=")).to_be_visible()
    with training(folder / "mine", epochs=1000, seconds=0.2) as process:
        expect(bar(page)).to_contain_text("Training: epoch")  # Without a click: the page has waited for it.
        expect(page).to_have_url(re.compile("a=mine"))
        page.wait_for_selector(".vgdemo-figure[data-name=layers] .main-svg")
        page.evaluate("document.querySelector('.vgdemo-figure[data-name=layers] .js-plotly-plot').mine = true")
        expect(bar(page)).to_contain_text(re.compile(r"epoch ([5-9]|\d\d+) of 1000"))
        # The picture was changed where it stands.
        assert page.evaluate("document.querySelector('.vgdemo-figure[data-name=layers] .js-plotly-plot').mine") is True
        expect(page.get_by_text("So it is until now").first).to_be_visible()
        process.kill()
    with training(folder / "mine", epochs=3, seconds=0.2):
        page.get_by_role("button", name="New: mine/2").click()
        expect(page).to_have_url(re.compile("a=mine%2F2"))
        expect(bar(page)).to_contain_text("Complete after epoch 3.")
        expect(page.get_by_text("Vanishing gradient:").first).to_be_visible()


def test_a_log_is_uploaded(page: Page, watching: str, tmp_path: Path) -> None:
    with training(tmp_path, epochs=30, seconds=0.0) as process:
        assert process.wait() == 0
    page.goto(watching)
    expect(page.get_by_role("button", name="Share", exact=True)).to_be_visible()  # The page is whole.
    page.get_by_role("button", name="Upload").click()
    field = page.locator("input[type=file]")
    field.set_input_files({"name": "holiday.zip", "mimeType": "application/zip", "buffer": b"a picture"})
    expect(page.get_by_text("Expected a zip, tar or tar.gz archive.")).to_be_visible()
    page.wait_for_timeout(1000)  # A page that is drawn anew meanwhile may close the panel.
    if not field.count():
        page.get_by_role("button", name="Upload").click()
    field.set_input_files([tmp_path / "run.json", tmp_path / "records.jsonl"])
    expect(bar(page)).to_contain_text("Complete after epoch 30.")
    expect(page.get_by_text("Vanishing gradient:").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="What may cure it")).to_have_count(1)  # That of the log before is gone.
    page.get_by_role("button", name="What may cure it").click()
    expect(page.get_by_text("embed").first).to_be_visible()
