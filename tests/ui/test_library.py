"""The Library over a store in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.record import RunRecord
from vgdemo.store import RunStore, StoreError
from vgdemo.ui import runs
from vgdemo.ui.page import plain, told
from vgdemo.ui.session import SESSION
from vgdemo.ui.visitor import ONLY_OWNER

from .conftest import button, forged, query

APP = str(Path(__file__).resolve().parents[2] / "app.py")
Open = Callable[..., AppTest]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunStore:
    store = RunStore(str(tmp_path))
    monkeypatch.setattr(runs, "open_store", lambda: store)
    runs.look_again()
    return store


@pytest.fixture
def stored(store: RunStore, make_record: Callable[..., RunRecord]) -> list[RunRecord]:
    """Three runs, the newest first, as the table shows them."""
    records = [make_record(activation=name) for name in ("tanh", "relu", "elu")]
    for record in records:
        store[record.run_key] = record
    return records[::-1]


@pytest.fixture
def library(store: RunStore, jobs: Any) -> Open:
    def visit(**asked: str) -> AppTest:
        page = AppTest.from_file(APP, default_timeout=30).switch_page("pages/3_Library.py")
        page.query_params.update(asked)
        return page.run()

    return visit


def mark(page: AppTest, *rows: int) -> AppTest:
    key = page.dataframe[0].proto.id.split("-", 2)[2]
    page.session_state[key] = {"selection": {"rows": [*rows], "columns": [], "cells": []}}
    return page.run()


def words(page: AppTest) -> list[str]:
    table = page.dataframe[0].value
    return [*(table["run"] + " · " + table["rest"])]


def in_short(record: RunRecord) -> str:
    """As the table has it: the network in short, then the rest of the run's words."""
    activation = {"tanh": "tanh", "relu": "ReLU", "elu": "ELU"}[record.config.activation]
    return f"2 × 5 {activation} · {record.sentence.partition(' · ')[2]}"


def choice(page: AppTest, label: str) -> Any:
    return next(one for one in page.multiselect if one.label == label)


def test_an_empty_store_is_said(library: Open) -> None:
    page = library()
    assert len(page.info) == 1 and not page.dataframe


def test_stored_runs_are_listed_in_words_newest_first(library: Open, stored: list[RunRecord]) -> None:
    assert words(library()) == [in_short(record) for record in stored]


def test_what_a_run_has_is_listed_with_it(
    library: Open, store: RunStore, make_record: Callable[..., RunRecord]
) -> None:
    record = make_record()
    record.curve_arrays["train_loss"][-1] = np.nan
    store[record.run_key] = record
    assert [*library().dataframe[0].value["verdict"]] == ["Diverged"]


def test_runs_are_filtered_by_any_setting_in_which_they_differ(library: Open, stored: list[RunRecord]) -> None:
    page = library()
    assert choice(page, "Settings").options == ["Activation"]
    choice(page, "Settings").set_value(["activation"]).run()
    choice(page, "Activation").set_value(["relu", "tanh"]).run()
    assert words(page) == [in_short(stored[1]), in_short(stored[2])]
    assert query(page) == {"activation": "relu tanh"}


def test_runs_are_found_by_words_and_verdict_and_the_address_says_how(
    library: Open, store: RunStore, stored: list[RunRecord], make_record: Callable[..., RunRecord]
) -> None:
    record = make_record(activation="relu", epochs=4)
    record.curve_arrays["train_loss"][-1] = np.nan
    store[record.run_key] = record
    page = library()
    page.text_input[0].set_value("RELU  uniform_0_1").run()
    assert words(page) == [in_short(record), in_short(stored[1])]
    choice(page, "Verdict").set_value(["diverged"]).run()
    assert words(page) == [in_short(record)]
    assert query(page) == {"text": "RELU  uniform_0_1", "verdict": "diverged"}
    page.text_input[0].set_value("relu moons").run()
    assert not page.dataframe and "No stored run is like that" in page.info[0].value


def test_what_was_looked_for_is_kept_while_the_person_is_elsewhere(library: Open, stored: list[RunRecord]) -> None:
    page = library()
    page.text_input[0].set_value("elu").run()
    page.switch_page("pages/4_Glossary.py").run()
    page.switch_page("pages/3_Library.py")
    page.query_params.update(page.session_state[SESSION].visited["Library"].query)  # The navigation's link has it.
    page.run()
    assert page.text_input[0].value == "elu"
    assert words(page) == [in_short(record) for record in stored if "elu" in record.config.activation]


def test_an_address_leads_to_the_runs_that_it_asks_for(library: Open, stored: list[RunRecord]) -> None:
    page = library(text="tanh", activation="tanh relu", epochs="3")
    assert not page.warning
    assert words(page) == [in_short(stored[2])]
    assert query(page) == {"text": "tanh", "activation": "tanh relu", "epochs": "3"}


def test_what_an_address_asks_for_that_no_run_has_is_said(library: Open, stored: list[RunRecord]) -> None:
    page = library(verdict="healthy <b>cured</b>", units="9000", sorcery="1", text="x" * 1000)
    said = [warning.value for warning in page.warning]
    assert len(said) == 3
    for sentence, name in zip(said, ("`verdict`", "`units`", "'sorcery'"), strict=True):
        assert told(name) in sentence and "<b>" not in sentence
    assert query(page) == {"verdict": "healthy", "text": "x" * 100}
    page.text_input[0].set_value("").run()
    assert not page.warning


def test_a_marked_run_opens_in_the_lab(library: Open, stored: list[RunRecord], jobs: Any) -> None:
    page = library()
    assert button(page, "Open in the Lab").disabled
    button(mark(page, 1), "Open in the Lab").click().run()
    assert jobs.submitted[-1].config == stored[1].config


def test_marked_runs_open_in_compare(library: Open, stored: list[RunRecord], jobs: Any) -> None:
    page = mark(library(), 1)
    assert button(page, "Compare them").disabled
    button(mark(page, 0, 2), "Compare them").click().run()
    assert [job.config for job in jobs.submitted[-2:]] == [stored[0].config, stored[2].config]


def test_runs_are_pinned_and_unpinned(library: Open, stored: list[RunRecord], store: RunStore) -> None:
    page = mark(library(), 0, 1)
    button(page, "Pin").click().run()
    assert store.pinned == {record.run_key for record in stored[:2]}
    assert [*page.dataframe[0].value["pinned"]] == [True, True, False]
    button(mark(page, 1), "Unpin").click().run()
    assert store.pinned == {stored[0].run_key}


def test_deleted_runs_come_back_until_others_are_deleted(
    library: Open, stored: list[RunRecord], store: RunStore
) -> None:
    page = library()
    assert button(page, "Undo delete").disabled
    button(mark(page, 0, 1), "Delete").click().run()
    assert {*store} == {stored[2].run_key}
    page.switch_page("pages/4_Glossary.py").run()
    page.switch_page("pages/3_Library.py").run()
    button(page, "Undo delete").click().run()
    assert words(page) == [in_short(record) for record in stored]
    assert button(page, "Undo delete").disabled

    button(mark(page, 2), "Delete").click().run()
    button(mark(page, 0), "Delete").click().run()
    button(page, "Undo delete").click().run()
    assert {*store} == {record.run_key for record in stored[:2]}


def test_all_runs_can_be_deleted_and_brought_back(library: Open, stored: list[RunRecord], store: RunStore) -> None:
    page = library()
    button(mark(page, 0, 1, 2), "Delete").click().run()
    assert "Nothing is stored" in page.info[0].value
    button(page, "Undo delete").click().run()
    assert len(store) == 3 and not page.info


def test_a_pinned_run_is_not_deleted(library: Open, stored: list[RunRecord], store: RunStore) -> None:
    store.pin(stored[1].run_key)
    page = mark(library(), 1)
    assert button(page, "Delete").disabled and "unpin" in button(page, "Delete").help
    button(mark(page, 0, 1), "Delete").click().run()
    assert {*store} == {stored[1].run_key, stored[2].run_key}


def test_a_run_that_is_gone_is_said(library: Open, stored: list[RunRecord], store: RunStore) -> None:
    page = mark(library(), 1)
    del store[stored[1].run_key]
    runs.look_again()
    button(page, "Delete").click().run()
    gone = plain(f"No longer in the store: {stored[1].sentence}.")
    assert [warning.value for warning in page.warning] == [gone]
    assert len(page.dataframe[0].value) == 2
    button(page, "Undo delete").click().run()
    assert [warning.value for warning in page.warning] == [gone]


def test_marks_outlive_what_others_store_meanwhile(
    library: Open, stored: list[RunRecord], store: RunStore, make_record: Callable[..., RunRecord]
) -> None:
    page = mark(library(), 1)
    other = make_record(activation="relu", seed=2)
    store[other.run_key] = other
    runs.look_again()
    button(page, "Delete").click().run()
    assert {*store} == {other.run_key, stored[0].run_key, stored[2].run_key}
    assert words(page) == [in_short(record) for record in (other, stored[0], stored[2])]


def test_a_store_that_cannot_be_read_is_one_sentence(library: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: RunStore) -> None:
        raise StoreError("Expected a store. Received: none.")

    monkeypatch.setattr(RunStore, "summaries", refuse)
    assert [error.value for error in library().error] == [plain("Expected a store. Received: none.")]


@pytest.mark.usefixtures("strangers")
def test_a_stranger_deletes_and_pins_and_unpins_nothing(
    library: Open,
    store: RunStore,
    stored: list[RunRecord],
) -> None:
    pinned, *others = [record.run_key for record in stored]
    store.pin(pinned)
    for label, rows in (("Unpin", [0]), ("Pin", [1]), ("Delete", [1, 2])):
        page = mark(library(), *rows)
        assert button(page, label).help == ONLY_OWNER
        assert any("VGDEMO_TRUST_VISITORS=on" in caption.value for caption in page.caption)
        forged(page, label)
        assert not page.exception
        assert store.pinned == {pinned} and set(store) == {pinned, *others}
    store.discard(others[0])
    page = library()
    page.session_state[SESSION].deleted = tuple(one for one in runs.stored_runs() if one.run_key == others[0])
    forged(page.run(), "Undo delete")
    assert others[0] not in store
