"""The Lab's form: a run's settings, in the URL as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.jobs import Job
from vgdemo.links import VIEW, in_one_line, name_from_query, run_query, settings_of
from vgdemo.presets import PRESETS, Preset
from vgdemo.ui.address import Address
from vgdemo.ui.controls import controls, enter, entered
from vgdemo.ui.look import Look, kept, look, look_at
from vgdemo.ui.page import told
from vgdemo.ui.pages import COMPARE, LAB
from vgdemo.ui.runs import BROKEN, retry
from vgdemo.ui.session import PRESET, RUN_NAME, STATISTIC, TRAIN, TRAIN_AT_ONCE, session
from vgdemo.ui.sources import choose_run
from vgdemo.ui.tour import toured


class Shown(NamedTuple):
    """What the Lab shows: a run, its own name, and how a person looks at it."""

    config: RunConfig
    name: str
    look: Look


def _read(query: Mapping[str, str]) -> tuple[Shown, tuple[str, ...]]:
    config, of_settings = RunConfig.from_query(settings_of(query))
    name, of_name = name_from_query(query)
    wanted, of_look = Look.from_text(query.get(VIEW, ""))
    return Shown(config, name, wanted), (*of_settings, *of_name, *of_look)


def _write(shown: Shown) -> dict[str, str]:
    return run_query(shown.config, shown.name) | shown.look.to_query()


def _kept(query: Mapping[str, str]) -> dict[str, str]:
    """The look; of a run that stands in Compare as well, with the epoch that is chosen there."""
    config, _ = RunConfig.from_query(settings_of(query))
    return kept(query, session().epochs.get(COMPARE) if config in session().columns else None)


ADDRESS = toured(Address(LAB, _read, _write, _kept))
BY_LABEL: dict[str | None, Preset] = {preset.label: preset for preset in PRESETS}


def form() -> RunConfig:
    """The settings as the person has set them; if they do not fit together, the last ones that did, and a notice."""
    asked = ADDRESS.asked()
    if asked is not None:
        enter(asked.config, LAB)
        session().config = asked.config
        st.session_state[RUN_NAME] = asked.name
        look(LAB, asked.look)
    with st.sidebar:
        _presets()
        _train_at_once()
        controls(LAB)
    config = _last_possible()
    session().name = in_one_line(st.session_state.get(RUN_NAME, ""))
    for notice in ADDRESS.notices(_shown(config)):
        st.warning(told(notice))
    show_address()
    return config


def show_address() -> None:
    """Let the address say what the Lab shows, how a person looks at it too."""
    ADDRESS.show(_shown(session().config or RunConfig()))


def _shown(config: RunConfig) -> Shown:
    return Shown(config, session().name, look_at(LAB))


def run_to_show(config: RunConfig, job: Job | None) -> RunConfig:
    """What to train: the form's settings at once or, if the person prefers a button, only when it is pressed."""
    if job is None or st.session_state[TRAIN_AT_ONCE] or st.session_state[TRAIN]:
        return config
    if job.config != config:
        st.info("The settings have changed: press Train. Until then you see the run below.")
    return job.config


def _last_possible() -> RunConfig:
    try:
        config = session().config = entered(LAB)
    except ValueError as error:
        st.warning(f"{told(str(error))}. The run below is the last one that was possible.")
        config = session().config or RunConfig()
    return config


def _presets() -> None:
    """Any change of a setting leaves the preset, and the box says so."""
    config = _entered_or_none()
    statistic = st.session_state.get(STATISTIC)
    chosen = BY_LABEL.get(st.session_state.get(PRESET))
    if chosen is None or not chosen.suits(config, statistic):
        chosen = next((preset for preset in PRESETS if preset.suits(config, statistic)), None)
        st.session_state[PRESET] = chosen and chosen.label
    st.selectbox(
        "Experiment",
        [*BY_LABEL],
        key=PRESET,
        placeholder="Your own settings",
        help="Sets all controls to one of the article's experiments, or to a recurrent network.",
        on_change=_enter_preset,
    )
    st.caption(chosen.description if chosen else "None of these: change anything, it trains at once.")


def _enter_preset() -> None:
    preset = BY_LABEL.get(st.session_state[PRESET])
    if preset is not None:
        enter(preset.config, LAB)
        if preset.statistic is not None:
            st.session_state[STATISTIC] = preset.statistic


def _train_at_once() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.session_state.setdefault(TRAIN_AT_ONCE, True)
        at_once = st.toggle("Train at every change", key=TRAIN_AT_ONCE, persist_state="session")
        job = session().job
        is_broken = job is not None and job.progress.state in BROKEN
        st.button("Train", key=TRAIN, type="primary", disabled=at_once and not is_broken, on_click=retry)
    if st.button("Open a run…", help="Settings from a file, a link, JSON or the stored runs."):
        choose_run(lambda configs: enter(configs[0], LAB))


def _entered_or_none() -> RunConfig | None:
    try:
        return entered(LAB)
    except ValueError:
        return None
