from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.diagnosis import RULES
from vgdemo.glossary import GLOSSARY
from vgdemo.ui.glossary import matching
from vgdemo.ui.page import plain

PAGE = "pages/4_Glossary.py"


@pytest.fixture
def page(lab: Callable[..., AppTest]) -> AppTest:
    return lab().switch_page(PAGE).run()


def test_the_glossary_holds_every_word_with_formula_and_source_and_every_rule(page: AppTest) -> None:
    assert not page.exception
    said = "\n".join(text.value for text in page.markdown)
    for entry in GLOSSARY.values():
        assert entry.formula in said
        assert plain(entry.source) in said
    assert said.count(":**") == len(GLOSSARY)
    assert len(page.table[0].value) == len(RULES)


def test_it_can_be_filtered(page: AppTest) -> None:
    page.text_input[0].set_value("saturat").run()
    said = [text.value for text in page.markdown if ":**" in text.value]
    assert said[0].startswith("**saturation:**")
    assert 1 < len(said) < 8
    page.text_input[0].set_value("<b>").run()
    assert "begins with" in page.info[0].value and "<b>" not in page.info[0].value


@pytest.mark.parametrize(("wanted", "first"), [("chi", "χ"), ("χ", "χ"), ("ADAM", "Adam"), ("xavier", "Glorot")])
def test_a_word_is_found_by_its_sign_its_name_and_in_any_case(wanted: str, first: str) -> None:
    assert matching(wanted)[0].term.startswith(first)
