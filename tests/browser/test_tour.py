"""The tour as a newcomer takes it, who does what the screen says; and the ways on from Compare."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browser.dashboard import READY_SECONDS
from playwright.sync_api import Locator, Page, expect

from vgdemo.tour import OPENING

expect.set_options(timeout=READY_SECONDS * 1000)


def panel(page: Page) -> Locator:
    return page.locator(".st-key-tour")


def heatmap(page: Page, statistic: str) -> list[Any]:
    """The last epoch in the heatmap of a statistic, from layer 1 to the output: logarithms; None where is none."""
    figure = page.locator(".vgdemo-figure[data-name=layers]")
    expect(figure.get_by_role("heading").first).to_contain_text(re.compile(statistic, re.IGNORECASE))
    page.wait_for_timeout(1000)  # The plot follows its heading.
    plot = "document.querySelector('.vgdemo-figure[data-name=layers] .vgdemo-plot')"
    page.wait_for_function(f"{plot}?._fullData?.[0].x?.length > 50")
    return list(page.evaluate(f"{plot}._fullData[0].z.map(row => [...row].at(-1))"))


def accuracy(page: Page) -> float:
    plot = "document.querySelector('.vgdemo-figure[data-name=curves] .vgdemo-plot')"
    return float(page.evaluate(f"[...{plot}._fullData.find(t => t.name === 'validation').y].at(-1)"))


def expect_step(page: Page, number: int, network: str) -> None:
    expect(panel(page)).to_contain_text(f"({number} of 5)")
    expect(page.locator("[class*=st-key-run]").first).to_contain_text(network)
    expect(page.locator(".st-key-progress")).to_contain_text("Complete")
    expect(page.locator(".vgdemo-stale")).to_have_count(0)


def test_a_newcomer_sees_a_gradient_vanish_and_a_cure_in_six_clicks(page: Page, url: str) -> None:
    page.goto(url)
    expect_step(page, 1, "20 sigmoid units")
    rows = heatmap(page, "gradient, RMS")
    assert all(below < above for below, above in zip(rows, rows[1:], strict=False)), "downwards each row is darker"
    assert rows[0] < -7 and rows[-1] > -3
    assert accuracy(page) == pytest.approx(0.5, abs=0.02)
    figure = page.locator(".vgdemo-figure[data-name=layers] .vgdemo-plot").bounding_box()
    assert figure is not None and figure["y"] + figure["height"] <= 900, "on the first screen"

    panel(page).get_by_role("button", name="Next").click()
    expect_step(page, 2, "20 tanh units")
    expect(page.get_by_role("combobox", name="Statistic of a layer")).to_have_value(re.compile("saturated"))
    assert min(heatmap(page, "saturated")[2:]) > 0.9

    panel(page).get_by_role("button", name="Next").click()
    expect_step(page, 3, "20 ReLU units")
    rows = heatmap(page, "gradient, RMS")
    assert max(rows) - min(rows) < 1, "within a power of ten"
    assert accuracy(page) > 0.8

    panel(page).get_by_role("button", name="Next").click()
    page.wait_for_url("**/Compare?tour=4")
    for letter in "ABC":
        expect(page.locator(f".st-key-column-{letter}")).to_contain_text("Complete")
    page.get_by_role("button", name="Try for B").click()
    page.get_by_role("button", name="Glorot initialiser", exact=True).click()
    expect(page.locator(".st-key-column-D")).to_contain_text("Complete")
    expect(page.locator(".st-key-verdict-D")).to_contain_text("Healthy")
    expect(page.locator(".st-key-who-learns")).to_contain_text(re.compile(r"D in (9|10) of 10"))
    expect(panel(page)).not_to_contain_text("You left")

    page.get_by_role("link", name="D in the Lab").click()
    expect(page.locator("[class*=st-key-run]").first).to_contain_text("20 tanh units · Glorot")
    expect(panel(page)).to_have_count(0)


def test_the_tour_is_left_and_found_again(page: Page, url: str) -> None:
    page.goto(f"{url}/?tour=1")
    expect_step(page, 1, "20 sigmoid units")
    page.get_by_role("slider", name="Hidden layers").press("ArrowRight")
    expect(panel(page)).to_contain_text("You left the tour's run.")
    expect(page).to_have_url(re.compile("num_hidden_layers=9.*tour=1"))
    panel(page).get_by_role("button", name="Back to it").click()
    expect_step(page, 1, "8 layers of 20 sigmoid units")
    expect(page).to_have_url(re.compile(r"/$"))
    panel(page).get_by_role("button", name="Leave the tour").click()
    expect(panel(page)).to_have_count(0)
    expect(page).to_have_url(re.compile("activation=sigmoid"))
    assert "tour" not in page.url
    page.go_back()
    expect(panel(page)).to_contain_text("(1 of 5)")
    page.get_by_role("link", name="Glossary", exact=True).click()
    page.wait_for_url("**/Glossary*")
    page.get_by_role("button", name="Tour", exact=True).click()
    expect_step(page, 1, f"{OPENING[0].units} sigmoid units")
