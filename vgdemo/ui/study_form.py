"""The form of a study: its axes and the run that it changes, in the URL as well."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import streamlit as st

from vgdemo.config import SETTINGS, RunConfig
from vgdemo.links import VIEW
from vgdemo.setting import MOST_SIGNS, Setting
from vgdemo.study import Axis, Grid
from vgdemo.study.grid import AXES
from vgdemo.study.presets import STUDIES, StudyPreset
from vgdemo.ui.address import Address
from vgdemo.ui.controls import controls, enter, entered
from vgdemo.ui.page import plain, told
from vgdemo.ui.pages import PAGES, STUDY
from vgdemo.ui.session import AXES_OF_STUDY, STUDY_PRESET, keep_at_most, session
from vgdemo.ui.study_look import StudyLook, look_at_study, set_study_look

MOST_SETTINGS = 4  # That change together along one axis.
SUGGESTED = 10  # Values of a setting that an axis begins with.
WIDE_RANGE = 100  # From which factor on its values are spaced by equal factors.
VALUES_HELP = """Values with commas between them, or ranges: `1..30`, `1..30 by 5`, `0.5..3 in 11` for even steps,
`0.1..10 in 9 log` for equal factors. Of several settings each value is theirs with blanks between them:
`tanh glorot_uniform, relu he_uniform`."""
PASTE = "Paste a link from Share, or a definition as JSON."
SETTINGS_HELP = "Mostly one. Several change together, as an activation with the initialiser that suits it."
BY_LABEL: dict[str | None, StudyPreset] = {preset.title: preset for preset in STUDIES}
FIRST = next(preset for preset in STUDIES if preset.name == "depth")


class Shown(NamedTuple):
    """What the page shows: a study, and how a person looks at it."""

    grid: Grid
    look: StudyLook


def _read(query: Mapping[str, str]) -> tuple[Shown, tuple[str, ...]]:
    definition = {name: text for name, text in query.items() if name != VIEW}
    look, of_look = StudyLook.from_text(query.get(VIEW, ""))
    if not definition:
        return Shown(FIRST.grid, look if VIEW in query else StudyLook(FIRST.measure, FIRST.as_curves)), of_look
    try:
        grid, of_grid = Grid.from_query(definition)
    except ValueError as error:
        grid, of_grid = FIRST.grid, (f"{error}. You see the first study instead.",)
    return Shown(grid, look), (*of_grid, *of_look)


def _write(shown: Shown) -> dict[str, str]:
    return shown.grid.to_query() | shown.look.to_query()


ADDRESS = Address(STUDY, _read, _write)


def study_form() -> Grid:
    """The study as the person has set it; where it is none, the last one that was, and a notice."""
    asked = ADDRESS.asked()
    if asked is not None:
        enter_study(asked.grid)
        set_study_look(asked.look)
    with st.sidebar:
        _presets()
        if st.button("Open a study…", help="From a link, or from its definition as JSON or a file."):
            _open_another()
        for axis in AXES:
            _axis(axis)
        st.caption("What all runs of the study share:")
        controls(STUDY, {name: "it changes along an axis" for name in _set_by_axes()})
    try:
        session().grid = _entered()
    except ValueError as error:
        st.warning(f"{told(str(error))}. The study below is the last one that was possible.")
    grid = session().grid or FIRST.grid
    for notice in ADDRESS.notices(Shown(grid, look_at_study())):
        st.warning(told(notice))
    show_address()
    return grid


def study_link(config: RunConfig) -> None:
    """A link to the study that begins with a run; of one that would be too large to the page alone."""
    st.page_link(PAGES[STUDY], label="Study…", query_params=_query_around(config), width="content")


@lru_cache(maxsize=1000)  # Twenty configurations are made for it, for a link that hardly anybody follows.
def _query_around(config: RunConfig) -> Mapping[str, str] | None:
    with suppress(ValueError):
        return Grid.around(config).to_query()
    return None


def show_address() -> None:
    """Let the address say what the page shows."""
    ADDRESS.show(Shown(session().grid or FIRST.grid, look_at_study()))


def enter_study(grid: Grid) -> None:
    """Set every control of the page; only before they are drawn, or in a callback."""
    session().grid = grid
    enter(grid.base, STUDY)
    for name, (settings, values) in AXES_OF_STUDY.items():
        place = AXES.index(name)
        axis = grid.axes[place] if place < len(grid.axes) else None
        st.session_state[settings] = list(axis.settings) if axis else []
        st.session_state[values] = axis.values_text() if axis else ""


def suggested(setting: Setting) -> str:
    """The values with which an axis of a setting begins.

    Example:
        >>> suggested(SETTINGS["normalization"]), suggested(SETTINGS["residual"])
        ('none, batch, layer', 'false, true')
        >>> suggested(SETTINGS["num_hidden_layers"]), suggested(SETTINGS["learning_rate"])
        ('1..50 in 10', '1e-06..10 in 10 log')
    """
    if setting.choices:
        return ", ".join(setting.choices)
    if isinstance(setting.default, bool):
        return "false, true"
    low, high = setting.minimum, setting.maximum
    if low == 0 and high > WIDE_RANGE:
        high = SUGGESTED - 1  # Seeds: any will do.
    is_wide = low > 0 and high / low > WIDE_RANGE
    return f"{low:g}..{high:g} in {SUGGESTED}{' log' if is_wide else ''}"


def _presets() -> None:
    """Any change leaves the preset, and the box says so."""
    chosen = BY_LABEL.get(st.session_state.get(STUDY_PRESET))
    if chosen is None or chosen.grid != session().grid:
        chosen = next((preset for preset in STUDIES if preset.grid == session().grid), None)
        st.session_state[STUDY_PRESET] = chosen and chosen.title
    st.selectbox(
        "Study",
        [*BY_LABEL],
        key=STUDY_PRESET,
        placeholder="Your own study",
        help="Sets all controls to one of the studies that are worth a look.",
        on_change=_enter_preset,
    )
    st.caption(chosen.description if chosen else "None of these.")


def _enter_preset() -> None:
    preset = BY_LABEL.get(st.session_state[STUDY_PRESET])
    if preset is not None:
        enter_study(preset.grid)
        set_study_look(StudyLook(preset.measure, preset.as_curves))


@st.dialog("Open a study", width="medium")
def _open_another() -> None:
    """Ask for a definition, and show what it is before it is used."""
    text = st.text_area("Link or JSON", max_chars=MOST_SIGNS, placeholder=PASTE)
    file = st.file_uploader("Definition as JSON", type="json", max_upload_size=1)
    given = file.getvalue().decode(errors="replace") if file else text
    if not given.strip():
        return
    try:
        grid, notices = Grid.from_text(given)
    except ValueError as error:
        st.error(told(str(error)))
        return
    for notice in notices:
        st.warning(told(notice))
    st.markdown(f"{plain(grid.sentence)} · {plain(grid.shared)}")
    if st.button("Use it", type="primary", on_click=enter_study, args=(grid,)):
        st.rerun()


def _axis(name: str) -> None:
    settings, values = AXES_OF_STUDY[name]
    keep_at_most(settings, MOST_SETTINGS)
    st.multiselect(
        f"Along {name}",
        [*SETTINGS],
        key=settings,
        format_func=lambda setting: SETTINGS[setting].label,
        max_selections=MOST_SETTINGS,
        placeholder="A setting" if name == AXES[0] else "No second axis",
        help=SETTINGS_HELP,
        persist_state="session",
        on_change=_suggest,
        args=(name,),
    )
    st.text_input(
        f"Values along {name}",
        key=values,
        help=VALUES_HELP,
        max_chars=4000,
        disabled=not st.session_state[settings],
        label_visibility="collapsed",
        placeholder="Values, such as 1..30",
        persist_state="session",
    )


def _suggest(name: str) -> None:
    """Other settings have other values; of several together those that the run has are shown how to write."""
    settings, values = AXES_OF_STUDY[name]
    chosen = st.session_state[settings]
    base = (session().grid or FIRST.grid).base
    if len(chosen) == 1:
        st.session_state[values] = suggested(SETTINGS[chosen[0]])
    else:
        point = [getattr(base, one) for one in chosen]
        st.session_state[values] = Axis.of(" ".join(chosen), [point]).values_text() if chosen else ""


def _set_by_axes() -> list[str]:
    return [setting for settings, _ in AXES_OF_STUDY.values() for setting in st.session_state[settings]]


def _entered() -> Grid:
    """What the controls hold, validated here.

    Raises:
        ValueError: If it is no study.
    """
    chosen = [(st.session_state[settings], st.session_state[values]) for settings, values in AXES_OF_STUDY.values()]
    axes = tuple(Axis.from_text(f"{' '.join(settings)}: {values}") for settings, values in chosen if settings)
    return Grid(entered(STUDY), axes)
