from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from browser.dashboard import READY_SECONDS, dashboard
from distributed import LocalCluster
from playwright.sync_api import Browser, Locator, Page, expect

from vgdemo.config import RunConfig

Open = Callable[..., Page]
VANISHING = (
    "activation=sigmoid&kernel_initializer=glorot_uniform&output_initializer=glorot_uniform&epochs=40&replicates=2"
)

ARE_ORDERED = "[...document.querySelectorAll('.st-key-remedies > *')].some(one => getComputedStyle(one).order > 0)"

expect.set_options(timeout=READY_SECONDS * 1000)


def verdict(page: Page) -> str:
    return page.locator(".st-key-verdict").inner_text()


def open_complete(open_lab: Open, query: str = VANISHING) -> Page:
    page = open_lab(query)
    expect(page.locator(".st-key-progress")).to_contain_text("Complete")
    return page


def export(page: Page, label: str) -> Path:
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=label).click()
    page.keyboard.press("Escape")
    return Path(download.value.path())


def test_a_remedy_leads_to_before_and_after_with_the_verdict_of_both(open_lab: Open) -> None:
    page = open_complete(open_lab)
    expect(page.locator(".st-key-verdict")).to_contain_text("Vanishing gradient:")
    page.get_by_role("button", name="ReLU + He").click()
    expect(page.locator(".st-key-column-A")).to_contain_text("A · sigmoid")
    expect(page.locator(".st-key-column-B")).to_contain_text("B · ReLU")
    expect(page.locator(".st-key-verdict-A")).to_contain_text("Vanishing gradient:")
    expect(page.locator(".st-key-verdict-B")).to_contain_text(re.compile(r"\w+: \w+"))
    expect(page.locator(".st-key-verdict-B")).not_to_contain_text("Vanishing")


def test_the_verdict_has_its_place_before_it_comes(open_lab: Open) -> None:
    page = open_lab("epochs=2000&replicates=10&seed=31")
    expect(page.locator(".st-key-verdict")).to_contain_text("The verdict follows")
    top = board_top(page)
    expect(page.locator(".st-key-verdict")).to_contain_text("So far: 7 of 10 replicates are saturated")
    assert board_top(page) == top
    expect(page.get_by_role("status").filter(has_text="Training.")).to_have_text("Training.")  # Heard once, in the end.
    expect(page.locator(".st-key-progress")).to_contain_text("Complete")
    expect(page.get_by_role("button", name="Why")).to_be_visible()
    assert board_top(page) == top
    heatmap = page.locator(".vgdemo-figure[data-name=layers]").bounding_box()
    assert heatmap and heatmap["y"] + heatmap["height"] <= 900


def board_top(page: Page) -> float:
    box = page.locator(".vgdemo-board").first.bounding_box()
    assert box is not None
    return box["y"]


def test_the_forecast_is_visible_before_training(page: Page, tmp_path: Path) -> None:
    """On a cluster that has no worker yet: however late the page comes, it is there before the training."""
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster,
        dashboard(VGDEMO_STORE=str(tmp_path), VGDEMO_SCHEDULER=cluster.scheduler_address) as fresh,
    ):
        page.goto(f"{fresh}/?{VANISHING}")
        profile = page.locator(".vgdemo-figure[data-name=profile]")
        expect(profile).to_contain_text("Theory expects the gradient of the weights to change ×0.")
        expect(profile).to_contain_text("theory, epoch 0")
        expect(page.locator(".st-key-verdict")).to_contain_text("The verdict follows")


def test_theory_and_measurement_meet_at_epoch_0(open_lab: Open) -> None:
    page = open_complete(open_lab)
    page.get_by_role("slider", name="epoch").focus()
    page.keyboard.press("Home")
    expect(page.locator(".vgdemo-figure[data-name=profile]")).to_contain_text(
        re.compile(r"In layer 1 theory says a gradient of .+, measured .+; ×0\.\d+ per layer, measured ×0\.\d+")
    )


def test_the_theory_panel_draws_the_phases(open_lab: Open) -> None:
    page = open_complete(open_lab)
    page.get_by_text("Theory: what to expect").click()
    expect(page.locator(".st-key-theory")).to_contain_text("ordered")
    expect(page.locator(".vgdemo-figure[data-name=phases]")).to_contain_text("this network")


def test_the_report_opens_from_disk_without_a_network(open_lab: Open, browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(export(open_complete(open_lab), "Report").read_bytes())
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.locator("figure .main-svg").first).to_be_visible()
    expect(page.locator("p.verdict")).to_contain_text("Vanishing gradient:")
    context.close()


def test_curves_and_settings_are_downloaded_and_settings_come_back(open_lab: Open) -> None:
    page = open_complete(open_lab)
    curves = export(page, "Curves (CSV)").read_text(encoding="utf-8").splitlines()
    assert len(curves) == 1 + 41 * 2
    settings = json.loads(export(page, "Settings (JSON)").read_text(encoding="utf-8"))
    assert RunConfig(**settings).epochs == 40
    settings["activation"] = "softsign"
    bring(page, json.dumps(settings))
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("5 layers of 5 softsign units")).to_be_visible()
    expect(page).to_have_url(re.compile("activation=softsign.*epochs=40"))


def test_a_file_that_is_not_ours_is_refused_with_a_sentence(open_lab: Open) -> None:
    page = open_complete(open_lab)
    page.get_by_role("button", name="Open a run").click()
    upload(page, '{"sorcery": 1}')
    expect(page.get_by_role("dialog")).to_contain_text("sorcery")
    expect(page.get_by_role("button", name="Use it")).to_have_count(0)


def bring(page: Page, text: str) -> None:
    page.get_by_role("button", name="Open a run").click()
    upload(page, text)
    page.get_by_role("button", name="Use it").click()


def upload(page: Page, text: str) -> None:
    content = {"name": "settings.json", "mimeType": "application/json", "buffer": text.encode()}
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(content)  # type: ignore[arg-type]


def test_the_glossary_is_in_the_navigation_and_its_filter_in_the_address(open_lab: Open) -> None:
    page = open_complete(open_lab)
    page.get_by_role("link", name="Glossary").click()
    expect(page.get_by_text("Squeezes its input between -1 and 1, with slope 1")).to_be_visible()
    page.get_by_label("Find a word").fill("Xavier")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Squeezes its input between -1 and 1, with slope 1")).to_have_count(0)
    expect(page.get_by_role("heading", name="Glorot (Xavier) initialiser")).to_be_visible()
    expect(page).to_have_url(re.compile("find=Xavier"))


def test_the_buttons_of_an_ill_run_get_their_trials_and_the_best_comes_first(page: Page, tmp_path: Path) -> None:
    with dashboard(VGDEMO_STORE=str(tmp_path), VGDEMO_TRIALS="on") as trying:
        page.goto(f"{trying}/?{VANISHING}")
        buttons = page.locator(".st-key-remedies button:visible")
        expect(buttons.first).to_contain_text("tried")
        places = [button.bounding_box() for button in buttons.all()]
        top = board_top(page)
        page.emulate_media(reduced_motion="reduce")  # Which has a place stay where it is all the same.
        buttons.first.hover()  # While somebody is about to press one, none may move.
        expect(buttons.filter(has_text=re.compile(r"learns in \d of 2"))).to_have_count(len(places))
        page.wait_for_timeout(1500)  # The order comes with the last result.
        assert [button.bounding_box() for button in buttons.all()] == places
        page.mouse.move(0, 0)
        page.wait_for_function(ARE_ORDERED)
        learned = sorted(buttons.all(), key=place_of)
        shares = [int(re.findall(r"learns in (\d)", button.inner_text())[0]) for button in learned]
        assert shares == sorted(shares, reverse=True) and shares[0] > 0
        assert board_top(page) == top
        learned[0].click()
        expect(page.locator(".st-key-column-B")).to_contain_text("Complete")
        expect(page.locator(".st-key-who-learns")).to_contain_text(f"{shares[0]} of 2")


def place_of(button: Locator) -> tuple[float, float]:
    box = button.bounding_box()
    assert box is not None
    return box["y"], box["x"]
