"""The Article on a real server. Who opens it first has it train; the tests share what was trained until a stop."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from browser.accessibility import open_all, twins, violations
from browser.dashboard import READY_SECONDS, dashboard
from playwright.sync_api import Browser, Locator, Page, expect

expect.set_options(timeout=READY_SECONDS * 1000)

FIGURES = 37  # Of all experiments, and of the data.
PLACES = """() => [...document.querySelectorAll(
    ".stHeading, .stCaptionContainer, .st-key-progress, .st-key-contents, .vgdemo-figure, .stExpander")]
  .map((one) => Math.round(one.getBoundingClientRect().top + document.querySelector(".stMain").scrollTop))"""


def open_article(page: Page, url: str) -> None:
    page.goto(f"{url}/Article")
    expect(page.get_by_role("heading", name="E5 · 25 units, 1 to 10 layers")).to_be_visible()
    expect(page.locator(".vgdemo-figure")).to_have_count(FIGURES)


def button(page: Page, name: str) -> Locator:
    return page.locator(".st-key-progress").get_by_role("button", name=name)


def stop(page: Page) -> None:
    button(page, "Stop").click()
    expect(button(page, "Train all")).to_be_enabled()


@pytest.fixture
def article(page: Page, url: str) -> Iterator[Page]:
    """The article with its first experiment trained, and the others stopped."""
    open_article(page, url)
    expect(page.locator(".st-key-standing-1")).to_contain_text("Trained.")
    if button(page, "Stop").is_visible():
        stop(page)
    expect(page.locator(".st-key-experiment-1 .vgdemo-figure[data-name=outcome-1] .main-svg").first).to_be_visible()
    return page


def test_experiments_are_shown_as_they_are_trained_and_open_in_the_lab(article: Page) -> None:
    expect(article.get_by_text("of 20 replicates").first).to_be_visible()
    article.get_by_text("Gradients of 1").click()
    for name in ("outcome-1", "outcome-2", "curves", "gradients", "density"):
        plot = article.locator(f"[class*=st-key-experiment] .vgdemo-figure[data-name={name}] .vgdemo-plot").first
        expect(plot).to_have_attribute("aria-label", re.compile(r"\.$"))
    article.get_by_role("link", name="1 in the Lab", exact=True).click()
    expect(article.get_by_text("1 layer of 5 tanh units")).to_be_visible()
    expect(article.locator(".st-key-progress")).to_contain_text("Complete")


def test_what_was_trained_and_stopped_is_so_for_the_next_visitor(article: Page, browser: Browser, url: str) -> None:
    visitor = browser.new_page()
    open_article(visitor, url)
    expect(visitor.locator(".st-key-experiment-1 .vgdemo-figure[data-name=curves] .main-svg").first).to_be_visible()
    expect(button(visitor, "Train all")).to_be_enabled()
    visitor.close()


def test_it_trains_by_itself_and_a_reload_and_a_second_browser_join(
    page: Page, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On a server of its own; nothing moves meanwhile, and Stop of one is Stop of all."""
    with dashboard(VGDEMO_STORE=str(tmp_path_factory.mktemp("article"))) as url:
        page.goto(f"{url}/Article")
        expect(page.locator(".st-key-now")).to_contain_text(re.compile("starting|In training|Waiting"))
        open_article(page, url)
        phone = browser.new_page(viewport={"width": 375, "height": 800})
        open_article(phone, url)
        places = {one: one.evaluate(PLACES) for one in (page, phone)}
        for one in (page, phone):
            expect(one.locator(".st-key-standing-1")).to_contain_text("Trained.", timeout=2 * READY_SECONDS * 1000)
            expect(one.locator(".st-key-progress")).to_contain_text(
                re.compile("[1-9] of 28 runs are complete, .+ left")
            )
            assert one.evaluate(PLACES) == pytest.approx(places[one], abs=1), "a pixel is rounding"
        page.reload()
        expect(button(page, "Stop")).to_be_visible()
        stop(phone)
        expect(button(page, "Train all")).to_be_enabled()
        page.reload()
        expect(button(page, "Train all")).to_be_enabled()
        phone.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (375, "dark")])
def test_the_page_is_for_everybody_with_all_panels_open(article: Page, width: int, scheme: str) -> None:
    article.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    article.set_viewport_size({"width": width, "height": 900})
    open_all(article)
    expect(article.locator("[class*=st-key-experiment-details] .vgdemo-figure")).not_to_have_count(0)
    assert article.evaluate("document.documentElement.scrollWidth") <= width
    assert twins(article) == set()
    assert violations(article) == []
