"""Theory's panel, and how often its forecast is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from vgdemo.config import RunConfig
from vgdemo.data import make_dataset
from vgdemo.theory import forecast
from vgdemo.ui.forecast import forecast_of

GLOROT = RunConfig(kernel_initializer="glorot_uniform", output_initializer="glorot_uniform", n_samples=100)
LATER = [
    {"epochs": 7},
    {"learning_rate": 0.5},
    {"optimizer": "adam"},
    {"batch_size": 4},
    {"gradient_clip": "value"},
    {"replicates": 3},
    {"seed": 5},
]
BEFORE = [{"units": 9}, {"num_hidden_layers": 3}, {"gain": 2.0}, {"noise": 0.3}, {"data_seed": 2}, {"dataset": "moons"}]


@pytest.mark.parametrize("change", LATER, ids=lambda change: next(iter(change)))
def test_runs_that_begin_alike_share_a_forecast_which_is_that_of_each(change: dict[str, Any]) -> None:
    other = GLOROT.with_changes(**change)
    assert forecast_of(other) is forecast_of(GLOROT)
    data = make_dataset(other)
    own = forecast(other, data.x_train, data.y_train)
    np.testing.assert_allclose(own.gradient_rms, forecast_of(other).gradient_rms, rtol=1e-12)


@pytest.mark.parametrize("change", BEFORE, ids=lambda change: next(iter(change)))
def test_another_beginning_has_another_forecast(change: dict[str, Any]) -> None:
    mine, other = forecast_of(GLOROT).gradient_rms, forecast_of(GLOROT.with_changes(**change)).gradient_rms
    assert mine.shape != other.shape or not np.allclose(mine, other)


def page_of_theory() -> None:
    import streamlit as st

    from vgdemo.ui.forecast import forecast_panel

    forecast_panel(st.session_state["config"])


def panel(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch, *, is_open: bool = True
) -> tuple[AppTest, list[dict[str, Any]]]:
    """The page, and the figures that its boards were handed."""
    boards: list[dict[str, Any]] = []
    monkeypatch.setattr("vgdemo.ui.forecast.board", lambda figures, **_: boards.append(figures))
    monkeypatch.setattr("vgdemo.ui.forecast.words", lambda names, label: None)  # A page alone has no other to link.
    page = AppTest.from_function(page_of_theory, default_timeout=30)
    page.session_state["config"], page.session_state["theory"] = config, is_open
    assert not page.run().exception
    return page, boards


def test_an_open_panel_says_and_draws_what_theory_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    page, boards = panel(GLOROT, monkeypatch)
    assert page.markdown[0].value.startswith("- ")
    assert [[*figures] for figures in boards] == [["phases"]]


def test_a_closed_panel_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: RunConfig) -> None:
        raise AssertionError("made before it was asked for")

    monkeypatch.setattr("vgdemo.ui.forecast.forecast_of", refuse)
    page, boards = panel(GLOROT, monkeypatch, is_open=False)
    assert not boards and not page.markdown


def test_where_the_theory_does_not_hold_it_says_why_and_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    page, boards = panel(RunConfig(), monkeypatch)
    assert "the theory needs weights with mean 0" in page.markdown[0].value
    assert not boards
