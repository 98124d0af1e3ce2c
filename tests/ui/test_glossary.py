from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from conftest import over_depths
from figures.test_every_figure import ALL
from streamlit.testing.v1 import AppTest

from vgdemo.article.claims import Judgement
from vgdemo.comparison import endings
from vgdemo.config import SETTINGS, SETTINGS_OF
from vgdemo.diagnosis import HEADLINES, RULES
from vgdemo.figures import STATISTICS, guide
from vgdemo.glossary import GLOSSARY
from vgdemo.record import RunRecord
from vgdemo.study.landscape import landscape
from vgdemo.study.measures import MEASURES
from vgdemo.summary import summarize
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
    assert len(page.table[0].value) == len(RULES)


def test_every_word_has_a_heading_of_its_own_and_a_link_to_it_at_the_top(page: AppTest) -> None:
    assert [title.value for title in page.title] == ["Glossary"]
    assert [header.value for header in page.header] == ["How a verdict is found", "Words"]
    headings = {heading.value: heading.anchor for heading in page.subheader}
    assert headings == {plain(entry.term): name.replace("_", "-") for name, entry in GLOSSARY.items()}
    index = next(text.value for text in page.markdown if "](#" in text.value)
    assert re.findall(r"\(#([\w-]+)\)", index) == ["how-a-verdict-is-found", *headings.values()]


def test_it_can_be_filtered(page: AppTest) -> None:
    page.text_input[0].set_value("saturat").run()
    said = [heading.value for heading in page.subheader]
    assert said[0] == "saturation"
    assert 1 < len(said) < 15


def test_a_word_that_is_not_there_is_said_and_all_are_shown(page: AppTest) -> None:
    page.text_input[0].set_value("<b>").run()
    assert "no word like" in page.info[0].value and "<b>" not in page.info[0].value
    assert len(page.subheader) == len(GLOSSARY)


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("chi", "χ"),
        ("χ", "χ"),
        ("ADAM", "Adam"),
        ("xavier", "Glorot (Xavier) initialiser"),
        ("nats", "nats"),
        ("RMS", "RMS"),
        ("bias", "bias"),
        ("biases", "bias"),
        ("median", "median"),
        ("percentile", "percentile, decile and quartile"),
        ("deciles", "percentile, decile and quartile"),
        ("10–90 %", "percentile, decile and quartile"),
        ("seed", "seed"),
        ("shared draw", "shared draw"),
        ("uniform_0_1", "plain uniform and normal initialisers"),
        ("uniform(0, 1)", "plain uniform and normal initialisers"),
        ("he_uniform", "He initialiser"),
        ("optimizer", "optimiser"),
        ("optimiser", "optimiser"),
        ("optimis", "optimiser"),
        ("initializers", "initialiser"),
        ("layer normalization", "layer normalisation"),
        ("batch normalisation", "batch normalisation"),
        ("skip", "residual connection"),
        ("chain rule", "chain rule"),
        ("chaos", "order and chaos"),
        ("wilson", "Wilson interval"),
        ("Fisher's exact test", "Fisher's exact test"),
        ("bootstrap", "bootstrap interval"),
        ("clipping", "gradient clipping"),
        ("Nesterov", "Nesterov momentum"),
        ("batches", "batch"),
        ("losses", "loss"),
        ("NaN", "exact zero, NaN and ∞"),
        ("∞", "exact zero, NaN and ∞"),
        ("moons", "data set"),
        ("BPTT", "backpropagation through time"),
        ("lstm", "LSTM"),
        ("gru", "GRU"),
        ("simple_rnn", "SimpleRNN"),
        ("unit_forget_bias", "forget gate"),
        ("recurrent_kernel", "recurrent kernel"),
        ("recurrent gain", "recurrent kernel"),
        ("identity", "identity initialiser"),
        ("time steps", "gradient through time"),
        ("state", "gradient through time"),
        ("first_symbol", "tasks with a known answer"),
    ],
)
def test_a_word_is_found_by_any_of_its_names_and_spellings(wanted: str, first: str) -> None:
    assert matching(wanted)[0].term == first


# What needs no glossary; a word that is not here and that a page prints needs an entry, or another name of one.
EVERYDAY = """
    along although area arrives axis bar bars blue both branches bring cent centres chosen class's colour colours
    compare compared compiling coordinates corners counted cross cut dash dashed diamond dot dots dotted driven
    effect entry example exceeds fail failed fewer finite fit get gets glorot's glossary grey had half-way harm
    height hundred hurls identical included known knows leap learners leave less likelier nobody otherwise pink
    recorded red reuses revive second seconds settles sharp slider smallest steep strict three twentieth validate
    wander wanders
"""


def printed(record: RunRecord) -> Iterator[str]:
    """What the pages print of settings, verdicts, statistics, figures and tables."""
    for setting in [one for of_network in (SETTINGS, *SETTINGS_OF.values()) for one in of_network.values()]:
        yield from (setting.label, setting.help, *setting.choices, *setting.words.values())
    yield from HEADLINES.values()
    for rule in RULES:
        yield from (rule.in_words, rule.reason)
    yield from (statistic.label for statistic in STATISTICS.values())
    yield from (text for name, text in vars(guide).items() if name.isupper() and isinstance(text, str))
    for texts in (guide.STATISTICS, guide.OF_STUDIES, guide.THEORIES):
        yield from texts.values()
    for measure in MEASURES.values():
        yield from (measure.label, measure.needs)
        figure = landscape(over_depths({2: record}), measure.name)
        yield from (figure.layout.title.text, figure.layout.title.subtitle.text, *(one.name for one in figure.data))
    for figure in (draw(record) for draw in ALL):
        layout = figure.to_plotly_json()["layout"]
        titles = [
            layout["title"],
            *(part["title"] for name, part in layout.items() if "axis" in name and "title" in part),
        ]
        yield from (title["text"] for title in titles)
        yield str(layout["title"]["subtitle"]["text"])
        yield from (str(trace.name or "") for trace in figure.data)
    yield from endings({"A": summarize(record)}).index
    yield from Judgement


def test_every_word_that_the_pages_print_is_found(make_record: Callable[..., RunRecord]) -> None:
    texts = " ".join(printed(make_record(replicates=3)))
    words = {word.casefold() for word in re.findall(r"[^\W\d_]{2,}\w*(?:[-'’][^\W\d]+)*|χ|σw²", texts)}
    assert len(words) > 300
    assert sorted(word for word in words - {*EVERYDAY.split()} if word[0].isalpha() and not matching(word)) == []
