"""A dashboard to look at, and visitors to look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from browser.dashboard import READY_SECONDS, dashboard
from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard that many tests share."""
    with dashboard(VGDEMO_STORE=str(tmp_path_factory.mktemp("store"))) as address:
        yield address


@pytest.fixture(scope="session")
def screen(browser: Browser, url: str) -> Iterator[BrowserContext]:
    """A screen of 1440 × 900, at which one visitor after the other sits down.

    A page that stays open keeps the process that has compiled the scripts, which is half of what a page costs to load.
    """
    opened = browser.new_context(viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(READY_SECONDS * 1000)
    opened.new_page().goto(f"{url}/_stcore/health")
    yield opened
    opened.close()


@pytest.fixture
def context(screen: BrowserContext) -> Iterator[BrowserContext]:
    """A visitor, who leaves nothing behind."""
    staying = screen.pages[0]
    yield screen
    for page in screen.pages:
        if page is not staying:
            page.close()
    screen.clear_cookies()
    screen.clear_permissions()
    staying.evaluate("localStorage.clear()")


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which no script may fail."""
    errors: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert errors == []


@pytest.fixture
def open_lab(page: Page, url: str) -> Callable[[str], Page]:
    """Opens the Lab with a query and waits until its figures are drawn."""

    def visit(query: str = "") -> Page:
        page.goto(f"{url}/?{query}")
        page.wait_for_selector(".vgdemo-figure[data-name=surface] .main-svg")
        return page

    return visit
