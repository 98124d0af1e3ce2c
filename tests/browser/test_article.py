from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.dashboard import READY_SECONDS
from playwright.sync_api import Browser, Page, expect

expect.set_options(timeout=READY_SECONDS * 1000)


def open_article(page: Page, url: str) -> None:
    page.goto(f"{url}/Article")
    expect(page.get_by_role("heading", name="E5 · 25 units, 1 to 10 layers")).to_be_visible()


def train_until(page: Page, complete: int) -> None:
    """Train all experiments, and stop when the first ones are complete."""
    page.get_by_role("button", name="All experiments").click()
    pattern = re.compile(rf"({'|'.join(map(str, range(complete, 27)))}) of 26 runs are complete")
    expect(page.locator(".st-key-progress")).to_contain_text(pattern)
    page.locator(".st-key-progress").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="All experiments")).to_be_enabled()


@pytest.fixture
def article(page: Page, url: str) -> Page:
    """The article with its first experiment trained."""
    open_article(page, url)
    if page.locator("[class*=st-key-experiment-1] .vgdemo-figure").count() == 0:
        train_until(page, 1)
    expect(page.locator(".st-key-experiment-1 .vgdemo-figure[data-name=outcome-1] .main-svg").first).to_be_visible()
    return page


def test_experiments_are_shown_as_they_are_trained_and_open_in_the_lab(article: Page) -> None:
    expect(article.get_by_text("of 20 replicates").first).to_be_visible()
    for name in ("outcome-1", "outcome-2", "curves", "gradients", "density"):
        plot = article.locator(f".st-key-experiment-1 .vgdemo-figure[data-name={name}] .vgdemo-plot")
        expect(plot).to_have_attribute("aria-label", re.compile(r"\.$"))
    article.get_by_role("link", name="Open in the Lab").first.click()
    expect(article.get_by_text("1 layer of 5 tanh units")).to_be_visible()
    expect(article.locator(".st-key-progress")).to_contain_text("Complete")


def test_what_was_trained_is_there_for_the_next_visitor(article: Page, browser: Browser, url: str) -> None:
    visitor = browser.new_page()
    open_article(visitor, url)
    expect(visitor.locator(".st-key-experiment-1 .vgdemo-figure[data-name=curves] .main-svg").first).to_be_visible()
    visitor.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 375])
def test_the_page_has_no_serious_accessibility_violation(article: Page, width: int, scheme: str) -> None:
    article.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    article.set_viewport_size({"width": width, "height": 900})
    assert article.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(article).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []
