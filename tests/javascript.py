"""Functions of JavaScript called from a test, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from vgdemo.figures.bundle import bundled

IMPORT = """text => import("data:text/javascript," + encodeURIComponent(text)).then((all) => {
  globalThis.module = all
})"""


@contextmanager
def page_with(browser: Browser, module: Path) -> Iterator[Page]:
    """An empty page that has a module's functions as `module`."""
    page = browser.new_page()
    page.evaluate(IMPORT, bundled(module))
    yield page
    page.close()


def call(page: Page, function: str, *arguments: Any) -> Any:
    """What a function of the page's module gives."""
    return page.evaluate("([name, values]) => module[name](...values)", [function, arguments])
