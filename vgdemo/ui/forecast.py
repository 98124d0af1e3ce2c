"""What theory expects of a run before it is trained: the sentence, the phase picture and their words."""

from __future__ import annotations

import streamlit as st

from vgdemo import theory
from vgdemo.config import SETTINGS, RunConfig
from vgdemo.figures import phases
from vgdemo.theory import Expected, Forecast, outlook
from vgdemo.ui.board import board, drawn
from vgdemo.ui.glossary import words
from vgdemo.ui.page import plain

TERMS = ("chi", "phases", "depth_scale", "weight_variance", "born_dead", "inverse_width_sum", "gain")


@st.cache_resource(show_spinner=False, max_entries=200)
def _forecast(begins: tuple[object, ...], _config: RunConfig) -> Expected:
    return theory.expected_of(_config)


def forecast_of(config: RunConfig) -> Expected:
    """The forecast, made once for all runs that begin alike: it takes a tenth of a second."""
    begins = [getattr(config, name) for name, setting in SETTINGS.items() if setting.group in ("network", "data")]
    return _forecast(tuple(begins), config)


def forecast_panel(config: RunConfig) -> None:
    """A panel that is made when it is opened."""
    panel = st.expander("Theory: what to expect before training", key="theory", on_change="rerun")
    if not panel.open:
        return
    with panel:
        expected = forecast_of(config)
        said, figure = st.columns([2, 3], gap="medium")
        with said:
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in outlook(expected)))
            words(TERMS, "Words of the theory")
        point = expected.fixed_point if isinstance(expected, Forecast) else None
        if point is not None:
            with figure:
                board({"phases": drawn("phases", config, [], lambda: phases(config, point))}, key="phase picture")
