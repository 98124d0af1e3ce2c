"""The parts of the Study page: how far a study has come, the buttons, what to take away, and the other studies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import streamlit as st
from cachetools import LRUCache

from vgdemo.export import study_report, study_table, to_csv, to_parquet
from vgdemo.jobs import Estimate, QueueFullError, StudyProgress, StudyState
from vgdemo.study import Grid
from vgdemo.ui import runs
from vgdemo.ui.downloads import server_address
from vgdemo.ui.landscape import draw_landscape, outlook_of, studies
from vgdemo.ui.live import announce
from vgdemo.ui.page import plain, told
from vgdemo.ui.progress import redraw
from vgdemo.ui.session import CONFIRMED, EXPORT, session
from vgdemo.ui.study_form import enter_study
from vgdemo.ui.study_look import look_at_study
from vgdemo.ui.visitor import ONLY_OWNER, are_trusted, visitor
from vgdemo.wording import counted, number, time_left

POLL_SECONDS, SOON_SECONDS = 1.0, 0.3  # Between two looks, and before what is about to be known.
REST_SECONDS = 5.0  # Between two looks whether somebody else has started it.
MOST_NAMED = 3  # Runs that failed; the table has all.
MAX_ESTIMATES = 100
MANY_CELLS = 1000

STOP_HELP = "Stops it for everybody. Complete runs stay in the store; started again, it trains what is missing."
FORGET_HELP = "Takes it off this list, for everybody. Its runs stay in the store."
GO_ON_HELP = "Whoever has started it first can pause and stop it, nobody else."
GOES_ON = "It goes on when you leave this page, or close it; whoever opens its link sees the same."


_lock = threading.Lock()
_estimates: LRUCache[tuple[str, int, int], Estimate] = LRUCache(MAX_ESTIMATES)  # A page asks several times for each.


class Standing(NamedTuple):
    """What changes the whole page when it changes.

    Attributes:
        state: Where the study stands.
        is_known: Whether it is known what the store holds of it.
        is_measured: Whether it is known what it takes, or it is under way.
        is_foreseen: Whether theory has said what it has to say.
        is_at_work: Whether workers are at it.
    """

    state: StudyState
    is_known: bool
    is_measured: bool
    is_foreseen: bool
    is_at_work: bool

    @property
    def pause(self) -> float:
        """Seconds until the next look."""
        if not (self.is_known and self.is_measured and self.is_foreseen):
            return SOON_SECONDS
        return POLL_SECONDS if self.is_at_work else REST_SECONDS


def watch(grid: Grid) -> None:
    """How far the study has come, the buttons, and its landscape, drawn again while something goes on."""
    pause = _standing(grid).pause
    redraw(partial(_standing, grid), partial(_draw_progress, grid), every=pause)
    slowly = pause * (1 + len(grid.configs) / MANY_CELLS)  # A map of thousands takes a while to draw.
    redraw(partial(_standing, grid), partial(draw_landscape, grid), every=slowly)


def _standing(grid: Grid) -> Standing:
    progress = studies().look(grid)
    is_running = progress.state is StudyState.RUNNING
    is_measured = is_running or (progress.is_known and _estimate(grid) is not None)
    return Standing(
        progress.state,
        progress.is_known,
        is_measured,
        is_foreseen=outlook_of(grid, look_at_study()) is not None,
        is_at_work=is_running or bool(progress.at_work),
    )


def _estimate(grid: Grid) -> Estimate | None:
    """What the missing runs take, once something like them was measured."""
    jobs = runs.open_jobs()
    key = grid.key, jobs.studies.look(grid).done, jobs.num_workers
    with _lock:
        known = _estimates.get(key)
    if known is None and (known := jobs.estimates.of(jobs.studies.results(grid).missing)) is not None:
        with _lock:
            _estimates[key] = known
    return known


def _draw_progress(grid: Grid) -> None:
    progress = studies().look(grid)
    words = in_words(progress)
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        st.progress(_share_over(progress), text=plain(words))
        _buttons(progress)
    with st.container(key="now"):
        st.caption(plain(_forecast(progress)))
    if progress.trouble and (progress.state is StudyState.RUNNING or not progress.is_known):
        st.warning(told(f"{progress.trouble} The study tries again by itself."))
    for notice in (*notices(progress), *_too_large(progress)):
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
            last = f", with {counted(len(progress.at_work), 'run')} still at work" if progress.at_work else ""
            return f"{done}; paused{last}."
        case StudyState.STOPPED:
            return f"{done}; stopped."
        case StudyState.INTERRUPTED:
            return f"{done}; the server ended before it was complete."
        case StudyState.COMPLETE if progress.failed:
            return f"{done}, {len(progress.failed)} failed."
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


def _too_large(progress: StudyProgress) -> list[str]:
    """A study of which the store cannot keep all runs would remove its own."""
    estimate = None if progress.state is StudyState.RUNNING else _estimate(progress.grid)
    room = runs.open_store().max_bytes
    if estimate is None or estimate.num_bytes <= room:
        return []
    needed, kept = _in_bytes(estimate.num_bytes), _in_bytes(room)
    return [f"It needs about {needed}, but the store keeps {kept}: `VGDEMO_STORE_GB` says how much it may."]


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
    grid, every = progress.grid, studies()
    if progress.state is StudyState.RUNNING:
        _end_button("Pause", every.pause, progress, "Sends no more runs to workers.")
        _end_button("Stop", every.stop, progress, STOP_HELP)
        return
    estimate = _estimate(grid)
    is_large = estimate is not None and estimate.is_large
    if is_large and estimate is not None:
        st.checkbox(f"Train {counted(estimate.runs, 'run')}", key=confirmed_key(grid), help=f"{takes(estimate)}.")
    is_allowed = not is_large or bool(st.session_state.get(confirmed_key(grid)))
    is_begun = progress.state in (StudyState.PAUSED, StudyState.STOPPED, StudyState.INTERRUPTED)
    is_missing = progress.done < len(grid.configs)
    st.button(
        "Go on" if is_begun else "Start",
        type="primary",
        disabled=not (progress.is_known and is_missing and estimate is not None and is_allowed),
        on_click=_start,
        args=(grid,),
        help=None if progress.started is None or _may_end(progress) else GO_ON_HELP,
    )
    if progress.state is StudyState.PAUSED:
        _end_button("Stop", every.stop, progress, STOP_HELP)


def _start(grid: Grid) -> None:
    """Begin, or go on; what is large must have been confirmed, whatever a browser says."""
    estimate = _estimate(grid)
    if estimate is not None and (not estimate.is_large or st.session_state.get(confirmed_key(grid))):
        try:
            studies().start(grid, visitor())
        except QueueFullError as error:
            session().notice = str(error)


def _end_button(label: str, end: Callable[[Grid], None], progress: StudyProgress, help_text: str) -> None:
    """A button that takes a study from those who follow it, for whoever has started it first, or may do so."""
    is_allowed = _may_end(progress)
    key = f"{label} {progress.grid.key}"
    st.button(
        label,
        key=key,
        on_click=_end,
        args=(end, progress.grid),
        disabled=not is_allowed,
        help=help_text if is_allowed else f"It was started by somebody else. {ONLY_OWNER}",
    )


def _end(end: Callable[[Grid], None], grid: Grid) -> None:
    if _may_end(studies().look(grid)):  # A browser may ask that does not mind what is disabled.
        end(grid)


def _may_end(progress: StudyProgress) -> bool:
    return are_trusted() or progress.belongs_to(visitor())


def confirmed_key(grid: Grid) -> str:
    """The key of what a person confirms, which says nothing of another study."""
    return f"{CONFIRMED} {grid.key}"


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
        "Report (HTML)": (f"{name}-report.html", lambda: study_report(studies().results(grid), server)),
        "Replicates (CSV)": (f"{name}.csv", lambda: to_csv(study_table(studies().results(grid)))),
        "Replicates (Parquet)": (f"{name}.parquet", lambda: to_parquet(study_table(studies().results(grid)))),
        "Definition (JSON)": (f"{name}.json", grid.to_json),
    }


def listed(grid: Grid) -> None:
    """The other studies of this server, to be opened."""
    others = [progress for progress in studies().listed() if progress.grid.key != grid.key]
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
                _end_button("Forget", studies().forget, progress, FORGET_HELP)
