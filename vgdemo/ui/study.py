"""The parts of the Study page: how far it has come, its landscape, the runs that a person marks, and other studies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import streamlit as st
from cachetools import LRUCache, cached

from vgdemo.export import study_report, study_table, to_csv, to_parquet
from vgdemo.figures import Figure
from vgdemo.jobs import Estimate, Studies, StudyProgress, StudyState
from vgdemo.links import COLUMNS, run_query, to_query
from vgdemo.study import Grid, Study
from vgdemo.study.curves import can_be_curves
from vgdemo.study.landscape import landscape
from vgdemo.study.measures import MEASURES
from vgdemo.study.outlook import NO_OUTLOOK, Outlook, outlook
from vgdemo.ui import runs
from vgdemo.ui.board import Picture, board
from vgdemo.ui.downloads import server_address
from vgdemo.ui.live import announce
from vgdemo.ui.page import plain, told
from vgdemo.ui.pages import COMPARE, LAB, PAGES
from vgdemo.ui.progress import redraw
from vgdemo.ui.session import AS_CURVES, CONFIRMED, EXPORT, MARKED, MARKING, MEASURE, session
from vgdemo.ui.study_form import enter_study, show_address
from vgdemo.ui.study_look import StudyLook, look_at_study
from vgdemo.wording import counted, number, time_left, uncapitalized

POLL_SECONDS, SOON_SECONDS = 1.0, 0.3  # Between two looks, and before what is about to be known.
MOST_NAMED = 3  # Runs that failed; the table has all.
MAX_PICTURES = 40
MANY_CELLS = 1000

STOP_HELP = "Stops it for everybody. Complete runs stay in the store; started again, it trains what is missing."
FORGET_HELP = "Takes it off this list, for everybody. Its runs stay in the store."
MARK_HELP = """Off, a click on a cell opens its run in the Lab. On, it marks the run below; two to four marked runs can
be compared. The list there takes runs by the keyboard as well."""
GOES_ON = "It goes on when you leave this page, or close it; whoever opens its link sees the same."


_theorist = ThreadPoolExecutor(1, "study-theory")
_reckoning = threading.Lock()
_outlooks: LRUCache[tuple[str, str], Future[Outlook]] = LRUCache(MAX_PICTURES)
_estimates: LRUCache[tuple[str, int], Estimate] = LRUCache(100)  # A page asks several times for each.


class Standing(NamedTuple):
    """What changes the whole page when it changes."""

    state: StudyState
    is_known: bool
    is_measured: bool
    is_foreseen: bool


def watch(grid: Grid) -> None:
    """How far the study has come, the buttons, and its landscape, drawn again while something goes on."""
    standing = _standing(grid)
    redraw(partial(_standing, grid), partial(_draw_progress, grid), every=_pause(standing))
    pause = _pause(standing)
    slowly = pause and pause * (1 + len(grid.configs) / MANY_CELLS)  # A map of thousands takes a while to draw.
    redraw(partial(_standing, grid), partial(_draw_landscape, grid), every=slowly)


def _standing(grid: Grid) -> Standing:
    progress = _studies().look(grid)
    is_measured = progress.state is StudyState.RUNNING or (progress.is_known and _estimate(grid) is not None)
    return Standing(progress.state, progress.is_known, is_measured, _outlook(grid, look_at_study().measure) is not None)


def _pause(standing: Standing) -> float | None:
    if not (standing.is_known and standing.is_measured and standing.is_foreseen):
        return SOON_SECONDS
    return POLL_SECONDS if standing.state is StudyState.RUNNING else None


def _studies() -> Studies:
    return runs.open_jobs().studies


def _estimate(grid: Grid) -> Estimate | None:
    """What the missing runs take, once something like them was measured."""
    done = _studies().look(grid).done
    if (grid.key, done) not in _estimates:
        estimate = runs.open_jobs().estimates.of(_results(grid).missing)
        if estimate is None:
            return None
        _estimates[grid.key, done] = estimate
    return _estimates[grid.key, done]


def _draw_progress(grid: Grid) -> None:
    progress = _studies().look(grid)
    words = in_words(progress)
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        st.progress(_share_over(progress), text=plain(words))
        _buttons(progress)
    with st.container(key="now"):
        st.caption(plain(_forecast(progress)))
    if progress.trouble:
        st.warning(told(f"{progress.trouble} {_what_then(progress)}"))
    for notice in notices(progress):
        st.warning(told(notice))
    announce(words if progress.state is not StudyState.RUNNING else "Training.")


def in_words(progress: StudyProgress) -> str:
    """Where a study stands, in a sentence."""
    total = len(progress.grid.configs)
    if not progress.is_known:
        return "Looking which runs the store holds."
    done = f"{progress.done} of {counted(total, 'run')} are done"
    match progress.state:
        case StudyState.RUNNING:
            rate = f", {number(progress.rate)} a minute" if progress.rate else ""
            left = f", {time_left(progress.seconds_left)}" if progress.seconds_left is not None else ""
            return f"{done}{rate}{left}."
        case StudyState.PAUSED:
            finishing = f" {counted(len(progress.at_work), 'run')} is trained to the end." if progress.at_work else ""
            return f"{done}; paused.{finishing}"
        case StudyState.STOPPED:
            return f"{done}; stopped."
        case StudyState.INTERRUPTED:
            return f"{done}; the server ended before it was complete."
        case StudyState.COMPLETE if progress.failed:
            return f"{done}, {progress.done and 'and '}{len(progress.failed)} failed."
    return f"Complete: {done}." if progress.done == total else f"{done}."


def notices(progress: StudyProgress) -> list[str]:
    """What happened that a person should know."""
    said = []
    if progress.deaths:
        times = "once" if progress.deaths == 1 else f"{progress.deaths} times"
        said.append(f"A worker died {times}; its runs were given to another one.")
    if progress.failed:
        named = [f"{config.sentence}: {reason}" for config, reason in [*progress.failed.items()][:MOST_NAMED]]
        more = len(progress.failed) - len(named)
        others = f" And {counted(more, 'other')}." if more else ""
        said.append(f"{counted(len(progress.failed), 'run')} failed. {'. '.join(named)}.{others}")
    return said


def _what_then(progress: StudyProgress) -> str:
    is_at_work = progress.state is StudyState.RUNNING
    return "The study tries again by itself." if is_at_work else "The study is paused; Go on tries again."


def _share_over(progress: StudyProgress) -> float:
    return (progress.done + len(progress.failed)) / len(progress.grid.configs)


def _forecast(progress: StudyProgress) -> str:
    """How large what is missing is, before it begins."""
    if progress.state is StudyState.RUNNING:
        return GOES_ON
    estimate = _estimate(progress.grid)
    if estimate is None:
        return "Measuring what a run of it takes here."
    if not estimate.runs:
        return "Every run is in the store."
    workers = counted(runs.open_jobs().num_workers, "worker")
    return f"{takes(estimate)} on {workers}, by its cheapest and its dearest run."


def takes(estimate: Estimate) -> str:
    """What missing runs take, in words.

    Example:
        >>> takes(Estimate(90, seconds=150, num_bytes=3.1e8))
        'The missing 90 runs take about 2 minutes and 310 MB of the store'
    """
    minutes = estimate.seconds / 60
    time = f"about {counted(round(minutes), 'minute')}" if minutes >= 1 else "less than a minute"
    if minutes >= 120:
        time = f"about {counted(round(minutes / 60), 'hour')}"
    size = f"{_in_bytes(estimate.num_bytes)} of the store"
    return f"The missing {counted(estimate.runs, 'run')} take {time} and {size}"


def _in_bytes(count: float) -> str:
    return f"{number(count / 1e9)} GB" if count >= 1e9 else f"{number(count / 1e6)} MB"


def _buttons(progress: StudyProgress) -> None:
    grid, studies = progress.grid, _studies()
    if progress.state is StudyState.RUNNING:
        st.button("Pause", on_click=studies.pause, args=(grid,), help="Sends no more runs to workers.")
        st.button("Stop", on_click=studies.stop, args=(grid,), help=STOP_HELP)
        return
    estimate = _estimate(grid)
    is_large = estimate is not None and estimate.is_large
    if is_large and estimate is not None:
        st.checkbox(f"Train {counted(estimate.runs, 'run')}", key=CONFIRMED, help=f"{takes(estimate)}.")
    is_allowed = not is_large or bool(st.session_state.get(CONFIRMED))
    is_begun = progress.state in (StudyState.PAUSED, StudyState.STOPPED, StudyState.INTERRUPTED)
    is_missing = progress.done < len(grid.configs)
    st.button(
        "Go on" if is_begun else "Start",
        type="primary",
        disabled=not (progress.is_known and is_missing and estimate is not None and is_allowed),
        on_click=_start,
        args=(grid,),
    )
    if progress.state is StudyState.PAUSED:
        st.button("Stop", on_click=studies.stop, args=(grid,), help=STOP_HELP)


def _start(grid: Grid) -> None:
    """Begin, or go on; what is large must have been confirmed, whatever a browser says."""
    estimate = _estimate(grid)
    if estimate is not None and (not estimate.is_large or st.session_state.get(CONFIRMED)):
        _studies().start(grid)


def _draw_landscape(grid: Grid) -> None:
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
    progress, foreseen = _studies().look(grid), _outlook(grid, look.measure)
    of = grid.key, look, progress.done, tuple(progress.failed), foreseen is not None
    return _drawn(of, lambda: Picture.of("study", _figure(grid, look, progress, foreseen or NO_OUTLOOK)))


@cached(LRUCache[Hashable, Picture](MAX_PICTURES), key=lambda of, make: of, condition=threading.Condition())
def _drawn(of: Hashable, make: Callable[[], Picture]) -> Picture:
    return make()


def _figure(grid: Grid, look: StudyLook, progress: StudyProgress, foreseen: Outlook) -> Figure:
    as_curves = look.as_curves and can_be_curves(grid)
    return landscape(_results(grid), look.measure, as_curves=as_curves, failed=progress.failed, outlook=foreseen)


def _outlook(grid: Grid, measure: str) -> Outlook | None:
    """What theory says of it; None while that is reckoned, for which nobody waits."""
    key = grid.key, measure
    with _reckoning:
        if key not in _outlooks:
            _outlooks[key] = _theorist.submit(outlook, grid, measure)
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
        >>> name_in(Grid.of(RunConfig(), {"num_hidden_layers": [1, 2], "units": [5, 8]}), 2)
        'hidden layers 2, units per layer 5'
    """
    sides = zip(grid.axes, grid.places_of(run), strict=True)
    return ", ".join(f"{uncapitalized(axis.label)} {axis.in_words(place)}" for axis, place in sides)


def take_away(grid: Grid) -> None:
    """A panel with the study's files, each made on the click, and its definition."""
    panel = st.popover("Export", key=EXPORT, on_change="rerun")
    if not panel.open:
        return
    name = f"study-{grid.key[:8]}"
    with panel, st.container(horizontal=True, gap="xsmall"):
        for label, (file, make) in _files(grid, name).items():
            st.download_button(label, make, file_name=file, key=file, on_click="ignore")


def _files(grid: Grid, name: str) -> dict[str, tuple[str, Callable[[], bytes | str]]]:
    server = server_address()
    return {
        "Report (HTML)": (f"{name}-report.html", lambda: study_report(_results(grid), server)),
        "Replicates (CSV)": (f"{name}.csv", lambda: to_csv(study_table(_results(grid)))),
        "Replicates (Parquet)": (f"{name}.parquet", lambda: to_parquet(study_table(_results(grid)))),
        "Definition (JSON)": (f"{name}.json", grid.to_json),
    }


def _results(grid: Grid) -> Study:
    return _studies().results(grid)


def listed(grid: Grid) -> None:
    """The other studies of this server, to be opened."""
    others = [progress for progress in _studies().listed() if progress.grid.key != grid.key]
    if not others:
        return
    st.subheader("Other studies of this server")
    for progress in others:
        with st.container(horizontal=True, vertical_alignment="center"):
            label = f"Open {progress.grid.key[:4]}"
            st.button(label, key=f"open {progress.grid.key}", on_click=enter_study, args=(progress.grid,))
            begun = f", started {progress.started:%Y-%m-%d %H:%M} UTC" if progress.started else ""
            said = f"{progress.state}{begun}. {in_words(progress)}"
            st.markdown(f"**{plain(progress.grid.sentence)}** · {plain(said)}", width="stretch")
            if progress.state is not StudyState.RUNNING:
                key = f"forget {progress.grid.key}"
                st.button("Forget", key=key, help=FORGET_HELP, on_click=_studies().forget, args=(progress.grid,))
