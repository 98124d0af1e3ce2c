"""What a run with diverged replicates comes to is on every page what it is elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from ten_replicates import ENDINGS, WRECKS, Ending, ten_replicates

import vgdemo.article
from vgdemo.article import Claim, experiments
from vgdemo.article.measures import ARRIVAL, VAL_ACCURACY
from vgdemo.config import RunConfig
from vgdemo.learning import Share
from vgdemo.links import to_query
from vgdemo.record import RunRecord
from vgdemo.store import RunStore
from vgdemo.ui import runs

from .conftest import StandInStore

CASES = [(ending, wreck) for ending in ENDINGS.values() for wreck in WRECKS.values()]
APP = str(Path(__file__).resolve().parents[2] / "app.py")


@pytest.fixture
def records() -> list[RunRecord]:
    """A run of each case; they differ in their seeds, so that the store keeps all of them."""
    return [ten_replicates(*case, seed=seed) for seed, case in enumerate(CASES)]


@pytest.fixture
def trained(records: list[RunRecord], jobs: Any) -> Callable[[RunConfig], RunRecord | None]:
    """Jobs whose runs are these."""
    found = {record.source: record for record in records}
    jobs.record = found.get
    jobs.details = {"epoch": 3}
    return found.get


def texts(page: AppTest) -> str:
    """All that the page says in words."""
    return "\n".join(str(part.value) for part in (*page.markdown, *page.caption)).replace("\\", "")


def test_the_library_lists_the_same(
    records: list[RunRecord], jobs: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = RunStore(str(tmp_path))
    for record in records:
        store[record.run_key] = record
    monkeypatch.setattr(runs, "open_store", lambda: store)
    page = AppTest.from_file(APP, default_timeout=60).switch_page("pages/3_Library.py").run()
    listed = page.dataframe[0].value.set_index("rest")
    for record, (ending, _) in zip(records, CASES, strict=True):
        told = listed.loc[record.sentence.partition(" · ")[2]]
        assert told["accuracy"] == pytest.approx(ending.median)
        assert told["verdict"] == f"Learns in {ending.learned} of 10"


@pytest.mark.parametrize("place", range(len(CASES)))
def test_the_lab_says_the_same(place: int, records: list[RunRecord], trained: Any, lab: Callable[..., AppTest]) -> None:
    ending: Ending = CASES[place][0]
    said = texts(lab(**records[place].source.to_query()))
    assert f"**Learns in {ending.learned} of 10:**" in said
    assert f"ends at a validation accuracy of {ending.median:g};" in said


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_compare_says_the_same(
    ending: Ending, records: list[RunRecord], trained: Any, lab: Callable[..., AppTest]
) -> None:
    columns = [record.source for record, case in zip(records, CASES, strict=True) if case[0] is ending]
    page = lab()
    page.switch_page("pages/1_Compare.py")
    page.query_params.clear()
    page.query_params.update(to_query(columns))
    page.run()
    (table,) = (one.value for one in page.table if "replicates that learn" in one.value.index)
    table = table.map(lambda words: words.replace("\\", ""))
    low, high = ending.deciles
    assert {*table.loc["final validation accuracy, median (10–90 %)"]} == {f"{ending.median:g} ({low:g}–{high:g})"}
    assert {*table.loc["replicates that learn"]} == {str(Share(ending.learned, 10))}
    assert {*table.loc["first epoch at 95 % of the final accuracy"]} == {ending.arrival_in_words}
    assert texts(page).count(f"{ending.learned} of 10") >= 3


@pytest.mark.parametrize("place", range(len(CASES)))
def test_the_article_says_the_same(
    place: int, records: list[RunRecord], jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, ending = records[place], CASES[place][0]
    claims = (Claim("validation", "learn", VAL_ACCURACY, low=0.7), Claim("soon", "arrive", ARRIVAL, low=0, high=9))
    experiment = replace(experiments()[0], runs=(("ten replicates", record.source),), claims=claims)
    monkeypatch.setattr(runs, "open_store", lambda: StandInStore({record.run_key: record}))
    monkeypatch.setattr(vgdemo.article, "chapters", lambda: {"One": (experiment,)})
    monkeypatch.setattr(vgdemo.article, "experiments", lambda: (experiment,))
    said = texts(AppTest.from_file(APP, default_timeout=60).switch_page("pages/2_Article.py").run())
    assert f"{Share(ending.learned, 10)} learn" in said
    assert f", median {ending.median:.3f}." in said
    assert f", median {ending.arrival_in_words}." in said
