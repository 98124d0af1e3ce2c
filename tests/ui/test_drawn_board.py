"""What a board looks like and what it does in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from board_page import board_page, plot, show
from conftest import TINY, changed, over_depths, random_record
from playwright.sync_api import Browser, Page, expect

from vgdemo.config import RunConfig
from vgdemo.figures import VIEWS, ViewOptions, curves, layer_lines, overlaid_accuracy
from vgdemo.record import RunRecord
from vgdemo.study.landscape import landscape
from vgdemo.ui.board import Picture

BOXES = "found => found.map(one => one.getBoundingClientRect().toJSON())"
MakeRecord = Callable[..., RunRecord]


def alone(record: RunRecord) -> dict[str, Picture]:
    return {name: Picture.of(name, view.make(record, ViewOptions(), None)) for name, view in VIEWS.items()}


def side_by_side(records: Mapping[str, RunRecord]) -> dict[str, Picture]:
    """A row of heatmaps, and the profiles in one figure."""
    layers, profile = VIEWS["layers"], VIEWS["profile"]
    heatmaps = {
        f"layers {letter}": Picture.of("layers", layers.make(record, ViewOptions(), None))._replace(column=letter)
        for letter, record in records.items()
    }
    assert profile.overlaid is not None
    options = {letter: ViewOptions() for letter in records}
    return {**heatmaps, "profile": Picture.of("profile", profile.overlaid(records, options))}


@pytest.fixture(scope="module")
def compared(browser: Browser) -> Iterator[Page]:
    """Four columns, one of them trained for longer."""
    lengths = {"A": 3, "B": 3, "C": 3, "D": 40}
    records = {
        letter: random_record(RunConfig(**TINY | {"epochs": epochs, "replicates": 1}))
        for letter, epochs in lengths.items()
    }
    with board_page(browser) as page:
        show(page, side_by_side(records), columns=4)
        yield page


def measured(page: Page, name: str, what: str) -> Any:
    """A JavaScript expression about a drawn plot."""
    return page.evaluate(f"(plot => {what})(document.querySelector({plot(name)!r}))")


def test_a_row_names_legend_and_colours_once_and_leaves_its_width_to_the_heatmaps(compared: Page) -> None:
    for letter in "ABCD":
        assert measured(compared, f"layers {letter}", "plot.querySelectorAll('.legend, .cbaxis').length") == 0
        share = "plot._fullLayout.xaxis._length / plot.clientWidth"
        assert measured(compared, f"layers {letter}", share) > 0.75
    key = compared.locator(".vgdemo-group .vgdemo-key")
    expect(key).to_have_count(5)  # That of the row, and of each figure in it one that is empty.
    expect(key.first).to_contain_text("exact zero")
    expect(key.first.locator(".vgdemo-colors span").first).to_have_text("10⁻⁷")
    assert key.all_inner_texts()[1:] == [""] * 4


def test_the_legend_says_names_as_they_were_given_and_plotly_has_them_escaped(
    browser: Browser, make_record: MakeRecord
) -> None:
    names = {"A": '<b>A</b> | *x* "q" &lt;', "B": "R&D"}
    overlay = overlaid_accuracy({letter: make_record() for letter in names}, names)
    with board_page(browser) as page:
        show(page, {"overlay": Picture.of("overlay", overlay)}, columns=2)
        assert page.locator(".vgdemo-key .vgdemo-entry").all_inner_texts() == [*names.values()]
        drawn = {name for name in measured(page, "overlay", "plot.data.map(({ name }) => name ?? null)") if name}
        assert drawn >= {'&lt;b&gt;A&lt;/b&gt; | *x* "q" &amp;lt;', "R&amp;D"}


def test_headings_go_down_by_one_from_a_row_to_its_columns(compared: Page) -> None:
    headings = compared.evaluate("[...document.querySelectorAll('h2, h3')].map(h => [h.tagName, h.textContent])")
    assert headings == [
        ["H2", "Gradient, RMS, layer by layer"],
        *(["H3", letter] for letter in "ABCD"),
        ["H2", "Gradient, RMS over layers"],
    ]


def test_tools_name_their_figure_and_say_what_is_written_on_them(compared: Page) -> None:
    tools = compared.locator(".vgdemo-figure[data-name='layers B'] .vgdemo-tools button")
    words = tools.evaluate_all("tools => tools.map(tool => [tool.textContent, tool.ariaLabel])")
    assert words[3] == ["csv", "Download the numbers of ‘B · Gradient, RMS, layer by layer’ as CSV"]
    assert all(text in label.lower() and "‘B · Gradient" in label for text, label in words)


def test_an_epoch_that_was_asked_for_between_two_stops_is_said_beside_the_stop_that_is_shown(browser: Browser) -> None:
    pictures = alone(random_record(RunConfig(**TINY | {"epochs": 100})))  # Stops at 0, 25, 50, 75 and 100.
    with board_page(browser) as page:
        show(page, pictures, led={"times": 1, "epoch": 37})
        shown, slider = page.locator(".vgdemo-timeline output"), page.get_by_role("slider")
        expect(shown).to_have_text("25 (asked: 37)")
        show(page, pictures, led={"times": 1, "epoch": 37}, unit="step")
        expect(slider).to_have_attribute("aria-valuetext", "step 25")
        slider.press("ArrowRight")
        expect(shown).to_have_text("50")
        show(page, pictures, led={"times": 2, "epoch": 75})
        expect(shown).to_have_text("75")


def test_a_figure_with_a_scale_of_all_runs_fits_it_on_a_click(browser: Browser, make_record: MakeRecord) -> None:
    with board_page(browser) as page:
        for is_fitted, heard in ((None, []), (False, ["false"] * 3), (True, ["true"] * 3)):
            show(page, alone(make_record()), isFitted=is_fitted)
            fit = page.get_by_role("button", name="Fit the scales of")
            assert fit.evaluate_all("all => all.map((one) => one.ariaPressed)") == heard
        names = fit.evaluate_all("all => all.map((one) => one.closest('figure').dataset.name)")
        assert names == ["layers", "profile", "distribution"], "what has a scale of its own anyway has no choice"
        fit.first.click()
        assert page.evaluate("told") == ["fit", True]


def test_the_numbers_of_a_figure_are_a_table_on_demand(compared: Page) -> None:
    compared.get_by_role("button", name="Show the numbers of ‘D · Gradient").press("Enter")
    dialog = compared.get_by_role("dialog", name="D · Gradient, RMS, layer by layer")
    assert dialog.locator("th[scope=col]").count() == dialog.locator("tbody tr").first.locator("td").count() > 2
    expect(dialog.locator("caption")).to_contain_text("in the output at epoch 40")
    assert dialog.locator("tbody tr").count() == 41 * 3
    expect(dialog.get_by_text("the CSV has")).to_be_hidden()
    compared.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert compared.evaluate("document.activeElement.textContent") == "table"


def test_a_long_table_is_cut_and_says_so(browser: Browser, make_record: MakeRecord) -> None:
    with board_page(browser) as page:
        record = changed(make_record(epochs=150), gradient_rms=np.array([934975863759757800, 3.4318e-6, 0.0123456]))
        show(page, {"layers": alone(record)["layers"]})
        page.get_by_role("button", name="as a table").click()
        rows = page.locator("tbody tr").all_inner_texts()
        assert len(rows) == 300
        assert [row.split("\t") for row in rows[:4]] == [
            ["150", "1", "9.3498·10¹⁷"],
            ["150", "2", "3.4318·10⁻⁶"],
            ["150", "output", "0.012346"],
            ["149", "1", "9.3498·10¹⁷"],
        ]
        cut = f"The first 300 of {151 * 3} rows, the last epochs first; the CSV has them all."
        expect(page.get_by_text(cut)).to_be_visible()


def test_a_key_moves_the_slider_by_one_stop_however_far_that_is(compared: Page) -> None:
    slider = compared.get_by_role("slider", name="epoch")
    stops = compared.evaluate("[...document.querySelector('datalist').options].map(option => Number(option.value))")
    assert (stops[:4], stops[-1]) == ([0, 1, 2, 3], 40)
    slider.focus()
    for key, stop in (
        ("Home", 0),
        ("ArrowRight", stops[1]),
        ("PageUp", stops[6]),
        ("ArrowLeft", stops[5]),
        ("End", 40),
    ):
        compared.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuetext", f"epoch {stop}")
    expect(compared.locator(".vgdemo-figure[data-name=profile] p").first).to_contain_text("Epoch 40")


def test_the_slider_is_as_long_as_the_training(compared: Page) -> None:
    slider = compared.get_by_role("slider", name="epoch")
    assert slider.evaluate("slider => [slider.min, slider.max, slider.value]") == ["0", "40", "40"]
    stops = slider.evaluate("slider => [...slider.list.options].map((option) => Number(option.value))")
    assert stops[0] == 0 and stops[-1] == 40
    between = next(stop - 1 for stop, before in zip(stops[1:], stops, strict=False) if stop - before > 2)
    slider.fill(str(between))
    expect(compared.locator(".vgdemo-timeline output")).to_have_text(str(between + 1))


def test_what_explains_a_figure_is_opened_below_its_reading(browser: Browser, make_record: MakeRecord) -> None:
    content = json.loads(alone(make_record())["layers"].json)
    content["layout"]["title"]["subtitle"]["text"] = "A sentence that is longer than its room. " * 20
    picture = Picture("layers", json.dumps(content))
    with board_page(browser) as page:
        show(page, {"layers": picture})
        top = page.locator(plot("layers")).bounding_box()["y"]
        explanation = page.locator(".vgdemo-how p")
        expect(explanation).to_be_hidden()
        is_cut = "(p => p.scrollHeight > p.clientHeight)(document.querySelector('figcaption > p'))"
        assert page.evaluate(is_cut)
        page.get_by_text("How to read it").click()
        expect(explanation).to_be_visible()
        assert not page.evaluate(is_cut), "a long reading is whole then"
        page.get_by_text("How to read it").click()
        assert page.locator(plot("layers")).bounding_box()["y"] == top


@pytest.mark.parametrize("width", [375, 800, 1440])
def test_no_figure_moves_when_readings_and_legends_come(width: int, browser: Browser, make_record: MakeRecord) -> None:
    record = make_record(epochs=5)
    assert record.config is not None
    with board_page(browser, width) as page:
        tops = []
        for one in (RunRecord.empty(record.config), record):
            show(page, alone(one))
            tops.append([page.locator(plot(name)).bounding_box()["y"] for name in VIEWS])
        assert tops[0] == tops[1]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_board_is_accessible_with_all_that_opens_open(compared: Page) -> None:
    compared.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    compared.get_by_role("button", name="Show the numbers of ‘A").click()
    found = Axe().run(compared, options={"runOnly": ["wcag2a", "wcag2aa", "best-practice"]}).response["violations"]
    page_level = {"document-title", "html-has-lang", "landmark-one-main", "page-has-heading-one", "region"}
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["id"] not in page_level] == []
    compared.keyboard.press("Escape")


def test_on_paper_whole_plots_fit_the_page_without_controls(browser: Browser, make_record: MakeRecord) -> None:
    with board_page(browser) as page:
        show(page, alone(make_record()))
        drawn = page.locator(f"{plot('curves')} .main-svg").first.bounding_box()["width"]
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        page.locator(".vgdemo-board").evaluate("board => { board.style.width = '400px' }")
        for name in VIEWS:
            svg = page.locator(f"{plot(name)} .main-svg").first
            assert svg.bounding_box()["width"] <= 400
        assert page.locator(f"{plot('curves')} .main-svg").first.evaluate("svg => svg.viewBox.baseVal.width") == drawn
        expect(page.locator(".vgdemo-timeline")).to_be_hidden()
        expect(page.locator(".vgdemo-tools").first).to_be_hidden()


def test_on_a_wall_figures_are_as_high_as_the_screen_and_their_type_is_large(
    browser: Browser, make_record: MakeRecord
) -> None:
    with board_page(browser) as page:
        show(page, {"layers": alone(make_record())["layers"]})
        page.evaluate("document.documentElement.toggleAttribute('data-present', true)")
        size = f"document.querySelector({plot('layers')!r})._fullLayout.xaxis.tickfont.size"
        page.wait_for_function(f"{size} >= 18")
        figure = page.locator(".vgdemo-figure").bounding_box()
        assert 0.7 * 900 < figure["height"] < 900


def test_titles_of_axes_stand_clear_of_each_other_and_of_the_ticks_on_a_phone(
    browser: Browser, make_record: MakeRecord
) -> None:
    record = changed(make_record(), gradient_mean_abs=np.array([0.0015, 0.002, 0.0025]))
    made = {
        "curves": curves(record),
        "depths": landscape(over_depths({2: record})),
        "lines": layer_lines(record, fit=True),
    }
    with board_page(browser, width=375) as page:
        show(page, {name: Picture.of(name, figure) for name, figure in made.items()})
        for name, count in (("curves", 2), ("depths", 2), ("lines", 1)):
            boxes = page.locator(f"{plot(name)} :is(.ytitle, .y2title)").evaluate_all(BOXES)
            ticks = page.locator(f"{plot(name)} :is(.ytick, .y2tick) text").evaluate_all(BOXES)
            assert len(boxes) == count and ticks
            assert boxes[0]["bottom"] + 8 < boxes[-1]["top"] or count == 1
            assert max(box["right"] for box in boxes) <= min(tick["left"] for tick in ticks) + 1
            assert min(box["left"] for box in boxes) >= 0
