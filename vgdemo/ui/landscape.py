"""The landscape of a study, and the runs in it that a person clicks or marks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import streamlit as st
from cachetools import LRUCache, cached

from vgdemo.figures import Figure
from vgdemo.jobs import Studies
from vgdemo.links import COLUMNS, run_query, to_query
from vgdemo.study import Grid
from vgdemo.study.curves import can_be_curves
from vgdemo.study.landscape import landscape
from vgdemo.study.measures import MEASURES
from vgdemo.study.outlook import NO_OUTLOOK, Outlook, outlook
from vgdemo.ui import runs
from vgdemo.ui.board import Picture, board
from vgdemo.ui.pages import COMPARE, LAB, PAGES
from vgdemo.ui.session import AS_CURVES, MARKED, MARKING, MEASURE, keep_at_most, session
from vgdemo.ui.study_form import show_address
from vgdemo.ui.study_look import StudyLook, look_at_study
from vgdemo.wording import uncapitalized

MAX_PICTURES = 40
MARK_HELP = """Off, a click on a cell opens its run in the Lab. On, it marks the run below; two to four marked runs can
be compared. The list there takes runs by the keyboard as well."""

_theorist = ThreadPoolExecutor(1, "study-theory")
_reckoning = threading.Lock()
_outlooks: LRUCache[tuple[str, StudyLook], Future[Outlook]] = LRUCache(MAX_PICTURES)


def studies() -> Studies:
    """All studies of the server."""
    return runs.open_jobs().studies


def draw_landscape(grid: Grid) -> None:
    """What is shown of the study, and the choices for it."""
    with st.container(horizontal=True, vertical_alignment="center", key="options"):
        st.selectbox(
            "Shows", [*MEASURES], key=MEASURE, format_func=lambda name: MEASURES[name].label, persist_state="session"
        )
        if len(grid.axes) > 1 and can_be_curves(grid):
            st.toggle("As curves", key=AS_CURVES, persist_state="session")
        st.toggle("A click marks", key=MARKING, persist_state="session", help=MARK_HELP)
    look = look_at_study()
    with st.container(key="study"):
        board({"study": _picture(grid, look)}, key="figures of the study", pick=partial(_pick, grid))
    show_address()


def _picture(grid: Grid, look: StudyLook) -> Picture:
    progress, foreseen = studies().look(grid), outlook_of(grid, look)
    of = grid, look, progress.done, tuple(progress.failed), foreseen is not None
    return _drawn(of, lambda: Picture.of("study", _figure(grid, look, foreseen or NO_OUTLOOK)))


@cached(LRUCache[Hashable, Picture](MAX_PICTURES), key=lambda of, make: of, condition=threading.Condition())
def _drawn(of: Hashable, make: Callable[[], Picture]) -> Picture:
    return make()


def _figure(grid: Grid, look: StudyLook, foreseen: Outlook) -> Figure:
    return landscape(studies().results(grid), look.measure, as_curves=_are_curves(grid, look), outlook=foreseen)


def _are_curves(grid: Grid, look: StudyLook) -> bool:
    """A link may ask for curves of which there would be too many."""
    return look.as_curves and can_be_curves(grid)


def outlook_of(grid: Grid, look: StudyLook) -> Outlook | None:
    """What theory says of it; None while that is reckoned, for which nobody waits."""
    key = grid.key, look
    with _reckoning:
        if key not in _outlooks:
            _outlooks[key] = _theorist.submit(outlook, grid, look.measure, as_curves=_are_curves(grid, look))
        found = _outlooks[key]
    return found.result() if found.done() else None


def _pick(grid: Grid, point: Sequence[Any]) -> None:
    """What stands for a run was clicked, which begins with its places: it is opened, or marked."""
    try:
        run = grid.index(*point[: len(grid.axes)])
    except (IndexError, TypeError, ValueError):  # What a browser sends is never trusted.
        return
    if st.session_state.get(MARKING):
        marks = st.session_state.get(marks_key(grid), [])
        rest = [one for one in marks if one != run]
        st.session_state[marks_key(grid)] = rest if run in marks else [*marks, run][-len(COLUMNS) :]
    else:
        session().opened = grid.configs[run]
    st.rerun()  # The whole page, where marks are, or from where the Lab is opened.


def open_clicked() -> None:
    """Go to the Lab if a cell was clicked that leads there."""
    config, session().opened = session().opened, None
    if config is not None:
        st.switch_page(PAGES[LAB], query_params=run_query(config))


def marked(grid: Grid) -> None:
    """The runs that are marked, and what can be done with them."""
    keep_at_most(marks_key(grid), len(COLUMNS))
    with st.container(horizontal=True, vertical_alignment="bottom", key="marked runs"):
        marks = st.multiselect(
            "Marked runs",
            range(len(grid.configs)),
            key=marks_key(grid),
            format_func=partial(name_in, grid),
            max_selections=len(COLUMNS),
            placeholder="Choose runs, or mark cells",
        )
        configs = [grid.configs[run] for run in marks]
        if st.button("Open in the Lab", disabled=len(configs) != 1):
            st.switch_page(PAGES[LAB], query_params=run_query(configs[0]))
        if st.button("Compare them", disabled=not 2 <= len(configs) <= len(COLUMNS)):
            st.switch_page(PAGES[COMPARE], query_params=to_query(configs))


def marks_key(grid: Grid) -> str:
    """The key of the choice of marked runs, which are another study's for another one."""
    return f"{MARKED} {grid.key}"


def name_in(grid: Grid, run: int) -> str:
    """A run by what the axes set.

    Args:
        grid: The study.
        run: Its place among the grid's runs.

    Example:
        >>> from vgdemo import RunConfig
        >>> name_in(Grid.of(RunConfig(), {"num_hidden_layers": [1, 2], "units": [5, 8]}), 2)
        'hidden layers 2, units per layer 5'
    """
    sides = zip(grid.axes, grid.places_of(run), strict=True)
    return ", ".join(f"{uncapitalized(axis.label)} {axis.in_words(place)}" for axis, place in sides)
