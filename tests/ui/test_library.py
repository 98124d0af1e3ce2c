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
from vgdemo.ui.page import plain

APP = str(Path(__file__).resolve().parents[2] / "app.py")
Open = Callable[[], AppTest]


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
    return lambda: AppTest.from_file(APP, default_timeout=30).switch_page("pages/3_Library.py").run()


def mark(page: AppTest, *rows: int) -> AppTest:
    key = page.dataframe[0].proto.id.split("-", 2)[2]
    page.session_state[key] = {"selection": {"rows": [*rows], "columns": [], "cells": []}}
    return page.run()


def button(page: AppTest, label: str) -> Any:
    return next(one for one in page.button if one.label == label)


def test_an_empty_store_is_said(library: Open) -> None:
    page = library()
    assert len(page.info) == 1 and not page.dataframe


def test_stored_runs_are_listed_in_words_newest_first(library: Open, stored: list[RunRecord]) -> None:
    assert [*library().dataframe[0].value["run"]] == [record.sentence for record in stored]


def test_what_a_run_has_is_listed_with_it(
    library: Open, store: RunStore, make_record: Callable[..., RunRecord]
) -> None:
    record = make_record()
    record.curve_arrays["train_loss"][-1] = np.nan
    store[record.run_key] = record
    assert [*library().dataframe[0].value["verdict"]] == ["Diverged"]


def test_runs_are_filtered_by_any_setting_in_which_they_differ(library: Open, stored: list[RunRecord]) -> None:
    page = library()
    assert page.multiselect[0].options == ["Activation"]
    page.multiselect[0].set_value(["activation"]).run()
    page.multiselect[1].set_value(["relu", "tanh"]).run()
    assert [*page.dataframe[0].value["run"]] == [stored[1].sentence, stored[2].sentence]


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


def test_a_run_is_deleted_after_a_confirmation(library: Open, stored: list[RunRecord], store: RunStore) -> None:
    page = mark(library(), 1)
    assert "Delete this run for good?" in page.markdown[-1].value
    button(page, "Yes, delete").click().run()
    assert {*store} == {stored[0].run_key, stored[2].run_key}
    assert len(page.dataframe[0].value) == 2


def test_a_run_that_another_has_deleted_is_said(library: Open, stored: list[RunRecord], store: RunStore) -> None:
    page = mark(library(), 1)
    del store[stored[1].run_key]
    button(page, "Yes, delete").click().run()
    assert [warning.value for warning in page.warning] == [
        plain(f"Expected stored runs. Deleted meanwhile by somebody else: {stored[1].sentence}.")
    ]
    assert len(page.dataframe[0].value) == 2


def test_a_store_that_cannot_be_read_is_one_sentence(library: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: RunStore) -> None:
        raise StoreError("Expected a store. Received: none.")

    monkeypatch.setattr(RunStore, "summaries", refuse)
    assert [error.value for error in library().error] == [plain("Expected a store. Received: none.")]
