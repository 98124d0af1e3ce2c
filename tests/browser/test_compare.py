from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser.dashboard import READY_SECONDS, dashboard
from playwright.sync_api import BrowserContext, Page, expect

from vgdemo.jobs.queue import WAITING

QUICK = "epochs-20 replicates-2"
LONG = "epochs-800 replicates-4"
OTHERS = ("activation-relu kernel_initializer-he_uniform", "kernel_initializer-glorot_uniform", "activation-elu")
HEIGHTS = """([part, sentences]) => sentences.map(words => {
  const root = document.querySelector(part)
  root.querySelector("p").textContent = words
  return root.getBoundingClientRect().height
})"""
Open = Callable[..., Page]

expect.set_options(timeout=READY_SECONDS * 1000)


def address(settings: str, count: int = 3) -> str:
    columns = zip("abcd", ("", *OTHERS)[:count], strict=False)
    return "Compare?" + "&".join(f"{letter}={settings} {other}".replace(" ", "+") for letter, other in columns)


def plot(name: str) -> str:
    return f'.vgdemo-figure[data-name="{name}"] .vgdemo-plot'


def measured(page: Page, what: str, name: str = "overlay") -> Any:
    """A JavaScript expression about a drawn plot."""
    return page.evaluate(f"(plot => {what})(document.querySelector('{plot(name)}'))")


def head(page: Page, letter: str) -> Any:
    return page.locator(f".st-key-column-{letter}")


def expect_complete(page: Page, letters: str) -> None:
    for letter in letters:
        expect(head(page, letter)).to_contain_text("Complete")
    expect(page.get_by_text("How they end")).to_be_visible()


@pytest.fixture
def compare(page: Page, url: str) -> Open:
    """Opens Compare and waits until its figures are drawn."""

    def visit(where: str) -> Page:
        page.goto(f"{url}/{where}")
        page.wait_for_selector(f"{plot('overlay')} .main-svg")
        return page

    return visit


def test_three_columns_stream_on_common_axes_and_keep_nodes_and_zoom(compare: Open) -> None:
    page = compare(address(LONG))
    for letter in "AB":
        expect(head(page, letter)).to_contain_text(re.compile("Training: epoch|Complete"))
    page.wait_for_function(f"document.querySelector('{plot('layers A')}')?._fullData?.[0].x.length > 3")
    names = ("overlay", "layers A", "layers B", "layers C")
    for name in names:
        measured(page, "plot.marked = true", name)
    measured(page, "globalThis.vgdemoPlotly.then(p => p.relayout(plot, {'xaxis.range': [10, 200]}))", "layers A")
    for name in names[1:]:
        assert measured(page, "plot._fullLayout.xaxis.range", name) == [10, 200]
    top = page.locator(plot("overlay")).bounding_box()["y"]
    expect_complete(page, "ABC")
    assert page.locator(plot("overlay")).bounding_box()["y"] == top, "the verdicts moved the figures"
    for name in names:
        assert measured(page, "plot.marked", name)
    for name in names[1:]:
        assert measured(page, "plot._fullLayout.xaxis.range", name) == [10, 200]
        colors = measured(page, "[plot._fullData[0].zmin, plot._fullData[0].zmax]", name)
        assert colors == measured(page, "[plot._fullData[0].zmin, plot._fullData[0].zmax]", "layers A")


@pytest.mark.parametrize("where", ["", f"Compare?a={QUICK}&b={QUICK}+seed-2&c={QUICK}+seed-3".replace(" ", "+")])
def test_whatever_is_said_of_runs_nothing_below_moves(page: Page, url: str, where: str) -> None:
    page.goto(f"{url}/{where}")
    expect(page.locator("[data-testid=stProgress] p").first).to_contain_text("Complete")
    learn = [
        "Which columns learn stands here as soon as all runs are over.",
        "A learns in 0 of 2 replicates, B in 0 of 2, C in 0 of 2.",
        "A learns in 10 of 10 replicates, B in 10 of 10, C in 10 of 10, D in 10 of 10.",
    ]
    words = [
        "In the queue.",
        f"In the queue, at place 3. {WAITING}",
        "Training: epoch 300 of 800, less than a minute left.",
        "Complete, 10.3 s to wait, 12.3 s to compile, 44.4 s to train.",
    ]
    parts = {"[data-testid=stProgress]": words} | ({".st-key-who-learns": learn} if where else {})
    for width in (375, 1024, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for part, sentences in parts.items():
            assert len(set(page.evaluate(HEIGHTS, [part, sentences]))) == 1, (part, width)


def test_columns_of_other_depths_and_epochs_share_their_axes(compare: Open) -> None:
    page = compare(f"Compare?a={QUICK}&b=epochs-30 replicates-2 num_hidden_layers-8".replace(" ", "+"))
    expect_complete(page, "AB")
    for axis in ("xaxis", "yaxis"):
        ranges = [measured(page, f"plot._fullLayout.{axis}.range", name) for name in ("layers A", "layers B")]
        assert ranges[0] == ranges[1]
    assert measured(page, "plot._fullLayout.xaxis.range", "layers A") == [-0.5, 30.5]


def test_beside_a_deep_network_a_shallow_one_names_no_more_layers_than_fit(compare: Open) -> None:
    page = compare("Compare?a=epochs-1+replicates-1&b=epochs-1+replicates-1+num_hidden_layers-20")
    expect_complete(page, "AB")
    assert measured(page, "plot._fullLayout.yaxis.tickvals", "layers A") == ["1", "output"]
    assert len(measured(page, "plot._fullLayout.yaxis.tickvals", "layers B")) > 6
    boxes = [page.locator(plot(f"layers {letter}")).bounding_box() for letter in "AB"]
    assert boxes[0]["y"] == boxes[1]["y"]


def test_pointing_at_an_epoch_points_at_it_in_all_columns(compare: Open) -> None:
    page = compare(address(QUICK, 2))
    expect_complete(page, "AB")
    expect(page.locator(".vgdemo-timeline datalist option").last).to_have_attribute("value", "20")
    page.locator(plot("layers A")).scroll_into_view_if_needed()
    for letter in "AB":  # Who is pointed at before it is drawn shows nothing.
        page.wait_for_selector(f"{plot(f'layers {letter}')} .nsewdrag")
    page.locator(f"{plot('layers A')} .nsewdrag").first.hover()
    for letter in "AB":  # The pointer is in the middle of six layers.
        text = page.locator(f"{plot(f'layers {letter}')} .hoverlayer .hovertext")
        expect(text).to_contain_text(re.compile("epoch 10, layer [34]"))
    box = page.locator(plot("profile")).bounding_box()
    layout = "plot._fullLayout"
    line = "plot._fullData.find(({ name }) => name === 'B')"
    x = measured(page, f"{layout}.xaxis._offset + {layout}.xaxis.d2p(3)", "profile")
    y = measured(page, f"{layout}.yaxis._offset + {layout}.yaxis.d2p({line}.y[3])", "profile")
    page.mouse.move(box["x"] + x, box["y"] + y)
    expect(page.locator(f"{plot('profile')} .hoverlayer .hovertext")).to_contain_text(
        re.compile("B.*layer 4", re.DOTALL)
    )


def test_one_slider_moves_the_profiles_of_all_columns_stop_by_stop(compare: Open) -> None:
    page = compare(f"Compare?a={QUICK}&b=epochs-100 replicates-2".replace(" ", "+"))
    expect_complete(page, "AB")
    slider, reading = (
        page.get_by_role("slider", name="epoch"),
        page.locator('.vgdemo-figure[data-name="profile"] p').first,
    )
    slider.focus()
    page.keyboard.press("Home")
    expect(reading).to_contain_text("Epoch 0")
    expect(page.locator(".vgdemo-timeline datalist option").last).to_have_attribute("value", "100")
    stops = page.evaluate("[...document.querySelector('.vgdemo-timeline datalist').options].map(o => Number(o.value))")
    assert stops == sorted({*range(21), *stops}) and stops[-1] == 100
    for stop in stops[1:]:
        page.keyboard.press("ArrowRight")
        expect(slider).to_have_attribute("aria-valuetext", f"epoch {stop}")
    expect(reading).to_contain_text("Epoch 100")
    expect(reading).to_contain_text("A at epoch 20")
    page.get_by_role("button", name="profile over layers").click()
    expect(slider).to_be_hidden()  # No figure is left that shows one epoch alone.


def test_stop_ends_all_columns(compare: Open) -> None:
    page = compare(address("epochs-2000 replicates-20", 2))
    expect(head(page, "A")).to_contain_text(re.compile("Training: epoch"))
    page.get_by_role("button", name="Stop all").click()
    for letter in "AB":
        expect(head(page, letter)).to_contain_text("Stopped after epoch")
    page.get_by_role("button", name="Train the rest").click()
    for letter in "AB":
        expect(head(page, letter)).not_to_contain_text("Stopped")
    expect(head(page, "A")).to_contain_text(re.compile("Training: epoch"))


def accuracies(page: Page) -> list[list[float]]:
    return list(measured(page, "plot._fullData.filter(t => t.showlegend !== false).map(t => [...t.y])"))


def test_the_shared_link_gives_the_same_figures_on_a_fresh_server(
    compare: Open, context: BrowserContext, tmp_path: Path
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = compare(address(QUICK))
    expect_complete(page, "ABC")
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    with dashboard(VGDEMO_STORE=str(tmp_path)) as other:
        fresh = context.new_page()
        fresh.goto(other + "/" + link.rpartition("/")[2])
        expect_complete(fresh, "ABC")
        assert accuracies(fresh) == accuracies(page)
        assert len(accuracies(page)) == 3


def test_without_a_clipboard_the_link_is_selected_to_be_copied(compare: Open) -> None:
    page = compare(address(QUICK, 2))
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Share", exact=True).click()
    field = page.get_by_role("textbox", name="Link to this page")
    expect(field).to_have_value(page.url)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Selected: copy it")).to_be_visible()
    assert page.evaluate("document.activeElement.shadowRoot?.activeElement?.value ?? document.activeElement.value")


def test_the_lab_hands_its_run_over(page: Page, url: str) -> None:
    page.goto(f"{url}/?epochs=20&replicates=2&units=4")
    page.get_by_role("link", name="Compare with…").click()
    expect_complete(page, "AB")
    assert "a=units-4" in page.url and "b=" in page.url


def test_a_run_that_was_deleted_from_the_library_comes_back(page: Page, url: str, compare: Open) -> None:
    compare("Compare?a=epochs-1+replicates-1+seed-901&b=epochs-1+replicates-1+seed-902")
    expect_complete(page, "AB")
    page.get_by_role("link", name="Library").click()
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 18, box["y"] + 53)  # The box before the first row; the table is one canvas.
    delete, undo = (page.get_by_role("button", name=name, exact=True) for name in ("Delete", "Undo delete"))
    delete.click()
    expect(undo).to_be_enabled()
    expect(delete).to_be_disabled()
    undo.click()
    expect(undo).to_be_disabled()
