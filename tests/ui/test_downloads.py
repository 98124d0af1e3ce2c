"""What can be taken away of the runs on a page: which files, under which names, and that each can be made."""

from __future__ import annotations

import ast
import io
import json
import weakref
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pandas as pd
import pytest
import streamlit as st
from conftest import foreign_record, random_record
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.export import ReportedRun
from vgdemo.record import RunRecord
from vgdemo.ui.downloads import server_address
from vgdemo.ui.session import EXPORT

MakeRecord = Callable[..., RunRecord]
OF_ALL = ["report.html", "curves.csv", "curves.parquet", "layers.csv", "layers.parquet"]
OF_STEPS = ["time_steps.csv", "time_steps.parquet"]
OF_ONE = ["settings.json", "train.py", "train.ipynb", "tensorboard.zip"]


def named(name: str, files: list[str]) -> list[str]:
    """The files of a run of this name."""
    return [f"{name}-{file}" for file in files]


class Offer(NamedTuple):
    """A button to download a file."""

    label: str
    make: Callable[[], bytes | str]
    options: dict[str, Any]


def page_of_downloads() -> None:
    import streamlit as st

    from vgdemo.ui.downloads import downloads

    downloads(st.session_state["reported"])


def panel(reported: Callable[[], Sequence[ReportedRun]], *, is_open: bool = True) -> AppTest:
    """The page."""
    page = AppTest.from_function(page_of_downloads, default_timeout=30)
    page.session_state["reported"], page.session_state[EXPORT] = reported, is_open
    assert not page.run().exception
    return page


@pytest.fixture
def offers(monkeypatch: pytest.MonkeyPatch) -> list[Offer]:
    """The buttons in the order on the page."""
    offers: list[Offer] = []
    monkeypatch.setattr(
        "streamlit.download_button", lambda label, make, **options: offers.append(Offer(label, make, options))
    )
    return offers


@pytest.fixture
def offered(offers: list[Offer]) -> Callable[..., dict[str, Offer]]:
    """File name to the button that offers it."""

    def visit(*runs: ReportedRun) -> dict[str, Offer]:
        offers.clear()
        panel(lambda: runs)
        names = [offer.options["file_name"] for offer in offers]
        assert len({*names}) == len({offer.options["key"] for offer in offers}) == len(offers)
        return dict(zip(names, offers, strict=True))

    return visit


def test_a_single_run_has_files_of_its_name(offered: Any, make_record: MakeRecord) -> None:
    files = offered(ReportedRun(make_record(), name="My run"))
    assert [*files] == named("My-run", [*OF_ALL, *OF_ONE])
    assert [offer.label for offer in files.values()] == [
        "Report (HTML)",
        "Curves (CSV)",
        "Curves (Parquet)",
        "Layers (CSV)",
        "Layers (Parquet)",
        "Settings (JSON)",
        "Script (Keras)",
        "Notebook (Keras)",
        "TensorBoard log",
    ]


def test_a_run_without_a_name_has_files_of_what_identifies_it(offered: Any) -> None:
    record = random_record(RunConfig(activation="relu", kernel_initializer="he_uniform", num_hidden_layers=20))
    assert [*offered(ReportedRun(record))] == named("relu-20x5-he_uniform", [*OF_ALL, *OF_ONE])


def test_runs_side_by_side_have_files_of_their_own_and_tables_of_all(offered: Any, make_record: MakeRecord) -> None:
    runs = [
        ReportedRun(make_record(seed=seed), letter=letter, name=f"run {letter}") for seed, letter in enumerate("AC")
    ]
    expected = named("run-A-against-run-C", OF_ALL) + named("run-A", OF_ONE) + named("run-C", OF_ONE)
    assert [*offered(*runs)] == expected


def test_a_network_of_somebodys_own_has_no_settings_and_no_code_but_its_time_steps(offered: Any) -> None:
    files = offered(ReportedRun(foreign_record()))
    assert [*files] == named("my_model", [*OF_ALL, *OF_STEPS, "tensorboard.zip"])
    assert files["my_model-time_steps.csv"].label == "Time steps (CSV)"


def test_each_run_beside_a_network_of_somebodys_own_keeps_its_files(offered: Any, make_record: MakeRecord) -> None:
    files = offered(ReportedRun(make_record(), letter="A", name="mine"), ReportedRun(foreign_record(), letter="B"))
    of_all = named("mine-against-my_model", [*OF_ALL, *OF_STEPS])
    assert [*files] == [*of_all, *named("mine", OF_ONE), "my_model-tensorboard.zip"]


def table(offer: Offer) -> pd.DataFrame:
    content = io.BytesIO(offer.make())  # type: ignore[arg-type]
    return pd.read_csv(content) if offer.options["file_name"].endswith("csv") else pd.read_parquet(content)


def test_every_table_has_all_the_runs(offered: Any, make_record: MakeRecord) -> None:
    """Four epochs, two replicates, three kernels; the foreign network has four epochs, one replicate, five steps."""
    own, foreign = make_record(), foreign_record()
    files = offered(
        ReportedRun(own, "own", letter="A", name="own"), ReportedRun(foreign, "foreign", letter="B", name="foreign")
    )
    rows = {"curves": {"own": 8, "foreign": 4}, "time_steps": {"foreign": 20}}
    for name, counts in rows.items():
        for kind in ("csv", "parquet"):
            assert table(files[f"own-against-foreign-{name}.{kind}"])["run"].value_counts().to_dict() == counts
    assert {*table(files["own-against-foreign-layers.csv"])["layer"]} > {"1", "2", "output", "lstm/kernel", "answer"}
    assert len(table(files["own-against-foreign-layers.parquet"]).query("run == 'own'")) == 24


def test_settings_and_code_are_those_of_the_run(offered: Any, make_record: MakeRecord) -> None:
    records = [make_record(units=units) for units in (7, 8)]
    files = offered(*(ReportedRun(record, name=name) for record, name in zip(records, "ab", strict=True)))
    for record, name in zip(records, "ab", strict=True):
        assert RunConfig.from_json(files[f"{name}-settings.json"].make()) == record.config
        script = str(files[f"{name}-train.py"].make())
        assert str(record.config.units) in script and ast.parse(script)  # type: ignore[union-attr]
        assert f'NAME = "{name}"' in script
        assert json.loads(files[f"{name}-train.ipynb"].make())["nbformat"] == 4
    scripts = {files[f"{name}-train.py"].make() for name in "ab"}
    assert len(scripts) == 2


def test_a_recurrent_run_has_all_files_and_its_time_steps(offered: Any, make_record: MakeRecord) -> None:
    rnn = random_record(RunConfig(network="lstm", time_steps=6, num_hidden_layers=2, n_samples=100, epochs=3))
    files = offered(ReportedRun(rnn, letter="A", name="rnn"), ReportedRun(make_record(), letter="B", name="mlp"))
    assert [*files] == named("rnn-against-mlp", [*OF_ALL, *OF_STEPS]) + named("rnn", OF_ONE) + named("mlp", OF_ONE)
    assert all(offer.make() for offer in files.values())
    assert RunConfig.from_json(files["rnn-settings.json"].make()) == rnn.config
    steps = table(files["rnn-against-mlp-time_steps.csv"])
    assert len(steps) == 4 * 5 * 2 * 6  # Epochs, replicates, layers, time steps.


def test_the_report_and_the_log_are_of_what_is_on_the_page(offered: Any, make_record: MakeRecord) -> None:
    files = offered(
        ReportedRun(make_record(), "A · first", ("It learns.",), "A", "a"), ReportedRun(foreign_record(), "B · second")
    )
    report = str(files["a-against-my_model-report.html"].make())
    assert report.lstrip().lower().startswith("<!doctype html>")
    assert all(words in report for words in ("A · first", "It learns.", "B · second"))
    with zipfile.ZipFile(io.BytesIO(files["a-tensorboard.zip"].make())) as archive:
        assert archive.testzip() is None
        assert any("tfevents" in name for name in archive.namelist())


@pytest.mark.parametrize("url", ["http://127.0.0.1:8501/", "http://127.0.0.1:8501/Compare"])
def test_the_report_leads_back_to_the_dashboard_that_made_it(
    offered: Any, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.url", url)
    record = make_record(units=7)
    files = offered(ReportedRun(record, name="mine"))
    query = urlencode(record.config.to_query() | {"name": "mine"}).replace("&", "&amp;")
    assert f'href="http://127.0.0.1:8501/?{query}"' in str(files["mine-report.html"].make())


def test_nothing_is_made_before_the_click(
    offered: Any, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("made while the page was drawn")

    makers = ("report", "curves_table", "axis_table", "script", "notebook", "tensorboard_zip")
    for name in makers:
        monkeypatch.setattr(f"vgdemo.ui.downloads.{name}", refuse)
    files = offered(ReportedRun(make_record()))
    for name in [*files][:5]:
        with pytest.raises(AssertionError):
            files[name].make()
    assert all(offer.options["on_click"] == "ignore" for offer in files.values()), "the page need not run again"


@pytest.mark.parametrize(("count", "is_disabled"), [(0, True), (1, False)])
def test_without_a_run_there_is_nothing_to_take_away(
    count: int, is_disabled: bool, make_record: MakeRecord, offered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (popover,) = panel(lambda: [ReportedRun(make_record())] * count).get("popover")
    assert popover.proto.popover.disabled is is_disabled


def test_columns_are_told_apart_by_their_letter(make_record: MakeRecord) -> None:
    run = ReportedRun(make_record(), letter="B")
    page = panel(lambda: [run, replace(run, letter="D")])
    assert [caption.value for caption in page.caption] == ["Column B", "Column D"]


def test_a_closed_panel_costs_no_buttons(make_record: MakeRecord, offers: list[Offer]) -> None:
    panel(lambda: [ReportedRun(make_record())], is_open=False)
    assert not offers


def test_buttons_hold_no_record_in_memory_and_find_it_again(make_record: MakeRecord, offers: list[Offer]) -> None:
    made: list[weakref.ref[RunRecord]] = []

    def reported() -> list[ReportedRun]:
        record = make_record()
        made.append(weakref.ref(record))
        return [ReportedRun(record)]

    panel(reported)
    assert offers and [record() for record in made] == [None]
    assert all(offer.make() for offer in offers)


@pytest.mark.parametrize(
    ("base", "visited", "address"),
    [
        ("", "http://localhost:8501", "http://localhost:8501/"),
        ("", "http://localhost:8501/Compare", "http://localhost:8501/"),
        ("lab", "https://example.org/lab", "https://example.org/lab/"),  # As Streamlit tells of the first page.
        ("/a/b/", "https://example.org/a/b/Compare", "https://example.org/a/b/"),
        ("lab", None, ""),
    ],
)
def test_a_report_leads_back_to_the_path_at_which_the_dashboard_is_served(
    base: str, visited: str | None, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": base}.get)
    monkeypatch.setattr(st, "context", SimpleNamespace(url=visited))
    assert server_address() == address
