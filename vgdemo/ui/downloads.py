"""Files to take away of the runs that a page shows, each made on the click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from vgdemo.config import RunConfig
from vgdemo.export import (
    Exhibit,
    curves_table,
    layers_table,
    notebook,
    report,
    script,
    tensorboard_zip,
    to_csv,
    to_parquet,
)

Make = Callable[[], bytes | str]


def downloads(exhibits: Sequence[Exhibit]) -> None:
    """Draw what can be taken away of all runs together, then what each has of its own."""
    with st.popover("Export", disabled=not exhibits):
        _buttons(_of_all(exhibits), "all")
        for place, exhibit in enumerate(exhibits):
            letter = exhibit.title.partition(" ")[0]
            if letter:
                st.caption(f"Column {letter}")
            _buttons(_of_one(exhibit, letter), str(place))


def _of_all(exhibits: Sequence[Exhibit]) -> dict[str, tuple[str, Make]]:
    """Label to file name and what makes the file."""
    return {
        "Report (HTML)": ("report.html", lambda: report(exhibits)),
        "Curves (CSV)": ("curves.csv", lambda: to_csv(curves_table(exhibits))),
        "Curves (Parquet)": ("curves.parquet", lambda: to_parquet(curves_table(exhibits))),
        "Layers (CSV)": ("layers.csv", lambda: to_csv(layers_table(exhibits))),
        "Layers (Parquet)": ("layers.parquet", lambda: to_parquet(layers_table(exhibits))),
    }


def _of_one(exhibit: Exhibit, letter: str) -> dict[str, tuple[str, Make]]:
    config: RunConfig = exhibit.record.config
    column = f"_{letter.lower()}" if letter else ""
    return {
        "Settings (JSON)": (f"settings{column}.json", config.to_json),
        "Script (Keras)": (f"train{column}.py", partial(script, config)),
        "Notebook (Keras)": (f"train{column}.ipynb", partial(notebook, config)),
        "TensorBoard log": (f"tensorboard{column}.zip", partial(tensorboard_zip, exhibit.record)),
    }


def _buttons(files: dict[str, tuple[str, Make]], place: str) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        for label, (name, make) in files.items():
            st.download_button(label, make, file_name=name, key=f"{name} {place}", on_click="ignore")
