"""A board in a page of its own: its figures and scripts are the dashboard's, without a server and without training."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from javascript import IMPORT
from playwright.sync_api import Browser, Page

from vgdemo import ui
from vgdemo.figures.bundle import bundled
from vgdemo.ui.board import NOT_LED, Picture, as_sent

ADDRESS = "http://board/"
PLOTLY = files("plotly") / "package_data" / "plotly.min.js"
UI = Path(ui.__file__).parent
THEME = "--st-text-color: #1b2330; --st-background-color: #ffffff; --st-secondary-background-color: #f3f5f8"
PAGE = """<!doctype html><meta charset="utf-8"><style>{css}</style><div id="parent" style="{theme}">{html}</div>"""
SHOW = """async (sent) => {
  const data = new TextEncoder().encode(sent)
  const setTriggerValue = (name, value) => (globalThis.told = [name, value])
  module.default({ data, parentElement: document.getElementById("parent"), setTriggerValue })
  await globalThis.vgdemoPlotly
}"""


@contextmanager
def board_page(browser: Browser, width: int = 1200) -> Iterator[Page]:
    """A page with an empty board."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    html, css = ((UI / f"board.{kind}").read_text(encoding="utf-8") for kind in ("html", "css"))
    body = PAGE.format(css=css, theme=THEME, html=html)
    page.route(ADDRESS, lambda route: route.fulfill(body=body, content_type="text/html"))
    page.route(f"{ADDRESS}plotly.js", lambda route: route.fulfill(path=str(PLOTLY), content_type="text/javascript"))
    page.goto(ADDRESS)
    page.evaluate(IMPORT, bundled(UI / "board.js"))
    yield page
    page.close()


def show(page: Page, pictures: Mapping[str, Picture], *, columns: int = 1, **changes: Any) -> None:
    """Hand figures to the board and wait until all are drawn."""
    shown = {"library": f"{ADDRESS}plotly.js", "stale": False, "columns": columns, "led": NOT_LED._asdict()}
    page.evaluate(SHOW, as_sent(pictures, shown | changes).decode())
    for name in pictures:
        page.wait_for_selector(f"{plot(name)} .main-svg")


def plot(name: str) -> str:
    """The selector of a figure's plot."""
    return f".vgdemo-figure[data-name={json.dumps(name)}] .vgdemo-plot"
