"""The log folder in the real TensorBoard."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from browser.dashboard import READY_SECONDS, START_SECONDS, free_port
from playwright.sync_api import Page, expect

from vgdemo.export import write_tensorboard
from vgdemo.record import HISTOGRAM_BINS, RunRecord


def has_runs(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/data/runs", timeout=1) as answer:
            return b"replicate-1" in answer.read()
    except (URLError, OSError):
        return False


@pytest.fixture
def server(make_record: Callable[..., RunRecord], tmp_path: Path) -> Iterator[str]:
    """The address of a TensorBoard that has read a run of five hidden layers."""
    record = make_record(num_hidden_layers=5, epochs=20, replicates=1)
    unlikely = np.abs(np.arange(HISTOGRAM_BINS) - 44) > 4  # The others are sizes from 1e-5 to 1.
    kernels = record.panels["kernels"]
    kernels = replace(kernels, histograms=np.where(unlikely, 0, kernels.histograms))
    write_tensorboard(replace(record, panels={**record.panels, "kernels": kernels}), tmp_path / "logs")
    port = free_port()
    options = ["--logdir", str(tmp_path / "logs"), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen([sys.executable, "-m", "tensorboard.main", *options], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + START_SECONDS
        while not has_runs(url):
            assert process.poll() is None and time.monotonic() < end, "TensorBoard did not start"
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize(("tab", "shape"), [("histograms", "path.outline"), ("distributions", "path.area")])
def test_a_tab_shows_the_gradient_of_all_six_kernels(page: Page, server: str, tab: str, shape: str) -> None:
    page.goto(f"{server}/#{tab}&tagFilter=kernel_.*_grad")
    cards = page.locator(f"tf-{tab.removesuffix('s')}-loader")
    for place, layer in enumerate([*range(1, 6), "output"]):  # The first six are those that the filter found.
        expect(cards.nth(place)).to_contain_text(f"kernel_{layer}_grad", timeout=READY_SECONDS * 1000)
        expect(cards.nth(place).locator(shape).first).to_be_attached(timeout=READY_SECONDS * 1000)


def test_a_chart_of_a_statistic_holds_all_six_layers(page: Page, server: str) -> None:
    page.goto(f"{server}/?tagFilter=log10%20gradient%20rms#timeseries")
    expect(page.locator("scalar-card")).to_have_count(1, timeout=READY_SECONDS * 1000)
    expect(page.locator("scalar-card")).to_contain_text("layers/log10 gradient rms")
    rows = page.locator("scalar-card tb-data-table-content-row")
    expect(rows).to_have_count(6, timeout=READY_SECONDS * 1000)
