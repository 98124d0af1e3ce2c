"""Pictures for the README: `make screenshots` writes them to docs/."""

from __future__ import annotations

import tempfile

from browser.dashboard import READY_SECONDS, ROOT, chromium, dashboard
from playwright.sync_api import expect

SCREENSHOTS = {
    "lab.png": "?activation=sigmoid&kernel_initializer=glorot_uniform",
    "compare.png": "Compare?a=default"
    "&b=kernel_initializer-glorot_uniform+output_initializer-glorot_uniform"
    "&c=activation-relu+kernel_initializer-he_uniform+output_initializer-glorot_uniform",
}
PROGRESS = "[data-testid=stProgress]"


def main() -> None:
    """Start a dashboard of its own, wait for each page to be complete, and keep what it looks like."""
    with tempfile.TemporaryDirectory() as store, dashboard(VGDEMO_STORE=store) as url, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
        expect.set_options(timeout=READY_SECONDS * 1000)
        for name, address in SCREENSHOTS.items():
            page.goto(f"{url}/{address}")
            expect(page.locator(PROGRESS).first).to_contain_text("Complete")
            expect(page.locator(PROGRESS).filter(has_not_text="Complete")).to_have_count(0)
            expect(page.locator(".vgdemo-timeline output").first).to_have_text("500")
            expect(page.locator(".vgdemo-figure .main-svg").last).to_be_visible()
            page.wait_for_load_state("networkidle")
            page.screenshot(path=ROOT / "docs" / name)


if __name__ == "__main__":
    main()
