"""Every page for everybody: who hears it, who uses the keyboard alone, who needs contrast, who wants no motion."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from browser.accessibility import open_all, twins, violations
from browser.dashboard import READY_SECONDS
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

expect.set_options(timeout=READY_SECONDS * 1000)

QUICK = "epochs=20&replicates=2&activation=sigmoid&num_hidden_layers=3&kernel_initializer=glorot_uniform"
LAB = f"?{QUICK}"
COMPARE = "Compare?a=epochs-20+replicates-2&b=epochs-20+replicates-2+activation-relu+kernel_initializer-he_uniform"
LOW = 450  # Pixels: a window of 900, magnified twice.
POPOVER, DIALOG, TABLE = "[data-testid=stPopoverBody]", "[role=dialog]", ".vgdemo-numbers"


@pytest.fixture
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Page:
    """A visitor who wants no motion; so nothing is measured half way from one colour to another."""
    opened = context.new_page()
    opened.emulate_media(color_scheme=getattr(request, "param", "light"), reduced_motion="reduce")
    return opened


in_light_and_dark = pytest.mark.parametrize("page", ["light", "dark"], indirect=True)


def visit(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("button", name="Share", exact=True)).to_be_visible()


def visit_finished(page: Page, address: str) -> None:
    visit(page, address)
    bars = page.locator("[data-testid=stProgress]")
    expect(bars.first).to_contain_text("Complete")
    expect(bars.filter(has_not_text="Complete")).to_have_count(0)
    page.wait_for_selector(".vgdemo-figure .main-svg")


def expect_for_everybody(page: Page, title: str, dialogs: Mapping[str, str] = MappingProxyType({})) -> None:
    """Of a page, and of all that opens on it, nobody is kept out.

    Args:
        page: The page, with all panels open that may be open at once.
        title: Of the page.
        dialogs: How a button's name begins, to what it opens.
    """
    expect(page.get_by_role("heading", level=1)).to_have_text([title])
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("navigation", name="Pages")).to_have_count(1)
    expect(page.locator("[aria-current=page]")).to_have_text([title])
    assert twins(page) == set()
    assert violations(page) == []
    expect_popovers_for_everybody(page)
    for name, opened in dialogs.items():
        opener = page.get_by_role("button", name=name)
        opener.click()
        expect_opened(page, opened, opener)
    expect_on_a_phone(page)


def expect_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert violations(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})


def expect_popovers_for_everybody(page: Page) -> None:
    """Each in its turn, for only one is open, in a window so low that what is long scrolls."""
    page.set_viewport_size({"width": 1440, "height": LOW})
    for place in range(page.get_by_test_id("stPopoverButton").count()):
        opener = page.get_by_test_id("stPopoverButton").nth(place)
        if opener.is_enabled():
            opener.click()
            expect_opened(page, POPOVER, opener)
    page.set_viewport_size({"width": 1440, "height": 900})


def expect_opened(page: Page, opened: str, opener: Locator) -> None:
    """All that is opened is for everybody; Escape closes it and returns to its button."""
    expect_whole(page, opened)
    assert violations(page, opened) == []
    page.keyboard.press("Escape")
    expect(page.locator(opened)).to_have_count(0)
    expect(opener).to_be_focused()


def expect_whole(page: Page, opened: str) -> None:
    """Nothing of it is still to come: what is made when it is opened begins empty, then holds places free."""
    expect(page.locator(opened)).not_to_be_empty()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator(f"{opened} [data-testid=stSkeleton]")).to_have_count(0)


@in_light_and_dark
def test_the_lab_is_for_everybody(page: Page, url: str) -> None:
    visit_finished(page, f"{url}/{LAB}")
    open_all(page)
    expect(page.locator(".vgdemo-figure[data-name=phases] .main-svg").first).to_be_visible()
    expect_for_everybody(page, "Lab", {"Open a run": DIALOG, "Show the numbers of ‘Gradient, RMS, layer": TABLE})


@in_light_and_dark
def test_compare_is_for_everybody(page: Page, url: str) -> None:
    visit_finished(page, f"{url}/{COMPARE}")
    expect(page.get_by_role("heading", name="How they end", level=2)).to_be_visible()
    open_all(page)
    expect_for_everybody(page, "Compare", {"Start from": DIALOG})


@in_light_and_dark
def test_study_is_for_everybody(page: Page, url: str) -> None:
    visit(page, f"{url}/Study?x=num_hidden_layers: 1, 2&epochs=1&replicates=1")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    page.wait_for_selector(".vgdemo-figure[data-name=study] .main-svg")
    open_all(page)
    expect_for_everybody(page, "Study", {"Open a study": DIALOG, "Show the numbers of": TABLE})


@in_light_and_dark
def test_your_model_is_for_everybody(page: Page, url: str) -> None:
    visit(page, f"{url}/Your_model")
    open_all(page)
    expect(page.get_by_text("log_dir=")).to_be_visible()
    expect_for_everybody(page, "Your model")


@in_light_and_dark
def test_the_library_is_for_everybody(page: Page, url: str) -> None:
    for place in range(2):
        visit_finished(page, f"{url}/?epochs=1&replicates=1&seed={90 + place}")
    visit(page, f"{url}/Library?verdict=unknown&seed=90+91")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    expect_for_everybody(page, "Library")


@in_light_and_dark
def test_the_glossary_is_for_everybody(page: Page, url: str) -> None:
    visit(page, f"{url}/Glossary")
    open_all(page)
    expect_for_everybody(page, "Glossary")


def test_whoever_wants_no_motion_gets_none(page: Page, url: str) -> None:
    page.add_init_script("""window.moved = []
        addEventListener("transitionrun", ({ target }) => moved.push(target.outerHTML.slice(0, 80)), true)""")
    visit_finished(page, f"{url}/{LAB}")
    page.get_by_role("button", name="Why", exact=True).click()
    expect(page.locator(POPOVER)).to_be_visible()
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", re.compile(r"rgb\(\d\d?, \d\d?, \d\d?\)"))
    assert page.evaluate("moved") == []


def test_whoever_listens_hears_once_how_a_run_ends(page: Page, url: str) -> None:
    visit_finished(page, f"{url}/{LAB}")
    page.get_by_role("status").filter(has_text="Complete").evaluate("""region => {
        window.said = []
        new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true })
    }""")
    page.get_by_role("slider", name="Units per layer").press("ArrowRight")
    expect(page.get_by_text("3 layers of 6 sigmoid units")).to_be_visible()
    page.wait_for_function("said.some(sentence => sentence.startsWith('Complete, '))")
    page.wait_for_timeout(1000)  # More than the page waits between two looks at a run.
    said = page.evaluate("said")
    assert [sentence for sentence in said if not sentence.startswith("Complete, ")] in ([], ["Training."])
    assert len([sentence for sentence in said if sentence.startswith("Complete, ")]) == 1
    assert re.search(r"train\. \w+", said[-1]), "the verdict"


def test_a_popover_takes_the_keyboard_and_gives_it_back(page: Page, url: str) -> None:
    visit_finished(page, f"{url}/{LAB}")
    page.set_viewport_size({"width": 1440, "height": LOW})
    popover = page.locator(POPOVER)
    why, export = (page.get_by_role("button", name=name, exact=True) for name in ("Why", "Export"))
    why.press("Enter")
    expect(popover).to_be_focused()
    page.keyboard.press("PageDown")
    page.wait_for_function("popover => document.querySelector(popover).scrollTop > 0", arg=POPOVER)
    page.keyboard.press("Escape")
    expect(why).to_be_focused()
    export.press("Enter")
    expect_whole(page, POPOVER)
    page.keyboard.press("Tab")
    expect(popover.get_by_role("button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(export).to_be_focused()


@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_a_switch_explains_itself_and_stays_as_it_is(browser: Browser, url: str, is_phone: bool) -> None:
    visitor = browser.new_context(viewport={"width": 375 if is_phone else 1440, "height": 900}, has_touch=is_phone)
    page = visitor.new_page()
    visit_finished(page, f"{url}/{LAB}")  # While the page comes, its controls move under the pointer.
    if is_phone:
        page.get_by_test_id("stExpandSidebarButton").tap()
    switches = page.get_by_test_id("stCheckbox").filter(has=page.get_by_test_id("stTooltipIcon"))
    expect(switches.filter(has_text="Nesterov")).to_be_visible()
    for name in ("Residual", "Nesterov"):
        switch = switches.filter(has_text=name)
        sign = switch.get_by_role("button", name=f"Help for {name}")
        sign.tap() if is_phone else sign.click()
        expect(page.get_by_role("tooltip")).to_have_count(1)
        page.wait_for_timeout(500)  # More than a press that is made up for takes.
        expect(page.get_by_role("tooltip")).to_have_count(1)
        expect(switch.get_by_role("switch")).not_to_be_checked()
        page.keyboard.press("Escape")
        expect(page.get_by_role("tooltip")).to_have_count(0)
    switches.filter(has_text="Nesterov").locator("p").click()
    expect(page).to_have_url(re.compile("nesterov=true"))
    expect(page).not_to_have_url(re.compile("residual"))
    visitor.close()


REGIONS = (
    ".stSidebar",
    ".stAppHeader",
    ".st-key-navigation",
    ".st-key-run-in-words",
    ".st-key-verdict",
    ".st-key-options",
    ".vgdemo-board",
    ".st-key-theory",
)


@in_light_and_dark
def test_the_keyboard_goes_from_top_to_bottom_and_shows_where_it_is(page: Page, url: str) -> None:
    page.add_init_script(path=Path(__file__).parent / "focus.js")
    visit_finished(page, f"{url}/{LAB}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.goto("about:blank")
    visit_finished(page, f"{url}/{LAB}")
    expect(page.locator(".st-key-verdict")).not_to_contain_text("follows")
    page.wait_for_selector(".vgdemo-figure .main-svg")
    stops = walk(page)
    assert [stop["name"] for stop in stops if not stop["isShown"]] == []
    regions = [stop["region"] for stop in stops if stop["region"]]
    assert [one for one, _ in groupby(regions)] == list(REGIONS)
    assert len(stops) > 80


def walk(page: Page) -> list[dict[str, Any]]:
    """Tab by tab to the end: each stop's name, region, and whether it looks otherwise than without the focus."""
    page.evaluate("rememberLooks()")
    stops: list[dict[str, Any]] = []
    while len(stops) < 300:
        page.keyboard.press("Tab")
        stop = page.evaluate("regions => visitFocus(regions)", REGIONS)
        if stop is None:
            return stops
        stops.append(stop)
    raise AssertionError(f"no end in sight after {stops[-1]}")
