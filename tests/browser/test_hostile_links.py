"""Links that somebody else has made, in a real browser: their texts are read, and do nothing."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

EVIL = "evil.example"
TEXTS = (
    f"<img src=http://{EVIL}/x.png onerror=alert(1)>",
    f"![](http://{EVIL}/x.png)",
    f"http://{EVIL} www.{EVIL} a@{EVIL}",
    "[x](javascript:alert(1)) :streamlit: $x$ :red[x]",
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


@pytest.mark.parametrize("path", PAGES)
def test_a_hostile_link_loads_nothing_links_nowhere_and_runs_nothing(page: Page, url: str, path: str) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    dialogs: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).scheme in ("http", "https", "ws"):
            asked.append(str(urlsplit(request.url).hostname))

    page.on("request", note)
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(f"{url}/{path}?{urlencode(PAGES[path])}")
    expect(page.get_by_text(EVIL).first).to_be_visible()
    assert {*asked} == {"127.0.0.1"} and complaints == [] and dialogs == []
    led_to = page.evaluate(
        "[...document.querySelectorAll('a, img')].map(one => new URL(one.href || one.src, location).origin)"
    )
    assert not any(EVIL in origin for origin in led_to) and page.locator("[onerror], a[href^=javascript]").count() == 0
    assert page.locator("[data-testid=stException]").count() == 0


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
