"""What a teacher needs: a link with names and view, a page for a room, and one on paper."""

from __future__ import annotations

import re

from browser.dashboard import READY_SECONDS
from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=READY_SECONDS * 1000)

QUICK = "epochs=20&replicates=2"
NAME = "our%20%3Cb%3Edeep%3C/b%3E%20net"


def epoch(page: Page) -> Locator:
    return page.locator(".vgdemo-timeline output").first


def open_finished(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("[data-testid=stProgress]").first).to_contain_text("Complete")
    page.wait_for_selector(".vgdemo-figure[data-name=surface] .main-svg, .vgdemo-figure[data-name=overlay] .main-svg")


def test_a_link_opens_with_its_name_and_view_and_is_shared_with_what_is_chosen_since(page: Page, url: str) -> None:
    open_finished(page, f"{url}/?{QUICK}&name={NAME}&view=epoch-5+singles-1")
    expect(page.get_by_text("our <b>deep</b> net · 5 layers")).to_be_visible()
    expect(page.get_by_role("switch", name="single replicates")).to_be_checked()
    expect(epoch(page)).to_have_text("5")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lab")
    expect(page.get_by_role("navigation", name="Pages").locator("[aria-current=page]")).to_have_text("Lab")
    expect(page.get_by_role("status").filter(has_text="Complete")).to_have_count(1)
    page.get_by_role("slider", name="epoch").press("ArrowRight")
    expect(page).to_have_url(re.compile("epoch-6"))
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_label("Link to this page")).to_have_value(re.compile(r"name=our.*view=singles-1\+epoch-6"))
    expect(page.get_by_text("--server.address 0.0.0.0")).to_be_visible()
    page.keyboard.press("Escape")
    page.go_back()
    expect(epoch(page)).to_have_text("5")


def test_a_presentation_is_large_without_controls_and_ends_with_escape_and_paper_has_the_pictures(
    page: Page, url: str
) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    known_to_others = url.replace("127.0.0.1", "vgdemo.localhost")  # To a browser, a name of this machine too.
    open_finished(
        page,
        f"{known_to_others}/Compare?a=epochs-20+replicates-2&b=epochs-20+replicates-2+units-6&view=present-1"
        f"&name_a={'wide+' * 7}",
    )
    sidebar, tools = page.get_by_test_id("stSidebar"), page.locator(".vgdemo-tools").first
    plot, verdict = page.locator(".vgdemo-plot").first, page.locator("[class*=st-key-verdict-] p").first
    expect(sidebar).to_be_hidden()
    expect(tools).to_be_hidden()
    expect(page.get_by_role("button", name="Stop all")).to_be_hidden()
    assert page.locator(".st-key-present").bounding_box()["x"] < 80, "the row begins where the page does"
    for letter in "AB":
        expect(page.locator(f".st-key-next-{letter}")).to_be_hidden()
    assert verdict.evaluate("element => parseFloat(getComputedStyle(element).fontSize)") >= 20
    assert page.locator(".vgdemo-figure h2").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") >= 20
    page.keyboard.press("Escape")
    expect(sidebar).to_be_visible()
    expect(tools).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))
    page.set_viewport_size({"width": 900, "height": 900})
    title = page.locator(".st-key-title-A p strong")
    title.evaluate("one => one.textContent = one.textContent.repeat(3)")  # Longer than two lines.
    tops = [page.locator(f".st-key-verdict-{letter}").bounding_box()["y"] for letter in "AB"]
    assert tops[0] == tops[1], "a long title moves its column"
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.get_by_role("button", name="Share", exact=True).click()
    code = page.get_by_role("img", name="QR code of the link")
    expect(code).to_be_visible()
    assert code.evaluate("one => one.decode().then(() => one.width === one.height && one.width >= 150)")
    page.keyboard.press("Escape")
    page.emulate_media(media="print")
    for absent in (sidebar, tools, page.locator(".st-key-navigation"), page.locator(".st-key-options")):
        expect(absent).to_be_hidden()
    expect(plot.locator(".main-svg").first).to_be_visible()
    expect(verdict).to_be_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
