"""Files to take away of the runs that a page shows, each made on the click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import urljoin

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

Make = Callable[[], bytes | str]
Table = TypeVar("Table")
FILE_NAMES = {"layer": "layers", "time step": "time_steps"}  # Of the tables along an axis.


def downloads(runs: Sequence[ReportedRun]) -> None:
    """Draw what can be taken away of all runs together, then what each has of its own."""
    with st.popover("Export", disabled=not runs):
        _buttons(_of_all(runs), "all")
        for place, run in enumerate(runs):
            if run.letter:
                st.caption(f"Column {run.letter}")
            _buttons(_of_one(run), str(place))


def _of_all(runs: Sequence[ReportedRun]) -> dict[str, tuple[str, Make]]:
    """Label to file name and what makes the file."""
    name_of_all = together(run.file_name for run in runs)
    files: dict[str, tuple[str, Make]] = {
        "Report (HTML)": (f"{name_of_all}-report.html", partial(report, runs, _server()))
    }
    tables = {"curves": lambda: curves_table(runs)}
    tables |= {FILE_NAMES.get(axis) or file_name(axis): partial(axis_table, runs, axis) for axis in axes(runs)}
    for name, table in tables.items():
        label = name.replace("_", " ").capitalize()
        files[f"{label} (CSV)"] = f"{name_of_all}-{name}.csv", partial(_written, table, to_csv)
        files[f"{label} (Parquet)"] = f"{name_of_all}-{name}.parquet", partial(_written, table, to_parquet)
    return files


def _server() -> str:
    """The address of the dashboard's first page."""
    return urljoin(st.context.url, ".") if st.context.url else ""  # It is not known where no browser looks.


def _written(table: Callable[[], Table], write: Callable[[Table], bytes]) -> bytes:
    return write(table())


def _of_one(run: ReportedRun) -> dict[str, tuple[str, Make]]:
    name, record, config = run.file_name, run.record, run.record.config
    log: dict[str, tuple[str, Make]] = {
        "TensorBoard log": (f"{name}-tensorboard.zip", partial(tensorboard_zip, record, name))
    }
    if config is None:
        return log
    return {
        "Settings (JSON)": (f"{name}-settings.json", config.to_json),
        "Script (Keras)": (f"{name}-train.py", partial(script, config, name)),
        "Notebook (Keras)": (f"{name}-train.ipynb", partial(notebook, config, name)),
        **log,
    }


def _buttons(files: dict[str, tuple[str, Make]], place: str) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        for label, (name, make) in files.items():
            st.download_button(label, make, file_name=name, key=f"{name} {place}", on_click="ignore")
