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


def test_back_is_followed_although_the_panel_closes_at_the_same_moment(page: Page, url: str) -> None:
    open_finished(page, f"{url}/?{QUICK}&view=epoch-5")
    for _ in range(4):
        page.get_by_role("slider", name="epoch").press("ArrowRight")
        expect(page).to_have_url(re.compile("epoch-6"))
        page.get_by_role("button", name="Share", exact=True).click()
        expect(page.get_by_label("Link to this page")).to_have_value(re.compile("epoch-6"))
        page.keyboard.press("Escape")
        page.go_back()
        expect(epoch(page)).to_have_text("5")


TWO = "Compare?a=epochs-20+replicates-2&b=epochs-20+replicates-2+units-6"


def test_a_presentation_is_large_without_controls_and_ends_with_escape(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    open_finished(page, f"{url}/{TWO}&view=present-1")
    sidebar, tools = page.get_by_test_id("stSidebar"), page.locator(".vgdemo-tools").first
    steps = [page.locator(f".st-key-next-{letter}") for letter in "AB"]
    for control in (sidebar, tools, page.get_by_role("button", name="Stop all"), *steps):
        expect(control).to_be_hidden()
    assert page.locator(".st-key-present").bounding_box()["x"] < 80, "the row begins where the page does"
    for words in ("[class*=st-key-verdict-] p", ".vgdemo-figure h2"):
        assert page.locator(words).first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") >= 20
    page.keyboard.press("Escape")
    expect(sidebar).to_be_visible()
    expect(tools).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))


def test_a_long_name_leaves_the_columns_level(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 900, "height": 900})
    open_finished(page, f"{url}/{TWO}&name_a={'wide+' * 7}")
    title = page.locator(".st-key-title-A p strong")
    title.evaluate("one => one.textContent = one.textContent.repeat(3)")  # Longer than two lines.
    tops = [page.locator(f".st-key-verdict-{letter}").bounding_box()["y"] for letter in "AB"]
    assert tops[0] == tops[1]


def test_who_can_be_reached_by_others_shares_a_code_that_is_large_enough(page: Page, url: str) -> None:
    known_to_others = url.replace("127.0.0.1", "vgdemo.localhost")  # To a browser, a name of this machine too.
    page.goto(f"{known_to_others}/{TWO}")
    page.get_by_role("button", name="Share", exact=True).click()
    code = page.get_by_role("img", name="QR code of the link")
    expect(code).to_be_visible()
    assert code.evaluate("one => one.decode().then(() => one.width === one.height && one.width >= 150)")


def test_paper_has_the_pictures_side_by_side_and_no_controls(page: Page, url: str) -> None:
    open_finished(page, f"{url}/{TWO}&c=epochs-20+replicates-2+units-7&d=epochs-20+replicates-2+units-8")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1000})  # What an A4 page has between its margins.
    for control in (".stSidebar", ".vgdemo-tools", ".st-key-navigation", ".st-key-options"):
        expect(page.locator(control).first).to_be_hidden()
    expect(page.locator("[class*=st-key-verdict-] p").first).to_be_visible()
    page.wait_for_function(  # The figures are narrowed one after the other.
        """letters => new Set(letters.map(letter => document
            .querySelector(`.vgdemo-figure[data-name='layers ${letter}']`).getBoundingClientRect().top)).size === 1""",
        arg=[*"ABCD"],
    )
    assert page.pdf(format="A4").startswith(b"%PDF")
