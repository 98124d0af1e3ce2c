"""Where a column of a comparison can start from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.links import COLUMNS, from_text
from vgdemo.presets import PRESETS
from vgdemo.store import StoreError
from vgdemo.ui import runs
from vgdemo.ui.controls import enter
from vgdemo.ui.page import plain

Found = tuple[tuple[RunConfig, ...], tuple[str, ...]]  # Runs, and a sentence for what could not be taken.
NOTHING: Found = ((), ())


@st.dialog("Start a column from", width="medium")
def choose_source(position: int) -> None:
    """Ask for a run and put it into a column; a link of several columns replaces all.

    Args:
        position: Of the column, from 0.
    """
    st.caption(f"Column {COLUMNS[position].upper()} takes the settings of what you choose.")
    _choose(SOURCES, partial(_put, position))


@st.dialog("Open a run", width="medium")
def choose_run() -> None:
    """Ask for a run and set the Lab's controls to it."""
    _choose({name: SOURCES[name] for name in ("File", "Link or JSON", "Stored run")}, _enter_first)


def _choose(sources: Mapping[str, Callable[[], Found]], use: Callable[[tuple[RunConfig, ...]], None]) -> None:
    source = st.segmented_control(
        "Source", sources, default=next(iter(sources)), required=True, label_visibility="collapsed"
    )
    try:
        configs, notices = sources[str(source)]()
    except (StoreError, ValueError) as error:
        st.error(plain(str(error)))
        return
    for notice in notices:
        st.warning(plain(notice))
    for config in configs:
        st.markdown(plain(config.sentence))
    if st.button("Use it", type="primary", disabled=not configs, on_click=use, args=(configs,)):
        st.rerun()


def _put(position: int, configs: tuple[RunConfig, ...]) -> None:
    if len(configs) == 1:
        columns = st.session_state["columns"]
        configs = (*columns[:position], *configs, *columns[position + 1 :])
    st.session_state["columns"] = configs


def _enter_first(configs: tuple[RunConfig, ...]) -> None:
    enter(configs[0])


def _from_preset() -> Found:
    preset = st.selectbox("Experiment of the article", PRESETS, format_func=lambda preset: preset.label)
    return (preset.config,), ()


def _from_lab() -> Found:
    config: RunConfig | None = st.session_state.get("config")
    if config is None:
        st.info("The Lab has not been open yet.")
        return NOTHING
    return (config,), ()


def _from_store() -> Found:
    stored = st.selectbox(
        "Stored run",
        runs.open_store().summaries(),
        format_func=lambda run: run.config.sentence,
        placeholder="None is stored",
    )
    return ((stored.config,), ()) if stored else NOTHING


def _from_text() -> Found:
    text = st.text_area("Link or JSON", placeholder="Paste a link from Share, or settings as JSON.")
    return from_text(text) if text.strip() else NOTHING


def _from_file() -> Found:
    file = st.file_uploader("Settings as JSON", type="json", max_upload_size=1)
    return ((RunConfig.from_json(file.getvalue().decode(errors="replace")),), ()) if file else NOTHING


SOURCES: dict[str, Callable[[], Found]] = {
    "Preset": _from_preset,
    "The Lab": _from_lab,
    "Stored run": _from_store,
    "Link or JSON": _from_text,
    "File": _from_file,
}
