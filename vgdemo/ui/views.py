"""The figures of one run, or of several side by side, with the choices that a person has for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, cast

import streamlit as st

from vgdemo.comparison import headings
from vgdemo.config import RunConfig
from vgdemo.export import file_name, run_name, together
from vgdemo.figures import ALL_STATISTICS, VIEWS, Figure, View, ViewOptions, overlays_of, views_of
from vgdemo.figures.frames import Framed
from vgdemo.record import RunRecord
from vgdemo.theory import Expected
from vgdemo.ui.board import Fitting, Led, Picture, board, drawn
from vgdemo.ui.followed import Followed, are_over
from vgdemo.ui.forecast import forecast_of
from vgdemo.ui.names import own_names
from vgdemo.ui.pages import COMPARE, LAB
from vgdemo.ui.replicates import ALL, Chosen
from vgdemo.ui.session import FIT, ROWS, SINGLES, SMALLEST, STATISTIC, Drawn, session

FIRST_ROWS = ("layers", "profile")  # More of them, side by side, take longer to draw than to train.


def statistic_choice(records: Iterable[RunRecord]) -> str:
    """Which statistic of a layer is drawn, on all pages the same, among those that the records have."""
    panels = [panel for record in records for panel in record.panels.values() if panel.axis == "layer"]
    measured = {name for panel in panels for name in panel.statistics}
    offered = [name for name in ALL_STATISTICS if name in measured] or [*ALL_STATISTICS]
    if st.session_state.get(STATISTIC, offered[0]) not in offered:
        st.session_state[STATISTIC] = offered[0]
    return st.selectbox(
        "Statistic of a layer",
        offered,
        format_func=lambda name: ALL_STATISTICS[name].label,
        key=STATISTIC,
        label_visibility="collapsed",
        persist_state="session",
    )


def fit_choice(runs: str) -> bool:
    """Whether the scales end where those of the runs on the page do."""
    return st.toggle(
        f"fit the scales to {runs}",
        key=FIT,
        help="The scales are the same for all runs, so that they can be compared. What lies beyond them is counted "
        "above its figure; scales that fit end where the values do. The button “fit” of each figure does the same.",
        persist_state="session",
    )


def singles_choice() -> bool:
    """Whether every replicate has a curve of its own."""
    return st.toggle("single replicates", key=SINGLES, persist_state="session")


def order_choice() -> bool:
    """Whether a heatmap begins with the layers whose values are smallest."""
    return st.toggle(
        "smallest first",
        key=SMALLEST,
        help="The heatmap's layers in the order of their last values, the smallest at the bottom.",
        persist_state="session",
    )


def row_choice(records: Iterable[RunRecord]) -> tuple[str, ...]:
    """Which of the `VIEWS` are drawn of runs side by side, among those that the records have."""
    had = {name for record in records for name in views_of(record)}
    offered = in_order(had) or (*VIEWS,)
    st.session_state[ROWS] = [name for name in st.session_state.get(ROWS, FIRST_ROWS) if name in offered]
    chosen = st.pills(
        "Rows of figures",
        offered,
        selection_mode="multi",
        format_func=lambda name: VIEWS[name].label,
        key=ROWS,
        label_visibility="collapsed",
        persist_state="session",
    )
    return in_order(chosen)


def in_order(rows: Iterable[str]) -> tuple[str, ...]:
    """These rows from top to bottom, whatever their order was.

    Example:
        >>> in_order(["profile", "layers"])
        ('layers', 'profile')
    """
    chosen = set(rows)
    return tuple(name for name in VIEWS if name in chosen)


def records_of(jobs: Mapping[str, Followed]) -> dict[str, RunRecord]:
    """The records by letter; of a run of which nothing is measured yet, an empty one."""
    return {letter: job.record or _unmeasured(job) for letter, job in jobs.items()}


def _unmeasured(job: Followed) -> RunRecord:
    return RunRecord.empty(cast(RunConfig, job.config))  # A log has a record from the first look at it on.


def show_one(job: Followed, options: ViewOptions, replicates: str = ALL, *, page: str = LAB, name: str = "") -> None:
    """All figures of one run, of the replicates that were chosen.

    Args:
        job: The run.
        options: How it is shown.
        replicates: What was chosen of them.
        page: The title of the page.
        name: The person's own name for the run; empty for none.
    """
    shown = _Shown.of(job, options, replicates)

    def make(records: Mapping[str, RunRecord]) -> dict[str, Picture]:
        (record,) = records.values()
        forecast = None if record.config is None else forecast_of(record.config)
        pictures = {view: _picture(view, one, record, shown, forecast) for view, one in views_of(record).items()}
        return _filed(pictures, {"": run_name(record.source, name)})

    _show(page, {"": job}, (shown, name), make)


def show_side_by_side(
    jobs: Mapping[str, Followed],
    options: ViewOptions,
    replicates: str,
    rows: tuple[str, ...],
    *,
    page: str = COMPARE,
    own: Mapping[str, str] | None = None,
) -> None:
    """Runs by letter: their curves in one figure, then the rows of figures, a column for each run.

    Args:
        jobs: The runs.
        options: How they are shown.
        replicates: What was chosen of these.
        rows: Which of the `VIEWS`.
        page: The title of the page.
        own: What the runs are called, by letter; without it, as the person has named Compare's columns.
    """
    names = own_names() if own is None else own
    shown = {letter: _Shown.of(job, options, replicates) for letter, job in jobs.items()}

    def make(records: Mapping[str, RunRecord]) -> dict[str, Picture]:
        called = headings({letter: record.source for letter, record in records.items()}, names)
        chosen = {letter: one.options.replicates for letter, one in shown.items()}
        seen = tuple(called.items()), tuple(chosen.values())
        pictures = {
            name: drawn(name, seen, [*records.values()], partial(overlay, records, called, replicates=chosen))
            for name, overlay in overlays_of(records.values()).items()
        }
        for name, views in _in_rows(records, rows):
            pictures |= _row(name, views, records, shown)
        return _filed(
            pictures, {letter: run_name(one.source, names.get(letter, "")) for letter, one in records.items()}
        )

    _show(page, jobs, (tuple(shown.values()), rows, tuple(names.items())), make)


def _in_rows(records: Mapping[str, RunRecord], rows: Sequence[str]) -> Iterator[tuple[str, dict[str, View]]]:
    """Name and views by letter of each row; those along other axes than layers are always there."""
    views = {letter: views_of(record) for letter, record in records.items()}
    names = dict.fromkeys(name for found in views.values() for name in found)
    for name in names:
        if name in rows or name not in VIEWS:
            yield name, {letter: found[name] for letter, found in views.items() if name in found}


def _row(
    name: str, views: Mapping[str, View], records: Mapping[str, RunRecord], shown: Mapping[str, _Shown]
) -> dict[str, Picture]:
    """All runs in one figure if the view can draw them so, else one for each."""
    overlaid = next(iter(views.values())).overlaid
    if overlaid is not None:
        seen = {letter: records[letter] for letter in views}
        options = {letter: shown[letter].options for letter in views}
        return {name: drawn(name, tuple(options.items()), [*seen.values()], partial(overlaid, seen, options))}
    alike = _fitted_together(views, records, shown)
    return {
        f"{name} {letter}": _picture(name, view, records[letter], alike[letter], None)._replace(column=letter)
        for letter, view in views.items()
    }


def _fitted_together(
    views: Mapping[str, View], records: Mapping[str, RunRecord], shown: Mapping[str, _Shown]
) -> Mapping[str, _Shown]:
    """With scales that fit to all runs in place of one each, so that the columns can be compared."""
    fitting = [letter for letter in views if shown[letter].options.fit and len(records[letter].epochs)]
    figures = [views[letter].make(records[letter], shown[letter].options, None) for letter in fitting]
    scales = [scale for figure in figures if (scale := figure.layout.meta["scale"])]
    if not scales:
        return shown
    ends = min(low for low, _ in scales), max(high for _, high in scales)
    return {letter: one._replace(options=replace(one.options, fit=ends)) for letter, one in shown.items()}


def _filed(pictures: Mapping[str, Picture], names: Mapping[str, str]) -> dict[str, Picture]:
    """The pictures with names for their downloads, which begin with that of the run, or of all runs."""
    every = together(names.values())
    return {
        name: picture._replace(file=f"{names.get(picture.column, every)}-{file_name(picture.kind)}")
        for name, picture in pictures.items()
    }


class _Shown(NamedTuple):
    """How the figures of a run are shown.

    Attributes:
        options: The choices that a person has.
        remark: A sentence that their readings add; may be empty.
    """

    options: ViewOptions
    remark: str

    @classmethod
    def of(cls, job: Followed, options: ViewOptions, replicates: str) -> _Shown:
        chosen = Chosen.of(replicates, job)
        return cls(replace(options, replicates=chosen.replicates), chosen.remark)


def _picture(kind: str, view: View, record: RunRecord, shown: _Shown, forecast: Expected | None) -> Picture:
    def make() -> Figure:
        figure = view.make(record, shown.options, forecast)
        return _remarked(figure, shown.remark) if shown.remark else figure

    return drawn(kind, shown, [record], make)


def _remarked(figure: Figure, remark: str) -> Figure:
    """With a sentence after each of its readings."""
    frames = figure.plain_frames if isinstance(figure, Framed) else []
    for layout in (figure.layout, *(frame["layout"] for frame in frames)):
        subtitle = layout["title"]["subtitle"]
        subtitle["text"] = f"{subtitle['text']} {remark}".strip()
    return figure


def _show(
    page: str,
    jobs: Mapping[str, Followed],
    options: object,
    make: Callable[[Mapping[str, RunRecord]], dict[str, Picture]],
) -> None:
    """Draw the figures; those of the runs before stay, pale, until one of the new runs has epochs."""
    of = tuple((job.run_key, job.version) for job in jobs.values()), options
    before = session().drawn.get(page)
    if before is None or before.of != of:
        session().drawn[page] = _next(before, of, jobs, make)
    shown = session().drawn[page]
    board(
        shown.pictures,
        key=page,
        stale=shown.is_stale,
        columns=shown.columns,
        unit=shown.unit,
        led=Led(session().times_led, session().epochs.get(page)),
        choose=partial(session().show_epoch, page),
        fitting=Fitting(st.session_state.get(FIT, False), _toggle_fit),
    )


def _toggle_fit() -> None:
    st.session_state[FIT] = not st.session_state.get(FIT, False)


def _next(
    before: Drawn | None,
    of: tuple[object, ...],
    jobs: Mapping[str, Followed],
    make: Callable[[Mapping[str, RunRecord]], dict[str, Picture]],
) -> Drawn:
    records = records_of(jobs)
    has_epochs = any(len(record.epochs) for record in records.values())
    is_waiting = not has_epochs and not are_over(jobs.values())
    if is_waiting and before is not None and before.has_epochs and before.columns == len(jobs):
        return before._replace(of=of, is_stale=True)
    unit = " or ".join(dict.fromkeys(record.unit for record in records.values()))
    return Drawn(of, make(records), len(jobs), has_epochs, unit)
