"""Where the settings of a run can come from: a preset, the Lab, the store, a link, JSON or a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.links import RunsAndNotices, from_text
from vgdemo.presets import PRESETS
from vgdemo.store import StoreError
from vgdemo.ui.page import plain, told
from vgdemo.ui.runs import stored_runs
from vgdemo.ui.session import session

Use = Callable[[tuple[RunConfig, ...]], None]  # What becomes of the runs that a person chooses.
NOTHING: RunsAndNotices = ((), ())


@st.dialog("Start a column from", width="medium")
def choose_source(letter: str, use: Use) -> None:
    """Ask for a run for the column of this letter; a link may hold several columns."""
    st.caption(f"Column {letter} takes the settings of what you choose.")
    _choose(SOURCES, use)


@st.dialog("Open a run", width="medium")
def choose_run(use: Use) -> None:
    """Ask for a run for the Lab."""
    _choose({name: SOURCES[name] for name in ("File", "Link or JSON", "Stored run")}, use)


def _choose(sources: Mapping[str, Callable[[], RunsAndNotices]], use: Use) -> None:
    source = st.segmented_control(
        "Source", sources, default=next(iter(sources)), required=True, label_visibility="collapsed"
    )
    try:
        configs, notices = sources[str(source)]()
    except (StoreError, ValueError) as error:
        st.error(told(str(error)))
        return
    for notice in notices:
        st.warning(told(notice))
    for config in configs:
        st.markdown(plain(config.sentence))
    if st.button("Use it", type="primary", disabled=not configs, on_click=use, args=(configs,)):
        st.rerun()


def _from_preset() -> RunsAndNotices:
    preset = st.selectbox("Experiment", PRESETS, format_func=lambda preset: preset.label)
    return (preset.config,), ()


def _from_lab() -> RunsAndNotices:
    config = session().config
    if config is None:
        st.info("The Lab has not been open yet.")
        return NOTHING
    return (config,), ()


def _from_store() -> RunsAndNotices:
    stored = st.selectbox(
        "Stored run",
        [run.source for run in stored_runs() if isinstance(run.source, RunConfig)],
        format_func=lambda config: config.sentence,
        placeholder="None is stored",
    )
    return ((stored,), ()) if stored else NOTHING


def _from_text() -> RunsAndNotices:
    text = st.text_area("Link or JSON", placeholder="Paste a link from Share, or settings as JSON.")
    return from_text(text) if text.strip() else NOTHING


def _from_file() -> RunsAndNotices:
    file = st.file_uploader("Settings as JSON", type="json", max_upload_size=1)
    return ((RunConfig.from_json(file.getvalue().decode(errors="replace")),), ()) if file else NOTHING


SOURCES: dict[str, Callable[[], RunsAndNotices]] = {
    "Preset": _from_preset,
    "The Lab": _from_lab,
    "Stored run": _from_store,
    "Link or JSON": _from_text,
    "File": _from_file,
}
