from __future__ import annotations

import re

import pytest

from vgdemo.diagnosis import Verdict
from vgdemo.explanations import EXPLANATIONS, Explanation


def test_every_verdict_is_explained() -> None:
    assert set(Verdict) <= set(EXPLANATIONS)


@pytest.mark.parametrize(
    "name", ["chi", "depth_scale", "glorot", "he", "lecun", "orthogonal", "lsuv", "selu", "probe", "update_ratio"]
)
def test_the_words_of_the_pages_are_explained(name: str) -> None:
    assert EXPLANATIONS[name].text


@pytest.mark.parametrize("explanation", EXPLANATIONS.values(), ids=EXPLANATIONS)
def test_each_is_two_sentences_with_a_dated_source_for_every_formula_of_others(explanation: Explanation) -> None:
    assert len(re.findall(r"[.](?= |$)", explanation.text)) == 2
    assert not explanation.source or re.search(r"(19|20)\d\d", explanation.source)
    assert explanation.formula.count("{") == explanation.formula.count("}")


def test_no_term_is_explained_twice() -> None:
    terms = [explanation.term for explanation in EXPLANATIONS.values()]
    assert len(terms) == len(set(terms))
