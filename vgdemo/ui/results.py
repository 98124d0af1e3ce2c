"""What came of the runs side by side, in sentences and in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from vgdemo.comparison import differing, headings, sentences, shared_parts
from vgdemo.config import SETTINGS, RunConfig
from vgdemo.export import Exhibit, endings
from vgdemo.jobs import Job
from vgdemo.record import RunRecord
from vgdemo.ui.compare import are_over, measured
from vgdemo.ui.downloads import downloads
from vgdemo.ui.page import plain
from vgdemo.ui.verdict import findings


def results(jobs: Mapping[str, Job]) -> None:
    """Say how the runs end, once all are over, and what sets them apart."""
    configs = {letter: job.config for letter, job in jobs.items()}
    records = measured(jobs)
    if records and are_over(jobs):
        _endings(records)
    titles = headings(configs)
    downloads([Exhibit(record, titles[letter], findings(record)) for letter, record in records.items()])
    st.markdown("##### What sets them apart")
    _table(_settings(configs), "Settings in which the columns differ")
    for letters, parts in _shared(configs).items():
        st.caption(plain(f"The same replicate of {_listed(letters)} shares {_listed(parts)}."))


def _endings(records: Mapping[str, RunRecord]) -> None:
    st.markdown("##### How they end")
    for sentence in sentences(records)[1:]:  # The first stands above the figures.
        st.markdown(plain(sentence))
    _table(endings(records), "How the runs end")


def _settings(configs: Mapping[str, RunConfig]) -> pd.DataFrame:
    names = differing([*configs.values()])
    values = {letter: [str(getattr(config, name)) for name in names] for letter, config in configs.items()}
    return pd.DataFrame(values, index=[SETTINGS[name].label for name in names])


def _shared(configs: Mapping[str, RunConfig]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The first column with all those that share the same parts with it, to these parts."""
    (first, config), *others = configs.items()
    letters: dict[tuple[str, ...], tuple[str, ...]] = {}
    for letter, other in others:
        parts = shared_parts(config, other)
        letters[parts] = (*letters.get(parts, (first,)), letter)
    return {together: parts for parts, together in letters.items()}


def _table(content: pd.DataFrame, alt: str) -> None:
    st.table(content.map(plain), alt=alt)


def _listed(parts: Sequence[str]) -> str:
    if not parts:
        return "nothing"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
