"""The report as text: complete, without the network, and nothing of a run in it as HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import pytest
from conftest import foreign_record, random_record

from vgdemo.config import SETTINGS, SETTINGS_OF, RunConfig
from vgdemo.export import ReportedRun, html, report
from vgdemo.figures import View, curves
from vgdemo.record import RunRecord, RunStatus

MakeRecord = Callable[..., RunRecord]
TABLES = ("Settings", "Model", "How they end")
RECURRENT = RunConfig(network="simple_rnn", num_hidden_layers=2, time_steps=6, n_samples=100, epochs=3, replicates=2)
ATTACK = '</script><img src=x onerror="alert(1)">{{ 7 * 7 }}'


class Page(HTMLParser):
    """What a browser finds: tags, attributes, text, and the JSON of the figures."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.figures: list[dict[str, object]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attributes
        self._open.append(tag if ("type", "application/json") not in attributes else "json")
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "json":
            self.figures.append(json.loads(data))
        elif not self._open or self._open[-1] not in ("script", "style"):
            self.text += data
            if {"td", "th"} & set(self._open):
                self.rows[-1][-1] += data


@pytest.fixture
def record(make_record: MakeRecord) -> RunRecord:
    return make_record()


def settings_in(page: Page) -> dict[str, list[str]]:
    """The rows below "Settings": label and name to the texts."""
    beginning = next(place for place, row in enumerate(page.rows) if row[0] == "setting")
    return {row[0].strip(): row[1:] for row in page.rows[beginning + 1 :]}


def assert_whole(page: Page) -> None:
    """Every figure has something to draw, and a text for those who cannot see it."""
    labels = [value for name, value in page.attributes if name == "aria-label" and value not in TABLES]
    for figure, label in zip(page.figures, labels, strict=True):
        layout = figure["layout"]
        assert label == f"{layout['meta']['alt']} {layout['title']['subtitle']['text']}"
        assert figure["data"]


def titles(page: Page) -> list[str]:
    return [figure["layout"]["title"]["text"] for figure in page.figures]


def test_every_run_has_its_five_figures_with_a_text_for_those_who_cannot_see_them(record: RunRecord) -> None:
    page = Page(report([ReportedRun(record), ReportedRun(record, "again")]))
    assert len(page.figures) == page.tags.count("figure") == 5 + 5 + 1  # One is of both.
    assert_whole(page)


def test_a_network_of_somebodys_own_has_the_figures_of_what_was_measured_and_no_settings() -> None:
    record = foreign_record()
    page = Page(report([ReportedRun(record, findings=("Vanishing.",))]))
    assert titles(page) == [
        "Accuracy and loss",
        "Gradient, RMS, layer by layer",
        "Gradient, RMS over layers",
        "Gradient entries by size",
        "Through time, RMS of ∂L/∂state, time step by time step",
        "Through time, RMS of ∂L/∂state over time steps",
    ]
    assert_whole(page)
    assert "my_model" in page.text and "lstm/recurrent_kernel" in json.dumps(page.figures[1])
    cells = {row[0]: row[1] for row in page.rows[1:]}
    assert cells["activations"] == "tanh and relu" and cells["optimiser"] == "adam"
    assert "lstm/recurrent_kernel (8 × 32)" in cells["kernels"]
    assert "whole training half" not in page.text
    for setting in SETTINGS:
        assert f"{SETTINGS[setting].label} {setting}" not in page.text


def test_runs_beside_a_network_of_somebodys_own_are_compared_by_their_models(record: RunRecord) -> None:
    page = Page(report([ReportedRun(record, "tanh"), ReportedRun(foreign_record())]))
    assert_whole(page)
    one, both = titles(Page(report([ReportedRun(record)]))), titles(page)
    assert len(both) == 2 + len(one) + len(titles(Page(report([ReportedRun(foreign_record())]))))
    assert "my_model: nothing was measured for the decision surface." in page.text
    cells = {row[0]: row[1:] for row in page.rows}
    assert cells["≠ loss"] == ["binary_crossentropy", "sparse_categorical_crossentropy"]
    assert cells["normalisation"] == ["none", "none"]
    assert cells["replicates that learn"][1] == "not measured"


def test_logs_without_an_accuracy_are_compared_by_their_losses() -> None:
    records = [foreign_record(draw, curve_arrays={"train_loss": np.full((4, 1), 0.5)}) for draw in (0, 1)]
    page = Page(report([ReportedRun(record) for record in records]))
    assert titles(page)[0] == "Training loss of all columns"
    assert len(titles(page)) == 1 + 2 * len(titles(Page(report([ReportedRun(records[0])]))))
    assert_whole(page)


def test_the_report_says_when_it_was_made(record: RunRecord) -> None:
    before = date.today()
    page = Page(report([ReportedRun(record)]))
    (made,) = (date.fromisoformat(str(value)) for name, value in page.attributes if name == "datetime")
    assert before <= made <= date.today()
    assert f"A report of {made.day} " in page.text and str(made.year) in page.text


@pytest.mark.parametrize("settings", [{}, {"activation": "relu", "noise": 0.2, "residual": True}])
def test_the_report_leads_back_to_each_run(make_record: MakeRecord, settings: dict[str, object]) -> None:
    record = make_record(**settings)
    page = Page(report([ReportedRun(record, name="a & b"), ReportedRun(foreign_record())], "http://127.0.0.1:8501/"))
    (link,) = (str(value) for name, value in page.attributes if name == "href")
    address = urlsplit(link)
    assert link.startswith("http://127.0.0.1:8501/?")
    parameters = dict(parse_qsl(address.query))
    assert parameters.pop("name") == "a & b"
    assert RunConfig.from_query(parameters) == (record.config, ())


def test_without_a_server_the_report_says_what_to_ask_one_for(record: RunRecord) -> None:
    page = Page(report([ReportedRun(record)]))
    query = urlencode(record.config.to_query())
    assert f"It opens in vgdemo at ?{query}." in page.text and "href" not in dict(page.attributes)


def test_an_own_name_stands_before_the_run_in_words(record: RunRecord) -> None:
    text = Page(report([ReportedRun(record, name="My run")])).text
    assert text.index("My run") < text.index(record.sentence)


def test_theory_is_drawn_where_it_holds(make_record: MakeRecord) -> None:
    for initializer, count in (("glorot_uniform", 1), ("uniform_0_1", 0)):
        record = make_record(activation="tanh", kernel_initializer=initializer, output_initializer="glorot_uniform")
        page = Page(report([ReportedRun(record)]))
        lines = [trace["name"] for figure in page.figures for trace in figure["data"] if "name" in trace]
        assert lines.count("theory, epoch 0") == count


def test_theory_is_drawn_over_the_time_steps_of_every_recurrent_layer() -> None:
    page = Page(report([ReportedRun(random_record(RECURRENT))]))
    drawn = {
        figure["layout"]["title"]["text"]
        for figure in page.figures
        for trace in figure["data"]
        if trace.get("name") == "theory, epoch 0"
    }
    assert drawn == {f"Through time, RMS of ∂L/∂state over time steps, {layer}" for layer in (1, 2)}


def test_nothing_is_loaded_from_elsewhere(record: RunRecord) -> None:
    page = Page(report([ReportedRun(record)]))
    assert {"link", "img", "iframe"}.isdisjoint(page.tags)
    assert {"src", "href"}.isdisjoint(name for name, _ in page.attributes)


def test_all_settings_are_listed_and_those_that_differ_are_marked(make_record: MakeRecord) -> None:
    one, other = make_record(), make_record(activation="relu", noise=0.2)
    page = Page(report([ReportedRun(one, "one"), ReportedRun(other, "other")]))
    cells = settings_in(page)
    assert [name.split()[-1] for name in cells] == list(SETTINGS_OF["dense"])
    assert {name for name in cells if "≠" in name} == {"≠ Activation activation", "≠ Noise noise"}
    assert cells["≠ Activation activation"] == ["tanh", "relu"]
    assert cells["Nesterov nesterov"] == ["false", "false"]


def test_a_setting_that_no_network_of_the_runs_has_is_not_listed_and_a_dash_stands_where_one_has_it_not() -> None:
    rnn = random_record(RECURRENT)
    assert [name.split()[-1] for name in settings_in(Page(report([ReportedRun(rnn)])))] == list(
        SETTINGS_OF["simple_rnn"]
    )
    lstm = random_record(RECURRENT.with_changes(network="lstm"))
    cells = settings_in(Page(report([ReportedRun(rnn), ReportedRun(lstm)])))
    assert cells["Forget bias 1 unit_forget_bias"] == ["—", "true"]
    assert [name for name in cells if "≠" in name] == ["≠ Network network"]
    assert not any(name.endswith("residual") for name in cells)


def test_a_recurrent_run_has_figures_over_its_time_steps_and_no_surface(make_record: MakeRecord) -> None:
    page = Page(report([ReportedRun(random_record(RECURRENT))]))
    assert_whole(page)
    assert [title for title in titles(page) if "time step" in title] == [
        f"{statistic}{over}, {layer}"
        for layer in (1, 2)
        for statistic in ("Through time, RMS of ∂L/∂state", "Recurrent gradient, share of a step")
        for over in (", time step by time step", " over time steps")
    ]
    assert "over time steps those of the states, on the whole training half" in page.text
    assert "surface" not in page.text and page.text.count("Through time, RMS of ∂L/∂state\n") == 2  # How both are read.
    shallow = random_record(RECURRENT.with_changes(num_hidden_layers=1))
    both = Page(
        report([ReportedRun(shallow, "one"), ReportedRun(random_record(RECURRENT), "two"), ReportedRun(make_record())])
    )
    assert_whole(both)


def test_a_single_run_is_compared_with_nothing(record: RunRecord) -> None:
    text = Page(report([ReportedRun(record)])).text
    assert "≠" not in text and "How they end" not in text


def test_several_runs_are_compared_in_one_figure_in_words_and_in_a_table(make_record: MakeRecord) -> None:
    one, other = make_record(), make_record(activation="relu")
    one.curve_arrays["val_accuracy"][-1], other.curve_arrays["val_accuracy"][-1] = 0.9, 0.5
    page = Page(report([ReportedRun(one, "A · tanh"), ReportedRun(other, "B · relu")]))
    assert [trace["name"] for trace in page.figures[0]["data"] if "%" not in trace["name"]] == [
        "A · tanh",
        "B · relu",
    ]
    assert "A · tanh learns in 2 of 2 replicates, B · relu in 0 of 2." in page.text
    assert "B ends less accurate than A: −0.4" in page.text
    (learned,) = (row for row in page.rows if row[0] == "replicates that learn")
    assert learned[1].startswith("2 of 2") and learned[2].startswith("0 of 2")


def test_sentences_call_the_runs_as_the_page_that_shows_them_does(record: RunRecord) -> None:
    runs = [ReportedRun(record, "B · tanh", letter="B"), ReportedRun(record, "D · tanh", letter="D")]
    text = Page(report(runs)).text
    assert "D ends" in text and "than B" in text and "than A" not in text


def test_findings_versions_and_how_a_run_ended_are_said(record: RunRecord) -> None:
    stopped = replace(
        record, status=RunStatus.STOPPED, versions={"keras": "3.15"}, notices=("Slowly.",), seconds={"train": 1.25}
    )
    text = Page(report([ReportedRun(stopped, findings=("Vanishing.", "By 0.05 per layer."))])).text
    for words in ("Vanishing.", "By 0.05 per layer.", "keras 3.15", "Slowly.", "train 1.2 s", "stopped after epoch 3"):
        assert words in text


def test_nothing_that_is_handed_in_becomes_html(record: RunRecord) -> None:
    hostile = replace(record, notices=(ATTACK,), versions={ATTACK: ATTACK}, seconds={ATTACK: 1.0})
    page = Page(report([ReportedRun(hostile, ATTACK, (ATTACK,)), ReportedRun(record, ATTACK)]))
    assert "img" not in page.tags
    assert page.tags.count("script") == 11 + 2
    assert len(re.findall(re.escape(ATTACK), page.text)) >= 6


def test_a_text_in_a_figure_cannot_end_its_script(record: RunRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = curves(record).update_layout(title_text=ATTACK)
    monkeypatch.setattr(html, "views_of", lambda _: {"curves": View("curves", lambda *_: drawn)})
    page = Page(report([ReportedRun(record)]))
    assert "img" not in page.tags
    assert page.figures[0]["layout"]["title"]["text"] == ATTACK


def test_a_report_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        report([])
