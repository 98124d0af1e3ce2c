"""Links that somebody else has made, in a real browser: their texts are read, and do nothing."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from conftest import LSTM
from playwright.sync_api import Page, Request, expect

from vgdemo.diagnosis import diagnose
from vgdemo.export import ReportedRun, report
from vgdemo.log import LogReader, LogWriter

EVIL = "evil.example"
TEXTS = (
    f"<img src=http://{EVIL}/x.png onerror=alert(1)>",
    f"![](http://{EVIL}/x.png)",
    f"http://{EVIL} www.{EVIL} a@{EVIL}",
    "[x](javascript:alert(1)) :streamlit: $x$ :red[x]",
    f"<a href=http://{EVIL}>{EVIL}</a>",
)
NAME = f'<img src=http://{EVIL}/x onerror="a()">'
PAGES = {
    "": {"name": NAME, "epochs": "3", "activation": TEXTS[0], "units": TEXTS[1], TEXTS[2]: TEXTS[3], "view": TEXTS[2]},
    "Compare": {"a": f"epochs-3 activation-{TEXTS[2]}", "b": "epochs-3 units-6", "name_a": NAME, "name_b": TEXTS[2]},
    "Library": {"text": TEXTS[0], "units": TEXTS[1], TEXTS[2]: TEXTS[3]},
    "Glossary": {"find": TEXTS[2]},
    "Your_model": {"a": TEXTS[2], "view": TEXTS[1]},
    "Study": {"x": f"units: {TEXTS[2]}", "view": TEXTS[3]},
}


class Witness:
    """Sees what texts of strangers do in a page, but for being read."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._done: list[str] = []
        page.on("request", self._note_request)
        page.on(
            "console", lambda said: self._done.append(said.text) if "Content Security Policy" in said.text else None
        )
        page.on("dialog", lambda dialog: self._done.append(dialog.message))

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws") and address.hostname != "127.0.0.1":
            self._done.append(request.url)

    def has_seen(self) -> list[str]:
        """What was done so far, or would be with a click."""
        led_to = self._page.evaluate(
            """[...document.querySelectorAll("a, img")].map(one => new URL(
                one.getAttribute("href") || one.getAttribute("xlink:href") || one.src || "", location).origin)"""
        )
        links = [origin for origin in led_to if EVIL in origin]
        armed = self._page.locator("[onerror], a[href^=javascript], [data-testid=stException]").count()
        return [*self._done, *links, *["an armed element"] * armed]


@pytest.mark.parametrize("path", PAGES)
def test_a_hostile_link_loads_nothing_links_nowhere_and_runs_nothing(page: Page, url: str, path: str) -> None:
    witness = Witness(page)
    page.goto(f"{url}/{path}?{urlencode(PAGES[path])}")
    expect(page.get_by_text(EVIL).first).to_be_visible()
    assert witness.has_seen() == []


def write_hostile_log(folder: Path) -> None:
    """A log of a training in which all that may be any text is hostile."""
    model = LSTM.to_dict()
    for place, part in enumerate((*model["kernels"], *model["layers"])):
        part |= {name: f"{TEXTS[place % len(TEXTS)]} {part[name]}" for name in ("layer", "name") if name in part}
    model |= {"optimizer": TEXTS[2], "loss": TEXTS[1]}
    said = {"versions": dict(zip(TEXTS, TEXTS, strict=True)), "notices": [*TEXTS], "time_steps": {"lstm": [*TEXTS]}}
    writer = LogWriter(folder, {"name": NAME, "model": model, "planned": 3, **said})
    for epoch in range(3):
        writer.append(
            {
                "epoch": epoch,
                "curves": {"train_loss": 1.4, "train_accuracy": 0.25, "val_loss": 1.4, "val_accuracy": 0.25},
                "kernels": {"gradient_rms": [1e-12, 1e-9, 1e-5, 1e-1], "gradient_zero_share": [1, 0, 0, 0]},
                "activations": {"output_gradient_rms": [1e-9, 1e-3], "dead_share": [0.9, 1]},
                "steps": {"lstm": {"state_gradient_mean_abs": [1e-9, 1e-6, 1e-3, 0.1, 1]}},
            }
        )
    writer.end("complete")


def test_a_hostile_log_does_nothing_on_its_page_in_its_panels_and_in_its_report(
    page: Page, url: str, tmp_path: Path
) -> None:
    write_hostile_log(tmp_path)
    witness = Witness(page)
    page.goto(f"{url}/Your_model")
    page.get_by_role("button", name="Upload").click()
    page.locator("input[type=file]").set_input_files([tmp_path / "run.json", tmp_path / "records.jsonl"])
    page.wait_for_selector(".vgdemo-figure[data-name=layers] .main-svg")
    page.keyboard.press("Escape")
    for panel in ("Why", "What may cure it", "Share", "Export"):
        page.get_by_role("button", name=panel, exact=True).click()
        expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
        assert witness.has_seen() == [], panel
        page.keyboard.press("Escape")
    for heatmap in page.locator(".vgdemo-figure .main-svg").all():
        heatmap.hover(force=True)
    assert witness.has_seen() == []
    report_file = tmp_path / "report.html"
    record = LogReader(tmp_path).record
    report_file.write_text(report([ReportedRun(record, NAME, diagnose(record).sentence)]))
    page.goto(report_file.as_uri())
    page.wait_for_function("document.querySelectorAll('.plot .main-svg').length")
    assert witness.has_seen() == []


def test_the_policy_holds_back_an_image_from_elsewhere(page: Page, url: str) -> None:
    page.goto(f"{url}/Glossary")
    complaint = page.evaluate(
        """source => new Promise(resolve => {
            addEventListener("securitypolicyviolation", event => resolve(event.violatedDirective))
            document.body.append(Object.assign(new Image(), { src: source }))
        })""",
        f"http://{EVIL}/x.png",
    )
    assert complaint == "img-src"
