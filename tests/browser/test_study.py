"""A study in a real browser: started, watched by another one, clicked."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from vgdemo.config import RunConfig
from vgdemo.study import Grid

GRID = Grid.of(RunConfig(epochs=2, replicates=1), {"num_hidden_layers": [1, 2, 3], "activation": ["tanh", "relu"]})
PLOT = '.vgdemo-figure[data-name="study"] .vgdemo-plot'


@pytest.fixture(scope="module")
def study(browser: Browser, url: str) -> str:
    """The address of a study that one visitor has started, and another one has seen complete."""
    address = f"{url}/Study?{urlencode(GRID.to_query())}"
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(240_000)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    context.close()  # It goes on: it is the server's.
    another = browser.new_context(viewport={"width": 1440, "height": 900})
    watching = another.new_page()
    watching.goto(address)
    expect(watching.get_by_test_id("stProgress").get_by_text("Complete: 6 of 6 runs are done.")).to_be_visible(
        timeout=240_000
    )
    another.close()
    return address


@pytest.fixture
def drawn(page: Page, study: str) -> Callable[[], Page]:
    def visit() -> Page:
        page.goto(study)
        page.wait_for_selector(f"{PLOT} .main-svg")
        expect(page.get_by_test_id("stProgress").get_by_text("Complete: 6 of 6 runs are done.")).to_be_visible()
        return page

    return visit


def click_cell(page: Page, column: int, row: int) -> None:
    """Click in the middle of a cell, counted from the lower left."""
    place = page.evaluate(
        """([plot, column, row]) => {
            const { _fullLayout: { xaxis, yaxis } } = document.querySelector(plot)
            const box = document.querySelector(plot).getBoundingClientRect()
            return [box.x + xaxis._offset + xaxis.d2p(column), box.y + yaxis._offset + yaxis.d2p(row)]
        }""",
        [PLOT, column, row],
    )
    page.mouse.move(*place)
    page.mouse.click(*place)


def test_a_click_on_a_cell_opens_its_run_in_the_lab(drawn: Callable[[], Page]) -> None:
    page = drawn()
    click_cell(page, 1, 1)
    page.wait_for_url(re.compile(r"/\?"))
    query = {name: value[0] for name, value in parse_qs(urlsplit(page.url).query).items()}
    assert RunConfig.from_query({name: query[name] for name in query if name != "view"})[0] == GRID.at(1, 1)


def test_two_marked_cells_go_to_compare(drawn: Callable[[], Page]) -> None:
    page = drawn()
    page.get_by_text("A click marks", exact=True).click()
    click_cell(page, 0, 0)
    expect(page.get_by_role("button", name="Open in the Lab")).to_be_enabled()
    click_cell(page, 2, 1)
    page.get_by_role("button", name="Compare them").click()
    page.wait_for_url(re.compile("/Compare"))
    query = parse_qs(urlsplit(page.url).query)
    assert {query["a"][0], query["b"][0]} == {
        "num_hidden_layers-1 epochs-2 replicates-1",
        "num_hidden_layers-3 activation-relu epochs-2 replicates-1",
    }


def test_the_figure_keeps_its_node_when_the_measure_changes(drawn: Callable[[], Page]) -> None:
    page = drawn()
    page.evaluate(f"document.querySelector('{PLOT}').dataset.mark = 'mine'")
    page.get_by_role("combobox", name=re.compile("Shows")).click()
    page.get_by_role("option").nth(1).click()
    page.wait_for_url(re.compile("view=measure-"))
    expect(page.locator(PLOT)).to_have_attribute("data-mark", "mine")
