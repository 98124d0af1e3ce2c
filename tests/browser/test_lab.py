from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from socket import create_server

import pytest
from browser.dashboard import READY_SECONDS, dashboard
from playwright.sync_api import BrowserContext, Page, expect

from vgdemo.wording import number

Open = Callable[..., Page]
LONG = "epochs=2000&replicates=10"  # Trains for some seconds.
QUICK = "epochs=20&replicates=2"
FIGURES = ("curves", "layers", "profile", "distribution", "surface")

expect.set_options(timeout=READY_SECONDS * 1000)


def plot(page: Page, name: str) -> str:
    return f".vgdemo-figure[data-name={name}] .vgdemo-plot"


def progress(page: Page) -> str:
    return page.locator(".st-key-progress").inner_text()


def expect_progress(page: Page, words: str) -> None:
    expect(page.locator(".st-key-progress")).to_contain_text(re.compile(words))


def epochs_drawn(page: Page) -> int:
    """How many epochs the accuracy curve has."""
    page.wait_for_selector(f"{plot(page, 'curves')} .main-svg")  # A page that is drawn anew on a busy machine has none.
    traces = f"document.querySelector('{plot(page, 'curves')}')._fullData"
    return int(page.evaluate(f"Math.max(0, ...{traces}.filter(t => t.name === 'validation').map(t => t.x.length))"))


def test_a_link_trains_its_run_without_a_click(page: Page, url: str) -> None:
    page.goto(f"{url}/?activation=tanh")
    expect(page.get_by_text("5 layers of 5 tanh units")).to_be_visible()
    expect_progress(page, "Complete")
    for name in FIGURES:
        expect(page.locator(f"{plot(page, name)} .main-svg").first).to_be_visible()
    page.wait_for_function(f"document.querySelector('{plot(page, 'curves')}')?._fullData?.at(-1).x.length === 501")


def test_a_streaming_figure_keeps_its_node_and_the_zoom(open_lab: Open) -> None:
    page = open_lab(LONG + "&seed=1")
    expect_progress(page, "Training: epoch")
    page.wait_for_function(f"document.querySelector('{plot(page, 'curves')}')._fullData.at(-1).x.length > 3")
    page.evaluate(f"document.querySelector('{plot(page, 'curves')}').marked = true")
    drag_over_the_accuracy_curve(page)
    zoom = x_range(page)
    assert zoom[1] < 1900
    before = epochs_drawn(page)
    expect_progress(page, "Complete")
    page.wait_for_function(f"document.querySelector('{plot(page, 'curves')}')._fullData.at(-1).x.length > {before}")
    assert page.evaluate(f"document.querySelector('{plot(page, 'curves')}').marked")
    assert x_range(page) == pytest.approx(zoom)


def drag_over_the_accuracy_curve(page: Page) -> None:
    box = page.locator(f"{plot(page, 'curves')} .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.8, steps=5)
    page.mouse.up()


def x_range(page: Page) -> list[float]:
    return list(page.evaluate(f"document.querySelector('{plot(page, 'curves')}')._fullLayout.xaxis.range"))


def test_stop_keeps_what_was_trained(open_lab: Open) -> None:
    page = open_lab(LONG + "&seed=2")
    expect_progress(page, "Training: epoch")
    stop = page.locator(".st-key-progress").get_by_role("button", name="Stop")  # Streamlit's own header has one too.
    stop.click()
    expect_progress(page, r"Stopped after epoch \d+ of 2000")
    expect(stop).to_have_count(0)
    assert 0 < epochs_drawn(page) < 600
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Train it again").click()
    expect_progress(page, "In the queue|Compiling|Training: epoch")


def test_a_reload_in_the_middle_loses_nothing(open_lab: Open) -> None:
    page = open_lab(LONG + "&seed=3")
    expect_progress(page, "Training: epoch")
    page.reload()
    expect_progress(page, "Complete")
    page.wait_for_function(f"document.querySelector('{plot(page, 'curves')}')?._fullData?.at(-1).x.at(-1) === 2000")


def test_stop_after_a_reload_ends_the_training_in_all_tabs(open_lab: Open, context: BrowserContext) -> None:
    page = open_lab("num_hidden_layers=6&units=12&epochs=2000&replicates=20")
    other = context.new_page()
    other.goto(page.url)
    expect_progress(other, "Training: epoch")
    page.reload()
    expect_progress(page, r"Training: epoch \d{3}")  # Trained anew, it is not there at once.
    page.locator(".st-key-progress").get_by_role("button", name="Stop").click()
    expect_progress(page, "Stopped after epoch")
    expect_progress(other, "Stopped after epoch")
    other.close()
    stopped_after = epoch_in(page)
    page.reload()
    expect_progress(page, "Training: epoch")
    assert epoch_in(page) < stopped_after, "it went on"
    page.locator(".st-key-progress").get_by_role("button", name="Stop").click()
    expect_progress(page, "Stopped after epoch")


def epoch_in(page: Page) -> int:
    return int(progress(page).split(" epoch ")[1].split()[0])


def test_a_change_of_a_control_trains_at_once_and_is_in_the_address(open_lab: Open) -> None:
    page = open_lab(QUICK)
    expect_progress(page, "Complete")
    page.get_by_role("combobox", name=re.compile("Activation")).click()
    page.get_by_role("option", name="ReLU", exact=True).click()
    expect(page.get_by_text("5 layers of 5 ReLU units")).to_be_visible()
    expect_progress(page, "Complete")
    assert "activation=relu" in page.url and "epochs=20" in page.url


def test_a_field_without_a_possible_number_says_so_and_the_last_one_stays(open_lab: Open) -> None:
    page = open_lab(QUICK + "&learning_rate=0.05")
    expect_progress(page, "Complete")
    for name in ("Learning rate", "Epochs"):
        field = page.get_by_role("spinbutton", name=re.compile(name))
        for typed in ("", "1e999", "many", "99999"):
            field.fill("")
            field.press_sequentially(typed)
            field.press("Tab")
            expect(field).to_have_attribute("aria-invalid", "true")
    page.get_by_role("slider", name=re.compile("Hidden layers")).press("ArrowRight")
    expect(page.get_by_text("6 layers of 5 tanh units")).to_be_visible()
    assert "learning_rate=0.05" in page.url and "epochs=20" in page.url


def test_the_back_button_brings_the_earlier_settings_back(open_lab: Open) -> None:
    page = open_lab(QUICK)
    expect_progress(page, "Complete")
    page.get_by_role("combobox", name=re.compile("Activation")).click()
    page.get_by_role("option", name="ELU", exact=True).click()
    expect(page.get_by_text("5 layers of 5 ELU units")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("5 layers of 5 tanh units")).to_be_visible()


def test_an_address_gives_the_same_run_on_a_fresh_server(
    open_lab: Open, context: BrowserContext, tmp_path: Path
) -> None:
    query = f"{QUICK}&activation=relu&kernel_initializer=he_uniform&learning_rate=0.05&nesterov=true"
    first = curve_of(open_lab(query))
    with dashboard(VGDEMO_STORE=str(tmp_path)) as other:
        page = context.new_page()
        page.goto(f"{other}/?{query}")
        assert curve_of(page) == first


def curve_of(page: Page) -> list[float]:
    expect_progress(page, "Complete")
    page.wait_for_function(f"document.querySelector('{plot(page, 'curves')}')?._fullData?.at(-1).x.length === 21")
    return list(page.evaluate(f"[...document.querySelector('{plot(page, 'curves')}')._fullData.at(-1).y]"))


def test_an_invalid_address_opens_with_a_notice_and_the_default(open_lab: Open) -> None:
    page = open_lab(f"{QUICK}&units=9000&sorcery=1&activation=<b>bold</b>")
    expect(page.get_by_text("units=9000")).to_be_visible()
    expect(page.get_by_text("sorcery")).to_be_visible()
    expect(page.get_by_text("<b>bold</b>")).to_be_visible()
    expect(page.get_by_text("5 layers of 5 tanh units")).to_be_visible()


def test_the_epoch_slider_moves_the_figures_below_it(open_lab: Open) -> None:
    page = open_lab(QUICK)
    expect_progress(page, "Complete")
    slider = page.get_by_role("slider", name="epoch")
    expect(slider).to_be_enabled()
    slider.focus()
    page.keyboard.press("Home")
    for name in ("profile", "distribution", "surface"):
        expect(page.locator(f".vgdemo-figure[data-name={name}]")).to_contain_text("Epoch 0")


def test_playing_ends_at_the_last_epoch(open_lab: Open) -> None:
    page = open_lab(QUICK)
    expect_progress(page, "Complete")
    caption = page.locator(".vgdemo-figure[data-name=surface] p").first
    caption.evaluate("""caption => {
        window.shown = []
        new MutationObserver(() => shown.push(caption.textContent))
            .observe(caption, { childList: true, characterData: true, subtree: true })
    }""")
    page.get_by_role("button", name="Play the epochs").click()
    page.wait_for_function("shown.some(caption => caption.includes('Epoch 20 '))")
    expect(page.get_by_role("button", name="Play the epochs")).to_be_visible()
    epochs = [int(text.split()[1]) for text in page.evaluate("shown")]
    assert epochs[0] == 0 and epochs == sorted(epochs)


def downloaded(page: Page, name: str) -> list[dict[str, str]]:
    """The rows of a figure's CSV, which has the run's name."""
    with page.expect_download() as download:
        page.locator(f".vgdemo-figure[data-name={name}]").get_by_role("button", name="CSV").click()
    assert re.fullmatch(rf"tanh-\d+x5-uniform_0_1-.*-{name}\.csv", download.value.suggested_filename)
    with download.value.path().open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_numbers_are_downloaded_as_csv(open_lab: Open) -> None:
    page = open_lab(QUICK)
    expect_progress(page, "Complete")
    assert sum(row["half"] == "validation" for row in downloaded(page, "curves")) == 2 * 21
    reading = page.locator(".vgdemo-figure[data-name=layers] p").first.inner_text()
    (first,) = (row for row in downloaded(page, "layers") if (row["epoch"], row["layer"]) == ("20", "1"))
    assert f"{number(float(first['gradient, RMS']))} in layer 1" in reading
    (profile,) = (row for row in downloaded(page, "profile") if (row["epoch"], row["layer"]) == ("20", "1"))
    assert float(profile["gradient, RMS"]) == pytest.approx(float(first["gradient, RMS"]), rel=1e-4)
    shares = [float(row["share"]) for row in downloaded(page, "distribution") if row["layer"] == "output"]
    assert sum(shares) == pytest.approx(1, abs=1e-4)


def test_an_exact_zero_is_downloaded_as_itself(open_lab: Open) -> None:
    page = open_lab(f"{QUICK}&gain=0")
    expect_progress(page, "Complete")
    assert {row["gradient, RMS"] for row in downloaded(page, "layers") if row["layer"] == "1"} == {"0"}
    assert "0" in {row["gradient, RMS"] for row in downloaded(page, "profile")}


def test_the_page_does_not_scroll_sideways_on_a_phone(url: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(f"{url}/?{QUICK}")
    page.wait_for_selector(f"{plot(page, 'surface')} .main-svg")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


FOLLOWED = """() => new Promise((resolve) => {
    const found = { running: 0, shown: 0, pale: 0 }
    const isPale = (part) => Number(getComputedStyle(part).opacity) < 1
    const look = () => {
        const sign = document.querySelector("[data-testid=stStatusWidgetRunningIcon]")
        found.running += Boolean(sign)
        found.shown += Boolean(sign?.checkVisibility())
        found.pale += [...document.querySelectorAll("[data-stale=true], summary, summary > *")].some(isPale)
    }
    const looks = setInterval(look, 50)
    setTimeout(() => resolve(found, clearInterval(looks)), 4000)
})"""


def test_while_a_run_is_waited_for_nothing_is_pale_and_no_stop_is_offered_that_stops_no_run(
    page: Page, tmp_path: Path
) -> None:
    with (
        create_server(("127.0.0.1", 0)) as silent,
        dashboard(VGDEMO_STORE=str(tmp_path), VGDEMO_SCHEDULER=f"tcp://127.0.0.1:{silent.getsockname()[1]}") as url,
    ):
        page.goto(f"{url}/?{QUICK}")
        expect_progress(page, "In the queue")
        found = page.evaluate(FOLLOWED)
        expect_progress(page, "In the queue")
    assert found["running"] > 0
    assert (found["shown"], found["pale"]) == (0, 0)


def test_a_scheduler_that_does_not_answer_is_named_with_a_way_to_try_again(page: Page, tmp_path: Path) -> None:
    with dashboard(VGDEMO_STORE=str(tmp_path), VGDEMO_SCHEDULER="tcp://127.0.0.1:9") as url:
        page.goto(f"{url}/?{QUICK}")
        for _ in range(2):
            expect_progress(page, "tcp://127.0.0.1:9")
            page.get_by_role("button", name="Try again").click()
            expect_progress(page, "In the queue")


def test_a_store_that_cannot_be_written_is_one_notice_and_the_run_is_shown(page: Page) -> None:
    with dashboard(VGDEMO_STORE="/proc/no-such-folder") as url:
        page.goto(f"{url}/?{QUICK}")
        expect_progress(page, "Complete.*/proc/no-such-folder")
        page.wait_for_function(f"document.querySelector('{plot(page, 'curves')}')?._fullData?.at(-1).x.length === 21")
