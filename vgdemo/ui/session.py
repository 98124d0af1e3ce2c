"""What a visit remembers from one rerun of a page to the next: one object with all its fields, and the widgets' keys.

A widget's value lives under the widget's key, where Streamlit keeps it; everything else is a field of `Session`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from secrets import token_hex
from typing import Any, NamedTuple

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.jobs import Job
from vgdemo.store import StoredRun
from vgdemo.study import Grid
from vgdemo.ui.board import Picture
from vgdemo.ui.logs import ShownLog
from vgdemo.ui.pages import LAB

SESSION = "vgdemo session"

# Keys of widgets, without the controls of settings, whose key is `control_key`.
PRESET, TRAIN, TRAIN_AT_ONCE = "preset", "train", "train at once"
COLUMN, COMMON, ROWS = "column", "common", "rows"
STATISTIC, REPLICATE, FIT, SINGLES, SMALLEST = "statistic", "replicate", "fit", "singles", "smallest"
RUN_NAME, COLUMN_NAME = "name", "column name"
PRESENT = "present"
EXPORT = "export"
TRY = "try remedies"
FIND = "find"
HISTORY = "history"
UNDO = "undo delete"
AXES_OF_STUDY = {axis: (f"settings along {axis}", f"values along {axis}") for axis in "xy"}
MEASURE, AS_CURVES, MARKING, MARKED, CONFIRMED = "measure", "as curves", "marking", "marked", "confirmed"
STUDY_PRESET = "study preset"
LOGS_SHOWN, UPLOAD = "logs", "upload"


def control_key(page: str, setting: str) -> str:
    """The key of a setting's control on a page; the Lab's have the setting's own name."""
    return setting if page == LAB else f"{page} {setting}"


def keep_at_most(key: str, most: int) -> None:
    """Leave a choice of several no more than so many: a browser may send more than it lets a person choose."""
    chosen = st.session_state.get(key, ())
    if len(chosen) > most:
        st.session_state[key] = chosen[:most]


class Visited(NamedTuple):
    """The address that a page had last.

    Attributes:
        query: Its query parameters.
        asked: What they asked for.
        notices: Sentences for what could not be taken of them.
        is_left: Whether another page was drawn since then.
    """

    query: dict[str, str]
    asked: Any
    notices: tuple[str, ...]
    is_left: bool = False


class Drawn(NamedTuple):
    """The figures on a page.

    Attributes:
        of: The runs, their versions and the options that they were made for.
        pictures: Name to figure.
        columns: How many runs stand side by side.
        has_epochs: Whether there is anything in them.
        unit: What their slider counts.
        is_stale: Whether they are of earlier runs, those that are asked for having no epochs yet.
    """

    of: Hashable
    pictures: Mapping[str, Picture]
    columns: int
    has_epochs: bool
    unit: str = "epoch"
    is_stale: bool = False


@dataclass
class Session:
    """One visit.

    Attributes:
        visitor: Who visits, if the browser does not say.
        config: The Lab's settings, the last ones that fitted together.
        name: The person's own name for the Lab's run; empty for none.
        columns: Compare's settings, column by column.
        names: The columns' own names, as many as there are columns; empty for none.
        networks: Title of a page to the network whose settings its controls show.
        in_controls: Position, settings and name of the column that Compare's controls show.
        grid: The study, the last one that was possible.
        opened: The run of the study whose cell was clicked, to be opened in the Lab.
        job: The Lab's run.
        compared: Compare's runs.
        has_begun_article: Whether the Article's training was begun, so that it does not begin by itself again.
        queue_error: Why its runs could not be queued, to be said once.
        visited: Title of a page to the address that it had last; the navigation takes it along.
        moved: Query parameters that Back or Forward has just led to.
        led: Query parameters that a button of the page has just led to.
        epochs: Title of a page to the epoch that is shown on it; without one, the last.
        times_led: How often an address led to an epoch, so that figures take each over once.
        drawn: Name of a page to the figures on it.
        steps: Title of a page to the number of the tour's step that it shows, from 1; None without the tour.
        listed: The stored runs among which the Library's marks were made.
        table: Key of the Library's table.
        deleted: The stored runs that were deleted last, to be brought back.
        uploads: Name to log that the person has uploaded.
        times_uploaded: How often files were uploaded.
        known_logs: The logs that there were when the person last chose among them.
        notice: What the next page is to say once, of what the last one did.
    """

    visitor: str = field(default_factory=partial(token_hex, 16), compare=False)
    config: RunConfig | None = None
    name: str = ""
    columns: tuple[RunConfig, ...] = ()
    names: tuple[str, ...] = ()
    networks: dict[str, str] = field(default_factory=dict)
    in_controls: tuple[int, RunConfig, str] | None = None
    grid: Grid | None = None
    opened: RunConfig | None = None
    job: Job | None = None
    compared: dict[RunConfig, Job] = field(default_factory=dict)
    has_begun_article: bool = False
    queue_error: str | None = None
    visited: dict[str, Visited] = field(default_factory=dict)
    moved: dict[str, str] | None = None
    led: dict[str, str] | None = None
    epochs: dict[str, int] = field(default_factory=dict)
    times_led: int = 0
    drawn: dict[str, Drawn] = field(default_factory=dict)
    steps: dict[str, int | None] = field(default_factory=dict)
    listed: Sequence[StoredRun] = ()
    table: str = ""
    deleted: tuple[StoredRun, ...] = ()
    uploads: dict[str, ShownLog] = field(default_factory=dict)
    times_uploaded: int = 0
    known_logs: tuple[str, ...] = ()
    notice: str | None = None

    def show_epoch(self, page: str, epoch: int | None) -> None:
        """Note the epoch that the figures of a page show; None for the last."""
        self.epochs.pop(page, None)
        if epoch is not None:
            self.epochs[page] = epoch

    def lead_to(self, page: str, epoch: int | None) -> None:
        """Have the figures of a page show an epoch."""
        self.show_epoch(page, epoch)
        self.times_led += 1


def session() -> Session:
    """The visit whose page is being drawn."""
    found: Session | None = st.session_state.get(SESSION)
    if found is None:
        found = st.session_state[SESSION] = Session()
    return found
