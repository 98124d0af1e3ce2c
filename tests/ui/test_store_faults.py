"""Every page while the store fails, from the start or from some moment on: a sentence, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jobs.waiting import until
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.jobs import Studies
from vgdemo.links import run_query
from vgdemo.record import RunRecord
from vgdemo.store import RunStore, StoreError
from vgdemo.store.folder import Folder
from vgdemo.ui import progress, runs
from vgdemo.ui.page import told

from .conftest import StandInJobs, button
from .test_library import mark

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "pages").glob("*.py"))]
NEED_IT = ("app.py", "pages/2_Article.py", "pages/3_Library.py")  # The Lab for the next step of the tour.
SENTENCE = "Expected the run store there to work. Received: a fault"
ACTS = ("read", "read_all", "names", "find", "last_use", "make", "write", "move", "remove", "remove_file")


def fail(*_: object, **__: object) -> None:
    raise StoreError(SENTENCE)


@pytest.fixture
def break_store(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, whatever is asked of a store fails."""

    def act() -> None:
        runs.look_again()
        for name in ACTS:
            monkeypatch.setattr(Folder, name, fail)

    return act


@pytest.fixture
def stored(
    jobs: StandInJobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_record: Callable[..., RunRecord]
) -> Iterator[list[RunRecord]]:
    """Two runs in a store that works, and a server with everything that looks into it."""
    store = RunStore(str(tmp_path))
    monkeypatch.setattr(runs, "open_store", lambda: store)
    records = [make_record(activation=name) for name in ("tanh", "relu")]
    for record in records:
        store[record.run_key] = record
    executor: Any = SimpleNamespace(check=lambda: None, workers=dict, withdraw=lambda run: None)
    jobs.studies = Studies(jobs, executor, store)  # type: ignore[attr-defined]
    jobs.estimates = SimpleNamespace(of=lambda configs: None)  # type: ignore[attr-defined]
    yield records
    jobs.studies.close()  # type: ignore[attr-defined]


def visit(path: str, **query: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    if path != "app.py":
        page.switch_page(path)
    page.query_params.update(query)
    return page.run()


def said(page: AppTest) -> list[str]:
    """What the page says of the store."""
    assert [one.value for one in page.exception] == []
    boxes = [box.value for kind in (page.error, page.warning) for box in kind]
    return [text for text in boxes if told(SENTENCE) in text]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_whose_store_fails_says_at_most_one_sentence(
    path: str, stored: list[RunRecord], jobs: StandInJobs, break_store: Callable[[], None]
) -> None:
    assert said(visit(path)) == []
    until(lambda: not jobs.studies._has_work())  # What is known of a study is not asked for again.
    break_store()
    page = visit(path)
    assert len(said(page)) == (path in NEED_IT)
    assert len(said(page.run())) <= 1


@pytest.mark.parametrize("path", PAGES)
def test_a_part_that_is_drawn_again_while_the_store_begins_to_fail_says_it_in_its_place(
    path: str, stored: list[RunRecord], break_store: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(part: Callable[[], None], run_every: float | None) -> Callable[[], None]:
        def act() -> None:
            break_store()
            part()

        return act

    monkeypatch.setattr(progress.st, "fragment", late)
    assert len(said(visit(path))) <= 1


def test_a_part_alone_says_what_fails_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def page_of_a_part() -> None:
        import streamlit as st

        from vgdemo.store import StoreError
        from vgdemo.ui.progress import redraw

        def draw() -> None:
            if st.session_state.get("fails"):
                raise StoreError("Expected the run store there to work. Received: a fault")
            st.write("drawn")

        redraw(lambda: 0, draw, every=1)

    page = AppTest.from_function(page_of_a_part).run()
    page.session_state["fails"] = True
    assert len(said(page.run())) == 1
    page.session_state["fails"] = False
    assert (said(page.run()), [text.value for text in page.markdown]) == ([], ["drawn"])


@pytest.mark.parametrize(("label", "is_pinned"), [("Pin", False), ("Unpin", True), ("Delete", False)])
def test_a_change_of_a_stored_run_that_fails_is_said_and_the_table_stays(
    label: str, is_pinned: bool, stored: list[RunRecord], break_store: Callable[[], None], monkeypatch: Any
) -> None:
    if is_pinned:
        runs.open_store().pin(stored[0].run_key)
    page = mark(visit("pages/3_Library.py"), 0, 1)
    with monkeypatch.context() as patch:
        for act in ("make", "write", "move", "remove", "remove_file"):
            patch.setattr(Folder, act, fail)
        button(page, label).click().run()
        assert len(said(page)) == 1 and page.dataframe
    mark(page, 0, 1)
    button(page, label).click().run()
    assert said(page) == []
    assert len(runs.open_store()) == (0 if label == "Delete" else 2)


def test_a_deletion_that_cannot_be_undone_now_can_be_undone_later(
    stored: list[RunRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = mark(visit("pages/3_Library.py"), 0)
    button(page, "Delete").click().run()
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "write", fail)
        button(page, "Undo delete").click().run()
        assert len(said(page)) == 1
    button(page, "Undo delete").click().run()
    assert said(page) == [] and len(runs.open_store()) == 2


def test_a_store_that_cannot_be_opened_is_named_and_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGDEMO_STORE", "nosuch://there")
    runs._opened.clear()
    for path in PAGES:
        page = visit(path)
        assert [one.value for one in page.exception] == []
        for again in [one for one in page.button if one.label == "Try again"]:
            again.click().run()
            assert told("nosuch://there") in page.error[0].value
            assert [one.value for one in page.exception] == []


def test_a_run_that_another_server_has_deleted_is_trained_again_when_it_is_looked_at(
    stored: list[RunRecord], jobs: StandInJobs
) -> None:
    page = visit("app.py", **run_query(RunConfig()))
    assert len(jobs.submitted) == 1
    jobs.submitted[0].record = None
    page.run()
    assert len(jobs.submitted) == 2 and jobs.submitted[0].released
