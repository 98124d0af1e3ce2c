"""The last setting wins, and Back and Forward walk through what was seen."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from browser.dashboard import READY_SECONDS
from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

expect.set_options(timeout=READY_SECONDS * 1000)

QUICK = "epochs=20&replicates=2"
PRESSES = 15
INTERVALS = (10, 60, 250)  # Milliseconds between two keys.
SECOND = 1000
BUSY = "import time\nend = time.time() + 240\nwhile time.time() < end: pass"


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """One core has something else to do."""
    process = subprocess.Popen([sys.executable, "-c", BUSY])
    yield
    process.kill()
    process.wait()


def wait_until_drawn(page: Page) -> None:
    page.wait_for_selector(".vgdemo-figure[data-name=curves] .main-svg, .vgdemo-figure[data-name=overlay] .main-svg")
    expect(page.locator("[data-testid=stProgress]").first).to_contain_text("Complete")


def settled(page: Page) -> None:
    """The server has nothing to do for this page any more, and nothing comes later."""
    expect(page.locator("[data-testid=stProgress]").first).to_contain_text("Complete")
    page.wait_for_timeout(SECOND)


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Hidden layers")


def expect_depth(page: Page, depth: int, address: str) -> None:
    """Control, headline and address say the same, and go on saying it."""
    for _ in range(2):
        expect(slider(page)).to_have_attribute("aria-valuetext", str(depth))
        expect(page).to_have_url(re.compile(rf"{address}{depth}(&|\+|$)"))
        settled(page)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.usefixtures("busy_machine")
def test_no_key_is_lost_in_the_lab(page: Page, url: str, interval: int) -> None:
    page.goto(f"{url}/?{QUICK}")
    wait_until_drawn(page)
    slider(page).focus()
    for _ in range(PRESSES):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(interval)
    expect(page.locator("[class*=st-key-run]").first).to_contain_text(f"{5 + PRESSES} layers of 5")
    expect_depth(page, 5 + PRESSES, "num_hidden_layers=")
    expect(page.locator("[class*=st-key-run]").first).to_contain_text(f"{5 + PRESSES} layers of 5")


@pytest.mark.parametrize("interval", (0, 120))
@pytest.mark.usefixtures("busy_machine")
def test_no_key_is_lost_in_compare(page: Page, url: str, interval: int) -> None:
    page.goto(f"{url}/Compare?a=epochs-20+replicates-2&b=epochs-20+replicates-2+activation-relu")
    wait_until_drawn(page)
    slider(page).focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(interval)
    expect(page.locator(".st-key-column-A")).to_contain_text("15 layers")
    expect_depth(page, 15, "num_hidden_layers-")


@pytest.mark.parametrize("interval", (0, 200))
def test_no_field_is_lost_that_is_filled_in_one_after_the_other(page: Page, url: str, interval: int) -> None:
    page.goto(f"{url}/?{QUICK}")
    wait_until_drawn(page)
    typed = {"Learning rate": "0.05", "Momentum": "0.5", "Batch size": "50", "Epochs": "30"}
    for label, value in typed.items():
        field = page.get_by_label(label, exact=True)
        field.fill(value)
        field.press("Tab")
        page.wait_for_timeout(interval)
    for part in ("learning_rate=0.05", "momentum=0.5", "batch_size=50", "epochs=30"):
        expect(page).to_have_url(re.compile(part))
    settled(page)
    for label, value in typed.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(value)
    expect(page.locator("[class*=st-key-run]").first).to_contain_text(
        "SGD, rate 0.05, momentum 0.5 · circles · 30 epochs"
    )


def test_a_button_pressed_ten_times_counts_ten(page: Page, url: str) -> None:
    page.goto(f"{url}/?{QUICK}")
    wait_until_drawn(page)
    field = page.locator("[data-testid=stNumberInput]", has=page.get_by_label("Gain", exact=True))
    for _ in range(10):
        field.get_by_role("button", name="Increment").click()
    expect(page).to_have_url(re.compile("gain=2.0"))
    settled(page)
    expect(page.get_by_label("Gain", exact=True)).to_have_value("2")


def test_a_preset_among_quick_changes_is_where_the_rest_goes_on(page: Page, url: str) -> None:
    page.goto(f"{url}/?{QUICK}")
    wait_until_drawn(page)
    slider(page).focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.get_by_role("combobox", name="Experiment").click()
    page.get_by_role("option", name="1 · Shallow tanh").click()
    expect(slider(page)).to_have_attribute("aria-valuetext", "1")  # The person sees where the key will lead from.
    slider(page).focus()
    page.keyboard.press("ArrowRight")
    expect_depth(page, 2, "num_hidden_layers=")
    expect(page).not_to_have_url(re.compile("epochs="))


def test_back_walks_through_what_was_seen_and_forward_returns(page: Page, url: str) -> None:
    page.goto(f"{url}/?{QUICK}&num_hidden_layers=2")
    wait_until_drawn(page)
    for depth in (3, 4):
        slider(page).press("ArrowRight")
        expect_depth(page, depth, "num_hidden_layers=")
    page.go_back()
    expect_depth(page, 3, "num_hidden_layers=")
    page.go_back()
    expect_depth(page, 2, "num_hidden_layers=")
    page.go_forward()
    expect_depth(page, 3, "num_hidden_layers=")
    expect(page.locator("[class*=st-key-run]").first).to_contain_text("3 layers of 5")


@pytest.mark.parametrize("name", ["Compare", "Study"])
def test_one_back_leads_from_a_page_to_the_lab_and_its_run_and_forward_returns(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/?{QUICK}&num_hidden_layers=3")
    wait_until_drawn(page)
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url(f"**/{name}?*")
    page.wait_for_timeout(SECOND)
    written = page.url
    page.go_back()
    expect(page.locator("[class*=st-key-run]").first).to_contain_text("3 layers of 5")
    expect_depth(page, 3, "num_hidden_layers=")
    page.go_forward()
    expect(page.locator("[aria-current=page]")).to_have_text(name)
    expect(page).to_have_url(written)


@pytest.mark.parametrize("way", ["link", "remedy"])
def test_back_from_compare_returns_to_the_run_without_a_warning(page: Page, url: str, way: str) -> None:
    page.goto(f"{url}/?{QUICK}&activation=sigmoid&kernel_initializer=glorot_uniform&num_hidden_layers=8")
    wait_until_drawn(page)
    if way == "link":
        page.get_by_role("link", name="Compare with…").click()
    else:
        page.get_by_role("button", name="ReLU + He").click()
    page.wait_for_url("**/Compare?*")
    wait_until_drawn(page)
    page.go_back()
    expect(page.locator("[class*=st-key-run]").first).to_contain_text("8 layers of 5 sigmoid units")
    settled(page)
    expect(page.locator("[data-testid=stAlert]")).to_have_count(0)
    expect(page).to_have_url(re.compile("activation=sigmoid"))
    expect(page).not_to_have_url(re.compile("[?&]a="))


def test_a_page_without_an_address_keeps_none_of_anothers(page: Page, url: str) -> None:
    page.goto(f"{url}/?{QUICK}")
    wait_until_drawn(page)
    page.get_by_role("link", name="Library", exact=True).click()
    page.wait_for_url("**/Library")
    page.get_by_role("link", name="Compare", exact=True).click()
    page.wait_for_url("**/Compare?*")
    wait_until_drawn(page)
    page.go_back()
    page.wait_for_timeout(2 * SECOND)
    expect(page).to_have_url(f"{url}/Library")


def test_a_part_of_the_page_that_is_left_asks_late_and_the_next_page_stays(page: Page, url: str) -> None:
    """While a run trains, the Lab asks several times a second for what is new, also when a click is on its way."""
    late: list[str | bytes] = []

    def pass_on(route: WebSocketRoute) -> None:
        server, of_parts = route.connect_to_server(), list[str | bytes]()
        left = ""

        def hand_on(sent: str | bytes) -> None:
            nonlocal left
            server.send(sent)
            asked = BackMsg.FromString(sent).rerun_script
            if asked.fragment_id:
                of_parts.append(sent)
                left = asked.page_script_hash
            elif of_parts and asked.page_script_hash not in ("", left):  # It is the click.
                server.send(of_parts[-1])
                late.append(of_parts[-1])

        route.on_message(hand_on)

    page.route_web_socket("**/_stcore/stream", pass_on)
    page.goto(f"{url}/?epochs=2000&replicates=20&seed=77")
    expect(page.locator(".st-key-progress")).to_contain_text("Training: epoch")
    page.get_by_role("link", name="Glossary").click()
    expect(page.get_by_role("heading", name="Glossary", exact=True)).to_be_visible()
    assert late
    page.wait_for_timeout(2000)
    expect(page.get_by_role("heading", name="Glossary", exact=True)).to_be_visible()
