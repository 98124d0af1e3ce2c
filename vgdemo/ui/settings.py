"""The Lab's form: a run's settings, in the URL as well."""

from __future__ import annotations

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.jobs import Job
from vgdemo.presets import PRESETS, Preset
from vgdemo.ui.controls import controls, enter, entered
from vgdemo.ui.page import plain
from vgdemo.ui.sources import choose_run

BY_LABEL: dict[str | None, Preset] = {preset.label: preset for preset in PRESETS}
QUERY = "query of app.py"  # The navigation takes it along, so that coming back finds the same run.


def form() -> RunConfig:
    """The settings as the person has set them; if they do not fit together, the last ones that did, and a notice."""
    _read_url()
    with st.sidebar:
        _presets()
        _train_at_once()
        controls()
    try:
        config = st.session_state["config"] = entered()
    except ValueError as error:
        st.warning(f"{plain(str(error))}. The run below is the last one that was possible.")
        config = st.session_state["config"]
    for notice in _url_notices(config):
        st.warning(plain(notice))
    _write_url(config)
    return config


def wanted(config: RunConfig, job: Job | None) -> RunConfig:
    """What to train: the form's settings at once or, if the person prefers a button, only when it is pressed."""
    if job is None or st.session_state["train at once"] or st.session_state["train"]:
        return config
    if job.config != config:
        st.info("The settings have changed: press Train. Until then you see the run below.")
    return job.config


def _read_url() -> None:
    """A first visit, an edited address and the browser's back button all bring a URL that this page did not write."""
    query = st.query_params.to_dict()
    if query == st.session_state.get(QUERY):
        return
    config, notices = RunConfig.from_query(query)
    enter(config)
    st.session_state["config"] = config
    st.session_state["of the url"] = config, notices
    st.session_state[QUERY] = query


def _url_notices(config: RunConfig) -> tuple[str, ...]:
    """What could not be taken of the URL, until the person has changed a setting."""
    asked, notices = st.session_state["of the url"]
    return notices if asked == config else ()


def _write_url(config: RunConfig) -> None:
    query = config.to_query()
    if query != st.session_state[QUERY]:
        st.query_params.from_dict(query)
        st.session_state[QUERY] = query


def _presets() -> None:
    """Any change of a setting leaves the preset, and the box says so."""
    config = _entered_or_none()
    chosen = BY_LABEL.get(st.session_state.get("preset"))
    if chosen is None or chosen.config != config:
        chosen = next((preset for preset in PRESETS if preset.config == config), None)
        st.session_state["preset"] = chosen and chosen.label
    st.selectbox(
        "Experiment of the article",
        [*BY_LABEL],
        key="preset",
        placeholder="Your own settings",
        help="Sets all controls to one of the article's experiments.",
        on_change=_enter_preset,
    )
    st.caption(chosen.description if chosen else "None of the article's: change anything, it trains at once.")


def _enter_preset() -> None:
    preset = BY_LABEL.get(st.session_state["preset"])
    if preset is not None:
        enter(preset.config)


def _train_at_once() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.session_state.setdefault("train at once", True)
        at_once = st.toggle("Train at every change", key="train at once", persist_state="session")
        st.button("Train", key="train", type="primary", disabled=at_once)
    if st.button("Open a run…", help="Settings from a file, a link, JSON or the stored runs."):
        choose_run()


def _entered_or_none() -> RunConfig | None:
    try:
        return entered()
    except ValueError:
        return None
