"""What every page begins and ends with."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from vgdemo.ui.page import plain, told

from .conftest import query


def page_without_a_store() -> None:
    import streamlit as st

    from vgdemo.store import StoreError
    from vgdemo.ui.page import page

    def mend() -> None:
        st.session_state["is mended"] = True

    with page("Test", retry=mend):
        if "is mended" not in st.session_state:
            raise StoreError("Expected the run store *here* to be readable. Received: silence")
        st.text("all of it")


def page_with_a_notice() -> None:
    import streamlit as st

    from vgdemo.ui.page import page
    from vgdemo.ui.session import session

    if "was here" not in st.session_state:
        st.session_state["was here"], session().notice = True, "Said <b>once</b>."
    with page("Test"):
        pass


def page_with_a_fault() -> None:
    from vgdemo.ui.page import page

    with page("Test"):
        raise ZeroDivisionError("a fault of the program")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is the only one has no others to link."""
    monkeypatch.setattr("vgdemo.ui.page._navigation", lambda page: st.container())


@pytest.mark.usefixtures("alone")
def test_a_store_that_cannot_be_used_is_one_sentence_and_can_be_tried_again() -> None:
    page = AppTest.from_function(page_without_a_store, default_timeout=30).run()
    assert not page.exception and not page.text
    assert [error.value for error in page.error] == [
        plain("Expected the run store *here* to be readable. Received: silence")
    ]
    page.button[0].click().run()
    assert not page.error and page.text[0].value == "all of it"


@pytest.mark.usefixtures("alone")
def test_what_the_last_page_did_is_said_once() -> None:
    page = AppTest.from_function(page_with_a_notice, default_timeout=30).run()
    assert [warning.value for warning in page.warning] == [plain("Said <b>once</b>.")]
    assert not page.run().warning


@pytest.mark.usefixtures("alone")
def test_a_fault_of_the_program_is_not_hidden() -> None:
    page = AppTest.from_function(page_with_a_fault, default_timeout=30).run()
    assert page.exception[0].message == "a fault of the program"


@pytest.mark.parametrize("title", ["Lab", "Compare", "Article", "Library", "Glossary"])
def test_every_page_has_a_link_in_the_navigation(title: str, lab: object) -> None:
    page = lab()  # type: ignore[operator]
    assert title in [link.proto.label for link in page.get("page_link")]


@pytest.mark.parametrize("title", ["Lab", "Compare"])
def test_a_page_without_a_title_in_sight_has_one_for_those_who_listen(title: str, lab: object, compare: object) -> None:
    page = {"Lab": lab, "Compare": compare}[title]()  # type: ignore[operator]
    assert f'<h1 class="vgdemo-heard">{title}</h1>' in [one.proto.body.split("<script")[0] for one in page.get("html")]


def test_a_presentation_begins_and_ends_by_a_toggle_and_stands_in_the_address(lab: object) -> None:
    page = lab(epochs="20")  # type: ignore[operator]
    page.toggle(key="present").set_value(True).run()
    assert query(page) == {"epochs": "20", "view": "present-1"}
    page.toggle(key="present").set_value(False).run()
    assert query(page) == {"epochs": "20"}
    assert lab(view="present-1").toggle(key="present").value  # type: ignore[operator]


@pytest.mark.parametrize("text", ["**bold**", "[x](http://example.org)", ":red[x]", "$x$", "<b>x</b>", "# x", "`x`"])
def test_plain_text_has_no_markup_left(text: str) -> None:
    assert plain(text).replace("\\", "").replace("\u2060", "") == text
    signs = [sign for sign in text if not sign.isalnum() and sign != " "]
    assert plain(text).count("\\") == len(signs)


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("`units` is `n_samples`", "`units` is `n_samples`"),
        ("`units`: <b>", r"`units`\: \<b\>"),
        ("`<b>` and `*x*`", r"\`\<b\>\` and \`\*x\*\`"),
        ("one ` alone", r"one \` alone"),
    ],
)
def test_a_name_in_backticks_is_code_and_every_other_sign_itself(sentence: str, shown: str) -> None:
    assert told(sentence) == shown


@pytest.mark.parametrize(
    ("where", "link", "name"),
    [
        ("lab", {"n_samples": "-1"}, "n_samples"),
        ("lab", {"view": "fit-maybe", "units": "9"}, "fit"),
        ("lab", {"batch_size": "400", "n_samples": "100"}, "batch_size"),
        ("lab", {"tour": "9"}, "tour"),
        ("compare", {"a": "units-0"}, "units"),
        ("compare", {"a": "default", "name_a": "x" * 50}, "name_a"),
    ],
)
def test_a_notice_names_a_setting_as_code(
    where: str, link: dict[str, str], name: str, request: pytest.FixtureRequest
) -> None:
    page: AppTest = request.getfixturevalue(where)(**link)
    assert any(f"`{name}`" in warning.value for warning in page.warning)
    assert not any("\\`" in warning.value for warning in page.warning)
