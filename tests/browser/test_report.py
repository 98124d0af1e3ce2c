"""The report, opened from disk by a browser that has no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import foreign_record
from playwright.sync_api import Browser, Page

from vgdemo.export import ReportedRun, report
from vgdemo.record import RunRecord

WIDTHS = {"desktop": (1440, "light"), "phone": (375, "dark")}
MakeRecord = Callable[..., RunRecord]


@contextmanager
def opened_report(browser: Browser, path: Path, *runs: ReportedRun, width: int = 1440, scheme: str) -> Iterator[Page]:
    """The report of the runs, complete; no script may fail in it."""
    path.write_text(report(runs), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelectorAll('.plot .main-svg .plot, .plot .main-svg .heatmaplayer').length")
    yield page
    assert errors == []
    context.close()


@pytest.fixture(params=WIDTHS)
def opened(request: pytest.FixtureRequest, browser: Browser, make_record: MakeRecord, tmp_path: Path) -> Iterator[Page]:
    """A report of two runs."""
    width, scheme = WIDTHS[request.param]
    runs = ReportedRun(make_record(), "tanh", ("Vanishing.",)), ReportedRun(make_record(epochs=5), "longer")
    with opened_report(browser, tmp_path / "report.html", *runs, width=width, scheme=scheme) as page:
        yield page


def test_all_figures_are_drawn_and_fit_the_screen(opened: Page) -> None:
    assert opened.locator(".plot.js-plotly-plot").count() == 11
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for plot in opened.locator(".plot").all():
        assert plot.locator(".main-svg").first.bounding_box()["height"] > 200


def test_the_slider_moves_every_figure_that_shows_one_epoch(opened: Page) -> None:
    slider = opened.get_by_label("epoch", exact=True)
    slider.focus()
    slider.press("Home")
    assert slider.get_attribute("aria-valuetext") == "epoch 0"
    readings = opened.locator(".reading").all_inner_texts()
    assert sum(reading.startswith("Epoch 0") for reading in readings) == 6
    assert opened.locator("figure[aria-label*='Epoch 0']").count() == 6


def test_runs_side_by_side_have_the_same_axes(opened: Page) -> None:
    heatmaps = opened.locator("figure", has_text="layer by layer").locator(".plot")
    assert heatmaps.evaluate_all("plots => plots.map(plot => plot.layout.xaxis.range)") == [[-0.5, 5.5]] * 2


def test_a_figure_can_be_zoomed(opened: Page) -> None:
    opened.evaluate("Plotly.relayout(document.querySelector('.plot'), {'xaxis.range': [1, 2]})")
    assert opened.evaluate("document.querySelector('.plot').layout.xaxis.range") == [1, 2]


def test_the_page_takes_the_readers_colours(opened: Page) -> None:
    text = opened.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--text')")
    drawn = opened.evaluate("document.querySelector('.plot')._fullLayout.font.color")
    assert drawn == text
    other = "light" if opened.viewport_size["width"] == 375 else "dark"
    opened.emulate_media(color_scheme=other)
    opened.wait_for_function(f"document.querySelector('.plot')._fullLayout.font.color != '{text}'")


def test_the_report_has_no_barriers(opened: Page) -> None:
    assert Axe().run(opened).response["violations"] == []


def test_on_paper_the_figures_are_narrow_light_and_without_controls(opened: Page) -> None:
    width = opened.evaluate("document.querySelector('.plot')._fullLayout.width")
    opened.emulate_media(media="print")
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.evaluate("document.querySelector('.plot')._fullLayout.font.color") == "#1b2330"
    assert not opened.locator(".epoch").is_visible()
    widths = opened.evaluate("[...document.querySelectorAll('.plot')].map(plot => plot._fullLayout.width)")
    assert max(widths) <= 700  # A4 has 718 pixels between a browser's margins.
    opened.emulate_media(media="screen")
    opened.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.evaluate("document.querySelector('.plot')._fullLayout.width") == width


def test_a_network_of_somebodys_own_is_drawn_beside_a_run(
    browser: Browser, make_record: MakeRecord, tmp_path: Path
) -> None:
    runs = ReportedRun(make_record(), "tanh"), ReportedRun(foreign_record())
    with opened_report(browser, tmp_path / "report.html", *runs, scheme="light") as page:
        assert page.locator(".plot.js-plotly-plot").count() == page.locator("figure").count()
        assert page.locator("figure .run").all_inner_texts() == ["tanh", "my_model"] * 4 + ["tanh"] + ["my_model"] * 2
        assert page.get_by_label("epoch", exact=True).get_attribute("aria-valuetext") == "epoch 6"
        tops = {figure.bounding_box()["y"] for figure in page.locator("figure").all()}
        assert len(tops) == 2 + 5 + 2  # Accuracies and losses of both, and the rows of layers and of time steps.
