"""What keeps people from a page: by axe's rules, and names that tell nothing apart."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

UNAVOIDABLE = {
    "presentation-role-conflict": "Streamlit's own: the field for files is a section that is no section.",
}
# Of fields and headings; whoever hears them has heard the name of the field or heading before.
STREAMLITS_OWN = {"Increment", "Decrement", "Open", "Clear all", "Link to heading"}
_AXE = Axe()


def violations(page: Page, within: str | None = None) -> list[tuple[str, str]]:
    """Axe's rules that the page, or an element of it, breaks, of whatever impact, each with an example.

    Args:
        page: The page.
        within: Selects the element.
    """
    context: Any = {"include": [[within]]} if within else None
    found = _AXE.run(page, context=context).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["id"] not in UNAVOIDABLE]


def twins(page: Page) -> set[str]:
    """Names that several buttons or links have."""
    controls = page.get_by_role("button").or_(page.get_by_role("link"))
    names = controls.evaluate_all("all => all.map((one) => one.ariaLabel || one.innerText.trim())")
    return {name for name in names if names.count(name) > 1} - STREAMLITS_OWN


def open_all(page: Page) -> None:
    """All panels that may be open at once."""
    for summary in page.locator(".stExpander > details > summary").all():
        if summary.evaluate("one => !one.parentElement.open"):
            summary.click()
    page.evaluate("document.querySelectorAll('.vgdemo-how:not([hidden])').forEach((one) => (one.open = true))")
    expect(page.locator(".stSpinner, .vgdemo-stale, [data-stale=true]")).to_have_count(0)
