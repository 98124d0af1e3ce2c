"""The dialog that starts a column, alone on a page: on Compare, AppTest closes it at the next click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.presets import DEEP_RELU, DEEP_TANH
from vgdemo.record import RunRecord
from vgdemo.store import RunStore, StoreError
from vgdemo.ui import runs
from vgdemo.ui.page import plain
from vgdemo.ui.session import SESSION


def page_with_dialog() -> None:
    import streamlit as st

    from vgdemo.presets import DEEP_RELU, DEEP_TANH
    from vgdemo.ui.columns import put
    from vgdemo.ui.session import COLUMN, session
    from vgdemo.ui.sources import choose_source

    session().columns = session().columns or (DEEP_TANH, DEEP_RELU)
    st.session_state[COLUMN] = "B"
    choose_source("B", put)


@pytest.fixture(autouse=True)
def _no_list_of_another_store() -> None:
    runs.look_again()


@pytest.fixture
def choose() -> Callable[[str], AppTest]:
    """Opens the dialog for column B at one of its sources."""

    def visit(source: str) -> AppTest:
        page = AppTest.from_function(page_with_dialog, default_timeout=30)
        page.run()
        page.button_group[0].set_value(source).run()
        return page

    return visit


def columns(page: AppTest) -> Any:
    return page.session_state[SESSION].columns


def use(page: AppTest) -> Any:
    return next(button for button in page.button if button.label == "Use it")


@pytest.mark.parametrize(("text", "units"), [("http://other/?units=9", 9), (RunConfig(units=8).to_json(), 8)])
def test_a_pasted_link_or_json_becomes_the_column(text: str, units: int, choose: Callable[[str], AppTest]) -> None:
    page = choose("Link or JSON")
    page.text_area[0].set_value(text).run()
    use(page).click().run()
    assert columns(page) == (DEEP_TANH, RunConfig(units=units))


def test_a_pasted_comparison_replaces_all_columns(choose: Callable[[str], AppTest]) -> None:
    page = choose("Link or JSON")
    page.text_area[0].set_value("http://other/Compare?a=units-7&b=units-8&c=units-9").run()
    use(page).click().run()
    assert [config.units for config in columns(page)] == [7, 8, 9]


def test_another_text_is_one_sentence_and_cannot_be_used(choose: Callable[[str], AppTest]) -> None:
    page = choose("Link or JSON")
    page.text_area[0].set_value("<b>hello</b>").run()
    assert [error.value for error in page.error] == [
        plain("Expected a link to a run or settings as JSON. Received: '<b>hello</b>'")
    ]
    assert not page.button


def test_nothing_pasted_cannot_be_used(choose: Callable[[str], AppTest]) -> None:
    assert use(choose("Link or JSON")).disabled


def test_a_preset_becomes_the_column(choose: Callable[[str], AppTest]) -> None:
    page = choose("Preset")
    page.selectbox[0].select_index(3).run()
    use(page).click().run()
    assert columns(page) == (DEEP_TANH, DEEP_RELU.with_changes(num_hidden_layers=15))


def test_without_the_lab_its_run_cannot_be_used(choose: Callable[[str], AppTest]) -> None:
    page = choose("The Lab")
    assert use(page).disabled and len(page.info) == 1


def test_the_labs_run_becomes_the_column(choose: Callable[[str], AppTest]) -> None:
    page = choose("The Lab")
    page.session_state[SESSION].config = RunConfig(units=9)
    use(page.run()).click().run()
    assert columns(page) == (DEEP_TANH, RunConfig(units=9))


def test_a_stored_run_becomes_the_column(
    choose: Callable[[str], AppTest],
    make_record: Callable[..., RunRecord],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    store, record = RunStore(str(tmp_path)), make_record()
    monkeypatch.setattr(runs, "open_store", lambda: store)
    assert use(choose("Stored run")).disabled
    store[record.run_key] = record
    runs.look_again()
    page = choose("Stored run")
    use(page).click().run()
    assert columns(page) == (DEEP_TANH, record.config)


def test_a_store_that_cannot_be_read_is_one_sentence(
    choose: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "v2").write_text("no folder")

    class Unreadable(RunStore):
        def summaries(self) -> Any:
            raise StoreError("Expected a store. Received: none.")

    monkeypatch.setattr(runs, "open_store", lambda: Unreadable(str(tmp_path)))
    assert [error.value for error in choose("Stored run").error] == [plain("Expected a store. Received: none.")]


def page_with_the_labs_dialog() -> None:
    import streamlit as st

    from vgdemo.config import SETTINGS
    from vgdemo.ui.controls import enter
    from vgdemo.ui.sources import choose_run

    choose_run(lambda configs: enter(configs[0], "Lab"))
    st.json({name: st.session_state.get(name) for name in SETTINGS})


def open_in_the_lab(name: str, content: str) -> AppTest:
    page = AppTest.from_function(page_with_the_labs_dialog, default_timeout=30).run()
    page.file_uploader[0].upload(name, content.encode(), "application/json").run()
    return page


def test_a_file_of_settings_sets_the_labs_controls() -> None:
    page = use(open_in_the_lab("settings.json", RunConfig(units=8).to_json())).click().run()
    assert page.session_state["units"] == 8
    assert page.session_state["epochs"] == 500


@pytest.mark.parametrize("content", ["[1]", "\x00\xff", '{"sorcery": 1}', '{"units": 9000}', "{" * 100])
def test_a_file_that_is_not_ours_is_refused_with_a_sentence(content: str) -> None:
    page = open_in_the_lab("settings.json", content)
    assert not page.exception
    assert len(page.error) == 1
    assert not [button for button in page.button if button.label == "Use it"]
