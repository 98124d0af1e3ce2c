"""What came of the runs side by side, in sentences and in tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from vgdemo.comparison import apart, differences, endings, shared_parts
from vgdemo.config import RunConfig
from vgdemo.export import ReportedRun
from vgdemo.jobs import Job
from vgdemo.record import RunRecord
from vgdemo.ui.compare import measured
from vgdemo.ui.downloads import downloads
from vgdemo.ui.followed import are_over
from vgdemo.ui.names import own_names, titles
from vgdemo.ui.page import plain
from vgdemo.ui.verdict import findings, summary_of
from vgdemo.ui.views import records_of
from vgdemo.wording import listed


def results(jobs: Mapping[str, Job]) -> None:
    """Say how the runs end, once all are over, and what sets them apart."""
    every, records = records_of(jobs), measured(jobs)
    if records and are_over(jobs.values()):
        _endings(records)
    sources = {letter: record.source for letter, record in every.items()}
    downloads(partial(_reported, jobs, titles(every), own_names()))
    st.markdown("## What sets them apart")
    models = {letter: record.model for letter, record in every.items()}
    _table(apart(sources, models), "setting", "Settings in which the columns differ")
    configs = {letter: source for letter, source in sources.items() if isinstance(source, RunConfig)}
    for letters, parts in _shared(configs).items():
        st.caption(plain(f"The same replicate of {listed(letters)} shares {listed(parts)}."))


def _reported(jobs: Mapping[str, Job], called: Mapping[str, str], own: Mapping[str, str]) -> list[ReportedRun]:
    return [
        ReportedRun(record, called[letter], findings(record), letter, own.get(letter, ""))
        for letter, record in measured(jobs).items()
    ]


def _endings(records: Mapping[str, RunRecord]) -> None:
    st.markdown("## How they end")
    for sentence in differences(records):
        st.markdown(plain(sentence))
    ends = endings({letter: summary_of(record) for letter, record in records.items()})
    _table(ends, "measured", "How the runs end")


def _shared(configs: Mapping[str, RunConfig]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The first column with all those that share the same parts with it, to these parts."""
    if not configs:
        return {}
    (first, config), *others = configs.items()
    letters: dict[tuple[str, ...], tuple[str, ...]] = {}
    for letter, other in others:
        parts = shared_parts(config, other)
        letters[parts] = (*letters.get(parts, (first,)), letter)
    return {together: parts for parts, together in letters.items()}


def _table(content: pd.DataFrame, rows: str, alt: str) -> None:
    """A table under what its rows are, for a screen reader says it with each of them."""
    st.table(content.map(plain).rename_axis(rows), alt=alt)
