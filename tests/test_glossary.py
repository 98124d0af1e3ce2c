from __future__ import annotations

import re

import pytest

from vgdemo.diagnosis import Verdict
from vgdemo.glossary import GLOSSARY, Entry
from vgdemo.initializers import INITIALIZERS


def test_every_verdict_is_explained() -> None:
    assert set(Verdict) <= set(GLOSSARY)


@pytest.mark.parametrize(
    "name",
    ["chi", "depth_scale", "glorot", "he", "lecun", "orthogonal", "lsuv", "selu", "mish", "probe", "update_ratio"],
)
def test_the_words_of_the_pages_are_explained(name: str) -> None:
    assert GLOSSARY[name].text


def test_every_family_of_initializers_that_has_an_author_is_explained() -> None:
    assert {initializer.family for initializer in INITIALIZERS.values() if initializer.author} <= set(GLOSSARY)


@pytest.mark.parametrize("entry", GLOSSARY.values(), ids=GLOSSARY)
def test_each_is_two_sentences_with_a_dated_source_for_every_formula_of_others(entry: Entry) -> None:
    assert len(re.findall(r"[.](?= |$)", entry.text)) == 2
    assert not entry.source or re.search(r"(19|20)\d\d", entry.source)
    assert entry.formula.count("{") == entry.formula.count("}")


def test_no_term_is_explained_twice() -> None:
    terms = [entry.term for entry in GLOSSARY.values()]
    assert len(terms) == len(set(terms))
