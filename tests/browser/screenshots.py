"""Pictures for the README: `make screenshots` writes them to docs/."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from browser.dashboard import READY_SECONDS, ROOT, chromium, dashboard
from playwright.sync_api import Page, expect

SCREENSHOTS = {  # Name to address, the last epoch, none of a study, and how high the window is.
    "lab.png": ("?activation=sigmoid&kernel_initializer=glorot_uniform", "500", 900),
    "time.png": ("?network=simple_rnn&recurrent_initializer=glorot_uniform&recurrent_gain=0.7", "40", 1180),
    "compare.png": (
        "Compare?a=default"
        "&b=kernel_initializer-glorot_uniform+output_initializer-glorot_uniform"
        "&c=activation-relu+kernel_initializer-he_uniform+output_initializer-glorot_uniform",
        "500",
        900,
    ),
    "study.png": ("Study", "", 900),
    "your-model.png": ("Your_model?a=digits_mlp/sigmoid", "10", 900),
}
PROGRESS = "[data-testid=stProgress]"


def main() -> None:
    """Start a dashboard of its own, wait for each page to be complete, and keep what it looks like."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "examples" / "digits_mlp.py")]
        subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
        settings = {"VGDEMO_STORE": f"{folder}/runs", "VGDEMO_LOGS": f"{folder}/logs"}
        with dashboard(**settings) as url, chromium() as browser:
            page = browser.new_page(color_scheme="light")
            expect.set_options(timeout=READY_SECONDS * 1000)
            for name, (address, last, height) in SCREENSHOTS.items():
                page.set_viewport_size({"width": 1440, "height": height})
                page.goto(f"{url}/{address}")
                take(page, name, last)


def take(page: Page, name: str, last: str) -> None:
    """Keep what the page looks like once all is drawn, to the last epoch."""
    if not last:
        page.get_by_role("button", name="Start", exact=True).click(timeout=READY_SECONDS * 1000)
    expect(page.locator(PROGRESS).first).to_contain_text("Complete")
    expect(page.locator(PROGRESS).filter(has_not_text="Complete")).to_have_count(0)
    if last:
        expect(page.locator(".vgdemo-timeline output").first).to_have_text(last)
    expect(page.locator(".vgdemo-figure .main-svg").last).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=ROOT / "docs" / name)


if __name__ == "__main__":
    main()
