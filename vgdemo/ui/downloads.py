"""Files to take away of the runs that a page shows, each made on the click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import streamlit as st

from vgdemo.export import (
    ReportedRun,
    axes,
    axis_table,
    curves_table,
    file_name,
    notebook,
    report,
    script,
    tensorboard_zip,
    to_csv,
    to_parquet,
    together,
)
from vgdemo.ui.address import own_url
from vgdemo.ui.plotly_js import base_path
from vgdemo.ui.session import EXPORT

Make = Callable[[], bytes | str]
Files = dict[str, tuple[str, Make]]  # Label to file name and what makes the file.
Runs = Sequence[ReportedRun]
Table = TypeVar("Table")
FILE_NAMES = {"layer": "layers", "time step": "time_steps"}  # Of the tables along an axis.


def downloads(reported: Callable[[], Runs]) -> None:
    """A panel with what can be taken away of all runs together, then what each has of its own; made when it is opened.

    Args:
        reported: Looks the runs up; once more on a click, outside the page. A button that kept their records would
            hold in memory what every visit shows.
    """
    runs = reported()
    panel = st.popover("Export", disabled=not runs, key=EXPORT, on_change="rerun")
    if not panel.open:
        return
    with panel:
        _buttons(partial(_of_all, server_address()), runs, reported, "all")
        for place, run in enumerate(runs):
            if run.letter:
                st.caption(f"Column {run.letter}")
            _buttons(partial(_of_one, place), runs, reported, str(place))


def _of_all(server: str, runs: Runs) -> Files:
    name_of_all = together(run.file_name for run in runs)
    files: Files = {"Report (HTML)": (f"{name_of_all}-report.html", partial(report, runs, server))}
    tables = {"curves": lambda: curves_table(runs)}
    tables |= {FILE_NAMES.get(axis) or file_name(axis): partial(axis_table, runs, axis) for axis in axes(runs)}
    for name, table in tables.items():
        label = name.replace("_", " ").capitalize()
        files[f"{label} (CSV)"] = f"{name_of_all}-{name}.csv", partial(_written, table, to_csv)
        files[f"{label} (Parquet)"] = f"{name_of_all}-{name}.parquet", partial(_written, table, to_parquet)
    return files


def server_address() -> str:
    """The address of the dashboard's first page."""
    visited = urlsplit(own_url())
    return urlunsplit((visited.scheme, visited.netloc, base_path(), "", "")) if visited.netloc else ""


def _written(table: Callable[[], Table], write: Callable[[Table], bytes]) -> bytes:
    return write(table())


def _of_one(place: int, runs: Runs) -> Files:
    run = runs[place]
    name, record, config = run.file_name, run.record, run.record.config
    log: Files = {"TensorBoard log": (f"{name}-tensorboard.zip", partial(tensorboard_zip, record, name))}
    if config is None:
        return log
    return {
        "Settings (JSON)": (f"{name}-settings.json", config.to_json),
        "Script (Keras)": (f"{name}-train.py", partial(script, config, name)),
        "Notebook (Keras)": (f"{name}-train.ipynb", partial(notebook, config, name)),
        **log,
    }


def _buttons(files: Callable[[Runs], Files], runs: Runs, reported: Callable[[], Runs], place: str) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        for label, (name, _) in files(runs).items():
            make = partial(_made, files, reported, label)
            st.download_button(label, make, file_name=name, key=f"{name} {place}", on_click="ignore")


def _made(files: Callable[[Runs], Files], reported: Callable[[], Runs], label: str) -> bytes | str:
    _, make = files(reported())[label]
    return make()
